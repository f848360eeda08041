"""Text to typed values: dates by the layout's formats, money to the cent, adjustments packed canonically."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from schemas.inbound import Kind
from schemas.inbound_claims import CLAIM_COLUMNS
from schemas.inbound_remits import REMIT_COLUMNS
from schemas.inbound_rules import npi_is_valid
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
    return parsed(rows, layout, SCOPE).row(0, named=True)


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
        (("%Y-%m-%d",), "2025-01-31 00:00:00", date(2025, 1, 31)),
        (("%Y-%m-%d",), "2025-01-31T00:00:00.000Z", date(2025, 1, 31)),
        (("%Y-%m-%d",), "2025-01-31 00:00", date(2025, 1, 31)),
        (("%Y-%m-%d",), "2025-01-31T00:00:00-05:00", date(2025, 1, 31)),
        (("%Y-%m-%d",), "20250131", date(2025, 1, 31)),
        (("%Y-%m-%d",), "25-01-31", date(25, 1, 31)),
        (("%m/%d/%Y",), "1/31/2025 12:00:00 AM", date(2025, 1, 31)),
        (("%m/%d/%Y",), "1/31/2025 0:00", date(2025, 1, 31)),
        (("%m/%d/%Y",), "1/31/2025 12:00:00 PM", None),
        (("%m/%d/%Y",), "1/31/25", date(2025, 1, 31)),
        (("%m/%d/%Y",), "2025-01-31", date(2025, 1, 31)),
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


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("$1,200.50", 120050), ("1,200.50", 120050), ("1,234,567.89", 123456789), ("(25.00)", -2500),
        ("$(25.00)", -2500), ("($25.00)", -2500), ("-$25.00", -2500), ("$-25.00", -2500), ("25.00-", -2500),
        ("25.00 CR", -2500), ("25.00CR", -2500), ("25.00 DR", 2500), ("$ -", 0), (" $ -   ", 0), ("$-", 0),
        (".52", 52), ("-.5", -50), ("84.", 8400), ("-84.", -8400), ("$.52", 52), ("+5", 500), ("5 USD", 500),
        ("\u22125.00", -500), ("$\u00a05.00", 500), ("336,00", None), ("1,20.50", None), ("12,345,6", None),
        ("5.00 X", None), ("1 845.00", None), ("--5", None), ("5-5", None), ("(5.00", None), ("$", None),
        (".", None), ("CR", None),
    ],
)  # fmt: skip
def test_amounts_as_the_standard_and_as_spreadsheets_write_them(written: str, cents: int | None) -> None:
    """CONTRACT 3, what people really send; X12.6: leading zeros are suppressed."""
    found = typed(canonical_layout("remit_lines"), charge_amount=written)
    assert found["charge_amount"] == cents
    assert found["text_charge_amount"] is not None


def test_amounts_with_a_decimal_comma_are_read_where_the_layout_says_so() -> None:
    european = Layout("mine", "remit_lines", {}, money="european")
    found = typed(european, charge_amount="1.200,50", paid_amount="-25,5", allowed_amount="7")
    assert [found[f"{name}_amount"] for name in ("charge", "paid", "allowed")] == [120050, -2550, 700]


def test_amounts_inside_packed_adjustments_have_the_same_forms() -> None:
    found = typed(canonical_layout("remit_lines"), adjustments="CO-253:.52| PR-2:84. |OA-23:-.5|CO-45:+7")
    assert found["adjustments"] == "CO-253:0.52|PR-2:84|OA-23:-0.5|CO-45:7"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("CO-45:$605.00|PR-2:$30", "CO-45:605.00|PR-2:30"),
        ("CO-45:605.00; PR-2:30.00", "CO-45:605.00|PR-2:30.00"),
        ("CO-45:605.00, pr-2:30.00", "CO-45:605.00|PR-2:30.00"),
        ("CO-45:1,605.00,PR-2:30.00", "CO-45:1605.00|PR-2:30.00"),
        ("CO-45:1,234,567.00|OA-23:($1,000.50)", "CO-45:1234567.00|OA-23:-1000.50"),
        ("CO-45:605,00", "CO-45:605,00"),
    ],
)
def test_adjustments_as_spreadsheets_show_them(written: str, plain: str) -> None:
    assert typed(canonical_layout("remit_lines"), adjustments=written)["adjustments"] == plain


@pytest.mark.parametrize(
    ("born", "served", "read"),
    [
        ("2/3/60", "3/4/25", date(1960, 2, 3)),
        ("05/17/61", "03/04/2025", date(1961, 5, 17)),
        ("3/5/25", "3/4/25", date(1925, 3, 5)),
        ("5/6/24", "3/4/25", date(1924, 5, 6)),
        ("3/4/20", "3/4/25", date(2020, 3, 4)),
        ("3/5/20", "3/4/25", date(1920, 3, 5)),
        ("2/29/24", "3/4/25", date(1924, 2, 29)),
        ("5/17/70", "3/4/25", date(1970, 5, 17)),
        ("5/6/2024", "3/4/25", date(2024, 5, 6)),
        ("5/6/1924", "3/4/25", date(1924, 5, 6)),
    ],
)
def test_a_birth_year_of_two_digits_is_that_of_a_patient_of_five_or_more(
    born: str, served: str, read: date
) -> None:
    """CONTRACT 3: two-digit years by a pivot; a birth date never lies after its service."""
    found = typed(layout("%m/%d/%Y"), patient_birth_date=born, service_date=served)
    assert found["patient_birth_date"] == read


@pytest.mark.parametrize(
    "word", ["NULL", "null", "N/A", "n/a", "NaN", "None", "-", "--", "#N/A", "\\N", '=""', '="NULL"']
)
def test_words_for_nothing_are_nothing(word: str) -> None:
    found = typed(canonical_layout("claim_lines"), modifier_2=f" {word} ", claim_id=word, service_date=word)
    assert [found[name] for name in ("modifier_2", "text_modifier_2", "claim_id", "service_date")] == [
        None
    ] * 4


def test_a_formula_that_keeps_a_text_a_text_is_unwrapped() -> None:
    found = typed(canonical_layout("claim_lines"), claim_id='="00123"', procedure_code='="01939"')
    assert (found["claim_id"], found["procedure_code"]) == ("00123", "01939")


def test_a_point_and_zeros_behind_a_code_of_digits_are_taken_off_and_counted() -> None:
    found = typed(canonical_layout("claim_lines"), billing_provider_npi="1234567893.0", claim_id="77.0")
    assert (found["billing_provider_npi"], found["claim_id"]) == ("1234567893", "77.0")
    assert found["was_repaired"]


def test_words_whose_code_is_certain_are_read() -> None:
    found = typed(canonical_layout("claim_lines"), patient_sex="female", payer_responsibility="Primary")
    assert (found["patient_sex"], found["payer_responsibility"]) == ("F", "P")


@pytest.mark.parametrize("written", ["N115, MA18", "N115;MA18", "n115 ma18", "N115|MA18", "N115 / MA18"])
def test_remark_codes_joined_in_other_ways_are_read(written: str) -> None:
    assert typed(canonical_layout("remit_lines"), remark_codes=written)["remark_codes"] == "N115|MA18"


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
