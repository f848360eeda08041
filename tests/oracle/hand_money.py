"""Cases worked by hand: what was expected, paid and stands open; themes of diagnoses (contract, section 6).

The paid line of `remit()` is allowed 128.77 for 4 + 2.1 units: 21.1098 per unit, the payer's own median.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hand_base import HOUSTON, LATER, PAID_LATER, UHC, Case
from hand_rows import Row, claim, denial, remit, reversal

SEVEN_UNITS = claim(claim_id="A2", member_id="W2", unit_count="45")
"""4 + 3.0 units x 21.1098 = 147.7686."""


def money(expected: str, paid: str, **others: str) -> dict[str, Any]:
    """Sums of `collections`; patients owe 25.75 and nothing is open or was reversed, where not said."""
    sums = {"patient_responsibility": "25.75", "open_allowed": "0", "reversed_paid": "0", **others}
    sums |= {"expected_allowed": expected, "paid": paid}
    return {f"collections.{name}_sum": Decimal(value) for name, value in sums.items()}


COLLECTIONS = [
    Case(
        "an open line is expected at the payer's own median price",
        "6, collections: 128.77 allowed and 147.77 open of 31 days",
        [claim(), SEVEN_UNITS],
        [remit()],
        {
            **money("276.54", "100.96", open_allowed="147.77"),
            "collections.net_collection_rate": 0.4026,
            "collections.days_in_receivables": 16.5649,
            "collections.service_lines": 2,
        },
        alone=True,
    ),
    Case(
        "a directed line is expected at half, another payer's line at no price",
        "6: units x share x the median of the same payer: 7.0 x 0.5 x 21.1098 = 73.8843",
        [
            claim(),
            claim(claim_id="A2", member_id="W2", unit_count="45", modifier_1="QK"),
            claim(claim_id="A3", member_id="W3", **UHC),
        ],
        [remit()],
        money("202.65", "100.96", open_allowed="73.88"),
        alone=True,
    ),
    Case(
        "the median of two prices lies between them",
        "6: 128.77 and 256.27 for 6.1 units: the median is 31.5607 (31.56065...); 7.0 units are 220.92",
        [claim(), claim(claim_id="A3", member_id="W3"), SEVEN_UNITS],
        [
            remit(),
            remit(claim_id="A3", payer_claim_number="P3", paid_amount="256.27", adjustments="CO-45:403.73"),
        ],
        money("605.96", "357.23", open_allowed="220.92"),
        alone=True,
    ),
    Case(
        "a denied line is expected nothing, its denied dollars are the median's",
        "6, collections and denials: 7.0 x 21.1098",
        [claim(), SEVEN_UNITS],
        [remit(), denial(claim_id="A2", payer_claim_number="P2")],
        {
            **money("128.77", "100.96"),
            "denials.denied_allowed_sum": Decimal("147.77"),
            "denials.recovered_allowed_sum": Decimal("0"),
        },
        alone=True,
    ),
    Case(
        "what was denied and paid in the end is recovered at the median",
        "6, denials: 6.1 x 21.1098 = 128.7698",
        [claim()],
        [denial(), PAID_LATER],
        {
            **money("128.77", "100.96"),
            "denials.denied_allowed_sum": Decimal("0"),
            "denials.recovered_allowed_sum": Decimal("128.77"),
        },
        alone=True,
    ),
    Case(
        "money taken back and never paid again is expected, and neither paid nor open",
        "6, collections: 128.77 + 147.77",
        [claim(), SEVEN_UNITS],
        [
            remit(),
            remit(claim_id="A2", payer_claim_number="P2"),
            reversal(claim_id="A2", payer_claim_number="P2"),
        ],
        money("276.54", "100.96", reversed_paid="100.96"),
        alone=True,
    ),
    Case(
        "a payment taken back and corrected: the reversed money is told beside the last",
        "4.6, 6",
        [claim()],
        [
            remit(paid_amount="90.00", adjustments="CO-45:570.00"),
            reversal(paid_amount="-90.00", adjustments="CO-45:-570.00"),
            remit(payment_trace="T3", payment_date="2026-02-02"),
        ],
        {**money("128.77", "100.96", reversed_paid="90.00"), **HOUSTON},
    ),
    Case(
        "a line that waits for another answer is open, what its earlier version was paid is not its own",
        "4.7, 6",
        [
            claim(),
            SEVEN_UNITS,
            claim(
                claim_id="A2",
                member_id="W2",
                unit_count="45",
                claim_frequency_code="7",
                submitted_on=LATER,
                charge_amount="700.00",
            ),
        ],
        [remit(), remit(claim_id="A2", payer_claim_number="P2")],
        money("276.54", "100.96", open_allowed="147.77"),
        alone=True,
    ),
]


def of_themes(**lines: int) -> dict[str, Any]:
    """Lines and share of each theme of two lines; none of `chronic_pain_syndrome`."""
    counts = {f"clinical_themes[{theme}].service_lines": count for theme, count in lines.items()}
    shares = {f"clinical_themes[{theme}].share_of_lines": count / 2 for theme, count in lines.items()}
    return {**counts, **shares, "clinical_themes[chronic_pain_syndrome].service_lines": None}


def with_diagnoses(*codes: str) -> list[Row]:
    told = {f"diagnosis_{position}": code for position, code in enumerate(codes, start=1)}
    return [claim(**told), claim(claim_id="A2", member_id="W2")]


THEMES = [
    Case(
        words,
        "6, clinical_themes: the first of the four diagnoses that has one, by the longest listed prefix",
        with_diagnoses(*codes),
        [remit()],
        {
            **of_themes(**{theme: 1, "unknown": 1}),
            f"clinical_themes[{theme}].priced_lines": 1,
            f"clinical_themes[{theme}].allowed_per_unit_p50": 21.1098,
            f"clinical_themes[{theme}].minutes_p50": 32.0,
            f"clinical_themes[{theme}].denial_rate": 0.0,
            "clinical_themes[unknown].denial_rate": None,
        },
    )
    for words, codes, theme in (
        ("the theme is that of the first diagnosis", ("M47.812", "G89.4"), "spondylosis"),
        (
            "a diagnosis without theme leaves it to the next",
            ("Z79.891", "E119", "C61", "G894"),
            "cancer_pain",
        ),
        ("the longest prefix decides: G89.3 is not G89", ("G89.3",), "cancer_pain"),
        ("a code that only a short prefix lists", ("G89.21",), "other_chronic_pain"),
    )
] + [
    Case(
        "diagnoses without theme and lines without diagnosis are unknown",
        "6: an empty breakdown key is unknown",
        with_diagnoses("Z79.891"),
        [remit()],
        of_themes(unknown=2),
    ),
    Case(
        "the theme is that of the version that stands",
        "4.2: the last version replaces the whole claim",
        [
            claim(diagnosis_1="G89.4"),
            claim(diagnosis_1="M54.16", claim_frequency_code="7", submitted_on=LATER),
            claim(claim_id="A2", member_id="W2", diagnosis_1="C79.51"),
        ],
        [denial("50", claim_id="A2", payer_claim_number="P2")],
        {
            **of_themes(radiculopathy=1, cancer_pain=1),
            "clinical_themes[cancer_pain].denied_lines": 1,
            "clinical_themes[cancer_pain].denial_rate": 1.0,
            "clinical_themes[radiculopathy].denial_rate": None,
        },
    ),
]
