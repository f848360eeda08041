"""The same truth in files of any form, order and night gives the same cells, and they are the oracle's.

Contract, sections 3 and 4: the rows of one extract lie in any order and in any number of files, forms may be
mixed, files may come twice and by two routes, over any number of nights. TEST_SEEDS=40 tries
more worlds than the suite does.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from compare_tables import differences
from random_truth import random_truth
from sides import by_oracle, by_pipeline, published_rows
from small_runs import run_nightly
from truth_files import Files, deliver, in_one_form, mixed

WORLDS = 50
SEEDS = range(int(os.environ.get("TEST_SEEDS", "2")))
"""Seeds of mixtures; each form is tried with as many, at least one each."""
FORMS = ("csv", "ndjson", "parquet", "x12")
TOLD_BY_FILES = {"data_quality", "freshness", "release_changes"}
"""Tables that count files and rows as delivered."""


def rows_of(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Table -> its rows in their order, to the last digit; what counts files as delivered is left out.

    The bytes of a file hold the release's id, which counts of files change.
    """
    files = sorted((data / "benchmarks" / "internal").glob("*.parquet"))
    return {path.stem: pl.read_parquet(path).rows() for path in files if path.stem not in TOLD_BY_FILES}


def nights(files: Files, chance: random.Random) -> list[Files]:
    """Files in a random order over one to five nights."""
    names = sorted(files)
    chance.shuffle(names)
    cuts = sorted(chance.choices(range(1, len(names) + 1), k=chance.randint(0, 4)))
    parts = [names[start:end] for start, end in zip([0, *cuts], [*cuts, len(names)], strict=True)]
    return [{name: files[name] for name in part} for part in parts if part]


def columns_without_value(tables: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Columns that are null in every row, but for `withheld`, which `internal` never fills, and what counts
    files.
    """
    return [
        f"{table}.{name}"
        for table, rows in tables.items()
        for name in rows[0]
        if table not in TOLD_BY_FILES and name != "withheld" and all(row[name] is None for row in rows)
    ]


def told(data: Path, tables: dict[str, list[dict[str, Any]]]) -> str:
    """The first differences; every table that the oracle counts has rows, and every column a value, so that
    all are compared.
    """
    counted = by_oracle(data)
    assert [name for name, rows in counted.items() if not rows] == []
    assert columns_without_value(counted) == []
    found = differences(counted, tables)
    return "\n".join(found[:20])


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "form"), [(seed, FORMS[seed % 4]) for seed in range(max(4, len(SEEDS)))])
def test_every_form_gives_the_cells_of_the_oracle(seed: int, form: str, tmp_path: Path) -> None:
    truth = random_truth(seed, WORLDS)
    deliver(tmp_path / "landing", in_one_form(truth, form))

    assert told(tmp_path, by_pipeline(tmp_path)) == ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_any_mixture_of_forms_orders_and_nights_gives_the_same_rows(seed: int, tmp_path: Path) -> None:
    truth = random_truth(seed, WORLDS)
    chance = random.Random(f"mixture {seed}")
    plain, other = tmp_path / "plain", tmp_path / "mixed"
    deliver(plain / "landing", in_one_form(truth, chance.choice(FORMS)))
    by_pipeline(plain)

    for night in nights(mixed(truth, chance), chance):
        deliver(other / "landing", night)
        run_nightly(other, audiences=["internal"], batch_files=chance.choice([1, 2, 7, 500]))

    assert told(other, published_rows(other)) == ""
    wanted, given = rows_of(plain), rows_of(other)
    assert wanted.keys() == given.keys()
    assert [name for name in wanted if wanted[name] != given[name]] == []
