"""Lives of claims worked by hand: what is sent, what comes back, and what the published cells must say.

Expected values are of the row of all payers, all lines of business and the month of service (January 2026,
code 01939); a table without that row gives None for each of its measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from hand_rows import OTHER_NPI, OTHER_RENDERING, RENDERING, Row, claim, denial, remit, reversal


@dataclass(frozen=True)
class Case:
    """One life: its source in the contract, its lines, and cells as `table.measure`."""

    name: str
    source: str
    claims: list[Row]
    remits: list[Row]
    expected: Mapping[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)


JANUARY = date(2026, 1, 1)
LATER = "2026-02-01"
REPLACED = {"claim_frequency_code": "7", "submitted_on": LATER}
VOIDED = {"claim_frequency_code": "8", "submitted_on": LATER}
HOUSTON = {"payment.allowed_sum": Decimal("128.77"), "payment.paid_sum": Decimal("100.96")}
PAID_ONCE = {"utilization.service_lines": 1, "utilization.adjudicated_lines": 1, **HOUSTON}
REVERSED = {"utilization.service_lines": 1, "utilization.reversed_lines": 1, "payment.allowed_sum": None}
PENDING = {"utilization.service_lines": 1, "utilization.pending_lines": 1, "payment.allowed_sum": None}
SPLIT = [
    remit(charge_amount="300.00", paid_amount="50.00", adjustments="CO-45:250.00"),
    remit(service_sequence="2", charge_amount="360.00", paid_amount="60.00", adjustments="CO-45:300.00"),
]
CORRECTED = {"member_id": "W200", "submitted_on": LATER}
PAID_LATER = remit(payment_trace="T3", payer_claim_number="P2", payment_date="2026-02-20")
CIGNA = {"payer_id": "62308", "payer_name": "CIGNA"}
UHC = {"payer_id": "87726", "payer_name": "UNITEDHEALTHCARE"}


def two_lines(**second: Any) -> list[Row]:
    return [claim(), claim(line_number="2", **second)]


VERSIONS = [
    Case("one line paid", "5: the Houston example", [claim()], [remit()], PAID_ONCE),
    Case(
        "a replacement waits for its own answer",
        "4.2, 4.7",
        [claim(), claim(**REPLACED, charge_amount="700.00")],
        [remit()],
        {**PENDING, "utilization.replaced_claims": 1, "open_claims.service_lines": 1},
    ),
    Case(
        "a void removes the claim",
        "4.2",
        [claim(), claim(**VOIDED)],
        [remit()],
        {"utilization.service_lines": None, "payment.allowed_sum": None},
    ),
    Case(
        "a void that was denied while the payment stands has failed",
        "4.2",
        [claim(), claim(**VOIDED, charge_amount="700.00")],
        [remit(), remit(payment_trace="T2", payment_date="2026-02-09", charge_amount="700.00",
                        paid_amount="0", adjustments="CO-16:700.00")],
        PAID_ONCE,
    ),
    Case(
        "the same lines again are a duplicate",
        "4.2",
        [claim(), claim(submitted_on="2026-01-09"), claim()],
        [remit()],
        {**PAID_ONCE, "utilization.replaced_claims": 0},
    ),
    Case(
        "a number used again for another date is another claim",
        "4.1",
        [claim(), claim(submitted_on="2026-03-02", service_date="2026-01-25", charge_amount="500.00")],
        [remit()],
        {"utilization.service_lines": 2, "utilization.claims": 2, "utilization.pending_lines": 1, **HOUSTON},
    ),
    Case(
        "a corrected member id under the same number is the same claim",
        "4.1, the commonest cure of CO-31",
        [claim(), claim(**REPLACED, member_id="W200")],
        [denial("31"), PAID_LATER],
        {**PAID_ONCE, "utilization.patients": 1, "denials.initially_denied_lines": 1, "denials.overturned_lines": 1},
    ),
    Case(
        "a corrected birth date under the same number is the same claim",
        "4.1",
        [claim(), claim(**REPLACED, patient_birth_date="1961-05-18")],
        [denial("31"), PAID_LATER],
        {**PAID_ONCE, "denials.overturned_lines": 1},
    ),
    Case(
        "a first bill with another member id corrects a denied one",
        "4.1: unless the earlier one was denied and never paid",
        [claim(), claim(**CORRECTED)],
        [denial("31"), PAID_LATER],
        {**PAID_ONCE, "denials.overturned_lines": 1},
    ),
    Case(
        "a first bill with another member id beside a paid one is another claim",
        "4.1",
        [claim(), claim(**CORRECTED)],
        [remit()],
        {"utilization.service_lines": 2, "utilization.claims": 2, "utilization.patients": 2},
    ),
    Case(
        "another patient under the same number is another claim",
        "4.1",
        [claim(), claim(member_id="W9", patient_birth_date="1970-01-01", **REPLACED)],
        [],
        {"utilization.service_lines": 2, "utilization.patients": 2},
    ),
    Case(
        "QK and QX under one account number are two claims of one case",
        "4.1",
        [
            claim(modifier_1="QK", rendering_provider_npi=RENDERING),
            claim(modifier_1="QX", rendering_provider_npi=OTHER_RENDERING),
        ],
        [
            remit(modifier_1="QK", paid_amount="64.39", adjustments="CO-45:595.61"),
            remit(modifier_1="QX", payer_claim_number="P2", paid_amount="64.39", adjustments="CO-45:595.61"),
        ],
        {
            "utilization.claims": 2,
            "utilization.cases": 1,
            "utilization.replaced_claims": 0,
            "payment.allowed_sum": Decimal("128.78"),
            "case_payment.complete_cases": 1,
        },
    ),
    Case(
        "relief: another rendering provider under one number is another claim",
        "4.1",
        [
            claim(rendering_provider_npi=RENDERING),
            claim(rendering_provider_npi=OTHER_RENDERING, submitted_on="2026-01-09", charge_amount="300.00"),
        ],
        [],
        {"utilization.claims": 2, "utilization.service_lines": 2, "utilization.cases": 1},
    ),
    Case(
        "a replacement prefers the claim with its care model",
        "4.1",
        [claim(modifier_1="QK"), claim(modifier_1="QX"), claim(modifier_1="QK", unit_count="45", **REPLACED)],
        [],
        {"utilization.claims": 2, "utilization.service_lines": 2, "utilization.minutes_sum": 77.0},
    ),
]

NAMES = [
    Case(
        f"a new number of frequency {frequency} that names the old claim",
        "4.2",
        [claim(), claim(claim_id="B2", claim_frequency_code=frequency, submitted_on=LATER, original_claim_number="P1")],
        [remit()],
        expected,
    )
    for frequency, expected in (
        ("7", {**PAID_ONCE, "utilization.replaced_claims": 1}),
        ("8", {"utilization.service_lines": None}),
    )
] + [
    Case(
        "two replacements in a row, each under a new number, all answered under the first",
        "4.2: named links join claims into one chain",
        [
            claim(),
            claim(claim_id="B2", claim_frequency_code="7", submitted_on="2026-02-01", original_claim_number="P1"),
            claim(claim_id="C3", claim_frequency_code="7", submitted_on="2026-03-01", original_claim_number="P2"),
        ],
        [
            denial(),
            denial(payment_trace="T2", payer_claim_number="P2", payment_date="2026-02-20"),
            remit(payment_trace="T3", payer_claim_number="P3", payment_date="2026-03-20"),
        ],
        {**PAID_ONCE, "utilization.claims": 1, "utilization.replaced_claims": 2, "denials.overturned_lines": 1},
    ),
    Case(
        "of two replacements that name one claim the earlier continues it",
        "4.2: a claim has one successor",
        [
            claim(),
            claim(claim_id="B2", original_claim_number="P1", **REPLACED),
            claim(claim_id="C3", original_claim_number="P1", claim_frequency_code="7", submitted_on="2026-03-01"),
        ],
        [remit()],
        {"utilization.service_lines": 2, "utilization.pending_lines": 1, **HOUSTON},
    ),
    Case(
        "a void that names a number which several claims share removes the one of its patient",
        "4.2",
        [
            claim(),
            claim(claim_id="A2", member_id="W2"),
            claim(claim_id="A3", member_id="W3"),
            claim(claim_id="V9", member_id="W2", original_claim_number="P1", **VOIDED),
        ],
        [remit(), remit(claim_id="A2"), remit(claim_id="A3")],
        {"utilization.service_lines": 2, "utilization.patients": 2, "payment.allowed_sum": Decimal("257.54")},
    ),
    Case(
        "a shared number that nothing tells apart names no claim",
        "4.2: original_ambiguous",
        [claim(), claim(claim_id="A2"), claim(claim_id="V9", original_claim_number="P1", **VOIDED)],
        [remit(), remit(claim_id="A2")],
        {"utilization.service_lines": 2, "payment.allowed_sum": Decimal("257.54")},
    ),
    Case(
        "a corrected bill with a new number and a corrected member id",
        "4.2",
        [claim(), claim(claim_id="B2", original_claim_number="P1", member_id="W200", **REPLACED)],
        [denial(), remit(claim_id="B2", payment_trace="T2", payer_claim_number="P2", payment_date="2026-02-20")],
        {**PAID_ONCE, "utilization.claims": 1, "denials.overturned_lines": 1},
    ),
]

AGAIN = claim(claim_id="B2", submitted_on=LATER)
PAID_AGAIN = remit(claim_id="B2", payment_trace="T2", payer_claim_number="P2", payment_date="2026-02-09")
APART = {"utilization.service_lines": 2, "denials.denied_lines": 1, "denials.overturned_lines": 0}


def again_with(first: str, second: str, **values: Any) -> list[Row]:
    return [claim(modifier_2=first), claim(claim_id="B2", submitted_on=LATER, modifier_2=second, **values)]


INFERRED = [
    Case(
        "an unprocessable claim comes back under a new number",
        "4.3",
        [claim(), AGAIN],
        [denial(), PAID_AGAIN],
        {**PAID_ONCE, "denials.overturned_lines": 1, "timeliness.days_to_first_remit_p50": 14.0},
    ),
    Case("switched off", "4.3: a setting", [claim(), AGAIN], [denial(), PAID_AGAIN], APART, {"infer_resubmissions": False}),
    *(
        Case(f"modifiers {first or 'none'} and {second or 'none'} prevent it", "4.3", again_with(first, second), [denial(), PAID_AGAIN], APART)
        for first, second in (("53", ""), ("73", ""), ("74", ""), ("", "76"), ("78", ""), ("79", "79"), ("59", "59"), ("XU", ""))
    ),
    Case(
        "59 that was only added cures a bundling denial",
        "4.3",
        again_with("", "59"),
        [denial("97"), PAID_AGAIN],
        {**PAID_ONCE, "denials.overturned_lines": 1},
    ),
    Case("59 added with other minutes is another service", "4.3", again_with("", "59", unit_count="45"), [denial("97"), PAID_AGAIN], APART),
    *(
        Case(
            f"of several claims that could continue a denied one, {words}",
            "4.2: one successor, by the answer's charge, then the earliest",
            [
                claim(),
                claim(claim_id="D4", submitted_on="2026-01-31", charge_amount="100.00"),
                AGAIN,
                claim(claim_id="C3", submitted_on="2026-02-02"),
            ],
            [denial(), *answers],
            expected,
        )
        for words, answers, expected in (
            ("the earliest", [], {"utilization.service_lines": 3, "utilization.pending_lines": 3}),
            (
                "that at whose charge it was answered",
                [denial("29", payment_trace="T2", payment_date="2026-02-01")],
                {"utilization.service_lines": 3, "utilization.pending_lines": 2, "denials.denied_lines": 1},
            ),
        )
    ),
]

ANSWERS = [
    Case("a reversal takes the payment back", "4.6", [claim()], [remit(), reversal()], REVERSED),
    Case(
        "an unsigned reversal takes it back too",
        "4.6",
        [claim()],
        [remit(), reversal(charge_amount="660.00", paid_amount="100.96")],
        REVERSED,
    ),
    Case(
        "a correction of the same day stands",
        "4.6",
        [claim()],
        [remit(), reversal(), remit(payment_trace="T2", payment_date=LATER, payer_claim_number="P2", paid_amount="120.00", adjustments="CO-45:540.00")],
        {"payment.paid_sum": Decimal("120.00"), "utilization.reversed_lines": 0},
    ),
    Case("a reversal of another amount is the only one there is", "4.6", [claim()], [remit(), reversal(paid_amount="-90.00")], REVERSED),
    Case(
        "a reversal of nothing takes the price",
        "4.6: reversal_unmatched",
        [claim()],
        [remit(), reversal(payer_claim_number="P9")],
        {"utilization.adjudicated_lines": 1, "payment.service_lines": 0},
    ),
    Case(
        "a payment delivered by two routes is taken back once",
        "4.5, 4.6",
        [claim(line_control_number="L1")],
        [remit(line_control_number="L1", remark_codes="N115", allowed_amount="128.77"), remit(payment_date="2026-01-22"), reversal()],
        REVERSED,
    ),
    Case("a split line is one adjudication", "4.5", [claim()], SPLIT, {"payment.allowed_sum": Decimal("110.00"), "payment.service_lines": 1}),
    Case("a split line delivered twice", "4.5", [claim()], [*SPLIT, *SPLIT], {"payment.allowed_sum": Decimal("110.00")}),
    Case(
        "equal halves without numbers make the billed charge",
        "4.5",
        [claim()],
        [remit(service_sequence="", charge_amount="330.00", paid_amount="50.00", adjustments="CO-45:280.00")] * 3,
        {"payment.allowed_sum": Decimal("100.00")},
    ),
    Case(
        "two lines of equal charge are met in the order of the SVC",
        "4.5",
        two_lines(modifier_1="QZ"),
        [remit(), remit(service_sequence="2", paid_amount="90.00", adjustments="CO-45:570.00")],
        {"utilization.adjudicated_lines": 2, "payment.allowed_sum": Decimal("218.77")},
    ),
    Case("one answer for two equal lines is ambiguous", "4.5", two_lines(), [remit(line_control_number="")], {"utilization.pending_lines": 2}),
    Case(
        "a line control number tells two equal lines apart",
        "4.5",
        two_lines(),
        [remit(line_control_number="2")],
        {"utilization.pending_lines": 1, "utilization.adjudicated_lines": 1},
    ),
    Case("a number without its punctuation", "4.1", [claim(claim_id="AN-0042")], [remit(claim_id="AN0042")], PAID_ONCE),
    Case("a number without its zeros", "4.1", [claim(claim_id="00042")], [remit(claim_id="42")], PAID_ONCE),
    Case("a loose number with another charge", "4.1", [claim(claim_id="00042")], [remit(claim_id="42", charge_amount="661.00")], PENDING),
    Case("another payee's answer", "4.5", [claim()], [remit(payee_npi=OTHER_NPI)], PENDING),
    Case("no code and one line in all", "4.5", [claim()], [remit(procedure_code="", service_date="", service_sequence="")], PAID_ONCE),
    Case(
        "no code and two lines in all",
        "4.5",
        two_lines(procedure_code="99100", charge_amount="50.00"),
        [remit(procedure_code="", service_date="", charge_amount="710.00")],
        PENDING,
    ),
    Case(
        "a recoded line carries no price",
        "4.5",
        [claim()],
        [remit(procedure_code="01940", submitted_procedure_code="01939")],
        {"utilization.adjudicated_lines": 1, "payment.service_lines": 0},
    ),
    Case(
        "a reversal of the claim as a whole cancels the loop of its number",
        "4.6",
        two_lines(procedure_code="99100", charge_amount="50.00"),
        [
            remit(),
            reversal(procedure_code="", service_date="", service_sequence="", charge_amount="-710.00", paid_amount="-140.96", adjustments=""),
            remit(payment_trace="T3", payment_date="2026-02-09", paid_amount="120.00", adjustments="CO-45:540.00"),
        ],
        {"payment.paid_sum": Decimal("120.00"), "payment.service_lines": 1},
    ),
]

CLAIM_LEVEL = [
    Case(
        "claim-level adjustments go to the only line",
        "4.5",
        [claim()],
        [remit(claim_adjustments="CO-104:5.00")],
        {"payment.paid_sum": Decimal("95.96"), "payment.allowed_sum": Decimal("128.77")},
    ),
    Case(
        "a line that balances only together with the claim's adjustments keeps its payment",
        "4.5",
        [claim()],
        [remit(paid_amount="95.96", claim_adjustments="CO-104:5.00")],
        {"payment.paid_sum": Decimal("95.96"), "payment.allowed_sum": Decimal("128.77")},
    ),
    Case(
        "of several lines none carries a price",
        "4.5",
        two_lines(procedure_code="99100", charge_amount="50.00"),
        [remit(claim_adjustments="CO-104:5.00")],
        {"payment.service_lines": 0, "utilization.adjudicated_lines": 1},
    ),
]

ROLES = [
    Case(
        "a secondary claim is kept apart",
        "4.4",
        [claim(), claim(payer_responsibility="S", **UHC)],
        [remit(), remit(**UHC, payment_trace="T2", payer_claim_number="P2", claim_status_code="2", paid_amount="25.75", adjustments="OA-23:634.25")],
        {**PAID_ONCE, "utilization.secondary_lines": 1},
    ),
    Case(
        "a secondary answer without CARC 23 leaves the primary payer's price",
        "4.4",
        [claim()],
        [remit(claim_status_code="19"), remit(**CIGNA, payment_trace="T2", payer_claim_number="P2", claim_status_code="2", payment_date=LATER, paid_amount="10.00", adjustments="CO-45:650.00")],
        PAID_ONCE,
    ),
    Case(
        "another payer's answer of status 1 after the own payer paid is secondary",
        "4.4",
        [claim()],
        [remit(), remit(**CIGNA, payment_trace="T2", payer_claim_number="P2", payment_date=LATER, paid_amount="10.00", adjustments="CO-45:650.00")],
        PAID_ONCE,
    ),
    Case(
        "another payer's answer where the own payer said nothing",
        "4.4",
        [claim()],
        [remit(**CIGNA)],
        PAID_ONCE,
    ),
    Case("status 2 of the own payer with no other answer is taken as primary", "4.4", [claim()], [remit(claim_status_code="2")], PAID_ONCE),
    Case(
        "a crossover answer with CARC 23",
        "4.4",
        [claim()],
        [remit(claim_status_code="19"), remit(**UHC, payment_trace="T2", claim_status_code="2", payment_date=LATER, paid_amount="25.75", adjustments="OA-23:634.25")],
        PAID_ONCE,
    ),
    Case("status 23 is ignored", "4.4", [claim()], [remit(claim_status_code="23")], PENDING),
]

DENIED = {"denials.denied_lines": 1, "payment.service_lines": None}
ZERO = {"denials.zero_pay_other_lines": 1, "denials.denied_lines": 0, "payment.service_lines": None}
STATES = [
    Case(f"nothing paid, {adjustments}", "4.9", [claim()], [remit(paid_amount="0", adjustments=adjustments)], expected)
    for adjustments, expected in (
        ("CO-197:660.00", {**DENIED, "denials.prior_auth_denied_lines": 1, "denial_reasons.carc": "197"}),
        ("CO-302:660.00", {**DENIED, "denials.prior_auth_denied_lines": 1}),
        ("CO-16:330.00|CO-50:330.00", {**DENIED, "denial_reasons.carc": "16"}),
        ("CO-16:330.00|CO-B7:330.00", {**DENIED, "denial_reasons.carc": "16"}),
        ("CO-16:.01|PR-96:659.99", {**DENIED, "denial_reasons.carc": "96"}),
        ("CO-7777:660.00".replace("7777", "777"), {**DENIED, "denial_reasons.denial_category": "unclassified"}),
        ("CO-24:660.00", ZERO),
        ("OA-18:660.00", ZERO),
        ("CO-B13:660.00", ZERO),
        ("CO-45:660.00", ZERO),
        ("PR-45:660.00", ZERO),
    )
] + [
    Case(
        "a denial never undoes a payment",
        "4.7",
        [claim()],
        [remit(), denial(payment_trace="T2", payment_date=LATER)],
        PAID_ONCE,
    ),
    Case(
        "a denial overturned",
        "4.9",
        [claim()],
        [denial(), remit(payment_trace="T2", payment_date=LATER)],
        {**PAID_ONCE, "denials.overturned_lines": 1, "timeliness.days_to_payment_p50": 26.0},
    ),
    Case(
        "an answer to a duplicate is neither first nor final",
        "4.9",
        [claim()],
        [remit(payment_trace="T0", payment_date="2026-01-10", paid_amount="0", adjustments="OA-18:660.00"), denial()],
        {**DENIED, "timeliness.days_to_first_remit_p50": 14.0},
    ),
    Case("No Surprises Act", "4.10", [claim()], [remit(remark_codes="N115|N864")], {"payment.nsa_lines": 1, "payment.service_lines": 0}),
    Case(
        "out of network",
        "4.10",
        [claim()],
        [remit(adjustments="CO-253:2.06|PR-2:25.75|PR-45:531.23")],
        {"payment.out_of_network_lines": 1, "payment.service_lines": 0},
    ),
    Case(
        "the contract's check of allowed",
        "4.8",
        [claim(charge_amount="27.04")],
        [remit(charge_amount="27.04", paid_amount="7.34", adjustments="PR-2:1.83|CO-45:17.91|CO-253:.07|CO-144:-.11")],
        {"payment.allowed_sum": Decimal("9.13")},
    ),
    *(
        Case(f"allowed given as {given}", "4.8", [claim()], [remit(allowed_amount=given)], {"payment.allowed_sum": Decimal(allowed)})
        for given, allowed in (
            ("128.77", "128.77"),
            ("128.79", "128.79"),
            ("0", "128.77"),
            ("660.01", "128.77"),
            ("126.70", "128.77"),
            ("126.71", "126.71"),
        )
    ),
]

UNITS = [
    Case(
        f"care model of {' '.join(modifiers)}",
        "5",
        [claim(**{f"modifier_{i}": code for i, code in enumerate(modifiers, start=1)})],
        [remit()],
        {"care_models.care_model": model, "payment.service_lines": 1, "payment.allowed_per_unit_p50": price},
    )
    for modifiers, model, price in (
        (["AA"], "personally_performed", 21.1098),  # 128.77 / 6.1
        (["QS", "QZ"], "crna_alone", 21.1098),
        (["QK"], "directed_physician", 42.2197),  # half the share
        (["P3", "QS", "23", "QX"], "directed_crna", 42.2197),
        (["AD"], "supervised", None),
        (["QS"], "unspecified", None),
        (["QK", "QY"], "conflict", None),
    )
] + [
    Case(
        f"{count} {basis}",
        "5",
        [claim(unit_basis=basis, unit_count=count)],
        [],
        {"utilization.minutes_sum": minutes, "utilization.billed_units_sum": units, "utilization.suspect_minutes_lines": suspect},
    )
    for basis, count, minutes, units, suspect in (
        ("MJ", "32", 32.0, 6.1, 0),
        ("MJ", "36.75", 36.75, 6.5, 0),  # 36.75 / 15 = 2.45: up
        ("MJ", "4", None, None, 1),
        ("MJ", "5", 5.0, 4.3, 0),
        ("MJ", "300", 300.0, 24.0, 0),
        ("MJ", "301", None, None, 1),
        ("UN", "3", None, None, 0),
    )
]

BY_LOCALITY = {"medicare_basis": "locality"}
LOCALITY = [
    Case(
        f"Medicare's price, {words}",
        "5: medicare_basis",
        [claim(**place)],
        [remit()],
        {"payment.medicare_allowed_sum": Decimal(price)},
        BY_LOCALITY,
    )
    for words, place, price in (
        # 6.1 units; 22.49 in San Francisco, 20.27 in Nevada, 20.4976 in the nation
        ("told", {"medicare_contractor": "01112", "medicare_locality": "05"}, "137.19"),
        ("a state of one locality", {"service_facility_state": "NV"}, "123.65"),
        ("not told", {"service_facility_state": "CA"}, "125.04"),
        ("no such locality", {"medicare_contractor": "01112", "medicare_locality": "98"}, "125.04"),
    )
]

CASES = [*LOCALITY, *VERSIONS, *NAMES, *INFERRED, *ANSWERS, *CLAIM_LEVEL, *ROLES, *STATES, *UNITS]
