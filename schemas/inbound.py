"""Canonical inbound rows: their columns. Source: 005010X222A1, 005010X221A1.

A row is read as text, parsed beside its text (`text_<column>` stays), and checked by `inbound_rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import polars as pl

Kind = Literal["claim_lines", "remit_lines"]
Parsed = Literal["text", "code", "date", "cents", "whole", "thousandths", "adjustments", "name"]


@dataclass(frozen=True)
class InboundColumn:
    """A canonical column: how it is parsed and whether a row must have it."""

    name: str
    parsed: Parsed
    required: bool = False
    shape: str | None = None
    longest: int | None = None


def _modifiers() -> tuple[InboundColumn, ...]:
    return tuple(InboundColumn(f"modifier_{i}", "code", shape=r"[0-9A-Z]{2}") for i in range(1, 5))


NPI = r"[0-9]{10}"
CPT = r"[0-9A-Z]{5}"
STATE = r"[A-Z]{2}"
ICD10 = r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?"

CLAIM_COLUMNS: Final = (
    InboundColumn("claim_id", "text", True, longest=38),
    InboundColumn("line_number", "whole", True),
    InboundColumn("line_control_number", "text", longest=50),
    InboundColumn("submitted_on", "date", True),
    InboundColumn("claim_frequency_code", "code", True),
    InboundColumn("original_claim_number", "text", longest=50),
    InboundColumn("payer_id", "text", longest=80),
    InboundColumn("payer_name", "name", longest=120),
    InboundColumn("payer_responsibility", "code", True),
    InboundColumn("claim_filing_code", "code", shape=r"[0-9A-Z]{1,2}"),
    InboundColumn("member_id", "text", longest=80),
    InboundColumn("patient_birth_date", "date", True),
    InboundColumn("patient_sex", "code", shape=r"[FMU]"),
    InboundColumn("billing_provider_npi", "text", True),
    InboundColumn("rendering_provider_npi", "text"),
    InboundColumn("billing_provider_state", "code", shape=STATE),
    InboundColumn("medicare_contractor", "text", shape=r"[0-9]{5}"),
    InboundColumn("medicare_locality", "text", shape=r"[0-9]{2}"),
    InboundColumn("service_facility_state", "code", shape=STATE),
    InboundColumn("place_of_service", "text", True, shape=r"[0-9]{2}"),
    InboundColumn("procedure_code", "code", True),
    *_modifiers(),
    InboundColumn("charge_amount", "cents", True),
    InboundColumn("unit_basis", "code", True),
    InboundColumn("unit_count", "thousandths", True),
    *(InboundColumn(f"diagnosis_{i}", "code", shape=ICD10) for i in range(1, 5)),
    InboundColumn("surgical_procedure_code", "code", shape=CPT),
    InboundColumn("service_date", "date", True),
    InboundColumn("prior_authorization_number", "text", longest=50),
)
"""Claim lines (837P), one row per service line per submission."""

REMIT_COLUMNS: Final = (
    InboundColumn("payment_trace", "text", True, longest=50),
    InboundColumn("payment_date", "date", True),
    InboundColumn("payer_id", "text", longest=80),
    InboundColumn("payer_name", "name", longest=120),
    InboundColumn("payee_npi", "text"),
    InboundColumn("claim_id", "text", True, longest=38),
    InboundColumn("claim_status_code", "code", True),
    InboundColumn("remit_filing_code", "code", shape=r"[0-9A-Z]{1,2}"),
    InboundColumn("payer_claim_number", "text", True, longest=50),
    InboundColumn("original_payer_claim_number", "text", longest=50),
    InboundColumn("service_sequence", "whole"),
    InboundColumn("line_control_number", "text", longest=50),
    InboundColumn("service_date", "date"),
    InboundColumn("procedure_code", "code"),
    *_modifiers(),
    InboundColumn("submitted_procedure_code", "code"),
    InboundColumn("charge_amount", "cents", True),
    InboundColumn("paid_amount", "cents", True),
    InboundColumn("paid_units", "thousandths"),
    InboundColumn("allowed_amount", "cents"),
    InboundColumn("adjustments", "adjustments"),
    InboundColumn("claim_adjustments", "adjustments"),
    InboundColumn("remark_codes", "code", shape=r"[0-9A-Z]{2,5}(?:\|[0-9A-Z]{2,5})*"),
)
"""Remit lines (835), one row per service payment line."""

COLUMNS: Final[dict[Kind, tuple[InboundColumn, ...]]] = {
    "claim_lines": CLAIM_COLUMNS,
    "remit_lines": REMIT_COLUMNS,
}
IDENTIFIERS: Final = (
    "claim_id",
    "original_claim_number",
    "payer_id",
    "member_id",
    "billing_provider_npi",
    "rendering_provider_npi",
    "line_control_number",
    "payment_trace",
    "payee_npi",
    "payer_claim_number",
    "original_payer_claim_number",
)
"""Columns whose text tells one thing from another: a number that a spreadsheet rounded is another one."""
OPTIONAL_IN_HEADER: Final[dict[Kind, frozenset[str]]] = {
    kind: frozenset(column.name for column in columns if not column.required)
    for kind, columns in COLUMNS.items()
}
TYPES: Final[dict[Parsed, pl.DataType]] = {
    "text": pl.String(),
    "code": pl.String(),
    "name": pl.String(),
    "adjustments": pl.String(),
    "date": pl.Date(),
    "cents": pl.Int64(),
    "whole": pl.Int64(),
    "thousandths": pl.Int64(),
}
FREQUENCIES: Final = ("1", "6", "7", "8")
STATUSES: Final = ("1", "2", "3", "4", "19", "20", "21", "22", "23", "25")
LARGEST_CENTS: Final = 10**12 - 1
FIRST_DAY: Final = date(2000, 1, 1)
LAST_DAY: Final = date(2100, 12, 31)
FAMILY_FROM: Final = date(2022, 1, 1)
ADJUSTMENT: Final = r"[A-Z]{2}-[0-9A-Z]{1,3}:-?[0-9]+(?:\.[0-9]+)?"
SCIENTIFIC: Final = r"(?i)^[-+]?[0-9](?:[.,][0-9]+E[-+]?|E\+)[0-9]{1,3}$"
"""1.23E+14: what a spreadsheet shows for a long number; its digits are gone."""
SERIAL_DATE: Final = r"^[1-9][0-9]{4}(?:\.[0-9]+)?$"
"""Days since 1900, as a spreadsheet stores a date: named, never taken for one."""
HIDDEN: Final = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    r"\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2064}\u{2066}-\u{2069}\u{feff}]"
)
"""Control, zero-width and bidirectional characters; tabs and line ends inside a quoted field are none."""


def text_of(column: str) -> pl.Expr:
    """The text a column was parsed from (trimmed; empty is null)."""
    return pl.col(f"text_{column}")
