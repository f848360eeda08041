"""datapackage.json describes the Parquet files beside it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from releases import AUDIENCES

from schemas.tables import TABLES

pytestmark = pytest.mark.xdist_group("publication")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_resources_are_the_files_with_their_fields(release: Path, audience: str) -> None:
    folder = release / audience
    told = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert told["name"] == f"cpt01939-benchmarks-{audience}"
    resources = {resource["name"]: resource for resource in told["resources"]}
    assert {f"{name}.parquet" for name in resources} == {path.name for path in folder.glob("*.parquet")}
    for name, resource in resources.items():
        fields = [field["name"] for field in resource["schema"]["fields"]]
        assert fields == pl.read_parquet_schema(folder / resource["path"]).names()
        assert resource["schema"]["primaryKey"] == TABLES[name].key_names
        assert all(field["description"] for field in resource["schema"]["fields"])
    types = {field["name"]: field["type"] for field in resources["payment"]["schema"]["fields"]}
    assert [types[name] for name in ("procedure_code", "period_start", "claims", "allowed_sum")] == [
        *("string", "date", "integer", "number")
    ]


def test_the_internal_one_says_that_it_is_not_to_be_passed_on(release: Path) -> None:
    told = json.loads((release / "internal" / "datapackage.json").read_text(encoding="utf-8"))
    assert "do not pass on" in told["description"]
