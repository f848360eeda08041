"""A small landing folder of synthetic claims, and runs on it in this process or as a command."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from flows.dag import nightly_run, rerun_run
from flows.run import InProcess, open_run
from flows.settings import Settings, load_settings
from flows.steps.summary import Summary
from flows.store.files import digest
from flows.store.publish import faults
from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS
from transforms.synthetic.world import synthetic_claims

KEY = "a key of the tests, long enough for its purpose"
OTHER_KEY = "another key of the tests, long enough as well"


@lru_cache(maxsize=1)
def small_files() -> dict[str, bytes]:
    """Name -> content: four nights of claims and remittances of 160 cases, canonical CSV."""
    made = synthetic_claims(1939, 160)
    files = {}
    for kind, rows, columns in (
        ("claims", made.claims, MADE_CLAIM_COLUMNS),
        ("remits", made.remits, MADE_REMIT_COLUMNS),
    ):
        for night in range(4):
            part = rows.filter(pl.col("_delivery").cast(pl.Int64) % 4 == night).select(columns)
            files[f"{kind}/{kind}_{night}.csv"] = part.write_csv().encode()
    return files


def deliver(data: Path, *names: str) -> None:
    """Put files into the landing folder; without names: all of them."""
    for name in names or small_files():
        path = data / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(small_files()[name])


def deliver_in_pieces(data: Path, pieces: int, *names: str) -> None:
    """Put files into the landing folder, each cut into pieces with the header of the whole."""
    for name in names:
        head, *rows = small_files()[name].splitlines(keepends=True)
        for number in range(pieces):
            path = data / "landing" / f"{name.removesuffix('.csv')}_{number}.csv"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(head + b"".join(rows[number::pieces]))


def settings_for(data: Path, **changes: Any) -> Settings:
    """Settings of a test run: nothing waits, and no pages are made (tests/publication makes them)."""
    given = {"data": data, "hmac_key": KEY, "settle_seconds": 0.0, "publication": False, **changes}
    return load_settings(**given)


def run_nightly(data: Path, **changes: Any) -> Summary:
    """The nightly steps in this process."""
    with open_run(settings_for(data, **changes), "nightly") as run:
        return nightly_run(run, InProcess())


def run_rerun(data: Path, payer: str, month: str, from_landing: bool = False, **changes: Any) -> Summary:
    """The rerun steps in this process."""
    with open_run(settings_for(data, **changes), "rerun") as run:
        return rerun_run(run, InProcess(), (payer, month), from_landing)


def command(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m flows ARGUMENTS --data DATA` as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments, "--data", str(data)],
        env=environment_for(**environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def environment_for(**environment: str) -> dict[str, str]:
    """The environment of a command: the tests' key, and no setting of the person who runs the tests."""
    outer = {name: value for name, value in os.environ.items() if not name.startswith("CPT01939_")}
    quick = {"CPT01939_SETTLE_SECONDS": "0", "CPT01939_PUBLICATION": "false"}
    return {**outer, "CPT01939_HMAC_KEY": KEY, **quick, **environment}


def published(data: Path) -> dict[str, str]:
    """Name -> sha256 of everything analysts read, the manifest apart (it tells when it was published)."""
    folder = data / "benchmarks"
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    return {path.relative_to(folder).as_posix(): digest(path) for path in sorted(files)}


def every_fault(data: Path) -> list[str]:
    """What differs between what is published and its manifests, of all audiences."""
    audiences = sorted(path.name for path in (data / "benchmarks").iterdir())
    return [f"{audience}/{line}" for audience in audiences for line in faults(data, audience)]


def tree(folder: Path) -> dict[str, str]:
    """Name -> sha256 of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
