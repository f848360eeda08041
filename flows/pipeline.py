"""The steps of a run, in order, as plain functions: they take and give paths and small plain objects.

recover -> discover -> intake -> admission -> resolve -> tables -> protect -> stage -> commit -> publish
-> summary
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from flows.errors import ProductError
from flows.run import Executor, Run
from flows.steps.admission import (
    Found,
    Partition,
    TakenIn,
    discover,
    discover_again,
    intake,
    partition_key,
    read_ledger,
    take_in,
)
from flows.steps.linked_share import is_below, linked_answers
from flows.steps.plausibility import left_anchors
from flows.steps.resolve import resolve_touched
from flows.steps.retract import back_in, discover_retracted, retract
from flows.steps.summary import Release, Summary
from flows.steps.tabulate import audiences_due, protect, stage, tables_of
from flows.store.conservation import check_money, check_partitions
from flows.store.ledger import as_of
from flows.store.publish import (
    faults,
    is_published,
    is_whole,
    modes_of,
    publish,
    read_manifest,
    readers_folder,
    staged_folder,
)
from flows.store.snapshot import PartitionFiles, Store


def nightly_run(run: Run, do: Executor) -> Summary:
    """Take in what is new in landing/, rebuild what it touches, publish."""
    completed = do("recover", recover, run)
    found = do("discover", discover, run)
    reports = do.each("intake", intake, run, found.listings)
    taken = do("admission", take_in, run, found, reports)
    return rebuild(run, do, completed, found, taken, None)


def rerun_run(run: Run, do: Executor, partition: Partition, from_landing: bool = False) -> Summary:
    """Rebuild one payer and service month from what has been taken in, publish."""
    completed = do("recover", recover, run)
    found = do("discover", discover_again, run, partition) if from_landing else Found()
    reports = do.each("intake", intake, run, found.listings)
    taken = do("admission", take_in, run, found, reports)
    return rebuild(run, do, completed, found, taken, partition)


def retract_run(run: Run, do: Executor, file: str) -> Summary:
    """Take out again what a file brought, publish."""
    completed = do("recover", recover, run)
    taken = do("admission", retract, run, file)
    return rebuild(run, do, completed, Found(), taken, None)


def undo_run(run: Run, do: Executor, file: str) -> Summary:
    """Take back in what a retracted file brought, publish."""
    completed = do("recover", recover, run)
    found = do("discover", discover_retracted, run, file)
    reports = do.each("intake", intake, run, found.listings)
    taken = back_in(do("admission", take_in, run, found, reports))
    return rebuild(run, do, completed, found, taken, None)


def rebuild(
    run: Run,
    do: Executor,
    completed: Mapping[str, str],
    found: Found,
    taken: TakenIn,
    only: Partition | None,
) -> Summary:
    """From the accepted rows to a published release; when nothing has changed, nothing is published."""
    everything = run.store.snapshot.fingerprint != taken.store.snapshot.fingerprint
    as_of = as_of_day(run, taken.store)
    is_due = as_of and audiences_due(run, taken.store.with_snapshot(as_of=as_of))
    if not (taken.is_changed or only or everything or is_due):
        if taken.store.snapshot != run.store.snapshot:
            do("commit", commit, run, taken.store)
        return do("summary", summarise, run, found, taken, completed, taken.store, False)
    resolved = do("resolve", resolve, run, taken, everything, only)
    if resolved.snapshot.as_of is None:
        resolved = do("commit", commit_nothing, run, resolved)
        return do("summary", summarise, run, found, taken, completed, resolved, everything)
    if not audiences_due(run, resolved):
        do("commit", commit, run, resolved)
        return do("summary", summarise, run, found, taken, completed, resolved, everything)
    built = do("tables", tables_of, run, resolved)
    shown = do("protect", protect, run, built)
    staged = do("stage", stage, run, built, shown)
    do("commit", commit, run, staged)
    do("publish", publish_releases, run, staged)
    return do("summary", summarise, run, found, taken, completed, staged, everything)


def recover(run: Run) -> dict[str, str]:
    """Finish what an earlier run left: complete its publishing, sweep what no snapshot names.

    Gives the releases completed, by audience.
    """
    swept = run.store.sweep(keep=run.work)
    if swept:
        run.log("swept", entries=swept)
    completed: dict[str, str] = {}
    for audience in run.settings.audiences:
        release = run.store.snapshot.release(audience)
        modes = modes_of(audience, run.settings.internal_group)
        if release is None or is_published(run.data, release, modes):
            continue
        folder = staged_folder(run.data, release)
        if not is_whole(folder, read_manifest(folder)):
            run.log("release_damaged", release=release)
            continue
        run.log("completing", audience=audience, faults=faults(run.data, audience))
        completed[audience] = publish(run.data, release, modes)
    return completed


def resolve(run: Run, taken: TakenIn, everything: bool, only: Partition | None) -> Store:
    """Resolve what the new rows touch (or all of it) and put the rewritten partitions into the store."""
    everything = everything or taken.removed
    if only and not everything and partition_key(only) not in taken.store.snapshot.partitions:
        raise ProductError("E_NOTHING_TAKEN_IN", partition_key(only))
    if everything and run.store.snapshot.fingerprint:
        run.say("rules, reference data or removed files: every month is resolved anew")
    report = resolve_touched(
        taken.store, list(taken.new), run.work, run.settings, everything=everything, only=only
    )
    store = taken.store
    partitions = {} if everything else dict(store.snapshot.partitions)
    written = _adopted(store, report.partitions)
    for key, entry in report.partitions.items():
        partitions[key] = PartitionFiles(
            lines=written.get((key, "lines")),
            remits=written.get((key, "remits")),
            rows=entry["line_rows"],
            remit_rows=entry["remit_rows"],
        )
    kept = {key: files for key, files in sorted(partitions.items()) if files.lines or files.remits}
    after = store.with_snapshot(partitions=kept, as_of=as_of_day(run, store))
    check_partitions(after, None if everything else report.partitions)
    check_money(after)
    return after


def commit(run: Run, store: Store) -> None:
    """From here on what came in counts."""
    store.commit()
    run.log("committed", releases=_releases(run, store))


def commit_nothing(run: Run, store: Store) -> Store:
    """Nothing counts any more: withdraw what is published, then forget the releases.

    In this order: a run that ends between leaves a snapshot that brings them back, and can be repeated.
    """
    for audience in run.store.snapshot.releases:
        shutil.rmtree(readers_folder(run.data, audience), ignore_errors=True)
    empty = store.with_snapshot(releases={}, made_of={}, built=None)
    commit(run, empty)
    return empty


def publish_releases(run: Run, store: Store) -> None:
    """Bring the committed releases before their readers, one audience after the other."""
    for audience, release in _releases(run, store).items():
        modes = modes_of(audience, run.settings.internal_group)
        if not is_published(run.data, release, modes):
            publish(run.data, release, modes)


def _releases(run: Run, store: Store) -> dict[str, str]:
    """The release of each audience of the run."""
    named = {audience: store.snapshot.release(audience) for audience in run.settings.audiences}
    return {audience: release for audience, release in named.items() if release}


def summarise(
    run: Run,
    found: Found,
    taken: TakenIn,
    completed: Mapping[str, str],
    store: Store,
    everything: bool,
) -> Summary:
    """What the run did, without a value: for people, for the log and for Prefect's artifacts."""
    linked, answers = linked_answers(store, taken.new, everything)
    summary = Summary.of(
        run_id=run.note.run_id,
        rows=taken.rows,
        codes=taken.codes,
        waiting=found.waiting,
        missing=found.missing,
        completed=completed,
        releases={
            audience: _release_told(run, release, release != run.store.snapshot.release(audience))
            for audience, release in _releases(run, store).items()
        },
        everything=everything and bool(run.store.snapshot.fingerprint),
        as_of=store.snapshot.as_of,
        answers=answers,
        linked_answers=linked,
        few_linked=is_below(run.settings.linked_floor, linked, answers),
        as_of_in_future=(store.snapshot.as_of or "") > date.today().isoformat(),
        left_anchors=left_anchors(run, store),
        ceiling=run.settings.quarantine_ceiling,
    )
    run.log("summary", **summary.as_dict())
    store.sweep(keep=run.work)
    return summary


def _release_told(run: Run, release: str, is_new: bool) -> Release:
    manifest = read_manifest(staged_folder(run.data, release)) or {"release_id": "", "tables": {}}
    rows = {name: entry["rows"] for name, entry in manifest["tables"].items()}
    return Release(manifest["release_id"], is_new, rows)


def as_of_day(run: Run, store: Store) -> str | None:
    """The setting, else the latest submission or payment date of rows in force."""
    if run.settings.as_of:
        return run.settings.as_of.isoformat()
    latest = as_of(read_ledger(store))
    return latest.isoformat() if latest else None


def _adopted(store: Store, partitions: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Names in the store of the files that were written, by partition and kind."""
    files = {
        (key, kind): Path(entry[kind])
        for key, entry in partitions.items()
        for kind in ("lines", "remits")
        if entry.get(kind)
    }
    rooms = [(key.split("/"), kind, file) for (key, kind), file in files.items()]
    names = store.adopt_all(
        [(file, f"store/resolved/{kind}/{payer}", month) for (payer, month), kind, file in rooms]
    )
    return dict(zip(files, names, strict=True))
