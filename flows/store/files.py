"""Files written once and whole: private modes, flushed before they are named, replaced atomically."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from flows.errors import ProductError
from flows.store.objects import ObjectPath

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700
_CHUNK: Final = 1 << 20
FLUSHING: Final = 4
"""Files written and flushed at a time: what costs is waiting for the disk."""


def private_folder(path: Path) -> Path:
    """The folder, made with mode 0700; E_DATA_FOLDER when it is a link or no folder."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise ProductError("E_DATA_FOLDER", f"{path.name} is a link or no folder")
    make_folder(path)
    if path.stat().st_mode & 0o077:
        path.chmod(PRIVATE_FOLDER)
    return path


def make_folder(path: Path) -> None:
    """Make a folder (mode 0700) and those above it that there are not, each durable in the one above."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    flush_folder(path.parent)


def flush_file(path: Path) -> None:
    """Make the file's bytes durable; an error of the disk is an error of the run."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


flush_folder = flush_file
"""Make the names in a folder durable."""


def digest(path: Path | ObjectPath) -> str:
    """sha256 of the file's bytes, in hex."""
    if isinstance(path, ObjectPath):
        return path.digest()
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes, scratch: Path, mode: int = PRIVATE_FILE) -> None:
    """Replace a file by new content; a reader meets the old or the new one, whole."""
    draft = scratch / f".{path.name}.new"
    draft.write_bytes(content)
    put(draft, path, lambda new: new.chmod(mode))


def put(draft: Path, path: Path, give_modes: Callable[[Path], None]) -> None:
    """Give a draft its modes, flush it and move it to its place, in this order."""
    give_modes(draft)
    flush_file(draft)
    draft.replace(path)
    flush_folder(path.parent)


def move_private(file: Path, target: Path) -> None:
    """Move a finished file to its place, flushed and for its owner alone."""
    flush_file(file)
    file.chmod(PRIVATE_FILE)
    file.replace(target)


def copy_atomically(source: Path, path: Path, scratch: Path, give_modes: Callable[[Path], None]) -> None:
    """Replace a file by a copy of another."""
    draft = scratch / f".{path.name}.new"
    shutil.copyfile(source, draft)
    put(draft, path, give_modes)


def as_json(value: Any) -> bytes:
    """JSON with sorted keys and a final newline: the same value, the same bytes."""
    return (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode()


def read_json(path: Path | ObjectPath) -> Any:
    """The value in a JSON file, None when there is no file; ValueError when it is damaged."""
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
