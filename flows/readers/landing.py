"""What lies in the landing folder: regular files inside it that have stopped growing. It is read and never
changed.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from flows.settings import Settings
from transforms.intake.pseudonyms import keyed_hash

UNFINISHED: Final = (".part", ".tmp", ".filepart", ".partial", ".crdownload")
NAME_DIGITS: Final = 12


@dataclass(frozen=True)
class LandingFile:
    """One inbound file. `shown_name` stands for its name everywhere: names may hold names."""

    path: Path
    size: int
    shown_name: str
    modified_ns: int = 0


@dataclass(frozen=True)
class Discovery:
    """files: ready to be taken in, by path. waiting: shown names of files that grow or are unfinished;
    unfinished: of those that say so in their name. ignored: of what is no inbound file.
    """

    files: list[LandingFile] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    unfinished: list[str] = field(default_factory=list)


def discover(landing: Path, settings: Settings) -> Discovery:
    """Look twice, `settle_seconds` apart: a file is growing when its size or time of change differs between
    the looks.
    """
    found = Discovery()
    if not landing.is_dir():
        return found
    first = dict(_look(landing))
    if any(marks is not None for marks in first.values()):
        time.sleep(settings.settle_seconds)
    second = dict(_look(landing))
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


def shown_name(path: Path, landing: Path, key: bytes) -> str:
    """`f:` and twelve hex digits of a keyed hash of the path inside the landing folder."""
    relative = os.fsencode(path.relative_to(landing)).decode("utf-8", "surrogateescape")
    text = relative.encode("utf-8", "surrogateescape").hex()
    return f"f:{keyed_hash(key, 'file', text)[:NAME_DIGITS]}"


def _look(folder: Path) -> Iterator[tuple[Path, tuple[int, int] | None]]:
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
            if entry.name.startswith((".", "~$")):
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
