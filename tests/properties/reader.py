"""A reader with linear programmes: every published row is an interval, every sum binds.

A world says what all counts may be; the truth is one of them. Worlds are told as differences from the truth.
What a count can be is the span of the worlds that publish the same. Worlds are looked for where only a part
of the tables differs from the truth first, since small programmes are quick: whatever they find is a world of
everything. A count of which none are found so is decided by programmes over everything.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.optimize import linprog
from scipy.sparse import coo_array, csr_array, vstack

ENOUGH = 5
"""Values of a count that are looked for; the span of more is not measured."""
REACH = 24.0
"""How far an unknown may differ from the truth. Farther worlds exist and are not needed."""
NEAR = 1e-6


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
        self._most: list[np.ndarray] = []
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

    def ask(
        self, what: str, keys: pl.DataFrame, numbers: np.ndarray, few: np.ndarray, most: np.ndarray
    ) -> None:
        """Ask for some of the rows just bound. `most`: the greatest that a null stands for."""
        chosen = np.flatnonzero(few)
        self._most.append(most[chosen])
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
        self.most = np.concatenate(self._most)
        self.asking = csr_array(self.matrix[self.numbers])
        self.values = np.round(value[self.numbers])
        self.down, self.up = np.zeros(len(self.numbers)), np.zeros(len(self.numbers))

    @property
    def widths(self) -> np.ndarray:
        """How many whole values each count asked for was seen to have."""
        most = np.minimum(np.floor(self.values + self.up + NEAR), self.most)
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

    def widen(self, sample: int, seed: int = 1, everywhere: bool = True, is_told: bool = False) -> None:
        """Ask for some counts, drawn by chance."""
        drawn = np.random.default_rng(seed).permutation(len(self.numbers))[:sample]
        self.ask_for(drawn, everywhere, is_told)

    def ask_for(self, chosen: Sequence[int], everywhere: bool = True, is_told: bool = False) -> None:
        """Ask for some counts, each for its least and greatest value.

        First where only cells near it differ from the truth, then in more and more of the tables, and in the
        end (`everywhere`) in all of them: then the programme's answer is what a reader can know.
        """
        self.chosen = np.asarray(chosen)
        for place, number in enumerate(self.chosen):
            begin = time.perf_counter()
            near = self._near(number)
            for free in [*near, np.ones(self.width, dtype=bool)] if everywhere else near:
                self._span(number, free)
            if is_told:
                seconds, width = time.perf_counter() - begin, self.widths[number]
                print(f"{place}: {self.names[number]}: {width:.0f}, {seconds:.1f} s", flush=True)

    @property
    def found(self) -> np.ndarray:
        """Widths of the counts that were asked for."""
        widths: np.ndarray = self.widths[self.chosen]
        return widths

    def narrow(self, wanted: int) -> list[str]:
        """Counts asked for that have fewer values than wanted."""
        return [self.names[number] for number in self.chosen if self.widths[number] < wanted]

    def _span(self, number: int, free: np.ndarray) -> None:
        """The least and greatest value of a count, as far as that is of interest."""
        for sign in (1.0, -1.0):
            if self.widths[number] < ENOUGH:
                wish = np.zeros(len(self.numbers))
                wish[number] = sign
                self.look(wish, free)

    def _near(self, number: int) -> list[np.ndarray]:
        """Unknowns of one payer's line of business in a month and in a quarter, of the month, of the line of
        business, of the payer, of the quarter, and of both: more and more of the tables.
        """
        own = self.asking[[number]].indices
        middle = own[np.argmax(self.truth[own])]
        payer, line, _, month = self.pages.row(int(middle))
        date = pl.col("period_start")
        of_line = (pl.col("payer") == payer) & (pl.col("line_of_business") == line)
        of_quarter = date.dt.truncate("1q") == pl.lit(month).dt.truncate("1q")
        near = (of_line & (date == month), of_line & of_quarter, date == month, of_line)
        far = (pl.col("payer") == payer, of_quarter, of_quarter | of_line)
        return [self._where(rows) for rows in (*near, *far)]

    def _where(self, condition: pl.Expr) -> np.ndarray:
        free: np.ndarray = self.pages.select(condition.alias("free")).to_series().to_numpy()
        return free
