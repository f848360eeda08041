"""From resolved lines to a staged release.

Build the tables, protect them, compare them with the last release.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import polars as pl

from flows.errors import ProductError
from flows.readers.reference_files import reference_digests
from flows.run import Run
from flows.steps.admission import read_ledger
from flows.steps.build_tables import build_cells, read_built, rolling_window, with_built
from flows.store.files import private_folder
from flows.store.publish import is_whole, read_manifest, staged_folder
from flows.store.release import Terms, release_id, stage_release
from flows.store.shared_releases import changes_of, earlier_release, last_shared, read_carried, with_bases
from flows.store.snapshot import Store
from schemas.dictionary import data_dictionary
from schemas.tables import TABLES
from transforms.tables.canonical import canonical_digest
from transforms.tables.release_changes import causes_of, changed_lines, moved_tables, release_changes

Tables = dict[str, pl.DataFrame]
CHANGES = "release_changes"
QUALITY = "data_quality"
CARRIED = "carried.parquet"
CAUSES = "causes.parquet"
READING = 2
"""Tables read at a time: one alone leaves a core idle."""


def tables_of(run: Run, store: Store) -> Store:
    """Build the tables of every period.

    Gives the store as of a snapshot that names them, unprotected. For `shared` the work folder holds the
    tables of only the lines that changed, by earlier release (since/) and of all of it together (every/), and
    what caused the changes since the last.
    """
    after = with_built(run, store)
    earlier = earlier_release(run)
    if earlier is not None:
        folder, window = private_folder(_folder(run)), rolling_window(after)
        changes, lines = changes_of(run, store, earlier, lambda lines: build_cells(run, store, lines, window))
        _write_frames(folder / "every", changes.every)
        for name, frames in changes.since.items():
            _write_frames(private_folder(folder / "since") / name, frames)
        causes_of(lines.lazy(), _made_under(run, store), window).write_parquet(folder / CAUSES)
    return after


def _folder(run: Run) -> Path:
    return run.work / "tables"


def moved_partitions(before: Store, after: Store) -> list[str]:
    """Partitions whose lines are not those of the last release: files are named by their content."""
    old, new = before.snapshot.partitions, after.snapshot.partitions
    lines = {
        key: tuple(part[key].lines if key in part else None for part in (old, new)) for key in {*old, *new}
    }
    return sorted(key for key, (was, now) in lines.items() if was != now)


def disclose(run: Run, store: Store) -> str:
    """Hide what could tell of a person; gives the work folder of the tables that may be shown.

    E_GATE if that fails.
    """
    from transforms.disclosure.audit import suppression_shares, with_suppression
    from transforms.disclosure.gate import GateRefused
    from transforms.disclosure.suppress import suppress

    rules = run.settings.disclosure
    built = read_built(store)
    try:
        safe = suppress(built, rules)
    except GateRefused as refusal:
        raise ProductError("E_GATE", str(refusal)) from None
    earlier = earlier_release(run)
    if earlier is not None:
        safe = _carried_forward(run, earlier, safe)
    safe[QUALITY] = with_suppression(safe[QUALITY], suppression_shares(built, safe, rules))
    return str(_write_frames(run.work / "safe", safe))


def _carried_forward(run: Run, earlier: str, safe: Tables) -> Tables:
    """The tables with the cells that may not change as they stood; leaves carried.parquet and changed/."""
    from transforms.disclosure.audit import SOURCE
    from transforms.disclosure.carry_forward import Changes, carry_forward, patients_changed

    folder = _folder(run)
    since = {path.name: _read_frames(path) for path in sorted((folder / "since").iterdir())}
    changes = Changes(since, earlier, _read_frames(folder / "every"), read_carried(run.store))
    before = _read_frames(staged_folder(run.data, earlier))
    before[QUALITY] = before[QUALITY].filter(pl.col("source") != SOURCE)
    made, carried = carry_forward(before, safe, changes, run.settings.disclosure)
    carried.write_parquet(folder / CARRIED)
    _write_frames(folder / "changed", {name: patients_changed(name, changes) for name in since[earlier]})
    return made


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
    if run.settings.audience == "shared":
        carried = _folder(run) / CARRIED
        store = with_bases(store, run.work, name, pl.read_parquet(carried) if carried.is_file() else None)
    releases = [*(release for release in store.snapshot.releases if release != name), name]
    kept = releases[-run.settings.keep_releases - 1 :]
    pinned = last_shared(store.with_snapshot(releases=tuple(releases)))
    return store.with_snapshot(releases=(*([pinned] if pinned and pinned not in kept else []), *kept))


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
    folder = _folder(run)
    if folder.is_dir():
        return _read_frames(folder / "changed"), pl.read_parquet(folder / CAUSES)
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
