"""The published numbers as one linked system: which of them add up to which others, or are no more than them.

A variable is one quantity of one row (its service lines, its denied lines, its allowed amounts); a relation
says that a variable is the sum of others, or at least that. Relations come from the keys (months, quarters,
years, rolling twelve months; payers; lines of business), from breakdowns and their tables, and from counts
that are a part of a count of their own row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse import block_array, csr_array, eye_array

from schemas.rules import ALL
from schemas.table_columns import TableSpec
from schemas.tables import TABLES
from transforms.disclosure.quantities import FIVE, N, Quantity, quantities_of

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
Numbers = NDArray[np.float64]
Tables = Mapping[str, pl.DataFrame]
Terms = list[tuple[Ids, Ids, float]]
"""Entries of some relations: number of the relation, variable, factor."""

SUMS: Final = (
    ("case_payment", N, "utilization", N),
    ("care_models", N, "utilization", N),
    ("sites", N, "utilization", N),
    ("diagnoses", N, "utilization", N),
    ("states", N, "utilization", N),
    ("demographics", N, "utilization", N),
    ("denials", N, "utilization", "adjudicated_lines"),
    ("states", "_adjudicated_lines", "utilization", "adjudicated_lines"),
    ("timeliness", N, "utilization", "adjudicated_lines"),
    ("open_claims", N, "utilization", "pending_lines"),
    ("denial_reasons", N, "denials", "denied_lines"),
    ("denial_reasons", "initially_denied_lines", "denials", "initially_denied_lines"),
    ("denial_reasons", "overturned_lines", "denials", "overturned_lines"),
    ("states", "_denied_lines", "denials", "denied_lines"),
    ("payment", "_paid_lines", "denials", "_paid_lines"),
    ("care_models", "priced_lines", "payment", N),
    ("sites", "priced_lines", "payment", N),
    ("states", "priced_lines", "payment", N),
)
"""A quantity of a table that adds up, over its further keys, to a quantity of another table's row."""
PARTS: Final = (
    ("procedures", N, "utilization", N),
    ("procedures", "priced_lines", "payment", N),
    ("contract_variance", N, "payment", "unit_priced_lines"),
)
"""The same where lines are left over: the sum is no more than the other table's quantity."""
EACH: Final = (
    ("modifiers", N, "utilization", N),
    ("modifiers", "priced_lines", "payment", N),
)
"""A quantity of every row that is no more than another table's: rows overlap, so they don't add up."""
WITHIN: Final = {
    "payment": ({"_paid_lines": 1, N: -1, "out_of_network_lines": -1, "nsa_lines": -1},),
    "denials": (
        {"_paid_lines": 1, "overturned_lines": -1},
        {N: 1, "_paid_lines": -1, "initially_denied_lines": -1, "overturned_lines": 1},
    ),
    "utilization": (
        {N: 1, "_minutes_lines": -1, "suspect_minutes_lines": -1},
        {"_minutes_lines": 1, "_units_lines": -1},
    ),
}
"""Quantities of one row with factors: their sum is zero or more."""
MODIFIER_OF: Final = {
    "personally_performed": ("AA",),
    "crna_alone": ("QZ",),
    "directed_physician": ("QK", "QY"),
    "directed_crna": ("QX",),
    "supervised": ("AD",),
}
"""Modifiers that every line of a care model carries one of, and no other line but those in conflict."""


@dataclass(frozen=True)
class System:
    """Variables (numbered through, quantity after quantity, rests last) and equations.

    `matrix`: one row per equation, +1 for the whole, -1 for its parts. A `rest` is what a whole has beside
    the parts that are told of: never published, zero or more, the last variables of all, one in each of the
    last equations. `values`: what the variables are; money in cents.
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
        return len(self.values)

    @property
    def rests(self) -> int:
        """Number of rests, and of the equations that have one."""
        return self.size - int(self.offsets[-1])

    def each(self, facts: list[bool], of_rests: bool) -> Flags:
        """A fact of each quantity, and of the rests, for every variable."""
        told = np.repeat(np.array(facts, dtype=bool), np.diff(self.offsets))
        return np.concatenate([told, np.full(self.rests, of_rests)])

    @cached_property
    def member_equation(self) -> Ids:
        """Equation of each entry of the matrix."""
        return np.repeat(np.arange(self.matrix.shape[0]), np.diff(self.matrix.indptr)).astype(np.int64)

    @cached_property
    def room(self) -> Numbers:
        """How far above its least possible value each variable stands, once it is withheld for others."""
        return self.values - 11.0 * self.each([q.whole_row for q in self.quantities], False)

    @cached_property
    def exact(self) -> Flags:
        """Equations that hold to the letter; those of means and ratios only say what follows from what."""
        held: Flags = np.abs(self.matrix @ self.values) < 0.5
        return held


def system_of(tables: Tables) -> System:
    """All variables and equations of the tables as their builders give them (helper columns included)."""
    specs = [TABLES[name] for name in tables if not TABLES[name].plain]
    quantities = tuple(q for spec in specs for q in quantities_of(spec))
    sizes = [tables[q.table].height for q in quantities]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    values = np.concatenate([_values(tables[q.table], q) for q in quantities]) if quantities else np.zeros(0)
    start = {(q.table, q.name): int(offsets[i]) for i, q in enumerate(quantities)}
    counts = np.repeat([q.is_count for q in quantities], sizes)
    sums = _holding(_matrix(_equalities(tables, specs, start), len(values)), values, counts)
    open_sums = _matrix(_inequalities(tables, specs, quantities, start), len(values))
    rests = -eye_array(open_sums.shape[0], format="csr")
    matrix = csr_array(block_array([[sums, None], [open_sums, rests]]))
    return System(quantities, offsets, np.concatenate([values, open_sums @ values]), matrix)


def _values(frame: pl.DataFrame, q: Quantity) -> Numbers:
    column = frame.get_column(q.value)
    cents = 1 if q.is_count else 100
    return (column.cast(pl.Float64).fill_null(0.0) * cents).round(0).to_numpy().astype(np.float64)


def _holding(matrix: csr_array, values: Numbers, counts: Flags) -> csr_array:
    """Leave out sums of counts that do not hold (distinct counts over roll-ups): nothing follows from
    them.
    """
    first = matrix.indices[matrix.indptr[:-1]]
    return matrix[(np.abs(matrix @ values) < 0.5) | ~counts[first]]


def _equalities(tables: Tables, specs: list[TableSpec], start: dict[tuple[str, str], int]) -> Iterator[Terms]:
    window = window_of(tables)
    for spec in specs:
        mine = [offset for (table, _), offset in start.items() if table == spec.name]
        for whole, part in roll_ups(tables[spec.name], spec, window):
            for offset in mine:
                yield _sum_of(whole + offset, part + offset)
        for of, names in spec.partitions:
            yield _of_row(tables[spec.name], spec.name, {of: 1, **dict.fromkeys(names, -1)}, start)
    for table, name, base, of in SUMS:
        if (table, name) in start and (base, of) in start:
            whole, part = rows_of_base(tables[table], tables[base])
            yield _sum_of(whole + start[base, of], part + start[table, name])
    if "care_models" in tables and "modifiers" in tables:
        yield from (terms for terms, conflict in _models(tables, start) if not conflict)


def _inequalities(
    tables: Tables,
    specs: list[TableSpec],
    quantities: tuple[Quantity, ...],
    start: dict[tuple[str, str], int],
) -> Iterator[Terms]:
    in_sums = {(spec.name, part) for spec in specs for _, names in spec.partitions for part in names}
    for q in quantities:
        if (q.table, q.of) in start and (q.table, q.name) not in in_sums:
            yield _of_row(tables[q.table], q.table, {q.of: 1, q.name: -1}, start)
    for table, groups in WITHIN.items():
        for factors in groups if table in tables else ():
            yield _of_row(tables[table], table, factors, start)
    for kind in (PARTS, EACH):
        for table, name, base, of in kind:
            if (table, name) in start and (base, of) in start:
                whole, part = rows_of_base(tables[table], tables[base])
                wholes, parts = whole + start[base, of], part + start[table, name]
                yield _sum_of(wholes, parts) if kind is PARTS else _pairs(wholes, parts)
    if "care_models" in tables and "modifiers" in tables:
        yield from (terms for terms, conflict in _models(tables, start) if conflict)


def _of_row(
    frame: pl.DataFrame, table: str, factors: Mapping[str, float], start: dict[tuple[str, str], int]
) -> Terms:
    """The same relation in every row of a table."""
    rows = np.arange(frame.height)
    return [(rows, rows + start[table, name], factor) for name, factor in factors.items()]


def _sum_of(whole: Ids, part: Ids) -> Terms:
    """One relation per whole: it, less its parts."""
    known, number = np.unique(whole, return_inverse=True)
    return [(np.arange(len(known)), known, 1.0), (number, part, -1.0)]


def _pairs(whole: Ids, part: Ids) -> Terms:
    numbers = np.arange(len(whole))
    return [(numbers, whole, 1.0), (numbers, part, -1.0)]


def _models(tables: Tables, start: dict[tuple[str, str], int]) -> Iterator[tuple[Terms, bool]]:
    """Lines by care model and by the modifiers that tell it: equal, but for lines of models in conflict.

    With each relation whether there are such: then it is one of two inequalities.
    """
    keyed = {
        name: tables[name].select(*FIVE, pl.col(key).alias("word")).with_row_index("row")
        for name, key in (("care_models", "care_model"), ("modifiers", "modifier"))
    }
    conflict = keyed["care_models"].filter(word="conflict").select(*FIVE, pl.col("row").alias("conflict"))
    for model, words in MODIFIER_OF.items():
        told = keyed["modifiers"].filter(pl.col("word").is_in(words))
        cells = (
            pl.concat([told.select(FIVE), keyed["care_models"].filter(word=model).select(FIVE)])
            .unique(maintain_order=True)
            .join(conflict, on=FIVE, how="left", validate="1:1")
        )
        sides = ((keyed["care_models"].filter(word=model), "care_models", 1.0), (told, "modifiers", -1.0))
        for apart in (False, True):
            some = cells.filter(pl.col("conflict").is_not_null() == apart).with_row_index("relation")
            terms = [(*_joined(some, rows, "row", start[table, N]), factor) for rows, table, factor in sides]
            if apart:
                yield [(relation, variable, -factor) for relation, variable, factor in terms], True
                extra = _joined(some, some, "conflict", start["care_models", N])
                terms.append((*extra, float(len(words))))
            yield terms, apart


def _joined(cells: pl.DataFrame, rows: pl.DataFrame, row: str, offset: int) -> tuple[Ids, Ids]:
    both = cells.select(*FIVE, "relation").join(rows.select(*FIVE, pl.col(row).alias("_row")), on=FIVE)
    return both["relation"].cast(pl.Int64).to_numpy(), both["_row"].cast(pl.Int64).to_numpy() + offset


def window_of(tables: Tables) -> pl.Series:
    """First days of the rolling windows of the tables."""
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


def _matrix(kinds: Iterator[Terms], size: int) -> csr_array:
    """Relations of several kinds, numbered through."""
    rows: list[Ids] = []
    columns: list[Ids] = []
    factors: list[Numbers] = []
    made = 0
    for terms in kinds:
        for relation, variable, factor in terms:
            rows.append(made + relation)
            columns.append(variable)
            factors.append(np.full(len(variable), float(factor)))
        made += max((int(relation.max(initial=-1)) + 1 for relation, _, _ in terms), default=0)
    if not made:
        return csr_array((0, size))
    entries = (np.concatenate(factors), (np.concatenate(rows), np.concatenate(columns)))
    return csr_array(entries, shape=(made, size))
