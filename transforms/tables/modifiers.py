"""Table `modifiers`: what the lines carry beside the code."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_lines import MODIFIERS
from transforms.tables.analysis_lines import Book
from transforms.tables.breakdowns import finished_breakdown

POSITIONS = [f"modifier_{i}" for i in range(1, 5)]
NEEDED = ("procedure_code", "payer", "line_of_business", "is_priced", "is_unit_priced", "allowed_cents")


def modifiers(book: Book, utilization: pl.DataFrame) -> pl.DataFrame:
    """Lines by modifier, each line once per distinct modifier. Grain: five keys and modifier."""
    carried = (
        pl.concat_list(pl.col(POSITIONS).cast(pl.String)).list.drop_nulls().list.unique().alias("modifier")
    )
    combinations = book.lines.select(POSITIONS).unique().with_columns(carried)
    # a line without modifiers keeps one row: an empty list explodes to null, which becomes `unknown`
    kept = [name for name in book.lines.columns if name.startswith("_")]
    rows = (
        book.lines.select(*POSITIONS, *NEEDED, *kept)
        .join(combinations, on=POSITIONS, how="left", nulls_equal=True)
        .explode("modifier", empty_as_null=True)
    )
    return finished_breakdown(book, rows, ("modifier",), MODIFIERS, utilization)
