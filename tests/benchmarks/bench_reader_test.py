"""What a reader with linear programmes finds in all tables of the demo, code by code (contract section 6).

BENCH_CODES names the codes, BENCH_SAMPLE how many counts of each are asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from reader import ENOUGH, Programme
from reader_cube import reader_of_lines, reader_of_people
from unprotected_tables import of_code, unprotected_tables

from flows.commands.demo_files import write_landing

Tables = dict[str, pl.DataFrame]
CODES = os.environ.get("BENCH_CODES", "01939").split(",")
SAMPLE = int(os.environ.get("BENCH_SAMPLE", "60"))
READERS = [pytest.param(reader_of_lines, id="lines"), pytest.param(reader_of_people, id="people")]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Tables of the demo as built."""
    folder = tmp_path_factory.mktemp("demo")
    write_landing(folder / "landing")
    return unprotected_tables(folder)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("reader", READERS)
def test_widths_of_the_demo(reader: Callable[[Tables], Programme], code: str, demo: Tables) -> None:
    programme = reader(of_code(demo, code))
    programme.widen(SAMPLE, everywhere=False, is_told=True)
    widths = np.bincount(programme.found.astype(int))
    asked, of = len(programme.chosen), len(programme.names)
    print(f"{code}: {asked} of {of:,} counts by number of values: {widths.tolist()}")
    assert not programme.narrow(3)
    assert (programme.found < ENOUGH).mean() < 0.01
