"""What a reader with a linear programme finds: all counts of all tables of one procedure code at once.

Not as independent as the attacker beside it: the relations are those that suppression knows of. It asks what
passed bounds can't answer: whether every withheld count has two other values that all relations allow.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
import polars as pl
from scipy.optimize import linprog
from scipy.sparse import csr_array, diags_array
from scipy.sparse.csgraph import connected_components

from schemas.rules import DisclosureRules
from schemas.tables import TABLES
from transforms.disclosure.bounds import counting, facts, propagate
from transforms.disclosure.complementary import known_zero
from transforms.disclosure.gate import protect
from transforms.disclosure.quantities import FIVE
from transforms.disclosure.relations import system_of
from transforms.disclosure.suppress import primary_masks
from transforms.disclosure.withheld import Withheld, protected

REACH = 12.0
"""How far a count is let move. Farther worlds exist and are not needed."""
NEAR = 1e-5
RULES = replace(DisclosureRules.of("standard"), complementary=True)


class Programme:
    """Differences from the truth, one for all counts that equal each other, and what binds them.

    `up` and `down`: how far each has been seen to move in worlds that publish the same.
    """

    def __init__(self, tables: dict[str, pl.DataFrame], suppressed: bool = True) -> None:
        self.tables = tables
        withheld = Withheld.of(primary_masks(tables, RULES))
        if suppressed:
            protect(tables, withheld, RULES)
        self.system = system = system_of(tables)
        counts = system.each([q.is_count for q in system.quantities], True)
        hidden = withheld.hidden(system)
        unknown = hidden & ~known_zero(system, hidden) & counts
        self.variables = np.flatnonzero(unknown)
        relations = _some(system.matrix[counting(system)][:, self.variables])
        self.group = _equal(relations)
        self.size = int(self.group.max(initial=-1)) + 1
        must = protected(system, unknown, RULES)[self.variables]
        self.must = np.zeros(self.size, dtype=bool)
        self.must[self.group[must]] = True
        self.low = np.full(self.size, -np.inf)
        self.known = facts(system, withheld, RULES)
        least = self.known[0] - system.values
        np.maximum.at(self.low, self.group, least[self.variables])
        self.up, self.down = np.zeros(self.size), np.zeros(self.size)
        self._relate(relations)

    def _relate(self, relations: csr_array) -> None:
        """Relations of groups: those with a rest that nothing else binds say that the others are at least so
        much."""
        count = len(self.variables)
        merge = csr_array((np.ones(count), (np.arange(count), self.group)), shape=(count, self.size))
        merged = csr_array(relations @ merge)
        merged.data[np.abs(merged.data) < NEAR] = 0.0
        merged.eliminate_zeros()
        merged = _some(merged)
        mark = np.round(np.abs(merged @ np.random.default_rng(1).standard_normal(self.size)), 9)
        merged = csr_array(merged[np.sort(np.unique(mark, return_index=True)[1])])
        rest = np.ones(self.size, dtype=bool)
        rest[self.group[self.variables < int(self.system.offsets[-1])]] = False
        rest &= np.bincount(merged.indices, minlength=self.size) == 1
        row = np.repeat(np.arange(merged.shape[0]), np.diff(merged.indptr))
        entry = np.flatnonzero(rest[merged.indices])
        open_row = np.bincount(row[entry], minlength=merged.shape[0]) == 1
        sign, slack = np.zeros(merged.shape[0]), np.zeros(merged.shape[0])
        sign[row[entry]] = merged.data[entry]
        slack[row[entry]] = -self.low[merged.indices[entry]]
        self.columns = np.flatnonzero(~rest)
        self.equal = csr_array(merged[~open_row][:, self.columns])
        self.most = csr_array(diags_array(sign[open_row]) @ merged[open_row][:, self.columns])
        self.slack = slack[open_row]

    @cached_property
    def pages(self) -> pl.DataFrame:
        """The five keys of every variable; a rest has those of the whole that it is left of."""
        rows = pl.concat([self.tables[q.table].select(FIVE) for q in self.system.quantities])
        wholes = self.system.matrix.indices[self.system.matrix.indptr[:-1]]
        rests = wholes[len(wholes) - self.system.rests :]
        return pl.concat([rows, rows[rests]])[self.variables]

    def within(self, rows: pl.Expr) -> np.ndarray:
        """Groups all of whose variables are in such rows."""
        outside = ~self.pages.with_columns(free=rows).get_column("free").to_numpy()
        inside = np.ones(self.size, dtype=bool)
        inside[self.group[outside]] = False
        return inside

    def ask_riskiest(self, count: int) -> float:
        """Ask only for the counts to which bounds passed from sum to sum leave least room; the most of it."""
        low, high = propagate(self.system.matrix[counting(self.system)], *self.known)
        room = np.full(self.size, np.inf)
        np.minimum.at(room, self.group, (high - low)[self.variables])
        room[~self.must] = np.inf
        order = np.argsort(room, kind="stable")
        self.must[order[count:]] = False
        most = float(room[self.must].max(initial=0.0))
        # counts that no bound reaches have no order of risk: ask for fewer, or for all of them
        assert np.isfinite(most) or count >= len(order)
        return most

    @property
    def narrow(self) -> np.ndarray:
        """Withheld counts that have not been seen with three values."""
        seen = np.floor(self.up + NEAR) + np.floor(self.down + NEAR)
        return self.must & (seen < 2)

    def attack(self, rounds: int, seed: int = 0, free: np.ndarray | None = None) -> int:
        """Look for other worlds, each far away in a random direction; how many counts are still narrow.

        `free`: the groups that may differ from the truth there (default: all).
        """
        generator = np.random.default_rng(seed)
        for _ in range(rounds):
            if not self.narrow.any():
                break
            sign = np.where(generator.random(self.size) < 0.5, 1.0, -1.0)
            sign[self.low > -0.5] = 1.0
            sign[self.up >= 2 - NEAR] = -1.0
            wish = np.where(self.narrow, sign * generator.uniform(0.5, 1.5, self.size), 0.0)
            self._see(self.world(wish, self.narrow, free))
        return int(self.narrow.sum())

    def decide(self) -> list[str]:
        """The narrow counts, each tried alone: least and greatest of it."""
        for group in np.flatnonzero(self.narrow):
            alone = np.zeros(self.size, dtype=bool)
            alone[group] = True
            for sign in (1.0, -1.0):
                self._see(self.world(sign * alone, alone))
        return [self._name(group) for group in np.flatnonzero(self.narrow)]

    def _see(self, world: np.ndarray) -> None:
        self.up, self.down = np.maximum(self.up, world), np.maximum(self.down, -world)

    def world(self, wish: np.ndarray, boxed: np.ndarray, free: np.ndarray | None = None) -> np.ndarray:
        """Differences from the truth that are as wished for as can be; `boxed` ones by two at most."""
        may = np.ones(self.size, dtype=bool) if free is None else free
        low = np.where(may, np.maximum(self.low, np.where(boxed, -2.0, -REACH)), 0.0)[self.columns]
        high = np.where(may, np.where(boxed, 2.0, REACH), 0.0)[self.columns]
        moving = np.flatnonzero(low < high)
        low, high, most = low[moving], high[moving], self.most[:, moving]
        binds = most.maximum(0) @ high + most.minimum(0) @ low > self.slack
        equal = _some(self.equal[:, moving])
        made = linprog(
            -wish[self.columns][moving],
            A_eq=equal,
            b_eq=np.zeros(equal.shape[0]),
            A_ub=most[binds],
            b_ub=self.slack[binds],
            bounds=np.column_stack([low, high]),
            method="highs-ipm",
        )
        assert made.status == 0, made.message
        world = np.zeros(self.size)
        world[self.columns[moving]] = made.x
        return world

    def _name(self, group: int) -> str:
        variable = int(self.variables[self.group == group].min())
        number = int(np.searchsorted(self.system.offsets, variable, side="right")) - 1
        q = self.system.quantities[number]
        row = self.tables[q.table].row(variable - int(self.system.offsets[number]), named=True)
        keys = " ".join(str(row[name]) for name in TABLES[q.table].key_names)
        return f"{q.table} {q.name} {keys}"


def _some(matrix: csr_array) -> csr_array:
    made = csr_array(matrix)
    return made[np.diff(made.indptr) > 0]


def _equal(relations: csr_array) -> np.ndarray:
    """Number of the group of variables that equal each other, for each of them."""
    pair = np.diff(relations.indptr) == 2
    pair &= np.abs(np.asarray(relations.sum(axis=1)).ravel()) < NEAR
    ends = csr_array(relations[pair]).indices.reshape(-1, 2)
    size = relations.shape[1]
    links = csr_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(size, size))
    return connected_components(links, directed=False)[1].astype(np.int64)
