"""Table `data_quality`: what was read, kept and refused, by payer and month."""

from __future__ import annotations

from datetime import date

import polars as pl

from schemas.reference import ReferenceTables
from schemas.rules import ALL, Rules
from schemas.tables import DATA_QUALITY
from transforms.payers import with_payer
from transforms.tables.cells import finish_table

_CELL = ("payer", "month", "source", "rule_code")
INTAKE = ("rows_read", "in_scope", "accepted", "quarantined", "repaired", "rejected_files", "findings")
_UNKNOWN = "unknown"
_COUNTS = tuple(m.name for m in DATA_QUALITY.measures_of("count"))


def data_quality(
    counts: pl.DataFrame,
    quality: pl.LazyFrame,
    as_of: date,
    rules: Rules,
    reference: ReferenceTables,
) -> pl.DataFrame:
    """Counts by payer (and all), month, source and rule (and all).

    `counts` are resolved_counts, `quality` those of intake.
    Rows without a month stand under `undated`; files and rows that name no payer under `unknown`.
    """
    of_intake = intake_counts(quality, reference).group_by(_CELL).sum().collect()
    found = pl.concat([of_intake, counts], how="diagonal")
    missing = [pl.lit(0, dtype=pl.Int64).alias(name) for name in _COUNTS if name not in found.columns]
    found = found.with_columns(missing)
    by_rule = found.filter(pl.col("rule_code").is_not_null())
    cells = pl.concat([by_rule, found.with_columns(pl.lit(ALL).alias("rule_code"))], how="diagonal")
    cells = pl.concat([cells, cells.with_columns(pl.lit(ALL).alias("payer"))], how="diagonal")
    summed = cells.group_by(_CELL).agg(pl.col(_COUNTS).sum())
    period_end = pl.col("month").dt.month_end()
    return finish_table(
        summed.with_columns(
            pl.when(pl.col("month").is_null())
            .then(pl.lit("undated"))
            .otherwise(pl.lit("month"))
            .alias("period_type"),
            pl.col("month").alias("period_start"),
            (pl.col("payer") == ALL).alias("is_rollup"),
            ((pl.lit(as_of) - period_end).dt.total_days() >= rules.mature_days).alias("is_mature"),
        ),
        DATA_QUALITY,
    )


def resolved_counts(lines: pl.LazyFrame, remits: pl.LazyFrame) -> pl.DataFrame:
    """What resolution found about claim lines and remit lines. Grain: CELL; counts of one month are of its
    lines and remits alone.
    """
    parts = [part.group_by(_CELL).sum().collect() for part in (line_counts(lines), remit_counts(remits))]
    found = pl.concat(parts, how="diagonal").with_columns(pl.selectors.integer().fill_null(0))
    return found.sort(found.columns)


def intake_counts(quality: pl.LazyFrame, reference: ReferenceTables) -> pl.LazyFrame:
    """Counts of intake with the payer mapped by id and name."""
    named = pl.col("payer_id").is_not_null() | pl.col("payer_name").is_not_null()
    return with_payer(quality, reference, on_date="month").select(
        pl.when(named).then(pl.col("payer")).otherwise(pl.lit(_UNKNOWN)).alias("payer"),
        *_CELL[1:],
        *INTAKE,
    )


def line_counts(lines: pl.LazyFrame) -> pl.LazyFrame:
    """What resolution found about claim lines."""
    current = (pl.col("standing") == "current") & (pl.col("role") == "P")
    return lines.select(
        "payer",
        pl.col("service_month").alias("month"),
        pl.lit("claim_lines").alias("source"),
        pl.lit(None, dtype=pl.String).alias("rule_code"),
        _count(current & pl.col("unbalanced"), "unbalanced_lines"),
        _count(current & pl.col("allowed_conflict"), "allowed_conflicts"),
        _count(current & pl.col("sequestration_off"), "sequestration_off_lines"),
        _count(current & pl.col("line_of_business_doubtful"), "doubtful_line_of_business_lines"),
        _count(pl.col("original_ambiguous"), "original_ambiguous"),
        _count(pl.col("payer") == "other", "unmapped_payer_lines"),
    )


def remit_counts(remits: pl.LazyFrame) -> pl.LazyFrame:
    """What resolution found about remit lines."""
    return remits.select(
        "payer",
        pl.col("remit_month").alias("month"),
        pl.lit("remit_lines").alias("source"),
        pl.lit(None, dtype=pl.String).alias("rule_code"),
        _count(pl.col("outcome") == "unlinked", "unlinked_remits"),
        _count(pl.col("outcome") == "ambiguous", "ambiguous_remits"),
        _count(pl.col("outcome") == "crossover", "crossover_remits"),
        _count(pl.col("outcome") == "duplicate", "copied_remits"),
        _count(pl.col("loosely_linked"), "loosely_linked_remits"),
        _count(pl.col("role_assumed_primary"), "assumed_primary_remits"),
        _count(pl.col("reversal_unmatched"), "unmatched_reversals"),
        _count(pl.col("reversal_amount_mismatch"), "mismatched_reversals"),
    )


def _count(condition: pl.Expr, name: str) -> pl.Expr:
    return condition.fill_null(False).cast(pl.Int64).alias(name)
