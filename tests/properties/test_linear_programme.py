"""Withheld counts of all tables of random claims against a linear programme over all relations."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.rules import Rules
from schemas.tables import TABLES
from transforms.disclosure.gate import protect
from transforms.disclosure.suppress import primary_masks
from transforms.disclosure.withheld import Withheld
from transforms.tables.build import build_tables

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "unit")]
import table_lines  # noqa: E402
from linear_programme import RULES, Programme  # noqa: E402

ROUNDS = 12


def random_tables(lines: int, months: int, seed: int) -> dict[str, pl.DataFrame]:
    """All tables with something to withhold, of one procedure code."""
    tables = build_tables(
        table_lines.random_lines(lines, seed, months, 12),
        table_lines.no_remits(),
        table_lines.no_quality(),
        date(2024, 12, 31),
        Rules(),
        table_lines.reference(),
    )
    coded = {name: frame for name, frame in tables.items() if "procedure_code" in frame.columns}
    return {
        name: frame.filter(procedure_code="01939") for name, frame in coded.items() if not TABLES[name].plain
    }


@pytest.mark.slow
@pytest.mark.parametrize(("lines", "months", "seed"), [(300, 3, 1), (600, 3, 2), (1000, 3, 3)])
def test_every_withheld_count_has_three_values(lines: int, months: int, seed: int) -> None:
    programme = Programme(random_tables(lines, months, seed))
    asked = int(programme.must.sum())
    programme.attack(ROUNDS, seed)
    narrow = programme.decide()
    assert asked > 4_000
    assert narrow == []


def test_the_programme_finds_what_primary_suppression_leaves() -> None:
    programme = Programme(random_tables(300, 2, 1), suppressed=False)
    assert programme.attack(6) * 20 > int(programme.must.sum())


def test_a_release_is_not_refused_for_want_of_more_room_than_three_values_need() -> None:
    tables = random_tables(1000, 4, 2)
    withheld = Withheld.of(primary_masks(tables, RULES))
    assert protect(tables, withheld, RULES) > 1
