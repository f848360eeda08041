"""Rows kept apart, as the store says of them: which file, row, rule and column, never a value."""

from __future__ import annotations

from typing import Final

import polars as pl

from flows.store.snapshot import Store

_COLUMNS: Final = ("shown_name", "source", "row_number", "rule_code", "column")


def bad_rows(store: Store) -> pl.DataFrame:
    """Rule breaks of every file that counts; grain: file, row, rule and column.

    A row that the reader of raw X12 lost has no number; a rule on the row as a whole has no column.
    """
    empty = pl.LazyFrame(schema=dict.fromkeys(_COLUMNS, pl.String) | {"row_number": pl.Int64})
    found = pl.concat(
        [empty.select(_COLUMNS), *(rows.select(_COLUMNS) for rows in store.accepted_of("quarantine"))]
    )
    return found.sort(_COLUMNS).collect()
