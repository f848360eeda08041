"""The DuckDB file: every table with comments on table and columns, and the named queries as views."""

from __future__ import annotations

from pathlib import Path

import duckdb

from schemas.tables import TABLES
from transforms.publication.published import Published
from transforms.publication.views import (
    SAID_VS_SEEN,
    SAID_VS_SEEN_QUESTION,
    SAID_VS_SEEN_SQL,
    VIEWS,
    View,
)


def write_duckdb(published: Published, folder: Path, path: Path) -> Path:
    """Write the published Parquet files of a folder into one DuckDB file."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path), config={"threads": 1}) as base:
        base.begin()
        for name in TABLES:
            if published.has(name):
                _table(base, name, folder / f"{name}.parquet", published)
        for view in VIEWS.values():
            if published.has(view.table):
                _view(base, view.name, view_sql(view, published), view.question)
        if published.has("care_models", "observed_share") and published.has("payer_rules"):
            sql = SAID_VS_SEEN_SQL.replace("{code}", published.edition.main_code.replace("'", "''"))
            _view(base, SAID_VS_SEEN, sql, SAID_VS_SEEN_QUESTION)
        base.commit()
    return path


def view_sql(view: View, published: Published) -> str:
    """A named query in SQL, over the columns that the release has."""
    keys = [key for key in TABLES[view.table].key_names if published.has(view.table, key)]
    further = [name for name in view.columns if name not in keys and published.has(view.table, name)]
    columns = [*keys, *further]
    condition = view.condition(published.edition.main_code, published.window)
    order = ", ".join(_name(key) for key in keys)
    chosen = ", ".join(_name(name) for name in columns)
    return f"SELECT {chosen} FROM {_name(view.table)} WHERE {condition} ORDER BY {order}"


def _table(base: duckdb.DuckDBPyConnection, name: str, path: Path, published: Published) -> None:
    frame = published.tables[name]
    base.execute(f"CREATE TABLE {_name(name)} AS SELECT * FROM read_parquet({_text(str(path))})")
    spec = TABLES[name]
    base.execute(f"COMMENT ON TABLE {_name(name)} IS {_text(spec.what)}")
    for column in spec.columns:
        if column.name in frame.columns:
            unit = f" [{column.unit}]" if column.unit else ""
            told = _text(f"{column.description}{unit}")
            base.execute(f"COMMENT ON COLUMN {_name(name)}.{_name(column.name)} IS {told}")


def _view(base: duckdb.DuckDBPyConnection, name: str, sql: str, question: str) -> None:
    base.execute(f"CREATE VIEW {_name(name)} AS {sql}")
    base.execute(f"COMMENT ON VIEW {_name(name)} IS {_text(question)}")


def _name(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
