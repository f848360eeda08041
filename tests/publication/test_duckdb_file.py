"""The DuckDB file: tables as published, comments, and the report's queries as views."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from releases import AUDIENCES, table

from flows.publication.make import edition_of, read_published
from schemas.tables import TABLES
from transforms.publication.payer_prices import lies_inside
from transforms.publication.published import Published
from transforms.publication.views import SAID_VS_SEEN, VIEWS

pytestmark = pytest.mark.xdist_group("publication")
TWENTY = (
    *("v_price_by_payer", "v_price_by_lob", "v_price_trend", "v_price_index", "v_medicare_ratio"),
    *("v_case_price", "v_care_models", "v_said_vs_seen", "v_modifiers", "v_sites", "v_procedures"),
    *("v_diagnoses", "v_themes", "v_denials", "v_denial_reasons", "v_overturned", "v_authorization"),
    *("v_days", "v_open_claims", "v_collections"),
)


@pytest.fixture(scope="module", params=AUDIENCES)
def folder(release: Path, request: pytest.FixtureRequest) -> Path:
    return release / str(request.param)


@pytest.fixture
def base(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(folder / "benchmarks.duckdb"), read_only=True) as connection:
        yield connection


def published_in(folder: Path) -> Published:
    manifest = json.loads((folder / "manifest.json").read_text())
    return read_published(folder, edition_of(manifest, False))


def test_tables_are_those_published(folder: Path, base: duckdb.DuckDBPyConnection) -> None:
    for name in TABLES:
        if (folder / f"{name}.parquet").is_file():
            assert base.execute(f"FROM {name}").fetchall() == table(folder, name).rows(), name


def test_tables_columns_and_views_carry_comments(base: duckdb.DuckDBPyConnection) -> None:
    comments = dict(base.execute("SELECT table_name, comment FROM duckdb_tables()").fetchall())
    assert all(comments.values())
    assert comments["payment"] == TABLES["payment"].what
    bare = base.execute(
        "SELECT table_name, column_name FROM duckdb_columns()"
        " WHERE comment IS NULL AND table_name NOT LIKE 'v_%' AND NOT internal"
    ).fetchall()
    assert bare == []
    views = base.execute("SELECT comment FROM duckdb_views() WHERE NOT internal").fetchall()
    assert views and all(comment for (comment,) in views)


def test_views_give_what_the_pages_read(folder: Path, base: duckdb.DuckDBPyConnection) -> None:
    published = published_in(folder)
    for name, view in VIEWS.items():
        if not published.has(view.table):
            continue
        result = base.execute(f"FROM {name}")
        columns = [column[0] for column in result.description]
        expected = [tuple(row[column] for column in columns) for row in published.view(name)]
        assert sorted(result.fetchall(), key=str) == sorted(expected, key=str), name


def test_the_twenty_questions_have_a_view() -> None:
    assert set(TWENTY) <= {*VIEWS, SAID_VS_SEEN}


def test_what_is_said_stands_beside_periods_inside_the_rule(
    folder: Path, base: duckdb.DuckDBPyConnection
) -> None:
    published = published_in(folder)
    rules = [row for row in published.whole("payer_rules") if row["rule"] == "qz_percent"]
    models = [
        row
        for row in published.view("v_care_models", care_model="crna_alone")
        if row["line_of_business"] != "all"
    ]
    expected = {
        (row["payer"], row["line_of_business"], row["period_type"], row["period_start"], rule["value"])
        for rule in rules
        for row in models
        if rule["payer"] == row["payer"]
        and rule["scope_lob"] in ("all", row["line_of_business"])
        and lies_inside(row, rule)
    }
    sql = f"SELECT payer, line_of_business, period_type, period_start, said FROM {SAID_VS_SEEN}"
    assert set(base.execute(sql).fetchall()) == expected
    assert expected
