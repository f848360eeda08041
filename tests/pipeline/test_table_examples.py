"""Every example query runs on published tables as its text stands, and both languages answer the same."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from small_runs import command, deliver, run_nightly, small_files

from flows.settings import config_folder
from schemas.dictionary import data_dictionary
from schemas.rules import AUDIENCES
from schemas.table_examples import EXAMPLES
from schemas.tables import TABLES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("table_examples")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `data` holds a second release, internal, with the example's contracts."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(config_folder(), folder / "config")
    (folder / "config/contracts.example.csv").rename(folder / "config/contracts.csv")
    first, *later = [name for name in small_files() if name.startswith("remits/")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CPT01939_CONFIG", str(folder / "config"))
        deliver(folder / "data", *(name for name in small_files() if name not in later))
        run_nightly(folder / "data", audiences=["internal"])
        deliver(folder / "data", *later)
        run_nightly(folder / "data", audiences=["internal"])
    return folder


def test_both_languages_give_the_same_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    script = "import polars as pl\n\nANSWERS = {\n"
    script += (
        "".join(f'"{name}": {example.polars("internal")},\n' for name, example in EXAMPLES.items()) + "}\n"
    )
    Path("examples.py").write_text(script, encoding="utf-8")
    answers: dict[str, pl.DataFrame] = runpy.run_path("examples.py")["ANSWERS"]
    with duckdb.connect() as connection:
        for name, example in EXAMPLES.items():
            told = connection.execute(example.sql("internal")).fetchall()
            assert sorted(told, key=repr) == sorted(answers[name].rows(), key=repr), name
            assert told, name


def test_every_table_has_an_example_of_its_own_columns() -> None:
    assert list(EXAMPLES) == list(TABLES)
    for name, example in EXAMPLES.items():
        known = {column.name for column in TABLES[name].columns}
        assert {*example.columns, *example.order, *(column for column, _ in example.where)} <= known


def test_describe_and_the_dictionary_show_it(tmp_path: Path) -> None:
    told = json.loads(command(tmp_path, "describe", "payment", "--json").stdout)
    assert told["example"]["duckdb"] == EXAMPLES["payment"].sql("standard")
    assert told["example"]["polars"] == EXAMPLES["payment"].polars("standard")
    assert told["audiences"] == ["internal", "standard", "shared"]
    for audience in AUDIENCES:
        dictionary = data_dictionary(TABLES.values(), audience)
        assert all(example.sql(audience) in dictionary for example in EXAMPLES.values())


def test_describe_knows_which_tables_an_audience_has(tmp_path: Path) -> None:
    told = json.loads(command(tmp_path, "describe", "--audience", "shared", "--json").stdout)
    assert {"payment", "denials"} <= set(told["tables"])
    assert {"open_claims", "data_quality", "contract_variance"}.isdisjoint(told["tables"])
    one = json.loads(command(tmp_path, "describe", "contract_variance", "--json").stdout)
    assert one["audiences"] == ["internal"]
    assert "data/benchmarks/internal/" in one["example"]["duckdb"]
    assert command(tmp_path, "describe", "contract_variance", "--audience", "standard").returncode == 2


def test_shared_is_asked_for_years() -> None:
    assert "period_type = 'year'" in EXAMPLES["payment"].sql("shared")
    assert "period_type = 'rolling_12'" in EXAMPLES["payment"].sql("standard")
