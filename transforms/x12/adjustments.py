"""CAS segments: up to six triplets each, repeated, packed into one text per line or claim; and their sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.x12.element_values import Span, at_rows, filled, texts_joined
from transforms.x12.loops import Loops
from transforms.x12.segments import KIND, Bytes, Mask, Positions

TRIPLETS = 6


@dataclass(frozen=True, slots=True)
class Adjustments:
    """One row per triplet in file order: its segment in the picked zones, group, reason and amount.

    `units` is the amount in ten-thousandths; `bad` marks triplets without group, reason or a number as
    amount.
    """

    data: Bytes
    blanks: bool
    segment: Positions
    group: Span
    reason: Span
    amount: Span
    units: npt.NDArray[np.int64]
    bad: Mask

    def packed(self, owner: Positions, count: int) -> pl.Series:
        """`GROUP-REASON:AMOUNT` joined by `|` for each of `count` owners, null where there is none.

        Owners ascend; -1 is left out.
        """
        own = np.flatnonzero(owner >= 0)
        group, reason, amount = (at_rows(span, own) for span in (self.group, self.reason, self.amount))
        return texts_joined(self.data, [group, b"-", reason, b":", amount], owner[own], count, self.blanks)

    def summed(self, owner: Positions, count: int) -> npt.NDArray[np.int64]:
        """Sum of the amounts of each owner, in ten-thousandths."""
        total = np.zeros(count + 1, dtype=np.int64)
        np.add.at(total, owner, self.units)
        return total[:count]


def read_adjustments(loops: Loops) -> Adjustments:
    """Every CAS triplet of the picked zones (CAS01; CAS02-03, CAS05-06, ... CAS17-18)."""
    picked = loops.picked
    cas = picked.where("CAS")
    bounds = picked.bounds(KIND["CAS"])[:, :-1]
    # A triplet is there if it begins before the end of its segment, and the first one always.
    there = bounds[1 : 2 + 3 * TRIPLETS : 3][:TRIPLETS] < picked.ends[cas]
    there[0] = True
    row, number = np.nonzero(there.T)
    first = 1 + 3 * number
    reason, amount = (
        (np.minimum(bounds[at, row] + 1, bounds[at + 1, row]), bounds[at + 1, row])
        for at in (first, first + 1)
    )
    kept = np.flatnonzero(filled(reason) | filled(amount) | (number == 0))
    segment, reason, amount = cas[row[kept]], at_rows(reason, kept), at_rows(amount, kept)
    group = loops.span(segment, 1)
    value, bad = loops.units(amount)
    bad |= ~(filled(group) & filled(reason) & filled(amount))
    return Adjustments(picked.data, picked.blanks, segment, group, reason, amount, value, bad)
