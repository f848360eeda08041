"""The one dated join: facts in force on a line's date, never more than one row per line."""

from __future__ import annotations

import polars as pl

from transforms.reference_tables import ReferenceError, check_no_overlap


def join_in_force(
    lines: pl.LazyFrame,
    facts: pl.DataFrame,
    *,
    table: str,
    on: dict[str, str],
    date: str,
    columns: dict[str, str],
) -> pl.LazyFrame:
    """Give each line the facts of its key that are in force on its date.

    `on` maps a column of the lines to one of the facts (empty: one fact for all), `columns` a column of
    the facts to its new name. Grain: that of the lines, unchanged; lines without a fact, or without key
    or date, get nulls. Raises ReferenceError naming `table` when two facts of a key are in force on one date.
    """
    check_no_overlap(table, facts, tuple(on.values()))
    if taken := set(columns.values()) & set(lines.collect_schema().names()):
        raise ReferenceError(table, f"columns stand on the lines already: {', '.join(sorted(taken))}")
    keys = [*on, date]
    dated = facts.lazy().select(
        *(pl.col(theirs).alias(ours) for ours, theirs in on.items()),
        pl.col("effective_from").alias("_from"),
        pl.col("effective_to").alias("_to"),
        *(pl.col(old).alias(new) for old, new in columns.items()),
    )
    wanted = lines.select(keys).unique()
    met = wanted.join(dated, on=list(on), how="inner") if on else wanted.join(dated, how="cross")
    in_force = met.filter(
        (pl.col("_from").is_null() | (pl.col("_from") <= pl.col(date)))
        & (pl.col("_to").is_null() | (pl.col(date) <= pl.col("_to")))
        & pl.col(date).is_not_null()
    ).select(*keys, *columns.values())
    return lines.join(in_force, on=keys, how="left", validate="m:1", maintain_order="left")


def join_reference(
    lines: pl.LazyFrame,
    facts: pl.DataFrame,
    *,
    table: str,
    on: dict[str, str],
    columns: dict[str, str],
) -> pl.LazyFrame:
    """Give each line the facts of its key, undated; same grain and errors as join_in_force."""
    if facts.select(list(on.values())).is_duplicated().any():
        raise ReferenceError(table, "more than one row per key")
    if taken := set(columns.values()) & set(lines.collect_schema().names()):
        raise ReferenceError(table, f"columns stand on the lines already: {', '.join(sorted(taken))}")
    right = facts.lazy().select(
        *(pl.col(theirs).alias(ours) for ours, theirs in on.items()),
        *(pl.col(old).alias(new) for old, new in columns.items()),
    )
    return lines.join(right, on=list(on), how="left", validate="m:1", maintain_order="left")
