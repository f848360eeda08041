"""Which release a publication shows, and of what time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

MONTHS: Final = {"month": 1, "quarter": 3, "year": 12, "rolling_12": 12}
"""Length of each period type in months (contract section 6)."""
SHORT_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LONG_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


@dataclass(frozen=True)
class EditionTold:
    """A release of one audience: what stands in the head of every page, workbook and file."""

    audience: str
    release_id: str
    as_of: dt.date | None
    main_code: str
    mature_days: int = 90
    is_synthetic: bool = False
    shares: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    """Share of rows and of lines shown, in whole percent, by table and period type."""

    @property
    def is_exact(self) -> bool:
        """Whether every cell is there, unrounded: an absent row is then no line at all."""
        return self.audience == "internal"


@dataclass(frozen=True, order=True)
class ShownPeriod:
    """A period of service dates: its type and first day."""

    kind: str
    start: dt.date

    @property
    def last_month(self) -> dt.date:
        """First day of its last month."""
        return shifted(self.start, MONTHS[self.kind] - 1)

    @property
    def label(self) -> str:
        """The period in words: `Oct 2025`, `Q3 2025`, `2025`, `12 months to October 2025`."""
        end = self.last_month
        if self.kind == "month":
            return month_label(self.start)
        if self.kind == "quarter":
            return f"Q{(self.start.month + 2) // 3} {self.start.year}"
        if self.kind == "year":
            return str(self.start.year)
        return f"12 months to {LONG_MONTHS[end.month - 1]} {end.year}"

    def year_before(self) -> ShownPeriod:
        """The same period a year earlier."""
        return ShownPeriod(self.kind, shifted(self.start, -12))


def month_label(day: dt.date) -> str:
    """`Oct 2025`."""
    return f"{SHORT_MONTHS[day.month - 1]} {day.year}"


def long_date(day: dt.date) -> str:
    """`February 13, 2026`."""
    return f"{LONG_MONTHS[day.month - 1]} {day.day}, {day.year}"


def short_date(day: dt.date) -> str:
    """`Feb 13, 2026`."""
    return f"{SHORT_MONTHS[day.month - 1]} {day.day}, {day.year}"


def shifted(day: dt.date, months: int) -> dt.date:
    """The first day of the month so many months later."""
    count = day.year * 12 + day.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)


def months_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """First days of every month from the first to the last, both included."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [shifted(first, step) for step in range(count + 1)]
