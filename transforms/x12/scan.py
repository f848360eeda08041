"""What can be told of a piece without splitting its segments: its sets and its codes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock

import numpy as np
import numpy.typing as npt

from transforms.x12.delimiters import set_name
from transforms.x12.marks import first_marks, marks, usual_width
from transforms.x12.segments import FIRST_ENVELOPE, IDS, KIND, Mask, Positions, Segments, words

LONGEST_COMPOSITE = 4096
SLOT_BITS = 14
MIXER = np.uint64(0x9E3779B97F4A7C15)
_NO_CODE = 0
"""No code is empty, so that no number of one is 0."""


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
    """The sets of a piece: first segment (ST), segment after the last, and name (`837P`, `835`, others).

    The first `repeated` segments of the piece stand there again and are not counted.
    """

    first: Positions
    stop: Positions
    names: list[str]
    repeated: int = 0

    def of(self, segments: Positions) -> Positions:
        """The set that each segment (ascending) lies in, -1 for none."""
        # Both are sorted, and sets are few: their bounds are looked for, not the segments.
        bounds = np.column_stack([self.first, self.stop]).reshape(-1)
        edges = np.concatenate([[0], np.searchsorted(segments, bounds), [len(segments)]])
        label = np.full(len(bounds) + 1, -1, dtype=np.int64)
        label[1::2] = np.arange(len(self.first))
        return np.repeat(label, np.diff(edges))

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


def sets_of(segments: Segments, envelopes: list[Envelope], repeated: int) -> Sets:
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
    return Sets(np.array(first, dtype=np.int64), np.array(stop, dtype=np.int64), names, repeated)


def running(mask: Mask) -> npt.NDArray[np.int32]:
    """How many are set before each position, and in all at the end."""
    out = np.zeros(len(mask) + 1, dtype=np.int32)
    np.cumsum(mask, out=out[1:])
    return out


def separators(segments: Segments, at: Positions, count: int) -> Positions:
    """Offsets of the first `count` element separators of each segment (columns), its end if it has fewer."""
    stretches = segments.starts[at], segments.ends[at]
    return first_marks(segments.data, *stretches, segments.delimiters.element, count)


class CodeTest:
    """Decides which procedure codes are kept, once per distinct code."""

    def __init__(self, scope: frozenset[str], keep_pattern: str | None) -> None:
        self._scope = {item.encode() for item in scope}
        self._near = re.compile(keep_pattern) if keep_pattern else None
        self._codes = np.full(1 << SLOT_BITS, _NO_CODE, dtype=np.uint64)
        self._kept = np.zeros(1 << SLOT_BITS, dtype=np.bool_)
        self._lock = Lock()

    def keeps(self, code: bytes) -> bool:
        """Whether a line with this code is kept."""
        trimmed = code.strip()
        if trimmed in self._scope:
            return True
        return self._near is not None and self._near.search(code.decode("utf-8", "replace")) is not None

    def lines(self, segments: Segments, begin: Positions) -> tuple[Mask, Mask]:
        """For composites that start at `begin` (qualifier, code, modifiers): code kept, code absent."""
        data, delimiters = segments.data, segments.delimiters
        kept = np.zeros(len(begin), dtype=np.bool_)
        absent = np.zeros(len(begin), dtype=np.bool_)
        if not len(begin):
            return kept, absent
        number, usual = _short_codes(segments, begin)
        kept = self._known(number) & usual
        ends = re.compile(rb"[" + re.escape(bytes([delimiters.element, delimiters.terminator])) + rb"]")
        for index in np.flatnonzero(~usual).tolist():
            first = int(begin[index])
            text = ends.split(data[first : first + LONGEST_COMPOSITE].tobytes(), maxsplit=1)[0]
            parts = text.split(bytes([delimiters.component]))
            found = parts[1] if len(parts) > 1 else b""
            absent[index] = not found.strip()
            kept[index] = self.keeps(found)
        return kept, absent

    def _known(self, numbers: npt.NDArray[np.uint64]) -> Mask:
        """Which codes (up to eight bytes, as numbers) are kept; decided once for each distinct one."""
        slots = (numbers * MIXER) >> np.uint64(64 - SLOT_BITS)
        missed = np.flatnonzero(self._codes[slots] != numbers)
        kept: Mask = self._kept[slots]
        if len(missed):
            distinct, which = np.unique(numbers[missed], return_inverse=True)
            kept[missed] = np.array([self._decide(number) for number in distinct.tolist()])[which]
        return kept

    def _decide(self, number: int) -> bool:
        """Whether a code is kept; kept in mind in the slot that it hashes to, unless another has that."""
        known = self.keeps(number.to_bytes(8, "little").rstrip(b"\0"))
        slot = ((number * int(MIXER)) & 0xFFFFFFFFFFFFFFFF) >> (64 - SLOT_BITS)
        with self._lock:
            if self._codes[slot] == _NO_CODE:
                # Other threads read without the lock: the answer has to be there before the question.
                self._kept[slot] = known
                self._codes[slot] = number
        return known


def _short_codes(segments: Segments, begin: Positions) -> tuple[npt.NDArray[np.uint64], Mask]:
    """Codes of up to eight bytes after a two-byte qualifier, as numbers; and which composites have one."""
    data, of = segments.data, segments.delimiters
    window = np.asarray(words(data, "<u8", 8)[begin + 3], dtype=np.uint64)
    cells = window.view(np.uint8)
    lanes = ((cells == of.component) | (cells == of.element) | (cells == of.terminator)).view("<u8")
    # Less one, the lowest set bit covers every byte before the first separator.
    below = (lanes & (~lanes + np.uint64(1))) - np.uint64(1)
    usual: Mask = (data[begin + 2] == of.component) & (below != 0)
    full = np.flatnonzero(lanes == 0)
    if len(full):
        after = data[begin[full] + 11]
        usual[full] &= (after == of.component) | (after == of.element) | (after == of.terminator)
    return window & below, usual


def sixth_elements(segments: Segments, at: Positions) -> tuple[Positions, Positions]:
    """Those of the segments that have a sixth element with something in it, and where it begins."""
    begin, end = segments.starts[at], segments.ends[at]
    width = usual_width(end - begin)
    many = np.bitwise_count(marks(segments.data, begin, end, segments.delimiters.element, width)) >= 6
    chosen = np.flatnonzero(many | (end - begin > width))
    places = separators(segments, at[chosen], 7)
    filled = places[6] > places[5] + 1
    return chosen[filled], places[5][filled] + 1


def personal_in_lines(segments: Segments) -> Positions:
    """Segments of a subscriber or patient (SBR, PAT, DMG) behind an LX, before the next loop starts."""
    kinds = segments.kinds
    personal = (kinds == KIND["SBR"]) | (kinds == KIND["DMG"]) | (kinds == KIND["PAT"])
    at = np.flatnonzero(personal | (kinds >= KIND["LX"]))
    kind = kinds[at]
    if not ((kind[:-1] == KIND["LX"]) & (kind[1:] < KIND["LX"])).any():
        return at[:0]
    marks = np.where(kind >= KIND["LX"], np.arange(len(at)), 0)
    before = kind[np.maximum.accumulate(marks)]
    misplaced: Positions = at[(kind < KIND["LX"]) & (before == KIND["LX"])]
    return misplaced
