"""The quick look at a reference table says yes exactly where pandera does."""

from __future__ import annotations

import pandera.errors
import pandera.polars as pa
import polars as pl
import pytest

from flows.readers.reference_files import read_reference
from schemas.quick_check import keeps
from schemas.reference import SCHEMAS

SCHEMA = pa.DataFrameSchema(
    {
        "code": pa.Column(pl.String, pa.Check.str_matches("^[A-Z]{2}$")),
        "kind": pa.Column(pl.String, pa.Check.isin(["a", "b"]), nullable=True),
        "share": pa.Column(pl.Float64, pa.Check.in_range(0, 1), nullable=True),
    },
    unique=["code"],
    strict=True,
    ordered=True,
)
GOOD = pl.DataFrame({"code": ["AA", "QZ"], "kind": ["a", None], "share": [1.0, None]})


def valid(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> bool:
    try:
        schema.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors:
        return False
    return True


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_shipped_tables_keep_their_schemas(table: str) -> None:
    assert keeps(getattr(read_reference(), table), SCHEMAS[table])


@pytest.mark.parametrize(
    "frame",
    [
        GOOD.with_columns(code=pl.Series(["AA", "xQZ"])),
        GOOD.with_columns(code=pl.Series(["AA", None])),
        GOOD.with_columns(code=pl.Series(["AA", "AA"])),
        GOOD.with_columns(kind=pl.Series(["a", "c"])),
        GOOD.with_columns(share=pl.Series([0.0, 1.5])),
        GOOD.with_columns(share=pl.Series([1, 0])),
        GOOD.select("kind", "code", "share"),
        GOOD.drop("kind"),
        GOOD.with_columns(more=pl.lit(1)),
    ],
)
def test_what_breaks_a_rule_is_not_kept(frame: pl.DataFrame) -> None:
    assert keeps(GOOD, SCHEMA)
    assert valid(GOOD, SCHEMA)
    assert not keeps(frame, SCHEMA)
    assert not valid(frame, SCHEMA)


def test_a_rule_that_is_not_known_is_left_to_pandera() -> None:
    schema = pa.DataFrameSchema({"code": pa.Column(pl.String, pa.Check.str_length(2))}, ordered=True)
    assert not keeps(GOOD.select("code"), schema)
