"""Taking out again what a file brought, as if it had never come; and taking it back in from landing/."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from flows.errors import ProductError
from flows.readers.landing import shown_name
from flows.readers.reference_files import fingerprint
from flows.run import Run
from flows.settings import Settings
from flows.steps.admit import TakenIn
from flows.steps.discover import Found, listings_of, looked_at
from flows.store import ledger
from flows.store.edition import Edition
from flows.store.known import read_ledger, write_ledger
from flows.store.objects import ObjectPath

SHOWN: Final = re.compile(r"f:[0-9a-f]{12}")


def names_of(settings: Settings, file: str) -> list[str]:
    """The shown names that a file may have, given as `f:...` or as a path (from here, or inside landing/).

    The file itself need no longer lie there.
    """
    if SHOWN.fullmatch(file):
        return [file]
    data = settings.data
    if isinstance(data, ObjectPath):
        objects = [ObjectPath(file), data / file, data / "landing" / file]
        inside = [path for path in objects if path.startswith(f"{data}/landing/")]
        return [shown_name(path, data / "landing", settings.key) for path in inside]
    landing = (data / "landing").resolve()
    paths = [Path(file).resolve(), (landing / file).resolve()]
    return [shown_name(path, landing, settings.key) for path in paths if path.is_relative_to(landing)]


def retract(run: Run, file: str) -> TakenIn:
    """The store without anything that a file brought, under whatever name the same content came.

    E_FILE_UNKNOWN when nothing of it was taken in. Nothing is committed.
    """
    before = read_ledger(run.store)
    keys = ledger.contents_of(before, names_of(run.settings, file), ledger.TAKEN)
    if not keys:
        raise ProductError("E_FILE_UNKNOWN")
    batches = [batch.retire(keys) for batch in run.store.snapshot.batches]
    store = run.store.with_snapshot(
        batches=tuple(batch for batch in batches if batch),
        ledger=write_ledger(run.store, run.work, ledger.retracted(before, keys)),
        fingerprint=fingerprint(run.settings),
        edition=_closed(run.store.snapshot.edition),
    )
    return TakenIn(store, removed=True, is_changed=True)


def discover_retracted(run: Run, file: str) -> Found:
    """What a retracted file brought, as it lies in landing/ now.

    E_FILE_UNKNOWN when nothing of that name was retracted, E_FILE_GONE when it lies in landing/ no longer.
    """
    before = read_ledger(run.store)
    keys = ledger.contents_of(before, names_of(run.settings, file), (ledger.RETRACTED,))
    if not keys:
        raise ProductError("E_FILE_UNKNOWN")
    rows = before.filter(pl.col("file_key").is_in(list(keys)))
    # a file that was put back may have another time of change
    marks = set(rows.select("shown_name", "bytes").iter_rows())
    landing = looked_at(run)
    files = [each for each in landing.files if (each.shown_name, each.size) in marks]
    if not files:
        raise ProductError("E_FILE_GONE")
    return Found(
        listings=listings_of(run, files, set()),
        modified={each.shown_name: each.modified_ns for each in files},
        again=frozenset(keys),
        waiting=len(landing.waiting),
        ignored=len(landing.ignored),
    )


def back_in(taken: TakenIn) -> TakenIn:
    """What was taken back in; what `shared` has told of the periods since is told anew."""
    return replace(taken, store=taken.store.with_snapshot(edition=_closed(taken.store.snapshot.edition)))


def _closed(edition: Edition | None) -> Edition | None:
    """The edition of `shared` at its end: the next release begins another (contract section 6)."""
    return edition and replace(edition, made_under="", periods=(), counts={})
