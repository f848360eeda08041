"""Which audiences have no release of a store yet, and the last release of each."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from flows.run import Run
from flows.store.files import as_json
from flows.store.place import Place
from flows.store.publish import is_whole, read_manifest, staged_folder
from flows.store.snapshot import Store
from schemas.rules import Audience

ReleaseTables = dict[str, pl.DataFrame]
_READING = 2
"""Tables read at a time: one alone leaves a core idle."""


def audiences_due(run: Run, store: Store) -> list[Audience]:
    """Audiences without a whole release of this store under today's thresholds."""
    return [audience for audience in run.settings.audiences if _is_due(run, store, audience)]


def _is_due(run: Run, store: Store, audience: Audience) -> bool:
    if store.snapshot.made_of.get(audience) != store.snapshot.basis:
        return True
    name = store.snapshot.release(audience)
    folder = staged_folder(run.data, name or "")
    manifest = read_manifest(folder) if name else None
    if manifest is None or not is_whole(folder, manifest):
        return True
    return not _same_thresholds(run, audience, manifest)


def _same_thresholds(run: Run, audience: Audience, manifest: Mapping[str, Any]) -> bool:
    """Whether a release was made under today's thresholds; compared as JSON, which knows no tuples."""
    return as_json(manifest["rules"]["disclosure"]) == as_json(asdict(run.settings.disclosure_of(audience)))


def last_release(run: Run, audience: Audience) -> ReleaseTables | None:
    """The audience's last release in the store, when it is whole and was made under the same thresholds.

    What other thresholds let through must not be told as the number before.
    """
    name = run.store.snapshot.release(audience)
    if name is None:
        return None
    folder = staged_folder(run.data, name)
    manifest = read_manifest(folder)
    if manifest is None or not is_whole(folder, manifest):
        return None
    if not _same_thresholds(run, audience, manifest):
        return None
    return _read({name: folder / entry["file"] for name, entry in sorted(manifest["tables"].items())})


def read_frames(folder: Path) -> ReleaseTables:
    """The tables in a folder, by name."""
    return _read({path.stem: path for path in sorted(folder.glob("*.parquet"))})


def _read(files: Mapping[str, Place]) -> ReleaseTables:
    with ThreadPoolExecutor(_READING) as pool:
        return dict(zip(files, pool.map(pl.read_parquet, files.values()), strict=True))
