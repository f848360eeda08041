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
    "medicare_ratio": PARTS // 20,
    "index": PARTS,
}
"""Contract rates and copays are few fixed numbers, so a fine mean tells how many lines have which.

Dollars per unit are told in whole dollars, other means of money in tens. A ratio to Medicare's price of a
unit, some 20 dollars, is a mean of dollars per unit, too: a twentieth of it is one dollar, a hundredth would
be 20 cents.
"""
HALVES_UP: Final[frozenset[Rounding]] = frozenset({"money_percentile", "owed_mean"})
"""Halves of all others go down. Of two prices in a cell the percentile of nearest rank is the lower one while
so many percent of the lines or more have it; a mean that went up at just that share would tell it exactly. For
the same reason what patients owe goes up: what is paid goes down there.
"""


def rounded_count(count: pl.Expr, is_shared: bool) -> pl.Expr:
    """A count as protected audiences see it; 0 stays 0. Counts of 1 to 10 must be withheld before."""
    nearest = (2 * count + COUNT_STEP) // (2 * COUNT_STEP) * COUNT_STEP
    standard = pl.when(count > 0).then(pl.max_horizontal(nearest, pl.lit(LEAST_COUNT))).otherwise(count)
    half = SHARED_COUNT_STEP // 2
    return (standard + half) // SHARED_COUNT_STEP * SHARED_COUNT_STEP if is_shared else standard


def rounded_value(value: pl.Expr, rounding: Rounding) -> pl.Expr:
    """A value to the step of its kind; dates to the first day of their month."""
    if rounding == "none":
        return value
    if rounding == "month":
        return value.dt.truncate("1mo")
    return in_steps(steps_of(value, rounding), rounding)


def steps_of(value: pl.Expr, rounding: Rounding) -> pl.Expr:
    """How many steps a value has. Whole numbers: no float decides on which side a half falls."""
    return nearest_steps((value * PARTS).round().cast(pl.Int64), pl.lit(STEPS[rounding]), rounding)


def nearest_steps(amount: pl.Expr, step: pl.Expr, rounding: Rounding) -> pl.Expr:
    """How often a step goes into an amount, both whole numbers; halves as `HALVES_UP` says."""
    up = 0 if rounding in HALVES_UP else 1
    return (2 * amount + step - up) // (2 * step)


def in_steps(steps: pl.Expr, rounding: Rounding) -> pl.Expr:
    """The value of so many steps; rounded, as Polars multiplies by the inverse of a number it divides by."""
    return (steps * STEPS[rounding] / PARTS).round(4, mode="half_to_even")
