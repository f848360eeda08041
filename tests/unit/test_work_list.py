"""The lines behind a cell, for work lists: underpaid, denied, open (contract section 2 `lines`)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
from table_lines import denied, lines, paid, reference

from schemas.accepted import ACCEPTED_CLAIM_LINE
from transforms.tables.work_list import WORK_LIST_COLUMNS, WorkKind, work_list

Row = dict[str, object]
CONTRACTS = pl.DataFrame(
    {
        "payer": ["aetna"],
        "line_of_business": [None],
        "dollars_per_unit": [Decimal("60.00")],
        "effective_from": [None],
        "effective_to": [None],
    },
    schema={
        "payer": pl.String,
        "line_of_business": pl.String,
        "dollars_per_unit": pl.Decimal(12, 4),
        "effective_from": pl.Date,
        "effective_to": pl.Date,
    },
)
ROWS: list[Row] = [
    paid(36_000, final_file_key="e" * 16, final_row_number=7),
    paid(35_999),
    paid(30_000),
    denied(),
    denied(payer="uhc"),
    {"first_submitted_on": date(2024, 6, 1)},
    {"adjudication_state": "awaiting_readjudication"},
    {"adjudication_state": "reversed"},
    {"standing": "superseded"},
]


def told(kind: WorkKind, contracts: pl.DataFrame | None = CONTRACTS) -> list[Row]:
    return work_list(lines(*ROWS), date(2024, 6, 30), reference(), contracts, kind).to_dicts()


def test_underpaid_lines_are_short_of_the_contract_by_more_than_a_cent() -> None:
    """As `contract_variance` counts them: 6 units at 60 dollars; a cent is no matter."""
    (row,) = told("underpaid")
    assert (row["row_number"], row["expected_from"]) == (3, "contract")
    assert (row["allowed_amount"], row["expected_amount"]) == (Decimal("300.00"), Decimal("360.00"))
    assert row["short_amount"] == Decimal("60.00")
    assert told("underpaid", None) == []


def test_denied_lines_have_their_reason_and_are_expected_at_the_own_median() -> None:
    """Contract 6 `denials`: at the payer's own median price; uhc has none."""
    first, second = told("denied")
    assert (first["payer"], first["expected_amount"], first["expected_from"]) == (
        *("aetna", Decimal("359.99")),
        "own_median",
    )
    assert (first["group_code"], first["carc"]) == ("CO", "197")
    assert first["reason"]
    assert (second["payer"], second["expected_amount"], second["expected_from"]) == ("uhc", None, None)


def test_open_lines_wait_for_an_answer_and_have_an_age() -> None:
    """Contract 6 `open_claims`: pending and awaiting; reversed lines are answered."""
    assert [(row["row_number"], row["age_band"]) for row in told("open")] == [(6, "0-30"), (7, "91+")]


def test_all_current_primary_lines_and_where_their_answer_stands() -> None:
    rows = told("all")
    assert sorted(row["row_number"] for row in rows) == list(range(1, 9))  # type: ignore[type-var]
    first = next(row for row in rows if row["row_number"] == 1)
    assert (first["final_file_key"], first["final_row_number"]) == ("e" * 16, 7)


def test_no_column_is_an_identifier_a_provider_or_a_date() -> None:
    """Contract 7: nothing personal. Keyed hashes are none of anybody's business either."""
    frame = work_list(lines(*ROWS), date(2024, 6, 30), reference(), None)
    assert tuple(frame.columns) == WORK_LIST_COLUMNS
    assert not any(dtype == pl.Date for dtype in frame.dtypes)
    names = {column.name for column in ACCEPTED_CLAIM_LINE} - {"file_key"}
    keyed = {name for name in names if name.endswith(("_key", "_npi"))}
    assert {"patient_key", "claim_number_key", "billing_provider_npi"} <= keyed
    assert keyed.isdisjoint(frame.columns)
