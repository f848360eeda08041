"""Table `collections`: what was expected, paid and stands open."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_prices import COLLECTIONS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.answering import where_answered
from transforms.tables.cells import Measures, dollars, finish_table, measure_cells, money_parts, quotient
from transforms.tables.expected_sums import (
    Expected,
    expected_columns,
    expected_parts,
    expected_sums,
    told_cents,
)
from transforms.tables.periods import MONTHS_OF

ANSWERED = pl.col("is_adjudicated")
FOLLOWED = pl.col("answers_open_claims")
_OPEN = pl.col("adjudication_state").is_in(["pending", "awaiting_readjudication"]) & FOLLOWED
OWED = pl.col("deductible_cents") + pl.col("coinsurance_cents") + pl.col("copay_cents")
PAID, REVERSED = pl.col("is_paid_line"), pl.col("reversed_paid_cents") > 0


def _expected(unanswered: str) -> pl.Expr:
    allowed = pl.col("allowed_cents").fill_null(0)
    return pl.when(ANSWERED).then(allowed).otherwise(pl.col(unanswered))


_ALL = (_expected("expected_cents"), _expected("published_expected_cents"))
_EXPECTED = {"expected": Expected(pl.lit(True), *_ALL), "open": Expected(_OPEN)}
OF_FOLLOWED = {"followed": Expected(FOLLOWED, *_ALL)}
"""What is expected of the lines that can answer whether they are open: that of which days are made."""
STEMS = (*_EXPECTED, *OF_FOLLOWED)
OF_OPEN = (
    *("open_allowed_sum", "_open_allowed_sum_published"),
    *("days_in_receivables", "_days_in_receivables_published"),
)


def collections(analysis: AnalysisLines) -> pl.DataFrame:
    """Money expected, paid and open, of all current primary lines. Grain: code, payer, line of business,
    period.
    """
    measures = Measures(
        sums={
            **expected_sums(_EXPECTED | OF_FOLLOWED),
            "_followed_lines": FOLLOWED,
            "_paid_lines": PAID,
            "_reversed_lines": REVERSED,
            "paid_cents": pl.when(PAID).then(pl.col("paid_cents")),
            "owed_cents": pl.when(PAID).then(OWED),
            "reversed_cents": pl.when(REVERSED).then(pl.col("reversed_paid_cents")),
        },
        averaged={
            **expected_parts(_EXPECTED),
            "paid_sum": money_parts("paid_cents", "is_paid_line"),
            "patient_responsibility_sum": pl.when(PAID).then(OWED * 100),
            "reversed_paid_sum": pl.when(REVERSED).then(money_parts("reversed_paid_cents")),
        },
        bases={"unit_priced": "is_unit_priced", "priced": "is_priced"},
    )
    cells = measure_cells(analysis, (), measures).with_columns(
        *expected_columns(_EXPECTED),
        dollars("paid_cents").alias("paid_sum"),
        dollars("owed_cents").alias("patient_responsibility_sum"),
        dollars("reversed_cents").alias("reversed_paid_sum"),
        *_rates("", *(pl.col(f"_{stem}_cents") for stem in STEMS)),
        *_rates("_published", *(told_cents(stem) for stem in STEMS)),
    )
    return finish_table(cells.with_columns(where_answered(OF_OPEN, "_followed_lines")), COLLECTIONS)


def _rates(suffix: str, expected: pl.Expr, outstanding: pl.Expr, followed: pl.Expr) -> list[pl.Expr]:
    prefix = "_" if suffix else ""
    return [
        quotient(pl.col("paid_cents"), expected - pl.col("owed_cents")).alias(
            f"{prefix}net_collection_rate{suffix}"
        ),
        quotient(outstanding * days_of_period(), followed).alias(f"{prefix}days_in_receivables{suffix}"),
    ]


def days_of_period() -> pl.Expr:
    """Days that the period of a row has."""
    start = pl.col("period_start")
    end = pl.coalesce(
        pl.when(pl.col("period_type") == kind).then(start.dt.offset_by(f"{months}mo"))
        for kind, months in MONTHS_OF.items()
    )
    return (end - start).dt.total_days()
