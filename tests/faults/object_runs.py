"""Runs on a place in an object store, and what they leave."""

from __future__ import annotations

import json
from typing import Any

from night_runs import OF_THE_PATH
from small_runs import small_files

from flows.store.objects import ObjectPath
from flows.store.publish import faults


def deliver_objects(place: ObjectPath, *names: str) -> None:
    """Put files into the landing folder; without names: all of them."""
    for name in names or small_files():
        (place / "landing" / name).put(small_files()[name])


def published_objects(place: ObjectPath) -> dict[str, str]:
    """Name -> sha256 of everything analysts read, the manifests apart."""
    folder = place / "benchmarks"
    files = {found.path.relative_to(folder).as_posix(): found.path for found in folder.listed()}
    return {name: path.digest() for name, path in sorted(files.items()) if path.name != "manifest.json"}


def tables_of(place: ObjectPath) -> dict[str, str]:
    """What is published of claims under stable names and in the folder of the release that readers see."""
    current = {
        f"{folder.name}/releases/{manifest_of(place, folder.name)['release_id']}"
        for folder in (place / "benchmarks").iterdir()
    }
    return {
        name: value
        for name, value in published_objects(place).items()
        if not name.endswith(OF_THE_PATH)
        and ("/releases/" not in name or any(name.startswith(f"{each}/") for each in current))
    }


def manifest_of(place: ObjectPath, audience: str) -> dict[str, Any]:
    """What readers go by."""
    return dict(json.loads((place / "benchmarks" / audience / "manifest.json").read_bytes()))


def faults_of(place: ObjectPath) -> list[str]:
    """What differs between what is published and its manifests, of all audiences."""
    audiences = [folder.name for folder in (place / "benchmarks").iterdir()]
    return [f"{audience}/{line}" for audience in audiences for line in faults(place, audience)]
