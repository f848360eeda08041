"""Every inbound column says what it means, its unit, its source and an example (contract, section 3)."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from schemas.inbound import COLUMNS, Kind
from schemas.inbound_page import inbound_page
from schemas.rules import Rules
from transforms.intake.layouts import canonical_layout
from transforms.intake.parse import parsed

DOCUMENT = Path(__file__).parents[2] / "docs" / "inbound_columns.md"
KINDS: tuple[Kind, ...] = ("claim_lines", "remit_lines")
NOT_IN_X12 = {"medicare_contractor", "medicare_locality"}


def test_the_page_is_what_the_definitions_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == inbound_page(), "run `make docs`"


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_is_described(kind: Kind) -> None:
    for column in COLUMNS[kind]:
        assert not column.description[0].islower(), column.name
        assert not column.description.endswith("."), column.name
        assert bool(column.source) != (column.name in NOT_IN_X12), column.name
        needs_unit = column.parsed in ("date", "cents", "whole", "thousandths", "adjustments")
        assert bool(column.unit) == needs_unit, column.name
        assert column.example or column.name[:-1] in ("modifier_", "diagnosis_"), column.name


@pytest.mark.parametrize("kind", KINDS)
def test_every_example_is_read(kind: Kind) -> None:
    row = {column.name: column.example or None for column in COLUMNS[kind]}
    read = _read(kind, row)
    unread = [name for name, example in row.items() if example and read[name] is None]
    assert unread == []


def _read(kind: Kind, row: dict[str, str | None]) -> dict[str, object]:
    """The row as intake parses it."""
    texts = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String))
    return parsed(texts, canonical_layout(kind), Rules().scope).row(0, named=True)
