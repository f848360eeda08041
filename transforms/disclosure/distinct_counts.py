"""Distinct counts of withheld rows: what those of the rows around them say of them.

Claims, cases and patients do not add up, but a whole has no more of them than its parts have together, and
no part has more than the whole. With what the reason of a withheld row tells (few patients, or not few) that
can leave a count one or two values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from schemas.rules import DisclosureRules
from schemas.tables import TABLES
from transforms.disclosure.bounds import THREE_VALUES
from transforms.disclosure.primary import SMALL_CELL
from transforms.disclosure.quantities import FIVE, N
from transforms.disclosure.relations import (
    SUMS,
    Flags,
    Ids,
    Numbers,
    System,
    Tables,
    roll_ups,
    rows_of_base,
    window_of,
)
from transforms.disclosure.withheld import Withheld

DISTINCT: Final = ("claims", "cases", "patients")
"""The fewest last: a case is one patient's, a claim is one patient's."""
SWEEPS: Final = 40
WITHIN: Final = (("denial_reasons", "denials"), ("contract_variance", "payment"))
"""Tables whose rows are a part of another's beside `utilization`."""
ALL_LINES: Final = (
    *((table, base) for table, name, base, of in SUMS if name == of == N),
    ("modifiers", "utilization"),
)
"""Tables whose rows hold, together, every line of another's row."""


@dataclass(frozen=True)
class Covers:
    """Rows with distinct counts, numbered through, and which of them lie in which.

    `variable`: the lines of each row in the system. `whole`: one row per relation. `relation` and `part`: its
    parts, an entry each. `is_covered`: the parts hold all of the whole. `counts`: by kind, of every row.
    """

    tables: tuple[str, ...]
    variable: Ids
    whole: Ids
    is_covered: Flags
    relation: Ids
    part: Ids
    counts: dict[str, Numbers]

    @property
    def members(self) -> tuple[Ids, Ids]:
        """Relation and row of every whole, then of every part."""
        relations = np.concatenate([np.arange(len(self.whole)), self.relation])
        return relations, np.concatenate([self.whole, self.part])


@dataclass(frozen=True)
class Bounds:
    """What a reader knows of a kind of count: least and greatest at first, and after looking around."""

    first_low: Numbers
    first_high: Numbers
    low: Numbers
    high: Numbers


def covers_of(tables: Tables, system: System) -> Covers:
    """All relations between distinct counts of the tables."""
    names = tuple(
        name
        for name, frame in tables.items()
        if TABLES[name].key_names[: len(FIVE)] == FIVE and set(DISTINCT) <= set(frame.columns)
    )
    sizes = [tables[name].height for name in names]
    start = dict(zip(names, np.cumsum([0, *sizes]).tolist(), strict=False))
    lines = {q.table: int(system.offsets[i]) for i, q in enumerate(system.quantities) if q.name == N}
    wholes, covered, relations, parts, made = [], [], [], [], 0
    for whole, part, is_covered in _relations(tables, start):
        # rows that do not hold all of the whole lie in it one by one
        known, number = (
            np.unique(whole, return_inverse=True) if is_covered else (whole, np.arange(len(whole)))
        )
        wholes.append(known)
        covered.append(np.full(len(known), is_covered))
        relations.append(made + number)
        parts.append(part)
        made += len(known)
    return Covers(
        names,
        _joined([np.arange(size) + lines[name] for name, size in zip(names, sizes, strict=True)]),
        _joined(wholes),
        _joined(covered).astype(bool),
        _joined(relations),
        _joined(parts),
        {
            kind: _joined([tables[name].get_column(kind).to_numpy() for name in names]).astype(np.float64)
            for kind in DISTINCT
        },
    )


def _joined(parts: list[Ids]) -> Ids:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts]).astype(np.int64)


def _relations(tables: Tables, start: dict[str, int]) -> Iterator[tuple[Ids, Ids, bool]]:
    """Row of the whole and row of the part, and whether the parts hold all of it."""
    window = window_of(tables)
    for name in start:
        for whole, part in roll_ups(tables[name], TABLES[name], window):
            yield whole + start[name], part + start[name], True
    inside = [(name, "utilization") for name in start if name != "utilization"]
    for table, base in dict.fromkeys((*ALL_LINES, *inside, *WITHIN)):
        if table in start and base in start:
            whole, part = rows_of_base(tables[table], tables[base])
            yield whole + start[base], part + start[table], (table, base) in ALL_LINES


def bounds_of(covers: Covers, withheld: Withheld, rules: DisclosureRules) -> dict[str, Bounds]:
    """Least and greatest distinct counts of every row that a reader can find, by kind.

    A row withheld as small has few patients; one withheld for others has as many as the minimum at least.
    """
    hidden, small = _state(covers, withheld)
    found = {}
    for kind, counts in covers.counts.items():
        least = np.minimum(np.where(small, 1.0, float(rules.minimum_count)), counts)
        most = np.where(small & (kind == "patients"), rules.minimum_count - 1.0, np.inf)
        low, high = np.where(hidden, least, counts), np.where(hidden, most, counts)
        found[kind] = Bounds(low, high, low.copy(), high.copy())
    for _ in range(SWEEPS):
        before = [(known.low.copy(), known.high.copy()) for known in found.values()]
        for known in found.values():
            _pass_on(covers, known)
        fewest = found["patients"]
        for known in found.values():
            np.minimum(fewest.high, known.high, out=fewest.high)
            np.maximum(known.low, fewest.low, out=known.low)
        after = [(known.low, known.high) for known in found.values()]
        if all(map(np.array_equal, _flat(before), _flat(after))):
            break
    return found


def _flat(pairs: list[tuple[Numbers, Numbers]]) -> list[Numbers]:
    return [side for pair in pairs for side in pair]


def _pass_on(covers: Covers, known: Bounds) -> None:
    (whole_low, whole_high), (part_low, part_high) = _implied(covers, known)
    np.maximum.at(known.low, covers.whole, whole_low)
    np.minimum.at(known.high, covers.whole, whole_high)
    np.maximum.at(known.low, covers.part, part_low)
    np.minimum.at(known.high, covers.part, part_high)


def _implied(covers: Covers, known: Bounds) -> tuple[tuple[Numbers, Numbers], tuple[Numbers, Numbers]]:
    """Bounds that each relation puts on its whole, and on each of its parts."""
    size, relation = len(covers.whole), covers.relation
    low, high = known.low[covers.part], known.high[covers.part]
    greatest = np.zeros(size)
    np.maximum.at(greatest, relation, low)
    endless = np.isinf(high) | ~covers.is_covered[relation]
    finite = np.where(endless, 0.0, high)
    total = np.bincount(relation, weights=finite, minlength=size)
    many = np.bincount(relation, weights=endless, minlength=size)
    together = np.where((many > 0) | ~covers.is_covered, np.inf, total)
    others = np.where(many[relation] - endless > 0, np.inf, total[relation] - finite)
    others = np.where(covers.is_covered[relation], others, np.inf)
    whole = covers.whole[relation]
    return (greatest, together), (known.low[whole] - others, known.high[whole])


def _state(covers: Covers, withheld: Withheld) -> tuple[Flags, Flags]:
    """Rows whose distinct counts are withheld (they go together), and which of them as small."""
    none = np.zeros(0, dtype=bool)
    hidden = [withheld.rows[name] | withheld.columns[name]["patients"] for name in covers.tables]
    small = [(withheld.reasons[name] == SMALL_CELL).fill_null(False).to_numpy() for name in covers.tables]
    return np.concatenate([none, *hidden]), np.concatenate([none, *small])


def narrow_rows(covers: Covers, withheld: Withheld, found: dict[str, Bounds]) -> Flags:
    """Withheld rows of which a distinct count above zero is left fewer than three values."""
    hidden, _ = _state(covers, withheld)
    narrow = np.zeros(len(hidden), dtype=bool)
    for kind, known in found.items():
        narrow |= hidden & (covers.counts[kind] > 0) & (known.high - known.low < THREE_VALUES)
    return narrow


def rows_that_tell(covers: Covers, withheld: Withheld, rules: DisclosureRules, cost: Numbers) -> Ids:
    """For every withheld row whose distinct counts are narrowed, the cheapest shown row that does it.

    Given as variables of their lines; where all around them is withheld, of the rows around those.
    """
    found = bounds_of(covers, withheld, rules)
    narrow = narrow_rows(covers, withheld, found)
    if not narrow.any():
        return np.zeros(0, dtype=np.int64)
    hidden, _ = _state(covers, withheld)
    price = np.where(hidden, np.inf, cost[covers.variable])
    relations, rows = covers.members
    binds = narrow[rows] & _binding(covers, found)
    chosen = _cheapest(covers, relations[binds], rows[binds], price)
    if not len(chosen):
        near = np.zeros(len(hidden), dtype=bool)
        near[rows[np.isin(relations, relations[binds])]] = True
        chosen = _cheapest(covers, relations[near[rows]], rows[near[rows]], price)
    return np.unique(covers.variable[chosen])


def _binding(covers: Covers, found: dict[str, Bounds]) -> Flags:
    """Members on which their relation puts the bounds that they have, and had not at first."""
    _, rows = covers.members
    binds = np.zeros(len(rows), dtype=bool)
    for known in found.values():
        of_whole, of_part = _implied(covers, known)
        low, high = (np.concatenate(sides) for sides in zip(of_whole, of_part, strict=True))
        binds |= (low >= known.low[rows]) & (known.low > known.first_low)[rows]
        binds |= (high <= known.high[rows]) & (known.high < known.first_high)[rows]
    return binds


def _cheapest(covers: Covers, relations: Ids, rows: Ids, price: Numbers) -> Ids:
    """Of the relations of each row the cheapest member still shown."""
    of, member = covers.members
    order = np.lexsort((member, price[member], of))
    first = order[np.diff(of[order], prepend=-1) > 0]
    best, best_price = np.zeros(len(covers.whole), dtype=np.int64), np.full(len(covers.whole), np.inf)
    best[of[first]], best_price[of[first]] = member[first], price[member[first]]
    shown = np.isfinite(best_price[relations])
    relations, rows = relations[shown], rows[shown]
    order = np.lexsort((best[relations], best_price[relations], rows))
    chosen: Ids = np.unique(best[relations[order[np.diff(rows[order], prepend=-1) > 0]]])
    return chosen
