"""Cells of a table and their roll-ups: each row stands in one finest cell, each finest cell in up to 16
cells.

The finest cell of a line: code, breakdown, payer, line of business, month. The cells above it: four period
types, with the payer or `all`, the line of business or `all`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.rules import ALL
from transforms.tables.periods import PERIOD_TYPES, Calendar

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
LARGEST_MAP = 50_000_000
"""Possible finest cells up to which they are numbered through a map instead of a sort."""
COMBINATIONS: Final = [
    (p, payers, lines) for p in PERIOD_TYPES for payers in (False, True) for lines in (False, True)
]
UNKNOWN: Final = "unknown"
"""Stands for an empty key."""
MONTH: Final = "_month"
CELL: Final = "_cell"
CASE_CELL: Final = "_case_cell"
CELL_COLUMNS: Final = ("procedure_code", "payer", "line_of_business")


@dataclass(frozen=True)
class Cube:
    """Finest cells and cells of a table.

    `codes`: of each finest cell its place in the words of each key, and its month. `fixed`: the part of a
    finest cell that no roll-up merges. `parents`: one array per combination of period type and roll-up,
    finest cell -> its cell, -1 for none. `offsets`: first cell of each combination; cells are numbered
    through. `keys`: one row per cell, in the order of their numbers.
    """

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
    def orders(self) -> tuple[tuple[int, int, Ids, Ids], ...]:
        """Each combination that has cells: its place, its first cell, its finest cells in the order of their
        cells, and where in that order each cell begins.
        """
        found = []
        for place, (parent, offset) in enumerate(zip(self.parents, self.offsets, strict=True)):
            inside = np.flatnonzero(parent >= 0)
            if not len(inside):
                continue
            cell = parent[inside]
            order = np.argsort(cell, kind="stable")
            found.append((place, offset, inside[order], np.flatnonzero(np.diff(cell[order], prepend=-1))))
        return tuple(found)


def coded(series: pl.Series) -> tuple[Ids, pl.Series]:
    """Whole numbers for the words of a column, and the words by number; an empty one is `unknown`."""
    if series.null_count():
        series = series.cast(pl.Categorical).fill_null(UNKNOWN)
    if not isinstance(series.dtype, pl.Enum):
        series = enumerated(series)
    return series.to_physical().to_numpy().astype(np.int64), series.dtype.categories  # type: ignore[attr-defined]


def enumerated(series: pl.Series) -> pl.Series:
    """A column of words as an enumeration of those that it has; nulls stay."""
    held = series.cast(pl.Categorical)
    words = held.unique().drop_nulls()
    physical = words.to_physical().to_numpy()
    place = np.zeros(int(physical.max(initial=0)) + 1, dtype=np.uint32)
    place[physical] = np.arange(len(physical))
    code = pl.Series(series.name, place[held.to_physical().fill_null(0).to_numpy()])
    if held.null_count():
        code = pl.select(pl.when(held.is_not_null()).then(code)).to_series().alias(series.name)
    return code.cat.to(pl.Enum(words.cast(pl.String)))


def packed(parts: Sequence[Ids], sizes: Sequence[int]) -> Ids:
    """One number for several, in their order."""
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


def _numbered(key: Ids, sizes: Sequence[int]) -> tuple[Ids, Ids]:
    """Dense numbers of packed keys in their order, and the distinct keys."""
    possible = float(np.prod(sizes, dtype=np.float64))
    if possible > LARGEST_MAP:
        known, inverse = np.unique(key, return_inverse=True)
        return inverse.astype(np.int64), known
    present = np.zeros(int(possible), dtype=bool)
    present[key] = True
    number = np.cumsum(present) - 1
    return number[key].astype(np.int64), np.flatnonzero(present).astype(np.int64)


@dataclass(frozen=True)
class Finest:
    """The finest cells of some rows, in the order of their keys.

    `names`: their keys but the month. `words`: distinct words of each. `codes`: of each finest cell its place
    in these, and in the end its month.
    """

    names: tuple[str, ...]
    words: tuple[pl.Series, ...]
    codes: tuple[Ids, ...]

    @property
    def size(self) -> int:
        """Number of finest cells."""
        return len(self.codes[-1])

    @property
    def fixed(self) -> Ids:
        """Code and breakdown of each, as one number: what no roll-up merges."""
        return packed(self.codes[:-3], [len(words) for words in self.words[:-2]])

    @property
    def keys(self) -> pl.DataFrame:
        """The keys as words, and the month."""
        columns = [
            words.gather(codes).alias(name)
            for name, words, codes in zip(self.names, self.words, self.codes, strict=False)
        ]
        return pl.DataFrame([*columns, pl.Series(MONTH, self.codes[-1])])


def number_keys(frame: pl.DataFrame, breakdown: Sequence[str] = ()) -> tuple[Ids, Finest]:
    """The finest cell of each row that carries the breakdown, procedure_code, payer, line_of_business and
    _month; and the finest cells.
    """
    names = (*breakdown, *CELL_COLUMNS)
    found = [coded(frame.get_column(name)) for name in names]
    words = tuple(of_name for _, of_name in found)
    month = frame.get_column(MONTH).to_numpy()
    first = int(month.min()) if len(month) else 0
    sizes = [*(len(of_name) for of_name in words), int(month.max(initial=first)) - first + 1]
    base, known = _numbered(packed([*(codes for codes, _ in found), month - first], sizes), sizes)
    *codes, months = _unpacked(known, sizes)
    return base, Finest(names, words, (*codes, months + first))


def number_rows(rows: pl.DataFrame, breakdown: Sequence[str], cells: Finest) -> tuple[Ids, Finest]:
    """The same of rows that carry the breakdown and `_cell`, their place among finest cells without one."""
    cell = rows.get_column(CELL).to_numpy().astype(np.int64)
    found = [coded(rows.get_column(name)) for name in breakdown]
    words = [of_name for _, of_name in found]
    sizes = [*(len(of_name) for of_name in words), cells.size]
    base, known = _numbered(packed([*(codes for codes, _ in found), cell], sizes), sizes)
    *codes, within = _unpacked(known, sizes)
    of_cells = (of_key[within] for of_key in cells.codes)
    return base, Finest((*breakdown, *CELL_COLUMNS), (*words, *cells.words), (*codes, *of_cells))


def make_cube(finest: Finest, calendar: Calendar) -> Cube:
    """The cells that finest cells roll up to."""
    parents, cells, starts, offsets = [], [], [], []
    offset = 0
    for period_type, all_payers, all_lines in COMBINATIONS:
        start = calendar.period_of(finest.codes[-1], period_type)
        parent, cell = _combination(finest, start, all_payers, all_lines)
        parents.append(parent)
        cells.append(cell[:-1])
        starts.append(cell[-1])
        offsets.append(offset)
        offset += len(cell[-1])
    keys = _keys(finest, cells, starts, calendar)
    return Cube(finest.fixed, tuple(parents), tuple(offsets), keys)


def _combination(finest: Finest, start: Ids, all_payers: bool, all_lines: bool) -> tuple[Ids, list[Ids]]:
    """Cell of each finest cell, and the codes and first months of the cells; rolled up has the code past the
    last. A finest cell that says `all` itself, of a case of several payers, is in rolled up cells only.
    """
    sizes = [len(words) for words in finest.words]
    *fixed, payer, line, _ = finest.codes
    inside = start >= 0
    if all_payers:
        payer = np.full_like(payer, sizes[-2])
    else:
        inside &= (finest.words[-2] != ALL).to_numpy()[payer]
    if all_lines:
        line = np.full_like(line, sizes[-1])
    else:
        inside &= (finest.words[-1] != ALL).to_numpy()[line]
    low = int(start[inside].min()) if inside.any() else 0
    wide = [*(size + 1 for size in sizes), int((start - low).max(initial=0)) + 1]
    key = packed([*fixed, payer, line, np.where(inside, start - low, 0)], wide)
    known, inverse = np.unique(key[inside], return_inverse=True)
    parent = np.full(len(start), -1, dtype=np.int64)
    parent[inside] = inverse
    cell = _unpacked(known, wide)
    cell[-1] = cell[-1] + low
    return parent, cell


def _keys(
    finest: Finest, cells: Sequence[Sequence[Ids]], starts: Sequence[Ids], calendar: Calendar
) -> pl.DataFrame:
    columns = [
        pl.concat([words, pl.Series([ALL], dtype=pl.String)])
        .gather(np.concatenate([cell[i] for cell in cells]))
        .alias(name)
        for i, (name, words) in enumerate(zip(finest.names, finest.words, strict=True))
    ]
    sizes = [len(start) for start in starts]
    kinds = np.repeat([PERIOD_TYPES.index(period_type) for period_type, _, _ in COMBINATIONS], sizes)
    periods = calendar.describe(kinds, np.concatenate(starts))
    rolled = np.repeat([payers or lines for _, payers, lines in COMBINATIONS], sizes)
    return (
        pl.DataFrame(columns).hstack(periods).with_columns(pl.Series("is_rollup", rolled, dtype=pl.Boolean))
    )
