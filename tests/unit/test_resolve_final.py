"""The final adjudication of a line and its state (contract 4.7, 4.9)."""

from __future__ import annotations

from datetime import date

import pytest
from answered_claims import Row, answered, claim, correction, days, denial, remit, resolve, reversal


def anew(**values: object) -> Row:
    """A replacement of the claim in February."""
    return claim(**{"claim_frequency_code": "7", "submitted_on": date(2026, 2, 2), **values})


def test_none_there_is_pending() -> None:
    assert resolve([claim()], []).states() == ["pending"]


def test_the_latest_that_paid_or_allowed_stands_and_a_denial_undoes_no_payment() -> None:
    found = resolve([claim()], [remit(), denial(payment_date=days(30), trace_key="d", payer_claim_key="P2")])
    assert (found.line["adjudication_state"], found.line["final_remit_on"]) == ("paid", days(0))


def test_failing_that_the_latest_uncancelled_one() -> None:
    later = denial("97", payment_date=days(9), trace_key="d")
    found = resolve(
        [claim()], [remit(), reversal(payment_date=days(3)), denial("29", payment_date=days(5)), later]
    )
    assert (found.line["adjudication_state"], found.line["denial_carc"]) == ("denied", "97")


def test_on_one_date_the_greatest_by_paid_and_allowed_stands() -> None:
    less = correction(payment_date=days(0), trace_key="other")
    assert resolve([claim()], [less, remit()]).line["paid_cents"] == 33600
    assert resolve([claim()], [remit(), less]).line["paid_cents"] == 33600


def test_a_denial_paid_on_appeal_was_denied_first() -> None:
    found = resolve([claim()], [denial(), remit(payment_date=days(30), trace_key="a")])
    assert (found.line["initially_denied"], found.line["first_denial_carc"]) == (True, "16")
    assert (found.line["adjudication_state"], found.line["first_remit_on"]) == ("paid", days(0))


def test_a_first_answer_that_was_cancelled_is_the_first_all_the_same() -> None:
    found = resolve([claim()], [remit(), reversal(), denial(payment_date=days(12), trace_key="d")])
    assert (found.line["initially_denied"], found.line["first_paid"]) == (False, True)


@pytest.mark.parametrize("carc", ["18", "B13"])
def test_an_answer_to_a_duplicate_is_neither_first_nor_final_beside_another(carc: str) -> None:
    repeated = denial(carc, payment_date=days(-3), trace_key="d", payer_claim_key="P2")
    found = resolve([claim()], [repeated, denial("29")])
    assert (found.line["denial_carc"], found.line["first_remit_on"]) == ("29", days(0))
    alone = resolve([claim()], [repeated])
    assert (alone.states(), alone.line["zero_pay_reason"]) == (["zero_pay_other"], "duplicate")


def test_the_money_of_an_earlier_bill_awaits_readjudication() -> None:
    found = resolve([claim(), anew(charge_cents=80000)], [remit()])
    assert found.line["adjudication_state"] == "awaiting_readjudication"
    assert (found.line["paid_cents"], found.line["is_priced"]) == (None, False)


def test_a_charge_of_no_version_is_the_lines_own() -> None:
    found = resolve([claim(), anew(charge_cents=80000)], [remit(charge_cents=85000, line_control_key="lc:1")])
    assert found.line["adjudication_state"] == "paid"


def test_denials_for_want_of_authorization_and_for_other_reasons() -> None:
    wanting = ["39", "197", "198", "210", "243", "284", "296", "302"]
    found = answered(*(denial(carc) for carc in [*wanting, "16", "29", "97", "204", "269"]))
    assert {line["adjudication_state"] for line in found} == {"denied"}
    assert [line["prior_authorization_denial"] for line in found] == [True] * len(wanting) + [False] * 5


def test_what_is_no_denial_in_any_group() -> None:
    carcs = [
        "1",
        "2",
        "3",
        "18",
        "24",
        "45",
        "94",
        "104",
        "105",
        "131",
        "137",
        "144",
        "161",
        "223",
        "225",
        "237",
        "253",
        "B13",
    ]
    kinds = [f"{group}-{carc}:90000" for group in ("CO", "OA", "PI") for carc in carcs]
    found = answered(*(remit(paid_cents=0, allowed_given_cents=0, adjustments=packed) for packed in kinds))
    assert {line["adjudication_state"] for line in found} == {"zero_pay_other"}


def test_an_unknown_reason_is_a_denial_of_no_class() -> None:
    (line,) = answered(denial("ZZZ"))
    assert (line["adjudication_state"], line["denial_category"]) == ("denied", "unclassified")


def test_neither_status_4_nor_a_line_without_charge_is_a_denial_by_itself() -> None:
    free = remit(charge_cents=0, paid_cents=0, adjustments="CO-97:100")
    paid, nothing = answered(remit(claim_status_code="4"), free)
    assert (paid["adjudication_state"], nothing["adjudication_state"]) == ("paid", "zero_pay_other")


def test_the_reason_is_the_denial_with_the_largest_amount_then_the_lowest_code() -> None:
    """Numbers come before letters."""
    reasons = {
        "CO-16:20000|CO-45:60000|CO-97:10000": "16",
        "CO-16:45000|CO-97:45000": "16",
        "CO-97:45000|CO-B7:45000": "97",
        "CO-119:45000|CO-29:45000": "29",
    }
    found = answered(*(remit(paid_cents=0, adjustments=packed) for packed in reasons))
    assert [line["denial_carc"] for line in found] == list(reasons.values())


def test_lines_go_on_along_a_chain_by_number() -> None:
    first = [claim(claim_line_count=2), claim(line_number=2, charge_cents=70000, claim_line_count=2)]
    again = [anew(claim_line_count=2), anew(line_number=2, charge_cents=70000, claim_line_count=2)]
    answers = [denial("29"), denial("97", charge_cents=70000, service_sequence=2, adjustments="CO-97:70000")]
    found = resolve([*first, *again], answers)
    carried = [line["denial_carc"] for line in found.lines if line["standing"] == "current"]
    assert sorted(carried) == ["29", "97"]
