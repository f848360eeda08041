"""Releases for `shared`: what changed since earlier ones, and which cells still stand as in one of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from flows.run import Run
from flows.store.publish import is_whole, read_manifest, staged_folder
from flows.store.snapshot import Basis, Store
from schemas.rules import SCHEMA_VERSION
from transforms.tables.analysis_lines import old_enough
from transforms.tables.release_changes import changed_lines

if TYPE_CHECKING:
    from transforms.disclosure.carry_forward import Changes

Tables = dict[str, pl.DataFrame]
Build = Callable[[pl.LazyFrame], Tables]


def earlier_release(run: Run) -> str | None:
    """Folder name of the last release for `shared`.

    None where there is none of this schema, whole in the store: what is published next is the first.
    """
    last = last_shared(run.store)
    if run.settings.audience != "shared" or last is None:
        return None
    folder = staged_folder(run.data, last)
    manifest = read_manifest(folder)
    if manifest is None or manifest["schema_version"] != SCHEMA_VERSION or not is_whole(folder, manifest):
        return None
    return last


def last_shared(store: Store) -> str | None:
    """The last release for `shared` among those kept: the only ones with a basis are of its kind."""
    return next((name for name in reversed(store.snapshot.releases) if name in store.snapshot.bases), None)


def changes_of(run: Run, store: Store, last: str, build: Build) -> tuple[Changes, pl.DataFrame]:
    """Tables of the lines changed since the last release, and since each that cells still stand as in.

    Also the lines changed since the last release.
    """
    from transforms.disclosure.carry_forward import Changes

    carried = read_carried(run.store)
    names = sorted({last, *carried.get_column("basis").unique()})
    bases = run.store.snapshot.bases
    now = _visible(run, store, store.basis())
    lines = {name: changed_lines(_visible(run, store, bases[name]), now).collect() for name in names}
    since = {name: build(frame.lazy()) for name, frame in lines.items()}
    every = since[last] if len(names) == 1 else build(pl.concat(lines.values()).unique().lazy())
    return Changes(since, last, every, carried), lines[last]


def _visible(run: Run, store: Store, basis: Basis) -> pl.LazyFrame:
    """Lines of the service months that were old enough at the time."""
    months = run.settings.disclosure.minimum_age_months
    lines = store.lines_of(basis)
    return lines.filter(old_enough(dt.date.fromisoformat(basis.as_of), months)) if months else lines


def read_carried(store: Store) -> pl.DataFrame:
    """Cells of the last release for `shared` that stand as in an earlier one; grain: CARRIED_SCHEMA."""
    from transforms.disclosure.carry_forward import CARRIED_SCHEMA

    name = store.snapshot.carried
    return pl.read_parquet(store.path(name)) if name else pl.DataFrame(schema=CARRIED_SCHEMA)


def with_bases(store: Store, work: Path, release: str, carried: pl.DataFrame | None) -> Store:
    """The store as of a snapshot that remembers what a release for `shared` was made of.

    Of earlier bases only those remain that a cell still stands as in.
    """
    from transforms.disclosure.carry_forward import CARRIED_SCHEMA

    carried = pl.DataFrame(schema=CARRIED_SCHEMA) if carried is None else carried
    file = work / "carried.parquet"
    carried.write_parquet(file)
    used = set(carried.get_column("basis"))
    bases = {name: basis for name, basis in store.snapshot.bases.items() if name in used}
    bases[release] = store.basis()
    return store.with_snapshot(bases=bases, carried=store.adopt(file, "store/carried"))
