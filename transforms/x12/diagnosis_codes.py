"""Health care codes (HI) of claims: diagnoses by pointer and the surgical procedure behind an anesthetic."""

from __future__ import annotations

import numpy as np

from transforms.x12.element_values import Span, code, qualifiers
from transforms.x12.loops import Loops
from transforms.x12.segments import KIND, Positions

_DIAGNOSES = [code(text) for text in (b"BK", b"ABK", b"BF", b"ABF")]
PRINCIPAL_PROCEDURE, OTHER_PROCEDURE = code(b"BP"), code(b"BO")
POINTERS = 4


class Diagnoses:
    """The HI codes of the claims of `loops`, in the order in which SV107 counts them."""

    def __init__(self, loops: Loops) -> None:
        self._loops = loops
        picked = loops.picked
        at = picked.where("HI")
        bounds = picked.bounds(KIND["HI"])[:, :-1]
        own = loops.heading[at] & (loops.claim_of[at] >= 0)
        row, number = np.nonzero((bounds[:-1] < picked.ends[at]).T & own[:, None])
        end = bounds[number + 1, row]
        whole: Span = (np.minimum(bounds[number, row] + 1, end), end)
        self._claim = loops.claim_of[at[row]]
        kind, self._code = picked.components(whole, 2)
        self._kind = qualifiers(picked.data, kind)

    def pointed(self, claim: Positions, pointers: Span) -> list[Span]:
        """Diagnosis 1 to 4 of each line: the codes that SV107 points to, null where it points to none."""
        loops, picked = self._loops, self._loops.picked
        chosen = np.flatnonzero(np.isin(self._kind, _DIAGNOSES))
        held = np.bincount(self._claim[chosen], minlength=len(loops.claim_zone))
        first = np.cumsum(held) - held
        columns = []
        for begin, stop in picked.components(pointers, POINTERS):
            tens, ones = (
                picked.data[begin].astype(np.int64) - 48,
                picked.data[begin + 1].astype(np.int64) - 48,
            )
            value = np.where(stop - begin == 1, tens, np.where(stop - begin == 2, tens * 10 + ones, 0))
            there = (value >= 1) & (value <= held[claim])
            index = np.append(chosen, -1)[np.where(there, first[claim] + value - 1, -1)]
            columns.append(self._at(index))
        return columns

    def surgical(self, claim: Positions) -> Span:
        """The anesthesia-related procedure (HI*BP, else the first HI*BO) of each line's claim."""
        count = len(self._loops.claim_zone)
        principal, other = (
            self._first(np.flatnonzero(self._kind == kind), count)
            for kind in (PRINCIPAL_PROCEDURE, OTHER_PROCEDURE)
        )
        return self._at(np.where(principal >= 0, principal, other)[claim])

    def _first(self, at: Positions, count: int) -> Positions:
        return self._loops.picked.first_per(at, self._claim[at], count)

    def _at(self, index: Positions) -> Span:
        begin, stop = (np.append(bounds, 0)[index] for bounds in self._code)
        return begin, np.where(index < 0, begin, stop)
