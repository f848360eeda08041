"""Every withheld count of the whole demo against a linear programme over all relations."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl
import pytest

from flows.demo_files import write_landing

sys.path[:0] = [str(Path(__file__).parents[1] / "benchmarks"), str(Path(__file__).parent)]
from linear_programme import Programme  # noqa: E402
from neighbourhoods import search  # noqa: E402
from unprotected_tables import of_code, unprotected_tables  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The demo's tables as built, with their helper columns."""
    data: Path = tmp_path_factory.mktemp("attack")
    write_landing(data / "landing")
    return unprotected_tables(data)


@pytest.mark.parametrize(("code", "at_least"), [("01939", 25_000), ("01940", 5_000)])
def test_every_withheld_count_of_the_demo_has_three_values(
    tables: dict[str, pl.DataFrame], code: str, at_least: int
) -> None:
    programme = Programme(of_code(tables, code))
    asked = int(programme.must.sum())
    programmes = search(programme)
    narrow = programme.decide()
    print(f"{code}: {asked:,} counts, {programmes} programmes")
    assert asked > at_least
    assert narrow == []
