"""Lives in which a number or a patient is not what it was: account numbers shared, members corrected.

Each function takes a case and gives everything sent and answered about it (contract section 4, points 1 to
5).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from transforms.synthetic.lives_claims import later, of_minutes, renumbered, split_claim
from transforms.synthetic.made_cases import Case, adjudicate, bill, deny, paid_life, payday, reverse
from transforms.synthetic.parties import Patient, patient_for
from transforms.synthetic.records import Claim, Life

NOT_FOUND = (("CO", "31"),)
"""Patient not found as insured: the usual answer to a wrong member id or birth date."""


def shared_account_number(case: Case) -> Life:
    """Physician and nurse anesthetist of one group bill a directed case under its one account number."""
    physician, nurse = bill(case.but(care="QK+QX", partner=case.group))
    return paid_life(case, [physician, nurse.but(claim_id=physician.claim_id)])


def relieved_under_one_number(case: Case) -> Life:
    """Two anesthesiologists, one relieving the other, bill their own minutes under one account number."""
    first = bill(case.but(care="AA", extra_line=False))[0]
    one, other = case.group.physicians[:2]
    second = of_minutes(first, 12)
    return paid_life(case, [_rendered(first, one), _rendered(second, other)])


def _rendered(claim: Claim, renderer: str) -> Claim:
    return claim.but(lines=tuple(replace(line, renderer=renderer) for line in claim.lines))


def _corrected(case: Case, wrong: Patient, frequency: str) -> Life:
    """Denied for the wrong patient, sent again with the right one under the same number, paid."""
    claim, rest = split_claim(case)
    first = claim.but(patient=wrong)
    answer = deny(case, first, reasons=NOT_FOUND)
    second = claim.but(submitted_on=later(answer.paid_on, 5), frequency=frequency)
    return Life((first, second), (answer, adjudicate(case, second))) + rest


def corrected_member_id(case: Case) -> Life:
    """Denied under a wrong member id; a replacement (7) without the payer's number puts it right."""
    stranger = patient_for(case.plan, case.rng, case.service_date)
    return _corrected(case, replace(case.patient, member_id=stranger.member_id), "7")


def corrected_birth_date(case: Case) -> Life:
    """Denied under a wrong birth date; a replacement (7) puts it right."""
    return _corrected(case, replace(case.patient, birth_date=_slipped(case)), "7")


def corrected_patient_sent_anew(case: Case) -> Life:
    """The same, sent anew as an original (1) under the same number: the denied one was never paid."""
    return _corrected(case, replace(case.patient, birth_date=_slipped(case)), "1")


def _slipped(case: Case) -> date:
    """A birth date a day or a year off, as typing slips make it."""
    return case.patient.birth_date - timedelta(days=case.rng.choice((1, 365, 366)))


def replaced_twice_new_numbers(case: Case) -> Life:
    """Two replacements, each under a new number that names the payer's; the payer answers all under the
    first number.
    """
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    second = of_minutes(claim, 6).but(
        claim_id=renumbered(claim), submitted_on=later(first.paid_on, 4), frequency="7", original=first.icn
    )
    on = payday(case, second.submitted_on)
    back, again = reverse(first, on), adjudicate(case, second, on, claim_id=first.claim_id)
    third = of_minutes(claim, 9).but(
        claim_id="R" + renumbered(claim), submitted_on=later(on, 4), frequency="7", original=again.icn
    )
    last = payday(case, third.submitted_on)
    answers = (
        first,
        back,
        again,
        reverse(again, last),
        adjudicate(case, third, last, claim_id=first.claim_id),
    )
    return Life((claim, second, third), answers) + rest


def number_without_punctuation(case: Case) -> Life:
    """The payer returns the account number without its hyphens and leading zeros."""
    claim, rest = split_claim(case)
    dressed = claim.but(claim_id=f"{int(case.group.key[1:])}-{case.number:06d}-{claim.claim_id[-1]}")
    bare = dressed.claim_id.replace("-", "")
    return Life((dressed,), (adjudicate(case, dressed, claim_id=bare),)) + rest
