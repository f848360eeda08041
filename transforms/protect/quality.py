"""What protected audiences see of the files taken in: `data_quality` and `freshness`."""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.rules import ALL, DisclosureRules
from schemas.table_columns import TableSpec
from transforms.protect.rounding import rounded_count
from transforms.tables.freshness import is_late

ALL_MONTHS: Final = "all"
"""Period type of a payer's counts over every month."""


def protected_quality(frame: pl.DataFrame, spec: TableSpec, rules: DisclosureRules) -> pl.DataFrame:
    """Rule 5: by payer or by month, not both; every count rounded, 1 to 10 null.

    Rows of single months are over all payers, those of single payers over all months.
    """
    keys = spec.key_names
    counts = [m.name for m in spec.measures]
    by_month = frame.filter(pl.col("payer") == ALL).select(*keys, "is_rollup", "is_mature", *counts)
    everywhen = (
        frame.group_by("payer", "source", "rule_code")
        .agg(pl.col("is_rollup").first(), pl.col(counts).sum())
        .select(
            "payer",
            pl.lit(ALL_MONTHS).alias("period_type"),
            pl.lit(None, dtype=pl.Date).alias("period_start"),
            "source",
            "rule_code",
            "is_rollup",
            pl.lit(None, dtype=pl.Boolean).alias("is_mature"),
            *counts,
        )
    )
    shown = [
        pl.when((pl.col(name) == 0) | (pl.col(name) >= rules.minimum_count))
        .then(rounded_count(pl.col(name), rules.is_shared))
        .alias(name)
        for name in counts
    ]
    return pl.concat([by_month, everywhen]).with_columns(shown).sort(keys, nulls_last=True)


def protected_freshness(frame: pl.DataFrame, utilization: pl.DataFrame) -> pl.DataFrame:
    """Rule 5: only beside a published `utilization` row of the payer. Dates are months (rule 3).

    Days since the latest date are counted from the end of its month: they follow from what is shown.
    """
    published = utilization.select("payer").unique()
    latest = pl.coalesce("last_submitted_on", "last_payment_date")
    over = pl.col("days_since") - (latest.dt.month_end() - latest).dt.total_days()
    return (
        frame.join(published, on="payer", how="semi", maintain_order="left")
        .with_columns(days_since=over.clip(0))
        .with_columns(pl.selectors.date().dt.truncate("1mo"), is_late(pl.col("days_since")).alias("is_late"))
    )
