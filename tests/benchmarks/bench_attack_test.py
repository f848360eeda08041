"""The linear programme over the demo: how many withheld counts it narrows to fewer than three values.

`make bench` runs it: some ten minutes a procedure code.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from flows.demo_files import write_landing
from flows.pipeline import nightly_run
from flows.reference_files import read_reference
from flows.run import InProcess, open_run
from flows.settings import load_settings
from flows.store import Store, key_id
from schemas.tables import TABLES
from transforms.tables.build import build_tables

sys.path.insert(0, str(Path(__file__).parents[1] / "properties"))
from linear_programme import Programme  # noqa: E402

CODES = os.environ.get("BENCH_CODES", "01939,01940").split(",")
ROUNDS = 30
KEY = "benchmark-key-of-more-than-thirty-two-bytes"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The demo's tables as built, with their helper columns."""
    data: Path = tmp_path_factory.mktemp("attack")
    write_landing(data / "landing")
    settings = load_settings(
        data=data, hmac_key=KEY, settle_seconds=0.0, quarantine_ceiling=1.0, audience="internal"
    )
    with open_run(settings, "nightly") as run:
        nightly_run(run, InProcess())
    store = Store.open(data, key_id(settings.key))
    as_of = dt.date.fromisoformat(store.snapshot.as_of or "")
    made = build_tables(
        store.resolved_lines(),
        store.resolved_remits(),
        store.quality(),
        as_of,
        settings.rules,
        read_reference(),
    )
    return {
        name: made[name]
        for name in TABLES
        if name in made and not TABLES[name].plain and "procedure_code" in made[name].columns
    }


@pytest.mark.parametrize("code", CODES)
def test_the_demo_against_a_linear_programme(tables: dict[str, pl.DataFrame], code: str) -> None:
    begin = time.perf_counter()
    programme = Programme({name: frame.filter(procedure_code=code) for name, frame in tables.items()})
    asked = int(programme.must.sum())
    for number in range(ROUNDS):
        left = programme.attack(1, number)
        print(f"{code} programme {number + 1}: {left} of {asked:,} open", flush=True)
        if not left:
            break
    narrow = programme.decide()
    print(f"{code}: {len(narrow)} narrow in {time.perf_counter() - begin:.0f} s: {narrow}")
    assert asked > 5_000
    assert not narrow
