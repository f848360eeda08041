"""The oracle on readings of the rules that two implementations once took differently, worked by hand."""

from __future__ import annotations

from datetime import date

import pytest
from hand_rows import claim, denial, line, outcomes, remit, reversal, run, standings


def test_equal_resubmissions_of_one_day_both_continue_the_denied_claim() -> None:
    day = date(2026, 2, 1)
    again = [
        claim(2, claim_number_key="B2", submitted_on=day),
        claim(3, claim_number_key="C3", submitted_on=day),
    ]
    later = claim(4, claim_number_key="D4", submitted_on=date(2026, 2, 2))

    result = run([claim(1), *again, later], [denial(1)])

    assert standings(result) == ["superseded", "current", "current", "current"]
    assert [line(result, i)["chain_source"] for i in (2, 3, 4)] == ["inferred", "inferred", "none"]
    assert [line(result, i)["first_remit_on"] for i in (2, 3, 4)] == [
        date(2026, 1, 20),
        date(2026, 1, 20),
        None,
    ]


def test_a_corrected_bill_without_the_repeat_modifier_is_no_repeat() -> None:
    repeat = claim(2, claim_number_key="B2", submitted_on=date(2026, 2, 1), modifier_2="76")
    corrected = claim(3, claim_number_key="B2", submitted_on=date(2026, 2, 9), claim_frequency_code="7")

    assert standings(run([claim(1), repeat], [denial(1)])) == ["current", "current"]
    assert standings(run([claim(1), repeat, corrected], [denial(1)])) == [
        "superseded",
        "superseded",
        "current",
    ]


def test_what_a_duplicate_replacement_names_is_named() -> None:
    other = claim(2, claim_number_key="B2")
    twins = [
        claim(
            row_number,
            claim_number_key="C3",
            claim_frequency_code="7",
            submitted_on=date(2026, 2, 1),
            original_claim_key=original,
        )
        for row_number, original in ((3, "P1"), (4, "P2"))
    ]
    answers = [remit(1), remit(2, claim_number_key="B2", payer_claim_key="P2")]

    assert standings(run([claim(1), other, *twins], answers)) == [
        "superseded",
        "superseded",
        "current",
        "duplicate",
    ]


def test_a_chain_passes_a_claim_that_lacks_the_line() -> None:
    def of(row_number: int, number: str, line_number: int, month: int) -> dict[str, object]:
        return claim(
            row_number,
            claim_number_key=number,
            line_number=line_number,
            claim_line_count=2,
            claim_frequency_code="1" if month == 1 else "7",
            submitted_on=date(2026, month, 6),
            original_claim_key={2: "P1", 3: "P2"}.get(month),
            modifier_2=["QS", "P3"][line_number - 1],
        )

    claims = [of(1, "A1", 1, 1), of(2, "A1", 2, 1), of(3, "B2", 1, 2), of(4, "C3", 1, 3), of(5, "C3", 2, 3)]
    first = denial(1, modifier_1="AA", modifier_2="P3", payment_date=date(2026, 1, 20))
    between = remit(2, claim_number_key="B2", payer_claim_key="P2", payment_date=date(2026, 2, 20))

    result = run(claims, [first, between])

    assert standings(result) == ["superseded", "superseded", "superseded", "current", "current"]
    assert line(result, 5)["adjudication_state"] == "denied"
    assert line(result, 5)["first_submitted_on"] == date(2026, 1, 6)


def test_a_reversal_that_can_cancel_less_chooses_first() -> None:
    paid = [remit(1, payer_claim_key="P1"), remit(2, payer_claim_key="P2")]
    wide = {"payer_claim_key": "P2", "original_payer_claim_key": "P1"}

    for narrow, wider in ((3, 4), (4, 3)):
        taken = [reversal(narrow, payer_claim_key="P1"), reversal(wider, **wide)]
        result = run([claim(1)], [*paid, *taken])
        assert line(result, 1)["adjudication_state"] == "reversed"
        assert not any(row["reversal_unmatched"] for row in result.remits)


def test_a_count_of_one_that_the_lines_contradict_proves_nothing() -> None:
    two = claim(2, line_number=2, charge_cents=50000)
    uncoded = remit(1, procedure_code=None, charge_cents=70000)

    assert outcomes(run([claim(1)], [uncoded])) == ["linked"]
    assert outcomes(run([claim(1), two], [uncoded])) == ["unlinked"]


@pytest.mark.parametrize(("role", "marked"), [("P", True), ("S", False)])
def test_reversals_of_a_secondary_claim_mark_no_primary_line(role: str, marked: bool) -> None:
    older = claim(1, role=role)
    newer = claim(
        2,
        claim_number_key="B2",
        claim_frequency_code="7",
        original_claim_key="P1",
        submitted_on=date(2026, 2, 9),
    )
    status = "1" if role == "P" else "2"
    answers = [remit(1, claim_status_code=status), reversal(2, payer_claim_key="P9")]

    result = run([older, newer], answers)

    assert line(result, 2)["standing"] == "current"
    assert line(result, 2)["has_unmatched_reversal"] is marked


def test_a_later_version_that_failed_is_no_earlier_bill() -> None:
    wrong = claim(2, claim_frequency_code="7", submitted_on=date(2026, 2, 1), charge_cents=70000)
    answers = [
        remit(1, charge_cents=70000, adjustments="CO-253:206|CO-45:57123|PR-2:2575"),
        denial(2, payment_date=date(2026, 2, 9), charge_cents=70000, adjustments="CO-16:70000"),
    ]

    result = run([claim(1), wrong], answers)

    assert standings(result) == ["current", "superseded"]
    assert line(result, 1)["adjudication_state"] == "paid"


def test_answers_of_one_day_that_differ_in_the_given_amount_only_are_told_apart() -> None:
    given = {"allowed_given_cents": 12877}
    one = run([claim(1)], [remit(1), remit(2, **given)])
    other = run([claim(1)], [remit(1, **given), remit(2)])

    assert line(one, 1)["allowed_source"] == line(other, 1)["allowed_source"] == "given"
