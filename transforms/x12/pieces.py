"""Cut a stream of bytes into pieces that can be read by themselves: one set of delimiters, whole claims."""

from __future__ import annotations

import hashlib
import mmap
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np

from transforms.x12.cuts import Cut, context_before, last_cut
from transforms.x12.delimiters import (
    BLANKS,
    BYTE_ORDER_MARK,
    END_OF_FILE,
    LOOK_AHEAD,
    Delimiters,
    IsaHeader,
    read_isa,
    sniff,
    wrapped_width,
)
from transforms.x12.findings import Finding, X12Rejected, warning
from transforms.x12.segments import PAD, pad, places

PIECE_BYTES = 8 << 20
"""Size of a piece; memory is a small multiple of it."""
LARGEST_LOOP = 64 << 20
"""More bytes than this without a place to cut are refused."""
HEAD_BYTES = 64 << 10
FEW_BYTES = 16
LARGE_PAGES = 4 << 20
GZIP = zlib.MAX_WBITS | 16
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Interchange:
    """An interchange that starts in a piece: ordinal in the file, identity."""

    ordinal: int
    identity: bytes
    findings: tuple[str, ...]


@dataclass(slots=True)
class Piece:
    """`data[start:stop]` with one set of delimiters; its first bytes, `context` of them, only repeat.

    What they repeat stood above the rest in the file and is not counted again. At least PAD bytes follow
    `stop` in `data`, which is shared with the neighbours and never copied.
    """

    data: memoryview
    start: int
    stop: int
    context: int
    delimiters: Delimiters
    starts: list[Interchange] = field(default_factory=list)
    digests: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def repeated(self) -> bytes:
        """The bytes that only repeat."""
        return self.data[self.start : self.start + self.context].tobytes()

    @property
    def body(self) -> bytes:
        """The bytes that are read here for the first time."""
        return self.data[self.start + self.context : self.stop].tobytes()

    def replaced(self, repeated: bytes, body: bytes) -> Piece:
        """The piece with other bytes."""
        data, context = memoryview(pad(repeated, body)), len(repeated)
        return replace(self, data=data, start=0, stop=context + len(body), context=context)


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


class _Stream:
    """Blocks of any size, handed on in parts as large as they are asked for."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._left = memoryview(b"")

    def fill(self, buffer: memoryview, at: int, stop: int) -> int:
        """Copy what comes next to `buffer[at:stop]`; returns where it ends, before `stop` at the very end."""
        while at < stop:
            if not len(self._left):
                block = next(self._blocks, None)
                if block is None:
                    break
                self._left = memoryview(block)
            part = self._left[: stop - at]
            buffer[at : at + len(part)] = part
            at += len(part)
            self._left = self._left[len(part) :]
        return at


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
        stream = _Stream(inflated(blocks, self.findings))
        rest, last = memoryview(b""), False
        while not last:
            begin = len(self._context)
            fresh = begin + len(rest)
            data = _pages(fresh + self.size + PAD)
            array = np.frombuffer(data, dtype=np.uint8)
            data[:begin], data[begin:fresh] = self._context, rest
            end = stream.fill(data, fresh, fresh + self.size)
            last = end < fresh + self.size
            data[end : end + PAD] = bytes(PAD)
            if self._first or self._unwrap or array[fresh:end].min(initial=1) == 0:
                clean = self._clean(data[fresh:end].tobytes())
                if self._first and not last and len(rest) + len(clean) < 2 * LOOK_AHEAD:
                    rest = memoryview(rest.tobytes() + clean)
                    continue
                held = rest.tobytes() + clean
                data = memoryview(pad(self._context, self._open(held) if self._first else held))
                end = len(data) - PAD
                self._first = False
            consumed, pieces = self._cut(data, begin, end, last)
            yield from pieces
            rest = data[consumed:end]
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

    def _cut(self, data: memoryview, begin: int, end: int, last: bool) -> tuple[int, list[Piece]]:
        """The pieces that can be cut off `data[begin:end]`, and where what is left of it starts."""
        limit = end if last else max(end - LOOK_AHEAD, begin)
        headers = _headers(data, begin, limit)
        if self._current is None and (not headers or headers[0].start > begin):
            if not headers and not last and end - begin <= HEAD_BYTES:
                return begin, []
            if not headers:
                code = "isa_unreadable" if data[begin : begin + 3].tobytes() == b"ISA" else "not_x12"
                raise X12Rejected(code, 1, "no ISA with a GS behind it was found")
            self.findings.append(warning("bytes_before_interchange", "", 0))
        bounds = [header.start for header in headers]
        regions: list[tuple[int, int, IsaHeader]] = []
        if self._current is not None and (not bounds or bounds[0] > begin):
            regions.append((begin, bounds[0] if bounds else end, self._current))
        regions += list(zip(bounds, [*bounds[1:], end], headers, strict=False))
        cut = Cut(end, inside=False, between=True)
        if not last and regions:
            start, _, header = regions.pop()
            cut = last_cut(data, start, limit, header.delimiters)
            if cut.at > start:
                regions.append((start, cut.at, header))
            else:
                cut = Cut(start, inside=False, between=True)
        return cut.at, self._pieces_of(data, regions, cut, last)

    def _pieces_of(
        self, data: memoryview, regions: list[tuple[int, int, IsaHeader]], cut: Cut, last: bool
    ) -> list[Piece]:
        """One piece for each run of regions with the same delimiters; moves the cutter's state on."""
        pieces: list[Piece] = []
        for number, (start, stop, header) in enumerate(regions):
            new = header is not self._current
            if not pieces or header.delimiters != pieces[-1].delimiters:
                # Only what goes on from before has its context in front, and nothing else is before it.
                pieces.append(Piece(data, start if new else 0, stop, 0 if new else start, header.delimiters))
            piece = pieces[-1]
            piece.stop = stop
            if new:
                if self._delimiters not in (None, header.delimiters):
                    piece.findings.append(warning("delimiters_changed", "ISA", 0))
                self._current, self._delimiters = header, header.delimiters
                self._count += 1
                self._digest = hashlib.sha256()
                piece.findings += _marks_before(data, start)
                piece.starts.append(Interchange(self._count, header.identity, header.findings))
            whole = last or number + 1 < len(regions) or cut.between
            self._digest.update(
                memoryview(data)[start : _without_blanks(data, start, stop) if whole else stop]
            )
            if whole:
                piece.digests[self._count] = self._digest.digest()
        if pieces:
            piece = pieces[-1]
            self._context = b""
            if not cut.between:
                self._context = context_before(data, piece.start, piece.stop, cut.inside, piece.delimiters)
        return pieces


def _pages(size: int) -> memoryview:
    """Room for a piece, a large one in large pages of its own.

    Small pages cost as much as reading the bytes in them. What is taken from the heap instead and given back
    out of order leaves holes, and memory grows with the file; small pieces fit into the holes of others.
    """
    if size < LARGE_PAGES:
        return memoryview(np.empty(size, dtype=np.uint8))  # type: ignore[arg-type]
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        pages.madvise(mmap.MADV_HUGEPAGE)
    return memoryview(pages)


def _headers(data: memoryview, start: int, limit: int) -> list[IsaHeader]:
    """Every interchange that starts in `data[start:limit]`."""
    headers = (read_isa(data, at) for at in places(data, start, limit, b"ISA").tolist())
    return [header for header in headers if header is not None]


def _marks_before(data: memoryview, start: int) -> list[Finding]:
    """What stands before an ISA where files were joined."""
    before = data[max(start - FEW_BYTES, 0) : start].tobytes().rstrip(BLANKS)
    if before.endswith(BYTE_ORDER_MARK):
        return [warning("byte_order_mark", "ISA", 0)]
    return [warning("end_of_file_mark", "ISA", 0)] if before.endswith(END_OF_FILE) else []


def _without_blanks(data: memoryview, start: int, stop: int) -> int:
    """Where `data[start:stop]` ends without the blanks, and marks of joined files, at its end."""
    while stop > start and data[stop - 1] in BLANKS + END_OF_FILE + BYTE_ORDER_MARK:
        stop -= 1
    return stop
