"""A published value as text: one function for sentences, charts and tables.

A missing number is shown as what it is, never as blank or zero.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final

from schemas.table_columns import PEOPLE, Measure
from schemas.tables import TABLES
from transforms.publication.published import PublishedRow
from transforms.publication.shown_edition import month_label, short_date
from transforms.publication.words import PART_TOO_SMALL, SYMBOLS, TOO_FEW_FOR_TAILS, WITHHELD

PRECISE_FROM: Final = 100
"""Shares of fewer lines are shown in whole percent."""
NO_SHARE: Final = ("supervised", "conflict", "unspecified")
"""Care models without a share: a price per unit does not apply (contract section 5)."""


@dataclass(frozen=True)
class ShownValue:
    """A value as people read it, with where it stands in the published tables."""

    text: str
    symbol: str = ""
    why: str = ""
    mark: str = ""
    table: str = ""
    key: str = ""
    column: str = ""
    derived: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether a symbol or a word stands for a number."""
        return bool(self.symbol)

    def marked_immature(self) -> ShownValue:
        """The same beside [m]."""
        return self if self.is_missing else replace(self, mark="m")


def plain(text: str) -> ShownValue:
    """Text that is no published number: a name, a word."""
    return ShownValue(text)


@lru_cache(maxsize=1)
def _units() -> dict[tuple[str, str], str]:
    return {(table, column.name): column.unit for table, spec in TABLES.items() for column in spec.columns}


@lru_cache(maxsize=1)
def _measures() -> dict[tuple[str, str], Measure]:
    return {(table, measure.name): measure for table, spec in TABLES.items() for measure in spec.measures}


def unit_of(table: str, column: str) -> str:
    """Unit of a published column."""
    return _units().get((table, column), "")


def shown(row: PublishedRow, column: str) -> ShownValue:
    """A value of a row as text, or the symbol of why there is none."""
    value = row[column]
    missing = ("", "", "") if value is not None else _missing(row, column)
    text = missing[0] if value is None else _text(row, column, value)
    derived = "sum" if row.is_sum else ""
    result = ShownValue(text, missing[1], missing[2], "", row.table, row.key, column, derived)
    return result if row.is_mature else result.marked_immature()


def _text(row: PublishedRow, column: str, value: object) -> str:
    if isinstance(value, dt.date) and not row.is_exact:
        return month_label(value)  # dates of claims are months there (contract section 6)
    return as_text(value, unit_of(row.table, column), _lines_of(row, column))


def _lines_of(row: PublishedRow, column: str) -> int:
    """Lines that a share rests on, 0 (whole percent) where counts are rounded."""
    lines = row["service_lines"]
    if not row.is_exact or not isinstance(lines, int):
        return 0
    share = row["share_of_lines"]
    return round(lines / share) if column == "share_of_lines" and share else lines


def _missing(row: PublishedRow, column: str) -> tuple[str, str, str]:
    """Text, symbol and reason of a value that is not there."""
    if row.values is None:
        return ("none", "0", "No such line") if row.is_exact else ("[c]", "c", SYMBOLS["c"])
    if column not in row.values:
        return "[n]", "n", SYMBOLS["n"]
    measure = _measures().get((row.table, column))
    is_price = measure is not None and measure.is_price
    if is_price and row["care_model"] in NO_SHARE:
        return "[z]", "z", SYMBOLS["z"]
    if is_price and row["withheld"]:
        return "[p]", "p", f"{SYMBOLS['p']}: {WITHHELD.get(str(row['withheld']), str(row['withheld']))}"
    if row.is_exact or measure is None or measure.kind == "fact":
        return "[n]", "n", SYMBOLS["n"]
    if measure.is_tail:
        return "[c]", "c", TOO_FEW_FOR_TAILS
    return "[c]", "c", SYMBOLS["c"] if column in PEOPLE else PART_TOO_SMALL


def as_text(value: object, unit: str, lines: int = 0) -> str:
    """A value in its unit: dollars, percent, days, a date, a count with commas."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dt.date):
        return short_date(value)
    if isinstance(value, Decimal):
        return _signed(f"${abs(value):,.0f}", value < 0)
    if isinstance(value, str):
        return value
    if not isinstance(value, int | float):
        raise TypeError(type(value).__name__)
    return number_text(value, unit, lines)


def number_text(value: float, unit: str, lines: int = 0) -> str:
    """A number in its unit."""
    if unit in ("USD per unit", "USD"):
        return _signed(f"${abs(value):,.2f}", value < 0)
    if unit == "share":
        return percent_text(value, lines)
    if unit == "ratio":
        return f"{value:.2f}"
    if unit in ("days", "minutes", "index"):
        return f"{value:,.0f}"
    if unit == "units" or isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}"


def percent_text(share: float, lines: int = 0) -> str:
    """A share in percent: one decimal where it rests on 100 lines, else whole."""
    return f"{share * 100:.1f} %" if lines >= PRECISE_FROM else f"{share * 100:.0f} %"


def _signed(text: str, is_negative: bool) -> str:
    return f"-{text}" if is_negative else text
