"""Table `open_claims`: what stands without an answer, by age."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_payment import OPEN_CLAIMS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.cells import Measures, dollars, finish_table, measure_cells, money_parts

LASTING_BANDS = ("91+", "unknown")
"""Bands that lines stay in, however late the as-of date."""


def open_age_band(as_of: pl.Expr) -> pl.Expr:
    """Band of the days since the first submission; without a date there is none."""
    days = (as_of - pl.col("first_submitted_on")).dt.total_days()
    return (
        pl.when(days <= 30)
        .then(pl.lit("0-30"))
        .when(days <= 60)
        .then(pl.lit("31-60"))
        .when(days <= 90)
        .then(pl.lit("61-90"))
        .when(days > 90)
        .then(pl.lit("91+"))
        .otherwise(pl.lit("unknown"))
        .alias("age_band")
    )


def open_claims(analysis: AnalysisLines) -> pl.DataFrame:
    """Pending and awaiting lines by age at the as-of date. Grain: five keys and age_band."""
    waiting = pl.col("adjudication_state").is_in(["pending", "awaiting_readjudication"])
    band = open_age_band(pl.lit(analysis.calendar.as_of))
    measures = Measures(
        sums={"charge_cents": pl.col("charge_cents")},
        averaged={"charge_sum": money_parts("charge_cents")},
    )

    def waiting_lines(lines: pl.LazyFrame) -> pl.LazyFrame:
        return lines.filter(waiting, "answers_open_claims").with_columns(band)

    cells = measure_cells(analysis, ("age_band",), measures, waiting_lines)
    return finish_table(cells.with_columns(dollars("charge_cents").alias("charge_sum")), OPEN_CLAIMS)
