"""From resolved lines to a staged release.

Build the tables, protect them, compare them with the last release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import polars as pl

from flows.readers.reference_files import reference_digests
from flows.run import Run
from flows.steps.admission import read_ledger
from flows.steps.build_tables import build_cells, read_built, rolling_window, with_built
from flows.store.files import private_folder
from flows.store.publish import is_whole, read_manifest, staged_folder
from flows.store.release import Terms, release_id, stage_release
from flows.store.snapshot import Store
from schemas.dictionary import data_dictionary
from schemas.tables import TABLES
from transforms.tables.canonical import canonical_digest
from transforms.tables.release_changes import causes_of, changed_lines, moved_tables, release_changes

Tables = dict[str, pl.DataFrame]
CHANGES = "release_changes"
READING = 2
"""Tables read at a time: one alone leaves a core idle."""


def tables_of(run: Run, store: Store) -> Store:
    """Build the tables of every period.

    Gives the store as of a snapshot that names them, as they are before they are protected.
    """
    return with_built(run, store)


def moved_partitions(before: Store, after: Store) -> list[str]:
    """Partitions whose lines are not those of the last release: files are named by their content."""
    old, new = before.snapshot.partitions, after.snapshot.partitions
    lines = {
        key: tuple(part[key].lines if key in part else None for part in (old, new)) for key in {*old, *new}
    }
    return sorted(key for key, (was, now) in lines.items() if was != now)


def disclose(run: Run, store: Store) -> str:
    """Make what the audience may see of the tables; gives the work folder of it."""
    from transforms.protect.tables import protect_tables

    safe = protect_tables(read_built(store), run.settings.disclosure)
    return str(_write_frames(run.work / "safe", safe))


def stage(run: Run, store: Store, safe_folder: str) -> Store:
    """Write the release into the store; gives the store as of a snapshot that names it."""
    tables = _read_frames(Path(safe_folder))
    terms = terms_of(run, store)
    with ThreadPoolExecutor(1) as pool:
        last = pool.submit(_last_release, run)
        identity = release_id({name: canonical_digest(frame) for name, frame in tables.items()}, terms)
        before = last.result()
    specs = {name: spec for name, spec in TABLES.items() if name in tables or name == CHANGES}
    columns = {name: spec.columns for name, spec in specs.items()}
    dictionary = data_dictionary(list(specs.values()))
    name = stage_release(
        *(tables, columns, identity, dictionary, terms, run.data, run.work),
        late=lambda: {CHANGES: changes_since(run, store, before, tables, identity)},
    )
    releases = [*(release for release in store.snapshot.releases if release != name), name]
    return store.with_snapshot(releases=tuple(releases[-run.settings.keep_releases - 1 :]))


def changes_since(
    run: Run, store: Store, before: Tables | None, tables: Tables, identity: str
) -> pl.DataFrame:
    """How the numbers moved since the last release of the same audience and thresholds, `before`.

    The same release keeps its own.
    """
    if before is None:
        return release_changes({}, tables)
    manifest = read_manifest(staged_folder(run.data, run.store.snapshot.release or ""))
    if manifest and manifest["release_id"] == identity and CHANGES in before:
        return before[CHANGES]
    least = 1 if run.settings.audience == "internal" else run.settings.disclosure.minimum_count
    moved = moved_tables(before, tables)
    changed, causes = _changed_cells(run, store, moved)
    of_moved = {name: before[name] for name in moved}
    return release_changes(of_moved, tables, changed, least, causes, _made_under(run, store))


def _changed_cells(run: Run, store: Store, moved: Sequence[str]) -> tuple[Tables, pl.DataFrame]:
    """N of only the lines that changed since the last release, in the tables that moved; and the causes."""
    partitions, window = moved_partitions(run.store, store), rolling_window(store)
    lines = changed_lines(run.store.resolved_lines(partitions), store.resolved_lines(partitions)).collect()
    changed = build_cells(run, store, lines.lazy(), window, wanted=moved, is_counted_only=True)
    return changed, causes_of(lines.lazy(), _made_under(run, store), window)


def _made_under(run: Run, store: Store) -> str | None:
    """What is not as it was when the last release was made: reference_data, rules, or neither."""
    last = run.store.snapshot.release
    manifest = read_manifest(staged_folder(run.data, last)) if last else None
    if manifest is None or manifest["fingerprint"] == store.snapshot.fingerprint:
        return None
    return "rules" if manifest["reference"] == dict(reference_digests()) else "reference_data"


def terms_of(run: Run, store: Store) -> Terms:
    """What a release of this store is made under."""
    accepted = read_ledger(store).filter(pl.col("outcome") == "accepted")
    return Terms(
        rules=run.settings.rules,
        disclosure=run.settings.disclosure,
        reference=reference_digests(),
        fingerprint=store.snapshot.fingerprint,
        as_of=store.snapshot.as_of or "",
        inputs=tuple(accepted["sha256"].unique().sort()),
    )


def _last_release(run: Run) -> Tables | None:
    """The last release in the store, when it is whole and was shown to the same audience under the same
    thresholds.

    What one audience may see must not reach another as the number before.
    """
    if run.store.snapshot.release is None:
        return None
    folder = staged_folder(run.data, run.store.snapshot.release)
    manifest = read_manifest(folder)
    if manifest is None or not is_whole(folder, manifest):
        return None
    return (
        _read_frames(folder) if manifest["rules"]["disclosure"] == asdict(run.settings.disclosure) else None
    )


def _write_frames(folder: Path, frames: Mapping[str, pl.DataFrame]) -> Path:
    private_folder(folder)
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="lz4", statistics=False)
    return folder


def _read_frames(folder: Path) -> Tables:
    paths = sorted(folder.glob("*.parquet"))
    with ThreadPoolExecutor(READING) as pool:
        return dict(zip((path.stem for path in paths), pool.map(pl.read_parquet, paths), strict=True))
