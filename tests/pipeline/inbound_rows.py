"""One good claim line and one good remit line, and taking files in without a run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.settings import load_settings
from flows.steps.intake import intake_batch
from flows.store.files import as_json
from schemas.inbound_claims import CLAIM_COLUMNS
from schemas.inbound_remits import REMIT_COLUMNS

KEY = "a key of the tests, long enough for its purpose"
Row = dict[str, str]

GOOD_CLAIM: Row = {
    **{column.name: "" for column in CLAIM_COLUMNS},
    "claim_id": "PCN1001",
    "line_number": "1",
    "line_control_number": "LC1",
    "submitted_on": "2025-03-10",
    "claim_frequency_code": "1",
    "payer_id": "60054",
    "payer_name": "AETNA",
    "payer_responsibility": "P",
    "claim_filing_code": "CI",
    "member_id": "W123456789",
    "patient_birth_date": "1961-05-17",
    "patient_sex": "F",
    "billing_provider_npi": "1234567893",
    "rendering_provider_npi": "1003000126",
    "billing_provider_state": "TX",
    "service_facility_state": "TX",
    "medicare_contractor": "04412",
    "medicare_locality": "09",
    "place_of_service": "24",
    "procedure_code": "01939",
    "modifier_1": "AA",
    "charge_amount": "845.00",
    "unit_basis": "MJ",
    "unit_count": "32",
    "diagnosis_1": "M47.812",
    "surgical_procedure_code": "64633",
    "service_date": "2025-03-04",
    "prior_authorization_number": "AUTH77",
}
GOOD_REMIT: Row = {
    **{column.name: "" for column in REMIT_COLUMNS},
    "payment_trace": "EFT900",
    "payment_date": "2025-04-02",
    "payer_id": "60054",
    "payer_name": "AETNA",
    "payee_npi": "1234567893",
    "claim_id": "PCN1001",
    "claim_status_code": "1",
    "remit_filing_code": "12",
    "payer_claim_number": "ICN500",
    "service_sequence": "1",
    "line_control_number": "LC1",
    "service_date": "2025-03-04",
    "procedure_code": "01939",
    "modifier_1": "AA",
    "charge_amount": "845.00",
    "paid_amount": "210.00",
    "paid_units": "32",
    "allowed_amount": "240.00",
    "adjustments": "CO-45:605.00|PR-2:30.00",
    "remark_codes": "N115",
}


@dataclass(frozen=True)
class TakenFiles:
    """What a batch left: ledger rows by name, and the frames it wrote (empty where it wrote none)."""

    ledger: dict[str, dict[str, Any]]
    claim_lines: pl.DataFrame
    remit_lines: pl.DataFrame
    lines_beside: pl.DataFrame
    quality: pl.DataFrame
    quarantine: pl.DataFrame

    @property
    def only(self) -> dict[str, Any]:
        """The ledger row of the only file."""
        (row,) = self.ledger.values()
        return row


def claim(**changes: str) -> Row:
    """The good claim line with some fields changed."""
    return {**GOOD_CLAIM, **changes}


def remit(**changes: str) -> Row:
    """The good remit line with some fields changed."""
    return {**GOOD_REMIT, **changes}


def as_csv(rows: Iterable[Mapping[str, str]], end: str = "\n") -> bytes:
    """Rows as a CSV file with a header."""
    rows = list(rows)
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def take_in(folder: Path, files: Mapping[str, bytes], **changes: Any) -> TakenFiles:
    """Take files in as one batch; `folder` must be empty."""
    landing, work = folder / "landing", folder / "work"
    work.mkdir(parents=True)
    entries = []
    for name, content in files.items():
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        marks = {"size": len(content), "modified_ns": path.stat().st_mtime_ns}
        entries.append({"path": str(path), "shown_name": name, **marks})
    return take_in_listed(folder, entries, **changes)


def take_in_listed(folder: Path, entries: list[dict[str, Any]], **changes: Any) -> TakenFiles:
    """Take in the files of a listing."""
    work = folder / "work"
    listing = work / "batch-0.json"
    listing.write_bytes(as_json({"files": entries}))
    settings = load_settings(
        **{"data": folder, "hmac_key": KEY, "settle_seconds": 0.0, "publication": False, **changes}
    )
    report = intake_batch(listing, work, settings, settings.key)
    frames = {
        room: pl.read_parquet(path) if (path := getattr(report, room)) else pl.DataFrame()
        for room in ("claim_lines", "remit_lines", "lines_beside", "quality", "quarantine")
    }
    assert not list(work.glob("*.plain")), "a decompressed copy was left behind"
    return TakenFiles({row["shown_name"]: row for row in report.ledger_rows}, **frames)
