"""One anesthetic case and the acts done with it: bill it, adjudicate, deny, reverse."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from transforms.synthetic.parties import GROUPS, HealthPlan, Patient, ProviderGroup, npi, patient_for
from transforms.synthetic.plans import plans_of
from transforms.synthetic.pricing import charge_for, price
from transforms.synthetic.records import Claim, Life, Line, Loop, MadeAdjustment, Svc

_CARE_MODELS: tuple[tuple[str, int], ...] = (
    ("AA", 34),
    ("QZ", 27),
    ("QK+QX", 18),
    ("QY+QX", 7),
    ("QK", 3),
    ("QX", 2),
    ("AD+QX", 2),
    ("none", 4),
    ("AA+QZ", 1),
    ("QK&AA", 2),
)
"""Weights of the care models; `+` separates the claims of a case, `&` modifiers on one line (a conflict)."""

CERVICAL: tuple[tuple[str, int], ...] = (
    ("M47.812", 46),
    ("M47.814", 12),
    ("M47.813", 8),
    ("M54.2", 9),
    ("G89.4", 6),
    ("M54.12", 5),
    ("M47.892", 4),
    ("M54.6", 3),
    ("G89.29", 3),
    ("M47.22", 2),
    ("M96.1", 2),
)
LUMBAR: tuple[tuple[str, int], ...] = (
    ("M47.816", 50),
    ("M47.817", 20),
    ("M54.16", 10),
    ("M54.59", 8),
    ("G89.4", 7),
    ("M96.1", 5),
)
CANCER = ("C79.51", "C79.51", "C34.90", "C41.2", "C50.911")
CANCER_SHARE = 0.06
"""Of the neck's neurolyses: pain of a tumor (G89.3), more often in a hospital."""
SURGERY = {
    "01937": ("64490",),
    "01938": ("64493",),
    "01939": ("64633", "64633", "64633", "62281", "64620"),
    "01940": ("64635", "64635", "62282"),
    "01941": ("22510",),
    "01942": ("22511",),
}
PLACES = ("24",) * 12 + ("22",) * 6 + ("19",) + ("11",) * 2


@dataclass(frozen=True)
class Case:
    """One patient, one date, one procedure; `care` as in `CARE_MODELS`, `effort` is 22, 23 or nothing.

    `rng` belongs to this case alone.
    """

    number: int
    rng: random.Random
    plan: HealthPlan
    group: ProviderGroup
    partner: ProviderGroup
    patient: Patient
    service_date: date
    procedure: str = "01939"
    minutes: int = 35
    care: str = "AA"
    place: str = "24"
    diagnoses: tuple[str, ...] = ("M47.812",)
    surgical: str | None = "64633"
    status: str = "P2"
    effort: str = ""
    authorization: str | None = None
    facility_state: str | None = None
    extra_line: bool = False

    def but(self, **changes: object) -> Case:
        """Give a copy with some fields changed (it draws from the same random numbers)."""
        return replace(self, **changes)  # type: ignore[arg-type]


def draw_case(number: int, seed: int, service_month: date, group: ProviderGroup | None = None) -> Case:
    """Draw one plausible case of a month: plan, group, patient, minutes, modifiers, codes."""
    rng = random.Random(f"{seed}/{number}")
    group = group or rng.choices(GROUPS, [each.weight for each in GROUPS])[0]
    plans = plans_of(group.state)
    plan = rng.choices(plans, [each.weight for each in plans])[0]
    day = service_month + timedelta(days=rng.randrange(28))
    if day.weekday() > 4:
        day -= timedelta(days=2) if day.day > 2 else timedelta(days=-2)
    patient = patient_for(plan, rng, day)
    draw = rng.random()
    procedure = "01939" if draw < 0.86 else rng.choice(("01937", "01938", "01940", "01940", "01941", "01942"))
    cancer = procedure == "01939" and rng.random() < CANCER_SHARE
    neighbours = [each for each in GROUPS if each.state == group.state and each is not group]
    partner = rng.choice(neighbours) if neighbours and rng.random() < 0.35 else group
    return Case(
        number,
        rng,
        plan,
        group,
        partner,
        patient,
        day,
        procedure,
        minutes=max(15, min(110, round(rng.lognormvariate(3.9 if cancer else 3.62, 0.33)))),
        care=rng.choices([name for name, _ in _CARE_MODELS], [weight for _, weight in _CARE_MODELS])[0],
        place=_place(rng, cancer),
        diagnoses=_diagnoses(rng, procedure, cancer),
        surgical=_surgical(rng, procedure, cancer),
        status=rng.choice(("P3", "P4") if cancer else ("P1", "P2", "P2", "P3", "P3", "P4"))
        if rng.random() < 0.7
        else "",
        effort=rng.choices(("", "23", "22"), (968, 22, 10))[0],
        authorization=f"PA{rng.randrange(10**8):08d}" if rng.random() < 0.3 else None,
        facility_state=group.state if rng.random() < 0.8 else None,
        extra_line=rng.random() < 0.06,
    )


def _place(rng: random.Random, cancer: bool) -> str:
    usual = rng.choice(("21", "22", "22", "24") if cancer else PLACES)
    return usual if rng.random() < 0.985 else rng.choice(("21", "49", "23"))


def _diagnoses(rng: random.Random, procedure: str, cancer: bool) -> tuple[str, ...]:
    if cancer:
        return ("G89.3", rng.choice(CANCER))
    neck = procedure in ("01937", "01939", "01941")
    pool = CERVICAL if neck != (rng.random() < 0.03) else LUMBAR
    codes, weights = zip(*pool, strict=True)
    return tuple(dict.fromkeys(rng.choices(codes, weights)[0] for _ in range(rng.choice((1, 1, 2, 3)))))


def _surgical(rng: random.Random, procedure: str, cancer: bool) -> str | None:
    usual = ("62281", "62280") if cancer else SURGERY[procedure]
    code = rng.choice(usual if rng.random() < 0.96 else ("64635",))
    return code if rng.random() < 0.85 else None


def sample_case(seed: int = 1, **changes: object) -> Case:
    """Give one plain 01939 case for a test: Aetna PPO, AA, 35 minutes, 2025-03-11, Texas; fields may be
    changed.
    """
    rng = random.Random(f"sample/{seed}")
    plan = next(each for each in plans_of("TX") if each.key == "aetna_ppo")
    patient = Patient(f"W{rng.randrange(10**9):09d}", date(1970, 5, 17), "F")
    return Case(seed, rng, plan, GROUPS[0], GROUPS[0], patient, date(2025, 3, 11)).but(**changes)


def claim_number(case: Case, group: ProviderGroup, suffix: str) -> str:
    """Number a claim the way its group does: short, plain digits, or longer than the 20 characters payers
    keep.
    """
    serial = f"{case.number:06d}{suffix}"
    if group.number_style == "long":
        return f"{group.key}-{case.service_date:%y%m}-{serial}-ANES-{case.service_date:%d}001"
    return f"{group.key}{serial}" if group.number_style == "short" else f"{int(group.key[1:]):02d}{serial}"


def bill(case: Case) -> list[Claim]:
    """Give the original claims of a case: one, or two for medical direction (42 CFR 414.46)."""
    claims: list[Claim] = []
    for at, part in enumerate(case.care.split("+")):
        pricing = () if part == "none" else tuple(part.split("&"))
        nurse = part in ("QX", "QZ")
        group = case.partner if at else case.group
        claims.append(_bill_one(case, group, pricing, nurse, suffix="AB"[at]))
    return claims


def _bill_one(case: Case, group: ProviderGroup, pricing: tuple[str, ...], nurse: bool, suffix: str) -> Claim:
    rng = case.rng
    renderer = rng.choice(group.nurses if nurse else group.physicians) if rng.random() < 0.97 else None
    sedation = ("QS",) if rng.random() < 0.55 else ("G8",) if rng.random() < 0.06 else ()
    further = tuple(each for each in (case.effort, case.status) if each)
    modifiers = (pricing + sedation + further)[:4]
    number = claim_number(case, group, suffix)
    control = f"{number[:24]}L" if group.sends_line_control else None
    line = Line(
        case.procedure,
        modifiers,
        0,
        str(case.minutes),
        "MJ",
        case.service_date,
        case.place,
        case.diagnoses,
        renderer,
        control and control + "1",
    )
    lines = [replace(line, charge=charge_for(group, line))]
    if case.extra_line:
        other = replace(
            line,
            procedure="99100",
            modifiers=pricing[:1],
            charge=9500,
            count="1",
            basis="UN",
            control=control and control + "2",
        )
        lines.append(other)
    submitted = case.service_date + timedelta(days=rng.choice((1, 2, 3, 3, 4, 5, 6, 8, 11, 15, 24)))
    return Claim(
        number,
        submitted,
        case.plan,
        group,
        case.patient,
        tuple(lines),
        facility_state=case.facility_state,
        surgical=case.surgical,
        authorization=case.authorization,
    )


def payday(case: Case, after: date, plan: HealthPlan | None = None) -> date:
    """Give the payer's payment day after a date: some days to work, then its weekday."""
    plan = plan or case.plan
    ready = after + timedelta(days=case.rng.randint(*plan.days_to_pay))
    return ready + timedelta(days=(plan.payday - ready.weekday()) % 7)


def trace_number(plan: HealthPlan, payee: str, on: date) -> str:
    """Give the payment's trace number: one per payer, payee and payment date."""
    return f"{plan.payer_id}{on:%y%m%d}{payee[3:9]}"


def icn(case: Case) -> str:
    """Draw a payer claim number in the payer's manner."""
    digits = case.rng.randrange(10**9)
    if case.plan.payer == "medicare":
        return f"02{case.service_date:%y%j}{digits % 10**6:06d}"
    return f"{case.plan.payer[0].upper()}{case.service_date:%y}{digits:09d}"


def adjudicate(
    case: Case, claim: Claim, on: date | None = None, number: str | None = None, **changes: object
) -> Loop:
    """Pay a claim at its price on a date (default: its payer's next payment day)."""
    on = on or payday(case, claim.submitted_on, claim.plan)
    lines = []
    for at, line in enumerate(claim.lines, start=1):
        worth = price(claim.plan, claim.group, line, case.rng)
        lines.append(_svc(case, claim, at, worth.paid, worth.adjustments, worth.allowed))
    return _loop(case, claim, on, tuple(lines), number).but(**changes)


def deny(
    case: Case,
    claim: Claim,
    on: date | None = None,
    reasons: tuple[tuple[str, str], ...] = (("CO", "50"),),
    remarks: tuple[str, ...] = (),
    number: str | None = None,
) -> Loop:
    """Deny every line of a claim; of several reasons the first carries all but a dollar for each further
    one.
    """
    on = on or payday(case, claim.submitted_on, claim.plan)
    lines = []
    for at, line in enumerate(claim.lines, start=1):
        further = [(group, reason, 100) for group, reason in reasons[1:]]
        first = (*reasons[0], line.charge - 100 * len(further))
        lines.append(_svc(case, claim, at, 0, (first, *further), 0, remarks))
    return _loop(case, claim, on, tuple(lines), number)


def _svc(
    case: Case,
    claim: Claim,
    at: int,
    paid: int,
    adjustments: tuple[MadeAdjustment, ...],
    allowed: int,
    remarks: tuple[str, ...] = (),
) -> Svc:
    line, plan = claim.lines[at - 1], claim.plan
    control = {"6R": line.control or str(at), "LX": str(at), "": None}[plan.line_control]
    minutes = (
        line.count if plan.paid_units == "minutes" or line.basis != "MJ" else str(round(int(line.count) / 15))
    )
    return Svc(
        line.procedure,
        line.modifiers,
        line.charge,
        paid,
        adjustments,
        allowed if plan.gives_allowed else None,
        control,
        line.service_date,
        minutes,
        None,
        remarks,
    )


def _loop(case: Case, claim: Claim, on: date, lines: tuple[Svc, ...], number: str | None) -> Loop:
    status = {"P": "1", "S": "2", "T": "3"}[claim.role]
    return Loop(
        trace_number(claim.plan, claim.group.npi, on),
        on,
        claim.plan,
        claim.group.npi,
        claim.claim_id[: claim.plan.keeps_characters],
        status,
        number or icn(case),
        lines,
        claim.plan.remit_filing,
    )


def pay_again(loop: Loop, on: date, **changes: object) -> Loop:
    """Give the same answer once more on another payment day."""
    return loop.but(paid_on=on, trace=trace_number(loop.plan, loop.payee or "0000000000", on), **changes)


def negate(svc: Svc) -> Svc:
    """Turn a service payment into its reversal: every amount changes its sign."""
    adjustments = tuple((group, reason, -cents) for group, reason, cents in svc.adjustments)
    allowed = None if svc.allowed is None else -svc.allowed
    return replace(svc, charge=-svc.charge, paid=-svc.paid, adjustments=adjustments, allowed=allowed)


def reverse(loop: Loop, on: date) -> Loop:
    """Reverse an adjudication (CLP02 = 22) under the same payer claim number."""
    lines = tuple(negate(svc) for svc in loop.lines)
    claim_level = tuple((group, reason, -cents) for group, reason, cents in loop.claim_adjustments)
    return pay_again(loop, on, status="22", lines=lines, claim_adjustments=claim_level)


def paid_life(case: Case, claims: list[Claim]) -> Life:
    """Pay each of these claims once, in the ordinary way."""
    return Life(tuple(claims), tuple(adjudicate(case, claim) for claim in claims))


def foreign_npi(case: Case) -> str:
    """Give the NPI of a surgeon who is no anesthesia group."""
    return npi(900_000 + case.number % 40)
