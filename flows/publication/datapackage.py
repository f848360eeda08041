"""`datapackage.json`: the Parquet files of a release for tools that read the Data Package standard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import polars as pl

from schemas.columns import Column
from schemas.table_columns import TableSpec
from schemas.tables import TABLES
from transforms.publication.published import Published
from transforms.publication.shown_edition import long_date
from transforms.publication.words import EDITIONS, EXACT_WARNING, LIMITS, SYNTHETIC

_TYPES: Final = {
    "String": "string",
    "Date": "date",
    "Int64": "integer",
    "Float64": "number",
    "Boolean": "boolean",
    "Decimal": "number",
}


def write_datapackage(published: Published, path: Path) -> Path:
    """Write the description; the same release gives the same bytes."""
    text = json.dumps(datapackage(published), indent=1, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")
    return path


def datapackage(published: Published) -> dict[str, Any]:
    """The description as plain values."""
    edition = published.edition
    notes = [
        f"As of {long_date(edition.as_of) if edition.as_of else 'not known'}.",
        *LIMITS,
        *([EXACT_WARNING] if edition.is_exact else []),
        *([SYNTHETIC] if edition.is_synthetic else []),
    ]
    return {
        "name": f"cpt{edition.main_code}-benchmarks-{edition.audience}",
        "title": f"CPT {edition.main_code} benchmarks, {EDITIONS.get(edition.audience, edition.audience)}",
        "version": edition.release_id,
        "description": " ".join(notes),
        "resources": [
            _resource(spec, published.tables[name]) for name, spec in TABLES.items() if published.has(name)
        ],
    }


def _resource(spec: TableSpec, frame: pl.DataFrame) -> dict[str, Any]:
    return {
        "name": spec.name,
        "path": f"{spec.name}.parquet",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "description": spec.what,
        "schema": {
            "fields": [_field(column) for column in spec.columns if column.name in frame.columns],
            "primaryKey": spec.key_names,
            "missingValues": [""],
        },
    }


def _field(column: Column) -> dict[str, Any]:
    told = {
        "name": column.name,
        "type": _TYPES[str(column.dtype.base_type())],
        "description": column.description,
    }
    return {**told, "unit": column.unit} if column.unit else told
