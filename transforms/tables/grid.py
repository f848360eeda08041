"""Cells of a table and their roll-ups: each line stands in one finest cell, each finest cell in up to 16
cells.

Counts and sums are made once for the finest cells and added up; distinct counts and percentiles, which do
not add up, are made for every cell from orders that are made once. The finest cell of a line: code,
breakdown, payer, line of business, month. The cells above it: four period types, with the payer or `all`,
the line of business or `all`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.rules import ALL
from schemas.table_columns import basis_columns
from transforms.tables.periods import PERIOD_TYPES, Calendar

Ids = NDArray[np.int64]
LARGEST_MAP = 50_000_000
"""Possible finest cells up to which they are numbered through a map instead of a sort."""


@dataclass(frozen=True)
class Combination:
    """One period type, payers and lines of business apart or rolled up.

    `parent`: finest cell -> cell of this combination, -1 for none. `keys`: one row per cell, in the order of
    its numbers.
    """

    parent: Ids
    keys: pl.DataFrame

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.keys.height


@dataclass(frozen=True)
class Grid:
    """Rows (`base`: finest cell of each), finest cells (`fixed`: their part that no roll-up merges) and
    cells.
    """

    base: Ids
    fixed: Ids
    combinations: tuple[Combination, ...]

    @property
    def cells(self) -> int:
        """Number of finest cells."""
        return len(self.fixed)


def _coded(series: pl.Series) -> tuple[Ids, list[str]]:
    words = series.unique().sort()
    return series.cast(pl.Enum(words)).to_physical().cast(pl.Int64).to_numpy(), words.to_list()


def _numbered(key: Ids, possible: int) -> tuple[Ids, Ids]:
    """Dense numbers of keys in their order, and the distinct keys."""
    if possible > LARGEST_MAP:
        known, inverse = np.unique(key, return_inverse=True)
        return inverse.astype(np.int64), known
    present = np.zeros(possible, dtype=bool)
    present[key] = True
    number = np.cumsum(present) - 1
    return number[key].astype(np.int64), np.flatnonzero(present).astype(np.int64)


def _packed(parts: Sequence[Ids], sizes: Sequence[int]) -> Ids:
    key = np.zeros_like(parts[0])
    for part, size in zip(parts, sizes, strict=True):
        key = key * size + part
    return key


def _unpacked(key: Ids, sizes: Sequence[int]) -> list[Ids]:
    parts: list[Ids] = []
    for size in reversed(sizes):
        key, part = np.divmod(key, size)
        parts.append(part)
    return parts[::-1]


def make_grid(rows: pl.DataFrame, breakdown: Sequence[str], calendar: Calendar) -> Grid:
    """Number the cells of rows that carry procedure_code, payer, line_of_business, _month and the
    breakdown.
    """
    if rows.height == 0:
        return Grid(np.zeros(0, np.int64), np.zeros(0, np.int64), ())
    names = ["procedure_code", *breakdown, "payer", "line_of_business"]
    coded = [_coded(rows.get_column(name)) for name in names]
    month = rows.get_column("_month").to_numpy()
    first = int(month.min())
    sizes = [*(len(words) for _, words in coded), int(month.max()) - first + 1]
    key = _packed([*(codes for codes, _ in coded), month - first], sizes)
    base, known = _numbered(key, int(np.prod(sizes, dtype=np.float64).clip(max=2.0**62)))
    parts = _unpacked(known, sizes)
    fixed = _packed(parts[:-3], sizes[:-3])
    words = [np.array([*vocabulary, ALL], dtype=object) for _, vocabulary in coded]
    combinations = tuple(
        _combination(parts, sizes, words, names, calendar, period_type, first, payers, lines)
        for period_type in PERIOD_TYPES
        for payers in (False, True)
        for lines in (False, True)
    )
    return Grid(base, fixed, combinations)


def _combination(
    parts: Sequence[Ids],
    sizes: Sequence[int],
    words: Sequence[NDArray[np.object_]],
    names: Sequence[str],
    calendar: Calendar,
    period_type: str,
    first: int,
    all_payers: bool,
    all_lines: bool,
) -> Combination:
    *coded, month = parts
    if all_payers:
        coded[-2] = np.full_like(month, sizes[-3])
    if all_lines:
        coded[-1] = np.full_like(month, sizes[-2])
    start = calendar.period_of(month + first, period_type)
    inside = start >= 0
    low = int(start[inside].min()) if inside.any() else 0
    wide = [*(size + 1 for size in sizes[:-1]), int((start - low).max()) + 1]
    key = _packed([*coded, np.where(inside, start - low, 0)], wide)
    known, inverse = np.unique(key[inside], return_inverse=True)
    parent = np.full(len(month), -1, dtype=np.int64)
    parent[inside] = inverse
    cell = _unpacked(known, wide)
    keys = pl.DataFrame(
        {name: pl.Series(words[i][cell[i]], dtype=pl.String) for i, name in enumerate(names)}
    ).hstack(calendar.describe(cell[-1] + low, period_type))
    rolled = pl.lit(all_payers or all_lines, dtype=pl.Boolean).alias("is_rollup")
    return Combination(parent, keys.with_columns(rolled))


def roll_up(grid: Grid, finest: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Add up integer columns of the finest cells (one row each, in order) for each combination."""
    for combination in grid.combinations:
        parent = pl.Series("_cell", combination.parent)
        yield (
            finest.with_columns(parent)
            .filter(pl.col("_cell") >= 0)
            .group_by("_cell")
            .agg(pl.all().sum())
            .sort("_cell")
            .drop("_cell")
        )


def sum_finest(grid: Grid, rows: pl.DataFrame, sums: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Integer sums of rows by finest cell, one row per finest cell in order."""
    columns = [expression.cast(pl.Int64).fill_null(0).alias(name) for name, expression in sums.items()]
    return (
        rows.select(*columns, pl.Series("_base", grid.base))
        .group_by("_base")
        .agg(pl.all().sum())
        .sort("_base")
        .drop("_base")
    )


def roll_up_maxima(grid: Grid, rows: pl.DataFrame, maxima: Mapping[str, pl.Expr]) -> list[pl.DataFrame]:
    """Greatest integer values of rows by cell, one frame per combination; null where no row has a value."""
    if not maxima:
        return [pl.DataFrame() for _ in grid.combinations]
    columns = [expression.cast(pl.Int64).alias(name) for name, expression in maxima.items()]
    finest = rows.select(*columns, pl.Series("_base", grid.base)).group_by("_base").agg(pl.all().max())
    finest = finest.sort("_base").drop("_base")
    return [
        finest.with_columns(pl.Series("_cell", combination.parent))
        .filter(pl.col("_cell") >= 0)
        .group_by("_cell")
        .agg(pl.all().max())
        .sort("_cell")
        .drop("_cell")
        for combination in grid.combinations
    ]


@dataclass(frozen=True)
class Distinct:
    """Distinct things per cell: those of one finest cell only add up, the others are counted anew."""

    alone: Ids
    others: tuple[Ids, ...]


def count_distinct(grid: Grid, things: pl.Series, mask: NDArray[np.bool_] | None = None) -> Distinct:
    """Count distinct things (dense numbers, null: none) in every cell."""
    keep = things.is_not_null().to_numpy()
    if mask is not None:
        keep = keep & mask
    number = things.fill_null(0).cast(pl.Int64).to_numpy()
    pair = number * grid.cells + grid.base
    pair = _distinct_sorted(pair if keep.all() else pair[keep])
    thing, base = np.divmod(pair, max(grid.cells, 1))
    new_run = np.ones(len(pair), dtype=bool)
    new_run[1:] = (thing[1:] != thing[:-1]) | (grid.fixed[base[1:]] != grid.fixed[base[:-1]])
    run = np.cumsum(new_run) - 1
    single = np.bincount(run)[run] == 1 if len(pair) else np.zeros(0, dtype=bool)
    alone = np.bincount(base[single], minlength=grid.cells).astype(np.int64)
    run, base = run[~single], base[~single]
    others = []
    for combination in grid.combinations:
        cell = combination.parent[base]
        inside = cell >= 0
        key = _distinct_sorted(run[inside] * combination.size + cell[inside])
        others.append(
            np.bincount(key % max(combination.size, 1), minlength=combination.size).astype(np.int64)
        )
    return Distinct(alone, tuple(others))


def _distinct_sorted(key: Ids) -> Ids:
    key = np.sort(key)
    new = np.ones(len(key), dtype=bool)
    new[1:] = key[1:] != key[:-1]
    return key[new]


def percentiles(
    grid: Grid,
    ranks: pl.Series,
    values: NDArray[np.float64],
    mask: NDArray[np.bool_] | None,
    percents: Sequence[int],
) -> list[list[NDArray[np.float64]]]:
    """Percentiles with linear interpolation (type 7) of ranked values, per combination and percent; NaN: no
    value.
    """
    keep = ranks.is_not_null().to_numpy()
    if mask is not None:
        keep = keep & mask
    rank = ranks.filter(pl.Series(keep)).to_numpy()
    base = grid.base[keep]
    order = _stable_order(rank, len(values))
    rank, base = rank[order], base[order]
    return [_percentiles_of(c, rank, base, values, percents) for c in grid.combinations]


def _stable_order(numbers: NDArray[np.integer], size: int) -> Ids:
    """Stable order of small whole numbers; sixteen bits at a time, which is a radix sort."""
    if size <= 1 << 16:
        return np.argsort(numbers.astype(np.uint16), kind="stable")
    order = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    return order[np.argsort((numbers[order] >> 16).astype(np.uint16), kind="stable")]


def _percentiles_of(
    combination: Combination,
    rank: NDArray[np.integer],
    base: Ids,
    values: NDArray[np.float64],
    percents: Sequence[int],
) -> list[NDArray[np.float64]]:
    cell = combination.parent[base]
    inside = cell >= 0
    if not inside.all():
        cell, rank = cell[inside], rank[inside]
    held = np.bincount(cell, minlength=combination.size)
    start = np.cumsum(held) - held
    rank = rank[_stable_order(cell, combination.size)]
    some = held > 0
    made = []
    for percent in percents:
        result = np.full(combination.size, np.nan)
        steps = (held[some] - 1) * percent
        low = start[some] + steps // 100
        high = np.minimum(low + 1, start[some] + held[some] - 1)
        below, above = values[rank[low]], values[rank[high]]
        result[some] = below + (above - below) * ((steps % 100) / 100)
        made.append(result)
    return made


def concentration(
    grid: Grid, owners: pl.Series, cents: pl.Series, mask: NDArray[np.bool_], basis: str
) -> Iterator[pl.DataFrame]:
    """Lines, providers, and the greatest provider's lines and cents, of some lines in each cell."""
    names = basis_columns(basis)
    pairs = (
        pl.DataFrame({"base": grid.base, "owner": owners, "cents": cents.fill_null(0)})
        .filter(pl.Series(mask))
        .group_by("base", "owner")
        .agg(pl.len().cast(pl.Int64).alias("lines"), pl.col("cents").sum())
    )
    for combination in grid.combinations:
        cell = pl.Series("cell", combination.parent[pairs.get_column("base").to_numpy()])
        found = (
            pairs.with_columns(cell)
            .filter(pl.col("cell") >= 0)
            .group_by("cell", "owner")
            .agg(pl.col("lines").sum(), pl.col("cents").sum())
            .group_by("cell")
            .agg(
                pl.col("lines").sum().alias(names[0]),
                pl.len().cast(pl.Int64).alias(names[1]),
                pl.col("lines").max().alias(names[2]),
                pl.col("cents").max().alias(names[3]),
                pl.col("cents").sum().alias(names[4]),
            )
        )
        every = pl.DataFrame({"cell": np.arange(combination.size)})
        yield every.join(found, on="cell", how="left", maintain_order="left").drop("cell").fill_null(0)
