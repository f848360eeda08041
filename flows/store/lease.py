"""The lock of a place in an object store: a lease that its holder renews; another takes over when it ends.

It keeps two runs from working side by side. That only one of them commits does not rest on it (see
`Store.begun`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flows.errors import ProductError
from flows.store.files import as_json
from flows.store.objects import Changed, ObjectPath, Tag, store_time

LEASE_SECONDS = 60.0
"""How long a lease lasts that nobody renews."""
RENEWALS: Final = 4
"""Renewals within that time."""
LOOK_SECONDS = 1.0
NAME: Final = "run.json"


class Lease:
    """A lease that this process holds, renewed by a thread of its own."""

    def __init__(self, data: ObjectPath) -> None:
        self._path = data / "store" / NAME
        self._seconds = LEASE_SECONDS
        self._token = secrets.token_hex(16)
        self._count = 0
        self._tag: Tag | None = None
        self._note: Mapping[str, Any] = {}
        self._is_lost = False
        self._writing = threading.Lock()
        self._end = threading.Event()
        self._renewer = threading.Thread(target=self._renew, daemon=True)

    def acquire(self, note: Mapping[str, Any], wait_seconds: float) -> Mapping[str, Any] | None:
        """Take the lease, if need be when another one has run out; else gives the note of its holder."""
        self._note, until = note, time.monotonic() + wait_seconds
        while True:
            try:
                tag, holder = self._standing()
                if holder is None or self._has_run_out(holder):
                    self._tag = self._path.put_if(self._record(), tag)
                    break
            except Changed:
                continue
            if time.monotonic() > until:
                return dict(holder["note"])
            time.sleep(LOOK_SECONDS)
        self._check_conditions()
        self._renewer.start()
        return None

    def tell(self, note: Mapping[str, Any]) -> None:
        """Say how far the run is. E_OVERTAKEN when another run has taken the lease over."""
        with self._writing:
            self._note = note
        self._renew_once()
        if self._is_lost:
            raise ProductError("E_OVERTAKEN")

    def release(self) -> None:
        """Give it up, if it is still ours. A store that cannot be reached forgets it in time."""
        self._end.set()
        self._renewer.join()
        with self._writing, contextlib.suppress(ProductError):
            if not self._is_lost and self._path.tag() == self._tag:
                self._path.unlink()

    def _renew(self) -> None:
        while not self._end.wait(self._seconds / RENEWALS):
            # a store that cannot be reached now may be in a moment; if not, a step of the run says so
            with contextlib.suppress(ProductError):
                self._renew_once()

    def _renew_once(self) -> None:
        with self._writing:
            if self._is_lost:
                return
            try:
                self._tag = self._path.put_if(self._record(), self._tag)
            except Changed:
                self._is_lost = True

    def _record(self) -> bytes:
        self._count += 1
        told = {"note": dict(self._note), "seconds": self._seconds}
        return as_json({**told, "token": self._token, "count": self._count})

    def _standing(self) -> tuple[Tag | None, Mapping[str, Any] | None]:
        return standing(self._path)

    def _has_run_out(self, holder: Mapping[str, Any]) -> bool:
        """By the clock of the store alone."""
        with contextlib.suppress(FileNotFoundError):
            written = self._path.modified()
            return store_time(self._path.parent) - written > dt.timedelta(seconds=holder["seconds"])
        return True

    def _check_conditions(self) -> None:
        """E_OBJECT_STORE where the store takes no notice of conditions: then nothing would be safe."""
        try:
            self._path.put_if(self._record(), None)
        except Changed:
            return
        raise ProductError("E_OBJECT_STORE", "it takes no notice of If-None-Match")


def standing(path: ObjectPath) -> tuple[Tag | None, Mapping[str, Any] | None]:
    """Tag and content of a lease, None where there is none; one that cannot be read has run out."""
    try:
        content, tag = path.read_tagged()
    except FileNotFoundError:
        return None, None
    try:
        record = json.loads(content)
        return tag, {"note": dict(record["note"]), "seconds": float(record["seconds"])}
    except (ValueError, KeyError, TypeError):
        return tag, {"note": {}, "seconds": -1.0}


def is_renewed(data: ObjectPath) -> bool:
    """Whether a run holds the lease now, by this machine's clock: to look changes nothing in the store."""
    path = data / "store" / NAME
    _, holder = standing(path)
    if holder is None:
        return False
    with contextlib.suppress(FileNotFoundError):
        return dt.datetime.now(dt.UTC) - path.modified() < dt.timedelta(seconds=holder["seconds"])
    return False


_HELD: Final[dict[ObjectPath, Lease]] = {}
"""Leases that this process holds."""


@contextlib.contextmanager
def lease(
    data: ObjectPath, note: Mapping[str, Any], wait_seconds: float
) -> Iterator[Mapping[str, Any] | None]:
    """Hold the place for one run; yields the note of another holder instead where there is one."""
    held = Lease(data)
    holder = held.acquire(note, wait_seconds)
    if holder is not None:
        yield holder
        return
    _HELD[data] = held
    try:
        yield None
    finally:
        _HELD.pop(data, None)
        held.release()


def tell(data: ObjectPath, note: Mapping[str, Any]) -> None:
    """Say how far the run is that this process performs."""
    if data in _HELD:
        _HELD[data].tell(note)
