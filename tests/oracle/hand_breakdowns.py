"""Cases worked by hand: procedures, diagnoses, how denials were overturned, prices over time (contract,
section 6).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hand_base import CIGNA, LATER, PAID_LATER, REPLACED, Case
from hand_rows import Row, claim, denial, remit


def another(number: int, **values: Any) -> Row:
    """A claim of its own, of another patient."""
    return claim(claim_id=f"A{number}", member_id=f"W{number}", **values)


def answer_to(number: int, **values: Any) -> Row:
    return remit(claim_id=f"A{number}", payer_claim_number=f"P{number}", **values)


def of_row(place: str, **measures: Any) -> dict[str, Any]:
    """Measures of one row of a breakdown."""
    return {f"{place}.{name}": value for name, value in measures.items()}


PROCEDURES = [
    Case(
        "lines that carry a procedure, of all lines",
        "6, procedures: one of two adjudicated lines denied; shares are of three lines",
        [
            claim(surgical_procedure_code="64633"),
            another(2, surgical_procedure_code="64633", unit_count="45"),
            another(3),
        ],
        [remit(), denial(claim_id="A2", payer_claim_number="P2")],
        {
            **of_row("procedures[64633]", service_lines=2, patients=2, share_of_lines=0.6667),
            **of_row("procedures[64633]", priced_lines=1, allowed_p50=128.77, minutes_p50=38.5),
            **of_row("procedures[64633]", denied_lines=1, denial_rate=0.5, region_conflict=False),
            "procedures[unknown].service_lines": None,
        },
    ),
    *(
        Case(
            f"a procedure {words}",
            "6, procedures, region_conflict; the list of procedures",
            [claim(surgical_procedure_code=code)],
            [],
            of_row(f"procedures[{code}]", service_lines=1, denial_rate=None, region_conflict=conflict),
        )
        for words, code, conflict in (
            ("of the low back goes with another code", "62282", True),
            ("that goes with two codes, this one among them", "62280", False),
            ("for which the list names no code", "64640", None),
            ("that the list lacks", "99999", None),
        )
    ),
    Case(
        "the procedure is that of the version that stands",
        "4.2: the last version replaces the whole claim",
        [claim(surgical_procedure_code="62282"), claim(surgical_procedure_code="64633", **REPLACED)],
        [],
        {"procedures[64633].service_lines": 1, "procedures[62282].service_lines": None},
    ),
]


def diagnosed(number: int, *codes: str) -> Row:
    told = {f"diagnosis_{position}": code for position, code in enumerate(codes, start=1)}
    return another(number, **told)


DIAGNOSES = [
    Case(
        "one category of two parts of the spine, and what does not fit the code",
        "6, diagnoses: low back codes do not fit 01939; one diagnosis that fits is enough",
        [
            diagnosed(1, "M47.812"),
            diagnosed(2, "M47.816"),
            diagnosed(3, "M47.816", "M54.12"),
            diagnosed(4, "M47.816", "Z79.891"),
        ],
        [answer_to(1), denial(claim_id="A4", payer_claim_number="P4")],
        {
            **of_row("diagnoses[M47/cervical_thoracic]", service_lines=1, share_of_lines=0.25),
            **of_row("diagnoses[M47/cervical_thoracic]", region_conflict_lines=0, denial_rate=0.0),
            **of_row("diagnoses[M47/lumbar_sacral]", service_lines=3, share_of_lines=0.75),
            **of_row("diagnoses[M47/lumbar_sacral]", region_conflict_lines=2, denied_lines=1),
            **of_row("diagnoses[M47/lumbar_sacral]", denial_rate=1.0),
        },
    ),
    Case(
        "a first diagnosis that the list lacks",
        "6, diagnoses: the region is of the first one; a listed second one may be in conflict",
        [diagnosed(1, "Z79.891"), diagnosed(2, "Z79.891", "M54.16")],
        [],
        of_row("diagnoses[Z79/unknown]", service_lines=2, region_conflict_lines=1, denial_rate=None),
    ),
    Case(
        "lines without a diagnosis",
        "6: an empty breakdown key is unknown",
        [claim()],
        [remit()],
        of_row("diagnoses[unknown/unknown]", service_lines=1, region_conflict_lines=0, denied_lines=0),
    ),
    Case(
        "a diagnosis that fits every code is enough",
        "6, diagnoses: G89.3 fits every code",
        [diagnosed(1, "G89.3", "M54.16")],
        [],
        of_row("diagnoses[G89/any]", service_lines=1, region_conflict_lines=0),
    ),
]


def overturned(way: str | None) -> dict[str, Any]:
    """One line that was denied first, and how it was paid in the end; None: it was not."""
    counts = {name: int(name == way) for name in ("correction", "resubmission", "payer")}
    return {
        "denials.initially_denied_lines": 1,
        "denials.overturned_lines": int(way is not None),
        **{f"denials.overturned_by_{name}_lines": count for name, count in counts.items()},
    }


UNDER_B2 = {"claim_id": "B2", "payment_trace": "T3", "payer_claim_number": "P2"}
AGAIN = claim(claim_id="B2", submitted_on=LATER)
OVERTURNED = [
    Case(f"overturned: {words}", source, claims, remits, overturned(way))
    for words, source, claims, remits, way in (
        ("the payer changed its answer", "4.9", [claim()], [denial(), PAID_LATER], "payer"),
        (
            "a bill sent again unchanged is no correction",
            "4.2: a version whose lines are the same again is a duplicate",
            [claim(), claim(submitted_on=LATER)],
            [denial(), PAID_LATER],
            "payer",
        ),
        (
            "a replacement under the same number",
            "4.2",
            [claim(), claim(charge_amount="700.00", **REPLACED)],
            [denial(), {**PAID_LATER, "charge_amount": "700.00", "adjustments": "CO-45:573.29|PR-2:25.75"}],
            "correction",
        ),
        (
            "another first bill under the same number",
            "4.1: it corrects what was denied and never paid",
            [claim(), claim(submitted_on=LATER, member_id="W200")],
            [denial("31"), PAID_LATER],
            "correction",
        ),
        (
            "a replacement under a new number that names the old claim",
            "4.2",
            [claim(), claim(claim_id="B2", original_claim_number="P1", **REPLACED)],
            [denial(), remit(payment_date="2026-02-20", **UNDER_B2)],
            "correction",
        ),
        (
            "a first bill under a new number",
            "4.3",
            [claim(), AGAIN],
            [denial(), remit(payment_date="2026-02-20", **UNDER_B2)],
            "resubmission",
        ),
        (
            "what is denied again is not",
            "4.9",
            [claim(), AGAIN],
            [denial(), denial(payment_date="2026-02-20", **UNDER_B2)],
            None,
        ),
    )
]


def a_year_ago(number: int) -> Row:
    return another(number, service_date="2025-01-06", submitted_on="2025-01-07")


DEAR = {"paid_amount": "256.27", "adjustments": "CO-45:403.73"}
TREND = [
    Case(
        "two prices of January beside eleven equal ones of the January before",
        "6, price_trend: 29.5082 is the middle one of 21.1098, 29.5082 and 42.0115. Index 100 x sqrt(256.27 "
        "/ 128.77); the variance of two logarithms d = 0.68820 apart is d x d / 2, so the standard error of "
        "their mean is d / 2 and the bounds are exp(1.959964 x d / 2) away. The line at another site is in "
        "no stratum that both months have",
        [
            *(a_year_ago(number) for number in range(11, 22)),
            claim(),
            another(2),
            another(3, place_of_service="22"),
        ],
        [
            *(
                answer_to(number, payment_date="2025-01-21", service_date="2025-01-06")
                for number in range(11, 22)
            ),
            remit(),
            answer_to(2, **DEAR),
            answer_to(3, paid_amount="180.00", adjustments="CO-45:480.00"),
        ],
        {
            "price_trend.service_lines": 3,
            "price_trend.allowed_per_unit_p50": 29.5082,
            "price_trend.allowed_per_unit_p50_year_ago": 21.1098,
            "price_trend.change_on_year": 0.3978,
            "price_trend.price_index": 141.0722,
            "price_trend.price_index_low": 71.8692,
            "price_trend.price_index_high": 276.9109,
        },
        alone=True,
    ),
    Case(
        "ten lines begin no index",
        "6, price_trend: 100 is the first mature period with 11 unit-priced lines",
        [*(a_year_ago(number) for number in range(11, 21)), claim()],
        [
            *(
                answer_to(number, payment_date="2025-01-21", service_date="2025-01-06")
                for number in range(11, 21)
            ),
            remit(),
        ],
        {
            "price_trend.allowed_per_unit_p50": 21.1098,
            "price_trend.change_on_year": 0.0,
            "price_trend.price_index": None,
            "price_trend.price_index_low": None,
        },
        alone=True,
    ),
]

BY_NURSE = {"modifier_1": "QZ"}
"""Cigna's rule for it begins in March 2023."""
OWN_RULES = [
    Case(
        f"a payer's own rules: {words}",
        source,
        [claim(**CIGNA, **values)],
        [remit(**{**CIGNA, "paid_amount": "103.02", "adjustments": "CO-45:556.98"})],
        {
            "payment.allowed_per_unit_p50": price,
            "payment.allowed_per_unit_payer_rules_p50": by_rules,
            "payment.payer_rules_lines": int(by_rules is not None),
            "payment.allowed_sum": Decimal("103.02"),
        },
        alone=values == BY_NURSE,
    )
    for words, source, values, price, by_rules in (
        ("a physician alone", "5: 103.02 / (4 + 2.1)", {}, 16.8885, 16.8885),
        ("a nurse anesthetist at 0.85", "5: 103.02 / (6.1 x 0.85)", BY_NURSE, 16.8885, 19.8689),
        ("a status of which it says nothing", "5: no one rule fits", {"modifier_2": "P3"}, 16.8885, None),
    )
]
