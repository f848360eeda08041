"""Months, quarters, years and the rolling twelve months, as whole numbers (months since year 0)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

ROLLING: Final = "rolling_12"
PERIOD_TYPES: Final = ("month", "quarter", "year", ROLLING)
MONTHS_OF: Final = {"month": 1, "quarter": 3, "year": 12, ROLLING: 12}

Months = NDArray[np.int64]
Period = tuple[str, int]
"""Period type and first month."""


def month_number(column: str) -> pl.Expr:
    """Months since year 0 of a date column."""
    day = pl.col(column)
    return (day.dt.year().cast(pl.Int64) * 12 + day.dt.month() - 1).cast(pl.Int64)


def month_of(day: date) -> int:
    """Month number of a date."""
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """First day of a month number."""
    return date(month // 12, month % 12 + 1, 1)


def is_mature(first_month: int, months: int, as_of: date, mature_days: int) -> bool:
    """The period's last day lies at least `mature_days` before `as_of`."""
    last_day = first_day(first_month + months) - timedelta(days=1)
    return (as_of - last_day).days >= mature_days


def rolling_start(months: Months, as_of: date, mature_days: int) -> int | None:
    """First month of the one rolling window: it ends with the last mature month of the lines, else the
    last.
    """
    if months.size == 0:
        return None
    present = sorted({int(month) for month in np.unique(months)})
    mature = [month for month in present if is_mature(month, 1, as_of, mature_days)]
    return (mature or present)[-1] - 11


def months_of(period: Period) -> range:
    """The months of a period."""
    period_type, first = period
    return range(first, first + MONTHS_OF[period_type])


@dataclass(frozen=True)
class Calendar:
    """Which period a month falls in, and which periods are mature.

    `only`: the periods to be told; none: all.
    """

    as_of: date
    mature_days: int
    rolling: int | None
    only: frozenset[Period] | None = None

    def period_of(self, months: Months, period_type: str) -> Months:
        """First month of the period of each month; -1 where it falls in none that is to be told."""
        starts = self._start_of(months, period_type)
        if self.only is None:
            return starts
        told = [first for kind, first in self.only if kind == period_type]
        return np.where(np.isin(starts, told), starts, -1)

    def periods_of(self, months: Iterable[int]) -> frozenset[Period]:
        """The periods that some months fall in."""
        numbers = np.array(sorted(months), dtype=np.int64)
        starts = {kind: self.period_of(numbers, kind).tolist() for kind in PERIOD_TYPES}
        return frozenset((kind, first) for kind, found in starts.items() for first in found if first >= 0)

    def is_mature(self, period: Period) -> bool:
        """Whether a period ended long enough before the as-of date."""
        period_type, first = period
        return is_mature(first, MONTHS_OF[period_type], self.as_of, self.mature_days)

    def _start_of(self, months: Months, period_type: str) -> Months:
        if period_type == ROLLING:
            if self.rolling is None:
                return np.full(months.shape, -1, dtype=np.int64)
            inside = (months >= self.rolling) & (months < self.rolling + 12)
            return np.where(inside, self.rolling, -1).astype(np.int64)
        return months - months % MONTHS_OF[period_type]

    def describe(self, kinds: Months, starts: Months) -> pl.DataFrame:
        """Period type, first day and maturity of periods: a row per place in PERIOD_TYPES and first month."""
        lengths = np.array([MONTHS_OF[kind] for kind in PERIOD_TYPES])[kinds]
        last_days = _days(starts + lengths) - 1
        mature = (np.datetime64(self.as_of, "D") - last_days).astype(np.int64) >= self.mature_days
        return pl.DataFrame(
            {
                "period_type": pl.Series(PERIOD_TYPES, dtype=pl.String).gather(kinds),
                "period_start": pl.Series(_days(starts), dtype=pl.Date),
                "is_mature": pl.Series(mature, dtype=pl.Boolean),
            }
        )


def _days(months: Months) -> NDArray[np.datetime64]:
    """First days of month numbers."""
    return (months - 1970 * 12).astype("datetime64[M]").astype("datetime64[D]")
