"""Lives whose turns come from the provider: replacements, voids, duplicates, numbers used again,
resubmissions.

Each function takes a case and gives everything sent and answered about it (contract section 4, points 1 to
4). The turn befalls one claim of the case; the other claim of a directed pair is paid in the ordinary way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from transforms.synthetic.made_cases import (
    Case,
    adjudicate,
    bill,
    deny,
    paid_life,
    pay_again,
    payday,
    reverse,
)
from transforms.synthetic.parties import patient_for
from transforms.synthetic.plans import SUPPLEMENT_PLAN
from transforms.synthetic.pricing import charge_for
from transforms.synthetic.records import Claim, Life, Line, Loop


def split_claim(case: Case) -> tuple[Claim, Life]:
    """Bill a case: the claim that the turn befalls, and the paid life of the others."""
    claims = bill(case)
    mine = claims.pop(case.rng.randrange(len(claims)) if len(claims) > 1 else 0)
    return mine, paid_life(case, claims)


def later(day: date, days: int) -> date:
    """Give the date some days later."""
    return day + timedelta(days=days)


def renumbered(claim: Claim) -> str:
    """Give a new number for a claim, other in its first twenty characters."""
    return "R" + claim.claim_id


def of_minutes(claim: Claim, extra: int) -> Claim:
    """Bill more minutes on the first line, at the charge that follows."""
    line = replace(claim.lines[0], count=str(int(claim.lines[0].count) + extra))
    return claim.but(lines=(replace(line, charge=charge_for(claim.group, line)), *claim.lines[1:]))


def without_control(line: Line) -> Line:
    """Drop the line control number."""
    return replace(line, control=None)


def paid(case: Case) -> Life:
    """Submitted once, paid once."""
    return paid_life(case, bill(case))


def pending(case: Case) -> Life:
    """Submitted, never answered."""
    claim, rest = split_claim(case)
    return Life((claim,), ()) + rest


def _replace(case: Case, frequency: str, new_number: bool, reversed_first: bool) -> Life:
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    second = of_minutes(claim, 7).but(
        submitted_on=later(first.paid_on, 6),
        frequency=frequency,
        original=first.icn,
        claim_id=renumbered(claim) if new_number else claim.claim_id,
    )
    on = payday(case, second.submitted_on)
    remits: list[Loop] = [first]
    if reversed_first:
        remits.append(reverse(first, on))
    remits.append(adjudicate(case, second, on, original_icn=first.icn))
    return Life((claim, second), tuple(remits)) + rest


def replaced_same_number(case: Case) -> Life:
    """A replacement (7) under the same number corrects the minutes; the payer reverses and pays anew."""
    return _replace(case, "7", new_number=False, reversed_first=True)


def replaced_frequency_6(case: Case) -> Life:
    """The same with frequency code 6, and the payer pays anew without a reversal."""
    return _replace(case, "6", new_number=False, reversed_first=False)


def replaced_new_number(case: Case) -> Life:
    """A replacement under a new number that names the payer claim number of the old one."""
    return _replace(case, "7", new_number=True, reversed_first=True)


def replaced_awaiting(case: Case) -> Life:
    """A replacement with another charge that no adjudication has answered yet: awaiting readjudication."""
    life = _replace(case, "7", new_number=False, reversed_first=False)
    return Life(life.claims, (life.remits[0], *life.remits[2:]))


def replaced_twice(case: Case) -> Life:
    """Two replacements in a row under the same number."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    second = of_minutes(claim, 5).but(submitted_on=later(first.paid_on, 4), frequency="7", original=first.icn)
    third = of_minutes(claim, -3).but(submitted_on=later(first.paid_on, 9), frequency="7", original=first.icn)
    on = payday(case, third.submitted_on)
    return Life((claim, second, third), (first, reverse(first, on), adjudicate(case, third, on))) + rest


def replaced_before_payment(case: Case) -> Life:
    """A replacement sent before the payer answered at all; one answer, to the replacement."""
    claim, rest = split_claim(case)
    second = of_minutes(claim, 4).but(submitted_on=later(claim.submitted_on, 3), frequency="7")
    return Life((claim, second), (adjudicate(case, second),)) + rest


def replacement_denied(case: Case) -> Life:
    """A replacement that the payer denies while the payment of the original stands: it has not superseded
    it.
    """
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    second = of_minutes(claim, 12).but(
        submitted_on=later(first.paid_on, 10), frequency="7", original=first.icn
    )
    return (
        Life((claim, second), (first, deny(case, second, reasons=(("CO", "16"),), remarks=("N203",)))) + rest
    )


def replacement_moves_month(case: Case) -> Life:
    """A replacement with the service date in the next month."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    day = (claim.lines[0].service_date.replace(day=1) + timedelta(days=32)).replace(day=3)
    lines = tuple(replace(line, service_date=day) for line in claim.lines)
    second = claim.but(
        lines=lines,
        submitted_on=max(later(first.paid_on, 5), later(day, 2)),
        frequency="7",
        original=first.icn,
    )
    on = payday(case, second.submitted_on)
    return Life((claim, second), (first, reverse(first, on), adjudicate(case, second, on))) + rest


def replacement_out_of_scope(case: Case) -> Life:
    """A replacement under the same number that bills another code: the claim leaves the benchmark."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    lines = tuple(
        replace(line, procedure="01992" if at == 0 else "99100") for at, line in enumerate(claim.lines)
    )
    second = claim.but(lines=lines, submitted_on=later(first.paid_on, 7), frequency="7", original=first.icn)
    on = payday(case, second.submitted_on)
    return Life((claim, second), (first, reverse(first, on), adjudicate(case, second, on))) + rest


def voided(case: Case) -> Life:
    """A void (8) under the same number; the payer takes the payment back."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    second = claim.but(submitted_on=later(first.paid_on, 5), frequency="8", original=first.icn)
    return Life((claim, second), (first, reverse(first, payday(case, second.submitted_on)))) + rest


def voided_unanswered(case: Case) -> Life:
    """A void before any answer; no remittance ever comes."""
    claim, rest = split_claim(case)
    return Life((claim, claim.but(submitted_on=later(claim.submitted_on, 2), frequency="8")), ()) + rest


def voided_new_number(case: Case) -> Life:
    """A void under a new number that names the payer claim number of the old claim."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    second = claim.but(
        claim_id=renumbered(claim), submitted_on=later(first.paid_on, 5), frequency="8", original=first.icn
    )
    return Life((claim, second), (first, reverse(first, payday(case, second.submitted_on)))) + rest


def duplicate_submission(case: Case) -> Life:
    """The same claim sent twice; the second is answered as an exact duplicate (OA-18)."""
    claim, rest = split_claim(case)
    again = claim.but(submitted_on=later(claim.submitted_on, 14))
    answer = deny(case, again, payday(case, again.submitted_on), (("OA", "18"),), ("N522",))
    return Life((claim, again), (adjudicate(case, claim), answer)) + rest


def duplicate_answer_first(case: Case) -> Life:
    """Sent twice; the duplicate's answer (OA-18) comes before the claim's own payment."""
    claim, rest = split_claim(case)
    again = claim.but(submitted_on=later(claim.submitted_on, 1))
    on = payday(case, claim.submitted_on)
    answers = (deny(case, again, on, (("OA", "18"),)), adjudicate(case, claim, later(on, 7)))
    return Life((claim, again), answers) + rest


def number_reused_other_date(case: Case) -> Life:
    """The practice uses the number again for the same patient's next session three weeks later."""
    claim, rest = split_claim(case)
    lines = tuple(replace(line, service_date=later(line.service_date, 21)) for line in claim.lines)
    second = claim.but(lines=lines, submitted_on=later(claim.submitted_on, 23))
    return paid_life(case, [claim, second]) + rest


def number_reused_other_patient(case: Case) -> Life:
    """The practice uses the number again for another patient."""
    claim, rest = split_claim(case)
    lines = tuple(replace(line, service_date=later(line.service_date, 30)) for line in claim.lines)
    patient = patient_for(case.plan, case.rng, case.service_date)
    second = claim.but(lines=lines, patient=patient, submitted_on=later(claim.submitted_on, 33))
    return paid_life(case, [claim, second]) + rest


def resubmitted_new_number(case: Case) -> Life:
    """Denied as unprocessable (CO-16, MA130), sent again as a new claim under a new number, paid."""
    claim, rest = split_claim(case)
    first = deny(case, claim, reasons=(("CO", "16"),), remarks=("MA130", "N822"))
    lines = tuple(without_control(line) for line in claim.lines)
    second = claim.but(claim_id=renumbered(claim), submitted_on=later(first.paid_on, 6), lines=lines)
    return Life((claim, second), (first, adjudicate(case, second))) + rest


def resubmitted_denied_again(case: Case) -> Life:
    """Denied, sent again under a new number, denied again for another reason."""
    claim, rest = split_claim(case)
    first = deny(case, claim, reasons=(("CO", "16"),), remarks=("MA130",))
    second = claim.but(claim_id=renumbered(claim), submitted_on=later(first.paid_on, 9))
    return (
        Life((claim, second), (first, deny(case, second, reasons=(("CO", "50"),), remarks=("N115",)))) + rest
    )


def repeated_same_day(case: Case) -> Life:
    """A second anesthetic on the same day with modifier 76, denied first claim: another claim, not a
    resubmission.
    """
    claim, rest = split_claim(case)
    lines = tuple(replace(line, modifiers=(*line.modifiers[:3], "76")) for line in claim.lines[:1])
    second = claim.but(claim_id=renumbered(claim), lines=lines, submitted_on=later(claim.submitted_on, 30))
    return Life((claim, second), (deny(case, claim), adjudicate(case, second))) + rest


def secondary_claim(case: Case) -> Life:
    """Paid by the primary, then sent to a supplement plan with a secondary 837 (SBR01 = S) and answered
    with 2.
    """
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    second = claim.but(plan=SUPPLEMENT_PLAN, role="S", submitted_on=later(first.paid_on, 3))
    return Life((claim, second), (first, as_secondary(case, second, first))) + rest


def tertiary_claim(case: Case) -> Life:
    """A claim also sent to a third payer (SBR01 = T), answered with status 3."""
    life = secondary_claim(case)
    third = life.claims[1].but(role="T", submitted_on=later(life.remits[1].paid_on, 4))
    return life + Life((third,), (as_secondary(case, third, life.remits[0]),))


def as_secondary(case: Case, claim: Claim, primary: Loop) -> Loop:
    """Answer a secondary claim: the prior payer's effect as OA-23, the patient's share paid."""
    answer = adjudicate(case, claim)
    lines = []
    for svc, before in zip(answer.lines, primary.lines, strict=True):
        share = min(sum(cents for group, _, cents in before.adjustments if group == "PR"), svc.charge)
        lines.append(replace(svc, paid=share, allowed=None, adjustments=(("OA", "23", svc.charge - share),)))
    return pay_again(answer, max(answer.paid_on, later(primary.paid_on, 7)), lines=tuple(lines))
