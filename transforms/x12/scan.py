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
    width = min(max(int((ends - starts).max()) + 1, 8), 192)
    rows = np.flatnonzero(starts <= len(data) - width)
    window = words(data, f"V{width}", width)[starts[rows]].view(np.uint8)
    hits = np.flatnonzero(window == segments.delimiters.element)
    row = hits // width
    offset = starts[rows][row] + (hits - row * width)
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

    def lines(self, segments: Segments, begin: Positions, stop: Positions) -> tuple[Mask, Mask]:
        """For composites `begin`..`stop` (qualifier, code, modifiers): code kept, code absent."""
        data, marks = segments.data, segments.delimiters
        kept = np.zeros(len(begin), dtype=np.bool_)
        absent = np.zeros(len(begin), dtype=np.bool_)
        if not len(begin):
            return kept, absent
        window = words(data, "V9", 9)[begin + 3].view(np.uint8).reshape(-1, 9)
        ends = window == marks.component
        length = np.where(ends.any(axis=1), ends.argmax(axis=1), 9)
        length = np.minimum(length, stop - begin - 3)
        usual = (data[begin + 2] == marks.component) & (length >= 1) & (length <= 8)
        shift = (np.uint64(8) * (8 - np.clip(length, 1, 8)).astype(np.uint64)).astype(np.uint64)
        number = (np.asarray(words(data, "<u8", 8)[begin + 3], dtype=np.uint64) << shift) >> shift
        chosen = self._chosen(number[usual])
        if len(chosen) <= 16:
            for value in chosen:
                kept |= number == np.uint64(value)
        else:
            kept = np.isin(number, np.array(chosen, dtype=np.uint64))
        kept &= usual
        for index in np.flatnonzero(~usual).tolist():
            parts = data[begin[index] : stop[index]].tobytes().split(bytes([marks.component]))
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


def last_marker_is_line(segments: Segments, at: Positions) -> Mask:
    """Whether the last LX or loop start before each segment is an LX: the segment lies in a service line."""
    marks = np.flatnonzero(segments.kinds >= KIND["LX"])
    if not len(marks):
        return np.zeros(len(at), dtype=np.bool_)
    before = np.searchsorted(marks, at) - 1
    lies: Mask = (before >= 0) & (segments.kinds[marks[np.maximum(before, 0)]] == KIND["LX"])
    return lies
