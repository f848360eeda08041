"""Publishing: what the readers of an audience see is one committed release, whole, at every moment.

A staged release (store/releases/<name>/) is copied to benchmarks/<audience>/releases/<release_id>/. What
counts is what the store's snapshot names; the readers of an audience see its release with the atomic replace
of their manifest.json. Then each stable file is replaced atomically. Doing it again completes it.
"""

from __future__ import annotations

import datetime as dt
import grp
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from flows.errors import ProductError
from flows.failpoints import failpoint
from flows.store.files import (
    as_json,
    copy_atomically,
    digest,
    flush_file,
    flush_folder,
    make_folder,
    private_folder,
    put,
    read_json,
)
from flows.store.objects import AT_A_TIME, ObjectPath
from flows.store.place import Place

MANIFEST: Final = "manifest.json"
PUBLISHED_AT: Final = "published_at"
OF_THE_WRITING: Final = dict.fromkeys((PUBLISHED_AT, "token"), "")
"""What a manifest says of when and how it was written; the rest is the same for the same release."""
OPEN_FOLDER: Final = 0o755
"""Mode of benchmarks/ itself: it holds nothing but the folders of the audiences."""
PATIENCE_SECONDS: Final = (0.05, 0.2, 0.5, 1.0)


@dataclass(frozen=True)
class Modes:
    """Permissions of published files and folders, and the group (its number) that may read them."""

    file: int
    folder: int
    group: int | None = None

    def give(self, path: Path) -> None:
        """Give a file or folder its group and mode, the group first: the mode is what lets the group in."""
        if self.group is not None and path.stat().st_gid != self.group:
            os.chown(path, -1, self.group)
        path.chmod(self.folder if path.is_dir() else self.file)

    def hold_all(self, *paths: Path) -> bool:
        """Whether files and folders have them."""
        return all(map(self._hold, paths))

    def _hold(self, path: Path) -> bool:
        told = path.stat()
        mode = self.folder if path.is_dir() else self.file
        return told.st_mode & 0o7777 == mode and self.group in (None, told.st_gid)


def modes_of(audience: str, internal_group: str | None = None) -> Modes:
    """Internal tables are for their owner, and for the group named by a setting.

    The others for everybody on the machine (contract sections 6 and 7). E_SETTING when there is no such group
    or this user may not give files to it.
    """
    if audience != "internal":
        return Modes(0o644, 0o755)
    if internal_group is None:
        return Modes(0o600, 0o700)
    try:
        group = grp.getgrnam(internal_group).gr_gid
    except KeyError:
        raise ProductError("E_SETTING", "internal_group: no group of that name on this machine") from None
    if os.geteuid() != 0 and group not in {os.getegid(), *os.getgroups()}:
        raise ProductError("E_SETTING", "internal_group: the user of the run is not a member")
    return Modes(0o640, 0o750, group)


def readers_folder(data: Place, audience: str) -> Place:
    """What the readers of an audience look at."""
    return data / "benchmarks" / audience


def read_manifest(folder: Place) -> dict[str, Any] | None:
    """The manifest in a folder, None when there is none or it cannot be read."""
    try:
        manifest = read_json(folder / MANIFEST)
    except ValueError:
        return None
    return manifest if isinstance(manifest, dict) else None


def files_of(manifest: dict[str, Any]) -> dict[str, str]:
    """File name -> sha256 of everything a release holds beside its manifest."""
    entries = [*manifest["tables"].values(), manifest["dictionary"], *manifest.get("files", ())]
    return {entry["file"]: entry["sha256"] for entry in entries}


def folders_of(manifest: dict[str, Any]) -> list[str]:
    """Folders inside a release, the outer ones first."""
    names = {parent.as_posix() for name in files_of(manifest) for parent in PurePosixPath(name).parents}
    return sorted(names - {"."})


def staged_folder(data: Place, release: str) -> Place:
    """Where a release of the store stands."""
    return data / "store" / "releases" / release


def is_whole(folder: Place, manifest: dict[str, Any] | None) -> bool:
    """Whether a folder holds every file of a manifest, byte for byte."""
    if manifest is None:
        return False
    files = files_of(manifest)
    found = digests(folder / name for name in files)
    return all(sha256 == here for sha256, here in zip(files.values(), found, strict=True))


def digests(paths: Iterable[Place]) -> Iterator[str | None]:
    """sha256 of each file, None where there is none. Of a disk one after another, as they are asked for."""
    wanted = list(paths)
    if not wanted or isinstance(wanted[0], Path):
        yield from map(_digest_if_there, wanted)
        return
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        yield from pool.map(_digest_if_there, wanted)


def _digest_if_there(path: Place) -> str | None:
    if isinstance(path, Path) and not path.is_file():
        return None
    try:
        return digest(path)
    except FileNotFoundError:
        return None


def is_published(data: Place, release: str, modes: Modes | None = None) -> bool:
    """Whether its readers see exactly this release of the store; with `modes`, under these permissions."""
    manifest = read_manifest(staged_folder(data, release))
    if manifest is None or faults(data, manifest["audience"], manifest):
        return False
    folder = readers_folder(data, manifest["audience"])
    return modes is None or isinstance(folder, ObjectPath) or modes.hold_all(folder, folder / MANIFEST)


def faults(data: Place, audience: str, expected: dict[str, Any] | None = None) -> list[str]:
    """What differs between the folder of an audience and its manifest (and the store's, when given).

    One line per file.
    """
    folder = readers_folder(data, audience)
    manifest = read_manifest(folder)
    if manifest is None:
        return [f"{MANIFEST}: missing or unreadable"]
    if expected is not None and not says_the_same(manifest, expected):
        return [f"{MANIFEST}: not that of the store's release"]
    release = folder / "releases" / str(manifest["release_id"])
    wanted = {
        place / name: sha256 for name, sha256 in files_of(manifest).items() for place in (folder, release)
    }
    wrong = [
        f"{path.relative_to(folder).as_posix()}: {'differs from' if here else 'missing from'} "
        f"the release (sha256 {sha256})"
        for (path, sha256), here in zip(wanted.items(), digests(wanted), strict=True)
        if here != sha256
    ]
    strays = [path.relative_to(folder).as_posix() for path in strays_in(folder, manifest)]
    return wrong + [f"{name}: not part of the release" for name in sorted(strays)]


def publish(data: Path, release: str, modes: Modes) -> str:
    """Bring a release of the store on a disk before its readers, or complete what was begun; gives its id.

    E_RELEASE_DAMAGED when the store's copy is not what its manifest says, E_PUBLISH_PENDING when a file
    cannot be replaced.
    """
    source = data / "store" / "releases" / release
    manifest = read_manifest(source)
    if manifest is None or not is_whole(source, manifest):
        raise ProductError("E_RELEASE_DAMAGED", f"store/releases/{release}")
    scratch = private_folder(data / "store" / "running" / f"publish-{release}")
    _folder(data / "benchmarks").chmod(OPEN_FOLDER)
    folder = _folder(data / "benchmarks" / manifest["audience"], modes)
    home = _folder(folder / "releases", modes) / manifest["release_id"]
    _publish_folder(source, home, manifest, modes, scratch)
    failpoint("publish_folder")
    _publish_manifest(folder, manifest, modes, scratch)
    failpoint("publish_manifest")
    _make_folders(folder, manifest, modes)
    for name, sha256 in files_of(manifest).items():
        _bring(source / name, folder / name, sha256, modes, scratch)
        failpoint("publish_stable")
    _prune(folder, manifest)
    shutil.rmtree(scratch)
    failpoint("publish_audience")
    return str(manifest["release_id"])


def says_the_same(manifest: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two manifests are of the same release, whenever each was written."""
    return manifest | OF_THE_WRITING == other | OF_THE_WRITING


def stamped(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest as it is published now."""
    return {**manifest, PUBLISHED_AT: f"{dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"}


def _publish_folder(source: Path, home: Path, manifest: dict[str, Any], modes: Modes, scratch: Path) -> None:
    """releases/<release_id>/: appears whole; where it is there already only what differs is replaced."""
    if home.is_dir():
        modes.give(home)
        _make_folders(home, manifest, modes)
        for name, sha256 in files_of(manifest).items():
            _bring(source / name, home / name, sha256, modes, scratch)
        return
    draft = scratch / home.name
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    _make_folders(draft, manifest, modes)
    for name in files_of(manifest):
        shutil.copyfile(source / name, draft / name)
        modes.give(draft / name)
        flush_file(draft / name)
    for inner in (*folders_of(manifest), "."):
        flush_folder(draft / inner)
    if not is_whole(draft, manifest):
        raise ProductError("E_DISK", "a copy differs from what was written")
    modes.give(draft)
    draft.rename(home)
    flush_folder(home.parent)


def _publish_manifest(folder: Path, manifest: dict[str, Any], modes: Modes, scratch: Path) -> None:
    """What readers go by; a manifest that says the same keeps its time of publishing."""
    now = read_manifest(folder)
    if now is not None and says_the_same(now, manifest):
        modes.give(folder / MANIFEST)
        return
    draft = scratch / MANIFEST
    draft.write_bytes(as_json(stamped(manifest)))
    _patiently(lambda: put(draft, folder / MANIFEST, modes.give))


def _make_folders(place: Path, manifest: dict[str, Any], modes: Modes) -> None:
    for inner in folders_of(manifest):
        _folder(place / inner, modes)


def _bring(source: Path, target: Path, sha256: str, modes: Modes, scratch: Path) -> None:
    if target.is_file() and not target.is_symlink() and digest(target) == sha256:
        modes.give(target)
        return
    _patiently(lambda: copy_atomically(source, target, scratch, modes.give))


def _patiently(replace: Callable[[], None]) -> None:
    """Try again for a moment when another program holds the file open (file shares of Windows do that)."""
    for pause in PATIENCE_SECONDS:
        try:
            return replace()
        except PermissionError:
            time.sleep(pause)
    raise ProductError("E_PUBLISH_PENDING")


def _prune(folder: Path, manifest: dict[str, Any]) -> None:
    """Remove tables the release does not have and the folders of other releases (the store keeps those)."""
    for path in _stray_files(folder, manifest):
        path.unlink() if path.is_file() or path.is_symlink() else shutil.rmtree(path)
    flush_folder(folder)


def strays_in(folder: Place, manifest: dict[str, Any]) -> list[Path] | list[ObjectPath]:
    """What stands in a published folder and is not of the release.

    In an object store the release before stays beside it: those that read by its manifest may go on.
    """
    if isinstance(folder, ObjectPath):
        return _stray_objects(folder, manifest)
    return _stray_files(folder, manifest)


def _stray_objects(folder: ObjectPath, manifest: dict[str, Any]) -> list[ObjectPath]:
    named, inner = files_of(manifest), {PurePosixPath(name) for name in folders_of(manifest)}
    home = PurePosixPath("releases", str(manifest["release_id"]))
    found = []
    for path in (entry.path for entry in folder.listed()):
        name = path.relative_to(folder)
        if name.is_relative_to(home):
            is_stray = name.relative_to(home).as_posix() not in named
        else:
            looked_at = inner.intersection(name.parents) or name.match("*.parquet") and len(name.parts) == 1
            is_stray = bool(looked_at) and name.as_posix() not in named
        found += [path] if is_stray else []
    return found


def _stray_files(folder: Path, manifest: dict[str, Any]) -> list[Path]:
    named = {*files_of(manifest), *folders_of(manifest)}
    home = folder / "releases" / str(manifest["release_id"])
    releases = [path for path in (folder / "releases").glob("*") if path != home]
    inner = [path for name in folders_of(manifest) for path in (folder / name).glob("*")]
    beside = [path for path in (*folder.glob("*.parquet"), *inner) if _name_in(folder, path) not in named]
    return [*beside, *releases, *(path for path in home.rglob("*") if _name_in(home, path) not in named)]


def _name_in(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _folder(path: Path, modes: Modes | None = None) -> Path:
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise ProductError("E_DATA_FOLDER", f"{path.name} is a link or no folder")
    make_folder(path)
    if modes:
        modes.give(path)
    return path


def check_places(data: Path) -> None:
    """Whether what is published fits what is to be published.

    E_DATA_FOLDER when a file can't be renamed from the work folders to where it is kept or published;
    E_STORE_FORMAT when benchmarks/ holds the tables of a version that knew one audience only.
    """
    if (data / "benchmarks" / MANIFEST).exists():
        raise ProductError("E_STORE_FORMAT", "benchmarks/ has no folder for each audience yet")
    rooms = ("store", "benchmarks", "quarantine")
    inner = ("store/*", "store/accepted/*", "store/resolved/*", "benchmarks/*", "benchmarks/*/releases")
    places = [data / name for name in rooms if (data / name).is_dir()]
    places += [place for pattern in inner for place in data.glob(pattern) if place.is_dir()]
    if len({place.stat().st_dev for place in places}) > 1:
        raise ProductError(
            "E_DATA_FOLDER", "store/, benchmarks/ and quarantine/ are on different file systems"
        )
