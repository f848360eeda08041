"""Separators counted sixty-four bytes at a time: one bit a byte in a word, so that no byte is visited."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transforms.x12.segments import Bytes, Positions, words

_Words = npt.NDArray[np.uint64]

_WINDOW = 64
"""Most bytes looked at in one step: one bit each in a word."""
_ROWS = 4096
"""Windows looked at together: so many stay in the processor's cache."""
ONE = np.uint64(1)
_LOWEST = np.array([(1 << count) - 1 for count in range(_WINDOW + 1)], dtype=np.uint64)


def marks(data: Bytes, begin: Positions, end: Positions, separator: int, width: int = _WINDOW) -> _Words:
    """Where a separator stands in the first `width` bytes of each stretch, the first byte as lowest bit."""
    window = words(data, f"V{width}", width)[begin].view(np.uint8)
    bits = np.packbits(window == separator, bitorder="little").view(f"<u{width // 8}")
    inside: _Words = bits & _LOWEST[np.minimum(end - begin, width)]
    return inside


def first_marks(data: Bytes, begin: Positions, end: Positions, separator: int, count: int) -> Positions:
    """Offsets of the first `count` separators of each stretch (columns), its end where it has fewer."""
    found = np.empty((count, len(begin)), dtype=np.int64)
    width = usual_width(end - begin)
    for first in range(0, len(begin), _ROWS):
        rows = slice(first, first + _ROWS)
        start, stop, out = begin[rows], end[rows], found[:, rows]
        bits = marks(data, start, stop, separator, width)
        for number in range(count):
            below = bits - ONE
            # Of what is below the lowest bit; without one all 64, beyond the end unless the stretch is long.
            np.minimum(start + np.bitwise_count(below & ~bits), stop, out=out[number])
            bits &= below
    long = np.flatnonzero(end - begin > width)
    if len(long):
        found[:, long] = _first_of_long(data, begin[long], end[long], separator, count)
    return found


def usual_width(length: Positions) -> int:
    """Bytes that most of the stretches fit in."""
    for width in (16, 32):
        if np.count_nonzero(length > width) * 16 <= len(length):
            return width
    return _WINDOW


def _first_of_long(data: Bytes, begin: Positions, end: Positions, separator: int, count: int) -> Positions:
    """As `first_marks`, window by window."""
    found = np.repeat(end[None, :], count, axis=0)
    rows, rank = np.arange(len(begin)), np.zeros(len(begin), dtype=np.int64)
    while len(rows):
        bits = marks(data, begin, end, separator)
        for _ in range(count):
            there = (bits != 0) & (rank < count)
            below = bits - ONE
            found[rank[there], rows[there]] = (begin + np.bitwise_count(below & ~bits))[there]
            rank += there
            bits &= below
        begin = begin + _WINDOW
        more = (begin < end) & (rank < count)
        rows, rank, begin, end = rows[more], rank[more], begin[more], end[more]
    return found
