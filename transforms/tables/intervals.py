"""Days from service to submission, and from submission to answers and money."""

from __future__ import annotations

import polars as pl

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


def with_intervals(lines: pl.DataFrame) -> pl.DataFrame:
    """Add the interval columns, in days. Grain unchanged."""
    return lines.with_columns(
        days_between(start, end).alias(name) for name, (start, end, *_) in INTERVALS.items()
    )
