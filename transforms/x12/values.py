"""Values by position: element bounds, text columns, dates and amounts, each in one vectorised step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from transforms.x12.delimiters import Delimiters
from transforms.x12.segments import KIND, PAD, Bytes, Mask, Positions, Segments, words

Span: TypeAlias = tuple[Positions, Positions]
"""Starts and ends of values in a buffer; empty where a value is absent."""

_INLINE = 12
_MASKS = (np.arange(_INLINE)[None, :] < np.arange(_INLINE + 1)[:, None]).astype(np.uint8) * 255
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87)
_POWERS = 10 ** np.arange(16, dtype=np.int64)
AMOUNT_UNITS = 10_000
"""Amounts are compared as whole ten-thousandths: exact, and a third decimal is not lost."""


def code(text: bytes) -> int:
    """A qualifier of one to three bytes as the number that `Picked.qualifiers` gives."""
    return int.from_bytes(text, "little")


def ranges(first: Positions, stop: Positions) -> Positions:
    """All numbers of `[first[i], stop[i])`, one range after the other."""
    lengths = stop - first
    total = int(lengths.sum())
    shift = np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
    numbers: Positions = np.arange(total, dtype=np.int64) + shift
    return numbers


@dataclass(slots=True)
class Picked:
    """Zones (whole loops) picked out of a piece, as a smaller X12 with its element separators.

    `origin` is the segment's number in the piece, `zone` the zone it belongs to; zones are in file order.
    """

    data: Bytes
    starts: Positions
    ends: Positions
    kinds: npt.NDArray[np.uint8]
    origin: Positions
    zone: Positions
    zone_first: Positions
    delimiters: Delimiters
    separators: Positions
    components: Positions
    first_separator: Positions

    def where(self, segment_id: str) -> Positions:
        """Segments of one kind, ascending."""
        return np.flatnonzero(self.kinds == KIND[segment_id])

    def element(self, segment: Positions, number: int) -> Span:
        """Bounds of element `number` of each segment (-1: absent)."""
        known = np.maximum(segment, 0)
        if not len(self.starts):
            return known, known
        at = self.first_separator[known] + (number - 1)
        stop = self.ends[known]
        begin = np.minimum(self.separators[at] + 1, stop)
        end = np.maximum(np.minimum(self.separators[at + 1], stop), begin)
        begin = np.where(segment < 0, end, begin)
        return begin, end

    def component(self, span: Span, number: int) -> Span:
        """Bounds of component `number` of each composite."""
        begin, stop = span
        at = np.searchsorted(self.components, begin) + (number - 2)
        start = begin if number == 1 else np.minimum(self.components[at] + 1, stop)
        end = np.maximum(np.minimum(self.components[at + 1], stop), start)
        return start, end

    def qualifiers(self, span: Span) -> npt.NDArray[np.uint32]:
        """Each value of up to three bytes as a number (see `code`); longer ones are 0."""
        begin, end = span
        length = np.minimum(end - begin, 4)
        mask = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0], dtype=np.uint32)[length]
        found: npt.NDArray[np.uint32] = np.asarray(words(self.data, "<u4", 4)[begin], dtype=np.uint32) & mask
        return found

    def text(self, span: Span) -> pl.Series:
        """Values as a String column, blanks around them trimmed, empty = null."""
        return text(self.data, *span)

    def first_per(self, candidates: Positions, groups: Positions, count: int) -> Positions:
        """The first of the ascending `candidates` in each of `count` groups, -1 where there is none."""
        found = np.full(count, -1, dtype=np.int64)
        found[groups[::-1]] = candidates[::-1]
        return found


def pick(segments: Segments, first: Positions, stop: Positions) -> Picked:
    """The segment ranges `[first[i], stop[i])` (ascending, disjoint) of a piece as zones."""
    origin = ranges(first, stop)
    zone = np.repeat(np.arange(len(first)), stop - first)
    starts, ends = segments.starts[origin], segments.ends[origin]
    data = segments.data
    if len(origin) * 2 < len(segments):
        begin, end = segments.starts[first], segments.ends[stop - 1] + 1
        view = memoryview(data)  # type: ignore[arg-type]
        parts = [view[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]
        data = np.frombuffer(b"".join([*parts, bytes(PAD)]), dtype=np.uint8)
        sizes = end - begin
        shift = (begin - (np.cumsum(sizes) - sizes))[zone]
        starts, ends = starts - shift, ends - shift
    delimiters = segments.delimiters
    far = np.full(32, len(data), dtype=np.int64)
    separators = np.concatenate([np.flatnonzero(data == delimiters.element), far])
    components = np.concatenate([np.flatnonzero(data == delimiters.component), far])
    lengths = stop - first
    return Picked(
        data,
        starts,
        ends,
        segments.kinds[origin],
        origin,
        zone,
        np.cumsum(lengths) - lengths,
        delimiters,
        separators,
        components,
        np.searchsorted(separators, starts),
    )


def text(data: Bytes, begin: Positions, end: Positions) -> pl.Series:
    """Values of `data` (UTF-8) by their bounds as a String column; empty = null, blanks trimmed.

    Built as Arrow string views: short values inline, long ones pointing into `data`.
    """
    begin, end = _trimmed(data, begin, end)
    length = end - begin
    views = np.zeros((len(begin), 4), dtype="<i4")
    views[:, 0] = length
    raw = words(data, f"V{_INLINE}", _INLINE)[begin].view(np.uint8).reshape(-1, _INLINE)
    views.view(np.uint8)[:, 4:] = raw & _MASKS[np.minimum(length, _INLINE)]
    long = np.flatnonzero(length > _INLINE)
    views[long, 2] = 0
    views[long, 3] = begin[long]
    valid = np.packbits(length > 0, bitorder="little")
    buffers = [pa.py_buffer(valid), pa.py_buffer(views), pa.py_buffer(data)]
    array = pa.Array.from_buffers(pa.string_view(), len(begin), buffers)
    series = pl.from_arrow(array)
    assert isinstance(series, pl.Series)
    return series


def texts(data: Bytes, spans: dict[str, Span]) -> dict[str, pl.Series]:
    """Several text columns (see `text`) built in one step."""
    begin = np.concatenate([span[0] for span in spans.values()])
    end = np.concatenate([span[1] for span in spans.values()])
    column, at, out = text(data, begin, end), 0, {}
    for name, span in spans.items():
        out[name] = column.slice(at, len(span[0]))
        at += len(span[0])
    return out


def _trimmed(data: Bytes, begin: Positions, end: Positions) -> Span:
    at = np.flatnonzero((end > begin) & (data[begin] == 32))
    if len(at):
        begin = begin.copy()
        while len(at):
            begin[at] += 1
            at = at[(end[at] > begin[at]) & (data[begin[at]] == 32)]
    at = np.flatnonzero((end > begin) & (data[end - 1] == 32))
    if len(at):
        end = end.copy()
        while len(at):
            end[at] -= 1
            at = at[(end[at] > begin[at]) & (data[end[at] - 1] == 32)]
    return begin, end


def dates(data: Bytes, span: Span) -> pl.Series:
    """First day of D8, RD8 or DT values as `YYYY-MM-DD`, null where there is no date."""
    begin, length, raw = _date_cells(data, span)
    good = _is_date(length, raw)
    out = np.empty((len(begin), 10), dtype=np.uint8)
    out[:, [0, 1, 2, 3, 5, 6, 8, 9]] = raw[:, :8]
    out[:, [4, 7]] = ord("-")
    flat = np.concatenate([out[good].reshape(-1), np.zeros(PAD, dtype=np.uint8)])
    last = np.cumsum(good) * 10
    return text(flat, np.where(good, last - 10, 0), np.where(good, last, 0))


def _date_cells(data: Bytes, span: Span) -> tuple[Positions, Positions, npt.NDArray[np.uint8]]:
    begin, end = _trimmed(data, *span)
    return begin, end - begin, words(data, "V18", 18)[begin].view(np.uint8).reshape(-1, 18)


def _is_date(length: Positions, raw: npt.NDArray[np.uint8]) -> Mask:
    well = _day(raw[:, :8])
    period = length == 17
    if period.any():
        period &= (raw[:, 8] == ord("-")) & _day(raw[:, 9:17])
    good: Mask = ((length == 8) | period | (length == 12) | (length == 14)) & well
    return good


def _day(digits: npt.NDArray[np.uint8]) -> Mask:
    """Whether eight bytes each are a calendar day."""
    number = digits.astype(np.int32) - 48
    well = ((number >= 0) & (number <= 9)).all(axis=1)
    year = number[:, 0] * 1000 + number[:, 1] * 100 + number[:, 2] * 10 + number[:, 3]
    month = np.where(well, number[:, 4] * 10 + number[:, 5], 0)
    day = number[:, 6] * 10 + number[:, 7]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    longest = _MONTH_DAYS[month] + ((month == 2) & leap)
    good: Mask = well & (day >= 1) & (day <= longest) & (year >= 1)
    return good


def bad_dates(data: Bytes, span: Span) -> Mask:
    """Which of the filled values are no date (see `dates`)."""
    begin, length, raw = _date_cells(data, span)
    return (length > 0) & ~_is_date(length, raw)


def filled(span: Span) -> Mask:
    """Which values are there."""
    there: Mask = span[1] > span[0]
    return there


def at_rows(span: Span, rows: Positions) -> Span:
    """The values of the given rows."""
    return span[0][rows], span[1][rows]


def either(first: Span, second: Span) -> Span:
    """The first value, or the second where there is none."""
    there = filled(first)
    return np.where(there, first[0], second[0]), np.where(there, first[1], second[1])


def units(data: Bytes, span: Span) -> tuple[npt.NDArray[np.int64], Mask]:
    """Amounts as whole ten-thousandths (absent: 0), and which of the filled ones are no number.

    A number is digits with at most one point and a sign before them, fourteen characters at most.
    """
    begin, end = _trimmed(data, *span)
    length = end - begin
    width = min(15, max(int(length.max(initial=0)), 1))
    cells = words(data, f"V{width}", width)[begin].view(np.uint8).reshape(-1, width)
    inside = np.arange(width, dtype=np.uint8)[None, :] < np.minimum(length, width).astype(np.uint8)[:, None]
    digit = cells - np.uint8(48)
    is_digit = (digit <= 9) & inside
    point = (cells == ord(".")) & inside
    negative = (cells[:, 0] == ord("-")) & (length > 0)
    signed = negative | ((cells[:, 0] == ord("+")) & (length > 0))
    after = np.cumsum(point, axis=1, dtype=np.int8)
    digits, points = is_digit.sum(axis=1), after[:, -1]
    well = (length <= 14) & (digits > 0) & (points <= 1) & (digits + points + signed == length)
    value = np.zeros(len(begin), dtype=np.int64)
    for column in range(width):
        value = np.where(is_digit[:, column], value * 10 + digit[:, column], value)
    decimals = (is_digit & (after > 0)).sum(axis=1)
    value = np.where(
        decimals <= 4,
        value * _POWERS[np.maximum(4 - decimals, 0)],
        value // _POWERS[np.maximum(decimals - 4, 0)],
    )
    value = np.where(negative, -value, value)
    return np.where(well, value, 0), (length > 0) & ~well
