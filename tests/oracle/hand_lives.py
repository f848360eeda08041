"""Cases worked by hand: what is one claim, versions, names, resubmissions (contract, 4.1 to 4.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hand_base import CORRECTED, HOUSTON, LATER, PAID_LATER, PAID_ONCE, PENDING, REPLACED, VOIDED, Case
from hand_rows import OTHER_RENDERING, RENDERING, Row, claim, denial, remit

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
        [
            remit(),
            remit(
                payment_trace="T2",
                payment_date="2026-02-09",
                charge_amount="700.00",
                paid_amount="0",
                adjustments="CO-16:700.00",
            ),
        ],
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
        {
            **PAID_ONCE,
            "utilization.patients": 1,
            "denials.initially_denied_lines": 1,
            "denials.overturned_lines": 1,
        },
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
        [
            claim(),
            claim(
                claim_id="B2", claim_frequency_code=frequency, submitted_on=LATER, original_claim_number="P1"
            ),
        ],
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
            claim(
                claim_id="B2", claim_frequency_code="7", submitted_on="2026-02-01", original_claim_number="P1"
            ),
            claim(
                claim_id="C3", claim_frequency_code="7", submitted_on="2026-03-01", original_claim_number="P2"
            ),
        ],
        [
            denial(),
            denial(payment_trace="T2", payer_claim_number="P2", payment_date="2026-02-20"),
            remit(payment_trace="T3", payer_claim_number="P3", payment_date="2026-03-20"),
        ],
        {
            **PAID_ONCE,
            "utilization.claims": 1,
            "utilization.replaced_claims": 2,
            "denials.overturned_lines": 1,
        },
    ),
    Case(
        "of two replacements that name one claim the earlier continues it",
        "4.2: a claim has one successor",
        [
            claim(),
            claim(claim_id="B2", original_claim_number="P1", **REPLACED),
            claim(
                claim_id="C3", original_claim_number="P1", claim_frequency_code="7", submitted_on="2026-03-01"
            ),
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
        [
            denial(),
            remit(claim_id="B2", payment_trace="T2", payer_claim_number="P2", payment_date="2026-02-20"),
        ],
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
    Case(
        "switched off",
        "4.3: a setting",
        [claim(), AGAIN],
        [denial(), PAID_AGAIN],
        APART,
        {"infer_resubmissions": False},
    ),
    *(
        Case(
            f"modifiers {first or 'none'} and {second or 'none'} prevent it",
            "4.3",
            again_with(first, second),
            [denial(), PAID_AGAIN],
            APART,
        )
        for first, second in (
            ("53", ""),
            ("73", ""),
            ("74", ""),
            ("", "76"),
            ("78", ""),
            ("79", "79"),
            ("59", "59"),
            ("XU", ""),
        )
    ),
    Case(
        "59 that was only added cures a bundling denial",
        "4.3",
        again_with("", "59"),
        [denial("97"), PAID_AGAIN],
        {**PAID_ONCE, "denials.overturned_lines": 1},
    ),
    Case(
        "59 added with other minutes is another service",
        "4.3",
        again_with("", "59", unit_count="45"),
        [denial("97"), PAID_AGAIN],
        APART,
    ),
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
