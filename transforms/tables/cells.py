"""Measure the cells of a table: N, sums, percentiles, concentration of providers; and give it its final
shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.table_columns import MONEY, TableSpec, basis_columns
from transforms.tables.book import MICRO, Book
from transforms.tables.grid import (
    Grid,
    concentration,
    count_distinct,
    make_grid,
    percentiles,
    roll_up,
    roll_up_maxima,
    sum_finest,
)

N_ENTITIES = ("claims", "cases", "patients", "billing_providers")


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of a value column over the rows of a mask: `<name>_p<percent>`."""

    name: str
    value: str
    percents: tuple[int, ...]
    where: str | None = None


@dataclass(frozen=True)
class Measures:
    """What to measure in each cell.

    `population`: Boolean column that N is over (none: every row). `sums`: integer expressions. `distinct`:
    name -> (column of dense numbers, Boolean column). `maxima`: integer expressions of which the greatest
    counts. `bases`: price basis -> Boolean column of its lines.
    """

    population: str | None = None
    sums: Mapping[str, pl.Expr] = field(default_factory=dict)
    distinct: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    percentiles: tuple[Percentiles, ...] = ()
    maxima: Mapping[str, pl.Expr] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)


def _mask(rows: pl.DataFrame, column: str | None) -> NDArray[np.bool_] | None:
    return None if column is None else rows.get_column(column).fill_null(False).to_numpy()


def measure_cells(
    book: Book, rows: pl.DataFrame, breakdown: Sequence[str], measures: Measures
) -> pl.DataFrame:
    """Keys, is_rollup, is_mature, N and the measures of every cell that a row stands in.

    Rows are lines of the book (or lines repeated per breakdown value). Percentiles without a value are null.
    """
    grid = make_grid(rows, breakdown, book.calendar)
    lines = pl.lit(1) if measures.population is None else pl.col(measures.population)
    finest = sum_finest(grid, rows, {"service_lines": lines, **measures.sums})
    wanted = {name: (f"_{name}", measures.population) for name in N_ENTITIES} | dict(measures.distinct)
    counted = {
        name: count_distinct(grid, rows.get_column(column), _mask(rows, where))
        for name, (column, where) in wanted.items()
    }
    finest = finest.with_columns(pl.Series(name, found.alone) for name, found in counted.items())
    quantiles = {
        p: percentiles(
            grid, rows.get_column(f"_rank_{p.value}"), book.values[p.value], _mask(rows, p.where), p.percents
        )
        for p in measures.percentiles
    }
    bases = [list(_concentrations(grid, rows, name, where)) for name, where in measures.bases.items()]
    frames = []
    tops = roll_up_maxima(grid, rows, measures.maxima)
    for i, (combination, sums) in enumerate(zip(grid.combinations, roll_up(grid, finest), strict=True)):
        frame = combination.keys.hstack(sums).with_columns(
            pl.col(name) + pl.Series(found.others[i]) for name, found in counted.items()
        )
        made = [
            pl.Series(f"{p.name}_p{percent}", values, nan_to_null=True)
            for p, found in quantiles.items()
            for percent, values in zip(p.percents, found[i], strict=True)
        ]
        frames.append(
            pl.concat([frame.with_columns(made), tops[i], *(b[i] for b in bases)], how="horizontal")
        )
    return pl.concat(frames) if frames else _empty(breakdown, finest, measures)


def _concentrations(grid: Grid, rows: pl.DataFrame, name: str, where: str) -> list[pl.DataFrame]:
    mask = rows.get_column(where).fill_null(False).to_numpy()
    return list(concentration(grid, rows.get_column("_owners"), rows.get_column("allowed_cents"), mask, name))


def _empty(breakdown: Sequence[str], finest: pl.DataFrame, measures: Measures) -> pl.DataFrame:
    keys = ["procedure_code", *breakdown, "payer", "line_of_business", "period_type"]
    schema: dict[str, pl.DataType] = dict.fromkeys(keys, pl.String())
    schema |= {"period_start": pl.Date(), "is_mature": pl.Boolean(), "is_rollup": pl.Boolean()}
    schema |= dict.fromkeys([*finest.columns, *measures.maxima], pl.Int64())
    for p in measures.percentiles:
        schema |= {f"{p.name}_p{percent}": pl.Float64() for percent in p.percents}
    for name in measures.bases:
        schema |= dict.fromkeys(basis_columns(name), pl.Int64())
    return pl.DataFrame(schema=schema)


def dollars(cents: str) -> pl.Expr:
    """Integer cents as exact dollars."""
    return (pl.col(cents).cast(pl.Decimal(18, 2)) * pl.lit("0.01").cast(pl.Decimal(18, 2))).cast(MONEY)


def quotient(above: pl.Expr | str, below: pl.Expr | str) -> pl.Expr:
    """Quotient as a float; null where the denominator is 0."""
    top = pl.col(above) if isinstance(above, str) else above
    bottom = pl.col(below) if isinstance(below, str) else below
    return pl.when(bottom != 0).then(top / bottom)


def where_any(value: pl.Expr, lines: str) -> pl.Expr:
    """The value, null where no line has it."""
    return pl.when(pl.col(lines) > 0).then(value)


def finish(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """Give a table its columns, types, rounding and order; helper columns (`_...`) stand last.

    Floats are rounded half-even to four decimals. Nothing is suppressed yet.
    """
    if not spec.plain:
        frame = frame.with_columns(
            pl.lit(False).alias("suppressed"), pl.lit(None, dtype=pl.String).alias("suppression_reason")
        )
    columns = [
        pl.col(c.name).cast(c.dtype).round(4, mode="half_to_even")
        if c.dtype == pl.Float64()
        else pl.col(c.name).cast(c.dtype)
        for c in spec.columns
    ]
    return frame.select(*columns, *spec.helper_names).sort(spec.key_names, nulls_last=True)


FIVE = ["procedure_code", "payer", "line_of_business", "period_type", "period_start"]


def with_count_of(
    frame: pl.DataFrame, other: pl.DataFrame, name: str, column: str = "service_lines"
) -> pl.DataFrame:
    """Add a count of another table's cell of the same five keys, as helper column `name`."""
    return frame.join(other.select(*FIVE, pl.col(column).alias(name)), on=FIVE, how="left", validate="m:1")


def ratio_to_medicare() -> pl.Expr:
    """Allowed over Medicare's price, sums in cents and millionths over lines that have both."""
    return quotient(pl.col("ratio_allowed_cents") * (MICRO // 100), "ratio_medicare_micro")


def ratio_sums() -> dict[str, pl.Expr]:
    """Sums behind `ratio_to_medicare`: unit-priced lines that have both amounts."""
    both = pl.col("is_unit_priced") & pl.col("medicare_micro").is_not_null()
    return {
        "_ratio_lines": both,
        "ratio_allowed_cents": pl.when(both).then(pl.col("allowed_cents")),
        "ratio_medicare_micro": pl.when(both).then(pl.col("medicare_micro")),
    }
