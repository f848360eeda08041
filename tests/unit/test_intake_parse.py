"""Text to typed values: dates by the layout's formats, money to the cent, adjustments packed canonically."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from schemas.inbound import CLAIM_COLUMNS, REMIT_COLUMNS, Kind, npi_is_valid
from schemas.rules import Rules
from transforms.intake.layouts import Layout, canonical_layout
from transforms.intake.parse import canonical_adjustments, parsed, scaled

SCOPE = Rules().scope


def typed(layout: Layout, **values: str) -> dict[str, object]:
    columns = CLAIM_COLUMNS if layout.kind == "claim_lines" else REMIT_COLUMNS
    rows = pl.DataFrame(
        {column.name: [values.get(column.name)] for column in columns},
        schema=dict.fromkeys((column.name for column in columns), pl.String),
    )
    return parsed(rows.lazy(), layout, SCOPE).collect().row(0, named=True)


def layout(*formats: str, kind: Kind = "claim_lines") -> Layout:
    return Layout("mine", kind, {}, date_formats=formats)


@pytest.mark.parametrize(
    ("formats", "written", "read"),
    [
        (("%Y-%m-%d",), "2025-01-31", date(2025, 1, 31)),
        (("%Y-%m-%d",), "2024-02-29", date(2024, 2, 29)),
        (("%Y-%m-%d",), "2025-02-29", None),
        (("%Y-%m-%d",), "01/31/2025", None),
        (("%Y-%m-%d",), "2025-01-31T10:00", None),
        (("%Y-%m-%d",), "0001-01-01", date(1, 1, 1)),
        (("%Y%m%d",), "20250131", date(2025, 1, 31)),
        (("%Y%m%d",), "45688", None),
        (("%m/%d/%Y",), "01/31/2025", date(2025, 1, 31)),
        (("%m/%d/%Y",), "1/3/2025", date(2025, 1, 3)),
        (("%m/%d/%Y",), "31/01/2025", None),
        (("%m/%d/%Y", "%m/%d/%y"), "01/31/25", date(2025, 1, 31)),
        (("%m/%d/%Y", "%m/%d/%y"), "05/17/61", date(2061, 5, 17)),
        (("%m/%d/%Y", "%m/%d/%y"), "05/17/70", date(1970, 5, 17)),
        (("%Y%m%d", "%Y-%m-%d"), "2025-01-31", date(2025, 1, 31)),
    ],
)
def test_dates_are_read_by_the_formats_of_the_layout_in_their_order(
    formats: tuple[str, ...], written: str, read: date | None
) -> None:
    assert typed(layout(*formats), service_date=f" {written} ")["service_date"] == read


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("845", 84500),
        ("845.1", 84510),
        ("845.12", 84512),
        ("845.129", 84512),
        ("0.01", 1),
        ("-0.01", -1),
        ("-0", 0),
        ("9999999999.99", 999999999999),
        ("000000000000000000000845.00", 84500),
        ("0" * 30, 0),
        ("1e2", None),
        ("", None),
        (".5", None),
        ("NaN", None),
        ("1,200.50", None),
    ],
)
def test_money_is_exact_to_the_cent(written: str, cents: int | None) -> None:
    assert pl.DataFrame({"m": [written]}).select(scaled(pl.col("m"), 2)).item() == cents


def test_numbers_read_as_decimals_do() -> None:
    chance = random.Random(2)
    written = []
    for _ in range(2000):
        whole, digits = chance.randrange(10 ** chance.randint(1, 10)), chance.randrange(1000)
        written.append(f"{chance.choice(['', '-'])}{whole}.{digits:03d}")
    frame = pl.DataFrame({"m": written}).select(
        thousandths=scaled(pl.col("m"), 3), whole=scaled(pl.col("m"), 0)
    )
    assert frame["thousandths"].to_list() == [int(Decimal(text) * 1000) for text in written]
    assert frame["whole"].to_list() == [int(Decimal(text)) for text in written]


def test_money_of_a_layout_with_dollar_signs() -> None:
    us = Layout("mine", "remit_lines", {}, money="us")
    found = typed(
        us, charge_amount="$1,200.50", paid_amount="(5.00)", allowed_amount="7.00-", paid_units="1,440"
    )
    amounts = [found[name] for name in ("charge_amount", "paid_amount", "allowed_amount", "paid_units")]
    assert amounts == [120050, -500, -700, 1440000]
    assert found["text_paid_amount"] == "-5.00"


def test_texts_are_trimmed_and_codes_are_upper_case() -> None:
    found = typed(
        canonical_layout("claim_lines"),
        modifier_1=" qs ",
        member_id="\u00a0w1 ",
        diagnosis_1="m47.812",
        patient_sex=" ",
    )
    assert (found["modifier_1"], found["diagnosis_1"], found["patient_sex"]) == ("QS", "M47.812", None)
    assert found["member_id"] == "w1"
    assert found["text_patient_sex"] is None


@pytest.mark.parametrize(
    ("written", "code", "was_repaired"),
    [
        ("1939", "01939", True),
        (" 1937 ", "01937", True),
        ("01939", "01939", False),
        ("1936", "1936", False),
        ("939", "939", False),
        (None, None, False),
    ],
)
def test_only_a_lost_leading_zero_of_a_code_in_scope_is_put_back_and_told(
    written: str | None, code: str | None, was_repaired: bool
) -> None:
    given = {} if written is None else {"procedure_code": written}
    found = typed(canonical_layout("claim_lines"), **given)
    assert (found["procedure_code"], found["was_repaired"]) == (code, was_repaired)
    remit = typed(
        canonical_layout("remit_lines"), **({} if written is None else {"submitted_procedure_code": written})
    )
    assert (remit["submitted_procedure_code"], remit["was_repaired"]) == (code, was_repaired)


@pytest.mark.parametrize(
    ("written", "packed"),
    [
        ("CO-45:605.00|PR-2:30.00", "CO-45:60500|PR-2:3000"),
        ("PR-2:30|CO-45:605", "CO-45:60500|PR-2:3000"),
        ("CO-45:600.00|CO-45:5.00", "CO-45:60500"),
        ("CO-144:-0.11", "CO-144:-11"),
        ("CO-45:5.00|CO-45:-5.00", "CO-45:0"),
        (None, None),
    ],
)
def test_adjustments_are_summed_by_code_sorted_and_in_cents(written: str | None, packed: str | None) -> None:
    rows = pl.DataFrame({"n": [1, 2], "a": [written, "OA-23:1.00"]}, schema_overrides={"a": pl.String})
    found = dict(canonical_adjustments(rows, "a", "n").iter_rows())
    assert found.get(1) == packed
    assert found[2] == "OA-23:100"


def check_digit(nine: str) -> str:
    """Luhn over 80840 and nine digits, written out the long way."""
    total = 0
    for place, digit in enumerate(reversed("80840" + nine)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return str(-total % 10)


def test_npi_check_digits() -> None:
    assert check_digit("123456789") == "3"
    chance = random.Random(1)
    nines = [f"{chance.randrange(10**9):09d}" for _ in range(500)]
    written = [nine + str(digit) for nine in nines for digit in range(10)]
    found = pl.DataFrame({"npi": written}).select(npi_is_valid("npi"))["npi"].to_list()
    assert [npi for npi, valid in zip(written, found, strict=True) if valid] == [
        n + check_digit(n) for n in nines
    ]


@pytest.mark.parametrize(
    "written", ["123456789", "12345678930", "123456789X", " 1234567893", "", "\uff11234567893"]
)
def test_what_is_no_npi_at_all(written: str) -> None:
    assert pl.DataFrame({"npi": [written]}).select(npi_is_valid("npi")).item() is False
