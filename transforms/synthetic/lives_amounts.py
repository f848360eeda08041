"""Lives whose oddity is in the amounts or the parties of one answer: allowed, network, zero pay.

Each function takes a case and gives everything sent and answered about it (contract section 4).
"""

from __future__ import annotations

from transforms.synthetic.lives_claims import later, split_claim
from transforms.synthetic.lives_remits import swap
from transforms.synthetic.made_cases import Case, adjudicate, bill, deny, paid_life, trace_number
from transforms.synthetic.plans import UNMAPPED_PLAN
from transforms.synthetic.records import Life


def late_remittance(case: Case) -> Life:
    """Paid four to seven months after submission."""
    claim, rest = split_claim(case)
    return (
        Life((claim,), (adjudicate(case, claim, later(claim.submitted_on, case.rng.randint(120, 210))),))
        + rest
    )


def allowed_impossible(case: Case) -> Life:
    """AMT*B6 that can't be: zero beside a payment, above the charge, or below what was paid and owed."""
    claim, rest = split_claim(case)
    loop = adjudicate(case, claim)
    first = loop.lines[0]
    share = sum(cents for group, reason, cents in first.adjustments if group == "PR" and reason in "123")
    wrong = case.rng.choice((0, first.charge + 1000, max(first.paid + share - 500, 0)))
    return Life((claim,), (swap(loop, 0, allowed=wrong),)) + rest


def allowed_conflict(case: Case) -> Life:
    """AMT*B6 a few dollars above the derived amount: possible, counted as a conflict."""
    claim, rest = split_claim(case)
    loop = adjudicate(case, claim)
    derived = loop.lines[0].charge - sum(c for g, r, c in loop.lines[0].adjustments if (g, r) == ("CO", "45"))
    return Life((claim,), (swap(loop, 0, allowed=min(derived + 425, loop.lines[0].charge)),)) + rest


def surprise_billing(case: Case) -> Life:
    """Paid under the No Surprises Act: a remark code says so."""
    claim, rest = split_claim(case)
    remark = case.rng.choice((("N830",), ("N862", "N130"), ("N865",), ("N877",)))
    return Life((claim,), (swap(adjudicate(case, claim), 0, remarks=remark),)) + rest


def out_of_network(case: Case) -> Life:
    """Out of network: the balance above the allowed amount is the patient's (PR-45), or CARC 242 is named."""
    claim, rest = split_claim(case)
    loop = adjudicate(case, claim)
    group, reason = case.rng.choice((("PR", "45"), ("CO", "242")))
    changed = tuple(
        (group, reason, c) if (g, r) == ("CO", "45") else (g, r, c) for g, r, c in loop.lines[0].adjustments
    )
    return Life((claim,), (swap(loop, 0, adjustments=changed),)) + rest


def _zero_pay(case: Case, group: str, reason: str) -> Life:
    claim, rest = split_claim(case)
    return Life((claim,), (deny(case, claim, reasons=((group, reason),)),)) + rest


def capitated(case: Case) -> Life:
    """Covered by a capitation: CO-24, nothing paid."""
    return _zero_pay(case, "CO", "24")


def duplicate_only(case: Case) -> Life:
    """Answered as a duplicate (OA-18) and nothing else."""
    return _zero_pay(case, "OA", "18")


def written_off(case: Case) -> Life:
    """The whole charge written off with CO-45."""
    return _zero_pay(case, "CO", "45")


def previously_paid(case: Case) -> Life:
    """Paid; asked again, the payer answers that it has paid before (CO-B13)."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    return Life((claim,), (first, deny(case, claim, later(first.paid_on, 21), (("CO", "B13"),)))) + rest


def unbalanced(case: Case) -> Life:
    """A line whose adjustments miss the balance by 4.00."""
    claim, rest = split_claim(case)
    loop = adjudicate(case, claim)
    return Life((claim,), (swap(loop, 0, paid=max(loop.lines[0].paid - 400, 0)),)) + rest


def unmapped_payer(case: Case) -> Life:
    """A payer no table knows: `other`, counted."""
    return paid_life(case, bill(case.but(plan=UNMAPPED_PLAN)))


def payer_without_npi(case: Case) -> Life:
    """An 835 that names the payee by tax id: no NPI on the remittance lines."""
    claim, rest = split_claim(case)
    return Life((claim,), (adjudicate(case, claim).but(payee=None),)) + rest


def orphan_remittance(case: Case) -> Life:
    """A payment of a claim that was never submitted here: unlinked."""
    claim, rest = split_claim(case)
    stranger = adjudicate(case, claim.but(claim_id=f"ORPHAN{case.number:06d}"))
    return Life((claim,), (adjudicate(case, claim), stranger)) + rest


def withheld(case: Case) -> Life:
    """A managed-care withhold (CO-104) lowers the payment, not the price."""
    claim, rest = split_claim(case)
    loop = adjudicate(case, claim)
    first = loop.lines[0]
    held = first.paid // 10
    adjustments = (*first.adjustments, ("CO", "104", held)) if held else first.adjustments
    return Life((claim,), (swap(loop, 0, adjustments=adjustments, paid=first.paid - held),)) + rest


def paid_to_patient(case: Case) -> Life:
    """The payer paid the patient (PR-100): counts as paid."""
    claim, rest = split_claim(case)
    loop = adjudicate(case, claim)
    first = loop.lines[0]
    adjustments = (*first.adjustments, ("PR", "100", first.paid)) if first.paid else first.adjustments
    return Life((claim,), (swap(loop, 0, adjustments=adjustments, paid=0),)) + rest


def amount_below_a_dollar(case: Case) -> Life:
    """The deductible takes all but 66 cents: coinsurance .13, sequestration .01, paid .52."""
    claim, rest = split_claim(case.but(extra_line=False))
    loop = adjudicate(case, claim)
    kept = [each for each in loop.lines[0].adjustments if each[:2] == ("CO", "45")]
    allowed = loop.lines[0].charge - sum(cents for _, _, cents in kept)
    changed = (*kept, ("PR", "1", allowed - 66), ("PR", "2", 13), ("CO", "253", 1))
    return Life((claim,), (swap(loop, 0, adjustments=changed, paid=52),)) + rest


def sequestration_forgotten(case: Case) -> Life:
    """Medicare pays without its cut of two percent: the line balances, but is paid too much."""
    claim, rest = split_claim(case)
    loop = adjudicate(case, claim)
    first = loop.lines[0]
    cut = sum(cents for _, reason, cents in first.adjustments if reason == "253")
    kept = tuple(each for each in first.adjustments if each[1] != "253")
    return Life((claim,), (swap(loop, 0, adjustments=kept, paid=first.paid + cut),)) + rest


def wrong_trace(case: Case) -> Life:
    """The same answer in two payments with different traces: the second is another adjudication, not a
    duplicate.
    """
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    again = first.but(
        trace="R" + trace_number(first.plan, first.payee or "", first.paid_on), paid_on=first.paid_on
    )
    return Life((claim,), (first, again)) + rest
