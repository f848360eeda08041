"""Runs on a place in an object store, and what they leave."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl
from night_runs import LATER, OF_THE_PATH
from small_runs import small_files

from flows.store.objects import ObjectPath
from flows.store.publish import faults

FIRST: Final = ("claims/claims_0.csv", "remits/remits_0.csv")


def deliver_objects(place: ObjectPath, *names: str) -> None:
    """Put files into the landing folder; without names: all of them."""
    for name in names or small_files():
        (place / "landing" / name).put(small_files()[name])


@lru_cache(maxsize=1)
def few_files() -> dict[str, bytes]:
    """The files of two nights with the services of four months: few payers' months, few requests."""
    return {name: _of_four_months(small_files()[name]) for name in (*FIRST, *LATER)}


def deliver_few(place: ObjectPath | Path, *names: str) -> None:
    """Put files of few rows into the landing folder; without names: all of them."""
    for name in names or few_files():
        path = place / "landing" / name
        if isinstance(path, ObjectPath):
            path.put(few_files()[name])
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(few_files()[name])


def _of_four_months(content: bytes) -> bytes:
    rows = pl.read_csv(content, infer_schema=False)
    return (
        rows.filter(pl.col("service_date").is_between(pl.lit("2025-01"), pl.lit("2025-05")))
        .write_csv()
        .encode()
    )


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
