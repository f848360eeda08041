"""A reader of a release with linear programmes: every published row is an interval, every sum binds.

Unknown are the lines of the finest cells and, row by row, patients and cases. Worlds are told as differences
from the truth, which is one of them; what a count can be is the span of the worlds that publish the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from reader_relations import RELATIONS, N, Relation
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, vstack

from schemas.rules import ALL, DisclosureRules
from schemas.table_columns import TableSpec
from schemas.tables import TABLES
from transforms.protect.rounding import rounded_count
from transforms.protect.tables import protect_tables

FIVE = ["procedure_code", "payer", "line_of_business", "period_type", "period_start"]
FINEST = ["procedure_code", "payer", "line_of_business", "period_start"]
PEOPLE = ("patients", "cases")
LINES_OF = {"priced_lines": ("priced", "unit_priced"), "unit_priced_lines": ("unit_priced",)}
"""Counts of lines -> bases of the prices that tell how few they are at least."""
RULES = DisclosureRules.of("standard")
REACH = 24.0
"""How far a count may differ from the truth. Farther worlds exist and are not needed."""
ROOM = 12.0
"""How far a count that is asked for may, so that one world moves many of them."""
NEAR = 1e-6
Tables = Mapping[str, pl.DataFrame]


def interval_of(shown: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest count that is published as a value: 15 is 11 to 17, 20 is 18 to 22; 0 is 0."""
    value = shown.cast(pl.Float64).to_numpy()
    low = np.where(value == 15, 11, np.where(value == 0, 0, value - 2))
    high = np.where(value == 15, 17, np.where(value == 0, 0, value + 2))
    return low, high


@dataclass
class Rows:
    """Rows of the constraint matrix, as they are gathered."""

    row: list[np.ndarray] = field(default_factory=list)
    column: list[np.ndarray] = field(default_factory=list)
    factor: list[np.ndarray] = field(default_factory=list)
    low: list[np.ndarray] = field(default_factory=list)
    high: list[np.ndarray] = field(default_factory=list)
    count: int = 0

    def add(self, matrix: csr_array, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """Add rows; gives their numbers."""
        made = coo_array(matrix)
        self.row.append(made.row + self.count)
        self.column.append(made.col)
        self.factor.append(made.data.astype(np.float64))
        self.low.append(np.asarray(low, dtype=np.float64))
        self.high.append(np.asarray(high, dtype=np.float64))
        numbers = np.arange(self.count, self.count + matrix.shape[0])
        self.count += matrix.shape[0]
        return numbers

    def matrix(self, width: int) -> csr_array:
        """All rows together."""
        entries = np.concatenate(self.factor)
        places = (np.concatenate(self.row), np.concatenate(self.column))
        return csr_array(coo_array((entries, places), shape=(self.count, width)))


class Reader:
    """What follows from the published tables about every count of 1 to 10 that they do not show.

    `names`: the counts asked for; `least`, `most`: how low and high each was seen, from worlds.
    """

    def __init__(self, tables: Tables) -> None:
        self.built = {name: frame for name, frame in tables.items() if TABLES[name].has_n}
        shown = protect_tables(self.built, RULES)
        self.shown = {name: self._beside(name, shown[name]) for name in self.built if name in shown}
        self.finest = {name: _finest(frame) for name, frame in self.built.items()}
        self.sums = {name: _sums(self.built[name], self.finest[name], TABLES[name]) for name in self.shown}
        self.blocks: dict[tuple[str, str], int] = {}
        self.truth_parts: list[np.ndarray] = []
        self.width = 0
        self._name_lines()
        self._name_people()
        self.truth = np.concatenate(self.truth_parts)
        self.rows = Rows()
        self.asked: list[np.ndarray] = []
        self.names: list[str] = []
        self._bind_lines()
        self._bind_people()
        for relation in RELATIONS:
            self._relate(relation)
        self._finish()

    def _beside(self, name: str, shown: pl.DataFrame) -> pl.DataFrame:
        """The published row of each built row; nulls and `_here` false where there is none."""
        keys = TABLES[name].key_names
        return (
            self.built[name]
            .select(keys)
            .join(
                shown.with_columns(_here=pl.lit(True)),
                on=keys,
                how="left",
                maintain_order="left",
                nulls_equal=True,
            )
            .with_columns(pl.col("_here").fill_null(False))
        )

    def _block(self, name: str, count: str, truth: pl.Series) -> None:
        self.blocks[name, count] = self.width
        self.truth_parts.append(truth.fill_null(0).cast(pl.Float64).to_numpy())
        self.width += len(truth)

    def _name_lines(self) -> None:
        wanted = {(term.table, term.count) for relation in RELATIONS for term in relation.terms}
        for name, count in sorted(wanted | {(name, N) for name in self.shown}):
            if name in self.shown:
                self._block(name, count, self.finest[name].get_column(count))

    def _name_people(self) -> None:
        for name in self.shown:
            for count in PEOPLE:
                self._block(name, f"{count} of rows", self.built[name].get_column(count))

    def _lines(self, name: str, count: str) -> csr_array:
        """Rows of a table as sums of the finest lines."""
        return _placed(self.sums[name], self.blocks[name, count], self.width)

    def _people(self, name: str, count: str) -> csr_array:
        size = self.built[name].height
        unit = csr_array((np.ones(size), (np.arange(size), np.arange(size))), shape=(size, size))
        return _placed(unit, self.blocks[name, f"{count} of rows"], self.width)

    def _bind_lines(self) -> None:
        """Published counts of lines, and what is published beside them, as intervals of sums."""
        for (name, count), _ in list(self.blocks.items()):
            if count.endswith(" of rows"):
                continue
            truth = self.built[name].get_column(count).fill_null(0).to_numpy()
            low, high = self._known(name, count)
            assert ((low <= truth) & (truth <= high)).all(), (
                f"{name}.{count}: the truth is not in its interval"
            )
            numbers = self.rows.add(self._lines(name, count), low, high)
            few = (truth >= 1) & (truth <= 10)
            self._ask(name, count, numbers, few)

    def _known(self, name: str, count: str) -> tuple[np.ndarray, np.ndarray]:
        """Least and greatest of a count of each row, from the row alone."""
        spec, built, shown = TABLES[name], self.built[name], self.shown[name]
        here = shown.get_column("_here").to_numpy()
        value = _told(built, shown, spec, count)
        null = value.is_null().to_numpy()
        low, high = interval_of(value)
        low, high = np.where(null, 0.0, low), np.where(null, np.inf, high)
        measure = next((m for m in spec.measures if m.name == count), None)
        if measure is None:
            return low, high
        # null in a row: it, or what it leaves of its denominator, is 1 to 10
        least, most = np.ones(len(null)), np.full(len(null), 10.0)
        if measure.of:
            whole = _told(built, shown, spec, measure.of)
            hidden = whole.is_null().to_numpy()
            least, most = np.where(hidden, 0, 1), np.where(hidden, np.inf, interval_of(whole)[1] - 1)
        least = np.maximum(least, _least_priced(shown, spec, count))
        return np.where(null & here, least, low), np.where(null & here, most, high)

    def _bind_people(self) -> None:
        for name, shown in self.shown.items():
            here = shown.get_column("_here").to_numpy()
            for count in PEOPLE:
                low, high = interval_of(shown.get_column(count))
                most = 10.0 if count == "patients" else np.inf
                low, high = np.where(here, low, 0.0), np.where(here, high, most)
                numbers = self.rows.add(self._people(name, count), low, high)
                truth = self.built[name].get_column(count).to_numpy()
                self._ask(name, count, numbers, ~here & (truth >= 1) & (truth <= 10))
                self._roll_up(name, count)
            patients, cases = (self._people(name, count) for count in PEOPLE)
            self._least(cases - patients)
            self._least(csr_array(self._lines(name, N) - cases))
            if name != "utilization":
                self._within_utilization(name)

    def _roll_up(self, name: str, count: str) -> None:
        """No part has more people than its whole, no whole more than its parts; cases have one month."""
        people = self._people(name, count)
        for parts, wholes, is_time in _edges(self.built[name], TABLES[name]):
            self._least(people[wholes] - people[parts])
            size = int(self.built[name].height)
            gathered = csr_array((np.ones(len(parts)), (wholes, parts)), shape=(size, size))
            some = np.flatnonzero(np.diff(gathered.indptr))
            left = csr_array(gathered[some] @ people) - people[some]
            if is_time and count == "cases":
                self.rows.add(left, np.zeros(len(some)), np.zeros(len(some)))
            else:
                self._least(left)

    def _within_utilization(self, name: str) -> None:
        base = self.built["utilization"].select(*FIVE).with_row_index("_whole")
        joined = self.built[name].select(*FIVE).with_row_index("_part").join(base, on=FIVE, how="inner")
        wholes, parts = joined["_whole"].to_numpy(), joined["_part"].to_numpy()
        for count in PEOPLE:
            self._least(self._people("utilization", count)[wholes] - self._people(name, count)[parts])

    def _least(self, matrix: csr_array) -> None:
        """Rows that are 0 or more."""
        matrix = csr_array(matrix)
        self.rows.add(matrix, np.zeros(matrix.shape[0]), np.full(matrix.shape[0], np.inf))

    def _ask(self, name: str, count: str, numbers: np.ndarray, few: np.ndarray) -> None:
        keys = self.built[name].select(TABLES[name].key_names)
        chosen = np.flatnonzero(few)
        self.asked.append(numbers[chosen])
        self.names += [f"{name} {count} {' '.join(map(str, keys.row(int(row))))}" for row in chosen]

    def _relate(self, relation: Relation) -> None:
        terms = [term for term in relation.terms if term.table in self.shown]
        if len(terms) < len(relation.terms):
            return
        own = [key for key in TABLES[terms[0].table].key_names if key != "period_type"]
        keys = own if relation.own_keys else FINEST
        every = pl.concat([self.finest[term.table].select(keys) for term in terms]).unique(
            maintain_order=True
        )
        every = every.with_row_index("_cell")
        total = csr_array((every.height, self.width))
        for term in terms:
            finest = (
                self.finest[term.table].with_row_index("_finest").filter(term.rows(self.finest[term.table]))
            )
            placed = finest.select(*keys, "_finest").join(every, on=keys, how="inner", nulls_equal=True)
            column = placed["_finest"].to_numpy() + self.blocks[term.table, term.count]
            factor = np.full(len(column), float(term.factor))
            total = total + csr_array((factor, (placed["_cell"].to_numpy(), column)), shape=total.shape)
        most = 0.0 if relation.is_equal else np.inf
        found = total @ self.truth
        assert (found >= 0).all() and (found <= most).all(), f"the truth breaks {relation.terms[:3]}"
        self.rows.add(csr_array(total), np.zeros(every.height), np.full(every.height, most))

    def _finish(self) -> None:
        self.matrix = self.rows.matrix(self.width)
        value = self.matrix @ self.truth
        self.low = np.concatenate(self.rows.low) - value
        self.high = np.concatenate(self.rows.high) - value
        assert (self.low <= NEAR).all() and (self.high >= -NEAR).all(), "the truth is not among the worlds"
        self.positive, self.negative = self.matrix.maximum(0), self.matrix.minimum(0)
        self.numbers = np.concatenate(self.asked)
        self.asking = csr_array(self.matrix[self.numbers])
        self.values = np.round(value[self.numbers])
        self.down, self.up = np.zeros(len(self.numbers)), np.zeros(len(self.numbers))

    @property
    def widths(self) -> np.ndarray:
        """How many whole values up to 10 each count asked for has been seen to have."""
        most = np.minimum(np.floor(self.values + self.up + NEAR), 10)
        return most - np.ceil(self.values - self.down - NEAR) + 1

    def look(self, wish: np.ndarray, reach: float = REACH, room: float = ROOM) -> None:
        """Find the world that is farthest in the direction of a wish: a number for each count asked for.

        No finest count moves by more than `reach`, no count that is wished for by more than `room`.
        """
        low, high = self.low.copy(), self.high.copy()
        wished = self.numbers[wish != 0]
        low[wished], high[wished] = np.maximum(low[wished], -room), np.minimum(high[wished], room)
        least, most = np.maximum(-self.truth, -reach), np.full(self.width, reach)
        above, below = (
            self.positive @ most + self.negative @ least,
            self.positive @ least + self.negative @ most,
        )
        equal = high - low < NEAR
        above, below = (above > high) & ~equal, (below < low) & ~equal
        made = linprog(
            -(self.asking.T @ wish),
            A_ub=vstack([self.matrix[above], -self.matrix[below]]),
            b_ub=np.concatenate([high[above], -low[below]]),
            A_eq=self.matrix[equal],
            b_eq=high[equal],
            bounds=np.column_stack([least, most]),
            method="highs-ipm",
        )
        assert made.status == 0, made.message
        moved = self.asking @ made.x
        self.up, self.down = np.maximum(self.up, moved), np.maximum(self.down, -moved)

    def search(self, wanted: int, rounds: int, seed: int = 1) -> int:
        """Look in random directions while counts have fewer than `wanted` values; how many are left."""
        generator = np.random.default_rng(seed)
        for _ in range(rounds):
            narrow = self.widths < wanted
            if not narrow.any():
                break
            sign = np.where(generator.random(len(narrow)) < 0.5, 1.0, -1.0)
            self.look(np.where(narrow, sign * generator.uniform(0.5, 1.5, len(narrow)), 0.0))
        return int((self.widths < wanted).sum())

    def decide(self, chosen: Sequence[int]) -> None:
        """The least and greatest value of each count chosen, alone."""
        for number in chosen:
            for sign in (1.0, -1.0):
                wish = np.zeros(len(self.numbers))
                wish[number] = sign
                self.look(wish)


def _told(built: pl.DataFrame, shown: pl.DataFrame, spec: TableSpec, count: str) -> pl.Series:
    """A count as published: its own column, or what a rate or sum beside it gives away."""
    if count in shown.columns:
        return shown.get_column(count)
    telling = [m.name for m in spec.measures if count in (*m.parts, m.count)]
    is_told = shown.select(pl.any_horizontal(pl.lit(False), pl.col(telling).is_not_null())).to_series()
    rounded = built.select(rounded_count(pl.col(count), False)).to_series()
    return pl.select(pl.when(is_told & (rounded.is_not_null())).then(rounded)).to_series()


def _least_priced(shown: pl.DataFrame, spec: TableSpec, count: str) -> np.ndarray:
    """Prices that are there say that 11 lines are, or 30."""
    made = np.zeros(shown.height)
    for m in spec.measures:
        if m.kind == "statistic" and set(m.bases) & set(LINES_OF.get(count, ())):
            there = shown.get_column(m.name).is_not_null().to_numpy()
            made = np.where(there, np.maximum(made, 30 if m.is_tail else 11), made)
    return made


def _finest(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of one payer, one line of business and one month."""
    alone = (pl.col("payer") != ALL) & (pl.col("line_of_business") != ALL)
    return frame.filter(alone, pl.col("period_type") == "month")


def _parents(rows: pl.DataFrame, frame: pl.DataFrame, ways: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Numbers (`_row`) of the rows of a table that rows (`_part`) belong to under other keys."""
    keys = [name for name in rows.columns if name != "_part"]
    moved = rows.with_columns(value.alias(name) for name, value in ways.items())
    numbered = frame.select(keys).with_row_index("_row")
    return moved.join(numbered, on=keys, how="inner", nulls_equal=True).select("_part", "_row")


def _periods(window: pl.Expr) -> list[dict[str, pl.Expr]]:
    start = pl.col("period_start")
    kinds = {"quarter": start.dt.truncate("1q"), "year": start.dt.truncate("1y"), "rolling_12": window}
    return [{"period_type": pl.lit(kind), "period_start": first} for kind, first in kinds.items()]


def _window(frame: pl.DataFrame) -> pl.Expr:
    first = frame.filter(period_type="rolling_12").get_column("period_start").min()
    inside = pl.col("period_start").is_between(pl.lit(first), pl.lit(first).dt.offset_by("11mo"))
    return pl.when(inside).then(pl.lit(first, dtype=pl.Date))


def _keys(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    return frame.select(spec.key_names).with_row_index("_part")


def _sums(frame: pl.DataFrame, finest: pl.DataFrame, spec: TableSpec) -> csr_array:
    """Which finest cells each row of a table is the sum of."""
    cells, pairs = _keys(finest, spec), []
    for period in [{}, *_periods(_window(frame))]:
        for payer in ({}, {"payer": pl.lit(ALL)}):
            for line in ({}, {"line_of_business": pl.lit(ALL)}):
                pairs.append(_parents(cells, frame, {**period, **payer, **line}))
    found = pl.concat(pairs)
    ones = np.ones(found.height)
    return csr_array(
        (ones, (found["_row"].to_numpy(), found["_part"].to_numpy())), (frame.height, finest.height)
    )


def _edges(frame: pl.DataFrame, spec: TableSpec) -> list[tuple[np.ndarray, np.ndarray, bool]]:
    """Parts and wholes of roll-ups by row number: over payers, lines of business, and (true) months."""
    rows = _keys(frame, spec)
    months = rows.filter(period_type="month")
    ways = [
        (rows.filter(pl.col("payer") != ALL), {"payer": pl.lit(ALL)}, False),
        (rows.filter(pl.col("line_of_business") != ALL), {"line_of_business": pl.lit(ALL)}, False),
        *((months, period, True) for period in _periods(_window(frame))),
    ]
    found = [(_parents(parts, frame, way), is_time) for parts, way, is_time in ways]
    return [(edge["_part"].to_numpy(), edge["_row"].to_numpy(), is_time) for edge, is_time in found]


def _placed(matrix: csr_array, offset: int, width: int) -> csr_array:
    made = coo_array(matrix)
    return csr_array((made.data, (made.row, made.col + offset)), shape=(matrix.shape[0], width))
