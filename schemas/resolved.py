"""Resolved rows: every accepted claim line with its standing, every accepted remit line with its outcome."""

from __future__ import annotations

from typing import Final

from schemas.accepted import ACCEPTED_CLAIM_LINE, ROW_ORIGIN, keyed
from schemas.columns import cents, date, flag, names, real, text, whole
from schemas.frame_schema import FrameSchema

STANDINGS: Final = ("current", "superseded", "void", "duplicate", "secondary")
_STATES: Final = ("paid", "denied", "zero_pay_other", "pending", "awaiting_readjudication", "reversed")
ADJUDICATED_STATES: Final = ("paid", "denied", "zero_pay_other")
_OUTCOMES: Final = ("linked", "duplicate", "ignored", "crossover", "ambiguous", "unlinked")
ZERO_PAY_REASONS: Final = ("capitation", "duplicate", "full_write_off", "no_charge", "other")

FINAL_ORIGIN = (
    text("final_file_key", "File of the remit line that the final adjudication begins with"),
    whole("final_row_number", "Its row in that file", unit="row"),
)
"""Where the money of a current line stands: no two lines have the same."""

LINE_IDENTITY = (
    text("payer", "aetna, bcbs, cigna, uhc, medicare or other").required(),
    date("service_month", "First day of the month of service").required(),
    text("standing", "current, superseded, void, duplicate or secondary").required(),
    keyed("claim_key", "The claim of the line (an instance of its number)", "").required(),
    flag("replaced_claim", "On one line per claim that a replacement superseded: counts claims").required(),
    flag("voided_claim", "On one line per claim that was voided: counts claims").required(),
    flag(
        "original_ambiguous", "On one line per submission that names a number which several claims share"
    ).required(),
)

CURRENT_LINE = (
    text("line_of_business", "commercial, medicare_advantage, medicare_ffs, medicaid, other"),
    flag("line_of_business_doubtful", "Claim and remittance point to different lines of business"),
    text("chain_source", "none, same_claim, named, inferred: how the line's chain was found"),
    text("care_model", "From the pricing modifier; unspecified, conflict"),
    text("state", "State of the service: service facility's, else billing provider's"),
    real("anesthesia_minutes", "Minutes of anesthesia", "minutes"),
    flag("minutes_suspect", "Minutes outside the plausible range"),
    whole("base_units", "Base units of the code", "units"),
    whole("time_unit_tenths", "Time units in tenths", "tenths of a unit"),
    whole("billed_unit_tenths", "Base and time units in tenths", "tenths of a unit"),
    real("share", "Share of the case price the care model is paid", "share"),
    date("first_submitted_on", "First submission of the chain"),
    text("adjudication_state", "paid, denied, zero_pay_other, pending, awaiting_readjudication, reversed"),
    text("zero_pay_reason", "capitation, duplicate, full_write_off, no_charge, unread, other"),
    date("first_remit_on", "First adjudication of the chain"),
    date("first_paid_on", "First adjudication of the chain that paid or allowed something"),
    date("final_remit_on", "Final adjudication"),
    flag("first_paid", "The first adjudication paid or allowed something"),
    flag("initially_denied", "The first adjudication was a denial"),
    text("first_denial_group", "Group of the first denial's reason", "CAS01"),
    text("first_denial_carc", "Reason of the first denial", "CAS02"),
    text("denial_group", "Group of the final denial's reason", "CAS01"),
    text("denial_carc", "Reason of the final denial", "CAS02"),
    text("denial_category", "Category of the final denial's reason"),
    flag("prior_authorization_denial", "The final denial is for want of prior authorization"),
    text("remark_codes", "Remark codes of the final adjudication"),
    cents("final_charge_cents", "Charge of the final adjudication"),
    cents("paid_cents", "Paid, with what was paid to the patient (PR-100)"),
    cents("reversed_paid_cents", "Paid by adjudications of the chain that were reversed"),
    cents("allowed_cents", "Allowed"),
    text("allowed_source", "given, derived, given_rejected"),
    flag("allowed_conflict", "Given and derived allowed differ by more than a cent"),
    cents("deductible_cents", "PR-1"),
    cents("coinsurance_cents", "PR-2"),
    cents("copay_cents", "PR-3"),
    text("network", "in_or_unknown, out_of_network, nsa"),
    flag("recoded", "The payer adjudicated another code"),
    flag("claim_level_adjusted", "Claim-level adjustments that belong to no single line"),
    flag("has_unmatched_reversal", "A reversal of the claim found nothing to cancel"),
    flag("reversal_amount_mismatch", "A reversal cancelled an adjudication of another amount"),
    flag("unbalanced", "Charge less adjustments is not paid"),
    flag("adjustments_unread", "Adjustments of the final adjudication could not be read"),
    flag("sequestration_off", "Medicare paid other than allowed less patient share less sequestration"),
    flag("role_assumed_primary", "The payer said secondary; taken as primary"),
    flag("is_paid_line", "Final adjudication paid"),
    flag("is_priced", "Carries a price"),
    flag("is_unit_priced", "Carries a price per unit"),
    real("medicare_allowed", "Medicare's price of the same units", "USD"),
    flag("medicare_is_national", "Medicare's price is at the national factor"),
    real("allowed_per_unit", "Allowed per (billed unit x share)", "USD per unit"),
)

KEYS_OF_RESOLUTION: Final = ("loose_number_key", "member_key", "birth_key")
"""Accepted keys that only say which rows belong together: resolved lines do without them."""

RESOLVED_LINE = (
    *(column for column in ACCEPTED_CLAIM_LINE if column.name not in KEYS_OF_RESOLUTION),
    *LINE_IDENTITY,
    *CURRENT_LINE,
    *FINAL_ORIGIN,
)
"""One row per accepted claim line in scope; the columns of CURRENT_LINE are null unless standing is current.
"""

RESOLVED_REMIT = (
    *ROW_ORIGIN,
    text("payer", "Payer of the remittance, as mapped").required(),
    date("remit_month", "Month of service, else of payment").required(),
    text("outcome", "linked, duplicate, ignored, crossover, ambiguous, unlinked").required(),
    flag("is_reversal", "Status 22").required(),
    flag("reversal_unmatched", "A reversal that found nothing to cancel").required(),
    flag("reversal_amount_mismatch", "A reversal that cancelled another amount").required(),
    flag("role_assumed_primary", "Secondary by status, taken as primary").required(),
    flag("loosely_linked", "Met its claim without punctuation and leading zeros of the number").required(),
    flag("in_scope", "The billed or the adjudicated code is in scope; false: it bears no code").required(),
)
"""One row per accepted remit line."""

ResolvedLine = FrameSchema("resolved_line", RESOLVED_LINE, unique=("file_key", "row_number"))
ResolvedRemit = FrameSchema("resolved_remit", RESOLVED_REMIT, unique=("file_key", "row_number"))
LINE_COLUMNS: Final = tuple(names(RESOLVED_LINE))
