"""One run of the pipeline: its fixed facts, the log it keeps, and how a step is performed."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import os
import resource
import shutil
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import polars as pl

from flows.clock import BEHIND_RELEASE, is_behind_release
from flows.errors import ProductError
from flows.failpoints import failpoint
from flows.machine_errors import errno_of, machine_error, shortage
from flows.readers.reference_files import read_reference
from flows.settings import Settings
from flows.store.files import private_folder
from flows.store.lock import RunNote, run_lock, write_note
from flows.store.publish import check_places, modes_of
from flows.store.snapshot import Store, keep_spills_inside, key_id
from flows.telling import Silent, Teller

T = TypeVar("T")
KEPT_LOGS: Final = 200


class Run:
    """What every step of a run is given. A plain object, so that an orchestrator has nothing to look into."""

    def __init__(self, settings: Settings, note: RunNote, store: Store, teller: Teller) -> None:
        self.settings = settings
        self.data = settings.data
        self.note = note
        self.store = store
        self.teller = teller
        self.say = teller.say
        self.work = private_folder(self.data / "store" / "running" / note.run_id)

    def enter(self, stage: str) -> None:
        """Say, log and note that a stage begins."""
        self.note = self.note.at(stage)
        write_note(self.data, self.note)
        self.log("stage", stage=stage)
        self.teller.stage(stage)

    def log(self, event: str, **facts: Any) -> None:
        """Add a line of JSON to DIR/logs: counts, codes and shown names only."""
        line = {
            "time": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "run_id": self.note.run_id,
            "event": event,
            **facts,
        }
        path = self.data / "logs" / f"{self.note.run_id}.jsonl"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "ab") as stream:
            stream.write((json.dumps(line, sort_keys=True, default=str) + "\n").encode())


class Executor(Protocol):
    """How steps are performed: in this process, or as tasks of an orchestrator."""

    def __call__(self, stage: str, step: Callable[..., T], run: Run, *given: Any) -> T:
        """Perform one step."""

    def each(self, stage: str, step: Callable[..., T], run: Run, items: Sequence[Any]) -> list[T]:
        """Perform a step for each item; results in the order of the items."""


class InProcess:
    """Performs steps in this process: the same steps as under Prefect, without it."""

    def __call__(self, stage: str, step: Callable[..., T], run: Run, *given: Any) -> T:
        """Perform one step."""
        run.enter(stage)
        return perform(stage, step, run, *given)

    def each(self, stage: str, step: Callable[..., T], run: Run, items: Sequence[Any]) -> list[T]:
        """Perform a step for each item on the threads of the settings."""
        run.enter(stage)
        with ThreadPoolExecutor(run.settings.workers) as pool:
            results = pool.map(lambda item: perform(stage, step, run, item), items)
            return counted(run, results, len(items))


def counted(run: Run, results: Iterable[T], of: int) -> list[T]:
    """Results as they come, each told."""
    made = []
    for count, result in enumerate(results, start=1):
        made.append(result)
        run.teller.done(count, of)
    return made


def perform(stage: str, step: Callable[..., T], run: Run, *given: Any) -> T:
    """Perform a step; whatever goes wrong leaves as a ProductError without values."""
    try:
        result = step(run, *given)
    except (Exception, pl.exceptions.PanicException) as error:
        problem = _told(error, stage, run)
    else:
        failpoint(stage)
        return result
    raise problem
    # Raised here, outside the handler: the original error and its values are gone, not only hidden.


def _told(error: BaseException, stage: str, run: Run) -> ProductError:
    """The error in the words of the catalogue."""
    if isinstance(error, ProductError):
        return error
    if errno_of(error) in (None, errno.ENOENT) and shortage(error) is None:
        try:
            damaged = run.store.damaged()
        except OSError as worse:
            error, damaged = worse, []
        if damaged:
            return ProductError("E_SNAPSHOT", f"step {stage}: {len(damaged)} files of the store")
    if told := machine_error(error, f"step {stage}", run.data):
        return told
    place = place_of(error)
    run.log("defect", stage=stage, kind=type(error).__name__, place=place)
    return ProductError("E_STEP", f"step {stage}: {type(error).__name__} at {place[-1]}")


def place_of(error: BaseException) -> list[str]:
    """Where an error came from: file, line and function, never a value."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames] or ["unknown"]


@contextlib.contextmanager
def open_run(settings: Settings, kind: str, teller: Teller | None = None) -> Iterator[Run]:
    """Check key, reference data and folder, take the lock, read the snapshot; clean up after the run.

    Nothing is changed before all is well. What the machine refuses outside a step (the lock, a note, the
    log) leaves as a ProductError, too.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    key = key_id(settings.key)
    _check_reference(settings.data)
    _check_folder(settings.data, key)
    for audience in settings.audiences:
        modes_of(audience, settings.internal_group)
    try:
        with run_lock(settings.data, kind, settings.lock_wait_seconds) as note:
            yield from _locked_run(settings, note, key, teller or Silent())
    except (OSError, MemoryError, RuntimeError) as error:
        if told := machine_error(error, "the run's lock, note or log", settings.data):
            raise told from None
        raise


def _check_reference(data: Path) -> None:
    try:
        read_reference()
    except (MemoryError, RuntimeError, pl.exceptions.PanicException) as error:
        if told := machine_error(error, "the reference data", data):
            raise told from None
        raise


def _check_folder(data: Path, key: str) -> None:
    try:
        Store.open(data, key)
        for name in ("store", "quarantine", "logs"):
            private_folder(data / name)
        check_places(data)
    except OSError as error:
        raise ProductError("E_DATA_FOLDER", errno.errorcode.get(error.errno or 0, "")) from None
    keep_spills_inside(data)


def _locked_run(settings: Settings, note: RunNote, key: str, teller: Teller) -> Iterator[Run]:
    store = Store.open(settings.data, key)
    store.check_files()
    run = Run(settings, note, store, teller)
    _prune_logs(settings.data / "logs")
    run.log("begin", kind=note.kind, pid=note.pid)
    if is_behind_release(settings.data):
        run.log("clock", code="W_CLOCK")
        run.say(f"W_CLOCK: {BEHIND_RELEASE}")
    failpoint("lock")
    try:
        yield run
        run.log("end")
    except BaseException as error:
        code = error.code if isinstance(error, ProductError) else type(error).__name__
        # where the log can't be written either, it is the first error that has to be told
        with contextlib.suppress(OSError):
            run.log("failed", code=code, stage=run.note.stage)
        raise
    finally:
        teller.close()
        shutil.rmtree(run.work, ignore_errors=True)


def _prune_logs(folder: Path) -> None:
    for path in sorted(folder.glob("*.jsonl"))[:-KEPT_LOGS]:
        path.unlink()
