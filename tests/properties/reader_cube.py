"""What binds the published counts of a cube of lines: intervals of every row, and what adds up to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from reader import Programme
from reader_relations import RELATIONS, N, Relation
from scipy.sparse import coo_array, csr_array, eye_array

from schemas.rules import ALL, DisclosureRules
from schemas.table_columns import TableSpec
from schemas.tables import TABLES
from transforms.protect.audience_tables import protect_tables
from transforms.protect.rounding import rounded_count

FIVE = ["procedure_code", "payer", "line_of_business", "period_type", "period_start"]
FINEST = ["procedure_code", "payer", "line_of_business", "period_start"]
RULES = DisclosureRules.of("standard")
LINES_OF = {"priced_lines": ("priced", "unit_priced"), "unit_priced_lines": ("unit_priced",)}
"""Counts of lines -> bases of the prices that tell how few they are at least."""
Tables = Mapping[str, pl.DataFrame]
Bounds = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Cube:
    """A table as built, its rows as published (`_here`: whether they are), and its finest cells."""

    spec: TableSpec
    built: pl.DataFrame
    shown: pl.DataFrame
    finest: pl.DataFrame

    @property
    def here(self) -> np.ndarray:
        """Which rows are published."""
        there: np.ndarray = self.shown.get_column("_here").to_numpy()
        return there

    @property
    def keys(self) -> pl.DataFrame:
        """The keys of every row."""
        return self.built.select(self.spec.key_names)

    def true(self, count: str) -> np.ndarray:
        """A count as it is."""
        value: np.ndarray = self.built.get_column(count).fill_null(0).to_numpy()
        return value

    def told(self, count: str) -> pl.Series:
        """A count as published: its own column, or what a rate or sum beside it gives away."""
        if count in self.shown.columns:
            return self.shown.get_column(count)
        telling = [m.name for m in self.spec.measures if count in (*m.parts, m.count)]
        is_told = self.shown.select(pl.any_horizontal(pl.lit(False), pl.col(telling).is_not_null()))
        rounded = self.built.select(rounded_count(pl.col(count), False)).to_series()
        return pl.select(pl.when(is_told.to_series()).then(rounded)).to_series()

    def null(self, count: str) -> np.ndarray:
        """The greatest count that is null in each row: 10, or 12 where other rows add up to it.

        Of counts that another table has as its N: 10.
        """
        whole = pl.col("is_rollup") | (pl.col("period_type") != "month")
        is_n = count == N or any(m.name == count and m.n_of for m in self.spec.measures)
        return np.where(self.built.select(whole).to_series().to_numpy() & (not is_n), 12.0, 10.0)

    def most(self, count: str) -> np.ndarray:
        """The greatest that a null stands for; a row that is not published tells none of a count of lines."""
        null = self.here & self.told(count).is_null().to_numpy()
        return np.where(null, self.null(count), np.inf)

    def known(self, count: str) -> Bounds:
        """Least and greatest of a count of each row, from the row alone."""
        value = self.told(count)
        null = value.is_null().to_numpy()
        low, high = interval_of(value)
        low = np.where(value == 15, self.null(count) + 1, low)
        low, high = np.where(null, 0.0, low), np.where(null, np.inf, high)
        measure = next((m for m in self.spec.measures if m.name == count), None)
        if measure is None:
            return low, high
        # null in a row: it, or what it leaves of its denominator, is 1 to 10 (or 12)
        least, most = np.ones(len(null)), self.null(count)
        if measure.of:
            whole = self.told(measure.of)
            hidden = whole.is_null().to_numpy()
            least, most = np.where(hidden, 0, 1), np.where(hidden, np.inf, interval_of(whole)[1] - 1)
        least = np.maximum(least, self._least_priced(count))
        return np.where(null & self.here, least, low), np.where(null & self.here, most, high)

    def _least_priced(self, count: str) -> np.ndarray:
        """Prices that are there say that 11 lines are, or 30."""
        made = np.zeros(self.built.height)
        for m in self.spec.measures:
            if m.kind == "statistic" and set(m.bases) & set(LINES_OF.get(count, ())):
                there = self.shown.get_column(m.name).is_not_null().to_numpy()
                made = np.where(there, np.maximum(made, 30 if m.is_tail else 11), made)
        return made


def interval_of(shown: pl.Series) -> Bounds:
    """Least and greatest count that is published as a value: 15 is 11 to 17, 20 is 18 to 22; 0 is 0."""
    value = shown.cast(pl.Float64).to_numpy()
    low = np.where(value == 15, 11, np.where(value == 0, 0, value - 2))
    return low, np.where(value == 15, 17, np.where(value == 0, 0, value + 2))


def cubes_of(tables: Tables) -> dict[str, Cube]:
    """Tables of cells as built, beside what the standard audience sees of them."""
    published = protect_tables(tables, RULES)
    made = {}
    for name, frame in tables.items():
        spec = TABLES[name]
        if not spec.has_n or name not in published:
            continue
        shown = published[name].with_columns(_here=pl.lit(True))
        keys = frame.select(spec.key_names)
        beside = keys.join(shown, on=spec.key_names, how="left", maintain_order="left", nulls_equal=True)
        beside = beside.with_columns(pl.col("_here").fill_null(False))
        made[name] = Cube(spec, frame, beside, finest_of(frame, tables["utilization"], spec))
    return made


def finest_of(frame: pl.DataFrame, utilization: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """Every cell of a payer, a line of business, a month and a value of the breakdown that there could be.

    A reader does not know which of those that are not published exist: counts of the others are 0.
    """
    alone = (pl.col("payer") != ALL) & (pl.col("line_of_business") != ALL)
    months = utilization.filter(alone, period_type="month")
    cells = months.select("procedure_code", "payer", "line_of_business").unique()
    cells = cells.join(months.select("period_type", "period_start").unique(), how="cross")
    further = spec.key_names[len(FIVE) :]
    if further:
        cells = cells.join(frame.select(further).unique(), how="cross")
    counts = [name for name, dtype in frame.schema.items() if dtype == pl.Int64]
    found = cells.join(frame, on=spec.key_names, how="left", nulls_equal=True)
    return found.with_columns(pl.col(counts).fill_null(0)).sort(spec.key_names)


def reader_of_lines(tables: Tables) -> Programme:
    """Lines of all tables: the finest cells are unknown, rows are sums of them."""
    cubes = cubes_of(tables)
    programme, blocks = Programme(), {}
    wanted = {(term.table, term.count) for relation in RELATIONS for term in relation.terms}
    for name, count in sorted(wanted | {(name, N) for name in cubes}):
        if name in cubes:
            finest = cubes[name].finest
            blocks[name, count] = programme.unknowns(finest.get_column(count), finest)
    for (name, count), first in blocks.items():
        cube, truth = cubes[name], cubes[name].true(count)
        few = (truth >= 1) & (truth <= 10)
        low, high = cube.known(count)
        told = np.flatnonzero(few | (low > 0) | (high < np.inf))
        numbers = programme.bind(placed(_sums(cube)[told], first), low[told], high[told])
        programme.ask(f"{name} {count}", cube.keys[told], numbers, few[told], cube.most(count)[told])
    for relation in RELATIONS:
        if all(term.table in cubes for term in relation.terms):
            programme.bind(_related(relation, cubes, blocks), 0, 0 if relation.is_equal else np.inf)
    programme.finish()
    return programme


def reader_of_people(tables: Tables) -> Programme:
    """Patients and cases of every row: no part has more than its whole, no whole more than its parts."""
    cubes = cubes_of(tables)
    programme = Programme()
    first = {
        (name, count): programme.unknowns(cube.built.get_column(count), cube.built)
        for name, cube in cubes.items()
        for count in ("patients", "cases")
    }
    for name, cube in cubes.items():
        unit = eye_array(cube.built.height, format="csr")
        lines = cube.known(N)[1]
        for count, most in (("patients", 10.0), ("cases", np.inf)):
            low, high = interval_of(cube.shown.get_column(count))
            low = np.where(cube.here, low, 0.0)
            high = np.where(cube.here, np.minimum(high, lines), most)
            numbers = programme.bind(placed(unit, first[name, count]), low, high)
            truth = cube.true(count)
            few = ~cube.here & (truth >= 1) & (truth <= 10)
            programme.ask(f"{name} {count}", cube.keys, numbers, few, np.full(len(few), 10.0))
            for parts, wholes, is_time in _edges(cube):
                is_exact = is_time and count == "cases"
                _roll_up(programme, first[name, count], parts, wholes, is_exact)
            if name != "utilization":
                _part_of(
                    programme, cube, cubes["utilization"], first[name, count], first["utilization", count]
                )
        programme.bind(_difference(first[name, "cases"], first[name, "patients"], unit), 0, np.inf)
    programme.finish()
    return programme


def placed(matrix: csr_array, first: int) -> coo_array:
    """A matrix over the unknowns from the first on."""
    made = coo_array(matrix)
    return coo_array((made.data, (made.row, made.col + first)), shape=(made.shape[0], made.shape[1] + first))


def _difference(more: int, less: int, unit: csr_array) -> coo_array:
    size = unit.shape[0]
    one, place = np.ones(size), np.arange(size)
    entries, columns = np.concatenate([one, -one]), np.concatenate([place + more, place + less])
    return coo_array((entries, (np.concatenate([place, place]), columns)), (size, max(more, less) + size))


def _roll_up(programme: Programme, first: int, parts: np.ndarray, wholes: np.ndarray, is_exact: bool) -> None:
    """People of parts and of their whole; cases have one month, so those of months add up."""
    row, one = np.arange(len(parts)), np.ones(len(parts))
    width = first + int(max(parts.max(initial=0), wholes.max(initial=0))) + 1
    columns = np.concatenate([wholes, parts]) + first
    programme.bind(
        coo_array((np.concatenate([one, -one]), (np.concatenate([row, row]), columns)), (len(parts), width)),
        0,
        np.inf,
    )
    known, place = np.unique(wholes, return_inverse=True)
    entries = np.concatenate([one, -np.ones(len(known))])
    rows = np.concatenate([place, np.arange(len(known))])
    columns = np.concatenate([parts, known]) + first
    programme.bind(coo_array((entries, (rows, columns)), (len(known), width)), 0, 0 if is_exact else np.inf)


def _part_of(programme: Programme, cube: Cube, base: Cube, first: int, base_first: int) -> None:
    """No row of another table has more people than the utilization row of its five keys."""
    whole = base.built.select(FIVE).with_row_index("_whole")
    joined = cube.built.select(FIVE).with_row_index("_part").join(whole, on=FIVE, how="inner")
    row, one = np.arange(joined.height), np.ones(joined.height)
    columns = np.concatenate([joined["_whole"].to_numpy() + base_first, joined["_part"].to_numpy() + first])
    entries = (np.concatenate([one, -one]), (np.concatenate([row, row]), columns))
    programme.bind(coo_array(entries, (joined.height, int(columns.max(initial=0)) + 1)), 0, np.inf)


def _related(
    relation: Relation, cubes: Mapping[str, Cube], blocks: Mapping[tuple[str, str], int]
) -> coo_array:
    """A row for every cell of the relation's keys."""
    own = [key for key in TABLES[relation.terms[0].table].key_names if key != "period_type"]
    keys = own if relation.own_keys else FINEST
    every = pl.concat([cubes[term.table].finest.select(keys) for term in relation.terms]).unique()
    every = every.with_row_index("_cell")
    row, column, factor = [], [], []
    for term in relation.terms:
        finest = cubes[term.table].finest
        chosen = finest.with_row_index("_finest").filter(term.rows(finest)).select(*keys, "_finest")
        found = chosen.join(every, on=keys, how="inner", nulls_equal=True)
        row.append(found["_cell"].to_numpy())
        column.append(found["_finest"].to_numpy() + blocks[term.table, term.count])
        factor.append(np.full(found.height, float(term.factor)))
    entries = (np.concatenate(factor), (np.concatenate(row), np.concatenate(column)))
    width = int(entries[1][1].max(initial=0)) + 1
    return coo_array(entries, shape=(every.height, width))


def _parents(rows: pl.DataFrame, frame: pl.DataFrame, ways: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Numbers (`_row`) of the rows of a table that rows (`_part`) belong to under other keys."""
    keys = [name for name in rows.columns if name != "_part"]
    moved = rows.with_columns(value.alias(name) for name, value in ways.items())
    numbered = frame.select(keys).with_row_index("_row")
    return moved.join(numbered, on=keys, how="inner", nulls_equal=True).select("_part", "_row")


def _periods(frame: pl.DataFrame) -> list[dict[str, pl.Expr]]:
    start = pl.col("period_start")
    first = frame.filter(period_type="rolling_12").get_column("period_start").min()
    inside = start.is_between(pl.lit(first, dtype=pl.Date), pl.lit(first, dtype=pl.Date).dt.offset_by("11mo"))
    window = pl.when(inside).then(pl.lit(first, dtype=pl.Date))
    kinds = {"quarter": start.dt.truncate("1q"), "year": start.dt.truncate("1y"), "rolling_12": window}
    return [{"period_type": pl.lit(kind), "period_start": begin} for kind, begin in kinds.items()]


def _sums(cube: Cube) -> csr_array:
    """Which finest cells each row of a table is the sum of."""
    cells = cube.finest.select(cube.spec.key_names).with_row_index("_part")
    pairs = [
        _parents(cells, cube.built, {**period, **payer, **line})
        for period in [{}, *_periods(cube.built)]
        for payer in ({}, {"payer": pl.lit(ALL)})
        for line in ({}, {"line_of_business": pl.lit(ALL)})
    ]
    found = pl.concat(pairs)
    place = (found["_row"].to_numpy(), found["_part"].to_numpy())
    return csr_array((np.ones(found.height), place), (cube.built.height, cube.finest.height))


def _edges(cube: Cube) -> list[tuple[np.ndarray, np.ndarray, bool]]:
    """Parts and wholes of roll-ups by row number: over payers, lines of business, and (true) months."""
    rows = cube.keys.with_row_index("_part")
    months = rows.filter(period_type="month")
    ways: list[tuple[pl.DataFrame, dict[str, pl.Expr], bool]] = [
        (rows.filter(pl.col("payer") != ALL), {"payer": pl.lit(ALL)}, False),
        (rows.filter(pl.col("line_of_business") != ALL), {"line_of_business": pl.lit(ALL)}, False),
        *((months, period, True) for period in _periods(cube.built)),
    ]
    found = [(_parents(parts, cube.built, way), is_time) for parts, way, is_time in ways]
    return [(edge["_part"].to_numpy(), edge["_row"].to_numpy(), is_time) for edge, is_time in found]
