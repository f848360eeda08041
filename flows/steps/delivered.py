"""What bad rows say, read again from landing/: for the eyes of the person at the terminal alone."""

from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl

from flows.errors import ProductError
from flows.readers.file_result import FileResult
from flows.readers.landing import discover
from flows.settings import Settings
from flows.steps.intake import read_again
from flows.store.place import private_room

_PLACE = ["shown_name", "source", "row_number", "column"]


def values_of(rows: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Bad rows (grain: file, row, rule, column) with `value`, the text in their column; null where none is.

    E_FILE_GONE when a file lies in landing/ no longer. Decompressed content stands in the private store as
    long as it is read.
    """
    wanted = set(rows["shown_name"])
    files = [
        file for file in discover(settings.data / "landing", settings).files if file.shown_name in wanted
    ]
    if {file.shown_name for file in files} != wanted:
        raise ProductError("E_FILE_GONE")
    with tempfile.TemporaryDirectory(dir=private_room(settings.data), prefix="values-") as scratch:
        found = [
            _texts(read_again(file, Path(scratch) / f"{number}.plain", settings), rows)
            for number, file in enumerate(files)
        ]
    values = pl.concat([_no_values(rows), *found]).unique(_PLACE)
    return rows.join(values, on=_PLACE, how="left", nulls_equal=True, maintain_order="left")


def _texts(result: FileResult, rows: pl.DataFrame) -> pl.DataFrame:
    """The text of each bad row's columns in one file."""
    name = result.row["shown_name"]
    mine = rows.filter(shown_name=name)
    parts = []
    for layout, kept, _ in result.kept:
        bad = mine.filter(source=layout.kind)
        here = pl.concat(kept).filter(pl.col("row_number").is_in(bad["row_number"].implode())).collect()
        columns = [column for column in bad["column"].unique().drop_nulls() if column in here.columns]
        parts.append(
            here.select("row_number", pl.col(columns).cast(pl.String))
            .unpivot(columns, index="row_number", variable_name="column")
            .select(
                pl.lit(name).alias("shown_name"),
                pl.lit(layout.kind).alias("source"),
                "row_number",
                "column",
                "value",
            )
        )
    return pl.concat(parts) if parts else _no_values(rows)


def _no_values(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.clear().select(*_PLACE, pl.lit("").alias("value"))
