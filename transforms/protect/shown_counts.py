"""What share of the rows, and of the lines in them, a protected release publishes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from schemas.tables import TABLES

_Tables = Mapping[str, pl.DataFrame]
Counts = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Table, period type -> rows and lines: `rows_shown` of `rows`, `lines_shown` of `lines`."""
_WHOLE = ("rows", "lines")


def published_counts(built: _Tables, shown: _Tables) -> dict[str, dict[str, dict[str, int]]]:
    """Rows and lines there are (`built`) and those of the rows shown, by table and period type.

    Of tables with N and periods. Exact, for the store alone: people are told whole percents.
    """
    names = [name for name in shown if TABLES[name].has_n]
    return {name: _of_table(built[name], shown[name], TABLES[name].key_names) for name in names}


def _of_table(built: pl.DataFrame, shown: pl.DataFrame, keys: list[str]) -> dict[str, dict[str, int]]:
    marks = shown.select(keys).with_columns(pl.lit(True).alias("_shown"))
    rows = built.select(*keys, "service_lines").join(marks, on=keys, how="left", nulls_equal=True)
    is_shown = pl.col("_shown").fill_null(False)
    lines = pl.col("service_lines")
    found = rows.group_by("period_type").agg(
        pl.len().cast(pl.Int64).alias("rows"),
        is_shown.sum().cast(pl.Int64).alias("rows_shown"),
        lines.sum().alias("lines"),
        lines.filter(is_shown).sum().alias("lines_shown"),
    )
    return {row.pop("period_type"): row for row in found.sort("period_type").iter_rows(named=True)}


def counts_added(*parts: Counts) -> dict[str, dict[str, dict[str, int]]]:
    """Counts of several parts together."""
    made: dict[str, dict[str, dict[str, int]]] = {}
    for part in parts:
        for table, kinds in part.items():
            for kind, counts in kinds.items():
                into = made.setdefault(table, {}).setdefault(kind, {})
                for name, count in counts.items():
                    into[name] = into.get(name, 0) + count
    return made


def whole_percents(counts: Counts) -> dict[str, dict[str, dict[str, int]]]:
    """Whole percents of rows and lines shown, by table and period type, rounded down: 100 means all."""
    return {
        table: {kind: dict(_percents(of_kind)) for kind, of_kind in kinds.items()}
        for table, kinds in counts.items()
    }


def _percents(counts: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    for name in _WHOLE:
        if counts[name]:
            yield name, 100 * counts[f"{name}_shown"] // counts[name]
