"""What one pass over the bytes of a file tells, and text in any encoding written anew as UTF-8."""

from __future__ import annotations

import codecs
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from flows.readers.rejections import Rejected
from transforms.stray_bytes import WINDOWS

Encoding = Literal["utf-8", "utf-16", "utf-16-le", "utf-16-be", "windows"]
CHUNK: Final = 4 << 20
_HEAD: Final = 64 << 10
LONGEST_CHARACTER: Final = 4
"""Bytes of a character of UTF-8, at most."""


class ByteCounts:
    """Counts blocks of bytes as they come; `is_utf8` and `nuls` are of text."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.size = self.quotes = 0
        self.newlines = self.returns = self.nuls = False
        self.head = b""
        self.last = b""
        self._well = True
        self._cut = b""

    @property
    def is_utf8(self) -> bool:
        """Whether all bytes so far are UTF-8."""
        return self._well and not self._cut

    def add(self, chunk: bytes) -> None:
        """Count one block."""
        self.hash.update(chunk)
        if len(self.head) < _HEAD:
            self.head += chunk[: _HEAD - len(self.head)]
        self.size += len(chunk)
        if b'"' in chunk:  # most files have none, and to look for one is much faster than to count
            self.quotes += chunk.count(b'"')
        self.newlines = self.newlines or b"\n" in chunk
        self.returns = self.returns or (not self.newlines and b"\r" in chunk)
        self.nuls |= b"\0" in chunk
        self.last = chunk[-1:]
        if self._well and (self._cut or not chunk.isascii()):
            self._decode(self._cut + chunk)

    def _decode(self, data: bytes) -> None:
        try:
            data.decode()
        except UnicodeDecodeError as error:
            cut = data[error.start :]
            self._well = error.reason == "unexpected end of data" and len(cut) < LONGEST_CHARACTER
            self._cut = cut
        else:
            self._cut = b""


def encoding_of(counted: ByteCounts) -> Encoding:
    """The encoding of a text, from its bytes: a mark, zeros beside letters, UTF-8, else that of Windows."""
    head = counted.head
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head[1:8:2] == b"\0\0\0\0":
        return "utf-16-le"
    if head[0:8:2] == b"\0\0\0\0":
        return "utf-16-be"
    return "utf-8" if counted.is_utf8 else "windows"


def head_as_utf8(counted: ByteCounts) -> bytes:
    """The first bytes of a text as UTF-8."""
    encoding = encoding_of(counted)
    if encoding in ("utf-8", "windows"):
        return counted.head
    return counted.head.decode(encoding, "ignore").encode()


def rewritten(source: Path, target: Path, encoding: str, skip: int = 0, first_row: bytes = b"") -> ByteCounts:
    """Write a text anew as UTF-8, without its first `skip` bytes and with another first row.

    Rejected where it breaks its encoding.

    Bytes that are no UTF-8 in a text that should be are characters of Windows (cp1252), else of Latin-1.
    """
    counted = ByteCounts()
    with target.open("wb") as out:
        counted.add(first_row)
        out.write(first_row)
        try:
            for text in _decoded(source, encoding, skip):
                block = text.encode()
                counted.add(block)
                out.write(block)
        except UnicodeError:
            raise Rejected("file_encoding") from None
    return counted


def _decoded(source: Path, encoding: str, skip: int) -> Iterator[str]:
    codec, errors = ("utf-8", WINDOWS) if encoding == "windows" else (encoding, "strict")
    decoder = codecs.getincrementaldecoder(codec)(errors)
    with source.open("rb") as stream:
        stream.seek(skip)
        for chunk in iter(lambda: stream.read(CHUNK), b""):
            yield decoder.decode(chunk)
        yield decoder.decode(b"", final=True)


BLANK_ROWS: Final = re.compile(
    rb'(?:\xef\xbb\xbf)?(?:(?:[ \t,;|"]*|"?sep=[^\r\n"]{1,2}"?)\r?\n)*', re.IGNORECASE
)


def blank_rows(head: bytes) -> int:
    """Bytes of the rows before the first one that says something; `sep=;` says nothing of a row."""
    found = BLANK_ROWS.match(head)
    return found.end() if found and b"\n" in found.group() else 0
