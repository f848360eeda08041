"""Linear programmes do not narrow counts below 11 to fewer than three values (contract section 6)."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from random_tables import random_tables
from reader import ENOUGH, Programme
from reader_cube import reader_of_lines, reader_of_people

Tables = dict[str, pl.DataFrame]
READERS = [pytest.param(reader_of_lines, id="lines"), pytest.param(reader_of_people, id="people")]
LEAST_VALUES = 3
SHARE_OF_NARROW = 0.01
"""Of fewer than `ENOUGH` values."""
SHARE_OF_RARE = 0.0005
"""Of fewer than `LEAST_VALUES`: windows of roll-ups that meet by chance (docs/disclosure.md)."""


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
def test_no_count_of_a_random_cube_is_narrow(reader: Callable[[Tables], Programme]) -> None:
    programme = reader(random_tables(120, 3, 3))
    programme.search(last=12)
    assert len(programme.chosen) > 2_000
    assert len(programme.narrow(LEAST_VALUES)) <= SHARE_OF_RARE * len(programme.chosen)
    assert (programme.found < ENOUGH).mean() <= SHARE_OF_NARROW
