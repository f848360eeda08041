"""Columns that published tables share, and what disclosure control must know of each measure.

Every published number is described once, by a `Measure`: what it is, which count it is a part of, which
counts it rests on. Disclosure control reads nothing else, so a new column is protected as soon as it is
described.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import pandera.polars as pa
import polars as pl

from schemas.columns import Column, date, flag, pandera_schema, real, text, whole

Kind = Literal[
    "population",
    "providers",
    "count",
    "sum",
    "statistic",
    "statistic_tail",
    "rate",
    "price",
    "price_tail",
    "fact",
]
"""What a measure is.

population: a count of N (claims, lines, cases, patients); 1 to 10 of any of them hides the row.
providers: a count of providers, not of people; shown with the row.
count: a part of the count named in `of`; it and its complement are 0 or at least the minimum.
sum: adds up over rows. statistic: mean or percentile without prices. rate: a quotient of two counts.
price: made from allowed or paid amounts. The tails are 10th and 90th percentiles.
fact: about the row, not about people (a label).
"""

Basis = Literal["priced", "unit_priced", "payer_rules", "reference", "complete_case"]
"""Lines a price is made from; each has hidden helper columns (`basis_columns`).

`payer_rules`: unit-priced lines whose payer's rules are known. `reference`: the unit-priced lines of
personally_performed in the same cell.
"""

MONEY: Final = pl.Decimal(18, 2)


@dataclass(frozen=True)
class Measure:
    """A published column and what it rests on.

    `of` is the count that a count is a part of. `rests_on` are counts of the same row that the measure can
    give away: it is shown only while all of them may be shown. `needs` are counts that must not be small,
    whatever their complement: percentiles give no count away. Names with a leading underscore are helper
    columns that builders give and disclosure control drops.
    """

    column: Column
    kind: Kind
    of: str = ""
    rests_on: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    bases: tuple[Basis, ...] = ()

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.column.name


def money(name: str, description: str, source: str = "") -> Column:
    """An exact sum of money in dollars and cents."""
    return Column(name, MONEY, description, unit="USD", source=source)


def population(of: str = "") -> tuple[Measure, ...]:
    """The people and bills of N; `of` names the lines of the same five keys when N is a part of them."""
    return (
        Measure(whole("claims", "Distinct claims", "claims"), "population", of),
        Measure(whole("service_lines", "Service lines", "lines"), "population", of),
        Measure(
            whole("cases", "Distinct cases: patient, date of service and code", "cases"), "population", of
        ),
        Measure(whole("patients", "Distinct patients", "patients"), "population", of),
        Measure(whole("billing_providers", "Distinct billing providers", "providers"), "providers"),
    )


PEOPLE: Final = ("claims", "service_lines", "cases", "patients")
"""Counts of N that must reach the minimum."""

FIVE_KEYS: Final = (
    text("procedure_code", "Procedure code", "SV101-2").required(),
    text("payer", "aetna, bcbs, cigna, uhc, medicare, other; all: roll-up over payers").required(),
    text(
        "line_of_business",
        "commercial, medicare_advantage, medicare_ffs, medicaid, other; all: roll-up",
    ).required(),
    text("period_type", "month, quarter, year or rolling_12").required(),
    date("period_start", "First day of the period, by date of service").required(),
)

IS_ROLLUP: Final = flag("is_rollup", "The row is a roll-up over payers or lines of business").required()
IS_MATURE: Final = flag(
    "is_mature", "The period ended long enough before the as-of date (90 days unless set otherwise)"
)
SUPPRESSION: Final = (
    flag("suppressed", "Every measure of the row is withheld").required(),
    text(
        "suppression_reason",
        "small_cell, complementary, few_providers, dominant_provider; the last two may stand beside shown "
        "counts",
    ),
)
STATUS_COLUMNS: Final = ("is_rollup", "is_mature", "suppressed", "suppression_reason")


def count(name: str, description: str, of: str, unit: str = "lines") -> Measure:
    """A count that is a part of another count of its row (or of a helper column)."""
    return Measure(whole(name, description, unit), "count", of)


def helper(name: str, description: str, of: str) -> Measure:
    """A count that is not published, though published numbers give it away (a sum over a mean)."""
    return Measure(whole(name, description, "lines"), "count", of)


def total(name: str, description: str, *rests_on: str, source: str = "") -> Measure:
    """A sum of money that is no price."""
    return Measure(money(name, description, source), "sum", rests_on=rests_on or ("service_lines",))


def quantity(name: str, description: str, unit: str, *rests_on: str) -> Measure:
    """A sum of minutes or units."""
    return Measure(real(name, description, unit), "sum", rests_on=rests_on)


def average(name: str, description: str, unit: str, *rests_on: str) -> Measure:
    """A mean that is made without allowed or paid amounts."""
    return Measure(real(name, description, unit), "statistic", rests_on=rests_on)


def percentile(name: str, description: str, unit: str, needs: str) -> Measure:
    """A percentile that is made without allowed or paid amounts; 10th and 90th are tails."""
    tail = name.endswith(("_p10", "_p90"))
    return Measure(real(name, description, unit), "statistic_tail" if tail else "statistic", needs=(needs,))


def rate(name: str, description: str, *rests_on: str) -> Measure:
    """A quotient of counts."""
    return Measure(real(name, description, "share"), "rate", rests_on=rests_on)


def price(
    name: str, description: str, unit: str, basis: Basis, *rests_on: str, needs: tuple[str, ...] = ()
) -> Measure:
    """A price: mean, percentile or ratio of allowed or paid amounts; 10th and 90th percentiles are tails."""
    kind: Kind = "price_tail" if name.endswith(("_p10", "_p90")) else "price"
    return Measure(real(name, description, unit), kind, rests_on=rests_on, needs=needs, bases=(basis,))


def price_sum(name: str, description: str, basis: Basis, *rests_on: str, source: str = "") -> Measure:
    """An exact sum of allowed or paid amounts."""
    return Measure(money(name, description, source), "price", rests_on=rests_on, bases=(basis,))


def fact(column: Column) -> Measure:
    """Something about the row."""
    return Measure(column, "fact")


SHARE_OF_LINES: Final = rate(
    "share_of_lines",
    "Service lines of all utilization lines of the same code, payer, line of business and period",
    "service_lines",
    "_all_lines",
)
UNIT_PRICE: Final = "USD per unit"
"""Unit of allowed_per_unit."""


def basis_columns(basis: str) -> tuple[str, ...]:
    """Helper columns of a price basis: lines, providers, lines and cents of the greatest provider, cents in
    all.
    """
    stems = ("lines", "providers", "top_lines", "top_cents", "cents")
    return tuple(f"_{basis}_{stem}" for stem in stems)


def percentiles(
    stem: str, what: str, unit: str, basis: Basis, *percents: int, needs: tuple[str, ...] = ()
) -> tuple[Measure, ...]:
    """Percentiles of a price: `<stem>_p<percent>`."""
    words = {percent: "median" if percent == 50 else f"{percent}th percentile" for percent in percents}
    return tuple(
        price(f"{stem}_p{percent}", f"{what}, {words[percent]}", unit, basis, needs=needs)
        for percent in percents
    )


@dataclass(frozen=True)
class TableSpec:
    """One published table: what a row is, its keys and its measures, in column order.

    `helpers` are counts that builders give beside the published columns; disclosure control reads and drops
    them. `partitions`: a count and the counts of the same row that add up to it, helpers among them.
    `plain` tables are about rules or releases: no roll-ups, N, maturity or suppression.
    """

    name: str
    what: str
    keys: tuple[Column, ...]
    measures: tuple[Measure, ...]
    helpers: tuple[Measure, ...] = ()
    partitions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    plain: bool = False

    @property
    def key_names(self) -> list[str]:
        """Names of the key columns; rows are sorted by them."""
        return [column.name for column in self.keys]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every published column in order: keys, is_rollup, N, maturity, suppression, the rest."""
        if self.plain:
            return (*self.keys, *(m.column for m in self.measures))
        head = [m for m in self.measures if m.kind == "population" or m.name == "billing_providers"]
        rest = [m for m in self.measures if m not in head]
        return (
            *self.keys,
            IS_ROLLUP,
            *(m.column for m in head),
            IS_MATURE,
            *SUPPRESSION,
            *(m.column for m in rest),
        )

    @property
    def helper_names(self) -> list[str]:
        """Columns that builders give and disclosure control drops: counts, and the bases of prices."""
        bases = dict.fromkeys(basis for m in self.measures for basis in m.bases)
        return [*(m.name for m in self.helpers), *(name for basis in bases for name in basis_columns(basis))]

    def measures_of(self, *kinds: str) -> tuple[Measure, ...]:
        """Measures of some kinds."""
        return tuple(m for m in self.measures if m.kind in kinds)

    def schema(self) -> pa.DataFrameSchema:
        """Strict, ordered pandera schema; keys are unique."""
        return pandera_schema(self.name, self.columns, unique=self.key_names)
