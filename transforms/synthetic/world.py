"""The synthetic world: about 3,100 cases over 15 service months with every lifecycle, as canonical frames."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from transforms.synthetic.lives import SCENARIOS, Scenario
from transforms.synthetic.lives_claims import paid
from transforms.synthetic.made_cases import Case, adjudicate, claim_number, draw_case, foreign_npi
from transforms.synthetic.parties import GROUPS, HealthPlan, Patient, ProviderGroup, patient_for
from transforms.synthetic.plans import plans_of
from transforms.synthetic.records import (
    Claim,
    Line,
    Loop,
    Row,
    claim_rows,
    claims_frame,
    loop_rows,
    remits_frame,
)

DAYS_AFTER_LAST_MONTH = 13
"""What is sent or paid later than this after the last service month has not arrived: recent claims are
open.
"""
SEASON = (97, 93, 103, 102, 100, 101, 94, 96, 100, 107, 103, 108)
"""Cases by month of the year, January first: more when deductibles are met, fewer on holidays (invented)."""
DENIED_OF_PLAN = {"medicare_ffs": 30, "medicare_advantage": 85, "medicaid": 90, "other": 70}
DENIED_OF_PAYER = {"aetna": 85, "bcbs": 65, "cigna": 95, "uhc": 100, "other": 80}
"""How often an ordinary denial falls to a plan: by line of business, commercial ones by payer; 100: as often
as a case does (invented, but Medicare denies least).
"""
OUT_OF_SCOPE = (
    ("64633", "8"),
    ("64634", "4"),
    ("99213", "1"),
    ("00300", "55"),
    ("01992", "30"),
    ("00630", "120"),
)


@dataclass(frozen=True)
class SyntheticData:
    """Canonical claim and remit lines (text, None for empty) with underscore columns about their making.

    `_scenario` names the life, `_case` numbers the case, `_delivery` is the month (0 first) in which the row
    is delivered, `_dependent` is 1 where the patient is a dependent, `_submission` numbers the CLM and
    `_loop` the CLP loop.
    """

    claims: pl.DataFrame
    remits: pl.DataFrame


def synthetic_claims(
    seed: int = 1939, cases: int = 3100, first_month: date = date(2024, 11, 1), months: int = 15
) -> SyntheticData:
    """Make the synthetic claims and remittances; the same arguments give the same rows.

    Grain of `claims`: one row per service line per submission; of `remits`: one row per service payment line.
    """
    starts = [_month(first_month, at) for at in range(months)]
    arrived_by = _month(first_month, months) + timedelta(days=DAYS_AFTER_LAST_MONTH)
    claims: list[Row] = []
    remits: list[Row] = []
    patients: dict[str, list[Patient]] = {}
    for number, scenario in enumerate(_allot(cases, random.Random(f"{seed}/scenarios"))):
        rare = scenario != "paid"
        at = _month_offset(random.Random(f"{seed}/{number}/month"), starts)
        case = _fitted(draw_case(number, seed, starts[at]), SCENARIOS.get(scenario))
        case = _returning(case, patients)
        life = SCENARIOS[scenario].live(case) if rare else paid(case)
        for order, claim in enumerate(life.claims):
            if claim.submitted_on <= arrived_by:
                rows = claim_rows(claim, f"{number}/{order}")
                claims += _marked(rows, scenario, number, _index(first_month, claim.submitted_on))
        for order, loop in enumerate(life.remits):
            if loop.paid_on <= arrived_by:
                night = _index(first_month, loop.paid_on) + loop.delivered_late
                remits += _marked(loop_rows(loop, f"{number}/{order}"), scenario, number, night)
    for number in range(cases, cases + cases // 4):
        outside = _out_of_scope(number, seed, starts[number % months])
        if outside[0].submitted_on <= arrived_by and outside[1].paid_on <= arrived_by:
            rows = claim_rows(outside[0], f"{number}/0")
            claims += _marked(rows, "out_of_scope", number, _index(first_month, outside[0].submitted_on))
            rows = loop_rows(outside[1], f"{number}/0")
            remits += _marked(rows, "out_of_scope", number, _index(first_month, outside[1].paid_on))
    return SyntheticData(claims_frame(claims), remits_frame(remits))


def _month_offset(rng: random.Random, starts: list[date]) -> int:
    """Draw a service month by the season: what befalls a case does not depend on its month."""
    return rng.choices(range(len(starts)), [SEASON[start.month - 1] for start in starts])[0]


def _month(first: date, offset: int) -> date:
    count = first.year * 12 + first.month - 1 + offset
    return date(count // 12, count % 12 + 1, 1)


def _index(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month


def _marked(rows: list[Row], scenario: str, number: int, night: int) -> list[Row]:
    marks: Row = {"_scenario": scenario, "_case": str(number), "_delivery": str(night)}
    return [row | marks for row in rows]


def _allot(cases: int, rng: random.Random) -> list[str]:
    """Give every scenario its share of the cases (three at least, one of few cases), shuffled."""
    least = 3 if cases >= 12 * len(SCENARIOS) else 1
    named = [
        name
        for name, each in SCENARIOS.items()
        for _ in range(max(least, round(each.per_ten_thousand * cases / 10_000)))
    ]
    rest = ["paid"] * max(0, cases - len(named))
    deck = named[:cases] + rest
    rng.shuffle(deck)
    return deck


def _fitted(case: Case, scenario: Scenario | None) -> Case:
    """Move a case to a payer that its scenario needs, or where denials fall; a patient follows his plan."""
    if scenario is None:
        return case
    if scenario.is_denial:
        return _denied_somewhere(case)
    if not scenario.payer:
        return case
    plans = [
        plan
        for plan in plans_of(case.group.state)
        if plan.payer == scenario.payer or plan.line_of_business == scenario.payer
    ]
    if case.plan in plans:
        return case
    from_start = draw_case(
        case.number, case.rng.randrange(10**6), case.service_date.replace(day=1), case.group
    )
    plan = case.rng.choice(plans)
    return from_start.but(plan=plan, patient=patient_for(plan, case.rng, from_start.service_date))


def _denied_somewhere(case: Case) -> Case:
    """Let a denial fall to payers as often as each denies."""
    if case.rng.random() * 100 < _denials_of(case.plan):
        return case
    plans = plans_of(case.group.state)
    plan = case.rng.choices(plans, [plan.weight * _denials_of(plan) for plan in plans])[0]
    return case.but(plan=plan, patient=patient_for(plan, case.rng, case.service_date))


def _denials_of(plan: HealthPlan) -> int:
    return DENIED_OF_PLAN.get(plan.line_of_business, DENIED_OF_PAYER.get(plan.payer, 100))


def _returning(case: Case, patients: dict[str, list[Patient]]) -> Case:
    """Let one case in six be a further session of a patient already seen under the same plan."""
    known = patients.setdefault(f"{case.plan.key}/{case.group.key}", [])
    if known and case.rng.random() < 0.17:
        return case.but(patient=case.rng.choice(known))
    known.append(case.patient)
    return case


def _out_of_scope(number: int, seed: int, month: date) -> tuple[Claim, Loop]:
    """Bill something outside the scope: a surgeon's own code, a visit, other anesthesia."""
    case = draw_case(number, seed, month)
    code, count = case.rng.choice(OUT_OF_SCOPE)
    anesthesia = code.startswith("0")
    group = case.group if anesthesia else _surgeon(case)
    line = Line(
        code,
        ("AA",) if anesthesia else (),
        21_000 + 100 * case.rng.randrange(600),
        count,
        "MJ" if anesthesia else "UN",
        case.service_date,
        case.place,
        case.diagnoses,
        None,
    )
    number_text = claim_number(case, group, "Z") if anesthesia else f"SURG{number:06d}"
    claim = Claim(number_text, case.service_date + timedelta(days=4), case.plan, group, case.patient, (line,))
    return claim, adjudicate(case, claim)


def _surgeon(case: Case) -> ProviderGroup:
    return ProviderGroup(
        "G99",
        foreign_npi(case),
        "SPINE AND PAIN CENTER",
        case.group.state,
        0,
        0,
        "short",
        False,
        GROUPS[0].physicians,
        GROUPS[0].nurses,
    )
