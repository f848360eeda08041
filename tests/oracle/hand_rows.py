"""Claim and remit lines to work by hand, written as files and read by the oracle."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

from oracle_reference import OracleReference

Row = dict[str, Any]
REFERENCE = OracleReference.load()
SERVICE = date(2026, 1, 5)
NPI, OTHER_NPI = "1234567893", "1003000126"
RENDERING, OTHER_RENDERING = "1003000134", "1003000142"
CLAIM_COLUMNS = (
    *("claim_id", "line_number", "line_control_number", "submitted_on", "claim_frequency_code"),
    *("original_claim_number", "payer_id", "payer_name", "payer_responsibility", "claim_filing_code"),
    *("member_id", "patient_birth_date", "patient_sex", "billing_provider_npi", "rendering_provider_npi"),
    *("billing_provider_state", "medicare_contractor", "medicare_locality", "service_facility_state"),
    *("place_of_service", "procedure_code", "modifier_1", "modifier_2", "modifier_3", "modifier_4"),
    *("charge_amount", "unit_basis", "unit_count", "diagnosis_1", "diagnosis_2", "diagnosis_3"),
    *("diagnosis_4", "surgical_procedure_code", "service_date", "prior_authorization_number"),
)
REMIT_COLUMNS = (
    *("payment_trace", "payment_date", "payer_id", "payer_name", "payee_npi", "claim_id"),
    *("claim_status_code", "remit_filing_code", "payer_claim_number", "original_payer_claim_number"),
    *("service_sequence", "line_control_number", "service_date", "procedure_code"),
    *("modifier_1", "modifier_2", "modifier_3", "modifier_4", "submitted_procedure_code"),
    *("charge_amount", "paid_amount", "paid_units", "allowed_amount", "adjustments"),
    *("claim_adjustments", "remark_codes"),
)


def claim(**values: Any) -> Row:
    """An Aetna claim line of 32 minutes for 660.00, billed the day after the service."""
    return {
        **dict.fromkeys(CLAIM_COLUMNS, ""),
        "claim_id": "A1",
        "line_number": "1",
        "submitted_on": "2026-01-06",
        "claim_frequency_code": "1",
        "payer_id": "60054",
        "payer_name": "AETNA",
        "payer_responsibility": "P",
        "member_id": "W100",
        "patient_birth_date": "1961-05-17",
        "billing_provider_npi": NPI,
        "place_of_service": "24",
        "procedure_code": "01939",
        "modifier_1": "AA",
        "charge_amount": "660.00",
        "unit_basis": "MJ",
        "unit_count": "32",
        "service_date": "2026-01-05",
        **values,
    }


def remit(**values: Any) -> Row:
    """Aetna pays 100.96 of 660.00: 531.23 written off, 2.06 withheld, 25.75 coinsurance."""
    return {
        **dict.fromkeys(REMIT_COLUMNS, ""),
        "payment_trace": "T1",
        "payment_date": "2026-01-20",
        "payer_id": "60054",
        "payer_name": "AETNA",
        "payee_npi": NPI,
        "claim_id": "A1",
        "claim_status_code": "1",
        "payer_claim_number": "P1",
        "service_sequence": "1",
        "service_date": "2026-01-05",
        "procedure_code": "01939",
        "charge_amount": "660.00",
        "paid_amount": "100.96",
        "adjustments": "CO-253:2.06|CO-45:531.23|PR-2:25.75",
        **values,
    }


def denial(carc: str = "16", **values: Any) -> Row:
    return remit(**{"paid_amount": "0", "adjustments": f"CO-{carc}:660.00", **values})


def reversal(**values: Any) -> Row:
    changes = {
        "payment_trace": "T2",
        "claim_status_code": "22",
        "payment_date": "2026-02-01",
        "charge_amount": "-660.00",
        "paid_amount": "-100.96",
        "adjustments": "CO-253:-2.06|CO-45:-531.23|PR-2:-25.75",
    }
    return remit(**{**changes, **values})


def write(folder: Path, claims: list[Row], remits: list[Row]) -> None:
    """The lines as two files of canonical CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, columns, rows in (("claims.csv", CLAIM_COLUMNS, claims), ("remits.csv", REMIT_COLUMNS, remits)):
        if rows:
            with (folder / name).open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, columns)
                writer.writeheader()
                writer.writerows(rows)
