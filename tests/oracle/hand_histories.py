"""Cases worked by hand: whole histories of claims, bills and answers in turn (contract, 4.1 to 4.11).

A payment of `remit()` is 100.96 of 660.00, allowed 128.77, of 20 January; the bill is of 6 January.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hand_base import HOUSTON, LATER, PAID_LATER, PAID_ONCE, PENDING, REPLACED, REVERSED, VOIDED, Case
from hand_base import two_lines as lines
from hand_rows import Row, claim, denial, remit, reversal

MARCH = "2026-03-02"
CHANGED = {"charge_amount": "700.00"}


def paid_of(cents: int, charge: int = 66000, **values: Any) -> Row:
    """An answer that pays some cents of a charge and writes off the rest."""
    money = {"charge_amount": charge, "paid_amount": cents}
    texts = {name: f"{Decimal(amount) / 100:.2f}" for name, amount in money.items()}
    return remit(**{**texts, "adjustments": f"CO-45:{Decimal(charge - cents) / 100:.2f}", **values})


def taken_back(cents: int, **values: Any) -> Row:
    """A reversal of `paid_of`."""
    texts = {"paid_amount": f"-{Decimal(cents) / 100:.2f}"}
    return reversal(**{**texts, "adjustments": f"CO-45:-{Decimal(66000 - cents) / 100:.2f}", **values})


def of(service_lines: int | None, paid: str | None = None, **others: Any) -> dict[str, Any]:
    """Lines and the paid sum of priced lines; other cells as `table__measure`."""
    named = {name.replace("__", "."): value for name, value in others.items()}
    told = {"utilization.service_lines": service_lines, **named}
    return told if paid is None else {**told, "payment.paid_sum": Decimal(paid)}


REVERSALS = [
    Case(
        "a reversal of a reversal cancels nothing and takes the price",
        "4.6: the payment is cancelled already; what is paid again comes as a claim",
        [claim()],
        [
            remit(),
            reversal(),
            reversal(
                payment_trace="T3", payment_date="2026-02-15", charge_amount="660.00", paid_amount="100.96"
            ),
        ],
        REVERSED,
    ),
    Case(
        "what was taken back is paid again under the same number",
        "4.6, 4.7; 14 days to the first payment, 40 to the final one",
        [claim()],
        [remit(), reversal(), remit(payment_trace="T3", payment_date="2026-02-15")],
        {
            **PAID_ONCE,
            "collections.reversed_paid_sum": Decimal("100.96"),
            "timeliness.days_to_payment_p50": 14.0,
            "timeliness.days_to_final_p50": 40.0,
        },
    ),
    Case(
        "a takeback thirteen months later",
        "4.6: no date is too late",
        [claim()],
        [remit(), reversal(payment_date="2027-02-20")],
        {**REVERSED, "collections.reversed_paid_sum": Decimal("100.96")},
    ),
    Case(
        "the first of two payments is taken back",
        "4.6, 4.7",
        [claim()],
        [
            remit(),
            paid_of(12000, payment_trace="T2", payer_claim_number="P2", payment_date=LATER),
            reversal(payment_trace="T3", payment_date="2026-02-10"),
        ],
        of(1, "120.00", collections__reversed_paid_sum=Decimal("100.96")),
    ),
    Case(
        "corrected twice, each time taken back and paid on one day",
        "4.6: on one date the original, the reversal, the correction",
        [claim()],
        [
            remit(),
            reversal(),
            paid_of(11000, payment_trace="T2", payment_date=LATER),
            taken_back(11000, payment_trace="T3", payment_date=MARCH),
            paid_of(12000, payment_trace="T3", payment_date=MARCH),
        ],
        of(1, "120.00", collections__reversed_paid_sum=Decimal("210.96")),
    ),
    Case(
        "a payment taken back and then denied is denied, and was not denied at first",
        "4.7, 4.9",
        [claim()],
        [remit(), reversal(), denial("29", payment_trace="T3", payment_date="2026-02-15")],
        of(1, denials__denied_lines=1, denials__initially_denied_lines=0, denials__overturned_lines=0),
    ),
    Case(
        "a denial after a payment that stands undoes nothing",
        "4.7: a payer takes money back by reversal only",
        [claim()],
        [remit(), denial("29", payment_trace="T3", payment_date="2026-02-15")],
        {**PAID_ONCE, "denials.denied_lines": 0},
    ),
    Case(
        "a reversal under a number of its own that names the payment's",
        "4.6: original_payer_claim_number",
        [claim()],
        [remit(), reversal(payer_claim_number="P9", original_payer_claim_number="P1")],
        REVERSED,
    ),
    Case(
        "a reversal that negates none of two payments takes the price",
        "4.6: else the only one there is",
        [claim()],
        [
            remit(),
            paid_of(9000, payment_trace="T4", payment_date="2026-01-25"),
            taken_back(5000, payment_trace="T5"),
        ],
        of(1, utilization__adjudicated_lines=1, payment__service_lines=0),
    ),
    Case(
        "of two reversals of a day the one that negates the denial goes first, the other is unmatched",
        "4.6: the one whose amounts it negates first; the correction of the day stands",
        [claim()],
        [
            denial("197"),
            reversal(
                payer_claim_number="P9", original_payer_claim_number="P1", paid_amount="0", adjustments=""
            ),
            denial("96", payment_trace="T3", payment_date=LATER, payer_claim_number="P9"),
            taken_back(2000, payment_trace="T4"),
        ],
        of(1, utilization__reversed_lines=0, denials__denied_lines=1),
    ),
    Case(
        "half of a directed case is taken back",
        "4.6, 5: the case is complete no more",
        [claim(modifier_1="QK"), claim(claim_id="A2", modifier_1="QX")],
        [
            paid_of(6439, modifier_1="QK"),
            paid_of(6439, claim_id="A2", payer_claim_number="P2", modifier_1="QX"),
            taken_back(6439, modifier_1="QK"),
        ],
        of(2, "64.39", utilization__reversed_lines=1, case_payment__complete_cases=0),
    ),
]

BILLS = [
    Case(
        "a replacement of a void brings the claim back",
        "4.2: the last version wins",
        [claim(), claim(**VOIDED), claim(claim_frequency_code="7", submitted_on=MARCH, **CHANGED)],
        [
            remit(),
            paid_of(11000, 70000, payment_trace="T3", payer_claim_number="P3", payment_date="2026-03-20"),
        ],
        of(1, "110.00", utilization__charge_sum=Decimal("700.00")),
    ),
    Case(
        "voided, taken back, and billed again with the same lines",
        "4.2: what follows a void is no duplicate",
        [claim(), claim(**VOIDED), claim(submitted_on="2026-02-20")],
        [
            remit(),
            reversal(),
            remit(payment_trace="T4", payer_claim_number="P4", payment_date="2026-03-09"),
        ],
        {**PAID_ONCE, "collections.reversed_paid_sum": Decimal("100.96")},
    ),
    Case(
        "voided by name and billed anew under a third number",
        "4.2, 4.3: a voided claim is continued by none",
        [
            claim(),
            claim(claim_id="V9", original_claim_number="P1", **VOIDED),
            claim(claim_id="C3", submitted_on=MARCH),
        ],
        [
            remit(),
            remit(claim_id="C3", payment_trace="T3", payer_claim_number="P3", payment_date="2026-03-20"),
        ],
        {**PAID_ONCE, "utilization.voided_claims": 1},
    ),
    Case(
        "a replacement that was denied while the payment stands has failed",
        "4.2",
        [claim(), claim(**REPLACED, **CHANGED)],
        [
            remit(),
            denial(payment_trace="T2", payment_date="2026-02-09", adjustments="CO-16:700.00", **CHANGED),
        ],
        {**PAID_ONCE, "utilization.charge_sum": Decimal("660.00"), "denials.denied_lines": 0},
    ),
    Case(
        "the same where the payment was taken back: the denied replacement stands",
        "4.2: while the earlier claim's payment stands uncancelled",
        [claim(), claim(**REPLACED, **CHANGED)],
        [
            remit(),
            reversal(payment_date="2026-02-05"),
            denial(payment_trace="T3", payment_date="2026-02-09", adjustments="CO-16:700.00", **CHANGED),
        ],
        of(1, utilization__charge_sum=Decimal("700.00"), denials__denied_lines=1),
    ),
    Case(
        "a replacement with another care model keeps the payment of the same charge",
        "4.2, 4.7",
        [claim(), claim(**{**REPLACED, "modifier_1": "QZ"})],
        [remit()],
        {
            **PAID_ONCE,
            "utilization.replaced_claims": 1,
            "care_models[crna_alone].priced_lines": 1,
            "care_models[personally_performed].service_lines": None,
        },
    ),
    Case(
        "a replacement drops a line, whose payment counts no more",
        "4.2: it replaces the whole claim",
        [*lines(charge_amount="500.00"), claim(**REPLACED)],
        [remit(), paid_of(7000, 50000, service_sequence="2")],
        of(1, "100.96"),
    ),
    Case(
        "a replacement adds a line, which waits",
        "4.2, 4.7",
        [claim(), *(row | REPLACED for row in lines(charge_amount="500.00"))],
        [remit()],
        {"utilization.service_lines": 2, "utilization.pending_lines": 1, **HOUSTON},
    ),
    Case(
        "a replacement without a line in scope takes the claim away",
        "3: a claim whose last version has no line in scope leaves the benchmark",
        [claim(), claim(**{**REPLACED, "procedure_code": "99100"})],
        [remit()],
        of(None),
    ),
    Case(
        "a correction moves the service into the month",
        "4.2; submitted before the corrected service: no days",
        [
            claim(service_date="2025-12-30", submitted_on="2025-12-31"),
            claim(**REPLACED),
        ],
        [denial(service_date="2025-12-30"), PAID_LATER],
        {
            **PAID_ONCE,
            "denials.overturned_lines": 1,
            "timeliness.days_to_submit_p50": None,
            "timeliness.days_to_payment_p50": 51.0,
        },
        alone=True,
    ),
    Case(
        "a correction moves the service out of the month",
        "4.2",
        [claim(), claim(**{**REPLACED, "service_date": "2026-02-01"})],
        [denial(), PAID_LATER | {"service_date": "2026-02-01"}],
        of(None, denials__denied_lines=None),
        alone=True,
    ),
    Case(
        "the member id is corrected, then the birth date",
        "4.1: any of whose versions has its member id or its birth date",
        [
            claim(),
            claim(**REPLACED, member_id="W200"),
            claim(
                claim_frequency_code="7",
                submitted_on=MARCH,
                member_id="W200",
                patient_birth_date="1961-05-18",
            ),
        ],
        [
            denial("31"),
            denial("31", payment_trace="T2", payer_claim_number="P2", payment_date="2026-02-20"),
            remit(payment_trace="T3", payer_claim_number="P3", payment_date="2026-03-20"),
        ],
        {**PAID_ONCE, "utilization.patients": 1, "denials.overturned_lines": 1},
    ),
    Case(
        "three numbers in a row, each denied until the last",
        "4.3",
        [claim(), claim(claim_id="B2", submitted_on=LATER), claim(claim_id="C3", submitted_on=MARCH)],
        [
            denial(),
            denial(claim_id="B2", payment_trace="T2", payer_claim_number="P2", payment_date="2026-02-20"),
            remit(claim_id="C3", payment_trace="T3", payer_claim_number="P3", payment_date="2026-03-20"),
        ],
        {
            **PAID_ONCE,
            "utilization.replaced_claims": 2,
            "denials.overturned_lines": 1,
            "timeliness.days_to_first_remit_p50": 14.0,
        },
    ),
    Case(
        "what was paid once is continued by no new number, though it was taken back",
        "4.3: denied and never paid",
        [claim(), claim(claim_id="B2", submitted_on="2026-02-10")],
        [
            remit(),
            reversal(),
            remit(claim_id="B2", payment_trace="T3", payer_claim_number="P3", payment_date="2026-02-20"),
        ],
        {**of(2), "utilization.reversed_lines": 1, **HOUSTON},
    ),
    *(
        Case(
            f"a replacement under a new number is answered under the old one, at the {words}",
            "4.2, 4.7: all adjudications of the chain count; another bill's charge waits",
            [claim(), claim(claim_id="B2", original_claim_number="P1", **REPLACED, **CHANGED)],
            [denial(), paid_of(12000, charge, payment_trace="T2", payment_date="2026-02-20")],
            expected,
        )
        for words, charge, expected in (
            ("new charge", 70000, of(1, "120.00", denials__overturned_lines=1)),
            ("old charge", 66000, {**PENDING, "collections.paid_sum": Decimal("0")}),
        )
    ),
]

HISTORIES = [*REVERSALS, *BILLS]
