"""Every named lifecycle of a claim, and how often each occurs: `SCENARIOS[name].live(case)` gives the whole
life.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from transforms.synthetic import (
    lives_amounts,
    lives_claims,
    lives_deliveries,
    lives_identity,
    lives_remits,
)
from transforms.synthetic.made_cases import Case, bill, paid_life
from transforms.synthetic.pricing import charge_for
from transforms.synthetic.records import Claim, Life


@dataclass(frozen=True)
class Scenario:
    """A life function, its share of cases in ten-thousandths, the plans it needs ('' any, else a payer or
    line of business), and whether it starts with an ordinary denial.
    """

    live: Callable[[Case], Life]
    per_ten_thousand: int
    payer: str = ""
    is_denial: bool = False


def _paid_with(case: Case, change: Callable[[Claim], Claim]) -> Life:
    return paid_life(case, [change(claim) for claim in bill(case)])


def minutes_suspect(case: Case) -> Life:
    """Minutes outside 5..300 (time units typed as minutes, or a stray digit): kept, without units or unit
    price.
    """
    return lives_claims.paid(case.but(minutes=case.rng.choice((2, 3, 4, 310, 350, 420))))


def units_basis(case: Case) -> Life:
    """Time units under UN in place of minutes: counts in utilization, no unit price unless the layout says
    so.
    """

    def change(claim: Claim) -> Claim:
        line = replace(claim.lines[0], basis="UN", count=str(max(1, round(case.minutes / 15))))
        return claim.but(lines=(line, *claim.lines[1:]))

    return _paid_with(case, change)


def leading_zero_lost(case: Case) -> Life:
    """A spreadsheet turned 01939 into 1939: repaired and counted."""

    def change(claim: Claim) -> Claim:
        return claim.but(lines=(replace(claim.lines[0], procedure="1939"), *claim.lines[1:]))

    claims = bill(case.but(procedure="01939"))
    return Life(tuple(change(claim) for claim in claims), paid_life(case, claims).remits)


def untidy_text(case: Case) -> Life:
    """Lower-case modifiers and claim numbers, diagnoses without the dot, blanks around values: all
    normalised.
    """

    def change(claim: Claim) -> Claim:
        line = claim.lines[0]
        line = replace(
            line,
            modifiers=tuple(each.lower() for each in line.modifiers),
            count=f" {line.count}",
            diagnoses=tuple(each.replace(".", "") for each in line.diagnoses),
        )
        return claim.but(lines=(line, *claim.lines[1:]), claim_id=claim.claim_id.lower())

    claims = bill(case)
    return Life(tuple(change(claim) for claim in claims), paid_life(case, claims).remits)


def unknown_modifier(case: Case) -> Life:
    """A well-formed modifier of no list: kept, counted."""

    def change(claim: Claim) -> Claim:
        line = replace(claim.lines[0], modifiers=(*claim.lines[0].modifiers[:3], "ZZ"))
        return claim.but(lines=(replace(line, charge=charge_for(claim.group, line)), *claim.lines[1:]))

    return _paid_with(case, change)


_A, _C, _D, _I, _R = lives_amounts, lives_claims, lives_deliveries, lives_identity, lives_remits

ORDINARY_DENIALS = (
    _R.denied,
    _R.denied_prior_authorization,
    _R.denial_overturned,
    _R.denial_overturned_by_correction,
    _R.denied_then_replaced,
)
SCENARIOS: dict[str, Scenario] = {
    life.__name__: Scenario(life, share, payer, life in ORDINARY_DENIALS)
    for life, share, payer in (
        (_C.pending, 240, ""),
        (_C.replaced_same_number, 90, ""),
        (_C.replaced_frequency_6, 20, ""),
        (_C.replaced_new_number, 50, ""),
        (_C.replaced_awaiting, 25, ""),
        (_C.replaced_twice, 20, ""),
        (_C.replaced_before_payment, 25, ""),
        (_C.replacement_denied, 30, ""),
        (_C.replacement_moves_month, 25, ""),
        (_C.replacement_out_of_scope, 20, ""),
        (_C.voided, 50, ""),
        (_C.voided_unanswered, 20, ""),
        (_C.voided_new_number, 30, ""),
        (_C.duplicate_submission, 60, ""),
        (_C.duplicate_answer_first, 20, ""),
        (_C.number_reused_other_date, 30, ""),
        (_C.number_reused_other_patient, 30, ""),
        (_C.resubmitted_new_number, 30, "medicare"),
        (_C.resubmitted_denied_again, 12, "medicare"),
        (_C.repeated_same_day, 20, ""),
        (_C.secondary_claim, 90, "medicare"),
        (_C.tertiary_claim, 15, "medicare"),
        (_R.denied, 530, ""),
        (_R.denied_prior_authorization, 230, ""),
        (_R.denied_unknown_reason, 20, ""),
        (_R.denial_overturned, 260, ""),
        (_R.denial_overturned_by_correction, 80, ""),
        (_R.denied_then_replaced, 110, ""),
        (_R.reversal_corrected_same_date, 70, ""),
        (_R.reversal_corrected_other_file, 50, ""),
        (_R.reversal_never_corrected, 40, ""),
        (_R.reversal_same_day_as_payment, 15, ""),
        (_R.reversal_unsigned, 20, ""),
        (_R.reversal_amount_mismatch, 20, ""),
        (_R.reversal_by_original_number, 20, ""),
        (_R.reversal_unmatched, 20, ""),
        (_R.duplicate_remittance, 60, ""),
        (_R.split_line, 40, ""),
        (_R.claim_adjustment_one_line, 30, ""),
        (_R.claim_adjustment_two_lines, 25, ""),
        (_R.payment_without_lines, 25, ""),
        (_R.payment_without_lines_two, 15, ""),
        (_R.recoded, 30, ""),
        (_R.recoded_out_of_scope, 15, ""),
        (_R.crossover, 60, "medicare"),
        (_R.secondary_forwarded, 20, "medicare"),
        (_R.secondary_as_primary, 20, "medicare"),
        (_R.primary_as_secondary, 20, ""),
        (_R.denied_status_4, 30, ""),
        (_R.paid_status_4, 15, ""),
        (_R.forwarded_not_ours, 20, ""),
        (_R.predetermination, 20, ""),
        (_A.late_remittance, 120, ""),
        (_A.allowed_impossible, 30, "aetna"),
        (_A.allowed_conflict, 20, "uhc"),
        (_A.surprise_billing, 50, "commercial"),
        (_A.out_of_network, 50, "commercial"),
        (_A.capitated, 30, ""),
        (_A.duplicate_only, 20, ""),
        (_A.written_off, 20, ""),
        (_A.previously_paid, 15, ""),
        (_R.denied_after_payment, 20, ""),
        (_A.unbalanced, 30, ""),
        (_A.unmapped_payer, 40, ""),
        (_A.payer_without_npi, 30, ""),
        (_A.orphan_remittance, 25, ""),
        (_A.withheld, 20, "commercial"),
        (_A.paid_to_patient, 15, "commercial"),
        (_A.wrong_trace, 15, ""),
        (_A.amount_below_a_dollar, 25, "medicare"),
        (_A.sequestration_forgotten, 25, "medicare"),
        (_I.shared_account_number, 90, ""),
        (_I.relieved_under_one_number, 15, ""),
        (_I.corrected_member_id, 40, ""),
        (_I.corrected_birth_date, 25, ""),
        (_I.corrected_patient_sent_anew, 20, ""),
        (_I.replaced_twice_new_numbers, 20, ""),
        (_I.number_without_punctuation, 30, ""),
        (_D.paid_by_two_routes, 50, ""),
        (_D.paid_by_two_routes_then_reversed, 20, ""),
        (_D.secondary_without_prior_payment, 25, "medicare"),
        (_D.reversal_of_the_claim, 25, ""),
        (minutes_suspect, 40, ""),
        (units_basis, 60, ""),
        (leading_zero_lost, 40, ""),
        (untidy_text, 40, ""),
        (unknown_modifier, 25, ""),
    )
}
"""Every scenario but `paid`, which the remaining cases live."""
