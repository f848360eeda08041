"""What waits in the landing folder, and why: told apart from what can't be known."""

from __future__ import annotations

import hmac
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import polars as pl

from flows.errors import ProductError
from flows.machine_errors import machine_error
from flows.readers.landing import UNFINISHED, Discovery, discover
from flows.readers.stopping_rules import stopping_rules
from flows.settings import Settings
from flows.store.ledger import MARKS, seen, to_try_again
from flows.store.snapshot import Store, key_id

REASONS: Final = {
    "new": "new: the next run takes it in",
    "again": "to be tried again: a layout, a limit or a rule has changed since it was rejected",
    "growing": "still growing: the file changed while the program looked",
    "unfinished": f"unfinished, as its name says ({', '.join(UNFINISHED)})",
}


@dataclass(frozen=True)
class Waiting:
    """What lies in landing/. `unknown`: the code of what hides it; the counts are then None, not 0.

    `files`: shown name, bytes and why it waits. `there`: shown names of all files that could be read.
    """

    unknown: str | None = None
    has_folder: bool = True
    new: int | None = None
    again: int | None = None
    waiting: int | None = None
    ignored: int | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    there: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {name: value for name, value in asdict(self).items() if name != "there"}


def look(settings: Settings, store: Store, ledger: pl.DataFrame) -> Waiting:
    """Look at landing/ as the next run will. Names of files are keyed: without the store's key nothing that
    lies there can be compared with what was taken in.
    """
    landing = settings.data / "landing"
    try:
        if not landing.is_dir():
            return Waiting(has_folder=False, new=0, again=0, waiting=0, ignored=0)
        if fault := _key_fault(settings, store):
            return Waiting(unknown=fault)
        found = discover(landing, settings)
    except OSError as error:
        told = machine_error(error, "landing/", settings.data)
        return Waiting(unknown=told.code if told else "E_DISK")
    return _compared(settings, found, ledger)


def _key_fault(settings: Settings, store: Store) -> str | None:
    """E_KEY_MISSING, E_KEY_SHORT or E_KEY_OTHER; a store that is yet to be made has no key."""
    try:
        mine = key_id(settings.key)
    except ProductError as error:
        return error.code
    theirs = store.snapshot.key_id
    return None if not theirs or hmac.compare_digest(mine, theirs) else "E_KEY_OTHER"


def _compared(settings: Settings, found: Discovery, ledger: pl.DataFrame) -> Waiting:
    refused = to_try_again(ledger, stopping_rules(settings))["file_key"]
    of_refused = ledger.filter(pl.col("file_key").is_in(refused.implode()))
    again = set(of_refused.select(MARKS).drop_nulls().iter_rows())
    known = seen(ledger)
    files = []
    for file in found.files:
        mark = (file.shown_name, file.size, file.modified_ns)
        if mark not in known or mark in again:
            why = "again" if mark in again else "new"
            files.append({"file": file.shown_name, "bytes": file.size, "why": why})
    count = [entry["why"] for entry in files].count
    unfinished = set(found.unfinished)
    files += [
        {"file": name, "bytes": None, "why": "unfinished" if name in unfinished else "growing"}
        for name in found.waiting
    ]
    return Waiting(
        new=count("new"),
        again=count("again"),
        waiting=len(found.waiting),
        ignored=len(found.ignored),
        files=files,
        there=frozenset(file.shown_name for file in found.files),
    )
