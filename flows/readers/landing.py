"""What lies in the landing folder: regular files inside it that have stopped growing. It is read and never
changed.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from flows.readers.rejections import Growing
from flows.settings import Settings
from flows.store.objects import ObjectPath
from flows.store.place import Place
from transforms.intake.pseudonyms import keyed_hash

UNFINISHED: Final = (".part", ".tmp", ".filepart", ".partial", ".crdownload")
_HIDDEN: Final = (".", "~$")
_NAME_DIGITS: Final = 12
Marks = tuple[int, int]
"""Size, and time of change in ns."""


@dataclass(frozen=True)
class LandingFile:
    """One inbound file. `shown_name` stands for its name everywhere: names may hold names."""

    path: Place
    size: int
    shown_name: str
    modified_ns: int = 0

    def is_as_listed(self) -> bool:
        """Whether a second look finds size and time of change as they were. Objects are whole."""
        if isinstance(self.path, ObjectPath):
            return True
        try:
            found = self.path.lstat()
        except FileNotFoundError:
            return False
        return (found.st_size, found.st_mtime_ns) == (self.size, self.modified_ns)


@dataclass(frozen=True)
class Discovery:
    """files: ready to be taken in, by path. waiting: shown names of files that grow or are unfinished;
    unfinished: of those that say so in their name. ignored: of what is no inbound file.
    """

    files: list[LandingFile] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


def discover(landing: Place, settings: Settings) -> Discovery:
    """Look twice, `settle_seconds` apart: a file is growing when its size or time of change differs between
    the looks. Objects are whole: one look is enough.
    """
    first = _marks(landing)
    if isinstance(landing, Path) and any(marks is not None for marks in first.values()):
        time.sleep(settings.settle_seconds)
        return _sorted_out(landing, settings, first, _marks(landing))
    return _sorted_out(landing, settings, first, first)


def first_look(landing: Place, settings: Settings) -> Discovery:
    """Look once. Which of the files are growing, a second look tells (`LandingFile.is_as_listed`)."""
    marked = _marks(landing)
    return _sorted_out(landing, settings, marked, marked)


def _marks(landing: Place) -> dict[Any, Marks | None]:
    """Every entry of the folder with its marks; none where there is no folder."""
    return dict(_listed(landing) if isinstance(landing, ObjectPath) else _look(landing))


def _sorted_out(
    landing: Place, settings: Settings, first: Mapping[Any, Marks | None], second: Mapping[Any, Marks | None]
) -> Discovery:
    found = Discovery()
    for path, marks in sorted(second.items()):
        name = shown_name(path, landing, settings.key)
        if marks is None:
            found.ignored.append(name)
        elif path.name.lower().endswith(UNFINISHED) or first.get(path) != marks:
            found.waiting.append(name)
            if path.name.lower().endswith(UNFINISHED):
                found.unfinished.append(name)
        else:
            found.files.append(LandingFile(path, marks[0], name, marks[1]))
    return found


def shown_name(path: Place, landing: Place, key: bytes) -> str:
    """`f:` and twelve hex digits of a keyed hash of the path inside the landing folder."""
    relative = os.fsencode(path.relative_to(landing)).decode("utf-8", "surrogateescape")
    text = relative.encode("utf-8", "surrogateescape").hex()
    return f"f:{keyed_hash(key, 'file', text)[:_NAME_DIGITS]}"


@contextmanager
def landed(file: LandingFile, scratch: Path) -> Iterator[Path]:
    """The file on this machine: an object is fetched for as long as it is read. Growing when it is no longer
    the one that was listed.
    """
    if isinstance(file.path, Path):
        yield file.path
        return
    copy = scratch.with_suffix(".landed")
    try:
        fetched = file.path.download(copy)
        if (fetched.size, _nanoseconds(fetched.modified)) != (file.size, file.modified_ns):
            raise Growing
        yield copy
    except FileNotFoundError:
        raise Growing from None
    finally:
        copy.unlink(missing_ok=True)


def _listed(landing: ObjectPath) -> Iterator[tuple[ObjectPath, Marks | None]]:
    """Every object of a landing folder with size and time of change; None: no inbound file (hidden)."""
    for found in landing.listed():
        parts = found.path.relative_to(landing).parts
        if any(part.startswith(_HIDDEN) for part in parts[:-1]):
            continue
        is_hidden = parts[-1].startswith(_HIDDEN)
        yield found.path, None if is_hidden else (found.size, _nanoseconds(found.modified))


def _nanoseconds(time: dt.datetime) -> int:
    return int(time.timestamp()) * 1_000_000_000 + time.microsecond * 1000


def _look(folder: Path) -> Iterator[tuple[Path, Marks | None]]:
    """Every entry below the folder with size and time of change; None: no inbound file (link, device,
    hidden).
    """
    try:
        listing = os.scandir(folder)
    except FileNotFoundError:
        return
    with listing as entries:
        for entry in entries:
            path = Path(entry.path)
            if entry.name.startswith(_HIDDEN):
                if not entry.is_dir(follow_symlinks=False):
                    yield path, None
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _look(path)
                continue
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield path, (found.st_size, found.st_mtime_ns) if stat.S_ISREG(found.st_mode) else None
