"""Lives whose turns come from the payer: denials, reversals, corrections, odd adjudications (contract
section 4).

Each function takes a case and gives everything sent and answered about it. The turn befalls one claim of
the case; a denial mostly both of a directed pair.
"""

from __future__ import annotations

from dataclasses import replace

from transforms.synthetic.lives_claims import as_secondary, later, of_minutes, split_claim
from transforms.synthetic.made_cases import (
    Case,
    adjudicate,
    bill,
    deny,
    negate,
    pay_again,
    reverse,
)
from transforms.synthetic.plans import SUPPLEMENT_PLAN
from transforms.synthetic.records import Life, Loop, MadeAdjustment, Svc

_Reasons = tuple[tuple[str, str], ...]
_DENIALS: tuple[tuple[int, _Reasons, tuple[str, ...]], ...] = (
    (20, (("CO", "50"),), ("N115",)),
    (12, (("CO", "50"),), ("N130",)),
    (15, (("CO", "97"),), ("M15",)),
    (15, (("CO", "16"),), ("N822",)),
    (6, (("CO", "4"),), ("N823",)),
    (4, (("CO", "11"),), ()),
    (4, (("CO", "151"),), ("N362",)),
    (4, (("CO", "29"),), ()),
    (4, (("PR", "27"),), ()),
    (4, (("CO", "96"),), ("N130",)),
    (2, (("PR", "204"),), ()),
    (1, (("CO", "55"),), ()),
    (3, (("CO", "269"),), ("N130",)),
    (3, (("CO", "22"),), ()),
    (2, (("CO", "B7"),), ("N95",)),
    (1, (("CO", "109"), ("PR", "31")), ()),
)
"""Weight, reasons, remarks of ordinary denials."""
DENIED_WHOLE = 0.6
"""Of denied cases those in which physician and nurse anesthetist are denied together."""
PRIOR_AUTHORIZATION = (*("197",) * 12, "198", "39", "210", "243", "284", "296", "302")


def swap(loop: Loop, at: int, **changes: object) -> Loop:
    """Change one service payment of a loop."""
    lines = list(loop.lines)
    lines[at] = replace(lines[at], **changes)  # type: ignore[arg-type]
    return loop.but(lines=tuple(lines))


def denied(case: Case) -> Life:
    """Denied for one of the usual reasons, and left so."""
    _, reasons, remarks = case.rng.choices(_DENIALS, [weight for weight, *_ in _DENIALS])[0]
    return _denied_case(case, reasons, remarks)


def denied_prior_authorization(case: Case) -> Life:
    """Denied for want of an authorization."""
    reason = case.rng.choice(PRIOR_AUTHORIZATION)
    return _denied_case(case.but(authorization=None), (("CO", reason),))


def _denied_case(case: Case, reasons: _Reasons, remarks: tuple[str, ...] = ()) -> Life:
    """Deny the case as a whole, mostly, or one claim of it."""
    if case.rng.random() < DENIED_WHOLE:
        claims = bill(case)
        answers = tuple(deny(case, claim, reasons=reasons, remarks=remarks) for claim in claims)
        return Life(tuple(claims), answers)
    claim, rest = split_claim(case)
    return Life((claim,), (deny(case, claim, reasons=reasons, remarks=remarks),)) + rest


def denied_unknown_reason(case: Case) -> Life:
    """Denied with a well-formed reason code of no list."""
    claim, rest = split_claim(case)
    return Life((claim,), (deny(case, claim, reasons=(("CO", "799"),)),)) + rest


def denial_overturned(case: Case) -> Life:
    """Denied, then paid on appeal under the same claim without a reversal in between."""
    claim, rest = split_claim(case)
    first = deny(case, claim, reasons=(("CO", case.rng.choice(("50", "197", "16", "252"))),))
    return Life((claim,), (first, adjudicate(case, claim, later(first.paid_on, 49), first.icn))) + rest


def denial_overturned_by_correction(case: Case) -> Life:
    """Denied, the denial reversed (22), paid on the same date."""
    claim, rest = split_claim(case)
    first = deny(case, claim, reasons=(("CO", case.rng.choice(("50", "197", "B7"))),))
    on = later(first.paid_on, 35)
    return Life((claim,), (first, reverse(first, on), adjudicate(case, claim, on, first.icn + "A"))) + rest


def denied_then_replaced(case: Case) -> Life:
    """Denied for a missing modifier, replaced (7) with the line corrected, paid."""
    claim, rest = split_claim(case)
    first = deny(case, claim, reasons=(("CO", "4"),), remarks=("N822",))
    second = of_minutes(claim, 0).but(submitted_on=later(first.paid_on, 8), frequency="7", original=first.icn)
    return Life((claim, second), (first, adjudicate(case, second, original_icn=first.icn))) + rest


def _reversed(case: Case, correct_after: int | None, changes: dict[str, object] | None = None) -> Life:
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    on = later(first.paid_on, 28)
    remits = [first, reverse(first, on).but(**(changes or {}))]
    if correct_after is not None:
        extra = of_minutes(claim, 0)
        correction = adjudicate(
            case, extra, later(on, correct_after), first.icn + "C", original_icn=first.icn
        )
        remits.append(correction)
    return Life((claim,), tuple(remits)) + rest


def reversal_corrected_same_date(case: Case) -> Life:
    """Paid, reversed and corrected on one date."""
    return _reversed(case, 0)


def reversal_corrected_other_file(case: Case) -> Life:
    """Paid, reversed; the correction comes three weeks later."""
    return _reversed(case, 21)


def reversal_never_corrected(case: Case) -> Life:
    """Paid, reversed, and nothing after."""
    return _reversed(case, None)


def reversal_same_day_as_payment(case: Case) -> Life:
    """Paid, reversed and corrected within one and the same remittance."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    correction = _ten_more(adjudicate(case, claim, first.paid_on, first.icn))
    return Life((claim,), (first, reverse(first, first.paid_on), correction)) + rest


def _ten_more(loop: Loop) -> Loop:
    """Pay ten dollars of the first line's write-off after all."""
    svc = loop.lines[0]
    moved = tuple((g, r, c - 1000 if (g, r) == ("CO", "45") else c) for g, r, c in svc.adjustments)
    allowed = None if svc.allowed is None else svc.allowed + 1000
    return swap(loop, 0, adjustments=moved, paid=svc.paid + 1000, allowed=allowed)


def reversal_unsigned(case: Case) -> Life:
    """A reversal whose amounts keep the sign of the original; corrected a week later."""
    life = _reversed(case, 7)
    unsigned = life.remits[1].but(lines=tuple(negate(svc) for svc in life.remits[1].lines))
    return Life(life.claims, (life.remits[0], unsigned, *life.remits[2:]))


def reversal_amount_mismatch(case: Case) -> Life:
    """A reversal of other amounts than were paid (the payer left out its interest-like 3.17)."""
    life = _reversed(case, 14)
    wrong = life.remits[1].lines[0]
    adjustments = (*wrong.adjustments, ("CO", "45", -317))
    bad = swap(life.remits[1], 0, paid=wrong.paid + 317, adjustments=adjustments)
    return Life(life.claims, (life.remits[0], bad, *life.remits[2:]))


def reversal_by_original_number(case: Case) -> Life:
    """A reversal under a payer claim number of its own, naming the reversed one in REF*F8."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    back = reverse(first, later(first.paid_on, 30)).but(icn=first.icn + "R", original_icn=first.icn)
    return Life((claim,), (first, back)) + rest


def reversal_unmatched(case: Case) -> Life:
    """A reversal of a payment nobody has seen: another payer claim number, no candidate."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    stranger = adjudicate(case, claim, first.paid_on)
    return Life((claim,), (first, reverse(stranger, later(first.paid_on, 20)))) + rest


def duplicate_remittance(case: Case) -> Life:
    """The payer's loop delivered twice, the second time with a later delivery."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    return Life((claim,), (first, first.but(delivered_late=1))) + rest


def _halves(svc: Svc) -> tuple[Svc, Svc]:
    charge, paid = svc.charge // 2, svc.paid // 2
    pieces = [(group, reason, cents // 2) for group, reason, cents in svc.adjustments]
    pieces.append(("CO", "45", charge - paid - sum(cents for _, _, cents in pieces)))
    first = tuple((group, reason, cents) for group, reason, cents in pieces if cents)
    whole: dict[tuple[str, str], int] = {}
    for sign, side in ((1, svc.adjustments), (-1, first)):
        for group, reason, cents in side:
            whole[group, reason] = whole.get((group, reason), 0) + sign * cents
    second: tuple[MadeAdjustment, ...] = tuple((*key, cents) for key, cents in whole.items() if cents)
    allowed = None if svc.allowed is None else svc.allowed // 2
    return (
        replace(svc, charge=charge, paid=paid, adjustments=first, allowed=allowed),
        replace(
            svc,
            charge=svc.charge - charge,
            paid=svc.paid - paid,
            adjustments=second,
            allowed=None if svc.allowed is None or allowed is None else svc.allowed - allowed,
        ),
    )


def split_line(case: Case) -> Life:
    """The payer answers one line with two SVC: one adjudication, amounts summed."""
    claim, rest = split_claim(case)
    loop = adjudicate(case, claim)
    return Life((claim,), (loop.but(lines=(*_halves(loop.lines[0]), *loop.lines[1:])),)) + rest


def claim_adjustment_one_line(case: Case) -> Life:
    """The whole write-off stands at claim level on a claim of one line."""
    return _claim_level(case.but(extra_line=False))


def claim_adjustment_two_lines(case: Case) -> Life:
    """An adjustment at claim level on a claim of two lines: it can't be given to one of them."""
    return _claim_level(case.but(extra_line=True))


def _claim_level(case: Case) -> Life:
    claim, rest = split_claim(case)
    loop = adjudicate(case, claim)
    first = loop.lines[0]
    moved = tuple(each for each in first.adjustments if each[0] == "PR")
    kept = tuple(each for each in first.adjustments if each[0] != "PR")
    paid_now = first.charge - sum(cents for _, _, cents in kept)
    taken = moved or (("CO", "45", 150),)
    loop = swap(loop, 0, adjustments=kept, paid=paid_now).but(claim_adjustments=taken)
    return Life((claim,), (loop,)) + rest


def payment_without_lines(case: Case) -> Life:
    """A claim payment without any SVC: amounts and adjustments at claim level only."""
    claim, rest = split_claim(case.but(extra_line=False))
    return Life((claim,), (without_lines(adjudicate(case, claim)),)) + rest


def payment_without_lines_two(case: Case) -> Life:
    """The same for a claim of two lines, which it can't meet."""
    claim, rest = split_claim(case.but(extra_line=True))
    return Life((claim,), (without_lines(adjudicate(case, claim)),)) + rest


def without_lines(loop: Loop) -> Loop:
    """The same answer told of the claim as a whole: no SVC, amounts and adjustments at claim level."""
    total: dict[tuple[str, str], int] = {}
    for svc in loop.lines:
        for group, reason, cents in svc.adjustments:
            total[group, reason] = total.get((group, reason), 0) + cents
    charge, paid = sum(svc.charge for svc in loop.lines), sum(svc.paid for svc in loop.lines)
    bare = Svc(None, (), charge, paid, service_date=loop.lines[0].service_date)
    return loop.but(lines=(bare,), claim_adjustments=tuple((*key, cents) for key, cents in total.items()))


def recoded(case: Case) -> Life:
    """The payer adjudicates another code than was billed and says so in SVC06."""
    claim, rest = split_claim(case)
    billed = claim.lines[0].procedure
    other = {"01939": "01937", "01940": "01938"}.get(billed, "01939")
    loop = swap(adjudicate(case, claim), 0, procedure=other, submitted=billed)
    return Life((claim,), (loop,)) + rest


def recoded_out_of_scope(case: Case) -> Life:
    """The payer adjudicates a code outside the scope for a line in scope."""
    claim, rest = split_claim(case)
    loop = swap(adjudicate(case, claim), 0, procedure="01992", submitted=claim.lines[0].procedure)
    return Life((claim,), (loop,)) + rest


def crossover(case: Case) -> Life:
    """The primary forwards the claim (19, MA18); a supplement plan answers (2) without any secondary 837."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim).but(status="19")
    first = swap(first, 0, remarks=("MA18",))
    second = as_secondary(case, claim.but(plan=SUPPLEMENT_PLAN, role="S", submitted_on=first.paid_on), first)
    return Life((claim,), (first, second)) + rest


def secondary_forwarded(case: Case) -> Life:
    """A secondary 837 answered with 20 (secondary, forwarded)."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    second = claim.but(plan=SUPPLEMENT_PLAN, role="S", submitted_on=later(first.paid_on, 5))
    return Life((claim, second), (first, as_secondary(case, second, first).but(status="20"))) + rest


def secondary_as_primary(case: Case) -> Life:
    """A secondary payment (OA-23) whose payer says status 1, with a secondary 837."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    second = claim.but(plan=SUPPLEMENT_PLAN, role="S", submitted_on=later(first.paid_on, 5))
    return Life((claim, second), (first, as_secondary(case, second, first).but(status="1"))) + rest


def primary_as_secondary(case: Case) -> Life:
    """A payer that says status 2 for a claim with a primary version only, without CARC 23."""
    claim, rest = split_claim(case)
    return Life((claim,), (adjudicate(case, claim).but(status="2"),)) + rest


def denied_status_4(case: Case) -> Life:
    """Patient not recognised: status 4 with PR-31."""
    claim, rest = split_claim(case)
    return Life((claim,), (deny(case, claim, reasons=(("PR", "31"),)).but(status="4"),)) + rest


def paid_status_4(case: Case) -> Life:
    """Status 4 on a claim that was paid all the same: the status alone is no denial."""
    claim, rest = split_claim(case)
    return Life((claim,), (adjudicate(case, claim).but(status="4"),)) + rest


def forwarded_not_ours(case: Case) -> Life:
    """First answered with 23 (not our claim, forwarded), then paid."""
    claim, rest = split_claim(case)
    payment = adjudicate(case, claim)
    notice = deny(case, claim, payment.paid_on, (("OA", "109"),)).but(status="23")
    return Life((claim,), (notice, pay_again(payment, later(payment.paid_on, 14)))) + rest


def predetermination(case: Case) -> Life:
    """A predetermination (25) before the payment: to be ignored."""
    claim, rest = split_claim(case)
    payment = adjudicate(case, claim)
    estimate = adjudicate(case, claim, later(payment.paid_on, -7)).but(status="25")
    return Life((claim,), (estimate, payment)) + rest


def denied_after_payment(case: Case) -> Life:
    """Paid, later denied without a reversal: the payment stands."""
    claim, rest = split_claim(case)
    first = adjudicate(case, claim)
    return Life((claim,), (first, deny(case, claim, later(first.paid_on, 42), (("CO", "50"),)))) + rest
