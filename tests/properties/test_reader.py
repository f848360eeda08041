"""Linear programmes do not narrow counts below 11 to fewer than three values (contract section 6)."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from random_tables import random_tables
from reader import ENOUGH, Programme
from reader_cube import reader_of_lines, reader_of_people

Tables = dict[str, pl.DataFrame]
SAMPLES = [pytest.param(reader_of_lines, 60, id="lines"), pytest.param(reader_of_people, 15, id="people")]
"""Counts asked for: programs of people take longer."""
LEAST_VALUES = 3
SHARE_OF_NARROW = 0.01
"""Of fewer than `ENOUGH` values."""


@pytest.mark.slow
@pytest.mark.parametrize(("reader", "sample"), SAMPLES)
def test_no_count_of_a_sample_of_a_random_cube_is_narrow(
    reader: Callable[[Tables], Programme], sample: int
) -> None:
    programme = reader(random_tables(120, 3, 3))
    programme.widen(sample)
    assert len(programme.found) == sample
    assert not programme.narrow(LEAST_VALUES)
    assert (programme.found < ENOUGH).mean() < SHARE_OF_NARROW


@pytest.mark.slow
def test_a_count_that_windows_of_its_whole_pinned_keeps_three_values() -> None:
    """Commercial lines pending in a quarter: the year less a month and the quarter itself bound both the
    lines and the answered ones, which left 9 to 11; a null that ended at 10 left two values.
    """
    programme = reader_of_lines(random_tables(250, 4, 3))
    names = [
        "utilization pending_lines 01939 all commercial quarter 2023-01-01",
        "open_claims service_lines 01939 all commercial quarter 2023-01-01 91+",
    ]
    programme.ask_for([programme.names.index(name) for name in names])
    assert programme.found.tolist() == [3.0, 3.0]
