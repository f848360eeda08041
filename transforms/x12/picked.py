"""Zones picked out of a piece: whole loops, as a smaller X12 whose elements are found kind by kind."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from transforms.x12.delimiters import Delimiters
from transforms.x12.element_values import Span, qualifiers, ranges, trimmed
from transforms.x12.marks import first_marks
from transforms.x12.segments import KIND, PAD, Bytes, Positions, Segments

LAST_ELEMENT: dict[str, int] = {
    "CLM": 5, "SV1": 7, "SVC": 6, "CLP": 7, "CAS": 19, "NM1": 9, "SBR": 9, "HI": 12, "BPR": 16, "N1": 4,
    "BHT": 4,
}  # fmt: skip
"""The highest element that is read, by segment."""
FEW_ELEMENTS = 3
"""As high as is read of every other segment."""


@dataclass(slots=True)
class Picked:
    """Zones (whole loops) of a piece; `origin` is a segment's number in the piece, `zone` where it belongs.

    Zones are in file order; `blanks` tells whether any value has blanks around it. The bounds of elements
    are looked up once for each kind of segment.
    """

    data: Bytes
    starts: Positions
    ends: Positions
    kinds: npt.NDArray[np.uint8]
    origin: Positions
    zone: Positions
    zone_first: Positions
    delimiters: Delimiters
    blanks: bool
    _rank: Positions
    _where: dict[str, Positions] = field(default_factory=dict)
    _bounds: dict[int, Positions] = field(default_factory=dict)
    _codes: dict[str, npt.NDArray[np.uint32]] = field(default_factory=dict)

    def where(self, segment_id: str) -> Positions:
        """Segments of one kind, ascending."""
        found = self._where.get(segment_id)
        if found is None:
            found = self._where[segment_id] = np.flatnonzero(self.kinds == KIND[segment_id])
        return found

    def first_codes(self, segment_id: str) -> npt.NDArray[np.uint32]:
        """The first element of each segment of a kind, as a qualifier."""
        found = self._codes.get(segment_id)
        if found is None:
            span = self.element(self.where(segment_id), 1)
            found = self._codes[segment_id] = qualifiers(self.data, span)
        return found

    def element(self, segment: Positions, number: int) -> Span:
        """Bounds of element `number` of each segment (-1: absent); all of one kind."""
        highest = int(segment.max(initial=-1))
        if highest < 0:
            nowhere = np.zeros(len(segment), dtype=np.int64)
            return nowhere, nowhere
        bounds = self.bounds(int(self.kinds[highest]))
        row = self._rank[segment]
        begin, end = bounds[number - 1][row], bounds[number][row]
        return self._bare(np.minimum(begin + 1, end), end)

    def _bare(self, begin: Positions, end: Positions) -> Span:
        return trimmed(self.data, begin, end) if self.blanks else (begin, end)

    def bounds(self, kind: int) -> Positions:
        """By number the separators of each segment of a kind (columns), its end where it has fewer.

        A last column is for segment -1: it has no elements.
        """
        found = self._bounds.get(kind)
        if found is None:
            at = np.flatnonzero(self.kinds == kind)
            self._rank[at] = np.arange(len(at))
            count = LAST_ELEMENT.get(NAMES.get(kind, ""), FEW_ELEMENTS) + 1
            found = np.zeros((count, len(at) + 1), dtype=np.int64)
            stretches = self.starts[at], self.ends[at]
            found[:, :-1] = first_marks(self.data, *stretches, self.delimiters.element, count)
            self._bounds[kind] = found
        return found

    def components(self, span: Span, count: int) -> list[Span]:
        """Bounds of the first `count` components of each composite."""
        begin, end = span
        found = first_marks(self.data, begin, end, self.delimiters.component, count)
        starts = [begin, *(np.minimum(mark + 1, end) for mark in found[:-1])]
        return [self._bare(first, stop) for first, stop in zip(starts, found, strict=True)]

    def first_per(self, candidates: Positions, groups: Positions, count: int) -> Positions:
        """The first of the ascending `candidates` in each of `count` groups, -1 where there is none."""
        found = np.full(count, -1, dtype=np.int64)
        found[groups[::-1]] = candidates[::-1]
        return found


NAMES: dict[int, str] = {number: name for name, number in KIND.items()}


def pick(segments: Segments, first: Positions, stop: Positions) -> Picked:
    """The segment ranges `[first[i], stop[i])` (ascending, disjoint) of a piece as zones."""
    origin = ranges(first, stop)
    lengths = stop - first
    zone = np.repeat(np.arange(len(first)), lengths)
    starts, ends = segments.starts[origin], segments.ends[origin]
    data = segments.data
    if len(origin) * 2 < len(segments):
        begin, end = segments.starts[first], segments.ends[stop - 1] + 1
        view = memoryview(data)  # type: ignore[arg-type]
        parts = [view[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
        data = np.frombuffer(b"".join([*parts, bytes(PAD)]), dtype=np.uint8)
        sizes = end - begin
        shift = np.repeat(begin - (np.cumsum(sizes) - sizes), lengths)
        starts, ends = starts - shift, ends - shift
    kinds = segments.kinds[origin]
    rank = np.full(len(origin) + 1, -1, dtype=np.int64)
    before = np.cumsum(lengths) - lengths
    blanks = _blanks_around(data, starts, ends, segments.delimiters)
    return Picked(data, starts, ends, kinds, origin, zone, before, segments.delimiters, blanks, rank)


def _blanks_around(data: Bytes, starts: Positions, ends: Positions, delimiters: Delimiters) -> bool:
    """Whether a blank stands beside a separator in any segment."""
    at = np.flatnonzero(data == 32)
    beside = np.zeros(len(at), dtype=np.bool_)
    for neighbour in (data[at - 1], data[np.minimum(at + 1, len(data) - 1)]):
        for mark in (delimiters.element, delimiters.component, delimiters.terminator):
            beside |= neighbour == mark
    at = at[beside]
    holder = np.searchsorted(starts, at, side="right") - 1
    return bool(((holder >= 0) & (at < np.append(ends, 0)[holder])).any())
