"""The public schemas in pandera, made from the same columns and rules that a run evaluates."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandera.errors
import pandera.polars as pa
import polars as pl

from schemas.columns import Column
from schemas.frame_schema import FrameSchema, RowRule


def pandera_schema(schema: FrameSchema) -> pa.DataFrameSchema:
    """The pandera schema of a frame; columns carry unit, source and sensitivity as metadata."""
    return pa.DataFrameSchema(
        {column.name: _column(column) for column in schema.columns},
        checks=[_check(rule) for rule in schema.rules],
        name=schema.name,
        strict=not schema.is_open,
        ordered=not schema.is_open,
        unique=list(schema.unique) or None,
    )


def broken_rules(frame: pl.DataFrame, schema: FrameSchema) -> str:
    """What is wrong with a frame, as pandera finds it: columns and checks, never a value."""
    try:
        pandera_schema(schema).validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
    else:
        return ""
    of_rules = {_told(rule): f"{rule.column}: {rule.code}" for rule in schema.rules}
    found = cases.select(pl.col("column", "check").cast(pl.String)).unique().sort("column", "check")
    return "; ".join(
        of_rules.get(check) or f"{'key' if column in (None, schema.name) else column}: {check}"
        for column, check in found.iter_rows()
    )


def _told(rule: RowRule) -> str:
    """A rule in a message of pandera: its code and its column, never a value."""
    return f"{rule.code}:{rule.column}"


def _column(column: Column) -> pa.Column:
    return pa.Column(
        column.dtype,
        nullable=column.nullable,
        title=column.name.replace("_", " "),
        description=column.description,
        metadata={"unit": column.unit, "source": column.source, "sensitivity": column.sensitivity},
    )


def _check(rule: RowRule) -> pa.Check:
    return pa.Check(partial(_apply, rule=rule), error=_told(rule), name=rule.code)


def _apply(data: Any, rule: RowRule) -> pl.LazyFrame:
    return data.lazyframe.select(rule.holds().alias("check"))  # type: ignore[no-any-return]
