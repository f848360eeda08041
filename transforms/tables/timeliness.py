"""Table `timeliness`: days from service to submission, from submission to answers and money."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_payment import TIMELINESS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.cells import Measures, Percentiles, answered, finish_table, measure_cells, quotient
from transforms.tables.intervals import INTERVALS


def timeliness(analysis: AnalysisLines) -> pl.DataFrame:
    """Days of adjudicated lines. Grain: code, payer, line of business, period."""
    measures = Measures(
        sums={
            **{lines: pl.col(name).is_not_null() for name, (_, _, lines, _) in INTERVALS.items()},
            "_first_paid_lines": pl.col("first_paid") & pl.col("answers_timeliness"),
            "_answering_lines": pl.col("answers_timeliness"),
        },
        percentiles=tuple(
            Percentiles(name, name, percents) for name, (_, _, _, percents) in INTERVALS.items()
        ),
        maxima={"last_payment_day": pl.col("final_remit_on").to_physical()},
    )
    cells = measure_cells(analysis, (), measures, answered).with_columns(
        quotient("_first_paid_lines", "_answering_lines").alias("first_pass_paid_rate"),
        pl.col("last_payment_day").cast(pl.Int32).cast(pl.Date).alias("paid_through"),
    )
    return finish_table(cells, TIMELINESS)
