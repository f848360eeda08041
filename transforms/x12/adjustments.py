"""CAS segments: up to six triplets each, repeated, packed into one text per line or claim; and their sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.x12.loops import Loops
from transforms.x12.segments import Mask, Positions
from transforms.x12.values import units

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
    segments: list[Positions] = []
    reasons: list[pl.Series] = []
    amounts: list[pl.Series] = []
    for number in range(TRIPLETS):
        at = cas[held > 1 + 3 * number] if number else cas
        if not len(at):
            break
        segments.append(at)
        reasons.append(loops.text(at, 2 + 3 * number))
        amounts.append(loops.text(at, 3 + 3 * number))
    if not segments:
        none = np.zeros(0, dtype=np.int64)
        return Adjustments(none, pl.Series([], dtype=pl.String), none, np.zeros(0, dtype=np.bool_))
    at = np.concatenate(segments)
    order = np.argsort(at, kind="stable")
    at = at[order]
    frame = pl.DataFrame(
        {
            "group": loops.text(at, 1),
            "reason": pl.concat(reasons).gather(order),
            "amount": pl.concat(amounts).gather(order),
        }
    )
    filled = ((frame["reason"].is_not_null() | frame["amount"].is_not_null()) | _first_of_each(at)).to_numpy()
    frame, at = frame.filter(filled), at[filled]
    amount, bad = units(frame["amount"])
    bad |= (frame["group"].is_null() | frame["reason"].is_null() | frame["amount"].is_null()).to_numpy()
    packed = frame.select(
        pl.concat_str("group", pl.lit("-"), "reason", pl.lit(":"), "amount", ignore_nulls=True).alias("text")
    )["text"]
    return Adjustments(at, packed, amount, bad)


def _first_of_each(at: Positions) -> pl.Series:
    """Which rows are the first of their segment: a CAS without a first triplet is wrong, not empty."""
    first = np.ones(len(at), dtype=np.bool_)
    first[1:] = at[1:] != at[:-1]
    return pl.Series(first)
