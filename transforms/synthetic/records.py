"""What is written down: claims (837P) and adjudications (835) as small values, and their canonical rows.

A `Claim` is one submission (one CLM), a `Loop` one CLP of an 835; both become one canonical row per service
line. Money is whole cents. Frames are all text, None for an empty cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from schemas.inbound import COLUMNS
from transforms.synthetic.parties import LOCALITIES, HealthPlan, Patient, ProviderGroup

MADE_CLAIM_COLUMNS: tuple[str, ...] = tuple(column.name for column in COLUMNS["claim_lines"])
MADE_REMIT_COLUMNS: tuple[str, ...] = tuple(column.name for column in COLUMNS["remit_lines"])
CLAIM_EXTRAS: tuple[str, ...] = ("_scenario", "_case", "_delivery", "_dependent", "_submission")
REMIT_EXTRAS: tuple[str, ...] = ("_scenario", "_case", "_delivery", "_loop")

MadeAdjustment = tuple[str, str, int]
Row = dict[str, str | None]


@dataclass(frozen=True)
class Line:
    """One service line of a claim; `charge` in cents, `count` as text (minutes for MJ)."""

    procedure: str
    modifiers: tuple[str, ...]
    charge: int
    count: str
    basis: str
    service_date: date
    place: str
    diagnoses: tuple[str, ...]
    renderer: str | None
    control: str | None = None


@dataclass(frozen=True)
class Claim:
    """One submission of a claim (CLM) to one payer in one role."""

    claim_id: str
    submitted_on: date
    plan: HealthPlan
    group: ProviderGroup
    patient: Patient
    lines: tuple[Line, ...]
    frequency: str = "1"
    original: str | None = None
    role: str = "P"
    facility_state: str | None = None
    surgical: str | None = None
    authorization: str | None = None

    def but(self, **changes: object) -> Claim:
        """Give a copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Svc:
    """One service payment line (SVC); amounts in cents, `allowed` None where the payer sends no AMT*B6."""

    procedure: str | None
    modifiers: tuple[str, ...]
    charge: int
    paid: int
    adjustments: tuple[MadeAdjustment, ...] = ()
    allowed: int | None = None
    control: str | None = None
    service_date: date | None = None
    units: str | None = None
    submitted: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loop:
    """One claim payment (CLP) with its service lines; a loop without SVC has one `Svc` without a code."""

    trace: str
    paid_on: date
    plan: HealthPlan
    payee: str | None
    claim_id: str
    status: str
    icn: str
    lines: tuple[Svc, ...]
    filing: str | None = None
    original_icn: str | None = None
    claim_adjustments: tuple[MadeAdjustment, ...] = ()
    delivered_late: int = 0

    def but(self, **changes: object) -> Loop:
        """Give a copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Life:
    """All that ever was sent and answered about one case, in order of submission and payment."""

    claims: tuple[Claim, ...]
    remits: tuple[Loop, ...]

    def __add__(self, other: Life) -> Life:
        return Life(self.claims + other.claims, self.remits + other.remits)

    def claims_frame(self) -> pl.DataFrame:
        """Give the canonical claim lines. Grain: one row per service line per submission."""
        numbered = enumerate(self.claims)
        return claims_frame([row for at, claim in numbered for row in claim_rows(claim, str(at))])

    def remits_frame(self) -> pl.DataFrame:
        """Give the canonical remit lines. Grain: one row per service payment line."""
        return remits_frame([row for at, loop in enumerate(self.remits) for row in loop_rows(loop, str(at))])


def money(cents: int) -> str:
    """Write cents as a plain decimal amount."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def pack(adjustments: tuple[MadeAdjustment, ...]) -> str | None:
    """Write adjustments as `GROUP-REASON:AMOUNT` joined by a bar (contract section 3)."""
    return "|".join(f"{group}-{reason}:{money(cents)}" for group, reason, cents in adjustments) or None


def claim_rows(claim: Claim, submission: str) -> list[Row]:
    """Give the canonical rows of one submission, one per service line."""
    contractor, locality, _ = LOCALITIES[claim.group.state]
    is_medicare = claim.plan.line_of_business == "medicare_ffs"
    rows: list[Row] = []
    for number, line in enumerate(claim.lines, start=1):
        row: Row = {
            "claim_id": claim.claim_id,
            "line_number": str(number),
            "line_control_number": line.control,
            "submitted_on": claim.submitted_on.isoformat(),
            "claim_frequency_code": claim.frequency,
            "original_claim_number": claim.original,
            "payer_id": claim.plan.payer_id,
            "payer_name": claim.plan.payer_name,
            "payer_responsibility": claim.role,
            "claim_filing_code": claim.plan.claim_filing,
            "member_id": claim.patient.member_id,
            "patient_birth_date": claim.patient.birth_date.isoformat(),
            "patient_sex": claim.patient.sex,
            "billing_provider_npi": claim.group.npi,
            "rendering_provider_npi": line.renderer,
            "billing_provider_state": claim.group.state,
            "medicare_contractor": contractor if is_medicare else None,
            "medicare_locality": locality if is_medicare else None,
            "service_facility_state": claim.facility_state,
            "place_of_service": line.place,
            "procedure_code": line.procedure,
            "charge_amount": money(line.charge),
            "unit_basis": line.basis,
            "unit_count": line.count,
            "surgical_procedure_code": claim.surgical,
            "service_date": line.service_date.isoformat(),
            "prior_authorization_number": claim.authorization,
            "_dependent": "1" if claim.patient.dependent else "0",
            "_submission": submission,
        }
        row |= {f"modifier_{at}": modifier for at, modifier in enumerate(line.modifiers, start=1)}
        row |= {f"diagnosis_{at}": code for at, code in enumerate(line.diagnoses, start=1)}
        rows.append(row)
    return rows


def loop_rows(loop: Loop, loop_key: str) -> list[Row]:
    """Give the canonical rows of one CLP loop, one per SVC (one with an empty code where there is none)."""
    rows: list[Row] = []
    for sequence, svc in enumerate(loop.lines, start=1):
        row: Row = {
            "payment_trace": loop.trace,
            "payment_date": loop.paid_on.isoformat(),
            "payer_id": loop.plan.payer_id if loop.plan.tells_id else None,
            "payer_name": loop.plan.remit_name,
            "payee_npi": loop.payee,
            "claim_id": loop.claim_id,
            "claim_status_code": loop.status,
            "remit_filing_code": loop.filing,
            "payer_claim_number": loop.icn,
            "original_payer_claim_number": loop.original_icn,
            "service_sequence": str(sequence) if svc.procedure else None,
            "line_control_number": svc.control,
            "service_date": svc.service_date.isoformat() if svc.service_date else None,
            "procedure_code": svc.procedure,
            "submitted_procedure_code": svc.submitted,
            "charge_amount": money(svc.charge),
            "paid_amount": money(svc.paid),
            "paid_units": svc.units,
            "allowed_amount": None if svc.allowed is None else money(svc.allowed),
            "adjustments": pack(svc.adjustments),
            "claim_adjustments": pack(loop.claim_adjustments),
            "remark_codes": "|".join(svc.remarks) or None,
            "_loop": loop_key,
        }
        row |= {f"modifier_{at}": modifier for at, modifier in enumerate(svc.modifiers, start=1)}
        rows.append(row)
    return rows


def claims_frame(rows: list[Row]) -> pl.DataFrame:
    """Make a text frame of claim lines in canonical column order, underscore columns last."""
    return pl.DataFrame(rows, schema=dict.fromkeys(MADE_CLAIM_COLUMNS + CLAIM_EXTRAS, pl.String))


def remits_frame(rows: list[Row]) -> pl.DataFrame:
    """Make a text frame of remit lines in canonical column order, underscore columns last."""
    return pl.DataFrame(rows, schema=dict.fromkeys(MADE_REMIT_COLUMNS + REMIT_EXTRAS, pl.String))
