"""Each named life tells the story that its name says (contract section 4)."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from transforms.synthetic import (
    lives_amounts,
    lives_claims,
    lives_deliveries,
    lives_identity,
    lives_remits,
)
from transforms.synthetic.lives import SCENARIOS
from transforms.synthetic.made_cases import Case, bill, sample_case
from transforms.synthetic.parties import GROUPS
from transforms.synthetic.plans import PLANS
from transforms.synthetic.records import Life
from transforms.synthetic.x12_writer import write_835


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_every_life_starts_with_an_original_and_never_answers_before_it(name: str) -> None:
    life = SCENARIOS[name].live(sample_case())

    assert life.claims[0].frequency == "1"
    assert all(claim.submitted_on > claim.lines[0].service_date for claim in life.claims)
    assert all(loop.paid_on >= life.claims[0].submitted_on for loop in life.remits)
    assert life.claims_frame().height == sum(len(claim.lines) for claim in life.claims)
    assert life.remits_frame().height == sum(len(loop.lines) for loop in life.remits)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_life_is_the_same_whenever_it_is_told(name: str) -> None:
    first, again = (SCENARIOS[name].live(sample_case()) for _ in range(2))

    assert first.claims_frame().equals(again.claims_frame())
    assert first.remits_frame().equals(again.remits_frame())


@pytest.mark.parametrize(
    ("care", "modifiers"),
    [
        ("AA", [("AA",)]),
        ("QZ", [("QZ",)]),
        ("QK+QX", [("QK",), ("QX",)]),
        ("AD+QX", [("AD",), ("QX",)]),
        ("QK&AA", [("QK", "AA")]),
        ("none", [()]),
    ],
)
def test_care_models_bill_one_claim_or_two(care: str, modifiers: list[tuple[str, ...]]) -> None:
    claims = bill(sample_case(care=care, status=""))

    pricing = {"AA", "QZ", "QK", "QX", "QY", "AD"}
    found = [tuple(each for each in claim.lines[0].modifiers if each in pricing) for claim in claims]
    assert found == modifiers
    assert len({claim.claim_id[:20] for claim in claims}) == len(claims)


@pytest.mark.parametrize(
    ("live", "frequencies", "statuses"),
    [
        (lives_claims.paid, "1", ["1"]),
        (lives_claims.pending, "1", []),
        (lives_claims.replaced_same_number, "17", ["1", "22", "1"]),
        (lives_claims.replaced_frequency_6, "16", ["1", "1"]),
        (lives_claims.replaced_awaiting, "17", ["1"]),
        (lives_claims.voided, "18", ["1", "22"]),
        (lives_claims.voided_unanswered, "18", []),
        (lives_claims.duplicate_submission, "11", ["1", "1"]),
        (lives_remits.denial_overturned, "1", ["1", "1"]),
        (lives_remits.reversal_never_corrected, "1", ["1", "22"]),
        (lives_remits.crossover, "1", ["19", "2"]),
        (lives_remits.secondary_forwarded, "11", ["1", "20"]),
        (lives_remits.predetermination, "1", ["25", "1"]),
        (lives_remits.forwarded_not_ours, "1", ["23", "1"]),
        (lives_claims.tertiary_claim, "111", ["1", "2", "3"]),
    ],
)
def test_lives_in_frequencies_and_statuses(
    live: Callable[[Case], Life], frequencies: str, statuses: list[str]
) -> None:
    life = live(sample_case())

    assert "".join(claim.frequency for claim in life.claims) == frequencies
    assert [loop.status for loop in life.remits] == statuses


@pytest.mark.parametrize("live", [lives_claims.replaced_new_number, lives_claims.voided_new_number])
def test_a_new_number_names_the_payer_claim_number_of_the_old(live: Callable[[Case], Life]) -> None:
    life = live(sample_case())

    first, second = life.claims
    assert second.claim_id[:20] != first.claim_id[:20]
    assert second.original == life.remits[0].icn


def test_a_reversal_negates_every_amount_and_an_unsigned_one_does_not() -> None:
    paid, back = lives_remits.reversal_never_corrected(sample_case()).remits
    unsigned = lives_remits.reversal_unsigned(sample_case()).remits[1]

    assert [-svc.paid for svc in back.lines] == [svc.paid for svc in paid.lines]
    assert back.lines[0].adjustments == tuple((g, r, -c) for g, r, c in paid.lines[0].adjustments)
    assert back.icn == paid.icn
    assert unsigned.lines[0].charge > 0


def test_a_denied_replacement_leaves_the_first_payment_uncancelled() -> None:
    life = lives_claims.replacement_denied(sample_case())

    assert [loop.lines[0].paid > 0 for loop in life.remits] == [True, False]
    assert "22" not in {loop.status for loop in life.remits}


def test_a_split_line_sums_to_the_line() -> None:
    case = sample_case()
    whole = lives_claims.paid(sample_case()).remits[0].lines[0]

    parts = lives_remits.split_line(case).remits[0].lines

    assert len(parts) == 2
    assert sum(svc.charge for svc in parts) == whole.charge
    assert sum(svc.paid for svc in parts) == whole.paid


def test_secondary_answers_carry_carc_23_and_are_found_without_a_claim_in_a_crossover() -> None:
    medicare = next(plan for plan in PLANS if plan.key == "medicare_tx")

    crossed = lives_remits.crossover(sample_case(plan=medicare))
    claimed = lives_claims.secondary_claim(sample_case(plan=medicare))

    assert {reason for _, reason, _ in crossed.remits[1].lines[0].adjustments} == {"23"}
    assert [claim.role for claim in crossed.claims] == ["P"]
    assert [claim.role for claim in claimed.claims] == ["P", "S"]


def test_payers_that_keep_twenty_characters_cut_long_numbers() -> None:
    plan = next(each for each in PLANS if each.key == "regional")
    group = next(each for each in GROUPS if each.number_style == "long")

    life = lives_claims.paid(sample_case(plan=plan, group=group, partner=group))

    assert len(life.claims[0].claim_id) > 20
    assert life.remits[0].claim_id == life.claims[0].claim_id[:20]


def test_zero_payments_have_their_reasons() -> None:
    reasons = {
        life.__name__: life(sample_case()).remits[0].lines[0].adjustments[0][:2]
        for life in (lives_amounts.capitated, lives_amounts.duplicate_only, lives_amounts.written_off)
    }

    assert reasons == {
        "capitated": ("CO", "24"),
        "duplicate_only": ("OA", "18"),
        "written_off": ("CO", "45"),
    }


def test_two_claims_of_a_directed_case_share_an_account_number() -> None:
    life = lives_identity.shared_account_number(sample_case())

    physician, nurse = life.claims
    assert physician.claim_id == nurse.claim_id
    assert [claim.lines[0].modifiers[0] for claim in life.claims] == ["QK", "QX"]
    assert len({loop.icn for loop in life.remits}) == 2


def test_one_anesthesiologist_relieves_another_under_one_number() -> None:
    life = lives_identity.relieved_under_one_number(sample_case())

    assert len({claim.claim_id for claim in life.claims}) == 1
    assert len({claim.lines[0].renderer for claim in life.claims}) == 2


@pytest.mark.parametrize(
    ("live", "changed", "frequency"),
    [
        (lives_identity.corrected_member_id, "member_id", "7"),
        (lives_identity.corrected_birth_date, "birth_date", "7"),
        (lives_identity.corrected_patient_sent_anew, "birth_date", "1"),
    ],
)
def test_a_corrected_patient_keeps_the_other_half_and_the_number(
    live: Callable[[Case], Life], changed: str, frequency: str
) -> None:
    life = live(sample_case())

    wrong, right = (claim.patient for claim in life.claims)
    differing = [name for name in ("member_id", "birth_date") if getattr(wrong, name) != getattr(right, name)]
    assert differing == [changed]
    assert right == sample_case().patient
    assert [claim.frequency for claim in life.claims] == ["1", frequency]
    assert life.claims[0].claim_id == life.claims[1].claim_id
    assert life.remits[0].lines[0].adjustments[0][:2] == ("CO", "31")
    assert life.remits[1].lines[0].paid > 0


def test_two_replacements_under_new_numbers_are_answered_under_the_first() -> None:
    life = lives_identity.replaced_twice_new_numbers(sample_case())

    assert len({claim.claim_id[:20] for claim in life.claims}) == 3
    assert {loop.claim_id for loop in life.remits} == {life.claims[0].claim_id}
    assert [loop.status for loop in life.remits] == ["1", "22", "1", "22", "1"]
    assert [claim.original for claim in life.claims[1:]] == [life.remits[0].icn, life.remits[2].icn]


def test_a_payer_returns_the_number_without_its_signs() -> None:
    life = lives_identity.number_without_punctuation(sample_case())

    assert life.claims[0].claim_id.replace("-", "") == life.remits[0].claim_id != life.claims[0].claim_id


def test_a_copy_by_another_route_differs_in_what_clearinghouses_drop() -> None:
    first, copy, back = lives_deliveries.paid_by_two_routes_then_reversed(sample_case()).remits

    assert (copy.trace, copy.icn, copy.lines[0].paid) == (first.trace, first.icn, first.lines[0].paid)
    assert (copy.paid_on - first.paid_on).days == 1
    assert (copy.lines[0].control, copy.lines[0].allowed) == (None, None)
    assert first.lines[0].control is not None
    assert (back.status, back.icn) == ("22", first.icn)


def test_a_second_payer_that_names_no_prior_payment() -> None:
    medicare = next(plan for plan in PLANS if plan.key == "medicare_tx")
    first, second = lives_deliveries.secondary_without_prior_payment(sample_case(plan=medicare)).remits

    assert (first.status, second.status) == ("19", "2")
    assert {reason for _, reason, _ in second.lines[0].adjustments} == {"45"}


def test_a_claim_is_taken_back_as_a_whole_and_paid_again_by_line() -> None:
    first, back, again = lives_deliveries.reversal_of_the_claim(sample_case()).remits

    assert [svc.procedure for svc in back.lines] == [None]
    assert back.lines[0].paid == -sum(svc.paid for svc in first.lines)
    assert len(again.lines) == len(first.lines) == 2


def test_amounts_below_a_dollar_stand_in_x12_without_a_zero() -> None:
    medicare = next(plan for plan in PLANS if plan.key == "medicare_tx")
    life = lives_amounts.amount_below_a_dollar(sample_case(plan=medicare))

    svc = life.remits[0].lines[0]
    assert (svc.paid, svc.charge - sum(cents for _, _, cents in svc.adjustments)) == (52, 52)
    written = write_835(life.remits_frame())
    assert b"*.52*" in written and b"*.01" in written and b"*0." not in written


def test_medicare_may_forget_its_cut() -> None:
    medicare = next(plan for plan in PLANS if plan.key == "medicare_tx")
    svc = lives_amounts.sequestration_forgotten(sample_case(plan=medicare)).remits[0].lines[0]

    assert "253" not in {reason for _, reason, _ in svc.adjustments}
    assert svc.charge - sum(cents for _, _, cents in svc.adjustments) == svc.paid


def test_a_turn_befalls_either_claim_of_a_directed_case() -> None:
    denied = [lives_remits.denied(sample_case(seed, care="QK+QX")).remits_frame() for seed in range(60)]
    by_model: dict[str, int] = {"QK": 0, "QX": 0}
    for answers in denied:
        for row in answers.filter(pl.col("paid_amount") == "0.00").iter_rows(named=True):
            by_model[str(row["modifier_1"])] += 1
    assert min(by_model.values()) > 30


def test_payment_without_lines_moves_everything_to_the_claim() -> None:
    loop = lives_remits.payment_without_lines(sample_case()).remits[0]

    assert loop.lines[0].procedure is None
    assert loop.lines[0].charge - sum(c for _, _, c in loop.claim_adjustments) == loop.lines[0].paid
