"""Where the data of a site stand: a folder of this machine, or a prefix in an object store.

Whoever reads uses the methods that both kinds of path have. Whoever writes asks which kind it is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from flows.errors import ProductError
from flows.store.files import private_folder
from flows.store.objects import SCHEMES, ObjectPath, any_object, object_path, remove

Place = Path | ObjectPath
_NAME_DIGITS: Final = 12


def place_of(text: object) -> Place:
    """The place that a person names; E_DATA_FOLDER, E_OBJECT_KEYS."""
    if not isinstance(text, str | Path):
        raise ValueError("not a path")
    return object_path(text) if isinstance(text, str) and text.startswith(SCHEMES) else Path(text)


def file_at(text: str | Path) -> Place:
    """An inbound file, of any name; E_OBJECT_KEYS."""
    return any_object(text) if isinstance(text, str) and text.startswith(SCHEMES) else Path(text)


def private_room(data: Place) -> Path:
    """The private local folder of a site's runs: its store, or for an object store a folder of this user
    under the machine's temporary folder (TMPDIR).

    Work files, spilled rows and Prefect's records stand there.
    """
    if isinstance(data, Path):
        return data / "store"
    digits = hashlib.sha256(data.encode()).hexdigest()[:_NAME_DIGITS]
    folder = private_folder(Path(tempfile.gettempdir()) / f"cpt01939-{os.geteuid()}-{digits}")
    if folder.stat().st_uid != os.geteuid():
        raise ProductError("E_DATA_FOLDER", "its folder under TMPDIR belongs to another user")
    return folder


def keep_spills_inside(data: Place) -> None:
    """Have Polars put what it can't hold in memory into the private folder of the site's runs, not into a
    folder of the machine.

    It may be rows of claims. Polars looks at this when it first spills, and makes a folder of the process.
    """
    os.environ["POLARS_OOC_SPILL_DIR"] = str((private_room(data) / "spill").absolute())


def folders_in(place: Place) -> list[Place]:
    """The folders in a place, sorted; none where there is no such place."""
    if isinstance(place, ObjectPath):
        return sorted(entry for entry in place.iterdir() if entry.is_dir())
    return sorted(entry for entry in place.iterdir() if entry.is_dir()) if place.is_dir() else []


def sources(paths: Iterable[Place]) -> list[str]:
    """Files as Polars takes several of them."""
    return [str(path) for path in paths]


@contextmanager
def local_file(path: Place) -> Iterator[Path]:
    """The file on this machine, for as long as it is looked at; FileNotFoundError."""
    if isinstance(path, Path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="cpt01939-") as folder:
        copy = Path(folder) / "file"
        path.download(copy)
        yield copy


@contextmanager
def local_folder(path: Place) -> Iterator[Path]:
    """The folder on this machine, for as long as it is looked at."""
    if isinstance(path, Path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="cpt01939-") as folder:
        for found in path.listed():
            copy = Path(folder) / found.path.relative_to(path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            found.path.download(copy)
        yield Path(folder)


def remove_folder(path: Place) -> None:
    """Remove everything below a folder."""
    if isinstance(path, Path):
        shutil.rmtree(path, ignore_errors=True)
        return
    remove([found.path for found in path.listed()])
