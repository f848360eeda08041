"""Which batches are merged: however many nights there were, few are left, and a night rewrites little."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from flows.steps.compact import MERGED_AT, SIZES, groups_to_merge
from flows.store.snapshot import BatchFiles

NIGHTS = 4_000
MEGABYTE = 1 << 20


def batch(number: int, size: int) -> BatchFiles:
    return BatchFiles(files=(f"{number:016x}",), size=size)


def test_fewer_than_eight_alike_stay_and_eight_become_one() -> None:
    few = [batch(number, 1000) for number in range(MERGED_AT - 1)]
    other = batch(99, 2 * MEGABYTE)
    assert groups_to_merge([*few, other]) == []
    enough = [*few, other, batch(8, 999_999)]
    assert groups_to_merge(enough) == [[one for one in enough if one is not other]]


def test_a_merge_stops_at_the_largest_size_and_large_batches_stay() -> None:
    nearly = [batch(number, 40 * MEGABYTE) for number in range(MERGED_AT + 1)]
    large = [batch(100 + number, SIZES[-1]) for number in range(MERGED_AT)]
    found = groups_to_merge([*large, *nearly])
    assert found == [nearly[start : start + 2] for start in range(0, MERGED_AT, 2)]


def test_small_batches_come_first() -> None:
    larger = [batch(number, 9 * MEGABYTE) for number in range(MERGED_AT)]
    small = [batch(100 + number, 9) for number in range(MERGED_AT)]
    assert groups_to_merge([*larger, *small])[0] == small


@pytest.mark.parametrize(
    "size_of",
    [
        lambda chance: 20_000,
        lambda chance: chance.randrange(1, 3 * MEGABYTE),
        lambda chance: int(1000 * 4 ** chance.uniform(0, 9)),
    ],
    ids=["all small", "up to three megabytes", "of every size"],
)
def test_the_number_of_batches_stays_bounded(size_of: Callable[[random.Random], int]) -> None:
    """One batch a night, one merge a night: the rule that `compact` performs, on sizes alone."""
    chance = random.Random(7)
    batches: list[BatchFiles] = []
    brought = rewritten = most = 0
    for number in range(NIGHTS):
        for group in groups_to_merge(batches)[:1]:
            size = sum(each.size for each in group)
            batches = [each for each in batches if each not in group]
            batches.append(replace(batch(number + NIGHTS, size), files=group[0].files))
            rewritten += size
            assert size < 2 * SIZES[-1]
        batches.append(batch(number, size := size_of(chance)))
        brought += size
        small = [each for each in batches if each.size < SIZES[-1]]
        most = max(most, len(small))
    assert most <= len(SIZES) * (MERGED_AT + 1)
    assert sum(each.size for each in batches) == brought
    assert len(batches) <= most + brought // SIZES[-1]
    assert rewritten < 12 * brought
