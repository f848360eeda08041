"""Accepted lines: what the store keeps of a claim line and of a remit line, pseudonymised and typed.

Grain: one row per accepted row of one inbound file. Identifiers are keyed hashes (HMAC-SHA-256, 32 hex
digits).
"""

from __future__ import annotations

from schemas.columns import Column, cents, date, flag, text, whole
from schemas.frame_schema import FrameSchema


def keyed(name: str, description: str, source: str) -> Column:
    """A keyed hash of an identifier."""
    return text(name, description, source, "keyed")


ROW_ORIGIN: tuple[Column, ...] = (
    text("file_key", "Content of the file the row came from: first 16 hex digits of its sha256").required(),
    whole("row_number", "Number of the row in its file, header not counted, from 1", unit="row").required(),
)

CLAIM_SUBMISSION: tuple[Column, ...] = (
    flag("in_scope", "The procedure code is in scope; false: header row of a replacement or void").required(),
    keyed("claim_number_key", "Claim number, first 20 characters", "CLM01").required(),
    keyed("loose_number_key", "Claim number without punctuation and leading zeros", "CLM01"),
    keyed(
        "patient_key", "Member id and birth date; without a member id the claim number stands for it", "DMG02"
    ).required(),
    keyed("member_key", "Member id; null where there is none (workers' compensation)", "NM1*IL 09"),
    keyed("birth_key", "Birth date", "DMG02"),
    text("billing_provider_npi", "Billing provider", "NM1*85 09", "provider").required(),
    text("role", "P primary, S secondary, T tertiary", "SBR01").required(),
    date("submitted_on", "Date of submission", "BHT04").required(),
    text("claim_frequency_code", "1 original, 7 replacement (6 too), 8 void", "CLM05-3").required(),
    keyed("original_claim_key", "Payer claim number of the claim replaced or voided", "REF*F8"),
)

CLAIM_CONTENT: tuple[Column, ...] = (
    whole("line_number", "Line number in the claim", unit="ordinal", source="LX01"),
    text("procedure_code", "Procedure code as billed", "SV101-2"),
    *(text(f"modifier_{i}", f"Modifier {i}", f"SV101-{i + 2}") for i in range(1, 5)),
    date("service_date", "Date of service (first day of a range)", "DTP*472"),
    cents("charge_cents", "Charge", "SV102"),
    text("unit_basis", "MJ minutes, UN units", "SV103"),
    whole("unit_count_thousandths", "Quantity billed, in thousandths of the basis", "thousandths", "SV104"),
    text("un_means", "What UN means in the file's layout: time, base_plus_time or empty"),
    text(
        "cannot_answer",
        "What the file's layout can't tell (schemas.inbound.UNANSWERED), joined by |; null: all",
    ),
    text("place_of_service", "Place of service", "SV105 or CLM05-1"),
    text("payer_id", "Payer identifier", "NM1*PR 09"),
    text("payer_name", "Payer name, upper case", "NM1*PR 03"),
    text("claim_filing_code", "Claim filing indicator", "SBR09"),
    text("rendering_provider_npi", "Rendering provider", "NM1*82 09", "provider"),
    text("billing_provider_state", "State of the billing provider", "N4 02"),
    text("service_facility_state", "State of the service facility", "NM1*77 N4 02"),
    text("medicare_contractor", "Medicare contractor number"),
    text("medicare_locality", "Medicare locality"),
    whole("age_at_service", "Age at service in years; 90 means 90 and over", "years", "DMG02"),
    text("patient_sex", "F, M or U", "DMG03"),
    *(
        text(f"diagnosis_{i}", f"Diagnosis {i}, ICD-10-CM without the dot", "HI via SV107")
        for i in range(1, 5)
    ),
    text("surgical_procedure_code", "Anesthesia-related surgical procedure", "HI*BP"),
    flag("has_prior_authorization", "A prior authorization number is on the claim", "REF*G1"),
    whole("claim_line_count", "Lines that the claim has at least by this row: its number", source="LX01"),
    keyed("line_control_key", "Line control number", "REF*6R"),
    keyed("line_number_key", "LX01 hashed as a line control number (some payers return it)", "LX01"),
)
"""Content of a claim line in the order in which ties are broken; keyed hashes stand last."""

ACCEPTED_CLAIM_LINE: tuple[Column, ...] = ROW_ORIGIN + CLAIM_SUBMISSION + CLAIM_CONTENT

REMIT_LOOP: tuple[Column, ...] = (
    keyed("claim_number_key", "Claim number, first 20 characters", "CLP01").required(),
    keyed("loose_number_key", "Claim number without punctuation and leading zeros", "CLP01"),
    keyed("trace_key", "Payment trace number", "TRN02").required(),
    date("payment_date", "Payment date", "BPR16").required(),
    keyed("payer_claim_key", "Payer claim number", "CLP07").required(),
    text("claim_status_code", "Claim status", "CLP02").required(),
    whole("loop_number", "Number of the CLP loop in its X12 file; null in an extract", "ordinal", "CLP"),
)

REMIT_CONTENT: tuple[Column, ...] = (
    text("payee_npi", "Payee", "N1*PE N104", "provider"),
    text("payer_id", "Payer identifier", "N1*PR N104"),
    text("payer_name", "Payer name, upper case", "N1*PR N102"),
    text("remit_filing_code", "Claim filing indicator of the remittance", "CLP06"),
    keyed("original_payer_claim_key", "Payer claim number of the claim corrected", "2100 REF*F8"),
    whole("service_sequence", "Order of the SVC in its CLP", "ordinal"),
    keyed("line_control_key", "Line control number", "REF*6R"),
    date("service_date", "Date of service", "DTM*472 or DTM*232"),
    text("procedure_code", "Procedure code as adjudicated", "SVC01-2"),
    *(text(f"modifier_{i}", f"Modifier {i} as adjudicated", f"SVC01-{i + 2}") for i in range(1, 5)),
    text("submitted_procedure_code", "Procedure code as billed, where the payer changed it", "SVC06-2"),
    cents("charge_cents", "Charge", "SVC02").required(),
    cents("paid_cents", "Paid", "SVC03").required(),
    cents("allowed_given_cents", "Allowed amount as the payer states it", "AMT*B6"),
    text(
        "adjustments",
        "Line adjustments GROUP-REASON:CENTS, sorted, joined by |, summed by code; empty: none",
        "CAS",
    ),
    text("claim_adjustments", "Claim adjustments, the same form", "CAS of the claim"),
    text("remark_codes", "Remark codes, sorted, joined by |", "LQ*HE"),
    flag("adjustments_unread", "Adjustments of the line or the claim could not be read and were dropped"),
)

ACCEPTED_REMIT_LINE: tuple[Column, ...] = ROW_ORIGIN + REMIT_LOOP + REMIT_CONTENT


def link(name: str, description: str) -> Column:
    """A number that rows which may belong together share; null where a row has no such key."""
    return whole(f"link_{name}", f"Number made of {description}", unit="link")


SUBMISSION_LINK = link(
    "submission", "claim number, provider, role, day, frequency, number replaced and patient"
)
CLAIM_LINKS: tuple[Column, ...] = (
    SUBMISSION_LINK,
    link("number", "loose claim number and billing provider"),
    link("claim", "the loose claim number"),
    link("member", "member id, billing provider and date of service"),
    link("birth", "birth date, billing provider and date of service"),
    link("replaces", "the payer claim number replaced or voided"),
)
REMIT_LINKS: tuple[Column, ...] = (
    link("number", "loose claim number and payee; null where no payee is named"),
    link("claim", "the loose claim number"),
    link("payer_claim", "the payer claim number"),
    link("takes_back", "the payer claim number corrected"),
)
"""What the store keeps beside accepted rows, so that what new rows touch is found without their keys."""

LINE_BESIDE: tuple[Column, ...] = (
    *ROW_ORIGIN,
    SUBMISSION_LINK,
    text("rendering_provider_npi", "Rendering provider", "NM1*82 09", "provider"),
    date("service_date", "Date of service", "DTP*472"),
    *(text(f"modifier_{i}", f"Modifier {i}", f"SV101-{i + 2}") for i in range(1, 5)),
)
"""A line that stands beside one in scope, or may: out of scope or quarantined, not the first of its claim.

Kept because a claim of one line is told from others. Its columns tell bills under one number apart.
"""

AcceptedClaimLine = FrameSchema("accepted_claim_line", ACCEPTED_CLAIM_LINE, unique=("file_key", "row_number"))
AcceptedRemitLine = FrameSchema("accepted_remit_line", ACCEPTED_REMIT_LINE, unique=("file_key", "row_number"))
