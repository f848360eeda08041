"""An extract opened: its form, its header, the layout that fits, and its rows as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from flows.machine_errors import shortage
from flows.readers.csv_header import BLANK, ROWS_LOOKED_AT, CsvHeader, find_header
from flows.readers.documents import flattened, one_a_line, paths_of
from flows.readers.excel import fitting_sheet
from flows.readers.preflight import Preflight
from flows.readers.read_csv import begun_at_header, read_csv
from flows.readers.read_tables import (
    OURS,
    check_header,
    of_interest,
    scan_text,
    unreadable,
    with_cents,
)
from flows.readers.rejections import Rejected
from flows.readers.text_rows import TextRows, held_rows
from flows.readers.told_forms import ToldForm, told_form, without_end
from flows.readers.whole_claims import in_whole_claims
from flows.settings import config_folder
from transforms.intake.layout_file import BrokenLayout, broken_for, broken_for_paths, read_layouts
from transforms.intake.layout_rules import plain_header
from transforms.intake.layouts import Layout, pick_layout, pick_nested
from transforms.intake.scope_filter import prefilter_rules


@dataclass(frozen=True)
class Extract:
    """What is known of an extract before its rows are read.

    `layout`: the one that fits or comes nearest, None where none does; `missing`: required columns that the
    header lacks. `separator`: of a delimited text. `sheet`: number of a workbook's sheet. `rows_before`: rows
    above the header. Of nested documents the header is what the layout names.
    """

    found: Preflight
    header: list[str]
    layout: Layout | None
    missing: list[str]
    separator: str = ""
    sheet: int = 0
    rows_before: int = 0
    rows: TextRows | None = None
    quote: str = '"'

    def read(self, scope: tuple[str, ...]) -> TextRows:
        """The rows that a run may keep, as text; Rejected where the header does not fit."""
        self._check_broken()
        if self.layout is None:
            raise Rejected("file_header_missing")
        check_header([name for name in self.header if not name.startswith(BLANK)])
        if self.missing:
            raise Rejected("file_column_missing", ",".join(self.missing))
        try:
            text = without_end(self._texts(self.layout, scope), self.layout.file.skip_end_rows)
            text = with_cents(of_interest(text, self.layout), self.layout)
            return in_whole_claims(text, self.layout, scope)
        except pl.exceptions.PolarsError as error:
            if shortage(error):
                raise
            raise unreadable(error) from None

    def _texts(self, layout: Layout, scope: tuple[str, ...]) -> TextRows:
        if layout.nested:
            return flattened(self.found, layout.nested, self.header)
        if self.rows is not None:
            return self.rows
        header = CsvHeader(self.header, self.separator, quote=self.quote)
        rules = prefilter_rules(layout, scope, self.header) if self.quote == '"' else None
        return read_csv(self.found, header, rules)

    def _check_broken(self) -> None:
        """Rejected where the file was meant for a layout that can't be used."""
        present = {plain_header(name) for name in self.header}
        fits = len(self.layout.headers() & present) if self.layout and not self.missing else 0
        meant = broken_for(self.header, broken_layouts(), fits)
        if self.layout is None:
            meant = meant or broken_for_paths(self.header, broken_layouts())
        if meant:
            raise Rejected("E_LAYOUT", meant.why)


def open_extract(found: Preflight) -> Extract:
    """Find header, layout and form of a table; Rejected where it has no header that can be read."""
    known = layouts()
    by_header = [layout for layout in known if not layout.file.names]

    def fits(names: list[str], sheet: str = "") -> bool:
        layout, missing = pick_layout(names, _for_sheet(by_header, sheet))
        return layout is not None and not missing

    if found.form == "csv":
        return _open_text(found, known, by_header, fits)
    if found.form == "workbook":
        looked_at = max([ROWS_LOOKED_AT, *(layout.file.skip_rows + 1 for layout in by_header)])
        sheet = fitting_sheet(found.plain, fits, looked_at)
        layout, missing = pick_layout(sheet.header, _for_sheet(by_header, sheet.name))
        cells = sheet.rows.drop(OURS, strict=False)
        rows = cells.with_columns(
            row_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int64), field_count_ok=pl.lit(True)
        )
        text = TextRows(held_rows(rows), sheet.header)
        return Extract(
            found, sheet.header, layout, missing, sheet=sheet.number, rows_before=sheet.rows_before, rows=text
        )
    found = one_a_line(found) if found.form == "ndjson" else found
    paths = paths_of(found)
    if nested := pick_nested(paths, known):
        return Extract(found, list(nested.theirs()), nested, [])
    text = scan_text(found)
    layout, missing = pick_layout(text.header, by_header)
    if layout is None and any("." in path for path in paths):
        return Extract(found, sorted(paths), None, [])
    return Extract(found, text.header, layout, missing, rows=text)


def _open_text(
    found: Preflight, known: Sequence[Layout], by_header: list[Layout], fits: Callable[[list[str]], bool]
) -> Extract:
    told = told_form(found, list(known))
    if told is not None:
        return _as_told(told)
    if found.quotes % 2:
        raise Rejected("file_quotes_unbalanced")
    header = find_header(found.plain, fits)
    begun = begun_at_header(found, header)
    layout, missing = pick_layout(header.names, by_header)
    return Extract(begun, header.names, layout, missing, header.separator, rows_before=header.rows_before)


def _as_told(told: ToldForm) -> Extract:
    """A text opened as its layout says."""
    header, before = told.header, told.layout.file.skip_rows
    if told.rows is not None:
        return Extract(told.found, header.names, told.layout, [], rows_before=before, rows=told.rows)
    begun = begun_at_header(told.found, header)
    if header.quote == '"' and begun.quotes % 2:
        raise Rejected("file_quotes_unbalanced")
    return Extract(
        begun, header.names, told.layout, [], header.separator, rows_before=before, quote=header.quote
    )


def _for_sheet(known: Sequence[Layout], sheet: str) -> list[Layout]:
    return [layout for layout in known if layout.file.sheet in ("", sheet)]


@lru_cache(maxsize=4)
def _read(files: tuple[tuple[str, bytes], ...]) -> tuple[list[Layout], list[BrokenLayout]]:
    return read_layouts(files)


def _configured() -> tuple[list[Layout], list[BrokenLayout]]:
    """Layouts of these contents: read once in a process, and anew when a file changes."""
    paths = sorted((config_folder() / "layouts").glob("*.toml"))
    return _read(tuple((path.stem, path.read_bytes()) for path in paths))


def layouts() -> Sequence[Layout]:
    """The configured layouts (config/layouts/*.toml) that can be used."""
    return _configured()[0]


def broken_layouts() -> Sequence[BrokenLayout]:
    """The configured layouts that can't be used."""
    return _configured()[1]
