"""Remit lines meet claim lines (contract 4.5; CLP01, REF*6R, LX01, SVC01, SVC06, N1*PE)."""

from __future__ import annotations

import pytest
from answered_claims import Row, claim, days, remit, resolve, reversal

NPI = "1003000126"


def lines_of_charge(cents: int, *modifiers: str) -> list[Row]:
    return [
        claim(line_number=place, modifier_1=modifier, charge_cents=cents, claim_line_count=len(modifiers))
        for place, modifier in enumerate(modifiers, start=1)
    ]


def bare(sequence: int | None, paid: int, **values: object) -> Row:
    """An answer to a line of 450.00 without the billed modifiers."""
    amounts = {"charge_cents": 45000, "paid_cents": paid, "adjustments": f"CO-45:{45000 - paid}"}
    return remit(service_sequence=sequence, modifier_1=None, **{**amounts, **values})


def test_the_payee_must_be_the_billing_provider_where_it_is_named() -> None:
    assert resolve([claim()], [remit(payee_npi=NPI)]).outcomes == ["unlinked"]
    assert resolve([claim()], [remit(payee_npi=None)]).outcomes == ["linked"]


def test_payer_and_role_rank_candidates_and_veto_none() -> None:
    aetna, cigna = (
        claim(),
        claim(payer_id="62308", payer_name="CIGNA", patient_key="q", member_key="q", birth_key="q"),
    )
    answer = remit(payer_id="62308", payer_name="CIGNA")
    assert resolve([aetna, cigna], [answer]).states() == ["pending", "paid"]
    assert resolve([aetna], [answer]).states() == ["paid"]


def test_the_control_number_comes_before_code_and_charge() -> None:
    lines = [claim(charge_cents=10000, line_control_key="LC1"), claim(line_number=2)]
    assert resolve(lines, [remit(line_control_key="LC1")]).states() == ["paid", "pending"]


def test_some_payers_return_the_line_number_as_control_number() -> None:
    lines = [claim(line_number=1), claim(line_number=2)]
    assert resolve(lines, [remit(line_control_key="lc:2")]).states() == ["pending", "paid"]


def test_modifiers_break_ties_and_do_no_more() -> None:
    lines = lines_of_charge(90000, "QK", "QX")
    assert resolve(lines, [remit(modifier_1="QX")]).states() == ["pending", "paid"]
    assert resolve([claim(modifier_1="QK")], [remit(modifier_1="P3")]).states() == ["paid"]


def test_a_code_in_scope_meets_the_single_line_whatever_the_charge() -> None:
    found = resolve([claim(claim_line_count=2)], [remit(charge_cents=80000, service_date=None)])
    assert found.outcomes == ["linked"]
    assert resolve([claim()], [remit(procedure_code="99100", charge_cents=10000)]).outcomes == ["unlinked"]


def test_an_empty_code_meets_only_a_claim_of_one_line_in_all() -> None:
    answer = remit(procedure_code=None, modifier_1=None, service_sequence=None)
    assert resolve([claim()], [answer]).states() == ["paid"]
    assert resolve([claim(claim_line_count=2)], [answer]).outcomes == ["unlinked"]


def test_the_billed_code_is_compared_and_a_recoded_line_carries_no_price() -> None:
    found = resolve([claim()], [remit(procedure_code="01992", submitted_procedure_code="01939")])
    assert (found.line["adjudication_state"], found.line["recoded"], found.line["is_priced"]) == (
        "paid",
        True,
        False,
    )


def test_two_candidates_are_ambiguous() -> None:
    lines = [claim(), claim(line_number=2, charge_cents=90000)]
    assert resolve(lines, [remit(modifier_1=None)]).outcomes == ["ambiguous"]


@pytest.mark.parametrize("loop_number", [None, 4])
def test_alike_lines_are_met_in_the_order_of_the_svc(loop_number: int | None) -> None:
    """QK and QX of equal charge, modifiers not returned: whatever the order of the rows."""
    answers = [bare(2, 15000, loop_number=loop_number), bare(1, 16800, loop_number=loop_number)]
    found = resolve(lines_of_charge(45000, "QK", "QX"), answers)
    assert [line["paid_cents"] for line in found.lines] == [16800, 15000]


def test_three_alike_lines_in_part_files() -> None:
    answers = [bare(place, 10000 + place, file_key=f"part {place}") for place in (3, 1, 2)]
    found = resolve(lines_of_charge(45000, "AA", "QZ", "QX"), answers)
    assert [line["paid_cents"] for line in found.lines] == [10001, 10002, 10003]


def test_alike_lines_of_which_one_modifier_came_back() -> None:
    found = resolve(
        lines_of_charge(45000, "QK", "QX"), [bare(1, 15000) | {"modifier_1": "QX"}, bare(2, 16800)]
    )
    assert [line["paid_cents"] for line in found.lines] == [16800, 15000]


def test_alike_lines_of_which_one_control_number_came_back() -> None:
    answers = [bare(1, 15000, line_control_key="lc:2"), bare(2, 16800)]
    found = resolve(lines_of_charge(45000, "QK", "QX"), answers)
    assert [line["paid_cents"] for line in found.lines] == [16800, 15000]


def test_alike_lines_of_which_both_came_back_with_one_modifier() -> None:
    """Modifiers break ties and do no more: two answers with a line's whole charge are of two lines."""
    answers = [bare(place, 15000 + place) | {"modifier_1": "QK"} for place in (1, 2)]
    found = resolve(lines_of_charge(45000, "QK", "QX"), answers)
    assert [line["paid_cents"] for line in found.lines] == [15001, 15002]


def test_alike_lines_without_an_order_are_told_only_where_the_answers_are_equal() -> None:
    lines = lines_of_charge(45000, "QK", "QX")
    assert resolve(lines, [bare(None, 16800), bare(None, 15000)]).outcomes == ["ambiguous"] * 2
    equal = resolve(lines, [bare(None, 16800), bare(None, 16800)])
    assert [line["paid_cents"] for line in equal.lines] == [16800, 16800]


def test_fewer_answers_than_alike_lines_tell_none() -> None:
    assert (
        resolve(lines_of_charge(45000, "AA", "QZ", "QX"), [bare(1, 100), bare(2, 200)]).outcomes
        == ["ambiguous"] * 2
    )


def test_an_answer_without_a_date_meets_the_alike_line_that_another_answer_left() -> None:
    lines = [claim(line_number=place, charge_cents=45000, claim_line_count=2) for place in (1, 2)]
    found = resolve(lines, [bare(1, 16800, line_control_key="lc:1"), bare(2, 15000, service_date=None)])
    assert [line["paid_cents"] for line in found.lines] == [16800, 15000]


def test_alike_lines_are_met_in_order_whether_answers_have_a_date_or_not() -> None:
    lines = lines_of_charge(45000, "QK", "QX")
    found = resolve(lines, [bare(1, 16800), bare(2, 15000, service_date=None)])
    assert [line["paid_cents"] for line in found.lines] == [16800, 15000]


def test_reversals_of_alike_lines_follow_the_same_order() -> None:
    answers = [bare(1, 16800), bare(2, 15000)]
    back = [
        bare(
            place,
            -paid,
            claim_status_code="22",
            charge_cents=-45000,
            trace_key="trace 2",
            payment_date=days(9),
        )
        for place, paid in ((1, 16800), (2, 15000))
    ]
    found = resolve(lines_of_charge(45000, "QK", "QX"), [*answers, *back])
    assert found.states() == ["reversed", "reversed"]


def loosely(number: str, **values: object) -> Row:
    return remit(claim_number_key=number, loose_number_key="loose A1", **values)


def test_a_number_without_its_punctuation_meets_where_code_date_and_charge_agree() -> None:
    found = resolve([claim()], [loosely("A-1")])
    assert (found.states(), found.remits[0]["loosely_linked"]) == (["paid"], True)


@pytest.mark.parametrize(
    "other",
    [{"charge_cents": 80000}, {"procedure_code": "01937"}, {"service_date": days(0)}, {"service_date": None}],
)
def test_a_loose_number_alone_is_not_enough(other: dict[str, object]) -> None:
    assert resolve([claim()], [loosely("A-1", **other)]).outcomes == ["unlinked"]


def test_a_loose_number_must_leave_one_candidate() -> None:
    other = claim(
        claim_number_key="0A1", loose_number_key="loose A1", patient_key="q", member_key="q", birth_key="q"
    )
    assert resolve([claim(), other], [loosely("A-1")]).outcomes == ["ambiguous"]


def test_numbers_are_compared_loosely_only_where_nothing_meets_exactly() -> None:
    exact = claim(claim_number_key="A-1", loose_number_key="loose A1", charge_cents=10000, claim_line_count=2)
    found = resolve([claim(), exact], [loosely("A-1")])
    assert found.states() == ["pending", "paid"]


def test_a_reversal_under_a_loose_number_cancels() -> None:
    found = resolve([claim()], [remit(), {**reversal(), "claim_number_key": "A-1"}])
    assert found.states() == ["reversed"]


def test_status_23_and_25_say_nothing() -> None:
    assert (
        resolve([claim()], [remit(claim_status_code=code) for code in ("23", "25")]).outcomes
        == ["ignored"] * 2
    )
