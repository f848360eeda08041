"""Separators counted sixty-four bytes at a time: one bit a byte in a word, so that no byte is visited."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from transforms.x12.segments import Bytes, Positions, words

Words = npt.NDArray[np.uint64]

WINDOW = 64
EVERY_BIT, ONE = np.uint64(0xFFFFFFFFFFFFFFFF), np.uint64(1)


def marks(data: Bytes, begin: Positions, end: Positions, separator: int) -> Words:
    """Where a separator stands in the first WINDOW bytes of each stretch, the first byte as lowest bit."""
    window = words(data, f"V{WINDOW}", WINDOW)[begin].view(np.uint8)
    bits: Words = np.packbits(window == separator, bitorder="little").view("<u8")
    # In two steps, because a shift by 64 is undefined.
    half = ((WINDOW - np.minimum(end - begin, WINDOW)).astype(np.uint64) + ONE) >> ONE
    odd = (np.minimum(end - begin, WINDOW) & 1).astype(np.uint64)
    inside: Words = (EVERY_BIT >> half) >> (half - odd)
    return bits & inside


def first_marks(data: Bytes, begin: Positions, end: Positions, separator: int, count: int) -> Positions:
    """Offsets of the first `count` separators of each stretch (columns), its end where it has fewer."""
    found = np.empty((count, len(begin)), dtype=np.int64)
    bits = marks(data, begin, end, separator)
    for number in range(count):
        lower = (bits & (~bits + ONE)) - ONE
        # No bit left: all 64 are lower, which is beyond the end unless the stretch is a long one.
        np.minimum(begin + np.bitwise_count(lower), end, out=found[number])
        bits &= bits - ONE
    long = np.flatnonzero(end - begin > WINDOW)
    if len(long):
        found[:, long] = _first_of_long(data, begin[long], end[long], separator, count)
    return found


def _first_of_long(data: Bytes, begin: Positions, end: Positions, separator: int, count: int) -> Positions:
    """As `first_marks`, window by window."""
    found = np.repeat(end[None, :], count, axis=0)
    rows, rank = np.arange(len(begin)), np.zeros(len(begin), dtype=np.int64)
    while len(rows):
        bits = marks(data, begin, end, separator)
        for _ in range(count):
            there = (bits != 0) & (rank < count)
            lower = (bits & (~bits + ONE)) - ONE
            found[rank[there], rows[there]] = (begin + np.bitwise_count(lower))[there]
            rank += there
            bits &= bits - ONE
        begin = begin + WINDOW
        more = (begin < end) & (rank < count)
        rows, rank, begin, end = rows[more], rank[more], begin[more], end[more]
    return found
