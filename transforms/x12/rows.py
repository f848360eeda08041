"""What a reader of one kind of set gives back for one piece."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from transforms.x12.findings import Finding
from transforms.x12.segments import Positions

X12_CLAIM_COLUMNS: tuple[str, ...] = (
    "claim_id", "line_number", "line_control_number", "submitted_on", "claim_frequency_code",
    "original_claim_number", "payer_id", "payer_name", "payer_responsibility", "claim_filing_code",
    "member_id", "patient_birth_date", "patient_sex", "billing_provider_npi", "rendering_provider_npi",
    "billing_provider_state", "medicare_contractor", "medicare_locality", "service_facility_state",
    "place_of_service", "procedure_code", "modifier_1", "modifier_2", "modifier_3", "modifier_4",
    "charge_amount", "unit_basis", "unit_count", "diagnosis_1", "diagnosis_2", "diagnosis_3", "diagnosis_4",
    "surgical_procedure_code", "service_date", "prior_authorization_number",
)  # fmt: skip
X12_REMIT_COLUMNS: tuple[str, ...] = (
    "payment_trace", "payment_date", "payer_id", "payer_name", "payee_npi", "claim_id", "claim_status_code",
    "remit_filing_code", "payer_claim_number", "original_payer_claim_number", "service_sequence",
    "line_control_number", "service_date", "procedure_code", "modifier_1", "modifier_2", "modifier_3",
    "modifier_4", "submitted_procedure_code", "charge_amount", "paid_amount", "paid_units", "allowed_amount",
    "adjustments", "claim_adjustments", "remark_codes",
)  # fmt: skip
CLAIM_EXTRA = ("row_number",)
REMIT_EXTRA = ("row_number", "loop_ordinal")


@dataclass(frozen=True, slots=True)
class Spots:
    """A warning and the segments (numbers in the piece, ascending) where it was met."""

    rule_code: str
    segment_id: str
    segments: Positions


@dataclass(frozen=True, slots=True)
class PartRows:
    """Rows of one kind from one piece, and the segments of every service line and loop (CLP) read.

    Ordinals count within the piece, from 1; the Int64 column `origin` is the segment number of the line.
    `findings` are quarantined claims, their positions segment numbers of the piece.
    """

    rows: pl.DataFrame
    findings: list[Finding]
    spots: list[Spots]
    line_segments: Positions
    loop_segments: Positions


@lru_cache(maxsize=16)
def empty_rows(columns: tuple[str, ...], extra: tuple[str, ...]) -> pl.DataFrame:
    """No rows, with the canonical columns as String and `extra` as Int64."""
    schema: dict[str, type[pl.DataType]] = dict.fromkeys(columns, pl.String)
    return pl.DataFrame(schema=schema | dict.fromkeys(extra, pl.Int64))


def frame_of(columns: dict[str, pl.Series], names: tuple[str, ...]) -> pl.DataFrame:
    """The named columns, of the same length, as a frame in this order."""
    return pl.DataFrame([columns[name].alias(name) for name in names])
