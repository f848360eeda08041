"""The first pass over a file's bytes: what it is, its identity, and damage that a parser would pass over in
silence.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from flows.machine_errors import shortage
from flows.readers.byte_counts import ByteCounts, Encoding, encoding_of, head_as_utf8, rewritten
from flows.readers.containers import UNPACK, Container, container_of
from flows.readers.file_form import Form, check_workbook, form_of
from flows.readers.rejections import Growing, Rejected

_CHUNK: Final = 4 << 20
_HEAD: Final = 64 << 10


@dataclass(frozen=True)
class Preflight:
    """Identity and form of a file. `plain` holds its bytes decompressed, text as UTF-8; `size` and `quotes`
    are of those.

    `encoding`: the one the text was delivered in. `scratch`: where it may be written anew once more.
    """

    sha256: str
    form: Form
    plain: Path
    size: int
    quotes: int
    ends_in_newline: bool
    source: Path
    marks: tuple[int, ...]
    encoding: Encoding = "utf-8"
    scratch: Path | None = None

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
    UTF-8, which the readers could not open. Text that is not UTF-8 is written as UTF-8 beside it.
    """
    descriptor = _open_regular(path)
    with os.fdopen(descriptor, "rb") as stream:
        before = os.fstat(stream.fileno())
        head = stream.read(_HEAD)
        stream.seek(0)
        container = container_of(head)
        if before.st_size > limits.largest_bytes:
            raise Rejected("file_expands_too_much")
        if container == "plain" and _is_utf8(path):
            plain, counted = path, _counted(stream)
        else:
            plain, counted = scratch, _expanded(stream, container, scratch, limits)
        after = os.fstat(stream.fileno())
    if _marks(before) != _marks(after):
        raise Growing
    if counted.size == 0:
        raise Rejected("file_empty")
    digest, encoding = counted.hash.hexdigest(), encoding_of(counted)
    form = form_of(head_as_utf8(counted))
    if form == "workbook":
        check_workbook(plain, limits.largest_bytes, limits.largest_ratio)
    if form == "x12" and encoding not in ("utf-8", "windows"):
        raise Rejected("file_utf16")
    if form in ("csv", "ndjson"):
        if encoding != "utf-8":
            counted = rewritten(plain, text_beside(scratch), encoding)
            plain = text_beside(scratch)
        _check_text(counted)
    return Preflight(
        digest, form, plain, counted.size, counted.quotes, counted.last == b"\n", path, _marks(before),
        encoding, scratch,
    )  # fmt: skip


def text_beside(scratch: Path) -> Path:
    """Where a text is written as UTF-8."""
    return scratch.with_suffix(".text")


def remove_scratch(scratch: Path) -> None:
    """Remove what was written decompressed or anew."""
    for path in (scratch, text_beside(scratch), scratch.with_suffix(".rows")):
        path.unlink(missing_ok=True)


def _counted(stream: IO[bytes]) -> ByteCounts:
    counted = ByteCounts()
    for chunk in iter(lambda: stream.read(_CHUNK), b""):
        counted.add(chunk)
    return counted


def _expanded(stream: IO[bytes], container: Container, scratch: Path, limits: Limits) -> ByteCounts:
    """Decompress to `scratch`, counting; limits hold while it expands, not after."""
    counted = ByteCounts()
    packed = max(os.fstat(stream.fileno()).st_size, 1)
    with scratch.open("wb") as target:
        for chunk in UNPACK[container](stream):
            counted.add(chunk)
            if counted.size > min(limits.largest_bytes, max(packed * limits.largest_ratio, 64 << 20)):
                raise Rejected("file_expands_too_much")
            target.write(chunk)
    return counted


def _is_utf8(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _marks(found: os.stat_result) -> tuple[int, ...]:
    """What changes when a file is written to or replaced."""
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


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


def _check_text(counted: ByteCounts) -> None:
    if counted.nuls:
        raise Rejected("file_nul_bytes")
    if counted.returns and not counted.newlines:
        raise Rejected("file_carriage_returns")
