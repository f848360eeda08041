"""Compressed files, unpacked block by block."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, Final, Literal

import zstandard

from flows.readers.rejections import Rejected

Container = Literal["plain", "gzip", "zstd"]
_CHUNK: Final = 4 << 20
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
ZSTD_BITE: Final = 4 << 10


def container_of(head: bytes) -> Container:
    """How a file is compressed, by its first bytes."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    return "zstd" if head.startswith(_ZSTD_MAGIC) else "plain"


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
                piece = decoder.decompress(data, _CHUNK)
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
                    if not _ZSTD_MAGIC.startswith(data[:4]):
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
    return iter(lambda: stream.read(_CHUNK), b"")


UNPACK: Final[dict[Container, Callable[[IO[bytes]], Iterator[bytes]]]] = {
    "plain": _as_it_is,
    "gzip": _gunzip,
    "zstd": _unzstd,
}
