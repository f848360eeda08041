"""Claim and remit rows to work by hand, and the oracle on them."""

from __future__ import annotations

from datetime import date
from typing import Any

from oracle_reference import OracleReference, OracleSettings
from oracle_resolve import OracleResult, resolve

from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE
from schemas.columns import names
from schemas.resolved import RESOLVED_LINE, RESOLVED_REMIT

Row = dict[str, Any]
REFERENCE = OracleReference.load()
SERVICE = date(2026, 1, 5)


def claim(row_number: int, **values: Any) -> Row:
    """An Aetna claim line of 32 minutes for 660.00, billed the day after the service."""
    patient = values.get("patient_key", "patient")
    return {
        **dict.fromkeys(names(ACCEPTED_CLAIM_LINE)),
        "member_key": f"member of {patient}",
        "birth_key": f"birth of {patient}",
        "file_key": "claims",
        "row_number": row_number,
        "in_scope": True,
        "claim_number_key": "A1",
        "patient_key": "patient",
        "billing_provider_npi": "1234567893",
        "role": "P",
        "submitted_on": date(2026, 1, 6),
        "claim_frequency_code": "1",
        "line_number": 1,
        "line_number_key": "lc:1",
        "procedure_code": "01939",
        "modifier_1": "AA",
        "service_date": SERVICE,
        "charge_cents": 66000,
        "unit_basis": "MJ",
        "unit_count_thousandths": 32000,
        "place_of_service": "24",
        "payer_id": "60054",
        "payer_name": "AETNA",
        "claim_line_count": 1,
        **values,
    }


def remit(row_number: int, **values: Any) -> Row:
    """Aetna pays 100.96 of 660.00: 531.23 written off, 2.06 withheld, 25.75 coinsurance."""
    return {
        **dict.fromkeys(names(ACCEPTED_REMIT_LINE)),
        "file_key": "remits",
        "row_number": row_number,
        "claim_number_key": "A1",
        "trace_key": f"trace{row_number}",
        "payment_date": date(2026, 1, 20),
        "payer_claim_key": "P1",
        "claim_status_code": "1",
        "loop_ordinal": 1,
        "payee_npi": "1234567893",
        "payer_id": "60054",
        "payer_name": "AETNA",
        "service_sequence": 1,
        "service_date": SERVICE,
        "procedure_code": "01939",
        "charge_cents": 66000,
        "paid_cents": 10096,
        "adjustments": "CO-253:206|CO-45:53123|PR-2:2575",
        **values,
    }


def denial(row_number: int, carc: str = "16", **values: Any) -> Row:
    return remit(row_number, **{"paid_cents": 0, "adjustments": f"CO-{carc}:66000", **values})


def reversal(row_number: int, **values: Any) -> Row:
    changes = {
        "claim_status_code": "22",
        "payment_date": date(2026, 2, 1),
        "charge_cents": -66000,
        "paid_cents": -10096,
        "adjustments": "CO-253:-206|CO-45:-53123|PR-2:-2575",
    }
    return remit(row_number, **{**changes, **values})


def run(claims: list[Row], remits: list[Row], **settings: Any) -> OracleResult:
    result = resolve(claims, remits, REFERENCE, OracleSettings(**settings))
    assert all(set(row) == set(names(RESOLVED_LINE)) for row in result.lines)
    assert all(set(row) == set(names(RESOLVED_REMIT)) for row in result.remits)
    return result


def line(result: OracleResult, row_number: int) -> Row:
    return next(row for row in result.lines if row["row_number"] == row_number)


def standings(result: OracleResult) -> list[str]:
    return [line(result, i)["standing"] for i in range(1, len(result.lines) + 1)]


def outcomes(result: OracleResult) -> list[str]:
    return [row["outcome"] for row in sorted(result.remits, key=lambda row: row["row_number"])]
