"""Measure the cells of a cube: sums, greatest values, distinct counts, percentiles, concentration of
providers.

Counts and sums are made once for the finest cells and added up. Distinct counts and percentiles, which do
not add up, are made for every cell from orders that are made once. Everything is exact in whole numbers, so
neither the order of rows nor the number of threads shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.table_columns import basis_columns
from transforms.tables.cube import Cube, Flags, Ids

Values = NDArray[np.float64]
PLACES = pl.Series(range(64), dtype=pl.Int64)
BITS = pl.Series([*(1 << place for place in range(63)), 0], dtype=pl.Int64)
"""The bit of each of 63 places; none for what is no value."""
LARGEST_TABLE = 1 << 24
"""Cells x things up to which a table of them is laid out instead of sorting."""


def sums(cube: Cube, rows: pl.DataFrame, wanted: Mapping[str, pl.Expr]) -> dict[str, Ids]:
    """Sums of integer expressions by cell; a null adds nothing."""
    columns = [expression.cast(pl.Int64).fill_null(0).alias(name) for name, expression in wanted.items()]
    if not columns:
        return {}
    return _rolled(
        cube, _by_finest(cube, rows.with_columns(columns).select(list(wanted)), pl.all().sum()), np.add
    )


def maxima(cube: Cube, rows: pl.DataFrame, wanted: Mapping[str, pl.Expr], least: int) -> dict[str, Ids]:
    """Greatest values of integer expressions by cell; `least` where no row has one."""
    columns = [expression.cast(pl.Int64).fill_null(least).alias(name) for name, expression in wanted.items()]
    if not columns:
        return {}
    return _rolled(
        cube, _by_finest(cube, rows.with_columns(columns).select(list(wanted)), pl.all().max()), np.maximum
    )


def kinds(cube: Cube, rows: pl.DataFrame, wanted: Mapping[str, pl.Expr]) -> dict[str, Ids]:
    """About how many different values integer expressions have by cell, never more than there are.

    Each value has one of 63 bits, so that cells add up; two values may share one.
    """
    if not wanted:
        return {}
    places = rows.select((_scattered(value) % 63).fill_null(63).alias(name) for name, value in wanted.items())
    bits = places.select(pl.col(name).replace_strict(PLACES, BITS) for name in wanted)
    rolled = _rolled(cube, _by_finest(cube, bits, pl.all().bitwise_or()), np.bitwise_or)
    return {name: np.bitwise_count(found).astype(np.int64) for name, found in rolled.items()}


def _scattered(value: pl.Expr) -> pl.Expr:
    """Whole numbers without the pattern of prices: a hash of plain arithmetic, the same on every machine."""
    return (value.cast(pl.Int64) * 2_654_435_761 % 4_294_967_291) * 40_503 % 4_294_967_279


def _by_finest(cube: Cube, values: pl.DataFrame, how: pl.Expr) -> pl.DataFrame:
    based = values.with_columns(pl.Series("_base", cube.base))
    return based.group_by("_base").agg(how).sort("_base").drop("_base")


def _rolled(cube: Cube, finest: pl.DataFrame, add: np.ufunc) -> dict[str, Ids]:
    """Bring columns of the finest cells up to the cells of every combination."""
    made = _rolled_up(cube, finest.to_numpy().reshape(cube.finest, finest.width), add)
    return {name: made[:, i] for i, name in enumerate(finest.columns)}


def _rolled_up(cube: Cube, finest: Ids, add: np.ufunc) -> Ids:
    made = np.zeros((cube.cells, *finest.shape[1:]), dtype=np.int64)
    for offset, order, first in cube.orders:
        made[offset : offset + len(first)] = add.reduceat(finest[order], first, axis=0)
    return made


def _kept(things: pl.Series, mask: Flags | None) -> Flags:
    if mask is not None and not things.null_count():
        return mask
    keep: Flags = things.is_not_null().to_numpy()
    return keep if mask is None else keep & mask


def distinct(cube: Cube, things: pl.Series, mask: Flags | None, alone: Flags | None = None) -> Ids:
    """Count distinct things (dense numbers, null: none) by cell; `alone` rows share their thing with no
    other row.
    """
    keep = _kept(things, mask)
    made = np.zeros(cube.cells, dtype=np.int64)
    if alone is not None:
        made += _rolled_count(cube, np.bincount(cube.base[keep & alone], minlength=cube.finest))
        keep = keep & ~alone
    whole = things.fill_null(0) if things.null_count() else things
    number, base = whole.to_numpy()[keep].astype(np.int64), cube.base[keep]
    kinds = int(number.max(initial=0)) + 1
    if cube.finest * kinds <= LARGEST_TABLE:
        return made + _distinct_of_few(cube, number, base, kinds)
    return made + _distinct_of_many(cube, number, base)


def _rolled_count(cube: Cube, finest: Ids) -> Ids:
    return _rolled_up(cube, finest.astype(np.int64), np.add)


def _distinct_of_few(cube: Cube, number: Ids, base: Ids, kinds: int) -> Ids:
    """Lay out cells x things and count what is there."""
    present = np.zeros(cube.finest * kinds, dtype=bool)
    present[base * kinds + number] = True
    base, number = np.divmod(np.flatnonzero(present), kinds)
    made = np.zeros(cube.cells, dtype=np.int64)
    for i, (parent, offset) in enumerate(zip(cube.parents, cube.offsets, strict=True)):
        cell = parent[base]
        inside = cell >= 0
        table = np.zeros(cube.size(i) * kinds, dtype=bool)
        table[cell[inside] * kinds + number[inside]] = True
        made[offset : offset + cube.size(i)] = table.reshape(-1, kinds).sum(axis=1)
    return made


def _distinct_of_many(cube: Cube, number: Ids, base: Ids) -> Ids:
    """Sort pairs of thing and finest cell: a thing in one finest cell only adds up, others are counted
    anew.
    """
    thing, base = np.divmod(_sorted_distinct(number * cube.finest + base), max(cube.finest, 1))
    fixed = cube.fixed[base]
    new_run = np.ones(len(base), dtype=bool)
    new_run[1:] = (thing[1:] != thing[:-1]) | (fixed[1:] != fixed[:-1])
    run = np.cumsum(new_run) - 1
    single = np.bincount(run)[run] == 1 if len(run) else new_run
    made = _rolled_count(cube, np.bincount(base[single], minlength=cube.finest))
    run, base = run[~single], base[~single]
    for i, (parent, offset) in enumerate(zip(cube.parents, cube.offsets, strict=True)):
        size = cube.size(i)
        cell = parent[base]
        inside = cell >= 0
        key = _sorted_distinct(run[inside] * size + cell[inside])
        made[offset : offset + size] += np.bincount(key % max(size, 1), minlength=size)
    return made


def _sorted_distinct(key: Ids) -> Ids:
    # rows stand in the order of patients, so keys are nearly sorted: the stable sort is the fast one
    key = np.sort(key, kind="stable")
    new = np.ones(len(key), dtype=bool)
    new[1:] = key[1:] != key[:-1]
    return key[new]


def percentiles(
    cube: Cube, ranks: pl.Series, values: Values, mask: Flags | None, percents: Sequence[int]
) -> list[tuple[Values, Values]]:
    """Percentiles of ranked values: with linear interpolation (type 7), and the value of the nearest rank
    (the least that so many percent do not exceed), for each percent. NaN: no value.
    """
    keep = _kept(ranks, mask)
    rank, base, times = _ordered(ranks.filter(pl.Series(keep)).to_numpy(), cube.base[keep], len(values), cube)
    made = [(np.full(cube.cells, np.nan), np.full(cube.cells, np.nan)) for _ in percents]
    for i, (parent, offset) in enumerate(zip(cube.parents, cube.offsets, strict=True)):
        found = _percentiles_of(parent[base], cube.size(i), rank, times, values, percents)
        for pair, pair_found in zip(made, found, strict=True):
            for result, numbers in zip(pair, pair_found, strict=True):
                result[offset : offset + cube.size(i)] = numbers
    return made


def _ordered(
    rank: NDArray[np.integer], base: Ids, kinds: int, cube: Cube
) -> tuple[NDArray[np.integer], Ids, Ids | None]:
    """Ranks in their order, their finest cells, and how often each pair occurs (none: once).

    Of values that often repeat (minutes, days) there are far fewer pairs than rows.
    """
    if cube.finest * kinds <= min(LARGEST_TABLE, 4 * len(rank)):
        counts = np.bincount(rank * np.int64(cube.finest) + base)
        pairs = np.flatnonzero(counts)
        return *np.divmod(pairs, cube.finest), counts[pairs]
    order = _stable_order(rank, kinds)
    return rank[order], base[order], None


def _stable_order(numbers: NDArray[np.integer], size: int) -> Ids:
    """Stable order of small whole numbers; sixteen bits at a time, which is a radix sort."""
    if size <= 1 << 16:
        return np.argsort(numbers.astype(np.uint16), kind="stable")
    order = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    return order[np.argsort((numbers[order] >> 16).astype(np.uint16), kind="stable")]


def _percentiles_of(
    cell: Ids,
    size: int,
    rank: NDArray[np.integer],
    times: Ids | None,
    values: Values,
    percents: Sequence[int],
) -> list[tuple[Values, Values]]:
    inside = cell >= 0
    if not inside.all():
        cell, rank = cell[inside], rank[inside]
        times = None if times is None else times[inside]
    order = _stable_order(cell, size)
    # sums of counts are exact in floats
    held = np.bincount(cell, weights=times, minlength=size).astype(np.int64)
    ends = None if times is None else np.cumsum(times[order])
    start = np.cumsum(held) - held
    some = held > 0

    def at(place: Ids) -> Values:
        row = place if ends is None else np.searchsorted(ends, place, side="right")
        found: Values = values[rank[order[row]]]
        return found

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


def concentration(cube: Cube, owners: pl.Series, cents: pl.Series, mask: Flags, basis: str) -> dict[str, Ids]:
    """Helper columns of a price basis (`basis_columns`), of some rows in each cell."""
    held = pl.Series(mask)
    owner = owners.filter(held).cast(pl.Int64).to_numpy()
    kinds = int(owner.max(initial=0)) + 1
    pairs, lines, paid = _summed(cube.base[mask] * kinds + owner, cents.filter(held).fill_null(0).to_numpy())
    base, owner = np.divmod(pairs, kinds)
    made = {name: np.zeros(cube.cells, dtype=np.int64) for name in basis_columns(basis)}
    for i, (parent, offset) in enumerate(zip(cube.parents, cube.offsets, strict=True)):
        cell = parent[base]
        inside = cell >= 0
        key = cell[inside] * kinds + owner[inside]
        found = _concentration_of(key, lines[inside], paid[inside], kinds, cube.size(i))
        for result, numbers in zip(made.values(), found, strict=True):
            result[offset : offset + cube.size(i)] = numbers
    return made


def _summed(key: Ids, cents: Ids) -> tuple[Ids, Ids, Ids]:
    """Distinct keys, how often each occurs, and its cents."""
    if int(key.max(initial=0)) < LARGEST_TABLE // 8:
        # sums of cents are exact in floats: they stay far below 2**53
        lines, paid = np.bincount(key), np.bincount(key, weights=cents)
        known = np.flatnonzero(lines)
        return known, lines[known], paid[known].astype(np.int64)
    sums = pl.DataFrame({"key": key, "cents": cents}).group_by("key").agg(pl.len(), pl.col("cents").sum())
    return (
        sums["key"].to_numpy(),
        sums["len"].cast(pl.Int64).to_numpy(),
        sums["cents"].to_numpy(),
    )


def _concentration_of(key: Ids, lines: Ids, cents: Ids, kinds: int, size: int) -> list[Ids]:
    """The columns of a price basis by cell, from (cell, provider) keys."""
    if size * kinds <= LARGEST_TABLE // 8:
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
    start = np.flatnonzero(np.diff(cell, prepend=-1))
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
