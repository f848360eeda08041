"""The linear programme over the demo: how many withheld counts it narrows to fewer than three values.

`make bench` runs it: some ten minutes a procedure code.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from flows.demo_files import write_landing

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "properties")]
from linear_programme import Programme  # noqa: E402
from unprotected_tables import of_code, unprotected_tables  # noqa: E402

CODES = os.environ.get("BENCH_CODES", "01939,01940").split(",")
ROUNDS = 30


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The demo's tables as built, with their helper columns."""
    data: Path = tmp_path_factory.mktemp("attack")
    write_landing(data / "landing")
    return unprotected_tables(data)


@pytest.mark.parametrize("code", CODES)
def test_the_demo_against_a_linear_programme(tables: dict[str, pl.DataFrame], code: str) -> None:
    begin = time.perf_counter()
    programme = Programme(of_code(tables, code))
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
