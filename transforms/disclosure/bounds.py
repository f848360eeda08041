"""Bounds of withheld counts, as a reader can find them by passing them from sum to sum."""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.sparse import csr_array

from schemas.rules import DisclosureRules
from transforms.disclosure.primary import SMALL_CELL
from transforms.disclosure.relations import Flags, Numbers, System
from transforms.disclosure.withheld import Withheld, protected

SWEEPS: Final = 40
LEAST_WIDTH: Final = 12.0
"""Greatest less least possible value that passed bounds must leave the lines of a withheld row.

Two would be three values, if bounds passed from sum to sum were all that a reader can find. A linear
programme looks at all sums at once and finds narrower ones: where passed bounds left three values it left
many counts fewer.
"""
THREE_VALUES: Final = 2.0
"""The room without which a release is refused."""
PART_WIDTH: Final = 4.0
"""The same for a withheld part of a row's lines, which can't have more room than the row has lines."""


def facts(system: System, withheld: Withheld, rules: DisclosureRules) -> tuple[Numbers, Numbers]:
    """Least and greatest value of each count that a reader knows before adding anything.

    A row of a small cell holds a line at least, another withheld row as many as the minimum.
    """
    low, high = np.zeros(system.size), np.full(system.size, np.inf)
    for i, q in enumerate(system.quantities):
        if q.whole_row:
            part = system.slice_of(i)
            small = (withheld.reasons[q.table] == SMALL_CELL).fill_null(False).to_numpy()
            least = np.where(small, 1.0, float(rules.minimum_count))
            low[part] = np.where(withheld.rows[q.table], np.minimum(least, system.values[part]), 0.0)
    hidden = withheld.hidden(system)
    return np.where(hidden, low, system.values), np.where(hidden, high, system.values)


def counting(system: System) -> Flags:
    """Equations between counts that hold to the letter."""
    counts = system.each([q.is_count for q in system.quantities], True)
    first = system.matrix.indices[system.matrix.indptr[:-1]]
    both: Flags = system.exact & counts[first]
    return both


def propagate(
    matrix: csr_array, low: Numbers, high: Numbers, sweeps: int = SWEEPS
) -> tuple[Numbers, Numbers]:
    """Tighten bounds through equations `matrix @ x = 0` until nothing changes (or for so many sweeps)."""
    equation = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    variable, sign = matrix.indices, matrix.data
    for _ in range(sweeps):
        least, most = _of_others(equation, variable, sign, low, high, matrix.shape[0])
        up, down = high.copy(), low.copy()
        np.minimum.at(up, variable, most)
        np.maximum.at(down, variable, least)
        if np.array_equal(up, high) and np.array_equal(down, low):
            break
        low, high = down, up
    return low, high


def _of_others(
    equation: Numbers, variable: Numbers, sign: Numbers, low: Numbers, high: Numbers, count: int
) -> tuple[Numbers, Numbers]:
    """Bounds that each entry's equation puts on its variable, by the bounds of the others in it."""
    least = np.where(sign > 0, low[variable], -high[variable])
    most = np.where(sign > 0, high[variable], -low[variable])
    rest_least = _sum_of_others(equation, least, count)
    rest_most = _sum_of_others(equation, most, count)
    return np.where(sign > 0, -rest_most, rest_least), np.where(sign > 0, -rest_least, rest_most)


def _sum_of_others(equation: Numbers, values: Numbers, count: int) -> Numbers:
    endless = ~np.isfinite(values)
    finite = np.where(endless, 0.0, values)
    total = np.bincount(equation, weights=finite, minlength=count)[equation] - finite
    others = np.bincount(equation, weights=endless, minlength=count)[equation] - endless
    sign = np.where(endless.any(), values[endless][0] if endless.any() else 0.0, 0.0)
    return np.where(others > 0, sign, total)


def narrowed(
    system: System,
    withheld: Withheld,
    rules: DisclosureRules,
    sweeps: int = SWEEPS,
    whole: float = LEAST_WIDTH,
    part_of_row: float = PART_WIDTH,
) -> Flags:
    """Entries of the matrix through which a protected count is left less room than it should have.

    `whole`: for the lines of a row. `part_of_row`: for a part of them.
    """
    chosen = counting(system)
    matrix = system.matrix[chosen]
    start_low, start_high = facts(system, withheld, rules)
    low, high = propagate(matrix, start_low, start_high, sweeps)
    needed = np.where(system.each([q.whole_row for q in system.quantities], False), whole, part_of_row)
    tight = protected(system, withheld.hidden(system), rules) & (high - low < needed)
    equation = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    variable = matrix.indices
    least, most = _of_others(equation, variable, matrix.data, low, high, matrix.shape[0])
    binds = tight[variable] & (
        ((least >= low[variable]) & (low > start_low)[variable])
        | ((most <= high[variable]) & (high < start_high)[variable])
    )
    found: Flags = np.zeros(system.matrix.nnz, dtype=bool)
    found[np.flatnonzero(chosen[system.member_equation])[binds]] = True
    return found
