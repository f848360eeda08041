"""CSV files as text: by the prefilter the lines that may be kept, by the parser every row where that can't
be.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import IO, Final

import numpy as np
import polars as pl

from flows.readers.byte_counts import CHUNK, rewritten
from flows.readers.csv_header import CsvHeader
from flows.readers.preflight import Preflight
from flows.readers.text_rows import TextRows, held_rows, parsed_text
from transforms.intake.block_rows import NEWLINE, SLACK, Places, Unsievable
from transforms.intake.prefilter import Prefilter, PrefilterRules

BLOCK: Final = 1 << 20
"""Bytes prefiltered at a time: few enough to stay in the processor's cache."""
LONGEST_ROW: Final = 64 << 20
MOST_PASSED: Final = 64 << 20
"""Bytes of lines up to which sieving pays; beyond that the parser reads the whole file in pieces."""
NO_QUOTE: Final = 0
"""A byte that no text has."""


def begun_at_header(found: Preflight, header: CsvHeader) -> Preflight:
    """The file as one that begins with its header: written anew where rows stand before it, and where a
    column has no name.
    """
    if not header.skip and not header.first_row:
        return found
    assert found.scratch is not None
    plain = found.scratch.with_suffix(".rows")
    counted = rewritten(found.plain, plain, "utf-8", header.skip, header.first_row)
    return replace(found, plain=plain, size=counted.size, quotes=counted.quotes)


def read_csv(found: Preflight, header: CsvHeader, rules: PrefilterRules | None) -> TextRows:
    """The rows of a CSV that may be kept; all of them, not yet read, where its lines can't be prefiltered."""
    return (rules and _prefiltered(found, header, rules)) or _parsed_whole(found, header)


def _parsed_whole(found: Preflight, header: CsvHeader) -> TextRows:
    ragged = ragged_rows(found, len(header.names), header.separator, header.quote)
    rows = TextRows(parsed_text(found.plain, header), header.names, bool(ragged))
    return rows.changed(lambda piece: piece.with_columns(field_count_ok=_is_whole(ragged)))


def _is_whole(ragged: list[int]) -> pl.Expr:
    return ~pl.col("row_number").is_in(ragged) if ragged else pl.lit(True)


def _prefiltered(found: Preflight, header: CsvHeader, rules: PrefilterRules) -> TextRows | None:
    """Lines that the prefilter let through, parsed; None where it can't tell lines apart or the parser does
    not agree.
    """
    prefilter = Prefilter(rules, found.quotes > 0, ord(header.separator))
    try:
        with found.plain.open("rb", buffering=0) as stream:
            _pour(stream, prefilter)
            beside = _beside(stream, prefilter)
        rows = _parsed(prefilter.head, prefilter.lines, prefilter.numbers, header)
        texts, numbers = [lines for lines, _ in beside], [numbers for _, numbers in beside]
        others = _parsed(prefilter.head, texts, numbers, header)
    except (Unsievable, pl.exceptions.PolarsError):
        return None
    ragged = [number for numbers in prefilter.ragged for number in numbers.tolist()]
    return TextRows(
        held_rows(rows.with_columns(field_count_ok=_is_whole(ragged))),
        header.names,
        bool(ragged),
        others.with_columns(field_count_ok=pl.lit(True)),
        (prefilter.rows - 1,),
    )


def _pour(stream: IO[bytes], prefilter: Prefilter) -> None:
    """Give the prefilter the whole file, block by block; a row that a block cuts goes to the next."""
    buffer = bytearray(BLOCK + SLACK)
    held = 0
    while True:
        if held > len(buffer) // 2:
            buffer = buffer + bytearray(len(buffer))
        filled = held + _filled(stream, memoryview(buffer)[held : len(buffer) - SLACK - 1])
        is_end = filled == held
        if is_end and held and buffer[held - 1 : held] != b"\n":
            buffer[filled] = NEWLINE
            filled += 1
        taken = prefilter.take(buffer, filled)
        held = filled - taken
        if (is_end and held) or held > LONGEST_ROW or prefilter.passed > MOST_PASSED:
            raise Unsievable
        if is_end:
            return
        buffer[:held] = buffer[taken:filled]


def _beside(stream: IO[bytes], prefilter: Prefilter) -> list[tuple[bytes, Places]]:
    """Lines that may stand beside those that passed, here or in another file."""
    found, size = [], prefilter.passed
    for lines, numbers in prefilter.beside(partial(_read_at, stream.fileno())):
        found.append((lines, numbers))
        size += len(lines)
        if size > MOST_PASSED:
            raise Unsievable
    return found


def _filled(stream: IO[bytes], view: memoryview) -> int:
    return stream.readinto(view) or 0  # type: ignore[attr-defined, no-any-return]


def _parsed(head: bytes, lines: Iterable[bytes], numbers: list[Places], header: CsvHeader) -> pl.DataFrame:
    """Lines under their header, with their row numbers. Unsievable where the parser sees other rows."""
    rows = pl.read_csv(
        b"".join([head, *lines]),
        separator=header.separator,
        schema=_schema(header),
        truncate_ragged_lines=True,
    )
    found = np.concatenate([np.empty(0, dtype=np.int64), *numbers])
    if len(rows) != len(found):
        raise Unsievable
    return rows.with_columns(pl.Series("row_number", found, dtype=pl.Int64))


def _read_at(descriptor: int, offset: int, size: int) -> bytes:
    found = os.pread(descriptor, size, offset)
    if len(found) == size - 1:
        found += b"\n"
    if len(found) != size:
        raise Unsievable
    return found


def _schema(header: CsvHeader) -> pl.Schema:
    return pl.Schema(dict.fromkeys(header.names, pl.String))


def ragged_rows(found: Preflight, fields: int, separator: str = ",", quote: str = '"') -> list[int]:
    """Numbers (from 1, header not counted) of rows with another number of fields than the header."""
    bad: list[int] = []
    row, held = 0, 0
    inside = np.uint8(0)
    with found.plain.open("rb") as stream:
        for chunk in iter(lambda: stream.read(CHUNK), b""):
            data = np.frombuffer(chunk, dtype=np.uint8)
            separators, ends = data == ord(separator), data == NEWLINE
            if quote != '"' or found.quotes:
                mark = ord(quote) if quote else NO_QUOTE
                quoted = np.bitwise_xor.accumulate((data == mark).view(np.uint8)) ^ inside
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
