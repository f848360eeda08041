"""One run of the pipeline: its fixed facts, the log it keeps, and how a step is performed."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import json
import logging
import os
import resource
import shutil
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from threading import Event, Lock
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar, cast

import polars as pl

from flows.clock import BEHIND_RELEASE, is_behind_release
from flows.errors import ProductError
from flows.failpoints import failpoint
from flows.machine_errors import errno_of, machine_error, object_store_error, shortage
from flows.memory import give_back
from flows.readers.reference_files import read_reference
from flows.settings import Settings, load_settings
from flows.store.files import as_json, private_folder, read_json
from flows.store.lock import RunNote, run_lock, write_note
from flows.store.place import Place, keep_spills_inside, private_room
from flows.store.publish import check_places, modes_of
from flows.store.run_logs import keep_log, log_folder, prune_logs
from flows.store.snapshot import Snapshot, Store, key_id
from flows.telling import Silent, Teller

T = TypeVar("T")
Item = TypeVar("Item")
P = ParamSpec("P")
KEPT_LOGS: Final = 200
BEGINNING: Final = "beginning.json"
"""The snapshot that a run began with, in its work folder: for steps that another process performs."""
LOGGER: Final = logging.getLogger("cpt01939")
"""What a run logs, for whoever listens: Prefect shows it beside the run."""


@dataclass(frozen=True)
class Run:
    """Which run a step belongs to: all that a task is told of it, wherever it runs.

    Settings and the key are never passed on. They come from this process: from the run that is open in it,
    else from the environment.
    """

    run_id: str
    kind: str
    data: Place

    @property
    def settings(self) -> Settings:
        """Settings of whoever performs the step."""
        return _here(self).settings

    @property
    def store(self) -> Store:
        """The store as it was when the run began."""
        return _here(self).store

    @property
    def teller(self) -> Teller:
        """Whoever shows people how the run goes."""
        return _here(self).teller

    @property
    def note(self) -> RunNote:
        """Who runs, and how far the run is."""
        return _here(self).note

    @property
    def work(self) -> Path:
        """The run's private work folder."""
        return private_folder(private_room(self.data) / "running" / self.run_id)

    def say(self, text: str) -> None:
        """A sentence for people."""
        self.teller.say(text)

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What several tasks of a run need, made once in a process."""
        here = _here(self)
        with here.making:
            if name not in here.made:
                here.made[name] = make()
            return cast(T, here.made[name])

    def rest(self, seconds: float) -> None:
        """Wait; a run that is being ended waits no longer."""
        if seconds > 0 and _here(self).ending.wait(seconds):
            raise ProductError("E_STEP", "the run is being ended")

    def end(self) -> None:
        """Have the steps that wait in other threads of this process end."""
        _here(self).ending.set()

    def enter(self, stage: str) -> None:
        """Say, log and note that a stage begins; what the one before has left over goes to the machine."""
        give_back()
        here = _here(self)
        here.note = here.note.at(stage)
        write_note(self.data, here.note)
        self.log("stage", stage=stage)
        keep_log(self.data, self.run_id)
        here.teller.stage(stage)

    def log(self, event: str, **facts: Any) -> None:
        """Add a line of JSON to DIR/logs, and tell Python's logging: counts, codes and shown names only."""
        line = {
            "time": f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "run_id": self.run_id,
            "event": event,
            **facts,
        }
        path = log_folder(self.data) / f"{self.run_id}.jsonl"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "ab") as stream:
            stream.write((json.dumps(line, sort_keys=True, default=str) + "\n").encode())
        LOGGER.info("%s %s", event, json.dumps(facts, sort_keys=True, default=str))


@dataclass
class _Here:
    """What this process knows of a run and no other is told."""

    settings: Settings
    store: Store
    teller: Teller
    note: RunNote
    made: dict[str, Any] = field(default_factory=dict)
    making: Lock = field(default_factory=Lock)
    ending: Event = field(default_factory=Event)


_OPEN: Final[dict[str, _Here]] = {}
"""Runs that are open in this process, by their id."""


def _here(run: Run) -> _Here:
    """What this process knows of a run; a process that did not open it looks at its own environment."""
    if run.run_id not in _OPEN:
        raw = read_json(private_room(run.data) / "running" / run.run_id / BEGINNING)
        if raw is None:
            raise ProductError("E_STEP", "the run is over")
        store = Store(run.data, Snapshot.from_dict(raw))
        note = RunNote(run.run_id, run.kind, os.getpid(), "")
        _keep_private(run.data)
        _OPEN.clear()  # a worker that lives long keeps nothing of the runs before
        _OPEN[run.run_id] = _Here(load_settings(data=run.data), store, Silent(), note)
    return _OPEN[run.run_id]


class Executor(Protocol):
    """How steps are performed: in this process, or as tasks of an orchestrator.

    A step is a function of a module. It is told the run and takes and gives plain values: paths, names, small
    frozen objects. What it takes from earlier steps is what an orchestrator draws.
    """

    def __call__(
        self,
        stage: str,
        step: Callable[Concatenate[Run, P], T],
        run: Run,
        *given: P.args,
        **named: P.kwargs,
    ) -> T:
        """Perform one step."""

    def each(
        self,
        stage: str,
        step: Callable[Concatenate[Run, Item, P], T],
        run: Run,
        items: Sequence[Item],
        *given: P.args,
        **named: P.kwargs,
    ) -> list[T]:
        """Perform a step for each item; results in the order of the items."""


class InProcess:
    """Performs steps in this process: the same steps as under Prefect, without it."""

    def __call__(
        self,
        stage: str,
        step: Callable[Concatenate[Run, P], T],
        run: Run,
        *given: P.args,
        **named: P.kwargs,
    ) -> T:
        """Perform one step."""
        run.enter(stage)
        return perform(stage, step, run, *given, **named)

    def each(
        self,
        stage: str,
        step: Callable[Concatenate[Run, Item, P], T],
        run: Run,
        items: Sequence[Item],
        *given: P.args,
        **named: P.kwargs,
    ) -> list[T]:
        """Perform a step for each item on the threads of the settings."""
        run.enter(stage)
        if len(items) == 1:
            return told_as_they_come(run, [perform(stage, step, run, items[0], *given, **named)], 1)
        with ThreadPoolExecutor(run.settings.workers) as pool:
            results = pool.map(lambda item: perform(stage, step, run, item, *given, **named), items)
            try:
                return told_as_they_come(run, results, len(items))
            except BaseException:
                run.end()
                raise


def told_as_they_come(run: Run, results: Iterable[T], of: int) -> list[T]:
    """Results as they come, each told."""
    made = []
    for count, result in enumerate(results, start=1):
        made.append(result)
        run.teller.done(count, of)
    return made


def label_of(item: object) -> str:
    """What an item is called in the name of its task run: never a file's own name, nor a path."""
    if isinstance(item, str):
        return PurePath(item).stem
    return str(getattr(item, "audience", None) or getattr(item, "label", "item"))


def perform(stage: str, step: Callable[..., T], run: Run, *given: Any, **named: Any) -> T:
    """Perform a step; whatever goes wrong leaves as a ProductError without values."""
    try:
        result = step(run, *given, **named)
    except (Exception, pl.exceptions.PanicException) as error:
        problem = _told(error, stage, run)
    else:
        failpoint(stage, label_of(given[0]) if given else "")
        return result
    raise problem
    # Raised here, outside the handler: the original error and its values are gone, not only hidden.


def _told(error: BaseException, stage: str, run: Run) -> ProductError:
    """The error in the words of the catalogue."""
    if isinstance(error, ProductError):
        return error
    if told := object_store_error(error):
        return told
    if errno_of(error) in (None, errno.ENOENT) and shortage(error) is None:
        try:
            damaged = run.store.damaged()
        except ProductError as worse:
            return worse
        except OSError as worse:
            error, damaged = worse, []
        if damaged:
            return ProductError("E_SNAPSHOT", f"step {stage}: {len(damaged)} files of the store")
    if told := machine_error(error, f"step {stage}", run.data):
        return told
    place = place_of_error(error)
    run.log("defect", stage=stage, kind=type(error).__name__, place=place)
    return ProductError("E_STEP", f"step {stage}: {type(error).__name__} at {place[-1]}")


def place_of_error(error: BaseException) -> list[str]:
    """Where an error came from: file, line and function, never a value."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames] or ["unknown"]


@contextlib.contextmanager
def open_run(settings: Settings, kind: str, teller: Teller | None = None) -> Iterator[Run]:
    """Check key, reference data and folder, take the lock, read the snapshot; clean up after the run.

    Nothing is changed before all is well. What the machine refuses outside a step (the lock, a note, the
    log) leaves as a ProductError, too.
    """
    _keep_private(settings.data)
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


def _keep_private(data: Place) -> None:
    """What this process writes is for its user alone; no image of its memory is left anywhere."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    keep_spills_inside(data)


def _check_reference(data: Place) -> None:
    try:
        read_reference()
    except (MemoryError, RuntimeError, pl.exceptions.PanicException) as error:
        if told := machine_error(error, "the reference data", data):
            raise told from None
        raise


def _check_folder(data: Place, key: str) -> None:
    try:
        Store.open(data, key)
        if isinstance(data, Path):
            for name in ("store", "quarantine", "logs"):
                private_folder(data / name)
            check_places(data)
    except OSError as error:
        raise ProductError("E_DATA_FOLDER", errno.errorcode.get(error.errno or 0, "")) from None


def _locked_run(settings: Settings, note: RunNote, key: str, teller: Teller) -> Iterator[Run]:
    store = Store.open(settings.data, key).begun()
    run = Run(note.run_id, note.kind, settings.data)
    _OPEN[run.run_id] = _Here(settings, store, teller, note)
    (run.work / BEGINNING).write_bytes(as_json(store.snapshot.as_dict()))
    prune_logs(settings.data, KEPT_LOGS)
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
        keep_log(settings.data, run.run_id)
        teller.close()
        shutil.rmtree(run.work, ignore_errors=True)
        del _OPEN[run.run_id]
