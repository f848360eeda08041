"""Table `release_changes`: how the published numbers moved since the release before."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from schemas.resolved import LINE_COLUMNS
from schemas.table_columns import FIVE_KEYS, TableSpec
from schemas.tables import RELEASE_CHANGES, TABLES
from transforms.tables.cells import finish

Tables = Mapping[str, pl.DataFrame]
ROW = "row"
"""Stands in `measure` for the row as a whole."""
ORIGIN = ["file_key", "row_number"]
FIVE = [column.name for column in FIVE_KEYS]


def changed_lines(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """Resolved lines that two releases do not have alike: rows of either that are not the same in the
    other.
    """
    content = pl.struct(name for name in LINE_COLUMNS if name not in ORIGIN).hash().alias("_content")
    keys = [*ORIGIN, "_content"]
    old, new = before.with_columns(content), after.with_columns(content)
    gone = old.join(new.select(keys), on=keys, how="anti", nulls_equal=True)
    come = new.join(old.select(keys), on=keys, how="anti", nulls_equal=True)
    return pl.concat([gone, come]).select(LINE_COLUMNS)


def release_changes(
    before: Tables, after: Tables, changed: Tables | None = None, minimum: int = 11
) -> pl.DataFrame:
    """Numbers that moved from one release to the next, both as published. Grain: table, cell and measure.

    `changed` are the tables of `changed_lines` alone (built with the rolling window of `after`), not
    suppressed: their patients are those whose lines changed. Values stand only where both sides show them
    and at least `minimum` patients changed in the cell; else one row says that the cell moved. Tables that
    only one release has are left out.
    """
    names = [name for name in after if name in before and name in TABLES and _compared(TABLES[name])]
    found = [
        _changes_of(TABLES[name], before[name], after[name], (changed or {}).get(name), minimum)
        for name in names
    ]
    schema = {column.name: column.dtype for column in RELEASE_CHANGES.columns}
    return finish(pl.concat([pl.DataFrame(schema=schema), *found]), RELEASE_CHANGES)


def _compared(spec: TableSpec) -> bool:
    return not spec.plain and spec.key_names[: len(FIVE)] == FIVE


def _changes_of(
    spec: TableSpec, before: pl.DataFrame, after: pl.DataFrame, changed: pl.DataFrame | None, minimum: int
) -> pl.DataFrame:
    keys = spec.key_names
    measures = [m.name for m in spec.measures]
    sides = [frame.select(*keys, "suppressed", *measures) for frame in (before, after)]
    patients = (before if changed is None else changed).select(*keys, pl.col("patients").alias("_changed"))
    both = (
        sides[0]
        .join(sides[1], on=keys, how="full", coalesce=True, suffix="_after", validate="1:1")
        .join(patients if changed is not None else patients.clear(), on=keys, how="left", validate="m:1")
        .with_columns(pl.col("_changed").fill_null(0))
    )
    moved = {name: pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in measures}
    both = both.with_columns(_moved=pl.any_horizontal(*moved.values()))
    rows = both.with_columns(_why=_row_word(minimum)).filter(pl.col("_why").is_not_null())
    shown = both.filter(~pl.col("suppressed") & ~pl.col("suppressed_after") & (pl.col("_changed") >= minimum))
    parts = [_told(rows, spec, ROW, None, pl.col("_why"))]
    for m in spec.measures:
        numeric = not isinstance(m.column.dtype, (pl.String, pl.Date, pl.Boolean))
        parts.append(
            _told(shown.filter(moved[m.name]), spec, m.name, m.name if numeric else None, _word(m.name))
        )
    return pl.concat(parts)


def _row_word(minimum: int) -> pl.Expr:
    """What to say of the row as a whole; null where its measures tell, or nothing moved."""
    return (
        pl.when(pl.col("suppressed").is_null())
        .then(pl.lit("appeared"))
        .when(pl.col("suppressed_after").is_null())
        .then(pl.lit("disappeared"))
        .when(pl.col("suppressed") & ~pl.col("suppressed_after"))
        .then(pl.lit("shown_now"))
        .when(~pl.col("suppressed") & pl.col("suppressed_after"))
        .then(pl.lit("withheld_now"))
        .when(pl.col("_moved") & (pl.col("_changed") < minimum))
        .then(pl.lit("moved"))
    )


def _word(measure: str) -> pl.Expr:
    before, after = pl.col(measure), pl.col(f"{measure}_after")
    return (
        pl.when(before.is_null())
        .then(pl.lit("shown_now"))
        .when(after.is_null())
        .then(pl.lit("withheld_now"))
        .otherwise(pl.lit("changed"))
    )


def _told(rows: pl.DataFrame, spec: TableSpec, measure: str, value: str | None, why: pl.Expr) -> pl.DataFrame:
    """Rows of the table for one measure; values only where both sides have them."""
    nothing = pl.lit(None, dtype=pl.Float64)
    both = pl.col(value).is_not_null() & pl.col(f"{value}_after").is_not_null() if value else pl.lit(False)
    before = pl.when(both).then(pl.col(value).cast(pl.Float64)) if value else nothing
    after = pl.when(both).then(pl.col(f"{value}_after").cast(pl.Float64)) if value else nothing
    further = [pl.format("{}={}", pl.lit(key), pl.col(key)) for key in spec.key_names[len(FIVE) :]]
    return rows.select(
        pl.lit(spec.name).alias("table_name"),
        *FIVE,
        (pl.concat_str(further, separator="|") if further else pl.lit("")).alias("further_keys"),
        pl.lit(measure).alias("measure"),
        before.alias("before"),
        after.alias("after"),
        why.alias("why"),
    )
