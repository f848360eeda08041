"""Seeded months of plain claims: enough prices for an index, and denials overturned in every way.

The lives of `random_truth` are few in each month, and what becomes of them seldom leaves a price.
"""

from __future__ import annotations

import random
from datetime import date, timedelta

from hand_base import CIGNA
from hand_rows import OTHER_RENDERING, RENDERING, Row, claim, remit
from random_payments import Unit, dollars

MONTHS = {date(2022, 1, 1): (20, 24), date(2022, 3, 1): (4, 10), date(2023, 1, 1): (4, 10)}
"""How many claims each has, from and to: the first begins the index of months, its year that of years."""
ENDS = ["paid"] * 6 + ["denied", "payer", "correction", "resubmission"]
"""Paid at once, denied for good, or denied first and then paid: on the same, a corrected or a new claim."""
CHARGE = 66000


def plain_claims(seed: int) -> tuple[list[Unit], list[Unit]]:
    """Claims and their answers."""
    pick = random.Random(f"{seed}/plain")
    claims: list[Row] = []
    remits: list[Row] = []
    for month, (least, most) in MONTHS.items():
        for _ in range(pick.randint(least, most)):
            number = f"IX{len(claims) + 1}"
            day = month + timedelta(days=pick.randint(0, 20))
            live(number, day, pick, claims, remits)
    return as_units(claims), as_units(remits)


def live(number: str, day: date, pick: random.Random, claims: list[Row], remits: list[Row]) -> None:
    """One claim, from its bill to its end."""
    end = pick.choice(ENDS)
    said = {"service_date": day.isoformat(), **pick.choice([{}, {}, {}, CIGNA])}
    billed = claim(
        **said,
        claim_id=number,
        member_id=number,
        patient_sex=pick.choice(["F", "M"]),
        rendering_provider_npi=pick.choice([RENDERING, OTHER_RENDERING]),
        billing_provider_state="TX",
        submitted_on=after(day, 2),
        modifier_1=pick.choice(["AA", "AA", "QZ", "QX"]),
        place_of_service=pick.choice(["24", "24", "22"]),
        unit_count=pick.choice(["32", "45", "60"]),
    )
    answer = remit(
        **said,
        claim_id=number,
        payment_trace=f"T{number}",
        payer_claim_number=f"P{number}",
        payment_date=after(day, pick.randint(5, 15)),
        paid_amount="0",
        adjustments=f"CO-{pick.choice(['16', '197'])}:{dollars(CHARGE)}",
    )
    claims.append(billed)
    if end != "paid":
        remits.append(answer)
    again = {"claim_id": f"{number}R" if end == "resubmission" else number}
    if end == "correction":
        again |= {"claim_frequency_code": "7", "modifier_2": "QS"}
    if end in ("correction", "resubmission"):
        claims.append({**billed, **again, "submitted_on": after(day, 20)})
    if end != "denied":
        allowed = pick.choice([9000, 12877, 12877, 15050, 20111])
        paid = {
            "claim_id": again["claim_id"],
            "payment_trace": f"T{number}B",
            "payment_date": after(day, pick.randint(25, 40)),
            "paid_amount": dollars(allowed),
            "adjustments": f"CO-45:{dollars(CHARGE - allowed)}",
        }
        remits.append({**answer, **paid})


def after(day: date, days: int) -> str:
    return (day + timedelta(days=days)).isoformat()


def as_units(rows: list[Row]) -> list[Unit]:
    """Each row was sent alone."""
    names = [f"plain-{number}" for number in range(len(rows))]
    return [Unit(name, [{**row, "_unit": name}]) for name, row in zip(names, rows, strict=True)]
