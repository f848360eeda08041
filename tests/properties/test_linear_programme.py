"""Withheld counts of all tables of random claims against a linear programme over all relations."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from transforms.disclosure.bounds import counting
from transforms.disclosure.gate import protect
from transforms.disclosure.suppress import primary_masks
from transforms.disclosure.withheld import Withheld

sys.path.insert(0, str(Path(__file__).parent))
from linear_programme import NEAR, RULES, Programme  # noqa: E402
from neighbourhoods import neighbourhoods, search  # noqa: E402
from random_tables import random_tables  # noqa: E402


@pytest.mark.slow
@pytest.mark.parametrize(("lines", "months", "seed"), [(300, 3, 1), (600, 3, 2), (1000, 3, 3)])
def test_every_withheld_count_has_three_values(lines: int, months: int, seed: int) -> None:
    programme = Programme(random_tables(lines, months, seed))
    asked = int(programme.must.sum())
    search(programme, seed)
    narrow = programme.decide()
    assert asked > 4_000
    assert narrow == []


def test_the_programme_finds_what_primary_suppression_leaves() -> None:
    programme = Programme(random_tables(300, 2, 1), suppressed=False)
    search(programme)
    assert int(programme.narrow.sum()) * 20 > int(programme.must.sum())


def differences(programme: Programme, world: np.ndarray) -> np.ndarray:
    """A world's difference of every count, and of every rest: what its equation leaves it."""
    system = programme.system
    moved = np.zeros(system.size)
    moved[programme.variables] = world[programme.group]
    published = int(system.offsets[-1])
    told = system.matrix[system.matrix.shape[0] - system.rests :]
    moved[published:] = told[:, :published] @ moved[:published]
    return moved


@pytest.mark.parametrize("part", ["months of", "aetna and all", "all tables"])
def test_what_moves_in_a_part_of_the_tables_breaks_no_relation(part: str) -> None:
    programme = Programme(random_tables(300, 3, 4))
    rows = next(rows for name, rows in neighbourhoods(programme.pages) if name.startswith(part))
    free = programme.within(rows)
    wish = np.where(free & programme.must, np.random.default_rng(4).standard_normal(programme.size), 0.0)
    world = programme.world(wish, programme.must, free)
    moved = differences(programme, world)
    system, (low, high) = programme.system, programme.known
    assert (np.abs(system.matrix[counting(system)] @ moved) < NEAR).all()
    assert (system.values + moved > low - NEAR).all()
    assert (system.values + moved < high + NEAR).all()
    elsewhere = programme.pages.with_columns(free=rows).get_column("free").not_().to_numpy()
    assert not moved[programme.variables[elsewhere & (programme.variables < system.offsets[-1])]].any()
    assert (np.abs(world[free & programme.must]) > 1 - NEAR).sum() > 100


def test_a_release_is_not_refused_for_want_of_more_room_than_three_values_need() -> None:
    tables = random_tables(1000, 4, 2)
    withheld = Withheld.of(primary_masks(tables, RULES))
    assert protect(tables, withheld, RULES) > 1
