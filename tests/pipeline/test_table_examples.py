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
from schemas.table_examples import EXAMPLES
from schemas.tables import TABLES

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("table_examples")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `data` holds a second release, nothing suppressed, with the example's contracts."""
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
    script += "".join(f'"{name}": {example.polars},\n' for name, example in EXAMPLES.items()) + "}\n"
    Path("examples.py").write_text(script, encoding="utf-8")
    answers: dict[str, pl.DataFrame] = runpy.run_path("examples.py")["ANSWERS"]
    with duckdb.connect() as connection:
        for name, example in EXAMPLES.items():
            told = connection.execute(example.sql).fetchall()
            assert sorted(told, key=repr) == sorted(answers[name].rows(), key=repr), name
            assert told, name


def test_every_table_has_an_example_of_its_own_columns() -> None:
    assert list(EXAMPLES) == list(TABLES)
    for name, example in EXAMPLES.items():
        known = {column.name for column in TABLES[name].columns}
        assert {*example.columns, *example.order, *(column for column, _ in example.where)} <= known


def test_describe_and_the_dictionary_show_it(tmp_path: Path) -> None:
    told = json.loads(command(tmp_path, "describe", "payment", "--json").stdout)
    assert told["example"]["duckdb"] == EXAMPLES["payment"].sql
    assert told["example"]["polars"] == EXAMPLES["payment"].polars
    dictionary = data_dictionary(TABLES.values())
    assert all(example.sql in dictionary for example in EXAMPLES.values())
