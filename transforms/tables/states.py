"""Table `states`: prices and denials by state."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_lines import STATES
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import break_down
from transforms.tables.cells import finish_table, quotient


def states(analysis: AnalysisLines, utilization: pl.DataFrame) -> pl.DataFrame:
    """Lines by state of the service. Grain: five keys and state."""
    adjudicated = pl.col("is_adjudicated") & pl.col("answers_denials")
    sums = {"_adjudicated_lines": adjudicated, "_denied_lines": pl.col("is_denied")}
    cells = break_down(analysis, ("state",), STATES, utilization, sums=sums)
    rate = quotient("_denied_lines", "_adjudicated_lines").alias("denial_rate")
    return finish_table(cells.with_columns(rate), STATES)
