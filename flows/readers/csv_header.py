"""Where the rows of a delimited text begin, and what separates its fields: found from its first bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from flows.readers.byte_counts import blank_rows
from flows.readers.rejections import Rejected

SEPARATORS: Final = (",", ";", "\t", "|")
HEAD: Final = 1 << 20
"""Bytes within which a header must end."""
ROWS_LOOKED_AT: Final = 40
"""Rows in which a header is looked for: reports begin with a title, a date, a filter."""
SAMPLE: Final = 20
BLANK: Final = "_cpt01939_blank_"
"""Names of columns that have none."""
MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class CsvHeader:
    """The header of a delimited text: its names, the separator, and what stands before it.

    `skip`: bytes to pass over, also those of a header in which a column has no name; `first_row` stands for
    that one. `rows_before`: rows above the header that say something.
    """

    names: list[str]
    separator: str
    skip: int = 0
    rows_before: int = 0
    first_row: bytes = b""
    quote: str = '"'


def find_header(path: Path, fits: Callable[[list[str]], bool]) -> CsvHeader:
    """The first row that fits a layout, under any separator; else the first row that says something.

    Rejected where nothing separates fields.
    """
    with path.open("rb") as stream:
        head = stream.read(HEAD)
    blank = blank_rows(head)  # a mark alone is passed by every parser
    begin = blank or (len(MARK) if head.startswith(MARK) else 0)
    for rows_before, start in enumerate(islice(_line_starts(head, begin), ROWS_LOOKED_AT)):
        text = _text(head[start:])
        for separator in SEPARATORS:
            if fits(_row(text, separator)):
                return _header(text, separator, start, start if rows_before else blank, rows_before)
    text = _text(head[begin:])
    separator = max(SEPARATORS, key=lambda mark: len(_row(text, mark)))
    names = _row(text, separator)
    if len(names) == 1:
        raise Rejected("file_wrong_delimiter")
    if not names:
        raise Rejected("file_header_missing")
    return _header(text, separator, begin, blank, 0)


def _header(text: str, separator: str, start: int, skip: int, rows_before: int) -> CsvHeader:
    """The header that a text begins with, `start` bytes into the file; where a column has no name, with names
    for all.
    """
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    told = next(reader)
    ends_at = sum(len(line.encode()) for line in islice(io.StringIO(text, newline=""), reader.line_num))
    names = _named(told, reader)
    if names == told:
        return CsvHeader(names, separator, skip, rows_before)
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator="\n").writerow(names)
    return CsvHeader(names, separator, start + ends_at, rows_before, out.getvalue().encode())


def _line_starts(head: bytes, begin: int) -> Iterator[int]:
    while begin < len(head):
        yield begin
        begin = head.find(b"\n", begin) + 1 or len(head)


def _text(head: bytes) -> str:
    return head.decode("utf-8", "ignore")


def _row(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text), delimiter=separator), [])
    except csv.Error:
        return []


def _named(names: list[str], rows: Iterator[list[str]]) -> list[str]:
    """The names with one for each blank column, also for those that only the rows have."""
    try:
        sample = [row for row in islice(rows, SAMPLE) if row]
    except csv.Error:
        sample = []
    longest = min((len(row) for row in sample), default=0)
    if longest > len(names) and not any(any(row[len(names) :]) for row in sample):
        names = [*names, *[""] * (longest - len(names))]
    return [name if name.strip() else f"{BLANK}{number}" for number, name in enumerate(names)]
