"""Table `case_payment`: what a whole case was allowed."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_payment import CASE_PAYMENT
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.cells import Measures, Percentiles, finish, measure_cells, quotient


def case_payment(analysis: AnalysisLines) -> pl.DataFrame:
    """Cases, complete or not, and prices of complete ones. Grain: code, payer, line of business, period.

    A case is complete with one AA or QZ line, or one QK or QY line with one QX line, all of them unit-priced
    and answered under one payer and line of business. Its amounts count once, its units are base units plus
    the longest line's time units.
    """
    measures = Measures(
        sums={
            "complete_cases": pl.col("_is_case_head"),
            "case_cents": pl.col("case_cents"),
            "case_tenths": pl.col("case_tenths"),
        },
        cases={"unpaired_directed_cases": "_is_unpaired", "supervised_cases": "_is_supervised"},
        averaged={
            "allowed_per_case_mean": pl.col("case_cents") * 100,
        },
        percentiles=(
            Percentiles("allowed_per_case", "case_cents", (25, 50, 75)),
            Percentiles("allowed_per_unit_case", "allowed_per_unit_case", (50,)),
        ),
        bases={"complete_case": "_is_complete"},
    )
    cells = measure_cells(analysis, (), measures).with_columns(
        (pl.col("cases") - pl.col("complete_cases")).alias("incomplete_cases"),
        quotient("case_cents", pl.col("complete_cases") * 100).alias("allowed_per_case_mean"),
        quotient("case_tenths", pl.col("complete_cases") * 10).alias("units_per_case_mean"),
    )
    return finish(cells, CASE_PAYMENT)
