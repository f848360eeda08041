"""The linear programme over the demo, and over the counts of highest risk of five payers and 24 months.

`make bench` runs it. BENCH_CODES: the procedure codes. BENCH_RISKIEST: how many counts of each in two years.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from flows.commands.demo_files import write_landing

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "properties")]
from linear_programme import Programme  # noqa: E402
from neighbourhoods import search  # noqa: E402
from unprotected_tables import Tables, of_code, of_two_years, unprotected_tables  # noqa: E402

CODES = os.environ.get("BENCH_CODES", "01939,01940").split(",")
RISKIEST = int(os.environ.get("BENCH_RISKIEST", "1000"))
CASES = 4500


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The demo's tables as built, with their helper columns."""
    data: Path = tmp_path_factory.mktemp("demo")
    write_landing(data / "landing")
    return unprotected_tables(data)


@pytest.fixture(scope="module")
def two_years(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The tables of two years as built, with their helper columns."""
    return of_two_years(tmp_path_factory.mktemp("two_years"), CASES)


def narrow_of(programme: Programme) -> list[str]:
    """What stays narrow; prints how long that took."""
    begin, asked = time.perf_counter(), int(programme.must.sum())
    made = search(programme)
    narrow = programme.decide()
    seconds = time.perf_counter() - begin
    print(f"{asked:,} asked, {made} programmes, {seconds:.0f} s, {len(narrow)} narrow: {narrow}", flush=True)
    return narrow


@pytest.mark.parametrize("code", CODES)
def test_the_demo(demo: Tables, code: str) -> None:
    print(f"\n{code}, all withheld counts of the demo")
    programme = Programme(of_code(demo, code))
    assert programme.must.sum() > 5_000
    assert narrow_of(programme) == []


@pytest.mark.parametrize("code", CODES)
def test_the_counts_of_highest_risk_of_two_years(two_years: Tables, code: str) -> None:
    programme = Programme(of_code(two_years, code))
    withheld = int(programme.must.sum())
    room = programme.ask_riskiest(RISKIEST)
    print(f"\n{code}, of {withheld:,} withheld counts of two years those of least room, {room:.0f} at most")
    assert programme.must.sum() == min(RISKIEST, withheld)
    assert narrow_of(programme) == []
