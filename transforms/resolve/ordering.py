"""Orders and identities that depend on content only: ranks of rows, identifiers, signatures of groups."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.accepted import CLAIM_CONTENT, REMIT_CONTENT
from schemas.columns import names

CLAIM_CONTENT_COLUMNS: tuple[str, ...] = tuple(
    name for name in names(CLAIM_CONTENT) if name != "claim_line_count"
)
"""What a claim line says, in the order in which ties are broken (keyed hashes last). How many lines its claim
has is said by the file, which may hold a part of them."""

REMIT_CONTENT_COLUMNS: tuple[str, ...] = (
    "payment_date",
    *(name for name in names(REMIT_CONTENT) if name not in {"payer_id", "payer_name"}),
)
"""What a remit line says; payers spell their names differently from file to file."""


def dense_rank(columns: Sequence[str]) -> pl.Expr:
    """Equal content, equal rank; larger content (column by column, nulls first), larger rank. Starts at 1."""
    return pl.struct(columns).rank("dense").cast(pl.Int64)


def with_content_rank(rows: pl.DataFrame, detail: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Add `content_rank`, the dense rank of what each row says in `detail` among the given rows.

    Both frames tell rows apart by `row`. Grain unchanged.
    """
    said = detail.join(rows.select("row"), on="row", how="semi").select(
        "row", content_rank=dense_rank(columns)
    )
    return rows.join(said, on="row", how="left", validate="1:1")


def identifiers(rows: pl.DataFrame, columns: Sequence[str], name: str) -> pl.DataFrame:
    """Add a dense whole number per distinct combination of columns (null is a value)."""
    return rows.with_columns(dense_rank(columns).alias(name))


def signatures(rows: pl.DataFrame, group: str, order: str) -> pl.DataFrame:
    """One text per group that compares like the list of its content ranks in `order`: equal lists, equal
    text.
    """
    return (
        rows.sort(group, order, "content_rank")
        .group_by(group, maintain_order=True)
        .agg(pl.col("content_rank").cast(pl.String).str.zfill(10).str.join("|").alias("signature"))
    )
