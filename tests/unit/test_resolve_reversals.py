"""What reversals cancel (contract 4.6; CLP02 = 22; x12.org RFI 227, 578, 1604, 1733, 2150)."""

from __future__ import annotations

import pytest
from answered_claims import Resolved, Row, claim, correction, days, remit, resolve, reversal


def unmatched(found: Resolved) -> int:
    return sum(row["reversal_unmatched"] for row in found.remits)


def mismatched(found: Resolved) -> int:
    return sum(row["reversal_amount_mismatch"] for row in found.remits)


def other(**values: object) -> Row:
    """Another payment under the same payer claim number: 250.00 of 300.00."""
    return remit(**{"trace_key": "o", "paid_cents": 25000, "adjustments": "CO-45:60000|PR-2:5000", **values})


def whole(**values: object) -> Row:
    """The claim as a whole is taken back: no SVC (x12.org RFI 1733)."""
    bare = {"procedure_code": None, "modifier_1": None, "service_sequence": None, "service_date": None}
    said = {"charge_cents": -100000, "adjustments": "", "claim_adjustments": "CO-45:-48000|PR-2:-8400"}
    return reversal(**{**bare, **said, **values})


TWO_LINES = [claim(claim_line_count=2)]
"""The other line of the claim is out of scope: neither it nor its answers are known."""


def test_a_reversal_leaves_no_payment_and_a_correction_stands() -> None:
    assert resolve([claim()], [remit(), reversal()]).states() == ["reversed"]
    found = resolve([claim()], [correction(), reversal(), remit()])
    assert (found.line["allowed_cents"], found.line["first_remit_on"]) == (37500, days(0))


def test_a_correction_may_come_later_or_never() -> None:
    found = resolve([claim()], [remit(), reversal(), correction(payment_date=days(40), trace_key="later")])
    assert (found.line["allowed_cents"], found.line["final_remit_on"]) == (37500, days(40))


def test_what_it_negates_comes_first_even_where_another_is_later() -> None:
    found = resolve([claim()], [remit(), other(payment_date=days(5)), reversal()])
    assert (found.line["paid_cents"], mismatched(found)) == (25000, 0)


def test_else_the_only_one_there_is_and_the_difference_is_counted() -> None:
    found = resolve([claim()], [remit(), reversal(paid_cents=-30000)])
    assert (found.states(), mismatched(found), found.line["reversal_amount_mismatch"]) == (
        ["reversed"],
        1,
        True,
    )


def test_two_it_could_mean_are_none() -> None:
    found = resolve([claim()], [remit(), other(payment_date=days(5)), reversal(paid_cents=-100)])
    assert (unmatched(found), found.line["is_priced"]) == (1, False)


def test_an_unsigned_reversal_is_met_by_its_amounts() -> None:
    unsigned = reversal(charge_cents=90000, paid_cents=33600, adjustments="CO-45:48000|PR-2:8400")
    found = resolve([claim()], [remit(), unsigned])
    assert (found.states(), unmatched(found)) == (["reversed"], 0)


def test_a_correction_sent_as_a_reversal_prices_nothing() -> None:
    sent = correction(claim_status_code="22", payer_claim_key="P2")
    found = resolve([claim()], [remit(), reversal(), sent])
    assert (unmatched(found), found.line["is_priced"]) == (1, False)


@pytest.mark.parametrize("pointer", ["payer_claim_key", "original_payer_claim_key"])
def test_it_names_the_payment_by_its_own_or_the_original_number(pointer: str) -> None:
    back = reversal(**{"payer_claim_key": "P9", pointer: "P1"})
    assert resolve([claim()], [remit(), back]).states() == ["reversed"]


def test_another_payer_claim_number_is_another_payment() -> None:
    found = resolve([claim()], [remit(), reversal(payer_claim_key="P9")])
    assert (unmatched(found), found.line["is_priced"], found.states()) == (1, False, ["paid"])


def test_it_cancels_nothing_later_than_itself() -> None:
    found = resolve([claim()], [remit(payment_date=days(20)), reversal()])
    assert (unmatched(found), found.line["adjudication_state"]) == (1, "paid")


def test_on_one_date_an_original_that_it_negates_lies_before_it() -> None:
    found = resolve([claim()], [remit(), reversal(payment_date=days(0)), correction(payment_date=days(0))])
    assert (found.line["allowed_cents"], unmatched(found)) == (37500, 0)
    first = resolve([claim()], [reversal(payment_date=days(0)), remit()])
    assert first.states() == ["reversed"]


def test_on_one_date_a_correction_of_other_amounts_lies_after_it() -> None:
    """The original has not been delivered: the correction is not what was taken back."""
    found = resolve([claim()], [reversal(), correction()])
    assert (unmatched(found), found.states()) == (1, ["paid"])


def test_a_take_back_that_comes_again_cancels_no_second_time() -> None:
    again = reversal(trace_key="trace 3", payment_date=days(30), charge_cents=-90000, paid_cents=-5000)
    found = resolve([claim()], [remit(), reversal(), again])
    assert (found.states(), unmatched(found)) == (["reversed"], 1)


def test_one_that_negates_chooses_before_one_that_does_not() -> None:
    rows = [remit(), reversal(paid_cents=-100, trace_key="trace 9"), reversal()]
    found = resolve([claim()], rows)
    assert [row["reversal_unmatched"] for row in found.remits] == [False, True, False]


def test_two_payments_and_two_reversals_cancel_each_other() -> None:
    rows = [remit(), other(payment_date=days(5)), reversal(), reversal(trace_key="t", paid_cents=-25000)]
    found = resolve([claim()], rows)
    assert (found.states(), mismatched(found), unmatched(found)) == (["reversed"], 0, 0)


def test_a_reversal_of_a_claim_cancels_the_latest_loop() -> None:
    found = resolve(TWO_LINES, [remit(), whole(), correction()])
    assert (found.line["allowed_cents"], found.line["is_priced"], unmatched(found)) == (37500, True, 0)
    assert found.outcomes == ["linked"] * 3


def test_of_two_loops_the_latest_uncancelled_one() -> None:
    rows = [remit(), other(payment_date=days(5)), whole()]
    assert resolve(TWO_LINES, rows).line["paid_cents"] == 33600
    once_more = whole(trace_key="w", payment_date=days(15))
    assert resolve(TWO_LINES, [*rows, once_more]).states() == ["reversed"]


def test_it_cancels_every_line_of_the_loop() -> None:
    lines = [
        claim(claim_line_count=2),
        claim(line_number=2, claim_line_count=2, charge_cents=10000, modifier_1="QS"),
    ]
    second = remit(
        service_sequence=2, charge_cents=10000, paid_cents=8000, adjustments="CO-45:2000", modifier_1="QS"
    )
    assert resolve(lines, [remit(), second, whole()]).states() == ["reversed", "reversed"]


def test_a_claim_of_one_line_compares_the_amounts() -> None:
    exact = whole(charge_cents=-90000)
    assert resolve([claim()], [remit(), other(payment_date=days(5)), exact]).line["paid_cents"] == 25000
    assert mismatched(resolve([claim()], [remit(), whole()])) == 1


def test_a_reversal_of_a_claim_on_the_day_of_its_payment() -> None:
    back = whole(payment_date=days(0))
    assert resolve(TWO_LINES, [remit(), back]).states() == ["reversed"]
    found = resolve(TWO_LINES, [remit(), back, correction(payment_date=days(0))])
    assert (found.line["allowed_cents"], unmatched(found)) == (37500, 0)


def test_a_correction_of_the_same_payment_on_the_day_of_the_reversal_stands() -> None:
    again = remit(payment_date=days(9), trace_key="trace 3", adjustments="CO-45:48000|PR-1:8400")
    found = resolve(TWO_LINES, [remit(), whole(payment_date=days(9)), again])
    assert (found.states(), found.line["deductible_cents"]) == (["paid"], 8400)


def test_a_reversal_of_a_claim_that_finds_nothing_takes_the_price() -> None:
    found = resolve(TWO_LINES, [remit(), whole(payer_claim_key="P9")])
    assert (unmatched(found), found.line["is_priced"]) == (1, False)


def test_a_reversal_of_one_of_two_alike_lines_takes_the_price_of_both() -> None:
    """Another patient's claim under the same account number is not what it speaks of."""
    lines = [claim(line_number=place, claim_line_count=2) for place in (1, 2)]
    other_patient = claim(charge_cents=10000, patient_key="q", member_key="q", birth_key="q")
    answers = [remit(line_control_key=f"lc:{place}", service_sequence=place) for place in (1, 2)]
    found = resolve([*lines, other_patient], [*answers, reversal(), remit(charge_cents=10000, paid_cents=1)])
    assert found.outcomes[2] == "ambiguous"
    assert [line["has_unmatched_reversal"] for line in found.lines] == [True, True, False]


def test_a_reversal_of_a_claim_names_it_by_the_payers_number_alone() -> None:
    """The payer returns the claim number otherwise than it was billed."""
    found = resolve(TWO_LINES, [remit(), whole(claim_number_key="OTHER")])
    assert found.states() == ["reversed"]


def test_a_number_that_several_claims_share_takes_that_of_its_own_claim() -> None:
    second = claim(claim_number_key="B2", patient_key="q", member_key="q", birth_key="q", claim_line_count=2)
    found = resolve([*TWO_LINES, second], [remit(), remit(claim_number_key="B2"), whole()])
    assert found.states() == ["reversed", "paid"]


def test_reversals_of_lines_and_of_the_claim_take_their_turn_by_date() -> None:
    rows = [remit(), reversal(payment_date=days(3)), other(payment_date=days(5)), whole()]
    assert resolve(TWO_LINES, rows).states() == ["reversed"]
