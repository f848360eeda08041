"""The workbook: a sheet per table with typed columns, a read-me sheet and the dictionary as a sheet.

Codes are text, dates are dates, roll-ups are bold; nothing becomes a formula or a link. The same tables give
the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from flows.publication.sheet import FrameSheet
from schemas.columns import Column
from schemas.dictionary import NOT, described_table
from schemas.table_columns import TableSpec
from schemas.tables import TABLES
from transforms.publication.published import Published
from transforms.publication.shown_edition import long_date
from transforms.publication.words import EDITIONS, EXACT_WARNING, LIMITS, ROUNDING, SYNTHETIC

CREATED: Final = dt.datetime(2000, 1, 1)
"""A fixed date: the workbook tells when its release was published nowhere but in the manifest."""
MOST_ROWS: Final = 1_048_575
"""Rows below the header that a sheet can hold."""
NUMBER_FORMATS: Final = {
    "USD": "$#,##0.00",
    "USD per unit": "$#,##0.00",
    "share": "0.0%",
    "ratio": "0.00",
    "date": "yyyy-mm-dd",
}
WIDEST: Final = 34
OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "default_date_format": "yyyy-mm-dd",
}


class Formats:
    """Cell formats by number format and weight, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self.book = book
        self.made: dict[tuple[str, bool], Format] = {}

    def of(self, number_format: str = "", is_bold: bool = False) -> Format:
        """The format of a cell."""
        key = (number_format, is_bold)
        if key not in self.made:
            wanted: dict[str, Any] = {"bold": True} if is_bold else {}
            self.made[key] = self.book.add_format({**wanted, "num_format": number_format or "General"})
        return self.made[key]

    def style(self, number_format: str, is_bold: bool) -> int:
        """Number of a format in the file."""
        return int(self.of(number_format, is_bold)._get_xf_index())


def write_workbook(published: Published, path: Path) -> Path:
    """Write every published table as a sheet of one workbook."""
    book = xlsxwriter.Workbook(str(path), OPTIONS)
    book.set_properties({"title": f"CPT {published.edition.main_code} benchmarks", "created": CREATED})
    formats = Formats(book)
    specs = [spec for name, spec in TABLES.items() if published.has(name)]
    _read_me(book.add_worksheet("Read me"), published, specs, formats)
    for spec in specs:
        _table_sheet(
            book.add_worksheet(spec.name, worksheet_class=FrameSheet),
            spec,
            published.tables[spec.name],
            formats,
        )
    _dictionary(book.add_worksheet("Dictionary"), specs, formats)
    book.close()
    return path


def _read_me(sheet: Worksheet, published: Published, specs: Sequence[TableSpec], formats: Formats) -> None:
    edition = published.edition
    lines = [
        f"CPT {edition.main_code} benchmarks",
        EDITIONS.get(edition.audience, edition.audience),
        f"Release {edition.release_id}, as of {long_date(edition.as_of) if edition.as_of else 'not known'}",
        *([SYNTHETIC] if edition.is_synthetic else []),
        *([EXACT_WARNING] if edition.is_exact else [ROUNDING]),
        "",
        "Filter before you add up. Rows with is_rollup are totals, shown in bold. Choose one period_type,"
        " because each sheet has months, quarters, years and the rolling twelve months.",
        "An empty cell means that the value is withheld (see the column withheld), or that no line has it.",
        *LIMITS,
        *NOT,
        "",
        "Sheets",
        *(f"{spec.name}: {spec.what}" for spec in specs),
        "Dictionary: every column with its unit and meaning",
    ]
    for place, line in enumerate(lines):
        sheet.write_string(place, 0, line, formats.of(is_bold=place == 0 or line == "Sheets"))
    sheet.set_column(0, 0, 110)


def _table_sheet(sheet: FrameSheet, spec: TableSpec, frame: pl.DataFrame, formats: Formats) -> None:
    known = {column.name: column for column in spec.columns}
    columns = [known[name] for name in frame.columns if name in known]
    if frame.height > MOST_ROWS:
        sheet.write_string(0, 0, f"{frame.height} rows: too many for a sheet; read the DuckDB file")
        return
    none = pl.repeat(False, frame.height, dtype=pl.Boolean, eager=True)
    is_rollup = frame["is_rollup"] if "is_rollup" in frame.columns else none
    wanted = [NUMBER_FORMATS.get(column.unit, "") for column in columns]
    usual, bold = (
        [formats.style(number_format, weight) for number_format in wanted] for weight in (False, True)
    )
    shown = frame.select(column.name for column in columns)
    sheet.set_frame(shown, usual, bold, is_rollup)
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.name, formats.of(is_bold=True))
        sheet.write_comment(0, place, f"{column.description} [{column.unit or 'text'}]", {"x_scale": 2})
        number_format = NUMBER_FORMATS.get(column.unit, "")
        sheet.set_column(place, place, _width(column, frame), formats.of(number_format))
    sheet.freeze_panes(1, sum(name in spec.key_names for name in shown.columns))
    if frame.height:
        heads = [{"header": column.name} for column in columns]
        options = {"name": f"t_{spec.name}", "columns": heads, "style": "Table Style Light 1"}
        sheet.name_table(shown, {**options, "banded_rows": False})


def _width(column: Column, frame: pl.DataFrame) -> float:
    longest = len(column.name) + 3
    if frame.schema[column.name] == pl.String and frame.height:
        longest = max(longest, int(frame[column.name].str.len_chars().max() or 0))  # type: ignore[arg-type]
    return float(min(max(longest, 9), WIDEST))


def _dictionary(sheet: Worksheet, specs: Sequence[TableSpec], formats: Formats) -> None:
    heads = ("table", "column", "key", "type", "unit", "meaning", "source")
    rows = [
        (
            *(spec.name, column["name"], "yes" if column["name"] in spec.key_names else "no"),
            *(column["type"], column["unit"], column["description"], column["source"]),
        )
        for spec in specs
        for column in described_table(spec)["columns"]
    ]
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, formats.of(is_bold=True))
    for place, row in enumerate(rows, start=1):
        for at, words in enumerate(row):
            sheet.write_string(place, at, words)
    sheet.freeze_panes(1, 2)
    for place, width in enumerate((20, 34, 6, 14, 14, 80, 28)):
        sheet.set_column(place, place, width)
    if rows:
        options = {"name": "t_dictionary", "columns": [{"header": head} for head in heads]}
        sheet.add_table(0, 0, len(rows), len(heads) - 1, {**options, "style": "Table Style Light 1"})
