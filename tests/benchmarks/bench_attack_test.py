"""The linear programme over the counts of highest risk of five payers, 24 months and all tables.

`make bench` runs it. BENCH_CODES: the procedure codes. BENCH_RISKIEST: how many counts of each.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import polars as pl
import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "properties")]
from linear_programme import Programme  # noqa: E402
from neighbourhoods import search  # noqa: E402
from unprotected_tables import of_code, of_two_years  # noqa: E402

CODES = os.environ.get("BENCH_CODES", "01939,01940").split(",")
RISKIEST = int(os.environ.get("BENCH_RISKIEST", "1000"))
CASES = 4500


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The tables of two years as built, with their helper columns."""
    return of_two_years(tmp_path_factory.mktemp("attack"), CASES)


@pytest.mark.parametrize("code", CODES)
def test_the_counts_of_highest_risk_of_two_years(tables: dict[str, pl.DataFrame], code: str) -> None:
    begin = time.perf_counter()
    programme = Programme(of_code(tables, code))
    withheld = int(programme.must.sum())
    room = programme.ask_riskiest(RISKIEST)
    asked = int(programme.must.sum())
    print(f"\n{code}: {asked:,} of {withheld:,} counts, those of a width up to {room:.0f}", flush=True)
    made = search(programme)
    narrow = programme.decide()
    seconds = time.perf_counter() - begin
    print(f"{code}: {made} programmes, {len(narrow)} narrow, {seconds:.0f} s: {narrow}")
    assert asked >= min(500, withheld)
    assert not narrow
