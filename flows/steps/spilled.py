"""Rows that come part by part: held while they are few, else put into private files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

ROWS_HELD = 100_000
"""Rows held before they are put into a file."""
_ROWS_IN_A_GROUP: Final = 65_536
"""Rows of a row group of what is written of spilled rows: what is held while it is written."""


class Spilled:
    """Rows of one kind that come part by part, each in its order. `stem`: of the names of private files."""

    def __init__(self, stem: Path, order: list[str]) -> None:
        self._stem, self._order = stem, order
        self._held: list[pl.DataFrame] = []
        self._files: list[Path] = []

    def add(self, rows: pl.DataFrame) -> None:
        """Take some rows."""
        self._held.append(rows)
        if sum(map(len, self._held)) >= ROWS_HELD:
            path = self._stem.with_name(f"{self._stem.name}-{len(self._files):05d}.rows")
            self._sorted().write_parquet(path, compression="lz4")
            self._files.append(path)
            self._held = []

    def rows(self) -> pl.LazyFrame:
        """All rows."""
        return pl.concat([*map(pl.scan_parquet, self._files), *(held.lazy() for held in self._held)])

    def written(self, path: Path, keep: pl.Expr) -> str | None:
        """Write the rows wanted to a file: in their order, or where they are many those of each file in
        theirs. None where there are none.
        """
        if self._files:
            if self._held:
                self._held = [self._sorted()]
            rows = self.rows().filter(keep)
            rows.sink_parquet(path, compression="zstd", compression_level=1, row_group_size=_ROWS_IN_A_GROUP)
            for file in self._files:
                file.unlink()
            return str(path) if pl.scan_parquet(path).select(pl.len()).collect().item() else None
        found = self._sorted().filter(keep) if self._held else pl.DataFrame()
        return written(found, path) if len(found) else None

    def _sorted(self) -> pl.DataFrame:
        return pl.concat(self._held).sort(self._order)


def written(rows: pl.DataFrame, path: Path) -> str:
    """Write rows as a private file of a batch; gives its name."""
    rows.write_parquet(path, compression="zstd", compression_level=1)
    return str(path)
