"""CAS segments: up to six triplets each, repeated, packed into one text per line or claim; and their sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.x12.loops import Loops
from transforms.x12.segments import Mask, Positions
from transforms.x12.values import Span, at_rows, filled, units

TRIPLETS = 6


@dataclass(frozen=True, slots=True)
class Adjustments:
    """One row per triplet in file order: its segment in the picked zones, text `GROUP-REASON:AMOUNT`, amount.

    `amount` is in ten-thousandths; `bad` marks triplets without group, reason or a number as amount.
    """

    segment: Positions
    text: pl.Series
    amount: npt.NDArray[np.int64]
    bad: Mask

    def packed(self, group: Positions, count: int) -> pl.Series:
        """Text joined by `|` for each of `count` groups, null where there is none; group -1 is left out."""
        if not len(group) or group.max() < 0:
            return pl.Series([None], dtype=pl.String).new_from_index(0, count)
        frame = pl.DataFrame({"group": group, "text": self.text}).filter(pl.col("group") >= 0)
        joined = frame.group_by("group", maintain_order=True).agg(pl.col("text").str.join("|"))
        out = pl.DataFrame({"group": np.arange(count, dtype=np.int64)})
        return out.join(joined, on="group", how="left", maintain_order="left", validate="1:1")["text"]

    def summed(self, group: Positions, count: int) -> npt.NDArray[np.int64]:
        """Sum of the amounts of each group, in ten-thousandths."""
        total = np.zeros(count + 1, dtype=np.int64)
        np.add.at(total, group, self.amount)
        return total[:count]


def read_adjustments(loops: Loops) -> Adjustments:
    """Every CAS triplet of the picked zones (CAS01; CAS02-03, CAS05-06, ... CAS17-18)."""
    cas = loops.matching("CAS")
    held = (
        np.searchsorted(loops.picked.separators, loops.picked.ends[cas]) - loops.picked.first_separator[cas]
    )
    number = np.repeat(np.arange(TRIPLETS)[None, :], len(cas), axis=0).reshape(-1)
    at = np.repeat(cas, TRIPLETS)
    there = (number == 0) | (np.repeat(held, TRIPLETS) > 1 + 3 * number)
    at, number = at[there], number[there]
    first = loops.picked.first_separator[at] + 1 + 3 * number
    reason, amount = _between(loops, at, first), _between(loops, at, first + 1)
    kept = filled(reason) | filled(amount) | (number == 0)
    at, reason, amount = at[kept], at_rows(reason, kept), at_rows(amount, kept)
    group = loops.span(at, 1)
    value, bad = units(loops.picked.data, amount)
    bad |= ~(filled(group) & filled(reason) & filled(amount))
    texts = loops.texts({"group": group, "reason": reason, "amount": amount})
    packed = pl.select(
        pl.concat_str(
            texts["group"], pl.lit("-"), texts["reason"], pl.lit(":"), texts["amount"], ignore_nulls=True
        )
        if len(at)
        else pl.Series("text", [], dtype=pl.String)
    ).to_series()
    return Adjustments(at, packed, value, bad)


def _between(loops: Loops, at: Positions, separator: Positions) -> Span:
    """The values behind the given separators (by index) of the segments `at`."""
    stop = loops.picked.ends[at]
    begin = np.minimum(loops.picked.separators[separator] + 1, stop)
    return begin, np.maximum(np.minimum(loops.picked.separators[separator + 1], stop), begin)
