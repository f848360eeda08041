"""Where a long interchange may be cut, and what has to be repeated in front of the second part."""

from __future__ import annotations

import re
from dataclasses import dataclass

from transforms.x12.delimiters import BLANKS, Delimiters


@dataclass(frozen=True, slots=True)
class Cut:
    """An offset to cut at: `inside` a set, or `between` two interchanges."""

    at: int
    inside: bool
    between: bool = False


def last_cut(data: bytes, start: int, limit: int, delimiters: Delimiters) -> Cut:
    """The last ST, else the last CLM or CLP, in `data[start + 1 : limit]`; `start` where there is none."""
    at = _last(data, b"ST", start, limit, delimiters)
    if at > start:
        return Cut(at, inside=False)
    at = max(_last(data, name, start, limit, delimiters) for name in (b"CLM", b"CLP"))
    return Cut(at, inside=True) if at > start else Cut(start, inside=False)


def context_before(before: bytes, data: bytes, inside: bool, delimiters: Delimiters) -> bytes:
    """Segments that still hold at the end of `data`: its GS and, inside a set, the set's header and loops.

    `before` is what held at its start. The loops are the hierarchical levels above the next claim and every
    billing provider of the set.
    """
    group, source = _last(data, b"GS", -1, len(data), delimiters), data
    if group < 0:
        group, source = _last(before, b"GS", -1, len(before), delimiters), before
    context = _segment(source, group, delimiters) if group >= 0 else b""
    if not inside:
        return context
    data = before + data
    opened = _last(data, b"ST", -1, len(data), delimiters)
    if opened < 0:
        return context
    zones = {opened}
    level = _last(data, b"HL", opened, len(data), delimiters)
    while level > opened and level not in zones:
        zones.add(level)
        parts = _segment(data, level, delimiters)[:-1].split(bytes([delimiters.element]))
        parent = parts[2].strip() if len(parts) > 2 else b""
        if not parent:
            break
        level = _last(data, b"HL" + bytes([delimiters.element]) + parent, opened, level, delimiters)
    element = re.escape(bytes([delimiters.element]))
    billing = _after_terminator(delimiters) + rb"(HL" + element + rb"[^" + element + rb"]*" + element
    billing += rb"[^" + element + rb"]*" + element + rb"20)"
    zones.update(found.start(1) for found in re.compile(billing).finditer(data, opened))
    return context + b"".join(_zone(data, at, delimiters) for at in sorted(zones))


def _last(data: bytes, name: bytes, start: int, limit: int, delimiters: Delimiters) -> int:
    """Offset of the last segment `name` in `data[start + 1 : limit]`, or -1."""
    needle = name + bytes([delimiters.element])
    at = data.rfind(needle, start + 1, limit)
    while at >= 0 and not _begins_segment(data, at, delimiters.terminator):
        at = data.rfind(needle, start + 1, at)
    return at


def _begins_segment(data: bytes, at: int, terminator: int) -> bool:
    before = at - 1
    while before >= 0 and data[before] != terminator and data[before] in BLANKS:
        before -= 1
    return before < 0 or data[before] == terminator


def _segment(data: bytes, at: int, delimiters: Delimiters) -> bytes:
    """The segment at `at` with its terminator."""
    stop = data.find(bytes([delimiters.terminator]), at)
    return data[at : stop + 1] if stop >= 0 else data[at:]


def _after_terminator(delimiters: Delimiters) -> bytes:
    return re.escape(bytes([delimiters.terminator])) + rb"[ \t\r\n]*"


def _zone(data: bytes, at: int, delimiters: Delimiters) -> bytes:
    """A loop header: the segment at `at` and what follows it, up to the next level, claim or trailer."""
    element = re.escape(bytes([delimiters.element]))
    following = re.compile(_after_terminator(delimiters) + rb"((?:HL|CLM|CLP|LX|PLB|SE)" + element + rb")")
    found = following.search(data, at + 2)
    return data[at : found.start(1)] if found else data[at:]
