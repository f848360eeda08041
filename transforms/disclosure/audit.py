"""What suppression cost: shares of rows, lines and numbers withheld, by reason."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from schemas.tables import TABLES

SHOWN = "shown"


def suppression_shares(
    built: Mapping[str, pl.DataFrame], published: Mapping[str, pl.DataFrame]
) -> pl.DataFrame:
    """Rows and service lines by table, period type and reason (or shown), as shares of their table and type.

    `built` are the tables before, `published` the same tables after suppression, row for row. Grain:
    table_name, period_type, reason. A line counts once in each table and roll-up.
    """
    parts = [
        _shares_of(name, built[name], frame)
        for name, frame in published.items()
        if "service_lines" in frame.columns and name in built and not TABLES[name].plain
    ]
    schema = {
        "table_name": pl.String,
        "period_type": pl.String,
        "reason": pl.String,
        "rows": pl.Int64,
        "share_of_rows": pl.Float64,
        "share_of_lines": pl.Float64,
    }
    return pl.concat([pl.DataFrame(schema=schema), *parts]).sort("table_name", "period_type", "reason")


def _shares_of(name: str, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    reason = pl.when("suppressed").then("suppression_reason").otherwise(pl.lit(SHOWN)).alias("reason")
    rows = after.select("period_type", reason).with_columns(before.get_column("service_lines"))
    whole = pl.col("service_lines").sum().over("period_type")
    return (
        rows.with_columns(_all=pl.len().over("period_type"), _lines=whole)
        .group_by("period_type", "reason")
        .agg(
            pl.len().cast(pl.Int64).alias("rows"),
            (pl.len() / pl.col("_all").first()).alias("share_of_rows"),
            (pl.col("service_lines").sum() / pl.col("_lines").first()).alias("share_of_lines"),
        )
        .select(
            pl.lit(name).alias("table_name"),
            "period_type",
            "reason",
            "rows",
            "share_of_rows",
            "share_of_lines",
        )
    )
