"""The gate before a release: looks for withheld numbers that can be worked out, until none is left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import block_array, csc_array, csr_array, eye_array, vstack
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from schemas.rules import DisclosureRules
from transforms.disclosure.bounds import THREE_VALUES, narrowed
from transforms.disclosure.complementary import (
    cheapest,
    cheapest_of_any,
    close_sums,
    costs,
    known_zero,
    parts_like_wholes,
)
from transforms.disclosure.distinct_counts import Covers, bounds_of, covers_of, narrow_rows, rows_that_tell
from transforms.disclosure.relations import Flags, Ids, Numbers, System, Tables, system_of
from transforms.disclosure.told_models import still_telling
from transforms.disclosure.views import withhold_thin_views
from transforms.disclosure.withheld import Withheld, protected

ROUNDS: Final = 60
EAGER: Final = 3
"""Rounds that withhold one neighbour per sum of a number found out; later ones withhold all of them."""
FEW: Final = 30
"""Numbers found out that are few enough to make short work of."""
REACHES: Final = (1, 2, 4, 40)
"""How often bounds are passed on: what is near is widened first, so that little is withheld for it."""
AT_ONCE: Final = 40
"""Numbers found out that one round looks into."""
TELLING: Final = 1e-3
SEED: Final = 1939
RIDGE: Final = 1e-9
REFINEMENTS: Final = 2
STILL: Final = 1e-7
"""A number that moves less than this, where others move by about one, does not move at all."""


class GateRefused(Exception):
    """A release in which withheld numbers can be worked out, whatever else is withheld."""


@dataclass(frozen=True)
class Reduced:
    """The system in its leaves: variables that are no whole of any sum.

    `basis`: every variable as a sum of leaves. `ties`: sums of leaves that are zero in any case.
    """

    leaf: Flags
    basis: csr_array
    ties: csr_array


def protect(tables: Tables, withheld: Withheld, rules: DisclosureRules, people_told: bool = True) -> int:
    """Withhold more until nothing withheld can be worked out or narrowed; gives the rounds that took.

    `people_told`: distinct counts of shown rows are told, too. Raises GateRefused when that does not come to
    an end.
    """
    system = system_of(tables)
    if not system.size:
        return 0
    reduced = reduce(system)
    cost, covers = costs(tables, system), covers_of(tables if people_told else {}, system)
    withhold_thin_views(tables, withheld, system)
    for number in range(ROUNDS):
        for sweeps in REACHES if number == 0 else REACHES[-1:]:
            widen(withheld, system, cost, rules, sweeps)
        while len(more := _also(tables, withheld, system, covers, rules, cost)):
            withheld.withhold(system, more)
            widen(withheld, system, cost, rules, REACHES[-1])
        found = derivable(system, reduced, withheld, rules)
        if not found.any():
            if narrow_rows(covers, withheld, bounds_of(covers, withheld, rules)).any():
                raise GateRefused(
                    "withheld distinct counts can be narrowed, and nothing more can be withheld"
                )
            return number + 1
        every = number >= EAGER or int(found.sum()) <= FEW
        chosen = around(system, found, withheld.hidden(system), cost, every)
        if not len(chosen):
            chosen = telling(system, reduced, withheld, found, cost)
        if not len(chosen):
            raise GateRefused("withheld numbers can be worked out, and nothing more can be withheld")
        withheld.withhold(system, chosen)
    raise GateRefused(f"not closed after {ROUNDS} rounds")


def _also(
    tables: Tables,
    withheld: Withheld,
    system: System,
    covers: Covers,
    rules: DisclosureRules,
    cost: Numbers,
) -> Ids:
    """Shown numbers that tell more than bounds passed from sum to sum can see."""
    like = parts_like_wholes(system, withheld.hidden(system))
    of_models = still_telling(tables, withheld, system)
    return np.unique(np.concatenate([like, of_models, rows_that_tell(covers, withheld, rules, cost)]))


def around(system: System, found: Flags, hidden: Flags, cost: Numbers, every: bool) -> Ids:
    """Shown numbers beside those found out: one of each of their sums, or every one of them."""
    sums = np.zeros(system.matrix.shape[0], dtype=bool)
    sums[system.member_equation[found[system.matrix.indices]]] = True
    if not every:
        return cheapest(system, sums, hidden, cost)
    beside = np.zeros(system.size, dtype=bool)
    beside[system.matrix.indices[sums[system.member_equation]]] = True
    return np.flatnonzero(beside & ~hidden & np.isfinite(cost))


def widen(withheld: Withheld, system: System, cost: Numbers, rules: DisclosureRules, sweeps: int) -> None:
    """Withhold more until bounds passed on so many times leave every withheld count its room."""
    for _ in range(ROUNDS):
        close_sums(withheld, system, cost, rules)
        entries = narrowed(system, withheld, rules, sweeps)
        if not entries.any():
            return
        hidden = withheld.hidden(system)
        chosen = cheapest_of_any(system, entries, hidden, cost)
        if not len(chosen):
            around = np.zeros(system.matrix.shape[0], dtype=bool)
            around[system.member_equation[entries]] = True
            near = np.zeros(system.size, dtype=bool)
            near[system.matrix.indices[around[system.member_equation]]] = True
            chosen = cheapest_of_any(system, near[system.matrix.indices], hidden, cost)
        if not len(chosen):
            # what lies around is withheld to the last number: more room than a reader must find is a wish
            if narrowed(system, withheld, rules, sweeps, THREE_VALUES, THREE_VALUES).any():
                raise GateRefused("withheld counts can be narrowed, and nothing more can be withheld")
            return
        withheld.withhold(system, chosen)
    raise GateRefused(f"bounds not open after {ROUNDS} rounds")


def reduce(system: System) -> Reduced:
    """Write every variable as a sum of leaves; whatever two ways of doing so differ in is a tie."""
    # a rest takes up whatever its equation says: nothing follows from the last equations
    matrix, size = system.matrix[: system.matrix.shape[0] - system.rests], system.size
    positive = np.flatnonzero(matrix.data > 0)
    whole = matrix.indices[positive]
    first = np.full(size, -1, dtype=np.int64)
    first[whole[::-1]] = system.member_equation[positive][::-1]
    leaf: Flags = first < 0
    parts = -matrix
    parts.data = np.maximum(parts.data, 0.0)
    defined = np.flatnonzero(~leaf)
    step = csr_array(
        (np.ones(len(defined)), (defined, first[defined])), shape=(size, matrix.shape[0])
    ) @ _without_zeros(parts)
    leaves = np.flatnonzero(leaf)
    term = csr_array((np.ones(len(leaves)), (leaves, leaves)), shape=(size, size))
    basis = term
    while term.nnz:
        term = _without_zeros(step @ term)
        basis = basis + term
    ties = matrix @ basis
    ties.data[np.abs(ties.data) < 0.5] = 0.0
    return Reduced(leaf, csr_array(basis), _filled(_without_zeros(ties)))


def _without_zeros(matrix: csr_array) -> csr_array:
    made = csr_array(matrix)
    made.eliminate_zeros()
    return made


def _filled(matrix: csr_array) -> csr_array:
    return matrix[np.diff(matrix.indptr) > 0]


@dataclass(frozen=True)
class Shown:
    """What the shown numbers say of the unknown leaves, each equation once.

    `free`: the unknown leaves. `matrix`: equations of them. `variable`: the shown number of each equation, -1
    for a tie. `solve`: of the equations' normal matrix.
    """

    free: Ids
    matrix: csr_array
    variable: Ids
    solve: Callable[[Numbers], Numbers] | None


def shown_of(reduced: Reduced, unknown: Flags) -> Shown:
    """The equations that shown numbers and ties make of the unknown leaves."""
    free = np.flatnonzero(reduced.leaf & unknown)
    known = np.flatnonzero(~unknown)
    matrix = vstack([reduced.ties, reduced.basis[known]]).tocsr()[:, free]
    variable = np.concatenate([np.full(reduced.ties.shape[0], -1), known])
    some = np.diff(matrix.indptr) > 0
    matrix, variable = matrix[some], variable[some]
    if not matrix.shape[0]:
        return Shown(free, matrix, variable, None)
    mark = np.round(matrix @ np.random.default_rng(SEED).standard_normal(len(free)), 9)
    once = np.sort(np.unique(mark, return_index=True)[1])
    matrix, variable = matrix[once], variable[once]
    normal = csc_array(matrix @ matrix.T) + RIDGE * eye_array(matrix.shape[0], format="csc")
    factors = splu(normal, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    return Shown(free, matrix, variable, factors.solve)


def movement(reduced: Reduced, shown: Shown) -> Numbers:
    """How all variables move under a random change of the unknown leaves that no shown number notices.

    What does not move under it is the same in every solution.
    """
    step = np.random.default_rng(SEED + 1).standard_normal(len(shown.free))
    if shown.solve is not None:
        for _ in range(REFINEMENTS):
            step = step - shown.matrix.T @ shown.solve(shown.matrix @ step)
    change = np.zeros(len(reduced.leaf))
    change[shown.free] = step
    moved: Numbers = reduced.basis @ change
    return moved


def derivable(system: System, reduced: Reduced, withheld: Withheld, rules: DisclosureRules) -> Flags:
    """Protected variables that follow from what is shown by adding and subtracting."""
    hidden = withheld.hidden(system)
    unknown = hidden & ~known_zero(system, hidden)
    moved = movement(reduced, shown_of(reduced, unknown))
    return protected(system, unknown, rules) & (np.abs(moved) < STILL)


def telling(system: System, reduced: Reduced, withheld: Withheld, found: Flags, cost: Numbers) -> Ids:
    """For each variable found out, the cheapest of the shown numbers that it follows from."""
    hidden = withheld.hidden(system)
    shown = shown_of(reduced, hidden & ~known_zero(system, hidden))
    if shown.solve is None:
        return np.zeros(0, dtype=np.int64)
    reading = csr_array(reduced.basis[np.flatnonzero(found)][:, shown.free])
    price = np.where((shown.variable < 0) | hidden[shown.variable], np.inf, cost[shown.variable])
    return _telling(shown, reading[np.diff(reading.indptr) > 0], price)


def _telling(shown: Shown, reading: csr_array, price: Numbers) -> Ids:
    """For each sum of free leaves that follows from what is shown, the cheapest shown number that tells.

    Sums in unconnected parts of the system are asked for together; of each part not more than AT_ONCE.
    """
    whole = block_array([[None, shown.matrix], [shown.matrix.T, None]])
    equations = shown.matrix.shape[0]
    _, label = connected_components(whole, directed=False)
    first_leaf = reading.indices[reading.indptr[:-1]]
    part = label[equations + first_leaf]
    turn = _turns(part)
    chosen: list[Ids] = []
    for number in range(min(AT_ONCE, int(turn.max(initial=-1)) + 1)):
        asked = np.flatnonzero(turn == number)
        wanted = np.asarray(reading[asked].sum(axis=0)).ravel()
        weight = np.abs(shown.solve(shown.matrix @ wanted)) if shown.solve else np.zeros(equations)
        tells = weight > TELLING * _greatest(weight, label[:equations], len(label))
        usable = np.flatnonzero(tells & np.isfinite(price) & np.isin(label[:equations], part[asked]))
        order = usable[np.lexsort((usable, price[usable], label[usable]))]
        best = order[np.diff(label[order], prepend=-1) > 0]
        chosen.append(shown.variable[best])
    return np.unique(np.concatenate(chosen)).astype(np.int64) if chosen else np.zeros(0, dtype=np.int64)


def _turns(part: Ids) -> Ids:
    """Number the members of each part, spread over those that are asked for."""
    order = np.argsort(part, kind="stable")
    starts = np.diff(part[order], prepend=-1) != 0
    position = np.arange(len(part)) - np.maximum.accumulate(np.where(starts, np.arange(len(part)), 0))
    size = np.bincount(part)[part[order]]
    stride = np.maximum(1, size // AT_ONCE)
    turn = np.empty(len(part), dtype=np.int64)
    turn[order] = np.where(position % stride == 0, position // stride, AT_ONCE)
    return turn


def _greatest(weight: Numbers, label: Ids, parts: int) -> Numbers:
    most = np.zeros(parts)
    np.maximum.at(most, label, weight)
    return most[label]
