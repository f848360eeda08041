"""A value as text, and what stands where there is none (contract sections 6 and 8)."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from small_tables import published

from schemas.tables import TABLES
from transforms.publication.published import PublishedRow
from transforms.publication.values import as_text, shown
from transforms.publication.views import VIEWS


def row_of(audience: str, name: str, view: str, **values: Any) -> PublishedRow:
    """The one row of a table with these values."""
    wanted = {key: values[key] for key in ("payer", "line_of_business", "care_model") if key in values}
    return published(audience, **{name: [values]}).row(view, **wanted)


@pytest.mark.parametrize(
    ("value", "unit", "lines", "text"),
    [
        (74.4595, "USD per unit", 0, "$74.46"),
        (Decimal("109244.31"), "USD", 0, "$109,244"),
        (Decimal("-25.00"), "USD", 0, "-$25"),
        (0.0913, "share", 100, "9.1 %"),
        (0.0913, "share", 99, "9 %"),
        (0.0913, "share", 0, "9 %"),
        (3.5573, "ratio", 0, "3.56"),
        (23.5, "days", 0, "24"),
        (37.5, "minutes", 0, "38"),
        (1_264, "lines", 0, "1,264"),
        (0, "lines", 0, "0"),
        (dt.date(2026, 2, 13), "date", 0, "Feb 13, 2026"),
        (True, "", 0, "yes"),
        ("01939", "", 0, "01939"),
    ],
)
def test_numbers_stand_in_their_unit(value: object, unit: str, lines: int, text: str) -> None:
    assert as_text(value, unit, lines) == text


def test_a_share_has_a_decimal_only_on_exact_counts_of_a_hundred_lines() -> None:
    told = {"payer": "aetna", "line_of_business": "all", "denial_rate": 0.0913, "denied_lines": 9}
    exact = row_of("internal", "denials", "v_denials", **told)
    few = row_of("internal", "denials", "v_denials", **told, service_lines=99)
    rounded = row_of("standard", "denials", "v_denials", **told)
    assert [shown(row, "denial_rate").text for row in (exact, few, rounded)] == ["9.1 %", "9 %", "9 %"]


def test_an_absent_row_is_none_where_counts_are_exact_and_fewer_than_eleven_elsewhere() -> None:
    absent = {
        audience: published(audience).row("v_denials", payer="aetna") for audience in ("internal", "standard")
    }
    assert shown(absent["internal"], "service_lines").text == "none"
    told = shown(absent["standard"], "service_lines")
    assert (told.text, told.symbol) == ("[c]", "c")
    assert "fewer than 11" in told.why


@pytest.mark.parametrize("reason", ["few_lines", "few_providers", "dominant_provider"])
def test_a_withheld_price_says_why(reason: str) -> None:
    row = row_of(
        "standard",
        "payment",
        "v_price_by_payer",
        payer="aetna",
        line_of_business="commercial",
        withheld=reason,
    )
    told = shown(row, "allowed_per_unit_p50")
    assert told.text == "[p]"
    assert told.why.startswith("Price withheld: ")


def test_a_tail_needs_thirty_lines_and_says_so() -> None:
    row = row_of(
        "standard",
        "payment",
        "v_price_by_payer",
        payer="aetna",
        line_of_business="commercial",
        allowed_per_unit_p50=70.0,
    )
    assert "30 lines" in shown(row, "allowed_per_unit_p10").why
    assert shown(row, "allowed_per_unit_p50").text == "$70.00"


def test_a_part_of_one_to_ten_lines_is_no_zero() -> None:
    row = row_of("standard", "denials", "v_denials", payer="aetna", denied_lines=None, denial_rate=None)
    assert [shown(row, name).symbol for name in ("denied_lines", "denial_rate")] == ["c", "c"]


@pytest.mark.parametrize("model", ["supervised", "conflict", "unspecified"])
def test_a_care_model_without_a_share_has_no_price_per_unit(model: str) -> None:
    row = row_of(
        "standard",
        "care_models",
        "v_care_models",
        payer="aetna",
        line_of_business="commercial",
        care_model=model,
    )
    assert shown(row, "allowed_per_unit_p50").symbol == "z"
    assert shown(row, "service_lines").text == "100"


def test_a_table_or_column_that_the_release_lacks_is_no_data() -> None:
    release = published("standard", denials=[{"payer": "aetna"}])
    row = release.row("v_denials", payer="aetna")
    assert shown(row, "no_such_column").symbol == "n"
    assert release.view("v_collections") == []


def test_a_date_of_claims_is_a_month_where_counts_are_rounded() -> None:
    told = {"payer": "aetna", "paid_through": dt.date(2025, 10, 1)}
    rows = [row_of(audience, "timeliness", "v_days", **told) for audience in ("internal", "standard")]
    assert [shown(row, "paid_through").text for row in rows] == ["Oct 1, 2025", "Oct 2025"]


def test_an_immature_value_is_marked() -> None:
    row = row_of("standard", "denials", "v_denials", payer="aetna", denial_rate=0.1, is_mature=False)
    assert (shown(row, "denial_rate").text, shown(row, "denial_rate").mark) == ("10 %", "m")


def test_every_shown_number_names_table_key_and_column() -> None:
    row = row_of("standard", "denials", "v_denials", payer="aetna", denial_rate=0.1)
    told = shown(row, "denial_rate")
    assert (told.table, told.column) == ("denials", "denial_rate")
    assert told.key == "01939|aetna|all|rolling_12|2024-10-01"


def test_views_read_only_columns_that_their_tables_describe() -> None:
    for view in VIEWS.values():
        assert set(view.columns) <= {column.name for column in TABLES[view.table].columns}, view.name
