"""The first pass over a file's bytes: what it is, its identity, and damage that a parser would pass over in
silence.
"""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Literal

import numpy as np
import zstandard

from flows.machine_errors import shortage
from transforms.x12.delimiters import starts_interchange

Container = Literal["plain", "gzip", "zstd"]
Form = Literal["csv", "parquet", "ndjson", "x12"]
CHUNK: Final = 4 << 20
HEAD: Final = 64 << 10
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
ZSTD_BITE: Final = 4 << 10

REJECTIONS: Final[dict[str, tuple[str, str]]] = {
    "file_empty": ("The file is empty.", "Deliver it again."),
    "file_not_regular": ("It is a link, a device or a pipe.", "Deliver a regular file."),
    "file_truncated": ("Compressed data ends early or fails its checksum.", "Deliver it again."),
    "file_trailing_bytes": ("Bytes follow the compressed data.", "Compress and deliver it again."),
    "file_expands_too_much": (
        "It expands beyond the limit (maximum_expansion, maximum_file_megabytes).",
        "Deliver it in parts, or raise the limit if it can be trusted.",
    ),
    "file_utf16": ("The text is UTF-16.", "Export it as UTF-8."),
    "file_not_utf8": ("The text is not UTF-8.", "Export it as UTF-8."),
    "file_nul_bytes": ("Text with NUL bytes.", "Export it again."),
    "file_archive": ("It is a ZIP or Office file.", "Deliver the CSV, Parquet, NDJSON or X12 itself."),
    "file_html": ("It is a web page, perhaps an error page.", "Download it again."),
    "file_unknown_kind": ("Its content is none that the pipeline reads.", "See the README on inbound files."),
    "file_carriage_returns": ("Lines end in CR alone.", "Export it with LF or CRLF."),
    "file_quotes_unbalanced": ("A quote is opened and not closed.", "Export it again."),
    "file_wrong_delimiter": ("Fields are not separated by commas.", "Export it with commas."),
    "file_header_missing": (
        "The first row is no header that fits a layout.",
        "Deliver the header, or add a layout.",
    ),
    "file_duplicate_column": ("A column is in the header twice.", "Name each column once."),
    "file_column_missing": (
        "Required columns are missing from the header.",
        "Deliver them, or add a layout.",
    ),
    "file_header_twice": ("The header comes again among the rows.", "Deliver each file by itself."),
    "file_unreadable": ("It can't be read to its end.", "Deliver it again."),
    "file_bad_rows": ("More rows are bad than the ceiling allows (file_ceiling).", "Mend the export."),
}
"""Why a file is rejected as a whole: code -> what happened, what to do."""


class Rejected(Exception):
    """The file can't be trusted as a whole; `code` says why, `where` names a column or position, never a
    value.
    """

    def __init__(self, code: str, where: str = "") -> None:
        super().__init__(f"{code} {where}".strip())
        self.code = code
        self.where = where


class Growing(Exception):
    """The file changed while it was read: it is left for the next run."""


@dataclass(frozen=True)
class Preflight:
    """Identity and form of a file. `plain` holds its decompressed bytes; `size` and `quotes` are of those."""

    sha256: str
    form: Form
    plain: Path
    size: int
    quotes: int
    ends_in_newline: bool
    source: Path
    marks: tuple[int, ...]

    @property
    def file_key(self) -> str:
        """First 16 hex digits of the content's sha256."""
        return self.sha256[:16]

    def check_unchanged(self) -> None:
        """Growing when the file is no longer the one whose bytes were hashed."""
        try:
            found = self.source.lstat()
        except FileNotFoundError:
            raise Growing from None
        if _marks(found) != self.marks:
            raise Growing


@dataclass(frozen=True)
class Limits:
    """How far a compressed file may expand."""

    largest_bytes: int
    largest_ratio: int


def preflight(path: Path, scratch: Path, limits: Limits) -> Preflight:
    """Read the file once: hash and check its decompressed bytes. Raises Rejected or Growing.

    Compressed files are written decompressed to `scratch`, within limits; so is a file whose name is not
    UTF-8, which the readers could not open.
    """
    descriptor = _open_regular(path)
    with os.fdopen(descriptor, "rb") as stream:
        before = os.fstat(stream.fileno())
        head = stream.read(HEAD)
        stream.seek(0)
        container = _container(head)
        if before.st_size > limits.largest_bytes:
            raise Rejected("file_expands_too_much")
        if container == "plain" and _is_utf8(path):
            counted = _Counted()
            for chunk in iter(lambda: stream.read(CHUNK), b""):
                counted.add(chunk)
            plain = path
        else:
            plain = scratch
            counted = _expanded(stream, container, scratch, limits)
        after = os.fstat(stream.fileno())
    if _marks(before) != _marks(after):
        raise Growing
    if counted.size == 0:
        raise Rejected("file_empty")
    form = form_of(counted.head)
    if form in ("csv", "ndjson"):
        _check_text(counted, form)
    return Preflight(
        counted.hash.hexdigest(),
        form,
        plain,
        counted.size,
        counted.quotes,
        counted.last == b"\n",
        path,
        _marks(before),
    )


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _marks(found: os.stat_result) -> tuple[int, ...]:
    """What changes when a file is written to or replaced."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class _Counted:
    """What one pass over the bytes tells."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = self.quotes = 0
        self.newlines = self.returns = self.nuls = False
        self.head = b""
        self.last = b""

    def add(self, chunk: bytes) -> None:
        """Count one block."""
        self.hash.update(chunk)
        if len(self.head) < HEAD:
            self.head += chunk[: HEAD - len(self.head)]
        self.size += len(chunk)
        if b'"' in chunk:  # most files have none, and to look for one is much faster than to count
            self.quotes += chunk.count(b'"')
        self.newlines = self.newlines or b"\n" in chunk
        self.returns = self.returns or (not self.newlines and b"\r" in chunk)
        self.nuls |= b"\0" in chunk
        self.last = chunk[-1:]


def _open_regular(path: Path) -> int:
    """A descriptor of a regular file; never follows a link, never waits for a pipe."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Growing from None
    except OSError as error:
        if shortage(error):
            raise
        is_file = path.is_file() and not path.is_symlink()
        raise Rejected("file_unreadable" if is_file else "file_not_regular") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Rejected("file_not_regular")
    return descriptor


def _container(head: bytes) -> Container:
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if head.startswith(ZSTD_MAGIC) else "plain"


def _expanded(stream: IO[bytes], container: Container, scratch: Path, limits: Limits) -> _Counted:
    """Decompress to `scratch`, counting; limits hold while it expands, not after."""
    counted = _Counted()
    packed = max(os.fstat(stream.fileno()).st_size, 1)
    with scratch.open("wb") as target:
        for chunk in UNPACK[container](stream):
            counted.add(chunk)
            if counted.size > min(limits.largest_bytes, max(packed * limits.largest_ratio, 64 << 20)):
                raise Rejected("file_expands_too_much")
            target.write(chunk)
    return counted


def _gunzip(stream: IO[bytes]) -> Iterator[bytes]:
    """Members one after another; what follows the last one must be padding."""
    decoder = zlib.decompressobj(wbits=31)
    try:
        for block in iter(lambda: stream.read(1 << 20), b""):
            data = block
            while data:
                if decoder.eof:
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    if not data.startswith(b"\x1f"):
                        raise Rejected("file_trailing_bytes")
                    decoder = zlib.decompressobj(wbits=31)
                piece = decoder.decompress(data, CHUNK)
                data = decoder.unconsumed_tail or decoder.unused_data
                if piece:
                    yield piece
    except zlib.error:
        raise Rejected("file_truncated") from None
    if not decoder.eof:
        raise Rejected("file_truncated")


def _unzstd(stream: IO[bytes]) -> Iterator[bytes]:
    """Frames one after another. Small bites: what a bite expands to stands in memory at once."""
    unpacker = zstandard.ZstdDecompressor(max_window_size=1 << 27)
    decoder: Any = unpacker.decompressobj()
    try:
        for block in iter(lambda: stream.read(ZSTD_BITE), b""):
            data = block
            while data:
                if decoder.eof:
                    if not ZSTD_MAGIC.startswith(data[:4]):
                        raise Rejected("file_trailing_bytes")
                    decoder = unpacker.decompressobj()
                if piece := decoder.decompress(data):
                    yield piece
                data = decoder.unused_data
    except zstandard.ZstdError:
        raise Rejected("file_truncated") from None
    if not decoder.eof:
        raise Rejected("file_truncated")


def _as_it_is(stream: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: stream.read(CHUNK), b"")


UNPACK: Final[dict[Container, Callable[[IO[bytes]], Iterator[bytes]]]] = {
    "plain": _as_it_is,
    "gzip": _gunzip,
    "zstd": _unzstd,
}


def form_of(head: bytes) -> Form:
    """What the first bytes say the content is; Rejected for what is none of ours."""
    if (
        head.startswith((b"\xff\xfe", b"\xfe\xff"))
        or head[1:8:2] == b"\0\0\0\0"
        or head[0:8:2] == b"\0\0\0\0"
    ):
        raise Rejected("file_utf16")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Rejected("file_archive")
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"<":
        raise Rejected("file_html")
    if text[:1] == b"{":
        return "ndjson"
    if starts_interchange(head) or text[:3] in (b"ST*", b"GS*"):
        return "x12"
    if b"\0" not in head and text:
        return "csv"
    first = text.split(b"\n", 1)[0]
    is_text = b"," in first and not any(byte < 32 for byte in first.rstrip(b"\r"))
    raise Rejected("file_nul_bytes" if is_text else "file_unknown_kind")


def _check_text(counted: _Counted, form: Form) -> None:
    if counted.nuls:
        raise Rejected("file_nul_bytes")
    if counted.returns and not counted.newlines:
        raise Rejected("file_carriage_returns")
    if form == "csv" and counted.quotes % 2:
        raise Rejected("file_quotes_unbalanced")


def ragged_rows(found: Preflight, fields: int) -> list[int]:
    """Numbers (from 1, header not counted) of rows with another number of fields than the header."""
    bad: list[int] = []
    row, held = 0, 0
    inside = np.uint8(0)
    with found.plain.open("rb") as stream:
        for chunk in iter(lambda: stream.read(CHUNK), b""):
            data = np.frombuffer(chunk, dtype=np.uint8)
            separators, ends = data == 44, data == 10
            if found.quotes:
                quoted = np.bitwise_xor.accumulate((data == 34).view(np.uint8)) ^ inside
                inside = quoted[-1]
                separators &= quoted == 0
                ends &= quoted == 0
            stops = np.flatnonzero(ends)
            if not len(stops):
                held += int(np.count_nonzero(separators))
                continue
            starts = np.concatenate([[0], stops[:-1] + 1])
            counts = np.add.reduceat(separators[: stops[-1] + 1].view(np.uint8), starts, dtype=np.int64)
            counts[0] += held
            bad.extend((row + np.flatnonzero(counts != fields - 1)).tolist())
            row += len(stops)
            held = int(np.count_nonzero(separators[stops[-1] + 1 :]))
    if not found.ends_in_newline and held != fields - 1:
        bad.append(row)
    return [number for number in bad if number > 0]
