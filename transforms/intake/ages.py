"""Ages in whole years at the date of service."""

from __future__ import annotations

import polars as pl

OLDEST_AGE = 90
"""90 stands for 90 and over (contract, section 7)."""


def age_at(served: pl.Expr, born: pl.Expr) -> pl.Expr:
    """Whole years from birth to service, at most 90; a birthday on February 29 counts from March 1.

    Months and days are widened before they are put together: the engine keeps them in eight bits.
    """
    birthday_to_come = _day_of_year(served) < _day_of_year(born)
    years = served.dt.year().cast(pl.Int64) - born.dt.year().cast(pl.Int64)
    return (years - birthday_to_come.cast(pl.Int64)).clip(upper_bound=OLDEST_AGE)


def _day_of_year(day: pl.Expr) -> pl.Expr:
    """Month and day as a number that grows through the year: 1231 for December 31."""
    return day.dt.month().cast(pl.Int64) * 100 + day.dt.day().cast(pl.Int64)
