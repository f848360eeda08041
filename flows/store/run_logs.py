"""Where the logs of runs stand: on a disk in DIR/logs; of an object store here first, then as objects."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from flows.errors import ProductError
from flows.store.files import private_folder
from flows.store.objects import ObjectPath, remove
from flows.store.place import Place, private_room

_ROOM: Final = "logs"


def log_folder(data: Place) -> Path:
    """The local folder that a run appends its log in."""
    return data / _ROOM if isinstance(data, Path) else private_folder(private_room(data) / _ROOM)


def keep_log(data: Place, run_id: str) -> None:
    """Put what a run has logged so far into the object store; on a disk it is there already.

    A store that cannot be reached is told of by the step that needs it: a log ends no run.
    """
    log = log_folder(data) / f"{run_id}.jsonl"
    if isinstance(data, ObjectPath) and log.is_file():
        with contextlib.suppress(ProductError):
            (data / _ROOM / log.name).put(log.read_bytes())


def prune_logs(data: Place, keep: int) -> None:
    """Remove all logs but the last ones: their names are times."""
    for path in sorted(log_folder(data).glob("*.jsonl"))[:-keep]:
        path.unlink()
    if isinstance(data, ObjectPath):
        names = sorted(found.path for found in (data / _ROOM).listed())
        remove(names[:-keep])
