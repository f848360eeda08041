"""Cases worked by hand: rows that come again, and rows that stand together (contract, 4.4 to 4.9)."""

from __future__ import annotations

from decimal import Decimal

from hand_base import LATER, PAID_LATER, PAID_ONCE, UHC, Case
from hand_histories import of, paid_of
from hand_rows import claim, denial, remit

REPEATS = [
    Case(
        "the same bill again is answered as a duplicate",
        "4.2, 4.9: an answer of 18 alone is neither first nor final beside another",
        [claim(), claim(submitted_on="2026-01-09")],
        [remit(), denial("18", payment_trace="T2", payer_claim_number="P2", payment_date=LATER)],
        {**PAID_ONCE, "denials.zero_pay_other_lines": 0, "utilization.replaced_claims": 0},
    ),
    Case(
        "the answer to the duplicate comes first",
        "4.9; 14 days to the answer that counts",
        [claim(), claim(submitted_on="2026-01-09")],
        [remit(), denial("18", payment_trace="T2", payer_claim_number="P2", payment_date="2026-01-15")],
        {
            **PAID_ONCE,
            "denials.initially_denied_lines": 0,
            "timeliness.days_to_first_remit_p50": 14.0,
            "timeliness.first_pass_paid_rate": 1.0,
        },
    ),
    Case(
        "a duplicate answer alone is no denial",
        "4.9: zero_pay_other",
        [claim()],
        [denial("18")],
        of(1, denials__zero_pay_other_lines=1, denials__denied_lines=0),
    ),
    Case(
        "capitated first, paid in the end",
        "4.9: 24 is no denial, and nothing was overturned",
        [claim()],
        [denial("24"), PAID_LATER],
        {
            **PAID_ONCE,
            "denials.initially_denied_lines": 0,
            "denials.overturned_lines": 0,
            "timeliness.first_pass_paid_rate": 0.0,
        },
    ),
    Case(
        "a second payment without a reversal is the final one",
        "4.7: all amounts of the line come from it",
        [claim()],
        [remit(), paid_of(2000, payment_trace="T2", payer_claim_number="P2", payment_date=LATER)],
        of(1, "20.00", payment__allowed_sum=Decimal("20.00")),
    ),
    Case(
        "a secondary payer splits the line",
        "4.4, 4.5",
        [claim(), claim(payer_responsibility="S", submitted_on="2026-01-25", **UHC)],
        [
            remit(),
            *(
                remit(
                    **UHC,
                    payment_trace="T2",
                    payer_claim_number="P2",
                    claim_status_code="2",
                    payment_date=LATER,
                    service_sequence=place,
                    charge_amount="330.00",
                    paid_amount="12.00",
                    adjustments="OA-23:318.00",
                )
                for place in ("1", "2")
            ),
        ],
        {**PAID_ONCE, "utilization.secondary_lines": 1},
    ),
]

TOGETHER = [
    Case(
        "two bills of a day that share no first line are of several lines each",
        "4.1, 4.5: an empty code meets only a claim of one line in all",
        [
            claim(modifier_1="QK"),
            claim(line_number="2", modifier_1="QK", charge_amount="27.04"),
            claim(),
            claim(line_number="2", modifier_1="QX", charge_amount="27.04"),
        ],
        [paid_of(20000, 68704, procedure_code="", service_sequence="")],
        of(4, utilization__pending_lines=4),
    ),
    Case(
        "a CLP's line is not told by what its other line met in another claim",
        "4.5: two candidates left are ambiguous",
        [claim(), claim(claim_id="a1", modifier_1="QZ", submitted_on="2026-01-07")],
        [
            remit(line_control_number="1", modifier_1="AA"),
            paid_of(9000, payer_claim_number="P1", service_sequence="2"),
        ],
        of(2, utilization__pending_lines=1, utilization__adjudicated_lines=1),
    ),
]

REPEATED = [*REPEATS, *TOGETHER]
