"""Values by position: text columns, dates and amounts, each in one vectorised step."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]

from transforms.x12.segments import Bytes, Mask, Positions, words

Span: TypeAlias = tuple[Positions, Positions]
"""Starts and ends of values in a buffer; empty where a value is absent."""
_Words: TypeAlias = npt.NDArray[np.uint64]

AMOUNT_UNITS = 10_000
"""Amounts are compared as whole ten-thousandths: exact, and a third decimal is not lost."""
INLINE = 12
"""Values up to this length lie in an Arrow string view itself."""
_FIRST = np.array([(1 << 8 * n) - 1 for n in range(9)], dtype=np.uint64)
"""Masks of the first 0 to 8 bytes of a word."""
_HEAD = _FIRST[np.minimum(np.arange(INLINE + 1), 4)] << np.uint64(32)
_TAIL = _FIRST[np.maximum(np.arange(INLINE + 1) - 4, 0)]
_POWERS = 10 ** np.arange(16, dtype=np.int64)
_ONES = np.uint64(0x0101010101010101)
_LONGEST_MONTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_IS_DAY = np.zeros(10_000, dtype=np.bool_)
"""Whether a number MMDD is a day of any year."""
for _month, _days in enumerate(_LONGEST_MONTHS, start=1):
    _IS_DAY[_month * 100 + 1 : _month * 100 + _days + 1] = True
LEAP_DAY = 229
TALL = 6000
"""From so many rows on a column by itself fills the processor's cache."""


def code(text: bytes) -> int:
    """A qualifier of one to three bytes as a number (see `qualifiers`)."""
    return int.from_bytes(text, "little")


def qualifiers(data: Bytes, span: Span) -> npt.NDArray[np.uint32]:
    """Each value of up to three bytes as a number (see `code`); longer ones are 0."""
    begin, end = span
    mask = np.array([0, 0xFF, 0xFFFF, 0xFFFFFF, 0], dtype=np.uint32)[np.minimum(end - begin, 4)]
    found: npt.NDArray[np.uint32] = np.asarray(words(data, "<u4", 4)[begin], dtype=np.uint32) & mask
    return found


def ranges(first: Positions, stop: Positions) -> Positions:
    """All numbers of `[first[i], stop[i])`, one range after the other."""
    lengths = stop - first
    numbers: Positions = np.repeat(first - (np.cumsum(lengths) - lengths), lengths)
    numbers += np.arange(len(numbers), dtype=np.int64)
    return numbers


def eight_bytes(data: Bytes, begin: Positions) -> _Words:
    """The eight bytes from each offset as a word, the first byte lowest."""
    return np.asarray(words(data, "<u8", 8)[begin], dtype=np.uint64)


def eight_digits(word: _Words) -> _Words:
    """Eight decimal digits, the first byte the highest, as a number; a zero byte counts as the digit 0."""
    digits = word & np.uint64(0x0F0F0F0F0F0F0F0F)
    # Pairs, then fours, then all eight in three multiplications.
    pairs = (digits * np.uint64(2561)) >> np.uint64(8)
    fours = ((pairs & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601)) >> np.uint64(16)
    return ((fours & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001)) >> np.uint64(32)


def text_column(data: Bytes, begin: Positions, end: Positions, blanks: bool = True) -> pl.Series:
    """Values of `data` (UTF-8) by their bounds as a String column; empty = null, blanks trimmed.

    Built as Arrow string views: short values inline, long ones pointing into `data`. Here and below, values
    have none around them where `blanks` is not set.
    """
    if blanks:
        begin, end = trimmed(data, begin, end)
    length = end - begin
    short = np.minimum(length, INLINE)
    sixteen = words(data, "V16", 16)[begin].view(np.uint64).reshape(-1, 2)
    first = sixteen[:, 0]
    middle = (first >> np.uint64(32)) | (sixteen[:, 1] << np.uint64(32))
    views = np.empty((len(begin), 2), dtype=np.uint64)
    views[:, 0] = ((first << np.uint64(32)) & _HEAD[short]) | length.astype(np.uint64)
    views[:, 1] = middle & _TAIL[short]
    long = np.flatnonzero(length > INLINE)
    views[long, 1] = begin[long].astype(np.uint64) << np.uint64(32)
    return _column(views, length > 0, data)


def _column(views: _Words, there: Mask, data: Bytes) -> pl.Series:
    """A String column of Arrow string views."""
    valid = np.packbits(there, bitorder="little")
    buffers = [pa.py_buffer(valid), pa.py_buffer(views), pa.py_buffer(data)]
    series = pl.from_arrow(pa.Array.from_buffers(pa.string_view(), len(views), buffers))
    assert isinstance(series, pl.Series)
    return series


def text_columns(data: Bytes, spans: dict[str, Span], blanks: bool = True) -> dict[str, pl.Series]:
    """Several text columns (see `text`) of the same length, short ones built in one step."""
    height = len(next(iter(spans.values()))[0])
    there = [name for name, span in spans.items() if filled(span).any()]
    out = dict.fromkeys(spans, nothing(height))
    if height > TALL:
        out |= {name: text_column(data, *spans[name], blanks) for name in there}
    elif there:
        begin = np.concatenate([spans[name][0] for name in there])
        end = np.concatenate([spans[name][1] for name in there])
        column = text_column(data, begin, end, blanks)
        out |= {name: column.slice(at * height, height) for at, name in enumerate(there)}
    return out


def nothing(height: int) -> pl.Series:
    """A String column of nulls."""
    return pl.Series([None], dtype=pl.String).new_from_index(0, height)


def woven(data: Bytes, parts: list[Span | bytes], blanks: bool = True) -> tuple[Bytes, Span]:
    """Rows made of values of `data` and constants one after the other: a new buffer, and their bounds."""
    count = next(len(part[0]) for part in parts if isinstance(part, tuple))
    begin = np.empty((count, len(parts)), dtype=np.int64)
    stop = np.empty_like(begin)
    constants, at = [data], len(data)
    for number, part in enumerate(parts):
        if isinstance(part, bytes):
            constants.append(np.frombuffer(part, dtype=np.uint8))
            begin[:, number], stop[:, number] = at, at + len(part)
            at += len(part)
        else:
            begin[:, number], stop[:, number] = trimmed(data, *part) if blanks else part
    out = np.concatenate(constants)[ranges(begin.reshape(-1), stop.reshape(-1))]
    lengths = (stop - begin).sum(axis=1)
    ends: Positions = np.cumsum(lengths)
    return np.concatenate([out, np.zeros(64, dtype=np.uint8)]), (ends - lengths, ends)


def texts_joined(
    data: Bytes, parts: list[Span | bytes], group: Positions, count: int, blanks: bool = True
) -> pl.Series:
    """Rows (see `woven`) of each of `count` ascending groups joined by `|`, null where there are none."""
    if not len(group):
        return nothing(count)
    buffer, (begin, end) = woven(data, [*parts, b"|"], blanks)
    held = np.bincount(group, minlength=count)
    stop = np.cumsum(held)
    first, some = stop - held, held > 0
    bounds = np.where(some, begin[np.minimum(first, len(group) - 1)], 0)
    return text_column(buffer, bounds, np.where(some, end[stop - 1] - 1, 0), blanks=False)


def trimmed(data: Bytes, begin: Positions, end: Positions) -> Span:
    """Values without blanks around them."""
    at = np.flatnonzero(data[begin] == 32)
    if len(at):
        at = at[end[at] > begin[at]]
        begin = begin.copy()
        while len(at):
            begin[at] += 1
            at = at[(end[at] > begin[at]) & (data[begin[at]] == 32)]
    at = np.flatnonzero(data[end - 1] == 32)
    if len(at):
        at = at[end[at] > begin[at]]
        end = end.copy()
        while len(at):
            end[at] -= 1
            at = at[(end[at] > begin[at]) & (data[end[at] - 1] == 32)]
    return begin, end


def dates(data: Bytes, span: Span, blanks: bool = True) -> pl.Series:
    """First day of D8, RD8 or DT values as `YYYY-MM-DD`, null where there is no date."""
    begin, end = trimmed(data, *span) if blanks else span
    good = _is_date(data, begin, end - begin)
    word = eight_bytes(data, begin)
    month, day = (word >> np.uint64(32)) & np.uint64(0xFFFF), word >> np.uint64(48)
    views = np.zeros((len(begin), 2), dtype=np.uint64)
    views[:, 0] = (word << np.uint64(32)) | np.uint64(10)
    views[:, 1] = (month << np.uint64(8)) | (day << np.uint64(32)) | np.uint64(0x2D00002D)
    views[~good] = 0
    return _column(views, good, data)


def bad_dates(data: Bytes, span: Span, blanks: bool = True) -> Mask:
    """Which of the filled values are no date (see `dates`)."""
    begin, end = trimmed(data, *span) if blanks else span
    bad: Mask = (end > begin) & ~_is_date(data, begin, end - begin)
    return bad


def _is_date(data: Bytes, begin: Positions, length: Positions) -> Mask:
    well = _day(eight_bytes(data, begin)) & ((length == 8) | (length == 12) | (length == 14) | (length == 17))
    period = np.flatnonzero(length == 17)
    if len(period):
        at = begin[period]
        well[period] &= (data[at + 8] == ord("-")) & _day(eight_bytes(data, at + 9))
    good: Mask = well
    return good


def _day(word: _Words) -> Mask:
    """Whether eight bytes each are a calendar day."""
    digits = (word.view(np.uint8) - np.uint8(48) <= 9).view(np.uint64) == _ONES
    number = np.where(digits, eight_digits(word), 0).astype(np.uint32)
    year = number // 10_000
    of_year = number - year * 10_000
    leap = (of_year == LEAP_DAY) & (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    good: Mask = (_IS_DAY[of_year] | leap) & (year >= 1)
    return good


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


def units(data: Bytes, span: Span, blanks: bool = True) -> tuple[npt.NDArray[np.int64], Mask]:
    """Amounts as whole ten-thousandths (absent: 0), and which of the filled ones are no number.

    A number is digits with at most one point and a sign before them, fourteen characters at most.
    """
    begin, end = trimmed(data, *span) if blanks else span
    value, well = _short_units(data, begin, end - begin)
    bad = np.zeros(len(begin), dtype=np.bool_)
    odd = np.flatnonzero(~well & (end > begin))
    if len(odd):
        value[odd], bad[odd] = _long_units(data, begin[odd], (end - begin)[odd])
    return value, bad


def _short_units(data: Bytes, begin: Positions, length: Positions) -> tuple[npt.NDArray[np.int64], Mask]:
    """Amounts of up to eight characters in one word each: values (else 0), and which are numbers."""
    word = eight_bytes(data, begin)
    negative = (word & np.uint64(0xFF)) == ord("-")
    signed = (negative | ((word & np.uint64(0xFF)) == ord("+"))).astype(np.uint64)
    size = np.clip(length, 0, 8).astype(np.uint64) - np.where(length > 0, signed, 0)
    word = (word >> (signed << np.uint64(3))) & _FIRST[size]
    cells = word.view(np.uint8)
    points = (cells == ord(".")).view(np.uint64)
    digits = np.bitwise_count((cells - np.uint8(48) <= 9).view(np.uint64))
    well = (length <= 8) & (digits > 0) & (digits + np.bitwise_count(points) == size)
    well &= points & (points - np.uint64(1)) == 0
    # Bytes before the point; shifts in two steps, because one by 64 is undefined.
    whole = np.minimum(np.bitwise_count(points - np.uint64(1)) >> 3, size).astype(np.uint64)
    up, down = (np.uint64(8) - whole) << np.uint64(2), whole << np.uint64(2)
    value = eight_digits((word << up) << up).astype(np.int64) * AMOUNT_UNITS
    decimals = (((word >> down) >> down) >> np.uint64(8)) & np.uint64(0x0F0F0F0F)
    pairs = decimals * np.uint64(10) + (decimals >> np.uint64(8))
    value += (
        (pairs & np.uint64(0xFF)) * np.uint64(100) + ((pairs >> np.uint64(16)) & np.uint64(0xFF))
    ).astype(np.int64)
    value = np.where(negative, -value, value)
    return np.where(well, value, 0), well


def _long_units(data: Bytes, begin: Positions, length: Positions) -> tuple[npt.NDArray[np.int64], Mask]:
    """As `units`, for values of any length, digit by digit."""
    width = min(15, max(int(length.max(initial=0)), 1))
    cells = words(data, f"V{width}", width)[begin].view(np.uint8).reshape(-1, width)
    inside = np.arange(width, dtype=np.uint8)[None, :] < np.minimum(length, width).astype(np.uint8)[:, None]
    digit = cells - np.uint8(48)
    is_digit = (digit <= 9) & inside
    point = (cells == ord(".")) & inside
    negative = cells[:, 0] == ord("-")
    signed = negative | (cells[:, 0] == ord("+"))
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
    return np.where(well, value, 0), ~well
