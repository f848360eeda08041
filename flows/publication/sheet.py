"""A worksheet whose rows come from a frame at once: cell by cell a large table takes ten times as long.

The library writes everything else: styles, header, notes, the named table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import polars as pl
from xlsxwriter.utility import xl_col_to_name, xl_range
from xlsxwriter.worksheet import Worksheet

DAY_ZERO: Final = pl.date(1899, 12, 30)
"""Spreadsheets count days from here."""
_ROWS_AT_ONCE: Final = 20_000


class FrameSheet(Worksheet):  # type: ignore[misc]
    """A worksheet with a header that the library writes and rows that a frame gives."""

    rows: Callable[[], Iterator[str]] = staticmethod(lambda: iter(()))

    def set_frame(self, frame: pl.DataFrame, usual: list[int], bold: list[int], is_bold: pl.Series) -> None:
        """Rows of the frame below the header, in the styles of each column; bold ones where said.

        They become text when the sheet is written, some at a time: as text they are ten times as large.
        """

        def rows() -> Iterator[str]:
            for start in range(0, frame.height, _ROWS_AT_ONCE):
                some = frame.slice(start, _ROWS_AT_ONCE)
                yield rows_as_xml(some, usual, bold, is_bold.slice(start, _ROWS_AT_ONCE), start + 2)

        self.rows = rows
        self.dim_rowmin, self.dim_rowmax = 0, frame.height
        self.dim_colmin, self.dim_colmax = 0, frame.width - 1

    def name_table(self, frame: pl.DataFrame, options: dict[str, Any]) -> None:
        """Make header and rows a named table; the library would look for overlaps cell by cell."""
        self.add_table(0, 0, 1, frame.width - 1, options)
        table = self.tables[-1]
        table["range"] = table["a_range"] = xl_range(0, 0, frame.height, frame.width - 1)
        table["autofilter"] = table["range"]

    def _write_rows(self) -> None:
        super()._write_rows()
        for text in self.rows():
            self.fh.write(text)


def rows_as_xml(
    frame: pl.DataFrame, usual: list[int], bold: list[int], is_bold: pl.Series, first: int = 2
) -> str:
    """Row elements of a frame, the first in row 2 or another; an empty cell has no element."""
    if frame.is_empty():
        return ""
    numbered = frame.with_columns(
        is_bold.alias("_bold"), pl.int_range(first, frame.height + first).cast(pl.String).alias("_row")
    )
    cells = [
        _cell(name, frame.schema[name], xl_col_to_name(place), usual[place], bold[place])
        for place, name in enumerate(frame.columns)
    ]
    rows = numbered.select(pl.concat_str([pl.format('<row r="{}">', "_row"), *cells, pl.lit("</row>")]))
    return "".join(rows.to_series().to_list())


def _cell(name: str, dtype: pl.DataType, letters: str, usual: int, bold: int) -> pl.Expr:
    style = pl.when(pl.col("_bold")).then(pl.lit(str(bold))).otherwise(pl.lit(str(usual)))
    value = pl.col(name)
    kind, before, after = "", "<v>", "</v>"
    if dtype == pl.String:
        kind, before, after = ' t="inlineStr"', "<is><t>", "</t></is>"
        for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            value = value.str.replace_all(character, entity, literal=True)
    elif dtype == pl.Boolean:
        kind, value = ' t="b"', value.cast(pl.Int8)
    elif dtype == pl.Date:
        value = (value - DAY_ZERO).dt.total_days()
    parts = [
        *(pl.lit(f'<c r="{letters}'), pl.col("_row"), pl.lit('" s="'), style),
        *(pl.lit(f'"{kind}>{before}'), value.cast(pl.String), pl.lit(f"{after}</c>")),
    ]
    return pl.concat_str(parts).fill_null("").alias(name)
