"""Table `demographics`: age and sex of the patients."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_lines import DEMOGRAPHICS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import break_down
from transforms.tables.cells import finish_table


def age_band() -> pl.Expr:
    """Band of the age at service; an age that is not known has none."""
    age = pl.col("age_at_service")
    return (
        pl.when(age < 18)
        .then(pl.lit("0-17"))
        .when(age < 40)
        .then(pl.lit("18-39"))
        .when(age < 65)
        .then(pl.lit("40-64"))
        .when(age < 75)
        .then(pl.lit("65-74"))
        .when(age >= 75)
        .then(pl.lit("75+"))
        .alias("age_band")
    )


def demographics(analysis: AnalysisLines, utilization: pl.DataFrame) -> pl.DataFrame:
    """Lines by age band and sex. Grain: five keys, age_band and sex."""
    cells = break_down(analysis, ("age_band", "sex"), DEMOGRAPHICS, utilization, _aged)
    return finish_table(cells, DEMOGRAPHICS)


def _aged(lines: pl.LazyFrame) -> pl.LazyFrame:
    return lines.with_columns(age_band(), pl.col("patient_sex").alias("sex"))
