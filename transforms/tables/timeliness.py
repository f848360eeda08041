"""Table `timeliness`: days from service to submission, from submission to answers and money."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_payment import TIMELINESS
from transforms.tables.book import Book
from transforms.tables.cells import Measures, Percentiles, finish, measure_cells, quotient, with_count_of

INTERVALS = {
    "days_to_submit": ("service_date", "first_submitted_on", "_submit_lines", (50, 90)),
    "days_to_first_remit": ("first_submitted_on", "first_remit_on", "_remit_lines", (50, 90)),
    "days_to_payment": ("first_submitted_on", "first_paid_on", "_payment_lines", (50, 90)),
    "days_to_final": ("first_submitted_on", "final_remit_on", "_final_lines", (50,)),
}
"""Measure -> from, to, helper column that counts the lines with that interval, percents."""


def days_between(start: str, end: str) -> pl.Expr:
    """Whole days from one date to another; null where that would be negative."""
    days = (pl.col(end) - pl.col(start)).dt.total_days()
    return pl.when(days >= 0).then(days)


def timeliness(book: Book, utilization: pl.DataFrame) -> pl.DataFrame:
    """Days of adjudicated lines. Grain: code, payer, line of business, period."""
    if "days_to_submit" not in book.lines.columns:
        book.lines = book.lines.with_columns(
            days_between(start, end).alias(name) for name, (start, end, *_) in INTERVALS.items()
        )
    for value in INTERVALS:
        book.with_rank(value)
    measures = Measures(
        sums={
            **{lines: pl.col(name).is_not_null() for name, (_, _, lines, _) in INTERVALS.items()},
            "_first_paid_lines": pl.col("first_paid"),
        },
        percentiles=tuple(
            Percentiles(name, name, percents) for name, (_, _, _, percents) in INTERVALS.items()
        ),
        maxima={"last_payment_day": pl.col("final_remit_on").to_physical()},
    )
    adjudicated = book.lines.filter(pl.col("is_adjudicated"))
    cells = measure_cells(book, adjudicated, (), measures).with_columns(
        quotient("_first_paid_lines", "service_lines").alias("first_pass_paid_rate"),
        pl.col("last_payment_day").cast(pl.Int32).cast(pl.Date).alias("paid_through"),
    )
    return finish(with_count_of(cells, utilization, "_all_lines"), TIMELINESS)
