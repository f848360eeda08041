"""The schema version stands for the published columns: they do not change behind its back."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from schemas.columns import Column, real
from schemas.rules import SCHEMA_VERSION
from schemas.table_columns import TableSpec
from schemas.tables import TABLES

COLUMNS_OF_VERSION = {"1": "0ea3e4d6bafc9525"}
"""Version -> digest of every published table's columns."""
MEANT = (
    "Published columns have changed. If that is meant: while the version is not released, record the new "
    "digest; afterwards raise SCHEMA_VERSION and record the digest beside the older ones."
)


def digest(tables: dict[str, TableSpec]) -> str:
    """Over name, type, unit and nullability of each column, in order: what a reader's query rests on."""
    lines = [
        f"{name}.{column.name} {column.dtype!r} {column.unit} {column.nullable}"
        for name, table in sorted(tables.items())
        for column in table.columns
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def test_published_columns_are_those_of_the_schema_version() -> None:
    assert COLUMNS_OF_VERSION.get(SCHEMA_VERSION) == digest(TABLES), MEANT


@pytest.mark.parametrize(
    "changed",
    [
        real("expected_allowed_sum", "Another type and unit", "share"),
        replace(TABLES["payer_rules"].columns[0], name="payer_name"),
        replace(TABLES["payer_rules"].columns[0], nullable=True),
    ],
)
def test_the_digest_tells_another_name_type_unit_or_nullability(changed: Column) -> None:
    table = TABLES["payer_rules"]
    others = {**TABLES, "payer_rules": replace(table, keys=(changed, *table.keys[1:]))}
    without = {name: other for name, other in TABLES.items() if name != "states"}
    assert len({digest(TABLES), digest(others), digest(without)}) == 3
