"""Lines divided by patients where they are more than memory should hold, each part in a private file."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Final

import polars as pl

from flows.store.files import private_folder
from transforms.tables.analysis_lines import Keep, counted_lines

LINES_AT_A_TIME: Final = 1_000_000
"""Lines that tables are made of in memory: some 0.9 GB."""
WRITTEN_AT_ONCE: Final = 50_000


def divided(work: Path, lines: pl.LazyFrame, at_a_time: int = LINES_AT_A_TIME) -> list[pl.LazyFrame]:
    """Counted lines in parts of about so many, no patient in two of them; none where they are few enough.

    The parts lie in a private folder below `work`.
    """
    parts = -(-lines.select(pl.len()).collect().item() // at_a_time)
    if parts < 2:
        return []
    folder = private_folder(work / "lines")
    by_patient = (pl.col("patient_hash") % parts).alias("_part")
    counted_lines(lines).sink_parquet(
        pl.PartitionBy(folder, key=by_patient, include_key=False),
        compression="lz4",
        row_group_size=WRITTEN_AT_ONCE,
    )
    return [pl.scan_parquet(sorted(path.glob("*"))) for path in sorted(folder.iterdir())]


def kept_in_files(work: Path) -> Keep:
    """Described lines lie in files below `work` until they are read, a few columns at a time."""
    folder, numbers = private_folder(work / "described"), count()

    def keep(frame: pl.DataFrame) -> pl.LazyFrame:
        path = folder / f"{next(numbers):05d}.parquet"
        frame.write_parquet(path, compression="lz4")
        return pl.scan_parquet(path)

    return keep
