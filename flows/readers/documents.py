"""JSON documents and nested Parquet, flattened to rows of text in a scratch file, one document at a time."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from flows.readers.csv_header import MARK
from flows.readers.preflight import Preflight, text_beside
from flows.readers.rejections import Rejected
from flows.readers.text_rows import TextRows
from transforms.intake.nested import Nesting, flat_rows, known_paths

LARGEST_DOCUMENT: Final = 32 << 20
"""Bytes of one document, which is held in memory as a whole."""
_SAMPLE: Final = 50
_ROWS: Final = 10_000
DOCUMENTS_READ: Final = 500
"""Rows of nested Parquet read at a time."""


def one_a_line(found: Preflight) -> Preflight:
    """The JSON with one document a line; a file that is one document or a list of them is written anew."""
    with found.plain.open("rb") as stream:
        first = _line(stream)
        if _is_document(first):
            return found
        text = first + stream.read(LARGEST_DOCUMENT + 1 - len(first))
    if len(text) > LARGEST_DOCUMENT:
        raise Rejected("file_document_large")
    assert found.scratch is not None
    target = text_beside(found.scratch)
    lines = [json.dumps(document).encode() + b"\n" for document in _values(text.removeprefix(MARK).decode())]
    target.write_bytes(b"".join(lines))
    return replace(found, plain=target, size=target.stat().st_size, ends_in_newline=True)


def paths_of(found: Preflight) -> set[str]:
    """The paths of the first documents of a file."""
    return known_paths(list(islice(documents(found), _SAMPLE)))


def documents(found: Preflight) -> Iterator[Any]:
    """Documents of a file with one a line, or rows of a Parquet file. Rejected where one can't be read."""
    try:
        yield from _parquet_rows(found.plain) if found.form == "parquet" else _json_lines(found.plain)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise Rejected("file_unreadable") from None
    except OSError as error:
        if error.errno is not None:  # the machine refuses the file; else it is the content that can't be read
            raise
        raise Rejected("file_unreadable") from None


def flattened(found: Preflight, nesting: Nesting, names: list[str]) -> TextRows:
    """The rows of all documents under `names`; one document is in memory at a time.

    They are written down first, since rows may be looked at more than once.
    """
    assert found.scratch is not None
    target = found.scratch.with_suffix(".rows")
    schema = pa.schema([(name, pa.large_string()) for name in names])
    rows = (row for document in documents(found) for row in flat_rows(document, nesting, names))
    try:
        with pq.ParquetWriter(target, schema, compression="lz4") as writer:
            for batch in iter(lambda: list(islice(rows, _ROWS)), []):
                columns = [pa.array(values, pa.large_string()) for values in zip(*batch, strict=True)]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    except UnicodeEncodeError:
        raise Rejected("file_encoding") from None
    return TextRows(partial(_written_rows, target), names)


def _written_rows(path: Path) -> Iterator[pl.DataFrame]:
    row = 1
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
            rows = pl.DataFrame(batch)
            number = pl.int_range(row, row + len(rows), dtype=pl.Int64)
            yield rows.with_columns(row_number=number, field_count_ok=pl.lit(True))
            row += len(rows)


def _parquet_rows(path: Path) -> Iterator[Any]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=DOCUMENTS_READ, use_threads=False):
            yield from batch.to_pylist()


def _json_lines(path: Path) -> Iterator[Any]:
    with path.open("rb") as stream:
        for number, line in enumerate(iter(partial(_line, stream), b""), start=1):
            if line.strip():
                try:
                    yield _read(line)
                except (ValueError, RecursionError):
                    raise Rejected("file_unreadable", f"line {number}") from None


def _line(stream: IO[bytes]) -> bytes:
    line = stream.readline(LARGEST_DOCUMENT + 1)
    if len(line) > LARGEST_DOCUMENT:
        raise Rejected("file_document_large")
    return line.removeprefix(MARK)


def _is_document(line: bytes) -> bool:
    try:
        return isinstance(_read(line), dict)
    except (ValueError, RecursionError):
        return False


def _read(text: bytes | str) -> Any:
    """A document whose numbers are the texts that they were written as."""
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=lambda _: None)


def _values(text: str) -> Iterator[Any]:
    """The documents of a text that is one, a list of some, or several behind each other."""
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=lambda _: None)
    blank = re.compile(r"\s*")
    at = blank.match(text).end()  # type: ignore[union-attr]
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            yield from value if isinstance(value, list) else [value]
            at = blank.match(text, at).end()  # type: ignore[union-attr]
    except (ValueError, RecursionError):
        raise Rejected("file_unreadable") from None
