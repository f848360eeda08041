"""The rows of an extract as text, a piece at a time: one piece of a file is in memory, whatever its size."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

import polars as pl

from flows.readers.csv_header import CsvHeader
from flows.readers.rejections import Rejected

TEXT_BLOCK: Final = 4 << 20
"""Bytes of text that are parsed at a time; what the parser makes of them is several times as large."""
LONGEST_TEXT_ROW: Final = 64 << 20
ROWS: Final = 20_000
"""Rows of a table with types of its own that are read at a time."""

Pieces = Callable[[], Iterator[pl.DataFrame]]
"""Reads a file from its beginning: its rows in their order, some at a time."""


@dataclass(frozen=True)
class TextRows:
    """A file as text: its rows with row_number and field_count_ok, its header, whether any row has another
    number of fields.

    Of a prefiltered CSV `pieces` has the rows that may be kept, `beside` others that may stand beside them.
    `totals`: how many rows the file has of each kind, where that is known beforehand.
    `is_held`: its rows are read by help of each other, and all that are needed are one piece.
    """

    pieces: Pieces
    header: list[str]
    is_ragged: bool = False
    beside: pl.DataFrame | None = None
    totals: tuple[int, ...] | None = None
    is_held: bool = False

    def no_rows(self) -> pl.DataFrame:
        """A piece without rows."""
        kinds = {
            **dict.fromkeys(self.header, pl.String),
            "row_number": pl.Int64,
            "field_count_ok": pl.Boolean,
        }
        return pl.DataFrame(schema=kinds)

    def changed(self, change: Callable[[pl.DataFrame], pl.DataFrame]) -> TextRows:
        """The same file with each piece changed."""
        pieces = self.pieces
        return replace(self, pieces=lambda: (change(piece) for piece in pieces()))


def streamed(rows: pl.LazyFrame) -> Pieces:
    """The rows of a query, in pieces."""
    return lambda: iter(rows.collect_batches(chunk_size=ROWS, maintain_order=True, engine="streaming"))


def held_rows(rows: pl.DataFrame) -> Pieces:
    """Rows that are in memory already, in pieces."""
    return lambda: rows.iter_slices(ROWS)


def parsed_text(path: Path, header: CsvHeader, skip_lines: int = 0, has_header: bool = True) -> Pieces:
    """Every row of a delimited text, with its number from 1 (the header is none)."""

    def pieces() -> Iterator[pl.DataFrame]:
        row, names = 1, _written_header(header)
        with path.open("rb") as stream:
            for _ in range(skip_lines):
                stream.readline()
            for number, block in enumerate(whole_rows(stream, header.quote)):
                is_named = has_header and not number
                rows = pl.read_csv(
                    block if is_named else names + block,
                    separator=header.separator,
                    quote_char=header.quote or None,
                    schema=dict.fromkeys(header.names, pl.String),
                    truncate_ragged_lines=True,
                )
                yield rows.with_columns(row_number=pl.int_range(row, row + len(rows), dtype=pl.Int64))
                row += len(rows)

    return pieces


def _written_header(header: CsvHeader) -> bytes:
    """The names as a row: without it the parser would take the first row of a block for all fields."""
    out = io.StringIO()
    form: dict[str, Any] = {"quotechar": header.quote} if header.quote else {"quoting": csv.QUOTE_NONE}
    csv.writer(out, delimiter=header.separator, lineterminator="\n", **form).writerow(header.names)
    return out.getvalue().encode()


def whole_rows(stream: IO[bytes], quote: str) -> Iterator[bytes]:
    """What follows in a text, in blocks that end where a row does. Rejected where a row does not end."""
    mark, held = quote.encode(), b""
    for chunk in iter(lambda: stream.read(TEXT_BLOCK), b""):
        held += chunk
        if end := _end_of_rows(held, mark):
            yield held[:end]
            held = held[end:]
        if len(held) > LONGEST_TEXT_ROW:
            raise Rejected("file_quotes_unbalanced" if mark and mark in held else "file_unreadable")
    if held:
        yield held


def _end_of_rows(block: bytes, mark: bytes) -> int:
    """Bytes up to the last line end that stands in no quotes; the block begins outside of them."""
    end = block.rfind(b"\n") + 1
    quotes = block.count(mark, 0, end) if mark else 0
    while quotes % 2:
        shorter = block.rfind(b"\n", 0, end - 1) + 1
        quotes -= block.count(mark, shorter, end)
        end = shorter
    return end
