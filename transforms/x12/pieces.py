"""Cut a stream of bytes into pieces that can be read by themselves: one set of delimiters, whole claims."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain

from transforms.x12.cuts import Cut, context_before, last_cut
from transforms.x12.delimiters import (
    BLANKS,
    LOOK_AHEAD,
    Delimiters,
    IsaHeader,
    find_isa,
    read_isa,
    sniff,
    wrapped_width,
)
from transforms.x12.findings import Finding, X12Rejected, warning

PIECE_BYTES = 6 << 20
"""Size of a piece; memory is a small multiple of it."""
LARGEST_LOOP = 64 << 20
"""More bytes than this without a place to cut are refused."""
HEAD_BYTES = 64 << 10
GZIP = zlib.MAX_WBITS | 16
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Interchange:
    """An interchange that starts in a piece: offset in its own bytes, ordinal in the file, identity."""

    offset: int
    ordinal: int
    identity: bytes
    findings: tuple[str, ...]


@dataclass(slots=True)
class Piece:
    """Bytes with one set of delimiters, `context` repeated from before (not counted again) in front."""

    context: bytes
    body: bytes
    delimiters: Delimiters
    starts: list[Interchange] = field(default_factory=list)
    digests: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def inflated(blocks: Iterable[bytes], findings: list[Finding]) -> Iterator[bytes]:
    """The blocks as they are, or unpacked if they are gzip (any number of members), in bounded parts."""
    stream = iter(blocks)
    first = b""
    while len(first) < 2 and (block := next(stream, None)) is not None:
        first += block
    if first[:2] != b"\x1f\x8b":
        yield first
        yield from stream
        return
    findings.append(warning("gzip_bytes", "", 0))
    engine, inside = zlib.decompressobj(GZIP), False
    for packed in chain([first], stream):
        while packed:
            inside = True
            try:
                yield engine.decompress(packed, PIECE_BYTES)
            except zlib.error:
                raise X12Rejected("gzip_damaged", 0, "the gzip stream is damaged") from None
            packed = engine.unconsumed_tail
            if engine.eof:
                packed = engine.unused_data.lstrip(b"\0")
                engine, inside = zlib.decompressobj(GZIP), False
    if inside:
        raise X12Rejected("gzip_damaged", 0, "the gzip stream is cut off")


def slices(blocks: Iterable[bytes], size: Callable[[], int]) -> Iterator[tuple[bytes, bool]]:
    """The stream in parts of about `size()` bytes, asked anew for each; the last one is marked."""
    held: list[bytes] = []
    total, wanted = 0, size()
    for block in blocks:
        at = 0
        while at < len(block):
            part = block[at : at + wanted - total]
            held.append(part)
            at, total = at + len(part), total + len(part)
            if total >= wanted:
                yield b"".join(held), False
                held, total, wanted = [], 0, size()
    yield b"".join(held), True


class PieceCutter:
    """Cuts one file; `findings` holds what was odd about its bytes; `size` may be changed on the way."""

    def __init__(self, piece_bytes: int = PIECE_BYTES) -> None:
        self.size = piece_bytes
        self._first = True
        self._unwrap = False
        self._current: IsaHeader | None = None
        self._delimiters: Delimiters | None = None
        self._count = 0
        self._context = b""
        self._digest = hashlib.sha256()
        self.findings: list[Finding] = []

    def pieces(self, blocks: Iterable[bytes]) -> Iterator[Piece]:
        """Pieces in order; raises X12Rejected for what is no X12, UTF-16, ZIP or without envelope."""
        rest = b""
        for part, last in slices(inflated(blocks, self.findings), lambda: self.size):
            clean = self._clean(part)
            data = rest + clean if rest else clean
            if self._first:
                if not last and len(data) < 2 * LOOK_AHEAD:
                    rest = data
                    continue
                data = self._open(data)
                self._first = False
            consumed, pieces = self._cut(data, last)
            yield from pieces
            rest = data[consumed:]
            if len(rest) > LARGEST_LOOP:
                raise X12Rejected("loop_too_large", 0, "a loop is larger than the reader holds in memory")

    def _clean(self, part: bytes) -> bytes:
        if b"\0" in part and not (self._first and part[:2] in UTF16_MARKS):
            shorter = part.replace(b"\0", b"")
            if self._first and shorter and len(shorter) * 3 < len(part) * 2 and part[1:2] + part[:1] != b"SI":
                raise X12Rejected("utf16", 0, "the file is UTF-16 text")
            self.findings.append(warning("nul_bytes", "", 0, len(part) - len(shorter)))
            part = shorter
        return part.replace(b"\r", b"").replace(b"\n", b"") if self._unwrap else part

    def _open(self, head: bytes) -> bytes:
        """The first bytes without BOM and blanks; refuses what can't be X12."""
        if head[:2] in UTF16_MARKS:
            raise X12Rejected("utf16", 0, "the file is UTF-16 text")
        if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
            raise X12Rejected("zip_archive", 0, "the file is a ZIP archive")
        if head[:3] == b"\xef\xbb\xbf":
            self.findings.append(warning("byte_order_mark", "", 0))
            head = head[3:]
        stripped = head.lstrip(BLANKS)
        if len(stripped) < len(head):
            self.findings.append(warning("leading_blanks", "", 0))
        if not stripped:
            raise X12Rejected("empty_file", 0, "the file holds no segment")
        if wrapped_width(stripped[:HEAD_BYTES]) is not None:
            self.findings.append(warning("wrapped_lines", "", 0))
            self._unwrap = True
            stripped = stripped.replace(b"\r", b"").replace(b"\n", b"")
        if read_isa(stripped, 0) is None and sniff(stripped[:HEAD_BYTES]) == "no_envelope":
            raise X12Rejected("no_envelope", 1, "the file starts without an ISA")
        return stripped

    def _cut(self, data: bytes, last: bool) -> tuple[int, list[Piece]]:
        """The pieces that can be cut off `data`, and how many of its bytes they take."""
        limit = len(data) if last else max(len(data) - LOOK_AHEAD, 0)
        headers = _headers(data, limit)
        if self._current is None and (not headers or headers[0].start):
            if not headers and not last and len(data) <= HEAD_BYTES:
                return 0, []
            if not headers:
                code = "isa_unreadable" if data[:3] == b"ISA" else "not_x12"
                raise X12Rejected(code, 1, "no ISA with a GS behind it was found")
            self.findings.append(warning("bytes_before_interchange", "", 0))
        bounds = [header.start for header in headers]
        regions: list[tuple[int, int, IsaHeader]] = []
        if self._current is not None and (not bounds or bounds[0] > 0):
            regions.append((0, bounds[0] if bounds else len(data), self._current))
        regions += list(zip(bounds, [*bounds[1:], len(data)], headers, strict=False))
        cut = Cut(len(data), inside=False, between=True)
        if not last and regions:
            start, _, header = regions.pop()
            cut = last_cut(data, start, limit, header.delimiters)
            if cut.at > start:
                regions.append((start, cut.at, header))
            else:
                cut = Cut(start, inside=False, between=True)
        return cut.at, self._pieces_of(data, regions, cut, last)

    def _pieces_of(
        self, data: bytes, regions: list[tuple[int, int, IsaHeader]], cut: Cut, last: bool
    ) -> list[Piece]:
        """One piece for each run of regions with the same delimiters; moves the cutter's state on."""
        pieces: list[Piece] = []
        first = 0
        for number, (start, stop, header) in enumerate(regions):
            new = header is not self._current
            if not pieces or header.delimiters != pieces[-1].delimiters:
                if pieces:
                    pieces[-1].body = data[first:start]
                pieces.append(Piece(b"" if new else self._context, b"", header.delimiters))
                first = start
            piece = pieces[-1]
            if new:
                if self._delimiters not in (None, header.delimiters):
                    piece.findings.append(warning("delimiters_changed", "ISA", 0))
                self._current, self._delimiters = header, header.delimiters
                self._count += 1
                self._digest = hashlib.sha256()
                piece.starts.append(Interchange(start - first, self._count, header.identity, header.findings))
            whole = last or number + 1 < len(regions) or cut.between
            self._digest.update(data[start:stop].rstrip(BLANKS) if whole else data[start:stop])
            if whole:
                piece.digests[self._count] = self._digest.digest()
        if pieces:
            piece = pieces[-1]
            piece.body = data[first : regions[-1][1]]
            self._context = b""
            if not cut.between:
                self._context = context_before(piece.context, piece.body, cut.inside, piece.delimiters)
        return pieces


def _headers(data: bytes, limit: int) -> list[IsaHeader]:
    """Every interchange that starts in the first `limit` bytes."""
    found: list[IsaHeader] = []
    header = find_isa(data, 0, limit)
    while header is not None:
        found.append(header)
        header = find_isa(data, header.start + 3, limit)
    return found
