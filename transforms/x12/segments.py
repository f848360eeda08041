"""Segments of a piece of X12 by position: one NumPy pass finds their bounds and kinds, nothing is split."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from transforms.x12.delimiters import Delimiters

Positions: TypeAlias = npt.NDArray[np.int64]
Bytes: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]

# Kinds are numbers so that one comparison tells what ends a claim: from CLP up each starts something new.
UNKNOWN, OTHER = 0, 1
KIND: dict[str, int] = {
    "NM1": 10, "N1": 11, "N4": 12, "REF": 13, "DMG": 14, "DTP": 15, "DTM": 16, "HI": 17, "SV1": 18,
    "SVC": 19, "CAS": 20, "AMT": 21, "LQ": 22, "SBR": 23, "BHT": 24, "BPR": 25, "TRN": 26, "NTE": 27,
    "PAT": 28, "SVD": 29, "K3": 30, "MOA": 31, "MIA": 32, "OI": 33, "LIN": 34, "TA1": 35,
    "LX": 220, "PLB": 230, "CLP": 231, "CLM": 232, "HL": 233,
    "IEA": 245, "GE": 246, "SE": 247, "ST": 248, "GS": 249, "ISA": 250,
}  # fmt: skip
FIRST_BOUNDARY = KIND["PLB"]
FIRST_ENVELOPE = KIND["IEA"]
OTHER_IDS = (
    "N2", "N3", "PER", "PRV", "CUR", "PWK", "CN1", "CR1", "CR2", "CR3", "CR4", "CR5", "CR6", "CR7",
    "CR8", "CRC", "HCP", "SV2", "SV3", "SV4", "SV5", "SV6", "SV7", "PS1", "TOO", "QTY", "MEA",
    "CTP", "FRM", "DN1", "DN2", "UR", "IMM", "HSD", "RDM", "TS2", "TS3", "RAS", "CLI", "LS", "LE",
    "ACT", "BGN", "INS", "HD", "COB", "AAA", "EB", "EQ", "III", "STC", "DSB", "ICM",
)  # fmt: skip
IDS: dict[int, str] = {number: name for name, number in KIND.items()}

_SLOT_BITS = 14
_BLANK = np.zeros(256, dtype=np.bool_)
_BLANK[[9, 10, 13, 26, 32]] = True
"""Blanks, line breaks, and the end-of-file character that joined files have between them."""


@lru_cache(maxsize=64)
def _kind_table(element: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint8], int]:
    """Perfect hash of the first three bytes of a segment: keys by slot, kinds by slot, the multiplier."""
    kinds = {**KIND, **dict.fromkeys(OTHER_IDS, OTHER)}
    keys = np.array(
        [int.from_bytes((name.encode() + bytes([element]))[:3], "little") for name in kinds], dtype=np.uint64
    )
    multiplier = 0x9E3779B1
    while True:
        slots = ((keys * multiplier) & 0xFFFFFFFF) >> (32 - _SLOT_BITS)
        if len(np.unique(slots)) == len(keys):
            break
        multiplier += 2
    by_slot = np.full(1 << _SLOT_BITS, 0xFFFFFFFF, dtype=np.uint32)
    kind_by_slot = np.zeros(1 << _SLOT_BITS, dtype=np.uint8)
    by_slot[slots] = keys
    kind_by_slot[slots] = list(kinds.values())
    return by_slot, kind_by_slot, multiplier


def words(data: Bytes, dtype: str, width: int) -> npt.NDArray[np.generic]:
    """Every `width` bytes of `data`, overlapping, as numbers or records."""
    return np.ndarray((max(len(data) - width + 1, 0),), dtype=dtype, buffer=data, strides=(1,))


@dataclass(frozen=True, slots=True)
class Segments:
    """Bounds and kinds of the segments of one piece; `unended` bytes follow the last terminator."""

    data: Bytes
    starts: Positions
    ends: Positions
    kinds: npt.NDArray[np.uint8]
    delimiters: Delimiters
    line_breaks_inside: bool
    unended: int

    def __len__(self) -> int:
        return len(self.starts)

    def where(self, segment_id: str) -> Positions:
        """Segment numbers of one kind, ascending."""
        return np.flatnonzero(self.kinds == KIND[segment_id])

    def elements(self, segment: int) -> list[bytes]:
        """One segment split at its element separators; for envelopes and findings, not for lines."""
        text = self.data[self.starts[segment] : self.ends[segment]].tobytes()
        return text.split(bytes([self.delimiters.element]))

    def segment_id(self, segment: int) -> str:
        """The identifier of a segment if it is a known one, else `?`: an unknown one might be anything."""
        return self.elements(segment)[0].decode("ascii") if self.kinds[segment] else "?"


SHORT = 3


def places(data: memoryview, start: int, stop: int, text: bytes) -> Positions:
    """Where a text of SHORT bytes stands in `data[start:stop]`, ascending.

    Pairs of bytes are compared: the first two of the text at even offsets, the last two at odd ones.
    """
    whole = np.frombuffer(data, dtype=np.uint8)
    base = start & ~1
    pairs = whole[base : base + (stop - base) // 2 * 2].view("<u2")
    even = np.flatnonzero(pairs == int.from_bytes(text[:2], "little")) * 2 + base
    odd = np.flatnonzero(pairs == int.from_bytes(text[1:], "little")) * 2 + base - 1
    even = even[(even >= start) & (even + SHORT <= stop)]
    odd = odd[odd >= start]
    found: Positions = np.concatenate([even[whole[even + 2] == text[2]], odd[whole[odd] == text[0]]])
    found.sort()
    return found


_STEP = 1 << 20
PAD = 64
"""Bytes behind the last segment that can be read, so that fixed windows never run out."""


def pad(*parts: bytes) -> bytes:
    """The parts as one, with room behind them for fixed windows."""
    return b"".join([*parts, bytes(PAD)])


def index_segments(
    padded: bytes | memoryview, delimiters: Delimiters, start: int = 0, stop: int | None = None
) -> Segments:
    """Segments of `padded[start:stop]`, offsets from `start`; PAD bytes of any content follow `stop`.

    Without `stop` it is all but the PAD bytes at the end.
    """
    stop = len(padded) - PAD if stop is None else stop
    data = np.frombuffer(padded, dtype=np.uint8, count=stop - start + PAD, offset=start)
    text = data[: stop - start]
    terminator = delimiters.terminator
    ends = _ends(text, terminator)
    after = int(ends[-1]) + 1 if len(ends) else 0
    unended = len(text[after:].tobytes().strip(b" \t\r\n\0\x1a"))
    starts = np.empty_like(ends)
    if len(ends):
        starts[0] = 0
        np.add(ends[:-1], 1, out=starts[1:])
    skipped = _skip_blanks(data, starts, ends)
    inside = False
    if terminator in (10, 13):
        _trim_right(data, starts, ends)
    elif int(np.count_nonzero(text[:after] <= 13)) != skipped:
        # Tabs and other control characters are no line breaks: only then they are told apart.
        inside = _line_breaks(text[:after]) != _breaks_between(data, starts, ends)
    filled = ends > starts
    if not filled.all():
        starts, ends = starts[filled], ends[filled]
    return Segments(data, starts, ends, _kinds(data, starts, delimiters), delimiters, inside, unended)


def _ends(text: Bytes, terminator: int) -> Positions:
    """Where the terminators stand, looked for part by part: what is compared stays in the cache."""
    parts = [np.flatnonzero(text[at : at + _STEP] == terminator) for at in range(0, len(text), _STEP)]
    for number, part in enumerate(parts):
        part += number * _STEP
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _skip_blanks(data: Bytes, starts: Positions, ends: Positions) -> int:
    """Move `starts` over blanks and line breaks, in place; how many of those passed are no space."""
    skipped = 0
    while len(starts):
        here = data[starts]
        if (here[1:] == 10).all() and data[ends[0]] != 10:
            # One line feed after each segment, as most files have it: no segment is empty then.
            starts[1:] += 1
            skipped += len(starts) - 1
            here = data[starts]
        low = here <= 32
        if int(np.count_nonzero(low)) * 8 <= len(starts):
            break
        low = _BLANK[here] & (starts < ends)
        if not low.any():
            return skipped
        skipped += int(np.count_nonzero(low & (here != 32)))
        starts += low
    else:
        return skipped
    at = np.flatnonzero(low)
    at = at[_BLANK[here[at]] & (starts[at] < ends[at])]
    while len(at):
        skipped += int(np.count_nonzero(data[starts[at]] != 32))
        starts[at] += 1
        moved = starts[at]
        at = at[_BLANK[data[moved]] & (moved < ends[at])]
    return skipped


def _line_breaks(text: Bytes) -> int:
    return int(np.count_nonzero(text == 10)) + int(np.count_nonzero(text == 13))


def _breaks_between(data: Bytes, starts: Positions, ends: Positions) -> int:
    """How many line breaks stand between one segment's end and the next one's start."""
    at = np.append(0, ends[:-1] + 1)
    rows, total = np.flatnonzero(at < starts), 0
    while len(rows):
        byte = data[at[rows]]
        total += int(np.count_nonzero((byte == 10) | (byte == 13)))
        at[rows] += 1
        rows = rows[at[rows] < starts[rows]]
    return total


def _trim_right(data: Bytes, starts: Positions, ends: Positions) -> None:
    """Move `ends` back over carriage returns and blanks, in place."""
    at = np.flatnonzero(ends > starts)
    while len(at):
        at = at[_BLANK[data[ends[at] - 1]]]
        ends[at] -= 1
        at = at[ends[at] > starts[at]]


def _kinds(data: Bytes, starts: Positions, delimiters: Delimiters) -> npt.NDArray[np.uint8]:
    """Kind of each segment by its identifier; UNKNOWN where it is none that 5010 knows."""
    by_slot, kind_by_slot, multiplier = _kind_table(delimiters.element)
    four = np.asarray(words(data, "<u4", 4)[starts], dtype=np.uint32)
    key = four & np.uint32(0xFFFFFF)
    slot = (key * np.uint32(multiplier)) >> np.uint32(32 - _SLOT_BITS)
    kinds: npt.NDArray[np.uint8] = kind_by_slot[slot]
    fourth = four >> np.uint32(24)
    wrong = by_slot[slot] != key
    short_id = (key >> np.uint32(16)) == delimiters.element
    wrong |= ~short_id & (fourth != delimiters.element) & (fourth != delimiters.terminator)
    kinds[wrong] = UNKNOWN
    return kinds


def repair_line_breaks(data: bytes, delimiters: Delimiters) -> tuple[bytes, int, int]:
    """Data without line breaks inside segments: those before a known identifier become terminators.

    Returns the data, the number of breaks taken as terminators and the number removed.
    """
    terminator = bytes([delimiters.terminator])
    element = re.escape(bytes([delimiters.element]))
    known = b"|".join(sorted((name.encode() for name in [*KIND, *OTHER_IDS]), reverse=True))
    pattern = (
        rb"(" + re.escape(terminator) + rb"[ \t\r\n]*)|[\r\n]+(?:((?:" + known + rb")" + element + rb"))?"
    )
    counts = [0, 0]

    def mend(found: re.Match[bytes]) -> bytes:
        if found.group(1) is not None:
            return found.group(0)
        counts[0 if found.group(2) else 1] += 1
        return terminator + found.group(2) if found.group(2) else b""

    mended = re.sub(pattern, mend, data)
    return mended, counts[0], counts[1]
