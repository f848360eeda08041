"""The steps of a run, in order, as plain functions: they take and give paths and small plain objects.

recover -> discover -> intake -> admission -> resolve -> tables -> disclosure -> stage -> commit -> publish
-> summary
"""

from __future__ import annotations

from collections.abc import Mapping
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
    take_in,
)
from flows.steps.resolve import resolve_touched
from flows.steps.summary import Summary
from flows.steps.tabulate import disclose, stage, tables_of
from flows.store.conservation import check_money, check_partitions
from flows.store.publish import faults, is_published, is_whole, publish, read_manifest, staged_folder
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


def rebuild(
    run: Run,
    do: Executor,
    completed: str | None,
    found: Found,
    taken: TakenIn,
    only: Partition | None,
) -> Summary:
    """From the accepted rows to a published release; when nothing has changed, nothing is published."""
    everything = run.store.snapshot.fingerprint != taken.store.snapshot.fingerprint
    if not (taken.is_changed or only or everything or is_due(run, taken.store)):
        if taken.store.snapshot != run.store.snapshot:
            do("commit", commit, run, taken.store)
        return do("summary", summarise, run, found, taken, completed, taken.store, False)
    resolved = do("resolve", resolve, run, taken, everything, only)
    if resolved.snapshot.as_of is None or (tells_the_same(run.store, resolved) and is_stored(resolved)):
        do("commit", commit, run, resolved)
        return do("summary", summarise, run, found, taken, completed, resolved, everything)
    built = do("tables", tables_of, run, resolved)
    safe = do("disclosure", disclose, run, built)
    staged = do("stage", stage, run, built, safe)
    do("commit", commit, run, staged)
    do("publish", publish_release, run, staged)
    return do("summary", summarise, run, found, taken, completed, staged, everything)


def recover(run: Run) -> str | None:
    """Finish what an earlier run left: complete its publishing, sweep what no snapshot names.

    Gives the release completed.
    """
    release = run.store.snapshot.release
    swept = run.store.sweep(keep=run.work)
    if swept:
        run.log("swept", entries=swept)
    if release is None or is_published(run.data, release):
        return None
    if not is_stored(run.store):
        run.log("release_damaged", release=release)
        return None
    run.log("completing", faults=faults(run.data))
    return publish(run.data, release)


def is_due(run: Run, store: Store) -> bool:
    """Whether a release is due although nothing came in: there is none yet, or as-of was set anew."""
    snapshot = store.snapshot
    return bool(snapshot.batches) and (not is_stored(store) or snapshot.as_of != as_of_day(run, store))


def tells_the_same(before: Store, after: Store) -> bool:
    """Whether everything that tables are made of is what it was: partitions are named by their content."""
    names = ("fingerprint", "as_of", "batches", "partitions")
    return all(getattr(before.snapshot, name) == getattr(after.snapshot, name) for name in names)


def is_stored(store: Store) -> bool:
    """Whether the snapshot's release stands whole in the store."""
    if store.snapshot.release is None:
        return False
    folder = staged_folder(store.data, store.snapshot.release)
    return is_whole(folder, read_manifest(folder))


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
    run.log("committed", release=store.snapshot.release)


def publish_release(run: Run, store: Store) -> str:
    """Bring the committed release before its readers."""
    release = store.snapshot.release or ""
    if is_published(run.data, release):
        return release
    return publish(run.data, release)


def summarise(
    run: Run,
    found: Found,
    taken: TakenIn,
    completed: str | None,
    store: Store,
    everything: bool,
) -> Summary:
    """What the run did, without a value: for people, for the log and for Prefect's artifacts."""
    before = run.store.snapshot.release
    now = store.snapshot.release
    manifest = read_manifest(staged_folder(run.data, now)) if now else None
    summary = Summary.of(
        run_id=run.note.run_id,
        rows=taken.rows,
        codes=taken.codes,
        waiting=found.waiting,
        missing=found.missing,
        completed=completed,
        release_id=manifest["release_id"] if manifest else None,
        is_new=now != before,
        everything=everything and bool(run.store.snapshot.fingerprint),
        as_of=store.snapshot.as_of,
        withheld=(manifest or {}).get("withheld", {}),
        tables={name: entry["rows"] for name, entry in (manifest or {"tables": {}})["tables"].items()},
        ceiling=run.settings.quarantine_ceiling,
    )
    run.log("summary", **summary.as_dict())
    store.sweep(keep=run.work)
    return summary


def as_of_day(run: Run, store: Store) -> str | None:
    """The setting, else the latest submission or payment date taken in."""
    if run.settings.as_of:
        return run.settings.as_of.isoformat()
    return max((batch.latest_date for batch in store.snapshot.batches if batch.latest_date), default=None)


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
