"""How numbers are rounded where they must not tell how few people stand behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from schemas.table_columns import Rounding

COUNT_STEP: Final = 5
"""Counts of lines, claims, cases and patients are rounded to the nearest 5 ..."""
LEAST_COUNT: Final = 15
"""... but 11 and 12 become 15, so that 15 stands for 11 to 17: no count of 10 or less is ever shown."""
SPARE: Final = 2
"""In rows that other rows add up to, counts inside a row are withheld up to 12, not 10: intervals of their
parts can tell such a count from below (nine parts of 1 to 10 make 9 or more), and a null that ended at 10
would leave two values.
"""
SHARED_COUNT_STEP: Final = 10
"""For `shared` the counts of `standard` are rounded half up to 10."""
PARTS: Final = 10_000
"""Published numbers have four decimals; steps are whole numbers of ten-thousandths."""
STEPS: Final[Mapping[Rounding, int]] = {
    "money_percentile": PARTS // 10,
    "money_mean": 10 * PARTS,
    "owed_mean": 10 * PARTS,
    "unit_price_mean": PARTS,
    "units": PARTS // 10,
    "whole": PARTS,
    "ratio": PARTS // 100,
    "medicare_ratio": PARTS // 100,
    "index": PARTS,
}
FEW_KINDS: Final = 3
"""Up to so many different values a reader may know them all: contract rates, a fixed copay."""
_ROOM: Final = 4
"""How many ways to split its lines between two values a rounded mean must leave open: with one or two,
several means and percentiles of the same lines together still told the count of a few cells made for it.
"""
HALVES_UP: Final[frozenset[Rounding]] = frozenset({"money_percentile", "owed_mean"})
"""Halves of all others go down. Of two prices in a cell the percentile of nearest rank is the lower one while
so many percent of the lines or more have it; a mean that went up at just that share would tell it exactly.
For the same reason what patients owe goes up: what is paid goes down there.
"""


def rounded_count(count: pl.Expr, is_shared: bool) -> pl.Expr:
    """A count as protected audiences see it; 0 stays 0. Counts of 1 to 10 must be withheld before."""
    nearest_5 = (2 * count + COUNT_STEP) // (2 * COUNT_STEP) * COUNT_STEP
    standard = pl.when(count > 0).then(pl.max_horizontal(nearest_5, pl.lit(LEAST_COUNT))).otherwise(count)
    half = SHARED_COUNT_STEP // 2
    return (standard + half) // SHARED_COUNT_STEP * SHARED_COUNT_STEP if is_shared else standard


def rounded_value(value: pl.Expr, rounding: Rounding) -> pl.Expr:
    """A value of one line to the step of its kind; dates to the first day of their month."""
    if rounding == "none":
        return value
    if rounding == "month":
        return value.dt.truncate("1mo")
    return of_parts(nearest(as_parts(value), rounding) * STEPS[rounding])


def is_telling(spread: pl.Expr, kinds: pl.Expr, lines: pl.Expr, step: int) -> pl.Expr:
    """Whether a mean that is rounded to a step may tell of how many lines it is: then it is withheld.

    Of n lines that have one of two known values, `spread` apart, the means lie spread / n apart: a step of
    `ROOM` times that leaves every n so many ways to split them. n is at least the least count that is told
    so; further values between the two lie closer.
    """
    told = rounded_count(lines, False)
    least = pl.when(told == LEAST_COUNT).then(11).otherwise(told - COUNT_STEP // 2)
    return (kinds <= FEW_KINDS) & (_ROOM * spread > step * least * (kinds - 1))


def nearest(parts: pl.Expr, rounding: Rounding, lines: pl.Expr | int = 1) -> pl.Expr:
    """How often a step goes into an amount (of so many lines, each), all of them whole numbers."""
    step, up = STEPS[rounding], 0 if rounding in HALVES_UP else 1
    return (2 * parts + step * lines - up) // (2 * step * lines)


def as_parts(value: pl.Expr) -> pl.Expr:
    """A value in ten-thousandths: whole numbers, so that no float decides on which side a half falls."""
    return (value * PARTS).round().cast(pl.Int64)


def of_parts(parts: pl.Expr) -> pl.Expr:
    """The value of ten-thousandths; rounded, as Polars multiplies by the inverse of a divisor."""
    return (parts / PARTS).round(4, mode="half_to_even")
