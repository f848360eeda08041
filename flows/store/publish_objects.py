"""Publishing in an object store, where nothing can be renamed.

The folder of a release first, then the audience's manifest on condition that it is the one that was read,
then copies under stable names. Readers follow the newest manifest, and read what it names
in releases/<release_id>/.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from flows.errors import ProductError
from flows.failpoints import failpoint
from flows.store.files import as_json
from flows.store.objects import AT_A_TIME, Changed, ObjectPath, Tag, remove
from flows.store.publish import (
    MANIFEST,
    digests,
    files_of,
    is_whole,
    read_manifest,
    readers_folder,
    says_the_same,
    staged_folder,
    stamped,
    strays_in,
)
from flows.store.snapshot import Store

_TRIES: Final = 5


def publish_objects(store: Store, data: ObjectPath, release: str) -> str:
    """Bring a release of the store before its readers, or complete what was begun; gives its release id.

    E_RELEASE_DAMAGED when the store's copy is not what its manifest says, E_OVERTAKEN when the snapshot is no
    longer the one of this run: then another run publishes.
    """
    source, manifest = staged_folder(data, release), read_manifest(staged_folder(data, release))
    if manifest is None or not is_whole(source, manifest):
        raise ProductError("E_RELEASE_DAMAGED", f"store/releases/{release}")
    folder = readers_folder(data, manifest["audience"])
    assert isinstance(folder, ObjectPath) and isinstance(source, ObjectPath)
    home = folder / "releases" / str(manifest["release_id"])
    store.check_own()
    _remove_older(folder, manifest)
    _copy(source, home, files_of(manifest))
    if not is_whole(home, manifest):
        raise ProductError("E_OBJECT_STORE", "a copy differs from what was written")
    failpoint("publish_folder")
    _replace_manifest(store, folder / MANIFEST, manifest)
    failpoint("publish_manifest")
    store.check_own()
    _copy(home, folder, files_of(manifest), "publish_stable")
    remove([path for path in strays_in(folder, manifest) if isinstance(path, ObjectPath)])
    failpoint("publish_audience")
    return str(manifest["release_id"])


def _replace_manifest(store: Store, path: ObjectPath, manifest: dict[str, Any]) -> None:
    """What readers go by. Another run may write it too, as long as its snapshot is not newer than ours."""
    for _ in range(_TRIES):
        tag, now = _standing(path)
        store.check_own()
        if now is not None and says_the_same(now, manifest):
            return
        try:
            path.put_if(as_json({**stamped(manifest), "token": secrets.token_hex(16)}), tag)
            return
        except Changed:
            continue
    raise ProductError("E_OVERTAKEN")


def _standing(path: ObjectPath) -> tuple[Tag | None, dict[str, Any] | None]:
    """The tag first: a manifest that is written after it makes the writing by it fail."""
    tag = path.tag()
    return tag, read_manifest(path.parent) if tag else None


def _copy(source: ObjectPath, target: ObjectPath, files: dict[str, str], stage: str = "") -> None:
    """Have the store copy the files that differ, several at a time."""
    found = digests(target / name for name in files)
    wanted = [name for (name, sha256), here in zip(files.items(), found, strict=True) if here != sha256]

    def copied(name: str) -> None:
        (source / name).copy_to(target / name)
        if stage:
            failpoint(stage)

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        _all(pool.map(copied, wanted))


def _all(results: Iterable[None]) -> None:
    """Wait for all; the first error is the error."""
    for _ in results:
        pass


def _remove_older(folder: ObjectPath, manifest: dict[str, Any]) -> None:
    """Remove the folders of releases from before the one that readers see now."""
    now = read_manifest(folder) or manifest
    kept = {str(now["release_id"]), str(manifest["release_id"])}
    home = folder / "releases"
    remove([found.path for found in home.listed() if found.path.relative_to(home).parts[0] not in kept])
