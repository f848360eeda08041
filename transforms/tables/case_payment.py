"""Table `case_payment`: what a whole case was allowed."""

from __future__ import annotations

import polars as pl
import polars.selectors as cs

from schemas.tables_of_payment import CASE_PAYMENT
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.cells import FIVE, Measures, Percentiles, finish_table, measure_cells, quotient
from transforms.tables.cube import CASE_CELL, CELL


def case_payment(analysis: AnalysisLines) -> pl.DataFrame:
    """Cases, complete or not, and prices of complete ones. Grain: code, payer, line of business, period.

    A case is complete with one AA or QZ line, or one QK or QY line with one QX line, all of them unit-priced,
    in each cell that holds all its lines (contract, section 5). Its amounts count once, its units are base
    units plus the longest line's time units.
    """
    counts = Measures(cases={"unpaired_directed_cases": "_is_unpaired", "supervised_cases": "_is_supervised"})
    prices = Measures(
        sums={
            "complete_cases": pl.col("_is_case_head"),
            "case_cents": pl.col("case_cents"),
            "case_tenths": pl.col("case_tenths"),
        },
        averaged={
            "allowed_per_case_mean": pl.col("case_cents") * 100,
        },
        percentiles=(
            Percentiles("allowed_per_case", "case_cents", (25, 50, 75)),
            Percentiles("allowed_per_unit_case", "allowed_per_unit_case", (50,)),
        ),
        bases={"complete_case": "_is_complete"},
    )
    cells = measure_cells(analysis, (), counts)
    complete = measure_cells(analysis, (), prices, _where_they_are_whole)
    complete = complete.select(*FIVE, *(name for name in complete.columns if name not in cells.columns))
    cells = cells.join(complete, on=FIVE, how="left", validate="1:1").with_columns(cs.integer().fill_null(0))
    cells = cells.with_columns(
        (pl.col("cases") - pl.col("complete_cases")).alias("incomplete_cases"),
        quotient("case_cents", pl.col("complete_cases") * 100).alias("allowed_per_case_mean"),
        quotient("case_tenths", pl.col("complete_cases") * 10).alias("units_per_case_mean"),
    )
    return finish_table(cells, CASE_PAYMENT)


def _where_they_are_whole(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Lines of complete cases, in the finest cell that holds all lines of the case."""
    return lines.filter("_is_complete").with_columns(pl.col(CASE_CELL).alias(CELL))
