"""The tables that a user may add: contract prices, and who owns which billing provider.

Text as read from the files in, checked and typed tables out. A row that cannot be used is named by its line
and column, never by its value.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.inbound_rules import npi_is_valid
from schemas.reference import LINES_OF_BUSINESS, PAYERS

CONTRACTS = ("payer", "line_of_business", "dollars_per_unit", "effective_from", "effective_to")
PROVIDER_GROUPS = ("npi", "owner")
MOST_DOLLARS = 1000
"""A price per unit above this is a total or a typing error."""
FIRST_LINE = 2
"""Line of the first row below the header, as an editor counts."""
_SHOWN = 10
"""Faults that are named one by one."""
_FIRST_DAY, _LAST_DAY = pl.date(1, 1, 1), pl.date(9999, 12, 31)


@dataclass(frozen=True)
class Fault:
    """A rule that a row breaks."""

    line: int
    column: str
    rule: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.column}: {self.rule}"


class OwnTableError(ValueError):
    """A user's own table cannot be used; names lines, columns and rules, no values."""

    def __init__(self, table: str, faults: list[str]) -> None:
        more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        super().__init__(f"{table}.csv: {'; '.join(faults[:_SHOWN])}{more}")
        self.faults = faults


def parse_contracts(raw: pl.DataFrame) -> pl.DataFrame:
    """Your own prices. Grain: payer, line of business (null: any) and effective_from; dollars per unit.

    Raises OwnTableError for an unknown payer or line of business, a price that is no number, a date in
    another form, a row that ends before it starts, and two rows of a payer and line in force on one date.
    """
    rows = _rows("contracts", raw, CONTRACTS)
    dates = {name: pl.col(name).str.to_date("%Y-%m-%d", strict=False) for name in CONTRACTS[3:]}
    price = pl.col("dollars_per_unit")
    plain = price.str.contains(r"^\d+(\.\d{1,4})?$").fill_null(False)
    dollars = pl.when(plain).then(price).cast(pl.Decimal(12, 4), strict=False)
    payers, lines = list(PAYERS), list(LINES_OF_BUSINESS)
    rules = [
        ("payer", ~pl.col("payer").is_in(payers).fill_null(False), f"not one of {', '.join(payers)}"),
        (
            "line_of_business",
            ~pl.col("line_of_business").is_in(lines).fill_null(True),
            f"not empty and not one of {', '.join(lines)}",
        ),
        ("dollars_per_unit", ~plain, "not a plain number of dollars such as 72.50"),
        (
            "dollars_per_unit",
            plain & ~dollars.cast(pl.Float64).is_between(0, MOST_DOLLARS, closed="right").fill_null(False),
            f"not above 0 and at most {MOST_DOLLARS}",
        ),
        *(
            (name, pl.col(name).is_not_null() & day.is_null(), "not a date such as 2025-03-31")
            for name, day in dates.items()
        ),
        ("effective_to", dates["effective_to"] < dates["effective_from"], "before effective_from"),
    ]
    _refuse("contracts", _faults(rows, rules))
    typed = rows.with_columns(dollars.alias("dollars_per_unit"), **dates)
    _refuse("contracts", _overlaps(typed))
    return typed.select(CONTRACTS)


def parse_provider_groups(raw: pl.DataFrame) -> pl.DataFrame:
    """Owners of billing providers. Grain: npi.

    Raises OwnTableError for a number that is no NPI, a missing owner, and an NPI with two owners.
    """
    rows = _rows("provider_groups", raw, PROVIDER_GROUPS)
    owners = pl.col("owner").n_unique().over("npi")
    rules = [
        ("npi", ~npi_is_valid("npi").fill_null(False), "not an NPI: ten digits with a valid check digit"),
        ("owner", pl.col("owner").is_null(), "empty"),
        ("npi", pl.col("npi").is_not_null() & (owners > 1), "has two owners"),
    ]
    _refuse("provider_groups", _faults(rows, rules))
    return rows.select(PROVIDER_GROUPS).unique(maintain_order=True)


def _rows(table: str, raw: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Trimmed text under the table's columns with the line of each row; blank rows are left out."""
    named = raw.rename({name: name.strip().lower() for name in raw.columns})
    faults = [f"column {name} is missing" for name in columns if name not in named.columns]
    _refuse(table, faults + [f"column {name} is not known" for name in named.columns if name not in columns])
    text = named.select(pl.col(name).cast(pl.String).str.strip_chars().replace("", None) for name in columns)
    lowered = [pl.col(name).str.to_lowercase() for name in ("payer", "line_of_business") if name in columns]
    return (
        text.with_columns(*lowered)
        .with_row_index("line", offset=FIRST_LINE)
        .filter(~pl.all_horizontal(pl.col(name).is_null() for name in columns))
    )


def _faults(rows: pl.DataFrame, rules: list[tuple[str, pl.Expr, str]]) -> list[str]:
    found = [
        Fault(line, column, rule)
        for column, is_broken, rule in rules
        for line in rows.filter(is_broken)["line"].to_list()
    ]
    return [str(fault) for fault in sorted(found, key=lambda fault: (fault.line, fault.column))]


def _overlaps(rows: pl.DataFrame) -> list[str]:
    """Rows in force on a date on which an earlier row of the same payer and line of business is too."""
    keys = ["payer", "line_of_business"]
    dated = rows.with_columns(
        _start=pl.col("effective_from").fill_null(_FIRST_DAY),
        _end=pl.col("effective_to").fill_null(_LAST_DAY),
    ).sort(*keys, "_start", "line")
    before = pl.col("_end").cum_max().shift(1).over(keys)
    overlapping = dated.with_columns(_before=before).filter(pl.col("_start") <= pl.col("_before"))
    return [
        str(Fault(line, "effective_from", "in force while an earlier row of its payer and line is"))
        for line in sorted(overlapping["line"].to_list())
    ]


def _refuse(table: str, faults: list[str]) -> None:
    if faults:
        raise OwnTableError(table, faults)
