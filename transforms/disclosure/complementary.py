"""Complementary suppression: whatever else must go so that no withheld number is the only one of a sum."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from schemas.rules import ALL, DisclosureRules
from transforms.disclosure.relations import Flags, Ids, Numbers, System, Tables
from transforms.disclosure.withheld import Withheld, protected

BASE_TABLES: Final = frozenset({"utilization", "payment", "case_payment", "denials", "timeliness"})
BASE_WEIGHT: Final = 4.0
"""A row of these tables is as dear as so many rows of a breakdown."""
ROLL_UP_WEIGHT: Final = 2.0
COLUMN_WEIGHT: Final = 0.3
"""A number within a row costs less than the row."""
ZERO_COST: Final = 1e9
"""A zero hides nothing: the last to be taken."""
NEVER: Final = np.inf
TIGHT_WEIGHT: Final = 50.0
LEAST_ROOM: Final = 3.0
"""Lines above the minimum that a row withheld for others should have, to leave them some play."""
PASSES: Final = 200


def costs(tables: Tables, system: System) -> Numbers:
    """What is lost with each variable: its lines, weighed by table, by roll-up and by what goes with it."""
    parts = []
    for q in system.quantities:
        frame = tables[q.table]
        size = frame.get_column("service_lines" if "service_lines" in frame.columns else q.value)
        cost = size.cast(pl.Float64).fill_null(0.0).to_numpy() + 1.0
        for key in ("payer", "line_of_business"):
            if key in frame.columns:
                cost = cost * np.where((frame.get_column(key) == ALL).to_numpy(), ROLL_UP_WEIGHT, 1.0)
        cost = cost * (BASE_WEIGHT if q.table in BASE_TABLES else 1.0)
        cost = cost * (1.0 if q.whole_row else COLUMN_WEIGHT)
        parts.append(cost if q.columns else np.full(frame.height, NEVER))
    cost = np.concatenate([*parts, np.full(system.rests, NEVER)])
    return cost + np.where(system.values == 0, ZERO_COST, 0.0)


def known_zero(system: System, hidden: Flags) -> Flags:
    """Hidden variables that must be zero, being parts of a whole of which nothing is left."""
    unknown = hidden.copy()
    matrix, equation, variable = system.matrix, system.member_equation, system.matrix.indices
    is_whole = matrix.data > 0
    while True:
        open_whole = np.zeros(matrix.shape[0], dtype=bool)
        open_whole[equation[is_whole & unknown[variable]]] = True
        rest = np.bincount(
            equation, weights=unknown[variable] * np.abs(system.values[variable]), minlength=matrix.shape[0]
        )
        spent = system.exact & ~open_whole & (rest == 0)
        found = unknown.copy()
        found[variable[spent[equation]]] = False
        if np.array_equal(found, unknown):
            return hidden & ~unknown
        unknown = found


def close_sums(withheld: Withheld, system: System, cost: Numbers, rules: DisclosureRules) -> None:
    """Withhold, sum by sum, the cheapest other number where exactly one is withheld, until no sum is left."""
    equation, variable = system.member_equation, system.matrix.indices
    for _ in range(PASSES):
        hidden = withheld.hidden(system)
        unknown = hidden & ~known_zero(system, hidden)
        must = protected(system, unknown, rules)
        held = np.bincount(equation, weights=unknown[variable], minlength=system.matrix.shape[0])
        musts = np.bincount(equation, weights=must[variable], minlength=system.matrix.shape[0])
        lone = (held == 1) & (musts == 1)
        chosen = cheapest(system, lone, hidden, cost)
        if not len(chosen):
            return
        withheld.withhold(system, chosen)


def parts_like_wholes(system: System, hidden: Flags) -> Ids:
    """Shown parts of withheld wholes that they equal: a part is the least that its whole can be."""
    of_rest = system.member_equation >= system.matrix.shape[0] - system.rests
    entry = np.flatnonzero(of_rest & (np.diff(system.matrix.indptr)[system.member_equation] == 3))
    whole, part, rest = (system.matrix.indices[entry[i::3]] for i in range(3))
    sign = system.matrix.data[entry[::3]]
    whole, part = np.where(sign > 0, whole, part), np.where(sign > 0, part, whole)
    alike = (system.values[rest] == 0) & (system.values[part] > 0)
    found: Ids = np.unique(part[alike & hidden[whole] & ~hidden[part]])
    return found


def cheapest(system: System, wanted: Flags, hidden: Flags, cost: Numbers) -> Ids:
    """For each wanted equation its cheapest number still shown; one that serves many equations is cheaper."""
    equation, variable = system.member_equation, system.matrix.indices
    entry = np.flatnonzero(wanted[equation] & ~hidden[variable])
    serves = np.bincount(variable[entry], minlength=system.size)
    price = entry_prices(system, cost)[entry] / np.maximum(serves[variable[entry]], 1)
    entry, price = entry[np.isfinite(price)], price[np.isfinite(price)]
    return np.unique(variable[entry[_first_by(equation[entry], price, variable[entry])]]).astype(np.int64)


def cheapest_of_any(system: System, entries: Flags, hidden: Flags, cost: Numbers) -> Ids:
    """For each variable of some entries the cheapest number still shown in those entries' sums."""
    equation, variable = system.member_equation, system.matrix.indices
    price = np.where(hidden[variable], np.inf, entry_prices(system, cost))
    first = _first_by(equation, price, variable)
    best_price = np.full(system.matrix.shape[0], np.inf)
    best = np.zeros(system.matrix.shape[0], dtype=np.int64)
    best_price[equation[first]], best[equation[first]] = price[first], variable[first]
    entry = np.flatnonzero(entries & np.isfinite(best_price[equation]))
    chosen = entry[_first_by(variable[entry], best_price[equation[entry]], equation[entry])]
    return np.unique(best[equation[chosen]])


def entry_prices(system: System, cost: Numbers) -> Numbers:
    """Cost of the variable of each entry; a part that leaves no room above what a reader knows is dear."""
    variable = system.matrix.indices
    tight_part = (system.matrix.data < 0) & (system.room[variable] < LEAST_ROOM)
    prices: Numbers = cost[variable] * np.where(tight_part, TIGHT_WEIGHT, 1.0)
    return prices


def _first_by(group: Ids, price: Numbers, tie: Ids) -> Ids:
    """Position of the cheapest entry of each group."""
    order = np.lexsort((tie, price, group))
    return order[np.diff(group[order], prepend=-1) > 0]
