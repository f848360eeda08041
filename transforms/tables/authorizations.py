"""Table `authorizations`: denials of claims with and without a prior authorization number."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_denials import AUTHORIZATIONS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.answering import where_answered
from transforms.tables.cells import Measures, answered, finish_table, measure_cells, quotient


def authorizations(analysis: AnalysisLines) -> pl.DataFrame:
    """Adjudicated lines by whether a number is on the claim. Grain: five keys and authorization."""
    measures = Measures(
        sums={
            "denied_lines": pl.col("is_denied"),
            "prior_auth_denied_lines": pl.col("is_denied") & pl.col("prior_authorization_denial"),
            "_answering_lines": pl.col("answers_denials"),
        }
    )
    cells = measure_cells(analysis, ("authorization",), measures, _worded)
    rates = (
        quotient("denied_lines", "_answering_lines").alias("denial_rate"),
        quotient("prior_auth_denied_lines", "_answering_lines").alias("prior_auth_denial_rate"),
    )
    told = where_answered(("denied_lines", "prior_auth_denied_lines"), "_answering_lines")
    return finish_table(cells.with_columns(*rates, *told), AUTHORIZATIONS)


def _worded(lines: pl.LazyFrame) -> pl.LazyFrame:
    present = pl.col("has_prior_authorization").fill_null(False)
    word = pl.when(present).then(pl.lit("present")).otherwise(pl.lit("absent"))
    return answered(lines).with_columns(word.alias("authorization"))
