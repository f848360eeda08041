"""Cells of a table and their roll-ups: each row stands in one finest cell, each finest cell in up to 16
cells.

The finest cell of a line: code, breakdown, payer, line of business, month. The cells above it: four period
types, with the payer or `all`, the line of business or `all`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.rules import ALL
from transforms.tables.periods import PERIOD_TYPES, Calendar

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
LARGEST_MAP = 50_000_000
"""Possible finest cells up to which they are numbered through a map instead of a sort."""
COMBINATIONS = [
    (p, payers, lines) for p in PERIOD_TYPES for payers in (False, True) for lines in (False, True)
]


@dataclass(frozen=True)
class Cube:
    """Rows, finest cells and cells of a table.

    `base`: finest cell of each row. `fixed`: the part of a finest cell that no roll-up merges. `parents`:
    one array per combination of period type and roll-up, finest cell -> its cell, -1 for none. `offsets`:
    first cell of each combination; cells are numbered through. `keys`: one row per cell, in the order of
    their numbers.
    """

    base: Ids
    fixed: Ids
    parents: tuple[Ids, ...]
    offsets: tuple[int, ...]
    keys: pl.DataFrame

    @property
    def finest(self) -> int:
        """Number of finest cells."""
        return len(self.fixed)

    @property
    def cells(self) -> int:
        """Number of cells of all combinations."""
        return self.keys.height

    def size(self, combination: int) -> int:
        """Number of cells of a combination."""
        ends = (*self.offsets[1:], self.cells)
        return ends[combination] - self.offsets[combination]

    @cached_property
    def orders(self) -> tuple[tuple[int, Ids, Ids], ...]:
        """Of each combination that has cells: its first cell, its finest cells in the order of their cells,
        and where in that order each cell begins.
        """
        found = []
        for parent, offset in zip(self.parents, self.offsets, strict=True):
            inside = np.flatnonzero(parent >= 0)
            if not len(inside):
                continue
            cell = parent[inside]
            order = np.argsort(cell, kind="stable")
            found.append((offset, inside[order], np.flatnonzero(np.diff(cell[order], prepend=-1))))
        return tuple(found)


def _coded(series: pl.Series) -> tuple[Ids, pl.Series]:
    if isinstance(series.dtype, pl.Enum):
        return series.to_physical().cast(pl.Int64).to_numpy(), series.dtype.categories
    words = series.unique().sort()
    return series.cast(pl.Enum(words)).to_physical().cast(pl.Int64).to_numpy(), words


def _numbered(key: Ids, possible: float) -> tuple[Ids, Ids]:
    """Dense numbers of keys in their order, and the distinct keys."""
    if possible > LARGEST_MAP:
        known, inverse = np.unique(key, return_inverse=True)
        return inverse.astype(np.int64), known
    present = np.zeros(int(possible), dtype=bool)
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


def make_cube(rows: pl.DataFrame, breakdown: Sequence[str], calendar: Calendar) -> Cube:
    """Number the cells of rows that carry procedure_code, payer, line_of_business, _month and the
    breakdown.
    """
    names = ["procedure_code", *breakdown, "payer", "line_of_business"]
    if rows.height == 0:
        return _empty_grid(names)
    coded = [_coded(rows.get_column(name)) for name in names]
    month = rows.get_column("_month").to_numpy()
    first = int(month.min())
    sizes = [*(len(words) for _, words in coded), int(month.max()) - first + 1]
    key = _packed([*(codes for codes, _ in coded), month - first], sizes)
    base, known = _numbered(key, float(np.prod(sizes, dtype=np.float64)))
    parts = _unpacked(known, sizes)
    parents, cells, starts, offsets = [], [], [], []
    offset = 0
    for period_type, all_payers, all_lines in COMBINATIONS:
        start = calendar.period_of(parts[-1] + first, period_type)
        parent, cell = _combination(parts[:-1], sizes[:-1], start, all_payers, all_lines)
        parents.append(parent)
        cells.append(cell[:-1])
        starts.append(cell[-1])
        offsets.append(offset)
        offset += len(cell[-1])
    keys = _keys(names, [words for _, words in coded], cells, starts, calendar)
    return Cube(base, _packed(parts[:-3], sizes[:-3]), tuple(parents), tuple(offsets), keys)


def _combination(
    coded: Sequence[Ids], sizes: Sequence[int], start: Ids, all_payers: bool, all_lines: bool
) -> tuple[Ids, list[Ids]]:
    """Cell of each finest cell, and the codes and first months of the cells; rolled up has the code past the
    last.
    """
    *fixed, payer, line = coded
    if all_payers:
        payer = np.full_like(payer, sizes[-2])
    if all_lines:
        line = np.full_like(line, sizes[-1])
    inside = start >= 0
    low = int(start[inside].min()) if inside.any() else 0
    wide = [*(size + 1 for size in sizes), int((start - low).max(initial=0)) + 1]
    key = _packed([*fixed, payer, line, np.where(inside, start - low, 0)], wide)
    known, inverse = np.unique(key[inside], return_inverse=True)
    parent = np.full(len(start), -1, dtype=np.int64)
    parent[inside] = inverse
    cell = _unpacked(known, wide)
    cell[-1] = cell[-1] + low
    return parent, cell


def _keys(
    names: Sequence[str],
    words: Sequence[pl.Series],
    cells: Sequence[Sequence[Ids]],
    starts: Sequence[Ids],
    calendar: Calendar,
) -> pl.DataFrame:
    columns = [
        pl.concat([vocabulary.cast(pl.String), pl.Series([ALL], dtype=pl.String)])
        .gather(np.concatenate([cell[i] for cell in cells]))
        .alias(name)
        for i, (name, vocabulary) in enumerate(zip(names, words, strict=True))
    ]
    sizes = [len(start) for start in starts]
    kinds = np.repeat([PERIOD_TYPES.index(period_type) for period_type, _, _ in COMBINATIONS], sizes)
    periods = calendar.describe(kinds, np.concatenate(starts))
    rolled = np.repeat([payers or lines for _, payers, lines in COMBINATIONS], sizes)
    return (
        pl.DataFrame(columns).hstack(periods).with_columns(pl.Series("is_rollup", rolled, dtype=pl.Boolean))
    )


def _empty_grid(names: Sequence[str]) -> Cube:
    none = np.zeros(0, np.int64)
    schema: dict[str, pl.DataType] = dict.fromkeys([*names, "period_type"], pl.String())
    schema |= {"period_start": pl.Date(), "is_mature": pl.Boolean(), "is_rollup": pl.Boolean()}
    count = len(COMBINATIONS)
    return Cube(none, none, (none,) * count, (0,) * count, pl.DataFrame(schema=schema))
