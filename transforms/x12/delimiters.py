"""Where an interchange starts and which delimiters it declares."""

from __future__ import annotations

import re
from dataclasses import dataclass

BLANKS = b" \t\r\n"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
END_OF_FILE = b"\x1a"
"""Control-Z: what old systems write at the end of a file, met between files that were joined."""
ISA_LENGTH = 106
LOOK_AHEAD = 512
"""Bytes after `ISA` that are enough to decide whether an interchange starts there."""

GUIDES: dict[str, str] = {
    "005010X222": "837P",
    "005010X221": "835",
    "005010X223": "837I",
    "005010X224": "837D",
    "005010X298": "837P post-adjudicated",
    "005010X299": "837I post-adjudicated",
    "005010X300": "837D post-adjudicated",
    "004010X098": "837P 4010",
    "004010X096": "837I 4010",
    "004010X097": "837D 4010",
    "004010X091": "835 4010",
}


@dataclass(frozen=True, slots=True)
class Delimiters:
    """Element, component and segment separators as byte values."""

    element: int
    component: int
    terminator: int


@dataclass(frozen=True, slots=True)
class IsaHeader:
    """One ISA: where it starts, where its body starts, its delimiters and what was odd about it."""

    start: int
    end: int
    delimiters: Delimiters
    identity: bytes
    findings: tuple[str, ...]


def set_name(set_code: bytes, version: bytes, set_version: bytes = b"") -> str:
    """Name of a transaction set from ST01, GS08 and ST03: `837P`, `835`, else what it looks like."""
    code = set_code.decode("ascii", "replace").strip()
    for candidate in (set_version, version):
        guide = GUIDES.get(candidate.strip()[:10].decode("ascii", "replace").upper())
        if guide is not None and guide.startswith(code):
            return guide
    if code in ("837", "835"):
        year = (version or set_version).strip()[:6].decode("ascii", "replace")
        return f"{code} 4010" if year == "004010" else f"{code} of an unknown guide"
    return code if re.fullmatch(r"\d{3}", code) else "unknown set"


def read_isa(data: bytes | memoryview, start: int) -> IsaHeader | None:
    """The ISA at `start` if its geometry fits and a GS follows, or a TA1 or IEA (X12.5; an ISA by shape)."""
    head = bytes(data[start : start + LOOK_AHEAD])
    element = head[3:4]
    if head[:3] != b"ISA" or not element or element.isalnum() or element in (b" ", b"\n", b"\r"):
        return None
    parts = head.split(element, 16)
    if len(parts) < 17 or sum(map(len, parts[:16])) > 160:
        return None
    rest = parts[16]
    offset = len(head) - len(rest)
    for component_length in (1, 0):
        terminator = rest[component_length : component_length + 1]
        after = component_length + 1
        if component_length and terminator in (b" ", b"\t"):
            after += len(rest[1:]) - len(rest[1:].lstrip(b" \t"))
            terminator = rest[after - 1 : after]
        length = offset + after
        if terminator == b"\r" and rest[after : after + 1] == b"\n":
            terminator, after = b"\n", after + 1
        blanks = len(rest[after:]) - len(rest[after:].lstrip(BLANKS))
        if terminator and _begins_well(rest[after + blanks :], element):
            component = rest[0] if component_length else ord(":")
            end = start + offset + after
            body = _body_terminator(bytes(data[end : end + LOOK_AHEAD]), element, terminator)
            findings = [] if length == ISA_LENGTH else ["isa_length"]
            if body != terminator:
                findings.append("newline_as_terminator")
            identity = element.join(part.strip() for part in parts[5:9] + parts[13:14])
            return IsaHeader(
                start, end, Delimiters(element[0], component, body[0]), identity, tuple(findings)
            )
    return None


def _begins_well(text: bytes, element: bytes) -> bool:
    """Whether what may stand behind an ISA begins here: a group, an acknowledgement, or the end (X12.5)."""
    return text.startswith((b"GS" + element, b"TA1" + element, b"IEA" + element))


def _body_terminator(text: bytes, element: bytes, terminator: bytes) -> bytes:
    """The terminator that the body uses: the declared one, or a line break where GS runs into ST."""
    if terminator in (b"\n", b"\r"):
        return terminator
    first = text.split(terminator, 1)[0].lstrip(BLANKS)
    broken = re.search(rb"(\r\n|\n|\r)[ \t\r\n]*ST" + re.escape(element), first)
    if broken is None:
        return terminator
    return b"\r" if broken.group(1) == b"\r" else b"\n"


def starts_interchange(head: bytes) -> bool:
    """Whether the first bytes of a file are X12: an ISA of the right shape, or `ISA` and a mark first.

    The second is what a wrapped or damaged interchange begins with: it is read, or refused by its name.
    """
    first = head.lstrip(BYTE_ORDER_MARK + BLANKS)[:4]
    if first[:3] == b"ISA" and len(first) == 4 and not first[3:].isalnum() and first[3] not in b"_,; \t":
        return True
    return any(read_isa(head, found.start()) for found in re.finditer(b"ISA", head))


def wrapped_width(head: bytes) -> int | None:
    """The constant column at which a file is wrapped, or None; `head` holds its first bytes."""
    lines = head.lstrip(b"\xef\xbb\xbf \t\r\n").replace(b"\r\n", b"\n").split(b"\n")
    full = lines[:-1]
    if len(lines[-1]) == 0 and len(full) > 1:
        full = full[:-1]
    widths = {len(line) for line in full}
    if not full or len(widths) != 1 or (len(full) == 1 and not lines[-1]):
        return None
    width = widths.pop()
    joined = b"".join(lines)
    header = read_isa(joined, 0)
    if header is None or width < 20 or len(lines[len(full)]) > width:
        return None
    terminator = header.delimiters.terminator
    return width if any(line[-1] != terminator for line in full) else None


def sniff(head: bytes) -> str | None:
    """Kind of a file from its first bytes: `837P`, `835`, another set's name, or None if it is not X12."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head.decode("utf-16", "ignore")
        return "utf16" if "ISA" in text[:16] else None
    clean = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf \t\r\n")
    if clean[:3] != b"ISA":
        loose = re.match(rb"(GS|ST)[^A-Za-z0-9\s]", clean)
        return "no_envelope" if loose else None
    header = read_isa(clean, 0)
    if header is None:
        clean = clean.replace(b"\r", b"").replace(b"\n", b"")
        header = read_isa(clean, 0)
    if header is None:
        return None
    element = bytes([header.delimiters.element])
    terminator = bytes([header.delimiters.terminator])
    segments = [s.strip(BLANKS).split(element) for s in clean[header.end :].split(terminator)[:4]]
    group = next((s for s in segments if s[0] == b"GS"), [])
    first = next((s for s in segments if s[0] == b"ST"), [])
    version = group[8] if len(group) > 8 else b""
    if len(first) < 2:
        guess = GUIDES.get(version[:10].decode("ascii", "replace"))
        return guess or "unknown set"
    return set_name(first[1], version, first[3] if len(first) > 3 else b"")
