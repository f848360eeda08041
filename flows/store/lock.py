"""One run at a time in a data folder.

On a disk a lock of the kernel, free the moment its holder dies, and a note of who holds it; in an object
store a lease that holds the note.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Final

from filelock import FileLock, Timeout

from flows.errors import ProductError
from flows.store import lease
from flows.store.files import as_json, private_folder, read_json, write_atomically
from flows.store.objects import ObjectPath
from flows.store.place import Place

NOTE: Final = "run.json"


@dataclass(frozen=True)
class RunNote:
    """Who runs: written when a run starts, removed when it ends.

    A note without a lock is an interrupted run.
    """

    run_id: str
    kind: str
    pid: int
    since: str
    stage: str = "lock"

    def at(self, stage: str) -> RunNote:
        """The same run, at another stage."""
        return replace(self, stage=stage)


def new_note(kind: str) -> RunNote:
    """A note of this process; the run id is a time and a few random digits, and stands in no table."""
    now = dt.datetime.now(dt.UTC)
    run_id = f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
    return RunNote(run_id, kind, os.getpid(), f"{now:%Y-%m-%dT%H:%M:%SZ}")


def write_note(data: Place, note: RunNote) -> None:
    """Say how far the run is; E_OVERTAKEN when another run has taken over."""
    if isinstance(data, ObjectPath):
        lease.tell(data, asdict(note))
        return
    write_atomically(data / "store" / NOTE, as_json(asdict(note)), data / "store")


def read_note(data: Place) -> RunNote | None:
    """The note of a run that goes on or was interrupted, None when there is none."""
    try:
        raw = read_json(data / "store" / NOTE)
        if isinstance(data, ObjectPath):
            raw = raw and raw["note"]
        return RunNote(**raw) if raw else None
    except (ValueError, TypeError, KeyError):
        return None


def is_held(data: Place) -> bool:
    """Whether a run holds the lock now."""
    if isinstance(data, ObjectPath):
        return lease.is_renewed(data)
    path = data / "store" / "run.lock"
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0, fallback_to_soft=False):
            return False
    except Timeout:
        return True


@contextmanager
def run_lock(data: Place, kind: str, wait_seconds: float) -> Iterator[RunNote]:
    """Hold the data folder for one run; E_BUSY says who holds it (pid, since, run id)."""
    if isinstance(data, ObjectPath):
        note = new_note(kind)
        with lease.lease(data, asdict(note), wait_seconds) as held_by:
            if held_by is not None:
                raise _busy(RunNote(**held_by) if held_by else None)
            yield note
        return
    folder = private_folder(data / "store")
    lock = FileLock(
        folder / "run.lock", timeout=wait_seconds, mode=0o600, thread_local=False, fallback_to_soft=False
    )
    try:
        lock.acquire()
    except Timeout:
        raise _busy(read_note(data)) from None
    try:
        note = new_note(kind)
        write_note(data, note)
        yield note
    finally:
        (folder / NOTE).unlink(missing_ok=True)
        lock.release()


def _busy(holder: RunNote | None) -> ProductError:
    who = f"pid {holder.pid}, since {holder.since}, run {holder.run_id}" if holder else "holder unknown"
    return ProductError("E_BUSY", who)
