"""A reader with linear programmes: every published row is an interval, every sum binds.

A world says what all counts may be; the truth is one of them. Worlds are told as differences from the truth.
What a count can be is the span of the worlds that publish the same; worlds are looked for in parts of the
tables first, where the rest stays as it is, since small programmes are quick. A count of which no others
are found is decided by programmes over everything.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, vstack

ENOUGH = 5
"""Values of a count that are looked for; the span of more is not measured."""
REACH = 24.0
"""How far an unknown may differ from the truth. Farther worlds exist and are not needed."""
AT_ONCE = 400
"""Counts wished for in one programme: one that wishes for thousands takes minutes."""
NEAR = 1e-6
GAIN = 0.1
"""Share of a part's narrow counts that a programme must move for the part to get another one."""


class Programme:
    """Unknowns, what binds them, and the counts asked for.

    `names`: what is asked. `up`, `down`: how far each was seen from the truth. `pages`: the keys of every
    unknown.
    """

    def __init__(self) -> None:
        self.width = 0
        self._truth: list[np.ndarray] = []
        self._pages: list[pl.DataFrame] = []
        self._rows: list[csr_array] = []
        self._low: list[np.ndarray] = []
        self._high: list[np.ndarray] = []
        self._asked: list[np.ndarray] = []
        self._height = 0
        self.names: list[str] = []

    def unknowns(self, truth: pl.Series, pages: pl.DataFrame) -> int:
        """Add unknowns; gives the number of the first."""
        first = self.width
        self._truth.append(truth.fill_null(0).cast(pl.Float64).to_numpy())
        self._pages.append(pages.select("payer", "line_of_business", "period_type", "period_start"))
        self.width += len(truth)
        return first

    def bind(self, matrix: csr_array, low: np.ndarray | float, high: np.ndarray | float) -> np.ndarray:
        """Add rows of the matrix with their least and greatest; gives their numbers."""
        made = coo_array(matrix)
        self._rows.append(made)
        height = made.shape[0]
        self._low.append(np.broadcast_to(np.asarray(low, dtype=np.float64), height))
        self._high.append(np.broadcast_to(np.asarray(high, dtype=np.float64), height))
        numbers = np.arange(self._height, self._height + height)
        self._height += height
        return numbers

    def ask(self, what: str, keys: pl.DataFrame, numbers: np.ndarray, few: np.ndarray) -> None:
        """Ask for some of the rows just bound."""
        chosen = np.flatnonzero(few)
        self._asked.append(numbers[chosen])
        self.names += [f"{what} {' '.join(map(str, keys.row(int(row))))}" for row in chosen]

    def finish(self) -> None:
        """Everything is said."""
        # blocks were made when there were fewer unknowns
        wide = [coo_array((m.data, (m.row, m.col)), shape=(m.shape[0], self.width)) for m in self._rows]
        self.matrix = csr_array(vstack(wide))
        self.truth = np.concatenate(self._truth)
        value = self.matrix @ self.truth
        self.low, self.high = np.concatenate(self._low) - value, np.concatenate(self._high) - value
        assert (self.low <= NEAR).all() and (self.high >= -NEAR).all(), "the truth is not among the worlds"
        self.pages = pl.concat(self._pages)
        self.numbers = np.concatenate(self._asked)
        self.asking = csr_array(self.matrix[self.numbers])
        self.values = np.round(value[self.numbers])
        self.down, self.up = np.zeros(len(self.numbers)), np.zeros(len(self.numbers))

    @property
    def widths(self) -> np.ndarray:
        """How many whole values up to 10 each count asked for was seen to have."""
        most = np.minimum(np.floor(self.values + self.up + NEAR), 10)
        return most - np.ceil(self.values - self.down - NEAR) + 1

    def look(self, wish: np.ndarray, free: np.ndarray | None = None, room: float = ENOUGH - 1) -> None:
        """Find the world that is farthest in the direction of a wish: a number for each count asked for.

        Only `free` unknowns differ from the truth; no count that is wished for by more than `room`.
        """
        columns = np.arange(self.width) if free is None else np.flatnonzero(free)
        matrix = csr_array(self.matrix[:, columns])
        low, high = self.low.copy(), self.high.copy()
        wished = self.numbers[wish != 0]
        low[wished], high[wished] = np.maximum(low[wished], -room), np.minimum(high[wished], room)
        least, most = np.maximum(-self.truth[columns], -REACH), np.full(len(columns), REACH)
        positive, negative = matrix.maximum(0), matrix.minimum(0)
        touched = np.diff(matrix.indptr) > 0
        equal = touched & (high - low < NEAR)
        above = touched & ~equal & (positive @ most + negative @ least > high)
        below = touched & ~equal & (positive @ least + negative @ most < low)
        made = linprog(
            -(self.asking[:, columns].T @ wish),
            A_ub=vstack([matrix[above], -matrix[below]]),
            b_ub=np.concatenate([high[above], -low[below]]),
            A_eq=matrix[equal],
            b_eq=high[equal],
            bounds=np.column_stack([least, most]),
            method="highs",
        )
        assert made.status == 0, made.message
        moved = self.asking[:, columns] @ made.x
        self.up, self.down = np.maximum(self.up, moved), np.maximum(self.down, -moved)

    def search(self, last: int = 4, seed: int = 1, sample: int | None = None, is_told: bool = False) -> None:
        """Look for other worlds in one part of the tables after another, then `last` times everywhere.

        `sample`: how many of the counts to ask for (default: all); the others have no room looked for.
        """
        generator = np.random.default_rng(seed)
        self.chosen = generator.permutation(len(self.numbers))[:sample]
        everywhere = [("everything", np.ones(self.width, dtype=bool))] * last
        for name, free in [*self._parts(), *everywhere]:
            inside = np.zeros(len(self.numbers), dtype=bool)
            inside[self.chosen] = np.diff(csr_array(self.asking[self.chosen][:, free]).indptr) > 0
            begin, tried = time.perf_counter(), 0
            while todo := int(((self.widths < ENOUGH) & inside).sum()):
                self._wish(inside, free, generator)
                tried += 1
                if todo - int(((self.widths < ENOUGH) & inside).sum()) <= GAIN * todo:
                    break
            if is_told:
                left, seconds = int((self.found < ENOUGH).sum()), time.perf_counter() - begin
                print(f"{name}: {left:,} narrow after {tried} programmes, {seconds:.1f} s", flush=True)

    @property
    def found(self) -> np.ndarray:
        """Widths of the counts that were asked for."""
        return self.widths[self.chosen]

    def _wish(self, inside: np.ndarray, free: np.ndarray, generator: np.random.Generator) -> None:
        narrow = (self.widths < ENOUGH) & inside
        if free.all():
            narrow[generator.permutation(np.flatnonzero(narrow))[AT_ONCE:]] = False
        sign = np.where(generator.random(len(narrow)) < 0.5, 1.0, -1.0)
        sign = np.where(self.values + self.up >= 10, -1.0, np.where(self.down >= self.values, 1.0, sign))
        self.look(np.where(narrow, sign * generator.uniform(0.5, 1.5, len(narrow)), 0.0), free)

    def narrow(self, wanted: int) -> list[str]:
        """Counts asked for that have fewer values than wanted, each tried alone in worlds of everything."""
        self.decide([number for number in self.chosen if self.widths[number] < wanted], room=wanted - 1)
        return [self.names[number] for number in self.chosen if self.widths[number] < wanted]

    def _parts(self) -> Iterator[tuple[str, np.ndarray]]:
        """Unknowns of each quarter (and of whole years), of each payer, of each line of business."""
        first = pl.col("period_start").dt.truncate("1q")
        wide = pl.col("period_type").is_in(["year", "rolling_12"])
        quarters = self.pages.filter(period_type="month").select(first).to_series().unique().sort()
        for quarter in quarters:
            yield f"quarter {quarter}", self._where((first == quarter) | wide)
        for key in ("payer", "line_of_business"):
            for value in self.pages.get_column(key).unique().sort():
                yield f"{value}", self._where(pl.col(key).is_in([value, "all"]))

    def _where(self, condition: pl.Expr) -> np.ndarray:
        free: np.ndarray = self.pages.select(condition.alias("free")).to_series().to_numpy()
        return free

    def decide(self, chosen: Sequence[int], room: float = ENOUGH - 1) -> None:
        """The least and greatest value of each count chosen, alone, in worlds of everything."""
        for number in chosen:
            for sign in (1.0, -1.0):
                wish = np.zeros(len(self.numbers))
                wish[number] = sign
                self.look(wish, room=room)
