"""Orders that depend on content only: dense ranks of rows, and signatures of groups of rows."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.accepted import CLAIM_CONTENT, REMIT_CONTENT
from schemas.columns import names

CLAIM_CONTENT_COLUMNS: tuple[str, ...] = tuple(names(CLAIM_CONTENT))
"""What a claim line says, in the order in which ties are broken (keyed hashes last)."""

REMIT_CONTENT_COLUMNS: tuple[str, ...] = (
    "payment_date",
    *(name for name in names(REMIT_CONTENT) if name not in {"payer_id", "payer_name"}),
)
"""What a remit line says; payers spell their names differently from file to file."""

ROW_ORDER: tuple[str, ...] = ("file_key", "row_number")


def with_content_rank(rows: pl.DataFrame, content: Sequence[str], name: str = "content_rank") -> pl.DataFrame:
    """Add a dense rank of each row's content: equal content, equal rank; larger content, larger rank; nulls
    first.
    """
    if rows.is_empty():
        return rows.with_columns(pl.lit(None, pl.UInt32).alias(name))
    ranks = (
        rows.select(content)
        .unique()
        .sort(content, nulls_last=False)
        .with_row_index(name)
        .with_columns(pl.col(name).cast(pl.UInt32))
    )
    return rows.join(ranks, on=list(content), how="left", nulls_equal=True, validate="m:1")


def signatures(rows: pl.DataFrame, group: str, order: str, rank: str = "content_rank") -> pl.DataFrame:
    """One text per group that compares like the list of its ranks in `order`: equal lists, equal text."""
    return (
        rows.sort(group, order, rank)
        .group_by(group, maintain_order=True)
        .agg(pl.col(rank).cast(pl.String).str.zfill(10).str.join("|").alias("signature"))
    )


def identifiers(rows: pl.DataFrame, columns: Sequence[str], name: str) -> pl.DataFrame:
    """Add a dense whole number per distinct combination of columns (null is a value)."""
    ids = rows.select(columns).unique().with_row_index(name).with_columns(pl.col(name).cast(pl.Int64))
    return rows.join(ids, on=list(columns), how="left", nulls_equal=True, validate="m:1")
