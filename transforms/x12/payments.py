"""Balance of a payment: sum(CLP04) - sum(PLB) = BPR02 for each 835 set, over all its claims, kept or not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np

from transforms.x12.element_values import AMOUNT_UNITS, units
from transforms.x12.scan import Sets, separators
from transforms.x12.segments import Segments

PLB_AMOUNTS = range(4, 15, 2)


@dataclass(slots=True)
class SetPayment:
    """What one piece holds of one 835 set, in ten-thousandths; `amount` is BPR02, None until it is met.

    `opened` and `closed`: the set starts, or ends, in this piece. `well`: every amount was a number.
    """

    position: int
    opened: bool
    closed: bool
    paid: int
    adjusted: int
    provider_adjustments: int
    amount: int | None
    well: bool
    adjusted_at: int = 0

    def add(self, more: SetPayment) -> None:
        """Take in what the next piece holds of the same set."""
        self.paid += more.paid
        self.adjusted += more.adjusted
        self.provider_adjustments += more.provider_adjustments
        self.well &= more.well
        if more.amount is not None:
            self.amount = more.amount

    @property
    def balanced(self) -> bool:
        """Whether the payment adds up, as far as it can be told."""
        return not self.well or self.amount is None or self.paid - self.adjusted == self.amount


def set_payments(segments: Segments, sets: Sets) -> list[SetPayment]:
    """The payments of the 835 sets of a piece, in order."""
    ours = np.flatnonzero(sets.named("835")[:-1])
    if not len(ours):
        return []
    claims = segments.where("CLP")
    marks = separators(segments, claims, 5)
    following = marks[4]
    number = sets.of(claims)
    amounts, bad = units(segments.data, (np.minimum(marks[3] + 1, following), following))
    paid = np.zeros(len(sets.names) + 1, dtype=np.int64)
    np.add.at(paid, number, amounts)
    wrong = np.zeros(len(sets.names) + 1, dtype=np.bool_)
    wrong[number[bad]] = True
    found: dict[int, SetPayment] = {}
    for index in ours.tolist():
        first, stop = int(sets.first[index]), int(sets.stop[index])
        closed = stop <= len(segments) and segments.segment_id(stop - 1) in ("SE",)
        found[index] = SetPayment(
            first, first >= sets.repeated, closed, int(paid[index]), 0, 0, None, not bool(wrong[index])
        )
    for at in segments.where("BPR").tolist():
        holder = found.get(int(sets.of(np.array([at]))[0]))
        if holder is not None and at >= sets.repeated:
            holder.amount = _amount(segments.elements(at), 2)
            holder.well &= holder.amount is not None
    for at in segments.where("PLB").tolist():
        holder = found.get(int(sets.of(np.array([at]))[0]))
        if holder is not None and at >= sets.repeated:
            elements = segments.elements(at)
            for place in PLB_AMOUNTS:
                if place < len(elements) and elements[place].strip():
                    value = _amount(elements, place)
                    holder.well &= value is not None
                    holder.adjusted += value or 0
                    holder.provider_adjustments += 1
                    holder.adjusted_at = holder.adjusted_at or at
    return list(found.values())


def _amount(elements: list[bytes], number: int) -> int | None:
    """An amount in ten-thousandths, None where it is no number."""
    try:
        return int(Decimal(elements[number].strip().decode("ascii")) * AMOUNT_UNITS)
    except (IndexError, UnicodeDecodeError, InvalidOperation, ValueError, OverflowError):
        return None
