"""Measure the cells of a table: N, sums, percentiles, concentration of providers; and give it its final
shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from schemas.table_columns import MONEY, TableSpec, nearest_rank
from transforms.tables.analysis_lines import MICRO, AnalysisLines
from transforms.tables.cube import CELL, Cube, Finest, Flags, Ids, make_cube, number_rows
from transforms.tables.facts import (
    LEAST,
    Counted,
    Facts,
    Providers,
    added,
    counted,
    facts_joined,
    first_counts,
    providers_of,
    spread_of,
)
from transforms.tables.measuring import concentration, distinct, percentiles, rolled, rolled_counts
from transforms.tables.periods import Calendar

_KIND = 5_000
"""Values of money are told apart by half dollars: two contract rates are two, whatever their cents."""
RATIO_KIND = 250
"""Ratios to Medicare's price by a fortieth, which is half a dollar per unit."""
Rows = Callable[[pl.LazyFrame], pl.LazyFrame]
"""The rows of a table from a part of the lines: lines, or lines repeated under several keys."""
_PEOPLE = ("claims", "cases", "patients")
PROVIDERS = {"billing_providers": "billing_provider_npi", "rendering_providers": "rendering_provider_npi"}
_SCALES = {"minutes_thousandths": 1000, "allowed_cents": 100, "paid_cents": 100, "case_cents": 100}
"""Columns of whole numbers that percentiles are taken of -> what is 1 of the value."""
SUM, MOST, LEAST_OF, AVERAGED = "sum of ", "most of ", "least of ", "averaged "
"""Names of what is computed of rows begin so: no column of the analysis does."""


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

    `population`: Boolean column that N is over (none: every row). `sums`: integer expressions. `providers`:
    those counted beside billing providers. `cases`: name -> Boolean column whose cases are counted. `maxima`:
    integer expressions of which the greatest counts. `averaged`: name of a mean or sum -> its values in
    ten-thousandths. `bases`: price basis -> Boolean column of its lines.
    """

    population: str | None = None
    sums: Mapping[str, pl.Expr] = field(default_factory=dict)
    providers: tuple[str, ...] = ()
    cases: Mapping[str, str] = field(default_factory=dict)
    percentiles: tuple[Percentiles, ...] = ()
    maxima: Mapping[str, pl.Expr] = field(default_factory=dict)
    averaged: Mapping[str, pl.Expr] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)


def measure_cells(
    analysis: AnalysisLines, breakdown: Sequence[str], measures: Measures, rows: Rows | None = None
) -> pl.DataFrame:
    """Keys, is_rollup, is_mature, N and the measures of every cell that a row stands in.

    An empty key of the breakdown is `unknown`. Percentiles without a value are null, so are greatest values.
    """
    wanted = [*_columns(breakdown, measures), *_computed(measures)]
    parts = []
    for part in analysis.parts:
        lines = part.lines if rows is None else rows(part.lines)
        told = lines.select(wanted).collect(engine="in-memory")
        base, finest = number_rows(told, breakdown, part.cells)
        parts.append(_facts(told, base, finest, measures, analysis.calendar))
        del told
    facts = facts_joined(parts)
    parts.clear()
    cube = make_cube(facts.finest, analysis.calendar)
    made = _numbers(cube, facts, measures)
    for p in measures.percentiles:
        made |= _percentiles(cube, facts.values[p.name], p)
    return cube.keys.with_columns(series.alias(name) for name, series in made.items())


def sum_cells(
    analysis: AnalysisLines, breakdown: Sequence[str], sums: Mapping[str, pl.Expr], rows: Rows
) -> pl.DataFrame:
    """Keys, is_rollup, is_mature and sums of integer expressions of every cell that a row stands in."""
    facts = []
    for part in analysis.parts:
        wanted = (value.alias(f"{SUM}{name}") for name, value in sums.items())
        told = rows(part.lines).select(CELL, *breakdown, *wanted).collect(engine="in-memory")
        base, finest = number_rows(told, breakdown, part.cells)
        added_up = {name: added(base, _summands(told, f"{SUM}{name}"), finest.size) for name in sums}
        facts.append(Facts(finest, added_up))
    return summed(facts_joined(facts), analysis.calendar)


def summed(facts: Facts, calendar: Calendar) -> pl.DataFrame:
    """Keys, is_rollup, is_mature and sums of every cell."""
    cube = make_cube(facts.finest, calendar)
    made = rolled(cube, facts.sums, np.add)
    return cube.keys.with_columns(pl.Series(name, numbers) for name, numbers in made.items())


def _columns(breakdown: Sequence[str], measures: Measures) -> list[str]:
    """Columns of rows that measuring needs."""
    needed = [CELL, *breakdown]
    needed += [name for people in _PEOPLE for name in (f"_{people}", f"_{people}_alone")]
    needed += [PROVIDERS[name] for name in ("billing_providers", *measures.providers)]
    needed += [name for p in measures.percentiles for name in (p.value, p.where) if name]
    needed += [*measures.cases.values(), *([measures.population] if measures.population else [])]
    needed += [*measures.bases.values(), "_owners", "allowed_cents"] if measures.bases else []
    return list(dict.fromkeys(needed))


def _computed(measures: Measures) -> list[pl.Expr]:
    """What is computed of each row."""
    named = ((SUM, measures.sums), (MOST, measures.maxima), (AVERAGED, measures.averaged))
    return [value.alias(f"{prefix}{name}") for prefix, of in named for name, value in of.items()]


def _flags(rows: pl.DataFrame, column: str) -> Flags:
    """A column of flags; nothing counts as not."""
    return rows.get_column(column).fill_null(False).to_numpy()


def _summands(rows: pl.DataFrame, name: str) -> Ids | Flags:
    """A column of whole numbers or flags; nothing counts as 0 or not."""
    series = rows.get_column(name)
    return series.fill_null(False if series.dtype == pl.Boolean else 0).to_numpy()


def _facts(rows: pl.DataFrame, base: Ids, finest: Finest, measures: Measures, calendar: Calendar) -> Facts:
    """What some rows say of their finest cells."""
    held = _flags(rows, measures.population) if measures.population else None
    lines = np.bincount(base if held is None else base[held], minlength=finest.size)
    sums = {name: added(base, _summands(rows, f"{SUM}{name}"), finest.size) for name in measures.sums}
    maxima, bits = {}, {}
    for name in measures.maxima:
        maxima[name] = spread_of(base, rows.get_column(f"{MOST}{name}"), 1, finest.size).most
    for name in measures.averaged:
        kind = RATIO_KIND if name == RATIO else _KIND
        spread = spread_of(base, rows.get_column(f"{AVERAGED}{name}"), kind, finest.size)
        maxima |= {f"{MOST}{name}": spread.most, f"{LEAST_OF}{name}": spread.least}
        bits[name] = spread.bits
    values = {
        p.name: counted(
            base,
            rows.get_column(p.value),
            _flags(rows, p.where) if p.where else None,
            _SCALES.get(p.value, 1),
        )
        for p in measures.percentiles
    }
    counts = _counts(rows, base, held, measures, finest, calendar)
    providers = _providers(rows, base, held, measures, finest)
    return Facts(finest, {"service_lines": lines, **sums}, maxima, bits, counts, providers, values)


def _counts(
    rows: pl.DataFrame, base: Ids, held: Flags | None, measures: Measures, finest: Finest, calendar: Calendar
) -> dict[str, Ids]:
    """Claims, cases and patients of the population, and cases of some rows."""
    wanted: dict[str, tuple[str, Flags | None]] = {people: (people, held) for people in _PEOPLE}
    wanted |= {name: ("cases", _flags(rows, mask)) for name, mask in measures.cases.items()}
    made = {}
    for name, (people, mask) in wanted.items():
        thing, alone = (rows.get_column(f"_{people}{end}").to_numpy() for end in ("", "_alone"))
        if mask is None:
            made[name] = first_counts(thing, base, alone, finest, calendar)
        else:
            inside = np.flatnonzero(mask)
            made[name] = first_counts(thing[inside], base[inside], alone[inside], finest, calendar)
    return made


def _providers(
    rows: pl.DataFrame, base: Ids, held: Flags | None, measures: Measures, finest: Finest
) -> dict[str, Providers]:
    """Providers that are counted, and those behind each basis of a price."""
    wanted = {"billing_providers": held} | dict.fromkeys(measures.providers)
    made = {}
    for name, mask in wanted.items():
        made[name] = providers_of(base, rows.get_column(PROVIDERS[name]), mask, finest)
    for basis, column in measures.bases.items():
        owners, cents = rows.get_column("_owners"), rows.get_column("allowed_cents").fill_null(0).to_numpy()
        made[basis] = providers_of(base, owners, _flags(rows, column), finest, cents)
    return made


def _numbers(cube: Cube, facts: Facts, measures: Measures) -> dict[str, pl.Series]:
    """All measures of the cells but percentiles."""
    made = rolled(cube, facts.sums, np.add) | rolled_counts(cube, facts.counts)
    for name in ("billing_providers", *measures.providers):
        made[name] = distinct(cube, facts.providers[name])
    maxima = rolled(cube, facts.maxima, np.maximum, LEAST)
    bits = rolled(cube, facts.bits, np.bitwise_or)
    for name in measures.averaged:
        most, least = maxima[f"{MOST}{name}"], maxima[f"{LEAST_OF}{name}"]
        made[f"_{name}_spread"] = np.where(most == LEAST, 0, most + least)
        made[f"_{name}_kinds"] = np.bitwise_count(bits[name]).astype(np.int64)
    for basis in measures.bases:
        made |= concentration(cube, facts.providers[basis], basis)
    series = {name: pl.Series(numbers) for name, numbers in made.items()}
    return series | {name: pl.Series(maxima[name]).replace(LEAST, None) for name in measures.maxima}


def _percentiles(cube: Cube, values: Counted, wanted: Percentiles) -> dict[str, pl.Series]:
    """Percentiles of a value, and the nearest-rank value beside each."""
    made = {}
    found = percentiles(cube, values, wanted.percents)
    for percent, (between, nearest) in zip(wanted.percents, found, strict=True):
        name = f"{wanted.name}_p{percent}"
        made[name] = pl.Series(between, nan_to_null=True)
        made[nearest_rank(name)] = pl.Series(nearest, nan_to_null=True)
    return made


def answered(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Adjudicated lines."""
    return lines.filter("is_adjudicated")


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


def finish_table(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
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
