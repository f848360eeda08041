"""Measure the cells of a table: N, sums, percentiles, concentration of providers; and give it its final
shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from schemas.table_columns import MONEY, TableSpec, nearest_rank
from transforms.tables.analysis_lines import MICRO, AnalysisLines
from transforms.tables.cube import Cube, Flags, make_cube
from transforms.tables.measuring import concentration, distinct, kinds, maxima, percentiles, sums

KIND = 5_000
"""Values of money are told apart by half dollars: two contract rates are two, whatever their cents."""
RATIO_KIND = 250
"""Ratios to Medicare's price by a fortieth, which is half a dollar per unit."""
LEAST = -(2**62)
"""Stands for no value where the greatest is asked for."""
Columns = dict[str, pl.Series]
N_ENTITIES = ("claims", "cases", "patients", "billing_providers")


@dataclass(frozen=True)
class Percentiles:
    """Percentiles of a value column over the rows of a mask: `<name>_p<percent>`, interpolated, and the
    nearest-rank value beside each (`nearest_rank`).
    """

    name: str
    value: str
    percents: tuple[int, ...]
    where: str | None = None


@dataclass(frozen=True)
class Measures:
    """What to measure in each cell.

    `population`: Boolean column that N is over (none: every row). `sums`: integer expressions. `distinct`:
    name -> (column of dense numbers, Boolean column). `maxima`: integer expressions of which the greatest
    counts. `averaged`: name of a mean or sum -> its values in ten-thousandths.
    `bases`: price basis -> Boolean column of its lines.
    """

    population: str | None = None
    sums: Mapping[str, pl.Expr] = field(default_factory=dict)
    distinct: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)
    percentiles: tuple[Percentiles, ...] = ()
    maxima: Mapping[str, pl.Expr] = field(default_factory=dict)
    averaged: Mapping[str, pl.Expr] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)


def _mask(rows: pl.DataFrame, column: str | None) -> Flags | None:
    return None if column is None else _flags(rows, column)


def _flags(rows: pl.DataFrame, column: str) -> Flags:
    flags = rows.get_column(column)
    return (flags.fill_null(False) if flags.null_count() else flags).to_numpy()


def measure_cells(
    analysis: AnalysisLines,
    rows: pl.DataFrame,
    breakdown: Sequence[str],
    measures: Measures,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    """Keys, is_rollup, is_mature, N and the measures of every cell that a row stands in.

    Rows are lines of the analysis, or lines repeated with different values of the breakdown; `where` leaves
    some out. Percentiles without a value are null, so are greatest values.
    """
    rows = _projected(rows, breakdown, measures, where)
    cube = make_cube(rows, breakdown, analysis.calendar)
    lines = pl.lit(1) if measures.population is None else pl.col(measures.population)
    counted = {name: (f"_{name}", measures.population) for name in N_ENTITIES}
    made = _summed(cube, rows, {"service_lines": lines}) | _counted(cube, rows, counted)
    further = _measured(cube, rows, measures, analysis)
    return cube.keys.with_columns(series.alias(name) for name, series in (made | further).items())


def _measured(cube: Cube, rows: pl.DataFrame, measures: Measures, analysis: AnalysisLines) -> Columns:
    """All measures of the cells but N."""
    made = _summed(cube, rows, measures.sums) | _counted(cube, rows, measures.distinct)
    for p in measures.percentiles:
        ranks, values = rows.get_column(f"_rank_{p.value}"), analysis.values[p.value]
        found = percentiles(cube, ranks, values, _mask(rows, p.where), p.percents)
        for percent, (between, nearest) in zip(p.percents, found, strict=True):
            name = f"{p.name}_p{percent}"
            made[name] = pl.Series(between, nan_to_null=True)
            made[nearest_rank(name)] = pl.Series(nearest, nan_to_null=True)
    for name, numbers in maxima(cube, rows, measures.maxima, LEAST).items():
        made[name] = pl.Series(numbers).replace(LEAST, None)
    made |= _averaged(cube, rows, measures.averaged)
    for basis, mask in measures.bases.items():
        owners, cents = rows.get_column("_owners"), rows.get_column("allowed_cents")
        held = _flags(rows, mask)
        for name, numbers in concentration(cube, owners, cents, held, basis).items():
            made[name] = pl.Series(numbers)
    return made


def _averaged(cube: Cube, rows: pl.DataFrame, wanted: Mapping[str, pl.Expr]) -> Columns:
    """Spread and kinds (`Measure.averaged`) of values."""
    greatest = maxima(cube, rows, wanted, LEAST)
    least = maxima(cube, rows, {name: -value for name, value in wanted.items()}, LEAST)
    different = kinds(cube, rows, {name: value // _kind_of(name) for name, value in wanted.items()})
    made = {}
    for name in wanted:
        spread = np.where(greatest[name] == LEAST, 0, greatest[name] + least[name])
        made[f"_{name}_spread"], made[f"_{name}_kinds"] = pl.Series(spread), pl.Series(different[name])
    return made


def _kind_of(name: str) -> int:
    return RATIO_KIND if name == RATIO else KIND


def _summed(cube: Cube, rows: pl.DataFrame, wanted: Mapping[str, pl.Expr]) -> Columns:
    return {name: pl.Series(numbers) for name, numbers in sums(cube, rows, wanted).items()}


def _counted(cube: Cube, rows: pl.DataFrame, wanted: Mapping[str, tuple[str, str | None]]) -> Columns:
    made = {}
    for name, (column, mask) in wanted.items():
        alone = _mask(rows, f"{column}_alone" if f"{column}_alone" in rows.columns else None)
        made[name] = pl.Series(distinct(cube, rows.get_column(column), _mask(rows, mask), alone))
    return made


def _projected(
    rows: pl.DataFrame, breakdown: Sequence[str], measures: Measures, where: pl.Expr | None
) -> pl.DataFrame:
    """The rows to measure, with the columns that measuring them needs and no others."""
    needed = ["procedure_code", "payer", "line_of_business", "_month", *breakdown]
    needed += [f"_{name}" for name in N_ENTITIES]
    needed += [name for pair in measures.distinct.values() for name in pair if name]
    needed += [name for p in measures.percentiles for name in (f"_rank_{p.value}", p.where) if name]
    needed += [
        name
        for e in (*measures.sums.values(), *measures.maxima.values(), *measures.averaged.values())
        for name in e.meta.root_names()
    ]
    needed += [measures.population] if measures.population else []
    needed += [*measures.bases.values(), "_owners", "allowed_cents"] if measures.bases else []
    needed += [f"{name}_alone" for name in needed if f"{name}_alone" in rows.columns]
    narrow = rows.lazy() if where is None else rows.lazy().filter(where)
    return narrow.select(list(dict.fromkeys(needed))).collect(engine="in-memory")


def dollars(cents: str) -> pl.Expr:
    """Integer cents as exact dollars."""
    return (pl.col(cents).cast(pl.Decimal(18, 2)) * pl.lit("0.01").cast(pl.Decimal(18, 2))).cast(MONEY)


def money_parts(cents: str, where: str | None = None) -> pl.Expr:
    """Cents in ten-thousandths of a dollar, of the lines of a mask."""
    parts = pl.col(cents) * 100
    return parts if where is None else pl.when(pl.col(where)).then(parts)


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

    Floats are rounded half-even to four decimals. Nothing is withheld yet.
    """
    if spec.has_n:
        frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias("withheld"))
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


RATIO = "ratio_to_national_medicare"


def ratio_to_medicare() -> pl.Expr:
    """Allowed over Medicare's price, sums in cents and millionths over lines that have both."""
    return quotient(pl.col("ratio_allowed_cents") * (MICRO // 100), "ratio_medicare_micro")


def ratio_parts() -> pl.Expr:
    """Allowed over Medicare's price of a line that has both, in ten-thousandths."""
    both = pl.col("is_unit_priced") & (pl.col("medicare_micro") > 0)
    return pl.when(both).then(pl.col("allowed_cents") * (MICRO * 100) // pl.col("medicare_micro"))


def ratio_sums() -> dict[str, pl.Expr]:
    """Sums behind `ratio_to_medicare`: unit-priced lines that have both amounts."""
    both = pl.col("is_unit_priced") & pl.col("medicare_micro").is_not_null()
    return {
        "_ratio_lines": both,
        "ratio_allowed_cents": pl.when(both).then(pl.col("allowed_cents")),
        "ratio_medicare_micro": pl.when(both).then(pl.col("medicare_micro")),
    }
