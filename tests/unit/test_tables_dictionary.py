"""The data dictionary says everything that the specs say, and what the numbers are not."""

from __future__ import annotations

import pytest

from schemas.dictionary import NOT, data_dictionary, described_table
from schemas.tables import TABLES


def test_every_column_of_every_table_is_described() -> None:
    text = data_dictionary(TABLES.values())
    for spec in TABLES.values():
        section = text.split(f"## {spec.name}\n")[1].split("\n## ")[0]
        for column in spec.columns:
            assert f"| {column.name} |" in section or f"| **{column.name}** |" in section


def test_it_says_what_the_numbers_are_not() -> None:
    text = data_dictionary(TABLES.values())
    assert all(sentence in text for sentence in NOT)
    assert "not a population" in text and "837P" in text and "not mature" in text


def test_it_is_a_table_in_every_line() -> None:
    rows = [line for line in data_dictionary(TABLES.values()).splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {6}


def test_describe_gives_keys_and_columns_in_order() -> None:
    told = described_table(TABLES["care_models"])
    assert told["keys"][-1] == "care_model"
    assert [c["name"] for c in told["columns"]][:7] == [*told["keys"], "is_rollup"]


@pytest.mark.parametrize("name", list(TABLES))
def test_what_measures_rest_on_exists(name: str) -> None:
    spec = TABLES[name]
    known = {m.name for m in (*spec.measures, *spec.helpers)}
    named = {column for m in (*spec.measures, *spec.helpers) for column in m.named_columns}
    assert named <= known | set(spec.helper_names)
    assert len({c.name for c in spec.columns}) == len(spec.columns)
    assert all(c.description for c in spec.columns)
