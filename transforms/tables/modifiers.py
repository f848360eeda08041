"""Table `modifiers`: what the lines carry beside the code."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_lines import MODIFIERS
from transforms.tables.book import Book
from transforms.tables.breakdowns import finished_breakdown

POSITIONS = [f"modifier_{i}" for i in range(1, 5)]


def modifiers(book: Book, utilization: pl.DataFrame) -> pl.DataFrame:
    """Lines by modifier, each line once per distinct modifier. Grain: five keys and modifier."""
    book.with_rank("allowed_per_unit")
    carried = pl.concat_list(POSITIONS).list.drop_nulls().list.unique().alias("modifier")
    combinations = book.lines.select(POSITIONS).unique().with_columns(carried)
    # a line without modifiers keeps one row: an empty list explodes to null, which becomes `unknown`
    rows = book.lines.join(combinations, on=POSITIONS, how="left", nulls_equal=True).explode(
        "modifier", empty_as_null=True
    )
    return finished_breakdown(book, rows, ("modifier",), MODIFIERS, utilization)
