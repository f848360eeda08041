"""The published numbers as one linked system: which of them add up to which others.

A variable is one quantity of one row (its service lines, its denied lines, its allowed amounts); an equation
says that a variable is the sum of others. Quantities come from the tables' measures, equations from the keys
(months, quarters, years, rolling twelve months; payers; lines of business), from breakdowns and their tables,
and from counts that divide a count of their own row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import csr_array

from schemas.rules import ALL
from schemas.table_columns import FIVE_KEYS, TableSpec
from schemas.tables import TABLES

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Tables = Mapping[str, pl.DataFrame]

N: Final = "service_lines"
FIVE: Final = [column.name for column in FIVE_KEYS]
PERCENTILE: Final = re.compile(r"_p\d\d$")
LINKS: Final = (
    ("case_payment", N, "utilization", N),
    ("care_models", N, "utilization", N),
    ("sites", N, "utilization", N),
    ("diagnoses", N, "utilization", N),
    ("states", N, "utilization", N),
    ("demographics", N, "utilization", N),
    ("denials", N, "utilization", "adjudicated_lines"),
    ("timeliness", N, "utilization", "adjudicated_lines"),
    ("open_claims", N, "utilization", "pending_lines"),
    ("denial_reasons", N, "denials", "denied_lines"),
    ("denial_reasons", "initially_denied_lines", "denials", "initially_denied_lines"),
    ("denial_reasons", "overturned_lines", "denials", "overturned_lines"),
    ("states", "_denied_lines", "denials", "denied_lines"),
    ("care_models", "priced_lines", "payment", N),
    ("sites", "priced_lines", "payment", N),
    ("states", "priced_lines", "payment", N),
)
"""A quantity of a table that adds up, over its further keys, to a quantity of another table's row."""
SHARES_OF: Final = {
    "_all_lines": ("utilization", N),
    "_pending_lines": ("utilization", "pending_lines"),
    "_denied_lines": ("denials", "denied_lines"),
    "_initially_denied_lines": ("denials", "initially_denied_lines"),
}
"""Helper columns that hold a count of another table's row of the same five keys."""


@dataclass(frozen=True)
class Quantity:
    """What adds up: a count or sum of every row of a table.

    `columns` give it away and are withheld together; none: it is never published. `whole_row`: with it the
    row is withheld. `is_count`: people can be counted in it, so it may not be narrowed either.
    """

    table: str
    name: str
    value: str
    columns: tuple[str, ...]
    also: tuple[str, ...] = ()
    whole_row: bool = False
    is_count: bool = True
    of: str = ""


@dataclass(frozen=True)
class System:
    """Variables (numbered through, quantity after quantity) and equations.

    `matrix`: one row per equation, +1 for the whole, -1 for its parts. `values`: what the variables are;
    money in cents.
    """

    quantities: tuple[Quantity, ...]
    offsets: Ids
    values: Numbers
    matrix: csr_array

    def slice_of(self, number: int) -> slice:
        """Variables of a quantity."""
        return slice(int(self.offsets[number]), int(self.offsets[number + 1]))

    @property
    def size(self) -> int:
        """Number of variables."""
        return int(self.offsets[-1])

    @cached_property
    def member_equation(self) -> Ids:
        """Equation of each entry of the matrix."""
        return np.repeat(np.arange(self.matrix.shape[0]), np.diff(self.matrix.indptr)).astype(np.int64)

    @cached_property
    def room(self) -> Numbers:
        """How far above its least possible value each variable stands, once it is withheld for others."""
        parts = [
            np.full(int(self.offsets[i + 1] - self.offsets[i]), 11.0 if q.whole_row else 0.0)
            for i, q in enumerate(self.quantities)
        ]
        return self.values - np.concatenate(parts) if parts else self.values

    @cached_property
    def exact(self) -> Flags:
        """Equations that hold to the letter; others are bounds that nearly hold (distinct counts)."""
        held: Flags = np.abs(self.matrix @ self.values) < 0.5
        return held


def quantities_of(spec: TableSpec) -> list[Quantity]:
    """The quantities of a table that add up over its rows."""
    made: list[Quantity] = []
    names = {m.name for m in spec.measures}
    if N in names:
        made.append(Quantity(spec.name, N, N, (N,), whole_row=True))
    if spec.partitions and spec.partitions[0][0] == "cases":
        made.append(Quantity(spec.name, "cases", "cases", ("cases",), whole_row=True))
    for m in spec.measures_of("count"):
        made.append(Quantity(spec.name, m.name, m.name, (m.name,), _resting_on(spec, m.name), of=m.of))
    parts = {part for _, group in spec.partitions for part in group}
    for m in spec.helpers:
        if m.name in SHARES_OF and not (spec.name == "states" and m.name == "_denied_lines"):
            continue
        telling = tuple(t.name for t in spec.measures if m.name in t.rests_on and t.kind in ("sum", "rate"))
        if telling or m.name in parts:
            made.append(Quantity(spec.name, m.name, m.name, telling, _resting_on(spec, m.name)))
    return [*made, *_prices_of(spec)]


def _resting_on(spec: TableSpec, name: str) -> tuple[str, ...]:
    return tuple(m.name for m in spec.measures if name in m.rests_on)


def _prices_of(spec: TableSpec) -> list[Quantity]:
    """Sums and means of prices that stand or fall together: same lines, same counts."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for m in spec.measures_of("price"):
        if spec.key_names == FIVE and not PERCENTILE.search(m.name) and len(m.bases) == 1:
            groups.setdefault((*m.bases, *m.rests_on), []).append(m.name)
    return [
        Quantity(spec.name, "/".join(group), columns[0], tuple(columns), is_count=False)
        for group, columns in groups.items()
    ]


def system_of(tables: Tables) -> System:
    """All variables and equations of the tables as their builders give them (helper columns included)."""
    specs = [TABLES[name] for name in tables if not TABLES[name].plain]
    quantities = tuple(q for spec in specs for q in quantities_of(spec))
    sizes = [tables[q.table].height for q in quantities]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    values = np.concatenate([_values(tables[q.table], q) for q in quantities]) if quantities else np.zeros(0)
    start = {(q.table, q.name): int(offsets[i]) for i, q in enumerate(quantities)}
    wholes: list[Ids] = []
    parts: list[Ids] = []
    for whole, part in _pairs(tables, specs, quantities, start):
        wholes.append(whole)
        parts.append(part)
    return _holding(System(quantities, offsets, values, _matrix(wholes, parts, int(offsets[-1]))))


def _holding(system: System) -> System:
    """Leave out equations of counts that do not hold (distinct counts over roll-ups): nothing follows from
    them.
    """
    counts = np.repeat([q.is_count for q in system.quantities], np.diff(system.offsets))
    whole = system.matrix.indices[system.matrix.data > 0]
    kept = system.exact | ~counts[whole]
    return System(system.quantities, system.offsets, system.values, system.matrix[kept])


def _values(frame: pl.DataFrame, q: Quantity) -> Numbers:
    column = frame.get_column(q.value)
    cents = 1 if q.is_count else 100
    return (column.cast(pl.Float64).fill_null(0.0) * cents).round(0).to_numpy().astype(np.float64)


def _pairs(
    tables: Tables,
    specs: list[TableSpec],
    quantities: tuple[Quantity, ...],
    start: dict[tuple[str, str], int],
) -> Iterator[tuple[Ids, Ids]]:
    """Whole and part of every pair, one kind of equation at a time."""
    window = _window(tables)
    for spec in specs:
        mine = [start[q.table, q.name] for q in quantities if q.table == spec.name]
        for whole, part in roll_ups(tables[spec.name], spec, window):
            for offset in mine:
                yield whole + offset, part + offset
        for of, names in spec.partitions:
            rows = np.arange(tables[spec.name].height)
            whole = np.tile(rows + start[spec.name, of], len(names))
            yield whole, np.concatenate([rows + start[spec.name, name] for name in names])
    for table, name, base, of in LINKS:
        if (table, name) in start and (base, of) in start:
            whole, part = rows_of_base(tables[table], tables[base])
            yield whole + start[base, of], part + start[table, name]


def _window(tables: Tables) -> pl.Series:
    if "utilization" not in tables:
        return pl.Series([], dtype=pl.Date)
    frame = tables["utilization"]
    return frame.filter(pl.col("period_type") == "rolling_12").get_column("period_start").unique()


def roll_ups(frame: pl.DataFrame, spec: TableSpec, window: pl.Series) -> Iterator[tuple[Ids, Ids]]:
    """Rows of a table that are sums of others, and those others: a pair of row numbers per part."""
    keys = spec.key_names
    numbered = frame.select(*keys).with_row_index("_row_number")
    for key in ("payer", "line_of_business", "rule_code"):
        if key in keys:
            below = numbered.filter(pl.col(key) != ALL).with_columns(pl.lit(ALL).alias(key))
            yield _paired(below, numbered, keys)
    if "rule_code" in keys:
        return
    for fine, coarse, every in (("month", "quarter", "1q"), ("quarter", "year", "1y")):
        below = numbered.filter(pl.col("period_type") == fine).with_columns(
            pl.lit(coarse).alias("period_type"), pl.col("period_start").dt.truncate(every)
        )
        yield _paired(below, numbered, keys)
    for first in window:
        last = pl.lit(first).dt.offset_by("12mo")
        inside = (pl.col("period_start") >= first) & (pl.col("period_start") < last)
        below = numbered.filter((pl.col("period_type") == "month") & inside).with_columns(
            pl.lit("rolling_12").alias("period_type"), pl.lit(first).alias("period_start")
        )
        yield _paired(below, numbered, keys)


def _paired(below: pl.DataFrame, rows: pl.DataFrame, keys: list[str]) -> tuple[Ids, Ids]:
    joined = below.join(rows.rename({"_row_number": "_whole"}), on=keys, how="inner", nulls_equal=True)
    return (
        joined.get_column("_whole").cast(pl.Int64).to_numpy(),
        joined.get_column("_row_number").cast(pl.Int64).to_numpy(),
    )


def rows_of_base(frame: pl.DataFrame, base: pl.DataFrame) -> tuple[Ids, Ids]:
    """Row of another table with the same five keys, and row of the table, for every row that has one."""
    numbered = frame.select(*FIVE).with_row_index("_row_number")
    return _paired(numbered, base.select(*FIVE).with_row_index("_row_number"), FIVE)


def _matrix(wholes: list[Ids], parts: list[Ids], size: int) -> csr_array:
    """One equation per kind and whole."""
    rows: list[Ids] = []
    columns: list[Ids] = []
    signs: list[Numbers] = []
    made = 0
    for whole, part in zip(wholes, parts, strict=True):
        known, number = np.unique(whole, return_inverse=True)
        rows += [made + np.arange(len(known)), made + number]
        columns += [known, part]
        signs += [np.ones(len(known)), -np.ones(len(part))]
        made += len(known)
    if not rows:
        return csr_array((0, size))
    entries = (np.concatenate(signs), (np.concatenate(rows), np.concatenate(columns)))
    return csr_array(entries, shape=(made, size))
