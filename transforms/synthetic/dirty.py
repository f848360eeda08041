"""Rows that must be quarantined, some for every rule: a clean row with one thing wrong.

Every frame has `_rule` (the rule that must find it) and `_column`. The claim numbers are of no other row.
"""

from __future__ import annotations

import polars as pl

from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS, Row

Wrong = tuple[str, str, str | None]
FULL_WIDTH_CODE = "".join(chr(ord(digit) + 0xFEE0) for digit in "01939")

CLAIM_WRONGS: tuple[Wrong, ...] = (
    ("required_missing", "patient_birth_date", None),
    ("required_missing", "service_date", None),
    ("required_missing", "billing_provider_npi", None),
    ("text_too_long", "claim_id", "DIRTY" + "0" * 40),
    ("bad_date", "service_date", "2025-02-30"),
    ("serial_date", "submitted_on", "45688"),
    ("bad_date", "patient_birth_date", "05/17/1970"),
    ("bad_number", "charge_amount", "1200.50 EUR"),
    ("bad_number", "charge_amount", "1e2"),
    ("required_missing", "charge_amount", "NaN"),
    ("bad_number", "charge_amount", "inf"),
    ("charge_negative", "charge_amount", "5.00-"),
    ("bad_number", "unit_count", "1:30"),
    ("bad_number", "line_number", "one"),
    ("amount_precision", "charge_amount", "845.125"),
    ("amount_range", "charge_amount", "99999999999.00"),
    ("code_shape", "modifier_1", "AA,QS"),
    ("code_shape", "place_of_service", "4"),
    ("code_shape", "diagnosis_1", "NECK PAIN"),
    ("code_shape", "billing_provider_state", "TEX"),
    ("code_shape", "patient_sex", "X"),
    ("control_character", "payer_name", "AET\u0007NA"),
    ("control_character", "member_id", "W1\u202e2345"),
    ("control_character", "claim_id", "DIRTY\u200b1"),
    ("npi_check_digit", "billing_provider_npi", "1990001005"),
    ("npi_check_digit", "rendering_provider_npi", "199000111"),
    ("unknown_code", "claim_frequency_code", "5"),
    ("unknown_code", "unit_basis", "F2"),
    ("line_number_range", "line_number", "0"),
    ("line_number_range", "line_number", "51"),
    ("charge_negative", "charge_amount", "-850.00"),
    ("unit_count_positive", "unit_count", "0"),
    ("unit_count_positive", "unit_count", "-30"),
    ("minutes_range", "unit_count", "1441"),
    ("minutes_range", "unit_count", "99999"),
    ("date_bounds", "submitted_on", "2101-02-01"),
    ("code_not_yet_valid", "service_date", "2021-11-10"),
    ("service_after_submission", "submitted_on", "2024-10-01"),
    ("birth_after_service", "patient_birth_date", "2026-06-01"),
    ("birth_after_service", "patient_birth_date", "1889-01-01"),
    ("impossible_modifier", "modifier_3", "P6"),
    ("impossible_site", "place_of_service", "02"),
    ("impossible_site", "place_of_service", "10"),
    ("impossible_site", "place_of_service", "81"),
    ("near_scope_code", "procedure_code", "O1939"),
    ("near_scope_code", "procedure_code", "01939.0"),
    ("near_scope_code", "procedure_code", "01939-QK"),
    ("near_scope_code", "procedure_code", "'01939"),
    ("near_scope_code", "procedure_code", "1.939E3"),
    ("near_scope_code", "procedure_code", FULL_WIDTH_CODE),
)
REMIT_WRONGS: tuple[Wrong, ...] = (
    ("required_missing", "payment_trace", None),
    ("required_missing", "payer_claim_number", None),
    ("text_too_long", "claim_id", "DIRTY" + "0" * 40),
    ("bad_date", "payment_date", "31/01/2025"),
    ("bad_date", "service_date", "20250230"),
    ("bad_number", "paid_amount", "five"),
    ("bad_number", "charge_amount", "1.200,50"),
    ("amount_precision", "paid_amount", "101.005"),
    ("amount_range", "charge_amount", "12345678901.00"),
    ("code_shape", "modifier_1", "A"),
    ("control_character", "payer_name", "CIG\u200dNA"),
    ("npi_check_digit", "payee_npi", "1990002003"),
    ("unknown_code", "claim_status_code", "9"),
    ("code_shape", "adjustments", "CO45=531.23"),
    ("code_shape", "adjustments", "CO-45:531.23|PR-2"),
    ("date_bounds", "payment_date", "2101-02-01"),
    ("service_after_payment", "payment_date", "2024-10-15"),
    ("code_not_yet_valid", "service_date", "2021-12-31"),
    ("near_scope_code", "procedure_code", "01939.0"),
)


def dirty_claims(claims: pl.DataFrame) -> pl.DataFrame:
    """Give one wrong claim line per entry of `CLAIM_WRONGS`, made from clean single-line 01939 claims."""
    return _spoiled(claims, CLAIM_WRONGS, MADE_CLAIM_COLUMNS)


def dirty_remits(remits: pl.DataFrame) -> pl.DataFrame:
    """Give one wrong remit line per entry of `REMIT_WRONGS`, made from clean 01939 payments."""
    return _spoiled(remits, REMIT_WRONGS, MADE_REMIT_COLUMNS)


def _spoiled(rows: pl.DataFrame, wrongs: tuple[Wrong, ...], columns: tuple[str, ...]) -> pl.DataFrame:
    clean = rows.filter(
        pl.col("_scenario") == "paid", pl.col("procedure_code") == "01939", pl.col("modifier_2").is_not_null()
    ).unique("_case", keep="first", maintain_order=True)
    if clean.is_empty():
        raise ValueError("no clean 01939 rows to spoil")
    found: list[Row] = []
    for at, (rule, column, value) in enumerate(wrongs):
        row: Row = {name: clean[name][at * 7 % clean.height] for name in columns}
        row |= {"claim_id": f"DIRTY{at:04d}", "line_number": "1"} if "line_number" in row else {}
        row |= {"claim_id": f"DIRTY{at:04d}"}
        found.append(row | {column: value, "_rule": rule, "_column": column})
    return pl.DataFrame(found, schema=dict.fromkeys((*columns, "_rule", "_column"), pl.String))
