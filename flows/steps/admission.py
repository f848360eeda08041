"""Taking files in: what is new in landing/, its batches, and the store with their rows added to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from flows.errors import ProductError
from flows.readers.landing import LandingFile
from flows.readers.landing import discover as look
from flows.readers.reference_files import fingerprint
from flows.readers.stopping_rules import stopping_rules
from flows.run import Run
from flows.settings import Settings
from flows.steps.intake import intake_batch, plan_batches
from flows.store import ledger
from flows.store.conservation import check_files, quarantined_by_code
from flows.store.files import as_json
from flows.store.snapshot import BatchFiles, Store, read_snapshot

Partition = tuple[str, str]
"""Payer and service month YYYY-MM."""
ROOMS = {
    "claim_lines": "store/accepted/claim_lines",
    "remit_lines": "store/accepted/remit_lines",
    "lines_beside": "store/accepted/lines_beside",
    "quality": "store/accepted/quality",
    "quarantine": "quarantine",
}


@dataclass(frozen=True)
class Found:
    """What a run will take in: listings of batches (private files in the work folder), and counts."""

    listings: tuple[str, ...] = ()
    modified: Mapping[str, int] = field(default_factory=dict)
    again: frozenset[str] = frozenset()
    waiting: int = 0
    ignored: int = 0
    missing: int = 0


@dataclass(frozen=True)
class TakenIn:
    """The store with what came in added to it, not yet committed."""

    store: Store
    new: tuple[BatchFiles, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    codes: Mapping[str, int] = field(default_factory=dict)
    removed: bool = False
    is_changed: bool = False


def discover(run: Run) -> Found:
    """Look at landing/: a file not seen before with this size and time of change is new.

    Content that was refused, whole or in part, is tried again where it still lies there and the layouts,
    limits or rules have changed that stopped it.
    """
    before = read_ledger(run.store)
    landing = look(run.data / "landing", run.settings)
    marks = {(file.shown_name, file.size, file.modified_ns): file for file in landing.files}
    refused = set(ledger.to_try_again(before, stopping_rules(run.settings))["file_key"])
    there = before.filter(pl.col("file_key").is_in(list(refused)))
    again = {
        key for key, *mark in there.select("file_key", *ledger.MARKS).iter_rows() if tuple(mark) in marks
    }
    settled = before.filter(~pl.col("file_key").is_in(list(again)))
    seen = ledger.seen(settled)
    new = [file for mark, file in marks.items() if mark not in seen]
    known = settled.filter(pl.col("outcome").is_in(ledger.KNOWN))["sha256"]
    return Found(
        listings=listings_of(run, new, set(known)),
        modified={file.shown_name: file.modified_ns for file in new},
        again=frozenset(again),
        waiting=len(landing.waiting),
        ignored=len(landing.ignored),
    )


def discover_again(run: Run, partition: Partition, from_landing: bool = True) -> Found:
    """The files that rows of one payer and month came from, as they lie in landing/ now.

    Nothing when they are not to be taken in again.
    """
    if not from_landing:
        return Found()
    key = partition_key(partition)
    if key not in run.store.snapshot.partitions:
        raise ProductError("E_NOTHING_TAKEN_IN", key)
    frames = (run.store.resolved_lines([key]), run.store.resolved_remits([key]))
    keys = {value for frame in frames for value in frame.select("file_key").unique().collect()["file_key"]}
    accepted = read_ledger(run.store).filter(pl.col("outcome") == "accepted")
    sources = accepted.filter(pl.col("file_key").is_in(list(keys)))
    landing = look(run.data / "landing", run.settings)
    files = [file for file in landing.files if file.shown_name in set(sources["shown_name"])]
    return Found(
        listings=listings_of(run, files, set(accepted["sha256"]) - set(sources["sha256"])),
        modified={file.shown_name: file.modified_ns for file in files},
        again=frozenset(keys),
        waiting=len(landing.waiting),
        ignored=len(landing.ignored),
        missing=sources.height - len(files),
    )


def intake(run: Run, listing: str) -> dict[str, Any]:
    """Take in one batch of files; its report holds counts, codes and names of private files."""
    report = intake_batch(Path(listing), run.work, run.settings, run.settings.key)
    return asdict(report)


def take_in(run: Run, found: Found, reports: Sequence[Mapping[str, Any]]) -> TakenIn:
    """Add what came in to the store and to the ledger; the same content twice counts once.

    E_CONSERVATION when the rows of a file do not add up. Nothing is committed.
    """
    before = read_ledger(run.store)
    counted = set(before.filter(pl.col("outcome").is_in(ledger.KNOWN))["file_key"]) - found.again
    new = [_adopt(run, report, counted) for report in reports]
    rows = [row for _, batch_rows in new for row in batch_rows]
    added = ledger.ledger_rows(rows, found.modified)
    batches = [batch for batch, _ in new]
    check_files(run.store, added, batches)
    codes = quarantined_by_code(run.store, added, batches)
    retired = set(added["file_key"]) & found.again
    if run.settings.on_same_name == "supersede":
        before, superseded = ledger.supersede(before, added)
        retired |= superseded
    changed = any(row["outcome"] in ("accepted", "rejected") for row in rows)
    old = [batch.retire(retired) for batch in run.store.snapshot.batches]
    store = run.store.with_snapshot(
        batches=tuple(batch for batch in [*old, *(batch for batch in batches if batch.files)] if batch),
        ledger=write_ledger(run, ledger.merge_ledger(before, added, found.again))
        if rows
        else run.store.snapshot.ledger,
        fingerprint=fingerprint(run.settings),
    )
    return TakenIn(store, tuple(batches), tuple(rows), codes, bool(retired), changed)


def _adopt(run: Run, report: Mapping[str, Any], counted: set[str]) -> tuple[BatchFiles, list[dict[str, Any]]]:
    """Move a batch's files into the store.

    Content that `counted` holds already is retired, the rest is added to it.
    """
    rows, own, twice = [], set(), set()
    for row in report["ledger_rows"]:
        key = row["file_key"]
        if row["outcome"] in ("accepted", "rejected"):
            if key in counted:
                twice.add(key)
                row = {**row, "outcome": "duplicate"}
            else:
                own.add(key)
                counted.add(key)
        rows.append(dict(row))
    files = {
        room: run.store.adopt(Path(report[room]), folder)
        for room, folder in ROOMS.items()
        if report.get(room)
    }
    batch = BatchFiles(files=tuple(sorted(own)), retired=tuple(sorted(twice - own)), **files)
    return batch, rows


def listings_of(run: Run, files: Sequence[LandingFile], known: set[str]) -> tuple[str, ...]:
    """Write one private listing per batch: file names stay out of an orchestrator's arguments."""
    settings = run.settings
    batches = plan_batches(list(files), settings.batch_megabytes, settings.batch_files)
    names = []
    for number, batch in enumerate(batches):
        path = run.work / f"batch-{number:05d}.json"
        entries = [
            {"path": str(file.path), "shown_name": file.shown_name, "size": file.size} for file in batch.files
        ]
        path.write_bytes(as_json({"files": entries, "known": sorted(known)}))
        names.append(str(path))
    return tuple(names)


def write_ledger(run: Run, rows: pl.DataFrame) -> str:
    """Put a ledger into the store; gives its name."""
    path = run.work / "ledger.parquet"
    rows.write_parquet(path)
    return run.store.adopt(path, "store/ledger")


def known_partition(settings: Settings, partition: Partition) -> str:
    """The name of a partition that has been taken in, else E_NOTHING_TAKEN_IN."""
    snapshot = read_snapshot(settings.data)
    name = partition_key(partition)
    if snapshot is None or name not in snapshot.partitions:
        raise ProductError("E_NOTHING_TAKEN_IN", name)
    return name


def read_ledger(store: Store) -> pl.DataFrame:
    """The ledger of a snapshot; grain: LEDGER.

    E_SNAPSHOT when it is not as it was written: files would be taken in again that are in already.
    """
    name = store.snapshot.ledger
    if name is None:
        return ledger.empty_ledger()
    if not store.is_intact(name):
        raise ProductError("E_SNAPSHOT", "the ledger is damaged or gone")
    return pl.read_parquet(store.path(name))


def partition_key(partition: Partition) -> str:
    """The name of a partition in the snapshot."""
    return "/".join(partition)
