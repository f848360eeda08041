"""Few large batches of accepted rows in place of one for every night: the store's files stay few."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from flows.failpoints import failpoint
from flows.run import Run
from flows.steps.admit import ROOM_OF, TakenIn
from flows.store.files import private_folder
from flows.store.snapshot import BatchFiles, Store

MERGED_AT = 8
"""Batches of one size class that become one."""
SIZES = (1 << 20, 8 << 20, 64 << 20)
"""Size classes: batches of fewer bytes than each of these, and not than the one before. Larger ones stay."""
_ROWS_IN_A_GROUP = 65_536
"""Rows of a row group of Parquet: what is held while batches are merged."""


def compact(run: Run, taken: TakenIn) -> TakenIn:
    """Merge batches of earlier nights, small ones first: one merge for each batch that came in, at least one.

    So there are at most `MERGED_AT` - 1 batches of each size class and those of the last nights, and a night
    rewrites no more than some 64 MB for each batch of its own. Rows that no longer count are left out. What
    came in tonight stays as it is. Nothing is committed.
    """
    if not taken.is_changed:
        return taken
    store, batches = taken.store, list(taken.store.snapshot.batches)
    old = [batch for batch in batches if batch not in taken.new]
    room = private_folder(run.work / "merged")
    for number, group in enumerate(groups_to_merge(old)[: max(1, len(taken.new))]):
        merged = _merged(store, group, room / f"{number:05d}")
        batches[batches.index(group[0])] = merged
        batches = [batch for batch in batches if batch not in group[1:]]
        failpoint("merged")
    return replace(taken, store=store.with_snapshot(batches=tuple(batches)))


def groups_to_merge(batches: Sequence[BatchFiles]) -> list[list[BatchFiles]]:
    """Batches that are merged with each other: of one size class, in their order, small classes first."""
    found = []
    for floor, size in zip((0, *SIZES), SIZES, strict=False):
        alike = [batch for batch in batches if floor <= batch.size < size]
        if len(alike) >= MERGED_AT:
            found += list(_filled(alike))
    return found


def _filled(batches: Iterable[BatchFiles]) -> Iterator[list[BatchFiles]]:
    """Groups of two and more, each as large as the largest size class."""
    group: list[BatchFiles] = []
    for batch in batches:
        group.append(batch)
        if sum(each.size for each in group) >= SIZES[-1]:
            yield group
            group = []
    if len(group) > 1:
        yield group


def _merged(store: Store, batches: Sequence[BatchFiles], stem: Path) -> BatchFiles:
    """One batch with the rows of several that count, in their order."""
    counting = store.with_snapshot(batches=tuple(batches))
    written: list[tuple[str, Path]] = []
    for room in ROOM_OF:
        if rows := list(counting.accepted_of(room)):
            path = stem.with_name(f"{stem.name}-{room}.parquet")
            pl.concat(rows).sink_parquet(
                path, compression="zstd", compression_level=1, row_group_size=_ROWS_IN_A_GROUP
            )
            written.append((room, path))
    size = sum(path.stat().st_size for _, path in written)
    names = store.adopt_all([(path, ROOM_OF[room], "") for room, path in written])
    files = {key for batch in batches for key in batch.files if key not in batch.retired}
    rooms = dict(zip((room for room, _ in written), names, strict=True))
    return BatchFiles(files=tuple(sorted(files)), retired=(), size=size, **rooms)
