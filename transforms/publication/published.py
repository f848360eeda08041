"""The published tables of one audience as the publication reads them: rows with their keys, absent ones too.

Whatever table or column a release lacks reads as no data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from schemas.tables import TABLES
from transforms.publication.shown_edition import MONTHS, EditionTold, ShownPeriod, months_between
from transforms.publication.views import VIEWS, View

_FIVE: Final = ("procedure_code", "payer", "line_of_business", "period_type", "period_start")
MONTHS_SHOWN: Final = 24
"""Months that a chart shows; the tables hold all."""


@dataclass(frozen=True)
class PublishedRow:
    """One row of a published table, or of a table that does not publish this key (`values` None)."""

    table: str
    keys: Mapping[str, Any]
    values: Mapping[str, Any] | None
    is_exact: bool
    is_sum: bool = False
    """A sum over the periods of the table, of exact rows only."""

    @property
    def key(self) -> str:
        """The key of the row as text: values in the order of the table's keys, joined by `|`."""
        return "|".join("" if value is None else str(value) for value in self.keys.values())

    def __getitem__(self, column: str) -> Any:
        """The value of a column; None where it is null, absent or not a column of this release."""
        if column in self.keys:
            return self.keys[column]
        return None if self.values is None else self.values.get(column)

    @property
    def is_mature(self) -> bool:
        """Whether the period ended long enough ago; an absent row is not known to be immature."""
        return self["is_mature"] is not False


@dataclass(frozen=True)
class Published:
    """Tables of one release of one audience."""

    tables: Mapping[str, pl.DataFrame]
    edition: EditionTold
    _kept: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict, compare=False, repr=False)

    def has(self, table: str, column: str = "") -> bool:
        """Whether the release has the table, and the column."""
        return table in self.tables and (not column or column in self.tables[table].columns)

    @property
    def window(self) -> ShownPeriod:
        """The rolling twelve months; the last year where the audience has no rolling window."""
        for kind in ("rolling_12", "year"):
            starts = self._starts(kind)
            if starts:
                return ShownPeriod(kind, starts[-1])
        return ShownPeriod("rolling_12", dt.date(1970, 1, 1))

    @property
    def is_empty(self) -> bool:
        """Whether no period of the main code is published at all."""
        return not any(self._starts(kind) for kind in MONTHS)

    @property
    def steps(self) -> list[ShownPeriod]:
        """The last 24 months, gaps included; quarters where the audience has no months."""
        months = self._starts("month")
        if months:
            return [ShownPeriod("month", day) for day in months_between(months[0], months[-1])][
                -MONTHS_SHOWN:
            ]
        quarters = self._starts("quarter")
        if not quarters:
            return []
        every = months_between(quarters[0], quarters[-1])[::3]
        return [ShownPeriod("quarter", day) for day in every][-MONTHS_SHOWN // 3 :]

    @property
    def quarters(self) -> list[ShownPeriod]:
        """Published quarters of the main code, the last 8."""
        return [ShownPeriod("quarter", day) for day in self._starts("quarter")][-8:]

    def steps_of(self, name: str, column: str, **wanted: Any) -> list[ShownPeriod]:
        """Months, or quarters where most months of a series are not shown."""
        months = self.steps
        there = [row for row in self.over(name, months, **wanted) if row[column] is not None]
        if len(there) * 2 >= len(months) or not self.quarters:
            return months
        every = months_between(self.quarters[0].start, self.quarters[-1].start)[::3]
        return [ShownPeriod("quarter", day) for day in every]

    def _starts(self, kind: str) -> list[dt.date]:
        frame = self.tables.get("utilization")
        if frame is None:
            return []
        mine = (pl.col("procedure_code") == self.edition.main_code) & (pl.col("period_type") == kind)
        starts: list[dt.date] = frame.filter(mine)["period_start"].unique().sort().to_list()
        return starts

    def payers(self) -> list[str]:
        """Payers with a published row in any period, most lines first is not told: in the order of names."""
        frame = self.tables.get("utilization")
        if frame is None:
            return []
        known: list[str] = frame["payer"].unique().to_list()
        return [payer for payer in PAYER_ORDER if payer in known]

    def view(self, name: str, **wanted: Any) -> list[PublishedRow]:
        """Rows of a named view, of the wanted values of keys."""
        view = VIEWS[name]
        if not self.has(view.table):
            return []
        frame = self._of_view(view)
        for column, value in wanted.items():
            frame = frame.filter(pl.col(column) == value)
        return rows_of(frame, view.table, self.edition.is_exact)

    def row(self, name: str, **wanted: Any) -> PublishedRow:
        """The one row of a view with these values of keys; an absent row where it is not published."""
        found = self.view(name, **wanted)
        return found[0] if found else self.absent(VIEWS[name].table, **wanted)

    def absent(self, table: str, **wanted: Any) -> PublishedRow:
        """A row that the release does not hold."""
        return PublishedRow(table, self._full_keys(table, wanted), None, self.edition.is_exact)

    def over(self, name: str, periods: list[ShownPeriod], **wanted: Any) -> list[PublishedRow]:
        """One row for every period, absent ones too."""
        if not periods:
            return []
        found = {row["period_start"]: row for row in self.view(name, period_type=periods[0].kind, **wanted)}
        kind, table = periods[0].kind, VIEWS[name].table
        return [
            found.get(period.start)
            or self.absent(table, **wanted, period_type=kind, period_start=period.start)
            for period in periods
        ]

    def whole(self, table: str) -> list[PublishedRow]:
        """Every row of a table that is no cube of service lines: rules, freshness, quality, changes."""
        frame = self.tables.get(table)
        return [] if frame is None else rows_of(frame, table, self.edition.is_exact)

    def _of_view(self, view: View) -> pl.DataFrame:
        kept = self._kept.get((view.name, view.table))
        if kept is None:
            condition = view.condition(self.edition.main_code, self.window)
            kept = self.tables[view.table].filter(pl.sql_expr(condition))
            self._kept[view.name, view.table] = kept
        return kept

    def _full_keys(self, table: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        usual = {
            "procedure_code": self.edition.main_code,
            "period_type": self.window.kind,
            "period_start": self.window.start,
        }
        return {name: wanted.get(name, usual.get(name)) for name in key_names(table)}


PAYER_ORDER: Final = ("aetna", "bcbs", "cigna", "uhc", "medicare", "other")


def own_line(payer: str) -> str:
    """The line of business whose prices stand for a payer."""
    return "medicare_ffs" if payer == "medicare" else "commercial"


def key_names(table: str) -> list[str]:
    """Key columns of a table; the five common ones where the table is not described."""
    return TABLES[table].key_names if table in TABLES else list(_FIVE)


def rows_of(frame: pl.DataFrame, table: str, is_exact: bool) -> list[PublishedRow]:
    """Rows of a frame in the order of its keys."""
    keys = [name for name in key_names(table) if name in frame.columns]
    return [
        PublishedRow(table, {name: values[name] for name in keys}, values, is_exact)
        for values in frame.sort(keys, nulls_last=True).iter_rows(named=True)
    ]
