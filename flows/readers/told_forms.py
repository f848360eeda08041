"""Texts whose form a layout tells: encoding, quote, delimiter, no header, columns of fixed width."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from flows.readers.byte_counts import rewritten
from flows.readers.csv_header import HEAD, MARK, SAMPLE, CsvHeader
from flows.readers.preflight import Preflight, text_beside
from flows.readers.text_rows import TextRows, parsed_text
from transforms.intake.layout_rules import FileForm, plain_header
from transforms.intake.layouts import Layout

NEVER: Final = "\x01"
"""A separator that no text has: a line is read whole."""


@dataclass(frozen=True)
class ToldForm:
    """A file that is as a layout tells: the file as UTF-8, its layout, and its header or its rows."""

    found: Preflight
    layout: Layout
    header: CsvHeader
    rows: TextRows | None = None


def told_form(found: Preflight, layouts: list[Layout]) -> ToldForm | None:
    """The layout that tells the form of this text, the most specific first; None where none does."""
    for layout in sorted(layouts, key=lambda each: (-len(each.headers()), each.name)):
        if not layout.file.is_told:
            continue
        head, is_whole = _head(found, layout.file)
        start, lines = _after_skipped(head, layout.file.skip_rows)
        if not is_whole or layout.file.skip_end_rows:
            lines = lines[: max(len(lines) - max(layout.file.skip_end_rows, 1), 0)]
        if layout.file.fixed and _lines_match(lines[:SAMPLE], layout.file):
            text = _as_utf8(found, layout.file)
            return ToldForm(
                text, layout, CsvHeader(list(layout.file.names), ""), _fixed_rows(text, layout.file)
            )
        header = None if layout.file.fixed else _header(lines, start, layout)
        if header is not None:
            return ToldForm(_as_utf8(found, layout.file), layout, header)
    return None


def _head(found: Preflight, form: FileForm) -> tuple[str, bool]:
    """The first characters of the text, and whether they are all."""
    path = _bytes_of(found) if form.encoding else found.plain
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        is_whole = not stream.read(1)
    return head.removeprefix(MARK).decode(form.encoding or "utf-8", "ignore"), is_whole


def _bytes_of(found: Preflight) -> Path:
    """The text as delivered, decompressed."""
    assert found.scratch is not None
    return found.scratch if found.scratch.exists() else found.source


def _after_skipped(head: str, skip: int) -> tuple[int, list[str]]:
    """Bytes (as UTF-8) of the rows to skip, and the lines after them."""
    lines = head.splitlines(keepends=True)
    return sum(len(line.encode()) for line in lines[:skip]), [line.rstrip("\r\n") for line in lines[skip:]]


def _as_utf8(found: Preflight, form: FileForm) -> Preflight:
    if not form.encoding:
        return found
    assert found.scratch is not None
    target = text_beside(found.scratch)
    counted = rewritten(_bytes_of(found), target, form.encoding)
    ends = counted.last == b"\n"
    return replace(found, plain=target, size=counted.size, quotes=counted.quotes, ends_in_newline=ends)


def _lines_match(lines: list[str], form: FileForm) -> bool:
    """Whether all lines have the columns that the file is known by."""
    patterns = dict(form.matches)
    spans = [
        (start - 1, start - 1 + width, patterns[name])
        for name, start, width in form.fixed
        if name in patterns
    ]
    told = [line for line in lines if line.strip()]
    return bool(told) and all(
        re.search(pattern, line[start:end].strip()) for line in told for start, end, pattern in spans
    )


def _header(lines: list[str], start: int, layout: Layout) -> CsvHeader | None:
    form = layout.file
    delimiters = (form.delimiter,) if form.delimiter else (",", ";", "\t", "|")
    for delimiter in delimiters:
        rows = _rows(lines[:SAMPLE], delimiter, form.quote)
        if not rows:
            continue
        if form.header and _names(rows[0]) == _names(form.header):
            return CsvHeader(list(form.header), delimiter, start, form.skip_rows, quote=form.quote)
        if form.header:
            patterns = {list(form.header).index(name): pattern for name, pattern in form.matches}
            fits = all(len(row) == len(form.header) for row in rows) and all(
                re.search(pattern, row[place].strip()) for row in rows for place, pattern in patterns.items()
            )
            if fits:
                out = io.StringIO()
                csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(form.header)
                first = out.getvalue().encode()
                return CsvHeader(list(form.header), delimiter, start, form.skip_rows, first, form.quote)
        elif layout.needed() <= {plain_header(name) for name in rows[0]}:
            return CsvHeader(rows[0], delimiter, start, form.skip_rows, quote=form.quote)
    return None


def _names(row: Iterable[str]) -> list[str]:
    return [plain_header(name) for name in row]


def _rows(lines: list[str], delimiter: str, quote: str) -> list[list[str]]:
    """The first rows; a quoted line end is not looked for."""
    told = [line for line in lines if line.strip()]
    try:
        if not quote:
            return [line.split(delimiter) for line in told]
        return list(csv.reader(told, delimiter=delimiter, quotechar=quote))
    except csv.Error:
        return []


def _fixed_rows(found: Preflight, form: FileForm) -> TextRows:
    """Lines cut into columns; blank lines are none, and a line beyond the last column has a wrong length."""
    width = max(start - 1 + size for _, start, size in form.fixed)
    line = pl.col("line").str.strip_chars_end()
    cut = [line.str.slice(start - 1, size).str.strip_chars().alias(name) for name, start, size in form.fixed]
    is_whole = (line.str.len_chars().fill_null(0) <= width).alias("field_count_ok")
    lines = CsvHeader(["line"], NEVER, quote="")
    pieces = parsed_text(found.plain, lines, skip_lines=form.skip_rows, has_header=False)
    text = TextRows(pieces, list(form.names))
    return text.changed(lambda piece: piece.select(*cut, "row_number", is_whole))


def without_end(text: TextRows, rows: int) -> TextRows:
    """The rows without the last ones that say something, which are totals or a trailer."""
    if not rows:
        return text
    names = [name for name in text.header if name not in ("row_number", "field_count_ok")]
    says = pl.any_horizontal(pl.col(name).fill_null("").cast(pl.String) != "" for name in names)
    last: list[int] = []
    for piece in text.pieces():
        last = [*last, *piece.filter(says)["row_number"].tail(rows)][-rows:]
    if not last:
        return text
    before = pl.col("row_number") < last[0]
    return replace(text.changed(lambda piece: piece.filter(before)), totals=None)
