"""An extract opened: its form, its header, the layout that fits, and its rows as text."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from flows.readers.csv_header import BLANK, CsvHeader, find_header
from flows.readers.preflight import Preflight
from flows.readers.read_csv import TextRows, begun_at_header, read_csv
from flows.readers.read_tables import OURS, check_header, scan_text
from flows.readers.rejections import Rejected
from flows.readers.workbook import fitting_sheet
from flows.settings import config_folder
from transforms.intake.layouts import Layout, parse_layout, pick_layout
from transforms.intake.scope_filter import mesh_of


@dataclass(frozen=True)
class Extract:
    """What is known of an extract before its rows are read.

    `layout`: the one that fits or comes nearest, None where none does; `missing`: required columns that the
    header lacks. `separator`: of a delimited text. `sheet`: number of a workbook's sheet. `rows_before`: rows
    above the header.
    """

    found: Preflight
    header: list[str]
    layout: Layout | None
    missing: list[str]
    separator: str = ""
    sheet: int = 0
    rows_before: int = 0
    rows: pl.LazyFrame | None = None

    def read(self, scope: tuple[str, ...]) -> TextRows:
        """The rows that a run may keep, as text; Rejected where the header does not fit."""
        if self.layout is None:
            raise Rejected("file_header_missing")
        check_header([name for name in self.header if not name.startswith(BLANK)])
        if self.missing:
            raise Rejected("file_column_missing", ",".join(self.missing))
        if self.rows is not None:
            return TextRows(self.rows, self.header)
        header = CsvHeader(self.header, self.separator)
        return read_csv(self.found, header, mesh_of(self.layout, scope, self.header))


def open_extract(found: Preflight) -> Extract:
    """Find header, layout and form of a table; Rejected where it has no header that can be read."""
    known = layouts()

    def fits(names: list[str]) -> bool:
        layout, missing = pick_layout(names, known)
        return layout is not None and not missing

    if found.form == "csv":
        header = find_header(found.plain, fits)
        begun = begun_at_header(found, header)
        layout, missing = pick_layout(header.names, known)
        return Extract(begun, header.names, layout, missing, header.separator, rows_before=header.rows_before)
    if found.form == "workbook":
        sheet = fitting_sheet(found.plain, fits)
        layout, missing = pick_layout(sheet.header, known)
        cells = sheet.rows.drop(OURS, strict=False)
        rows = cells.lazy().with_columns(
            row_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), field_count_ok=pl.lit(True)
        )
        return Extract(
            found, sheet.header, layout, missing, sheet=sheet.number, rows_before=sheet.rows_before, rows=rows
        )
    text = scan_text(found)
    layout, missing = pick_layout(text.header, known)
    return Extract(found, text.header, layout, missing, rows=text.rows)


@lru_cache(maxsize=4)
def _layouts_in(folder: Path) -> tuple[Layout, ...]:
    return tuple(
        parse_layout(path.stem, tomllib.loads(path.read_text("utf-8")))
        for path in sorted(folder.glob("*.toml"))
    )


def layouts() -> Sequence[Layout]:
    """The configured layouts (config/layouts/*.toml). Raises LayoutError naming the file at fault."""
    return _layouts_in(config_folder() / "layouts")
