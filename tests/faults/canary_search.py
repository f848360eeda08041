"""Looks for canaries and a birth date in files: plain, compressed, encoded, in tables and databases."""

from __future__ import annotations

import base64
import binascii
import contextlib
import io
import re
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import zstandard

BIRTH_DATE = "1953-08-29"
BIRTH_FORMS = ("1953-08-29", "19530829", "08/29/1953", "1953, 8, 29")


def canary(*parts: object) -> str:
    """Text that is nowhere else and that no cleaning changes: letters and digits, upper case."""
    return "QZX" + "".join(str(part) for part in parts).replace("_", "").upper() + "XZQ"


CANARY = re.compile(rb"QZX[0-9A-Z]+XZQ", re.IGNORECASE)

BASE64 = re.compile(rb"[0-9A-Za-z+/_-]{24,}={0,2}")
HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")


def layers(content: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes, and what stands in them compressed, encoded, or in a Parquet file or a database."""
    yield content
    if depth > 3:
        return
    for inner in unpacked(content):
        yield from layers(inner, depth + 1)


def unpacked(content: bytes) -> Iterator[bytes]:
    for at in found_at(content, b"\x1f\x8b\x08"):
        decoder = zlib.decompressobj(wbits=31)
        with contextlib.suppress(zlib.error):
            yield decoder.decompress(content[at:])
    for at in found_at(content, b"\x28\xb5\x2f\xfd"):
        with contextlib.suppress(zstandard.ZstdError):
            yield zstandard.ZstdDecompressor().decompressobj().decompress(content[at:])
    if content.startswith(b"PAR1"):
        table = pq.read_table(io.BytesIO(content))
        yield repr(table.schema.metadata).encode()
        yield repr(pq.ParquetFile(io.BytesIO(content)).metadata.metadata).encode()
        yield pl.DataFrame(table).write_ndjson().encode()
    elif content.startswith(b"SQLite format 3\0"):
        yield from database(content)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (name.encode() for name in archive.namelist())
            yield from map(archive.read, archive.namelist())
    elif content[8:12] == b"DUCK":
        yield from duckdb_file(content)
    elif b"\0" in content[:2000]:
        yield content.replace(b"\0", b"")
    for pattern, decode in ((BASE64, from_base64), (HEX, from_hex)):
        for match in pattern.finditer(content):
            inner = decode(match.group())
            if inner:
                yield inner


def found_at(content: bytes, magic: bytes) -> Iterator[int]:
    at = content.find(magic)
    while at >= 0:
        yield at
        at = content.find(magic, at + 1)


def from_base64(text: bytes) -> bytes:
    try:
        padded = text.rstrip(b"=")
        return base64.b64decode(padded + b"=" * (-len(padded) % 4), altchars=b"-_" if b"_" in text else None)
    except binascii.Error:
        return b""


def from_hex(text: bytes) -> bytes:
    inner = binascii.unhexlify(text)
    return inner if any(mark in inner.upper() for mark in (b"QZX", b"XZQ")) else b""


def database(content: bytes) -> Iterator[bytes]:
    """Every value of every table."""
    connection = sqlite3.connect(":memory:")
    connection.deserialize(
        content.replace(b"\x02\x02", b"\x01\x01", 1) if content[18:20] == b"\x02\x02" else content
    )
    tables = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
    for (name,) in tables:
        for row in connection.execute(f'select * from "{name}"'):
            for value in row:
                if isinstance(value, str | bytes):
                    yield value if isinstance(value, bytes) else value.encode()


def duckdb_file(content: bytes) -> Iterator[bytes]:
    """Every row of every table and view, and all that is said of them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "copy.duckdb"
        path.write_bytes(content)
        with duckdb.connect(str(path), read_only=True) as base:
            yield repr(base.execute("select * from duckdb_columns()").fetchall()).encode()
            yield repr(base.execute("select sql, comment from duckdb_views()").fetchall()).encode()
            for (name,) in base.execute("select table_name from information_schema.tables").fetchall():
                yield repr(base.execute(f'select * from "{name}"').fetchall()).encode()


def leaks(folder: Path) -> list[str]:
    """Files below a folder, names too, in which a canary or a birth date stands."""
    told = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name.startswith("landing"):
            continue
        content = path.read_bytes() if path.is_file() else b""
        hits = found_in(name.encode()) | found_in(content)
        if hits:
            told.append(f"{name}: {sorted(hits)[:3]}")
    return told


def found_in(content: bytes) -> set[bytes]:
    hits: set[bytes] = set()
    for layer in layers(content):
        hits |= set(CANARY.findall(layer))
        hits |= {form.encode() for form in BIRTH_FORMS if form.encode() in layer}
    return hits
