"""What a frame must be: one list of columns and rules, from which both the pandera schema and the expressions
that Polars evaluates are made.

This module does without pandera: to load it, and pandas with it, takes longer than a small run
(`schemas/pandera_schemas.py` makes the public schemas).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.columns import Column


@dataclass(frozen=True)
class RowRule:
    """A rule on one row: `good` is true where the row keeps it; null counts as kept.

    `droppable`: the row may lack the value; one that breaks the rule is dropped before the row is judged.
    """

    code: str
    column: str
    good: pl.Expr
    droppable: pl.Expr | None = None

    def holds(self) -> pl.Expr:
        """Whether the row keeps the rule, never null."""
        return self.good.fill_null(True)


@dataclass(frozen=True)
class FrameSchema:
    """Columns, rules on rows, and the columns that together are unique.

    `is_open`: further columns may stand beside, in any order; otherwise the columns are exactly these.
    """

    name: str
    columns: tuple[Column, ...]
    rules: tuple[RowRule, ...] = ()
    unique: tuple[str, ...] = ()
    is_open: bool = False

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return [column.name for column in self.columns]

    def keeps(self, frame: pl.DataFrame) -> bool:
        """Whether a frame has exactly these columns and types and keeps nulls, rules and unique keys.

        One expression for the whole frame; which rule is broken is told by `broken_rules`.
        """
        if list(frame.schema.items()) != [(column.name, column.dtype) for column in self.columns]:
            return False
        whole = [rule.holds() for rule in self.rules]
        whole += [pl.col(column.name).is_not_null() for column in self.columns if not column.nullable]
        kept = frame.select(pl.all_horizontal(pl.lit(True), *(test.all() for test in whole))).item()
        return bool(kept) and not (self.unique and frame.select(self.unique).is_duplicated().any())
