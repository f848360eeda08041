"""Denied claims that come back under a new number without a name (contract 4.3; SV101-3..6, SV102, SV104)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from answered_claims import Resolved, Row, claim, days, denial, remit, resolve

DISTINCT = ["59", "XE", "XS", "XP", "XU"]


def resubmitted(number: str = "B1", day: int = 10, **values: Any) -> Row:
    """The same service billed anew under another number."""
    again = {"claim_number_key": number, "loose_number_key": number, "submitted_on": days(day)}
    return claim(**{**again, **values})


def is_continued(older: Row, later: Row, **rules: Any) -> bool:
    found = resolve([older, later], [denial()], **rules)
    standings = [line["standing"] for line in found.lines]
    assert standings in (["superseded", "current"], ["current", "current"])
    continued = standings[0] == "superseded"
    assert found.lines[1]["chain_source"] == ("inferred" if continued else "none")
    return continued


def test_a_denied_claim_is_continued_by_the_same_service_under_a_new_number() -> None:
    paid = remit(claim_number_key="B1", loose_number_key="B1", payer_claim_key="P2", payment_date=days(30))
    found = resolve([claim(), resubmitted()], [denial(), paid])
    assert (found.line["initially_denied"], found.line["adjudication_state"]) == (True, "paid")
    assert found.line["first_submitted_on"] == claim()["submitted_on"]
    assert not is_continued(claim(), resubmitted(), infer_resubmissions=False)


@pytest.mark.parametrize(
    "other",
    [
        {"billing_provider_npi": "1003000126"},
        {"patient_key": "q"},
        {"payer_id": "62308", "payer_name": "CIGNA"},
        {"service_date": date(2026, 1, 6)},
        {"procedure_code": "01940"},
        {"modifier_1": "QZ"},
        {"claim_frequency_code": "7"},
        {"submitted_on": claim()["submitted_on"]},
    ],
)
def test_anything_else_is_no_resubmission(other: Row) -> None:
    assert is_continued(claim(), resubmitted(charge_cents=80000))
    assert not is_continued(claim(), resubmitted(**other))


def test_what_was_paid_once_is_not_continued() -> None:
    answers = [denial(), remit(trace_key="2", payer_claim_key="P2")]
    found = resolve([claim(), resubmitted()], answers)
    assert [line["standing"] for line in found.lines] == ["current", "current"]
    assert resolve([claim(), resubmitted()], []).states() == ["pending", "pending"]


@pytest.mark.parametrize("modifier", ["53", "73", "74"])
def test_a_service_that_was_stopped_is_not_continued(modifier: str) -> None:
    assert not is_continued(claim(modifier_2=modifier), resubmitted())
    assert is_continued(claim(), resubmitted(modifier_2=modifier))


@pytest.mark.parametrize("modifier", ["76", "77", "78", "79"])
def test_a_service_that_was_done_again_is_no_repeat_of_a_bill(modifier: str) -> None:
    assert not is_continued(claim(modifier_2=modifier), resubmitted())
    assert not is_continued(claim(), resubmitted(modifier_2=modifier))
    assert not is_continued(claim(modifier_2=modifier), resubmitted(modifier_2=modifier))


@pytest.mark.parametrize("modifier", DISTINCT)
@pytest.mark.parametrize("changed", [{"unit_count_thousandths": 40000}, {"charge_cents": 91000}])
def test_a_distinct_service_is_another_one_unless_only_the_modifier_was_added(
    modifier: str, changed: Row
) -> None:
    cure = {"modifier_2": "QS", "modifier_3": modifier}
    assert is_continued(claim(modifier_2="QS"), resubmitted(**cure))
    assert not is_continued(claim(modifier_2="QS"), resubmitted(**cure, **changed))
    assert not is_continued(claim(), resubmitted(**cure))
    assert not is_continued(claim(modifier_2=modifier), resubmitted())
    assert not is_continued(claim(modifier_2=modifier), resubmitted(modifier_2=modifier))


def test_an_anesthetic_that_was_stopped_and_one_given_later_that_day_are_two() -> None:
    claims = [
        claim(modifier_2="53", unit_count_thousandths=12000),
        resubmitted(modifier_2="59", day=-9, unit_count_thousandths=40000),
    ]
    paid = remit(claim_number_key="B1", loose_number_key="B1", payer_claim_key="P2", trace_key="2")
    assert resolve(claims, [denial("97"), paid]).states() == ["denied", "paid"]


def sources(found: Resolved) -> dict[str, str | None]:
    return {line["claim_number_key"]: line["chain_source"] for line in found.lines}


def test_a_denied_claim_has_one_successor_the_earliest() -> None:
    claims = [claim(), resubmitted("B1", 12, modifier_2="QS"), resubmitted("B2", 10, modifier_2="P3")]
    found = resolve(claims, [denial()])
    assert sources(found) == {"A1": None, "B1": "none", "B2": "inferred"}
    assert [line["standing"] for line in found.lines] == ["superseded", "current", "current"]


def test_of_one_day_content_decides_whatever_the_order_of_rows() -> None:
    first, *rivals = claim(), resubmitted("B1", modifier_2="QS"), resubmitted("B2", modifier_2="P3")
    for order in ([first, *rivals], [rivals[1], first, rivals[0]]):
        assert sources(resolve(order, [denial()])) == {"A1": None, "B1": "none", "B2": "inferred"}


def test_a_name_comes_before_an_inference() -> None:
    named = resubmitted("B2", 20, claim_frequency_code="7", original_claim_key="P1")
    found = resolve([claim(), resubmitted("B1"), named], [denial()])
    assert sources(found) == {"A1": None, "B1": "none", "B2": "named"}


def test_a_claim_denied_twice_is_one_chain() -> None:
    second = denial(claim_number_key="B1", loose_number_key="B1", payer_claim_key="P2", trace_key="2",
                    payment_date=days(20))  # fmt: skip
    found = resolve([claim(), resubmitted("B1"), resubmitted("B2", 30)], [denial(), second])
    assert [line["standing"] for line in found.lines] == ["superseded", "superseded", "current"]
    assert found.line["first_submitted_on"] == claim()["submitted_on"]
