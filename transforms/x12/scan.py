"""What can be told of a piece without splitting its segments: its sets and its codes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.x12.delimiters import set_name
from transforms.x12.segments import FIRST_ENVELOPE, IDS, KIND, Mask, Positions, Segments, words


@dataclass(frozen=True, slots=True)
class Envelope:
    """One ISA, GS, ST, SE, GE or IEA: its segment number in the piece, its id and its elements."""

    segment: int
    segment_id: str
    elements: list[bytes]

    def element(self, number: int) -> bytes:
        """Element `number`, empty where the segment is too short."""
        return self.elements[number].strip() if number < len(self.elements) else b""


@dataclass(frozen=True, slots=True)
class Sets:
    """The sets of a piece: first segment (ST), segment after the last, and name (`837P`, `835`, others)."""

    first: Positions
    stop: Positions
    names: list[str]

    def of(self, segments: Positions) -> Positions:
        """The set that each segment lies in, -1 for none."""
        number = np.searchsorted(self.first, segments, side="right") - 1
        if not len(self.first):
            return number
        inside = (number >= 0) & (segments < self.stop[np.maximum(number, 0)])
        return np.where(inside, number, -1)

    def named(self, name: str) -> Mask:
        """Which sets have this name, with one False behind them so that set -1 is never named."""
        return np.array([n == name for n in self.names] + [False], dtype=np.bool_)


def envelopes_of(segments: Segments) -> list[Envelope]:
    """The envelope segments of a piece, in order."""
    at = np.flatnonzero(segments.kinds >= FIRST_ENVELOPE)
    kinds = segments.kinds[at]
    return [
        Envelope(number, IDS[kind], segments.elements(number))
        for number, kind in zip(at.tolist(), kinds.tolist(), strict=True)
    ]


def sets_of(segments: Segments, envelopes: list[Envelope]) -> Sets:
    """The sets of a piece; one that goes on after the piece ends with it."""
    first: list[int] = []
    stop: list[int] = []
    names: list[str] = []
    version = b""
    for envelope in envelopes:
        if len(stop) < len(first):
            # SE belongs to its set; anything else means that the set was left open.
            stop.append(envelope.segment + (envelope.segment_id == "SE"))
        if envelope.segment_id == "GS":
            version = envelope.element(8)
        elif envelope.segment_id == "ST":
            first.append(envelope.segment)
            names.append(set_name(envelope.element(1), version, envelope.element(3)))
    if len(stop) < len(first):
        stop.append(len(segments))
    return Sets(np.array(first, dtype=np.int64), np.array(stop, dtype=np.int64), names)


def running(mask: Mask) -> npt.NDArray[np.int32]:
    """How many are set before each position, and in all at the end."""
    out = np.zeros(len(mask) + 1, dtype=np.int32)
    np.cumsum(mask, out=out[1:])
    return out


def separators(segments: Segments, at: Positions, count: int) -> Positions:
    """Offsets of the first `count` element separators of each segment (rows), its end where it has fewer."""
    data, starts, ends = segments.data, segments.starts[at], segments.ends[at]
    found = np.repeat(ends[:, None], count, axis=1)
    if not len(at):
        return found
    bits = min(max(int((ends - starts).max()).bit_length(), 3), 7)
    width = 1 << bits
    rows = np.flatnonzero(starts <= len(data) - width)
    window = words(data, f"V{width}", width)[starts[rows]].view(np.uint8)
    hits = np.flatnonzero(window == segments.delimiters.element)
    row = hits >> bits
    offset = starts[rows][row] + (hits & (width - 1))
    inside = offset < ends[rows][row]
    row, offset = row[inside], offset[inside]
    per_row = np.bincount(row, minlength=len(rows))
    before = np.cumsum(per_row) - per_row
    rank = np.arange(len(row)) - before[row]
    few = rank < count
    found[rows[row[few]], rank[few]] = offset[few]
    long = (ends - starts >= width) | (starts > len(data) - width)
    for index in np.flatnonzero(long & (found[:, -1] == ends)).tolist():
        text = segments.data[starts[index] : ends[index]].tobytes()
        places = [m.start() for m in re.finditer(re.escape(bytes([segments.delimiters.element])), text)][
            :count
        ]
        found[index, : len(places)] = starts[index] + np.array(places, dtype=np.int64)
    return found


class CodeTest:
    """Decides which procedure codes are kept, once per distinct code."""

    def __init__(self, scope: frozenset[str], keep_pattern: str | None) -> None:
        self._scope = {item.encode() for item in scope}
        self._near = re.compile(keep_pattern) if keep_pattern else None
        self._decided: dict[int, bool] = {}

    def keeps(self, code: bytes) -> bool:
        """Whether a line with this code is kept."""
        trimmed = code.strip()
        if trimmed in self._scope:
            return True
        return self._near is not None and self._near.search(code.decode("utf-8", "replace")) is not None

    def lines(self, segments: Segments, begin: Positions) -> tuple[Mask, Mask]:
        """For composites that start at `begin` (qualifier, code, modifiers): code kept, code absent."""
        data, marks = segments.data, segments.delimiters
        kept = np.zeros(len(begin), dtype=np.bool_)
        absent = np.zeros(len(begin), dtype=np.bool_)
        if not len(begin):
            return kept, absent
        number, usual = _short_codes(segments, begin)
        chosen = self._chosen(number[usual])
        if len(chosen) <= 16:
            for value in chosen:
                kept |= number == np.uint64(value)
        else:
            kept = np.isin(number, np.array(chosen, dtype=np.uint64))
        kept &= usual
        ends = re.compile(rb"[" + re.escape(bytes([marks.element, marks.terminator])) + rb"]")
        for index in np.flatnonzero(~usual).tolist():
            first = int(begin[index])
            text = ends.split(data[first : first + LONGEST_COMPOSITE].tobytes(), maxsplit=1)[0]
            parts = text.split(bytes([marks.component]))
            found = parts[1] if len(parts) > 1 else b""
            absent[index] = not found.strip()
            kept[index] = self.keeps(found)
        return kept, absent

    def _chosen(self, numbers: npt.NDArray[np.uint64]) -> list[int]:
        """The distinct codes (up to eight bytes, as numbers) that are kept."""
        chosen = []
        for number in pl.Series(numbers).unique().to_list():
            known = self._decided.get(number)
            if known is None:
                code = int(number).to_bytes(8, "little").rstrip(b"\0")
                known = self._decided[number] = self.keeps(code)
            if known:
                chosen.append(number)
        return chosen


LONGEST_COMPOSITE = 4096


def _short_codes(segments: Segments, begin: Positions) -> tuple[npt.NDArray[np.uint64], Mask]:
    """Codes of up to eight bytes after a two-byte qualifier, as numbers; and which composites have one."""
    data, marks = segments.data, segments.delimiters
    window = np.asarray(words(data, "<u8", 8)[begin + 3], dtype=np.uint64)
    cells = window.view(np.uint8).reshape(-1, 8)
    ends = (cells == marks.component) | (cells == marks.element) | (cells == marks.terminator)
    lanes = ends.view("<u8").reshape(-1)
    # Less one, the lowest set bit covers every byte before the first separator.
    below = (lanes & (~lanes + np.uint64(1))) - np.uint64(1)
    after = data[begin + 11]
    eight = (after == marks.component) | (after == marks.element) | (after == marks.terminator)
    usual: Mask = (data[begin + 2] == marks.component) & (below != 0) & ((lanes != 0) | eight)
    return window & below, usual


def sixth_elements(segments: Segments, at: Positions) -> tuple[Positions, Positions]:
    """Those of the segments that have a sixth element with something in it, and where it begins."""
    data, starts, ends = segments.data, segments.starts[at], segments.ends[at]
    fits = np.flatnonzero(starts + 64 <= len(data))
    window = words(data, "V64", 64)[starts[fits]].view(np.uint8).reshape(-1, 64)
    inside = (
        np.arange(64, dtype=np.uint8)[None, :] < np.minimum(ends - starts, 64)[fits].astype(np.uint8)[:, None]
    )
    marks = (window == segments.delimiters.element) & inside
    lanes = marks.view("<u8").reshape(-1, 8)
    counts = ((lanes.sum(axis=1, dtype=np.uint64) * np.uint64(0x0101010101010101)) >> np.uint64(56)).astype(
        np.int64
    )
    many = np.ones(len(at), dtype=np.bool_)
    many[fits] = (counts >= 6) | (ends - starts > 64)[fits]
    chosen = np.flatnonzero(many)
    places = separators(segments, at[chosen], 7)
    filled = places[:, 6] > places[:, 5] + 1
    return chosen[filled], places[filled, 5] + 1


def personal_in_lines(segments: Segments) -> Positions:
    """Segments of a subscriber or patient (SBR, PAT, DMG) behind an LX, before the next loop starts."""
    kinds = segments.kinds
    personal = (kinds == KIND["SBR"]) | (kinds == KIND["DMG"]) | (kinds == KIND["PAT"])
    at = np.flatnonzero(personal | (kinds >= KIND["LX"]))
    kind = kinds[at]
    marks = np.where(kind >= KIND["LX"], np.arange(len(at)), 0)
    before = kind[np.maximum.accumulate(marks)] if len(at) else kind
    misplaced: Positions = at[(kind < KIND["LX"]) & (before == KIND["LX"])]
    return misplaced
