"""Cases worked by hand: roles, links, copies, reversals, adjustments of the claim (contract, 4.4 to 4.6)."""

from __future__ import annotations

from decimal import Decimal

from hand_base import (
    CIGNA,
    LATER,
    PAID_ONCE,
    PENDING,
    REVERSED,
    SPLIT,
    UHC,
    Case,
    two_bills_and_a_line,
    two_lines,
)
from hand_rows import OTHER_NPI, claim, remit, reversal

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
        [
            remit(),
            reversal(),
            remit(
                payment_trace="T2",
                payment_date=LATER,
                payer_claim_number="P2",
                paid_amount="120.00",
                adjustments="CO-45:540.00",
            ),
        ],
        {"payment.paid_sum": Decimal("120.00"), "utilization.reversed_lines": 0},
    ),
    Case(
        "a reversal of another amount is the only one there is",
        "4.6",
        [claim()],
        [remit(), reversal(paid_amount="-90.00")],
        REVERSED,
    ),
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
        [
            remit(line_control_number="L1", remark_codes="N115", allowed_amount="128.77"),
            remit(payment_date="2026-01-22"),
            reversal(),
        ],
        REVERSED,
    ),
    Case(
        "a split line is one adjudication",
        "4.5",
        [claim()],
        SPLIT,
        {"payment.allowed_sum": Decimal("110.00"), "payment.service_lines": 1},
    ),
    Case(
        "a split line delivered twice",
        "4.5",
        [claim()],
        [*SPLIT, *SPLIT],
        {"payment.allowed_sum": Decimal("110.00")},
    ),
    Case(
        "equal halves without numbers make the billed charge",
        "4.5",
        [claim()],
        [remit(service_sequence="", charge_amount="330.00", paid_amount="50.00", adjustments="CO-45:280.00")]
        * 3,
        {"payment.allowed_sum": Decimal("100.00")},
    ),
    Case(
        "two lines of equal charge are met in the order of the SVC",
        "4.5",
        two_lines(modifier_1="QZ"),
        [remit(), remit(service_sequence="2", paid_amount="90.00", adjustments="CO-45:570.00")],
        {"utilization.adjudicated_lines": 2, "payment.allowed_sum": Decimal("218.77")},
    ),
    Case(
        "one answer for two equal lines is ambiguous",
        "4.5",
        two_lines(),
        [remit(line_control_number="")],
        {"utilization.pending_lines": 2},
    ),
    Case(
        "a line control number tells two equal lines apart",
        "4.5",
        two_lines(),
        [remit(line_control_number="2")],
        {"utilization.pending_lines": 1, "utilization.adjudicated_lines": 1},
    ),
    Case(
        "a number without its punctuation",
        "4.1",
        [claim(claim_id="AN-0042")],
        [remit(claim_id="AN0042")],
        PAID_ONCE,
    ),
    Case("a number without its zeros", "4.1", [claim(claim_id="00042")], [remit(claim_id="42")], PAID_ONCE),
    Case(
        "a loose number with another charge",
        "4.1",
        [claim(claim_id="00042")],
        [remit(claim_id="42", charge_amount="661.00")],
        PENDING,
    ),
    Case("another payee's answer", "4.5", [claim()], [remit(payee_npi=OTHER_NPI)], PENDING),
    Case(
        "no code and one line in all",
        "4.5",
        [claim()],
        [remit(procedure_code="", service_date="", service_sequence="")],
        PAID_ONCE,
    ),
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
            reversal(
                procedure_code="",
                service_date="",
                service_sequence="",
                charge_amount="-710.00",
                paid_amount="-140.96",
                adjustments="",
            ),
            remit(
                payment_trace="T3",
                payment_date="2026-02-09",
                paid_amount="120.00",
                adjustments="CO-45:540.00",
            ),
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
    Case(
        "a second line of the other bill of a day leaves a claim of one line",
        "4.1, 4.5: one account number for several claims",
        two_bills_and_a_line("AA"),
        [remit(claim_adjustments="CO-104:5.00", modifier_1="QK")],
        {"payment.service_lines": 1, "payment.paid_sum": Decimal("95.96")},
    ),
    Case(
        "a second line that is like neither bill of a day may be of each",
        "4.1, 4.5: rows do not tell of which",
        two_bills_and_a_line("AD"),
        [remit(claim_adjustments="CO-104:5.00", modifier_1="QK")],
        {"payment.service_lines": 0, "utilization.adjudicated_lines": 1, "utilization.pending_lines": 1},
    ),
    Case(
        "an answer without a code meets neither of two bills that a second line may be of",
        "4.5",
        two_bills_and_a_line("AD"),
        [remit(procedure_code="", service_date="", charge_amount="850.00")],
        {"utilization.service_lines": 2, "utilization.pending_lines": 2, "payment.allowed_sum": None},
    ),
]

ROLES = [
    Case(
        "a secondary claim is kept apart",
        "4.4",
        [claim(), claim(payer_responsibility="S", **UHC)],
        [
            remit(),
            remit(
                **UHC,
                payment_trace="T2",
                payer_claim_number="P2",
                claim_status_code="2",
                paid_amount="25.75",
                adjustments="OA-23:634.25",
            ),
        ],
        {**PAID_ONCE, "utilization.secondary_lines": 1},
    ),
    Case(
        "a secondary answer without CARC 23 leaves the primary payer's price",
        "4.4",
        [claim()],
        [
            remit(claim_status_code="19"),
            remit(
                **CIGNA,
                payment_trace="T2",
                payer_claim_number="P2",
                claim_status_code="2",
                payment_date=LATER,
                paid_amount="10.00",
                adjustments="CO-45:650.00",
            ),
        ],
        PAID_ONCE,
    ),
    Case(
        "another payer's answer of status 1 after the own payer paid is secondary",
        "4.4",
        [claim()],
        [
            remit(),
            remit(
                **CIGNA,
                payment_trace="T2",
                payer_claim_number="P2",
                payment_date=LATER,
                paid_amount="10.00",
                adjustments="CO-45:650.00",
            ),
        ],
        PAID_ONCE,
    ),
    Case(
        "another payer's answer where the own payer said nothing",
        "4.4",
        [claim()],
        [remit(**CIGNA)],
        PAID_ONCE,
    ),
    Case(
        "status 2 of the own payer with no other answer is taken as primary",
        "4.4",
        [claim()],
        [remit(claim_status_code="2")],
        PAID_ONCE,
    ),
    Case(
        "a crossover answer with CARC 23",
        "4.4",
        [claim()],
        [
            remit(claim_status_code="19"),
            remit(
                **UHC,
                payment_trace="T2",
                claim_status_code="2",
                payment_date=LATER,
                paid_amount="25.75",
                adjustments="OA-23:634.25",
            ),
        ],
        PAID_ONCE,
    ),
    Case("status 23 is ignored", "4.4", [claim()], [remit(claim_status_code="23")], PENDING),
]
