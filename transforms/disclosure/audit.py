"""What suppression cost: shares of rows and lines withheld, by reason."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from schemas.rules import ALL, DisclosureRules
from schemas.table_columns import FIVE_KEYS
from schemas.tables import DATA_QUALITY, TABLES
from transforms.disclosure.primary import COMPLEMENTARY, SMALL_CELL

Tables = Mapping[str, pl.DataFrame]
FIVE = [column.name for column in FIVE_KEYS]
SOURCE = "suppression"
STEPS = 100
"""Shares of lines are told in whole percents, rounded down."""


def suppression_shares(built: Tables, published: Tables, rules: DisclosureRules) -> pl.DataFrame:
    """Share of rows withheld, and of the lines in them, by table, period type and reason.

    `built` are the tables before, `published` the same tables after suppression. few_providers and
    dominant_provider stand for rows whose prices are withheld, shown counts beside them or not. A line counts
    once in each row it stands in. Rows, flags and reasons are published, so the share of rows is exact; the
    share of lines is a whole percent rounded down, and null where that could narrow what one row withholds.
    """
    parts = [
        _shares_of(name, built[name], frame, rules)
        for name, frame in published.items()
        if name in built and TABLES[name].key_names[: len(FIVE)] == FIVE and not TABLES[name].plain
    ]
    schema = {
        "table_name": pl.String,
        "period_type": pl.String,
        "reason": pl.String,
        "share_of_rows": pl.Float64,
        "share_of_lines": pl.Float64,
    }
    return pl.concat([pl.DataFrame(schema=schema), *parts]).sort("table_name", "period_type", "reason")


def _shares_of(name: str, before: pl.DataFrame, after: pl.DataFrame, rules: DisclosureRules) -> pl.DataFrame:
    keys = TABLES[name].key_names
    count = "service_lines" if "service_lines" in before.columns else "cases"
    lines = before.select(*keys, pl.col(count).fill_null(0).alias("_lines"))
    rows = after.select(*keys, "suppressed", "suppression_reason").join(
        lines, on=keys, how="left", nulls_equal=True, validate="1:1"
    )
    return (
        rows.with_columns(
            _rows=pl.len().over("period_type"),
            _all=pl.col("_lines").sum().over("period_type"),
        )
        .filter(pl.col("suppression_reason").is_not_null())
        .group_by("period_type", reason="suppression_reason")
        .agg(
            (pl.len() / pl.col("_rows").first()).alias("share_of_rows"),
            pl.col("_lines").sum(),
            pl.col("_all").first(),
            hidden=pl.col("suppressed").sum().cast(pl.Int64),
        )
        .with_columns(percent=(pl.col("_lines") * STEPS).floordiv(pl.col("_all")))
        .with_columns(pl.when(_tells_no_row(rules)).then(pl.col("percent") / STEPS).alias("share_of_lines"))
        .select(pl.lit(name).alias("table_name"), "period_type", "reason", "share_of_rows", "share_of_lines")
    )


def _tells_no_row(rules: DisclosureRules) -> pl.Expr:
    """Whether the percent leaves each withheld row the values it could have without it.

    It must be of as many rows, and span as many lines, as a shown count; and so much must lie between it and
    the fewest lines that the withheld rows can have, and between it and the most that small cells have.
    """
    one = pl.col("_all") / STEPS
    fewest = pl.when(pl.col("reason") == COMPLEMENTARY).then(rules.minimum_count).otherwise(1)
    room_below = (pl.col("percent") + 1) * one - pl.col("hidden") * fewest
    room_above = pl.col("hidden") * (rules.minimum_count - 1) - pl.col("percent") * one
    many = (pl.col("hidden") == 0) | (pl.col("hidden") >= rules.minimum_count)
    enough = many & (one >= rules.minimum_count) & (room_below >= rules.minimum_count)
    return enough & ((pl.col("reason") != SMALL_CELL) | (room_above >= rules.minimum_count))


def with_suppression(data_quality: pl.DataFrame, shares: pl.DataFrame) -> pl.DataFrame:
    """The published data_quality with one more row for each share: source `suppression`, without a month."""
    counts = [m.name for m in DATA_QUALITY.measures_of("count")]
    rule = pl.concat_str("table_name", "period_type", "reason", separator="/")
    added = shares.select(
        pl.lit(ALL).alias("payer"),
        pl.lit("undated").alias("period_type"),
        pl.lit(None, dtype=pl.Date).alias("period_start"),
        pl.lit(SOURCE).alias("source"),
        rule.alias("rule_code"),
        pl.lit(True).alias("is_rollup"),
        pl.lit(None, dtype=pl.Boolean).alias("is_mature"),
        pl.lit(False).alias("suppressed"),
        pl.lit(None, dtype=pl.String).alias("suppression_reason"),
        *(pl.lit(0, dtype=pl.Int64).alias(name) for name in counts),
        pl.col("share_of_rows").round(4, mode="half_to_even").alias("withheld_row_share"),
        pl.col("share_of_lines").alias("withheld_line_share"),
    ).select(data_quality.columns)
    return pl.concat([data_quality, added]).sort(DATA_QUALITY.key_names, nulls_last=True)


def withheld_rows(published: Tables) -> dict[str, float]:
    """Share of all rows of a release that are withheld, or whose prices are, by reason."""
    reasons = [
        frame.get_column("suppression_reason")
        for frame in published.values()
        if "suppression_reason" in frame.columns
    ]
    every = pl.concat([pl.Series("suppression_reason", [], dtype=pl.String), *reasons])
    counts = every.drop_nulls().value_counts().sort("suppression_reason")
    return {str(reason): round(count / len(every), 4) for reason, count in counts.iter_rows()}
