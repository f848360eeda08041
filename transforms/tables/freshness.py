"""Table `freshness`: how recent the files of each payer are."""

from __future__ import annotations

from datetime import date

import polars as pl

from schemas.reference import ReferenceTables
from schemas.tables import FRESHNESS
from transforms.payers import with_payer
from transforms.tables.answering import can_answer
from transforms.tables.cells import finish_table

_SOURCES = {
    "claim_lines": ("submitted_on", "last_submitted_on"),
    "remit_lines": ("payment_date", "last_payment_date"),
}
"""Source -> the date that its files go by, and the column that tells the latest."""
WEEK = 7


def freshness(
    claims: pl.LazyFrame, remits: pl.LazyFrame, as_of: date, reference: ReferenceTables
) -> pl.DataFrame:
    """Latest dates by source and payer, from accepted rows in scope. Grain: source, payer."""
    parts = [
        _of_source(frame, source, as_of, reference)
        for source, frame in (("claim_lines", claims), ("remit_lines", remits))
    ]
    return finish_table(pl.concat(parts, how="diagonal"), FRESHNESS)


def _of_source(rows: pl.LazyFrame, source: str, as_of: date, reference: ReferenceTables) -> pl.DataFrame:
    day, latest = _SOURCES[source]
    wanted = ["file_key", "payer_id", "payer_name", day]
    told = rows
    if source == "claim_lines":
        told = rows.filter(pl.col("in_scope"), can_answer("timeliness"))
    known = told.group_by(wanted).agg(pl.col("service_date").max())
    days = with_payer(known, reference, on_date=day).collect()
    # a file holds the days since the one before: the latest day in each tells when files come
    by_file = days.group_by("payer", "file_key").agg(pl.col(day).max())
    dates = by_file.select("payer", day).unique().sort("payer", day)
    gaps = dates.group_by("payer").agg(
        pl.col(day).diff().dt.total_days().median().alias("usual_days_between")
    )
    since = (pl.lit(as_of) - pl.col(latest)).dt.total_days()
    return (
        days.group_by("payer")
        .agg(
            pl.col("service_date").max().alias("last_service_date"),
            pl.col(day).max().alias(latest),
            pl.col("file_key").n_unique().cast(pl.Int64).alias("files"),
        )
        .join(gaps, on="payer", how="left", validate="1:1")
        .with_columns(
            pl.lit(source).alias("source"),
            pl.lit(None, dtype=pl.Date).alias(_other(latest)),
            since.alias("days_since"),
            is_late(since).alias("is_late"),
        )
    )


def is_late(days_since: pl.Expr) -> pl.Expr:
    """More than twice the usual days since the latest date, and more than a week."""
    late = (days_since > 2 * pl.col("usual_days_between")) & (days_since > WEEK)
    return late.fill_null(False)


def _other(latest: str) -> str:
    return next(column for _, column in _SOURCES.values() if column != latest)
