"""Published tables, cell by cell, against a second implementation in SQL over the same resolved lines."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import duckdb
import polars as pl
import pytest
from duckdb_tables import QUERIES, answer, prepare

from flows.commands.demo_files import write_landing
from flows.dag import nightly_run
from flows.run import InProcess, open_run
from flows.settings import config_folder, load_settings
from flows.store.publish import read_manifest
from schemas.tables import TABLES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("duckdb_tables")]
REFERENCE = Path(__file__).parents[2] / "data" / "reference"
CONTRACTS = config_folder() / "contracts.example.csv"
KEY = "a key of the tests, long enough for its purpose"
NEVER_SAID = {"withheld"}
HALF = 0.5e-4
"""Published numbers are rounded to four decimals, ..."""
HALF_CENT = 0.5e-2
"""... sums of money to cents."""
SLACK = 1e-7


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a release in which nothing is suppressed."""
    data = tmp_path_factory.mktemp("sql")
    write_landing(data / "landing", cases=900)
    shutil.copytree(config_folder(), data / "config")
    shutil.copy(CONTRACTS, data / "config" / "contracts.csv")
    outer = {name: value for name, value in os.environ.items() if not name.startswith("CPT01939_")}
    with patch.dict(os.environ, {**outer, "CPT01939_CONFIG": str(data / "config")}, clear=True):
        settings = load_settings(data=data, hmac_key=KEY, settle_seconds=0.0, audiences=["internal"])
        with open_run(settings, "nightly") as run:
            nightly_run(run, InProcess())
    return data


@pytest.fixture(scope="module")
def as_of(data: Path) -> date:
    manifest = read_manifest(data / "benchmarks/internal")
    assert manifest is not None
    return date.fromisoformat(str(manifest["as_of"]))


@pytest.fixture(scope="module")
def connection(data: Path, as_of: date) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        prepare(connection, f"{data}/store/resolved/lines/**/*.parquet", REFERENCE, CONTRACTS, as_of)
        yield connection


def same(published: object, found: object) -> bool:
    """Equal, or within what rounding takes."""
    if published is None or found is None:
        return published is found
    if isinstance(published, Decimal):
        return math.isclose(float(published), float(str(found)), rel_tol=0.0, abs_tol=HALF_CENT + SLACK)
    if isinstance(published, float):
        return math.isclose(published, float(str(found)), rel_tol=0.0, abs_tol=HALF + SLACK)
    return published == found


def test_what_rounding_can_not_explain_is_not_the_same() -> None:
    assert same(1.2346, 1.23456) and not same(1.2346, 1.2347)
    assert same(Decimal("1.23"), 1.234) and not same(Decimal("1.23"), 1.24)
    assert not same(None, 0) and not same(3, 4) and same(None, None)


@pytest.mark.parametrize("table", QUERIES)
def test_every_cell_is_the_same(
    data: Path, connection: duckdb.DuckDBPyConnection, as_of: date, table: str
) -> None:
    spec = TABLES[table]
    compared = [c.name for c in spec.columns if c.name not in NEVER_SAID]
    published = pl.read_parquet(data / "benchmarks/internal" / f"{table}.parquet").rows_by_key(
        spec.key_names, named=True, include_key=True, unique=True
    )
    found = {tuple(row[key] for key in spec.key_names): row for row in answer(connection, table, as_of)}
    assert len(published) > 30
    assert published.keys() == found.keys()
    wrong = [
        (key, name, row[name], found[key][name])
        for key, row in published.items()
        for name in compared
        if not same(row[name], found[key][name])
    ]
    assert wrong == []
    assert [name for name in compared if all(row[name] is None for row in published.values())] == []
