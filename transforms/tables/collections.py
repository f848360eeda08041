"""Table `collections`: what was expected, paid and stands open."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_prices import COLLECTIONS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.cells import Measures, dollars, finish, measure_cells, money_parts, quotient
from transforms.tables.expected_sums import (
    Expected,
    expected_columns,
    expected_parts,
    expected_sums,
    told_cents,
)
from transforms.tables.periods import MONTHS_OF

ANSWERED = pl.col("is_adjudicated")
OPEN = pl.col("adjudication_state").is_in(["pending", "awaiting_readjudication"])
OWED = pl.col("deductible_cents") + pl.col("coinsurance_cents") + pl.col("copay_cents")
PAID, REVERSED = pl.col("is_paid_line"), pl.col("reversed_paid_cents") > 0


def _expected(unanswered: str) -> pl.Expr:
    allowed = pl.col("allowed_cents").fill_null(0)
    return pl.when(ANSWERED).then(allowed).otherwise(pl.col(unanswered))


EXPECTED = {
    "expected": Expected(pl.lit(True), _expected("expected_cents"), _expected("published_expected_cents")),
    "open": Expected(OPEN),
}


def collections(analysis: AnalysisLines) -> pl.DataFrame:
    """Money expected, paid and open, of all current primary lines. Grain: code, payer, line of business,
    period.
    """
    measures = Measures(
        sums={
            **expected_sums(EXPECTED),
            "_paid_lines": PAID,
            "_reversed_lines": REVERSED,
            "paid_cents": pl.when(PAID).then(pl.col("paid_cents")),
            "owed_cents": pl.when(PAID).then(OWED),
            "reversed_cents": pl.when(REVERSED).then(pl.col("reversed_paid_cents")),
        },
        averaged={
            **expected_parts(EXPECTED),
            "paid_sum": money_parts("paid_cents", "is_paid_line"),
            "patient_responsibility_sum": pl.when(PAID).then(OWED * 100),
            "reversed_paid_sum": pl.when(REVERSED).then(money_parts("reversed_paid_cents")),
        },
        bases={"unit_priced": "is_unit_priced", "priced": "is_priced"},
    )
    cells = measure_cells(analysis, (), measures).with_columns(
        *expected_columns(EXPECTED),
        dollars("paid_cents").alias("paid_sum"),
        dollars("owed_cents").alias("patient_responsibility_sum"),
        dollars("reversed_cents").alias("reversed_paid_sum"),
        *_rates(pl.col("_expected_cents"), pl.col("_open_cents"), ""),
        *_rates(told_cents("expected"), told_cents("open"), "_published"),
    )
    return finish(cells, COLLECTIONS)


def _rates(expected: pl.Expr, outstanding: pl.Expr, suffix: str) -> list[pl.Expr]:
    prefix = "_" if suffix else ""
    return [
        quotient(pl.col("paid_cents"), expected - pl.col("owed_cents")).alias(
            f"{prefix}net_collection_rate{suffix}"
        ),
        quotient(outstanding * days_of_period(), expected).alias(f"{prefix}days_in_receivables{suffix}"),
    ]


def days_of_period() -> pl.Expr:
    """Days that the period of a row has."""
    start = pl.col("period_start")
    end = pl.coalesce(
        pl.when(pl.col("period_type") == kind).then(start.dt.offset_by(f"{months}mo"))
        for kind, months in MONTHS_OF.items()
    )
    return (end - start).dt.total_days()
