"""Rows and fields of a block of CSV bytes, by the places of its separators and without a parser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

SLACK: Final = 16
"""Bytes that a block needs behind its end: a field is read as whole words."""
COMMA, NEWLINE, QUOTE, RETURN = 44, 10, 34, 13
WORD: Final = 8
MASKS: Final = np.array([(1 << (8 * size)) - 1 for size in range(WORD + 1)], dtype=np.uint64)
MIX: Final = np.uint64(0x9E3779B97F4A7C15)
LONGEST_HASHED: Final = 64
"""Bytes of a field that its hash covers."""
FEW_ROWS: Final = 1000
"""Rows that are joined quicker than PyArrow's functions are imported."""

BlockBytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
ByteFlags = npt.NDArray[np.bool_]


class Unsievable(Exception):
    """The bytes are not such that lines can be told apart without a parser."""


@dataclass(frozen=True)
class Separators:
    """Places of what separates fields and rows, up to the last line end; how many are line ends."""

    places: Places
    lines: int
    quoted: bool


class BlockRows:
    """Rows of a block by the places of their separators.

    `ends`: place of each row's line end. `is_whole`: rows with all their fields; `whole`: their numbers.
    """

    def __init__(self, data: BlockBytes, separators: Separators, fields: int) -> None:
        self._data, self._stops, self._fields = data, separators.places, fields
        self._quoted = separators.quoted
        self._words = np.ndarray((len(data) - WORD + 1,), "<u8", data, strides=(1,))
        self.ends = self._stops[fields - 1 :: fields]
        self.is_regular = separators.lines == len(self.ends) and bool((data[self.ends] == NEWLINE).all())
        if self.is_regular:
            self._last = np.arange(fields - 1, len(self._stops), fields)
            self.is_whole = np.ones(len(self.ends), dtype=bool)
        else:
            ends = np.flatnonzero(data[self._stops] == NEWLINE)
            self.ends = self._stops[ends]
            self.is_whole = np.diff(ends, prepend=-1) == fields
            self._last = ends[self.is_whole]
        self.whole = np.flatnonzero(self.is_whole)

    def places(self, column: int) -> tuple[Places, Places]:
        """Where a field starts, and how many bytes it has; without quotes around it; of whole rows."""
        at = self._last - (self._fields - 1 - column)
        stops = self._stops[at]
        if column:
            starts = self._stops[at - 1] + 1
        else:
            before = np.concatenate([[-1], self.ends[:-1]])
            starts = (before if self.is_regular else before[self.whole]) + 1
        if column == self._fields - 1:
            stops = stops - ((self._data[stops - 1] == RETURN) & (stops > starts))
        if self._quoted:
            quoted = (self._data[starts] == QUOTE) & (stops - starts > 1)
            starts, stops = starts + quoted, stops - quoted
        return starts, stops - starts

    def words(self, starts: Places, sizes: Places) -> Words:
        """The first eight bytes of fields as numbers; shorter ones are filled with zeros."""
        return self._words[starts] & MASKS[np.minimum(sizes, WORD)]  # type: ignore[no-any-return]

    def hashes(self, columns: tuple[int, ...]) -> Words:
        """Hashes of fields that stand together: the same texts, the same hash."""
        hashed = np.zeros(len(self.whole), dtype=np.uint64)
        for column in columns:
            starts, sizes = self.places(column)
            hashed = (hashed ^ sizes.astype(np.uint64)) * MIX
            for begin in range(0, min(int(sizes.max(initial=0)), LONGEST_HASHED), WORD):
                rest = np.maximum(sizes - begin, 0)
                mixed = (hashed ^ self.words(np.where(rest > 0, starts + begin, 0), rest)) * MIX
                hashed = np.where(rest > 0, mixed ^ (mixed >> np.uint64(29)), hashed)
        return hashed


def separator_places(data: BlockBytes, may_be_quoted: bool = True, separator: int = COMMA) -> Separators:
    """The separators of whole rows. Raises Unsievable where a quote is neither around a field nor doubled."""
    newlines = data == NEWLINE
    marks = (data == separator) | newlines
    quoted = False
    if may_be_quoted and (quotes := data == QUOTE).any():
        quoted, inside = True, _inside(quotes)
        rows = np.flatnonzero(newlines & ~inside)[-1:] + 1
        end = int(rows.sum())
        _check_quotes(data[:end], quotes[:end], inside[:end], (marks | quotes)[:end], newlines[:end])
        marks, newlines = (marks & ~inside)[:end], (newlines & ~inside)[:end]
    lines = int(np.count_nonzero(newlines))
    return Separators(np.flatnonzero(marks if lines else marks[:0]), lines, quoted)


def _inside(quotes: ByteFlags) -> ByteFlags:
    """Bytes from each opening quote to before its closing one: an odd number of quotes up to there.

    Sixty-four bytes at a time: each bit becomes the parity of the bits up to it, by doubling shifts.
    """
    bits = np.zeros(-(-len(quotes) // 64) * 8, dtype=np.uint8)
    bits[: -(-len(quotes) // 8)] = np.packbits(quotes, bitorder="little")
    words = bits.view("<u8")
    for shift in (1, 2, 4, 8, 16, 32):
        words ^= words << np.uint64(shift)
    odd = np.bitwise_xor.accumulate(words >> np.uint64(63))
    words[1:] ^= np.uint64(0) - odd[:-1]
    return np.unpackbits(bits, count=len(quotes), bitorder="little").view(bool)


def _check_quotes(
    data: BlockBytes, quotes: ByteFlags, inside: ByteFlags, edges: ByteFlags, newlines: ByteFlags
) -> None:
    """Opening quotes stand behind a separator or a quote, closing ones before one or before the line end."""
    opens_well = edges[:-1] | ~(quotes & inside)[1:]
    line_ends = (data[1:] == RETURN) & np.append(newlines[2:], False)
    closes_well = edges[1:] | line_ends | ~(quotes & ~inside)[:-1]
    if not (opens_well.all() and closes_well.all()):
        raise Unsievable


def check_utf8(data: BlockBytes) -> None:
    """Raise Unsievable where the bytes are not UTF-8."""
    if data.max() < 128:
        return
    try:
        data.tobytes().decode()
    except UnicodeDecodeError:
        raise Unsievable from None


def line_bounds(data: BlockBytes, ends: Places, chosen: ByteFlags) -> bytes:
    """The bytes of chosen rows, one after another."""
    offsets = np.empty(len(ends) + 1, dtype=np.int32)
    offsets[0] = 0
    np.add(ends, 1, out=offsets[1:], casting="unsafe")
    numbers = np.flatnonzero(chosen)
    first, last = offsets[numbers], offsets[numbers + 1]
    if len(numbers) < FEW_ROWS:
        held = memoryview(data)  # type: ignore[arg-type]
        return b"".join(held[begin:end] for begin, end in zip(first.tolist(), last.tolist(), strict=True))
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    rows = pa.Array.from_buffers(pa.binary(), len(ends), buffers)
    size = int((last - first).sum())
    return rows.take(pa.array(numbers)).buffers()[2].slice(0, size).to_pybytes()  # type: ignore[no-any-return]
