"""Measure the cells of a cube from the facts of its finest cells: sums, greatest values, distinct counts,
percentiles, concentration of providers.

Sums and counts are added up. Distinct providers and percentiles, which do not add up, are made for every cell
from pairs. Everything is exact in whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from schemas.table_columns import basis_columns
from transforms.tables.cube import Cube, Ids
from transforms.tables.facts import LARGEST_TABLE, PACKED_BITS, Counted, Providers, Values, changes


def rolled(cube: Cube, finest: Mapping[str, Ids], add: np.ufunc, start: int = 0) -> dict[str, Ids]:
    """Bring numbers of the finest cells up to the cells of every combination."""
    if not finest:
        return {}
    columns = np.column_stack(list(finest.values()))
    made = np.full((cube.cells, len(finest)), start, dtype=np.int64)
    for _, offset, order, first in cube.orders:
        made[offset : offset + len(first)] = add.reduceat(columns[order], first, axis=0)
    return {name: made[:, i] for i, name in enumerate(finest)}


def rolled_counts(cube: Cube, counts: Mapping[str, Ids]) -> dict[str, Ids]:
    """Distinct things by cell: those that are the first of them in it."""
    made = {name: np.zeros(cube.cells, dtype=np.int64) for name in counts}
    for place, offset, order, first in cube.orders:
        for name, finest in counts.items():
            made[name][offset : offset + len(first)] = np.add.reduceat(finest[order, place], first)
    return made


def distinct(cube: Cube, pairs: Providers) -> Ids:
    """Count distinct providers by cell."""
    kinds = max(len(pairs.words), 1)
    made = np.zeros(cube.cells, dtype=np.int64)
    for i, (parent, offset) in enumerate(zip(cube.parents, cube.offsets, strict=True)):
        cell, size = parent[pairs.base], cube.size(i)
        inside = cell >= 0
        key = cell[inside] * kinds + pairs.provider[inside]
        if size * kinds <= LARGEST_TABLE:
            table = np.zeros(size * kinds, dtype=bool)
            table[key] = True
            found = table.reshape(-1, kinds).sum(axis=1)
        else:
            found = np.bincount(np.unique(key) // kinds, minlength=size)
        made[offset : offset + size] = found
    return made


def percentiles(cube: Cube, counted: Counted, percents: Sequence[int]) -> list[tuple[Values, Values]]:
    """Percentiles of values: with linear interpolation (type 7), and the value of the nearest rank (the least
    that so many percent do not exceed), for each percent. NaN: no value.
    """
    made = [(np.full(cube.cells, np.nan), np.full(cube.cells, np.nan)) for _ in percents]
    for i, (parent, offset) in enumerate(zip(cube.parents, cube.offsets, strict=True)):
        found = _percentiles_of(parent[counted.base], cube.size(i), counted, percents)
        for pair, pair_found in zip(made, found, strict=True):
            for result, numbers in zip(pair, pair_found, strict=True):
                result[offset : offset + cube.size(i)] = numbers
    return made


def _percentiles_of(
    cell: Ids, size: int, counted: Counted, percents: Sequence[int]
) -> list[tuple[Values, Values]]:
    code, times = counted.code, counted.times
    inside = cell >= 0
    if not inside.all():
        cell, code, times = cell[inside], code[inside], times[inside]
    # sums of counts are exact in floats
    held = np.bincount(cell, weights=times, minlength=size).astype(np.int64)
    code, times = _in_cells(cell, code, times)
    ends = None if len(code) == held.sum() else np.cumsum(times)
    start = np.cumsum(held) - held
    some = held > 0

    def at(place: Ids) -> Values:
        row = place if ends is None else np.searchsorted(ends, place, side="right")
        return counted.value_of(code[row])

    made = []
    for percent in percents:
        result, nearest = np.full(size, np.nan), np.full(size, np.nan)
        nearest[some] = at(start[some] + np.maximum((held[some] * percent + 99) // 100 - 1, 0))
        steps = (held[some] - 1) * percent
        low = start[some] + steps // 100
        below, above = at(low), at(np.minimum(low + 1, start[some] + held[some] - 1))
        result[some] = below + (above - below) * ((steps % 100) / 100)
        made.append((result, nearest))
    return made


def _in_cells(cell: Ids, code: Ids, times: Ids) -> tuple[Ids, Ids]:
    """Codes and how often each occurs, in the order of cell and code."""
    low = int(code.min(initial=0))
    code_bits = (int(code.max(initial=0)) - low).bit_length()
    time_bits = int(times.max(initial=0)).bit_length()
    if int(cell.max(initial=0)).bit_length() + code_bits + time_bits < PACKED_BITS:
        key = np.sort((((cell << code_bits) | (code - low)) << time_bits) | times)
        return ((key >> time_bits) & ((1 << code_bits) - 1)) + low, key & ((1 << time_bits) - 1)
    order = np.lexsort((code, cell))
    return code[order], times[order]


def concentration(cube: Cube, pairs: Providers, basis: str) -> dict[str, Ids]:
    """Helper columns of a price basis (`basis_columns`) by cell."""
    kinds = max(len(pairs.words), 1)
    made = {name: np.zeros(cube.cells, dtype=np.int64) for name in basis_columns(basis)}
    for i, (parent, offset) in enumerate(zip(cube.parents, cube.offsets, strict=True)):
        cell = parent[pairs.base]
        inside = cell >= 0
        key = cell[inside] * kinds + pairs.provider[inside]
        found = _concentration_of(key, pairs.lines[inside], pairs.cents[inside], kinds, cube.size(i))
        for result, numbers in zip(made.values(), found, strict=True):
            result[offset : offset + cube.size(i)] = numbers
    return made


def _concentration_of(key: Ids, lines: Ids, cents: Ids, kinds: int, size: int) -> list[Ids]:
    """The columns of a price basis by cell, from (cell, provider) keys."""
    if size * kinds <= LARGEST_TABLE // 8:
        # sums of cents are exact in floats: they stay far below 2**53
        by_lines = np.bincount(key, weights=lines, minlength=size * kinds).reshape(size, kinds)
        by_cents = np.bincount(key, weights=cents, minlength=size * kinds).reshape(size, kinds)
        two = np.sort(by_lines, axis=1)[:, -2:].sum(axis=1)
        tops = (by_lines.max(axis=1), two, by_cents.max(axis=1), by_cents.sum(axis=1))
        counted = (by_lines.sum(axis=1), (by_lines > 0).sum(axis=1), *tops)
        return [numbers.astype(np.int64) for numbers in counted]
    made = [np.zeros(size, dtype=np.int64) for _ in basis_columns("")]
    if not len(key):
        return made
    order = np.argsort(key, kind="stable")
    first = np.flatnonzero(np.diff(key[order], prepend=-1))
    cell = key[order][first] // kinds
    of_lines = np.add.reduceat(lines[order], first)
    of_cents = np.add.reduceat(cents[order], first)
    start = np.flatnonzero(changes(cell))
    held = cell[start]
    made[0][held] = np.add.reduceat(of_lines, start)
    made[1][held] = np.diff(start, append=len(cell))
    made[2][held] = np.maximum.reduceat(of_lines, start)
    made[3][held] = made[2][held] + _second(cell, of_lines, start)
    made[4][held] = np.maximum.reduceat(of_cents, start)
    made[5][held] = np.add.reduceat(of_cents, start)
    return made


def _second(cell: Ids, lines: Ids, start: Ids) -> Ids:
    """Lines of the second provider of each cell, 0 where there is one alone; `cell` is in order."""
    falling = lines[np.lexsort((-lines, cell))]
    held = np.diff(start, append=len(cell))
    return np.where(held > 1, falling[np.minimum(start + 1, len(lines) - 1)], 0)
