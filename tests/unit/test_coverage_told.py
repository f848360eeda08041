"""What share of rows and lines a protected release publishes (contract section 6: in whole percent)."""

from __future__ import annotations

from datetime import date

import polars as pl

from schemas.tables import TABLES
from transforms.protect.shown_counts import counts_added, published_counts, whole_percents

MONTHS = [date(2024, month, 1) for month in range(1, 5)]


def rows(lines: list[int]) -> pl.DataFrame:
    keys = {name: ["x"] * len(lines) for name in TABLES["utilization"].key_names}
    months = MONTHS[: len(lines)]
    return pl.DataFrame(keys | {"period_type": ["month"] * len(lines), "period_start": months}).with_columns(
        pl.Series("service_lines", lines, pl.Int64)
    )


def test_rows_and_lines_are_counted_by_table_and_period_type() -> None:
    built = {"utilization": rows([40, 30, 20, 10])}
    counts = published_counts(built, {"utilization": built["utilization"].head(2)})
    assert counts == {"utilization": {"month": {"rows": 4, "rows_shown": 2, "lines": 100, "lines_shown": 70}}}
    assert whole_percents(counts) == {"utilization": {"month": {"rows": 50, "lines": 70}}}


def test_percents_are_whole_and_only_all_is_a_hundred() -> None:
    built = {"utilization": rows([999, 1])}
    counts = published_counts(built, {"utilization": built["utilization"].head(1)})
    assert whole_percents(counts)["utilization"]["month"] == {"rows": 50, "lines": 99}


def test_counts_of_several_parts_are_added() -> None:
    one = {"payment": {"quarter": {"rows": 2, "rows_shown": 1, "lines": 30, "lines_shown": 20}}}
    two = {"payment": {"year": {"rows": 1, "rows_shown": 1, "lines": 9, "lines_shown": 9}}}
    assert counts_added(one, two, one)["payment"] == {
        "quarter": {"rows": 4, "rows_shown": 2, "lines": 60, "lines_shown": 40},
        "year": {"rows": 1, "rows_shown": 1, "lines": 9, "lines_shown": 9},
    }
