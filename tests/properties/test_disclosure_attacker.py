"""A reader who has nothing but the published tables tries to find withheld counts by linear programming.

Shares no code with the suppression: the sums between rows are written down again from the keys alone.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_array

from schemas.rules import DisclosureRules
from transforms.disclosure.suppress import suppress

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import table_lines  # noqa: E402
from table_lines import NPIS, paid  # noqa: E402

PARTITIONS = {
    "care_models": ["care_model"],
    "sites": ["place_of_service"],
    "states": ["state"],
    "demographics": ["age_band", "sex"],
    "diagnoses": ["diagnosis", "region"],
}
ROUNDS = 40
REACH = 50.0
FIVE = ["procedure_code", "payer", "line_of_business", "period_type", "period_start"]
Cell = tuple[object, ...]


class Attack:
    """Linear programme over service lines: constants where they stand, unknowns with what is told of them."""

    def __init__(self, published: dict[str, pl.DataFrame], truth: dict[str, pl.DataFrame]) -> None:
        self.number: dict[Cell, int] = {}
        self.bounds: list[tuple[float, float | None]] = []
        self.truth: list[int] = []
        self.sums: list[tuple[Cell, list[Cell]]] = []
        for table, further in {"utilization": [], **PARTITIONS}.items():
            self._read(table, further, published[table], truth[table])
        self._relate()

    def _read(self, table: str, further: list[str], shown: pl.DataFrame, whole: pl.DataFrame) -> None:
        known = dict(
            zip(whole.select(*FIVE, *further).iter_rows(), whole["service_lines"].to_list(), strict=True)
        )
        columns = [*FIVE, *further, "service_lines", "suppressed", "suppression_reason"]
        for *key, lines, suppressed, reason in shown.select(columns).iter_rows():
            self.number[(table, *key)] = len(self.bounds)
            self.truth.append(known[tuple(key)])
            if lines is not None:
                self.bounds.append((lines, lines))
            elif suppressed and reason == "small_cell":
                self.bounds.append((1, None))
            else:
                self.bounds.append((11 if suppressed else 0, None))

    def _relate(self) -> None:
        parts: dict[Cell, list[Cell]] = {}
        windows = {cell[5] for cell in self.number if cell[4] == "rolling_12"}
        for cell in self.number:
            for kind, whole in _above(cell, windows):
                if whole in self.number:
                    parts.setdefault((kind, *whole), []).append(cell)
        self.sums = [(key[1:], cells) for key, cells in parts.items()]

    def narrow(self, seed: int) -> list[tuple[Cell, float, float]]:
        """Every unknown that has fewer than three possible values, with its bounds.

        Programmes that push all of them at once in random directions find other solutions; what stays narrow
        over all of these has its own least and greatest value looked up.
        """
        matrix, truth = self._matrix(), np.array(self.truth, dtype=float)
        assert not (matrix @ truth).any(), "the attacker's sums do not hold"
        least = np.array([low for low, _ in self.bounds]) - truth
        most = np.array([np.inf if high is None else high for _, high in self.bounds]) - truth
        unknown = np.flatnonzero(least < most)
        up, down = np.zeros(len(truth)), np.zeros(len(truth))
        generator = np.random.default_rng(seed)
        for _ in range(ROUNDS):
            todo = unknown[~_wide(up[unknown], down[unknown])]
            if not len(todo):
                return []
            wish = np.zeros(len(truth))
            upward = (least[todo] > -1) | ((up[todo] < 2) & (generator.random(len(todo)) < 0.5))
            wish[todo] = np.where(upward, 1, -1) * generator.uniform(0.5, 1.5, len(todo))
            low, high = np.maximum(least, -REACH), np.minimum(most, REACH)
            low[todo], high[todo] = np.maximum(least[todo], -2), np.minimum(most[todo], 2)
            other = self._solve(-wish, matrix, np.column_stack([low, high]))
            up, down = np.maximum(up, other), np.maximum(down, -other)
        names = {i: cell for cell, i in self.number.items()}
        found = []
        for i in todo:
            goal = np.zeros(len(truth))
            goal[i] = 1.0
            free = np.column_stack([np.maximum(least, -REACH), np.minimum(most, REACH)])
            low_end = self._solve(goal, matrix, free)[i]
            high_end = self._solve(-goal, matrix, free)[i]
            if not _wide(high_end, -low_end):
                found.append((names[int(i)], truth[i] + low_end, truth[i] + high_end))
        return found

    def _matrix(self) -> csr_array:
        rows, columns, signs = [], [], []
        for i, (whole, cells) in enumerate(self.sums):
            rows += [i] * (len(cells) + 1)
            columns += [self.number[whole], *(self.number[cell] for cell in cells)]
            signs += [1.0] + [-1.0] * len(cells)
        return csr_array((signs, (rows, columns)), shape=(len(self.sums), len(self.bounds)))

    def _solve(self, goal: np.ndarray, matrix: csr_array, bounds: np.ndarray) -> np.ndarray:
        free = np.flatnonzero(bounds[:, 0] < bounds[:, 1])
        rest = csr_array(matrix[:, free])
        rest = rest[np.diff(rest.indptr) > 0]
        zero = np.zeros(rest.shape[0])
        made = linprog(goal[free], A_eq=rest, b_eq=zero, bounds=bounds[free], method="highs-ipm")
        assert made.status == 0, made.message
        solution = np.zeros(len(goal))
        solution[free] = made.x
        return solution


def _wide(up: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Whether at least three whole numbers lie within."""
    return np.floor(up + 1e-6) + np.floor(down + 1e-6) >= 2


def _above(cell: Cell, windows: set[object]) -> list[tuple[str, Cell]]:
    """Cells that a cell is a part of, with the way it is one."""
    table, code, payer, line, kind, start, *further = cell
    assert isinstance(start, date)
    above: list[tuple[str, Cell]] = []
    if payer != "all":
        above.append(("payers", (table, code, "all", line, kind, start, *further)))
    if line != "all":
        above.append(("lines", (table, code, payer, "all", kind, start, *further)))
    if table != "utilization":
        above.append((str(table), ("utilization", code, payer, line, kind, start)))
    if kind == "month":
        quarter = date(start.year, (start.month - 1) // 3 * 3 + 1, 1)
        above.append(("quarter", (table, code, payer, line, "quarter", quarter, *further)))
        for first in windows:
            assert isinstance(first, date)
            if 0 <= (start.year - first.year) * 12 + start.month - first.month < 12:
                above.append(("rolling", (table, code, payer, line, "rolling_12", first, *further)))
    if kind == "quarter":
        above.append(("year", (table, code, payer, line, "year", date(start.year, 1, 1), *further)))
    return above


def cube(seed: int, lines: int) -> dict[str, pl.DataFrame]:
    """Tables of random paid lines: payers, lines of business, months and breakdowns of uneven size."""
    generator = np.random.default_rng(seed)

    def pick(values: list[str]) -> str:
        weights = 1.0 / np.arange(1, len(values) + 1) ** 1.5
        return values[int(generator.choice(len(values), p=weights / weights.sum()))]

    rows = [
        paid(
            36_000,
            payer=pick(["aetna", "bcbs", "cigna", "uhc"]),
            line_of_business=pick(["commercial", "medicare_advantage"]),
            service_date=date(2024, int(generator.integers(1, 5)), 10),
            care_model=pick(["personally_performed", "crna_alone", "supervised"]),
            place_of_service=pick(["24", "22", "11"]),
            state=pick(["TX", "FL", "NY"]),
            billing_provider_npi=NPIS[int(generator.integers(0, 6))],
        )
        for _ in range(lines)
    ]
    return table_lines.tables_of(rows, date(2024, 12, 31))


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "lines"), [(1, 150), (2, 400), (3, 900), (4, 2500)])
def test_no_withheld_count_has_fewer_than_three_values(seed: int, lines: int) -> None:
    tables = cube(seed, lines)
    published = suppress(tables, replace(DisclosureRules.of("standard"), complementary=True))
    attack = Attack(published, tables)
    assert attack.narrow(seed) == []


def test_the_attacker_finds_what_primary_suppression_leaves() -> None:
    tables = cube(2, 400)
    published = suppress(tables, replace(DisclosureRules.of("standard"), complementary=False))
    assert Attack(published, tables).narrow(2)
