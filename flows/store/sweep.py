"""Removing what no snapshot names."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import time
from pathlib import Path
from typing import Final

from flows.store.objects import ObjectPath, remove
from flows.store.place import folders_in, private_room
from flows.store.snapshot import ROOMS, Store

KEPT_ORPHANS = dt.timedelta(days=1)
"""Age, by the clock of an object store, below which an orphan stays: another run may be about to name it."""
_PATIENCE_SECONDS: Final = 20.0
"""A listing that is older than this is no reason to remove anything from an object store."""


def sweep(store: Store, keep: Path) -> int:
    """Remove orphans, work folders (not `keep`) and spilled rows of other runs, and old releases.

    Gives how many files and folders were removed.
    """
    releases = {name for names in store.snapshot.releases.values() for name in names}
    if isinstance(store.data, ObjectPath):
        return _objects(store.data, store.snapshot.names(), releases) + _local_folders(store, keep)
    return _files(store.data, store.snapshot.names()) + _local_folders(store, keep, releases)


def _files(data: Path, named: set[str]) -> int:
    orphans = [
        path
        for room in ROOMS
        for path in (data / room).rglob("*")
        if path.is_file() and path.relative_to(data).as_posix() not in named
    ]
    for path in orphans:
        path.unlink()
    return len(orphans)


def _local_folders(store: Store, keep: Path, releases: set[str] | None = None) -> int:
    """Work folders and spilled rows of other runs; with `releases`: releases other than these."""
    room = private_room(store.data)
    kept = {*(releases or ()), str(os.getpid())}
    rooms = ("running", "spill", *(("releases",) if releases is not None else ()))
    folders = [folder for name in rooms for folder in folders_in(room / name)]
    stale = [folder for folder in folders if folder.name not in kept and folder != keep]
    for folder in stale:
        shutil.rmtree(folder)
    return len(stale)


def _objects(data: ObjectPath, named: set[str], releases: set[str]) -> int:
    """Orphans that were written well before this run, which wrote the snapshot when it began."""
    since, before = time.monotonic(), (data / "store" / "snapshot.json").modified() - KEPT_ORPHANS
    orphans = [
        found.path
        for room in ROOMS
        for found in (data / room).listed()
        if found.modified < before and found.path.relative_to(data).as_posix() not in named
    ]
    home = data / "store" / "releases"
    orphans += [
        found.path
        for found in home.listed()
        if found.modified < before and found.path.relative_to(home).parts[0] not in releases
    ]
    if time.monotonic() - since > _PATIENCE_SECONDS:
        return 0
    remove(orphans)
    return len(orphans)
