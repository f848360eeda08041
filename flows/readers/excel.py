"""Workbooks (.xlsx): the sheet that fits a layout, as text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from flows.machine_errors import shortage
from flows.readers.csv_header import BLANK, ROWS_LOOKED_AT
from flows.readers.rejections import Rejected

ROW_LIMIT: Final = 1_048_576


@dataclass(frozen=True)
class Sheet:
    """One sheet as text: its rows under its header, its place in the workbook from 1, and the rows before
    the header.
    """

    rows: pl.DataFrame
    number: int
    rows_before: int
    name: str = ""

    @property
    def header(self) -> list[str]:
        """The names of the columns as the sheet has them."""
        return self.rows.columns


def fitting_sheet(
    path: Path, fits: Callable[[list[str], str], bool], looked_at: int = ROWS_LOOKED_AT
) -> Sheet:
    """The first sheet with a header that fits a layout; else the first that has rows under a header.

    Rejected where the workbook can't be read or has no such sheet.
    """
    other = None
    for number, (sheet, cells) in enumerate(_sheets(path), start=1):
        for row in range(min(looked_at, cells.height)):
            names = [str(name or "") for name in cells.row(row)]
            if fits(names, sheet):
                return _sheet(cells, row, number, sheet)
        if other is None and cells.height > 1 and cells.width > 1:
            other = _sheet(cells, 0, number, sheet)
    if other is None:
        raise Rejected("file_header_missing")
    return other


def _sheets(path: Path) -> list[tuple[str, pl.DataFrame]]:
    """Name of every sheet, and its cells as text without blank rows and columns before the first one."""
    import fastexcel  # it is loaded only where there is a workbook

    try:
        book = fastexcel.read_excel(path.read_bytes())
        loaded = [book.load_sheet(name, header_row=None, dtypes="string") for name in book.sheet_names]
        return [(sheet.name, sheet.to_polars()) for sheet in loaded]
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, OSError) as error:
        if shortage(error):
            raise
        raise Rejected("file_unreadable") from None


def _sheet(cells: pl.DataFrame, row: int, number: int, name: str) -> Sheet:
    names = [
        str(name) if str(name or "").strip() else f"{BLANK}{place}"
        for place, name in enumerate(cells.row(row))
    ]
    rows = cells.slice(row + 1)
    twice = len(set(names)) < len(names)
    if twice:
        raise Rejected("file_duplicate_column")
    return Sheet(rows.rename(dict(zip(cells.columns, names, strict=True))), number, row, name)
