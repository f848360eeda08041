"""Where a long interchange may be cut, and what has to be repeated in front of the second part."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.x12.delimiters import BLANKS, Delimiters
from transforms.x12.segments import SHORT, places

_STEP = 1 << 20
"""Bytes looked through at a time when the last of something is looked for."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An offset to cut at: `inside` a set, or `between` two interchanges."""

    at: int
    inside: bool
    between: bool = False


def last_cut(data: memoryview, start: int, limit: int, delimiters: Delimiters) -> Cut:
    """The last ST, else the last CLM or CLP, in `data[start + 1 : limit]`; `start` where there is none."""
    at = _last(data, b"ST", start + 1, limit, delimiters)
    if at >= 0:
        return Cut(at, inside=False)
    at = max(_last(data, name, start + 1, limit, delimiters) for name in (b"CLM", b"CLP"))
    return Cut(at, inside=True) if at >= 0 else Cut(start, inside=False)


def context_before(data: memoryview, start: int, stop: int, inside: bool, delimiters: Delimiters) -> bytes:
    """Segments that still hold at `stop`: the GS and, inside a set, the set's header and loops.

    They are looked for in `data[start:stop]`, which begins with what held there. The loops are the
    hierarchical levels above the next claim and every billing provider of the set.
    """
    group = _last(data, b"GS", start, stop, delimiters)
    context = _segment(data, group, stop, delimiters) if group >= 0 else b""
    opened = _last(data, b"ST", start, stop, delimiters) if inside else -1
    if opened < 0 or _last(data, b"SE", opened, stop, delimiters) > opened:
        # What stands behind the end of a set belongs to none.
        return context
    zones = {opened}
    level = _last(data, b"HL", opened, stop, delimiters)
    doubt = _misplaced(data, level, stop, delimiters) if level > opened else b""
    while level > opened and level not in zones:
        zones.add(level)
        parts = _segment(data, level, stop, delimiters)[:-1].split(bytes([delimiters.element]))
        parent = parts[2].strip() if len(parts) > 2 else b""
        if not parent:
            break
        level = _last(data, b"HL" + bytes([delimiters.element]) + parent, opened, level, delimiters)
    element = re.escape(bytes([delimiters.element]))
    other = rb"[^" + re.escape(bytes([delimiters.element, delimiters.terminator])) + rb"]*"
    billing = rb"HL" + element + other + element + other + element + rb"20"
    providers = (found.start() for found in re.compile(billing).finditer(data, opened, stop))
    zones.update(at for at in providers if _begins_segment(data, at, delimiters.terminator))
    return context + b"".join(_zone(data, at, stop, delimiters) for at in sorted(zones)) + doubt


def _misplaced(data: memoryview, start: int, stop: int, delimiters: Delimiters) -> bytes:
    """A person's segment inside a service line, behind the LX of that: it puts in doubt what follows."""
    element = re.escape(bytes([delimiters.element]))
    following = re.compile(_after_terminator(delimiters) + rb"((LX|CLM)|SBR|PAT|DMG)" + element)
    line, found = -1, b""
    for at in following.finditer(data, start, stop):
        if at.group(2):
            line = at.start(1) if at.group(2) == b"LX" else -1
        elif line >= 0:
            found = _segment(data, line, stop, delimiters) + _segment(data, at.start(1), stop, delimiters)
    return found


def _last(data: memoryview, name: bytes, start: int, limit: int, delimiters: Delimiters) -> int:
    """Offset of the last segment `name` in `data[start:limit]`, or -1."""
    needle = name if len(name) > SHORT else name + bytes([delimiters.element])
    stop = limit
    while stop > start:
        # Usually it is near the end.
        begin = max(start, stop - _STEP)
        found: list[int] = places(data, begin, min(stop + SHORT - 1, limit), needle[:SHORT]).tolist()
        for at in reversed(found):
            fits = at + len(needle) <= limit and data[at : at + len(needle)].tobytes() == needle
            if fits and _begins_segment(data, at, delimiters.terminator):
                return at
        stop = begin
    return -1


def _begins_segment(data: memoryview, at: int, terminator: int) -> bool:
    before = at - 1
    while before >= 0 and data[before] != terminator and data[before] in BLANKS:
        before -= 1
    return before < 0 or data[before] == terminator


def _segment(data: memoryview, at: int, limit: int, delimiters: Delimiters) -> bytes:
    """The segment at `at` with its terminator."""
    found = re.compile(re.escape(bytes([delimiters.terminator]))).search(data, at, limit)
    return data[at : found.end() if found else limit].tobytes()


def _after_terminator(delimiters: Delimiters) -> bytes:
    return re.escape(bytes([delimiters.terminator])) + rb"[ \t\r\n]*"


def _zone(data: memoryview, at: int, limit: int, delimiters: Delimiters) -> bytes:
    """A loop header: the segment at `at` and what follows it, up to the next level, claim or trailer."""
    element = re.escape(bytes([delimiters.element]))
    following = re.compile(_after_terminator(delimiters) + rb"((?:HL|CLM|CLP|LX|PLB|SE)" + element + rb")")
    found = following.search(data, at + 2, limit)
    return data[at : found.start(1) if found else limit].tobytes()
