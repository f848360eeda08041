"""Table `utilization`: what was billed."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_lines import UTILIZATION
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.answering import where_answered
from transforms.tables.cells import (
    FIVE,
    Measures,
    Percentiles,
    dollars,
    finish_table,
    measure_cells,
    money_parts,
    quotient,
    summed,
    where_any,
)
from transforms.tables.cube import number_keys
from transforms.tables.facts import Facts, added

NO_LINE = "?"
"""Line of business of lines that have none; such cells are left out, their roll-ups are not."""
OTHER_COUNTS = ("secondary_lines", "voided_claims", "replaced_claims")


def utilization(analysis: AnalysisLines) -> pl.DataFrame:
    """Count and describe current primary lines. Grain: code, payer, line of business, period."""
    state, followed = pl.col("adjudication_state"), pl.col("answers_open_claims")
    measures = Measures(
        sums={
            "_minutes_lines": pl.col("minutes_thousandths").is_not_null(),
            "minutes_thousandths": pl.col("minutes_thousandths"),
            "_units_lines": pl.col("billed_unit_tenths").is_not_null(),
            "unit_tenths": pl.col("billed_unit_tenths"),
            "charge_cents": pl.col("charge_cents"),
            "adjudicated_lines": pl.col("is_adjudicated"),
            "pending_lines": state.is_in(["pending", "awaiting_readjudication"]) & followed,
            "_followed_lines": followed,
            "_followed_adjudicated_lines": pl.col("is_adjudicated") & followed,
            "reversed_lines": state == "reversed",
            "suspect_minutes_lines": pl.col("minutes_suspect"),
        },
        providers=("rendering_providers",),
        averaged={
            "charge_sum": money_parts("charge_cents"),
        },
        percentiles=(Percentiles("minutes", "minutes_thousandths", (25, 50, 75)),),
    )
    cells = measure_cells(analysis, (), measures).with_columns(
        where_any(pl.col("minutes_thousandths") / 1000, "_minutes_lines").alias("minutes_sum"),
        quotient("minutes_thousandths", pl.col("_minutes_lines") * 1000).alias("minutes_mean"),
        where_any(pl.col("unit_tenths") / 10, "_units_lines").alias("billed_units_sum"),
        quotient("unit_tenths", pl.col("_units_lines") * 10).alias("billed_units_mean"),
        dollars("charge_cents").alias("charge_sum"),
        quotient("_followed_adjudicated_lines", "_followed_lines").alias("adjudicated_share"),
        *where_answered(("pending_lines",), "_followed_lines"),
    )
    cells = cells.join(other_counts(analysis), on=FIVE, how="left", validate="1:1").with_columns(
        pl.col(OTHER_COUNTS).fill_null(0)
    )
    return finish_table(cells, UTILIZATION)


def other_counts(analysis: AnalysisLines) -> pl.DataFrame:
    """Secondary lines, voided and replaced claims per cell.

    Such lines often have no line of business: those count in the rows of all lines of business only.
    """
    known = analysis.others.with_columns(pl.col("line_of_business").fill_null(NO_LINE))
    base, finest = number_keys(known)
    counts = {name: added(base, known.get_column(name).to_numpy(), finest.size) for name in OTHER_COUNTS}
    cells = summed(Facts(finest, counts), analysis.calendar)
    return cells.filter(pl.col("line_of_business") != NO_LINE).select(*FIVE, *OTHER_COUNTS)
