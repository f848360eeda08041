"""Whose lines moved from the last snapshot to this one, and why: some partitions and patients at a time."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence

import polars as pl

from flows.run import Run
from flows.steps.build_tables import rolling_window
from flows.store.files import private_folder
from flows.store.snapshot import Store
from transforms.tables.release_changes import changed_lines, moved_lines, patients_moved

LINES_COMPARED = 500_000
"""Lines of partitions that are compared together, and changed lines that are looked at together."""


def moved_patients(run: Run, store: Store, made_under: str | None) -> pl.DataFrame:
    """Patients by cell and cause (`patients_moved`), of all lines that changed since the run began."""
    folder = private_folder(run.work / "moved")
    changed = folder / "changed"
    # a row that moved to another partition is gone from the one and new in the other: its content differs
    for number, names in enumerate(_together(run.store, store)):
        sides = [each.resolved_lines(names) for each in (run.store, store)]
        found = changed_lines(*sides).collect()
        if len(found):
            found.write_parquet(private_folder(changed) / f"{number:05d}.parquet", compression="lz4")
    if not changed.exists():
        return patients_moved(moved_lines(changed_lines(*[store.resolved_lines([])] * 2), None), None)
    rows = pl.scan_parquet(sorted(changed.iterdir()))
    parts = -(-int(rows.select(pl.len()).collect().item()) // LINES_COMPARED)
    for part in range(parts):
        of_part = rows.filter(pl.col("row_number") % parts == part)
        moved_lines(of_part, made_under).collect().write_parquet(folder / f"{part:05d}.parquet")
    lines = pl.scan_parquet(sorted(folder.glob("*.parquet")))
    mine = pl.col("patient_key").hash() % parts
    told = [patients_moved(lines.filter(mine == part), rolling_window(store)) for part in range(parts)]
    shutil.rmtree(folder)
    return pl.concat(told)


def moved_partitions(before: Store, after: Store) -> list[str]:
    """Partitions whose lines are not those of the last snapshot: files are named by their content."""
    old, new = before.snapshot.partitions, after.snapshot.partitions
    lines = {
        key: tuple(part[key].lines if key in part else None for part in (old, new)) for key in {*old, *new}
    }
    return sorted(key for key, (was, now) in lines.items() if was != now)


def _together(before: Store, after: Store) -> Iterator[Sequence[str]]:
    """Partitions that moved, those of few lines together."""
    some: list[str] = []
    rows = 0
    for name in moved_partitions(before, after):
        sides = [store.snapshot.partitions.get(name) for store in (before, after)]
        height = sum(files.rows for files in sides if files)
        if some and rows + height > LINES_COMPARED:
            yield some
            some, rows = [], 0
        some.append(name)
        rows += height
    if some:
        yield some
