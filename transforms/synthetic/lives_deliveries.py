"""Lives in which one answer comes by two routes, or from a payer that tells less than it should.

Each function takes a case and gives everything sent and answered about it (contract section 4, points 4 to
6).
"""

from __future__ import annotations

from dataclasses import replace

from transforms.synthetic.lives_claims import later, split_claim
from transforms.synthetic.lives_remits import without_lines
from transforms.synthetic.made_cases import Case, adjudicate, reverse
from transforms.synthetic.plans import SUPPLEMENT_PLAN
from transforms.synthetic.records import Life, Loop


def paid_by_two_routes(case: Case) -> Life:
    """The payer's own 835 and the clearinghouse's copy of it, which leaves out REF*6R, AMT and LQ."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    return Life((claim,), (first, _copied(first))) + rest


def paid_by_two_routes_then_reversed(case: Case) -> Life:
    """The same payment by two routes, taken back later."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    return Life((claim,), (first, _copied(first), reverse(first, later(first.paid_on, 35)))) + rest


def _copied(loop: Loop) -> Loop:
    """Tell of a payment as a clearinghouse rebuilds it, a day later and in the next delivery."""
    lines = tuple(replace(svc, control=None, allowed=None, remarks=()) for svc in loop.lines)
    return loop.but(lines=lines, paid_on=later(loop.paid_on, 1), delivered_late=1)


def secondary_without_prior_payment(case: Case) -> Life:
    """Forwarded (19) to a second payer, which writes the difference off as CO-45 and names no prior payer."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim).but(status="19")
    lines = []
    for svc in first.lines:
        owed = sum(cents for group, _, cents in svc.adjustments if group == "PR")
        share = min(owed, 1000)
        lines.append(replace(svc, paid=share, allowed=None, adjustments=(("CO", "45", svc.charge - share),)))
    other = claim.but(plan=SUPPLEMENT_PLAN, role="S")
    answer = adjudicate(case, other, later(first.paid_on, 16)).but(status="2", lines=tuple(lines))
    return Life((claim,), (first, answer)) + rest


def reversal_of_the_claim(case: Case) -> Life:
    """Paid by line, taken back for the claim as a whole (no SVC), paid again by line."""
    claim, rest = split_claim(case.but(extra_line=True))
    first = adjudicate(case, claim)
    on = later(first.paid_on, 28)
    again = adjudicate(case, claim, later(on, 14), first.icn + "C", original_icn=first.icn)
    return Life((claim,), (first, without_lines(reverse(first, on)), again)) + rest
