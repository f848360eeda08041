"""What Polars says of a frame and a schema is what pandera says; and a run does without pandera."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from flows.readers.reference_files import read_reference
from schemas.frame_schema import FrameSchema
from schemas.pandera_schemas import broken_rules, pandera_schema
from schemas.reference import SCHEMAS
from schemas.reference_columns import number_field, schema, text_field

SCHEMA = schema(
    {
        "code": text_field("code", shape="[A-Z]{2}"),
        "kind": text_field("kind", nullable=True, among=("a", "b")),
        "share": number_field("share", 0, 1, nullable=True),
    },
    ("code",),
)
GOOD = pl.DataFrame({"code": ["AA", "QZ"], "kind": ["a", None], "share": [1.0, None]}).with_columns(
    source=pl.lit("CMS"), confidence=pl.lit("derived")
)


@pytest.mark.parametrize("table", SCHEMAS)
def test_the_shipped_tables_keep_their_schemas(table: str) -> None:
    frame: pl.DataFrame = getattr(read_reference(), table)
    assert SCHEMAS[table].keeps(frame)
    assert broken_rules(frame, SCHEMAS[table]) == ""


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (GOOD.with_columns(code=pl.Series(["AA", "xQZ"])), "code: not of its shape"),
        (GOOD.with_columns(code=pl.Series(["AA", None])), "code: not_nullable"),
        (GOOD.with_columns(code=pl.Series(["AA", "AA"])), "unique"),
        (GOOD.with_columns(kind=pl.Series(["a", "c"])), "kind: not in its list"),
        (GOOD.with_columns(share=pl.Series([0.0, 1.5])), "share: out of its bounds"),
        (GOOD.with_columns(share=pl.Series([1, 0])), "share: dtype"),
        (GOOD.select("kind", "code", "share", "source", "confidence"), "column_ordered"),
        (GOOD.drop("kind"), "column_in_dataframe"),
        (GOOD.with_columns(more=pl.lit(1)), "column_in_schema"),
    ],
)
def test_what_breaks_a_rule_is_not_kept(frame: pl.DataFrame, told: str) -> None:
    assert SCHEMA.keeps(GOOD)
    assert broken_rules(GOOD, SCHEMA) == ""
    assert not SCHEMA.keeps(frame)
    assert told in broken_rules(frame, SCHEMA)


def test_a_schema_without_rules_asks_for_columns_and_nulls() -> None:
    bare = FrameSchema("bare", (text_field("code").column("code"),))
    assert bare.keeps(GOOD.select("code"))
    assert not bare.keeps(GOOD.select(pl.lit(None, pl.String).alias("code")))


def test_an_open_schema_lets_other_columns_stand_beside() -> None:
    opened = FrameSchema("open", (text_field("code").column("code"),), is_open=True)
    pandera_schema(opened).validate(GOOD)


def test_a_run_loads_neither_pandera_nor_pandas() -> None:
    told = (
        "import sys, flows.dag, flows.readers.reference_files as r; r.read_reference(); print(*sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert not {"pandera", "pandas"} & set(found.stdout.split())
