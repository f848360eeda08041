"""Adding what came in to the store and to the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from flows.readers.reference_files import fingerprint
from flows.run import Run
from flows.steps.discover import Found
from flows.store import ledger
from flows.store.conservation import check_files, quarantined_by_code
from flows.store.known import read_ledger, write_ledger
from flows.store.snapshot import BatchFiles, Store

ROOM_OF = {
    "claim_lines": "store/accepted/claim_lines",
    "remit_lines": "store/accepted/remit_lines",
    "lines_beside": "store/accepted/lines_beside",
    "quality": "store/accepted/quality",
    "quarantine": "quarantine",
}


@dataclass(frozen=True)
class TakenIn:
    """The store with what came in added to it, not yet committed."""

    store: Store
    new: tuple[BatchFiles, ...] = ()
    rows: tuple[Mapping[str, Any], ...] = ()
    codes: Mapping[str, int] = field(default_factory=dict)
    left: int = 0
    growing: int = 0
    removed: bool = False
    is_changed: bool = False


def admit(run: Run, found: Found, reports: Sequence[Mapping[str, Any]]) -> TakenIn:
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
        ledger=write_ledger(run.store, run.work, ledger.merge_ledger(before, added, found.again))
        if rows
        else run.store.snapshot.ledger,
        fingerprint=fingerprint(run.settings),
    )
    left, growing = (sum(report[name] for report in reports) for name in ("left", "growing"))
    return TakenIn(store, tuple(batches), tuple(rows), codes, left, growing, bool(retired), changed)


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
    made = {room: Path(report[room]) for room in ROOM_OF if report.get(room)}
    size = sum(path.stat().st_size for path in made.values())
    files = {room: run.store.adopt(path, ROOM_OF[room]) for room, path in made.items()}
    batch = BatchFiles(files=tuple(sorted(own)), retired=tuple(sorted(twice - own)), size=size, **files)
    return batch, rows
