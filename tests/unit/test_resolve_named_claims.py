"""Claims that name one another by payer claim numbers (contract 4.2; REF*F8, CLP07)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from answered_claims import Resolved, Row, claim, days, denial, remit, resolve, reversal

PATIENT = {"patient_key": "q", "member_key": "q", "birth_key": "q"}


def of(number: str, **values: Any) -> Row:
    """A claim or an answer under a number of its own."""
    return {"claim_number_key": number, "loose_number_key": f"loose {number}", **values}


def replacement(number: str, original: str, day: int, **values: Any) -> Row:
    """A bill of 45 minutes that names a payer claim number, `day` days after the first payment date."""
    return claim(**of(number, original_claim_key=original, submitted_on=days(day), **{
        "claim_frequency_code": "7", "unit_count_thousandths": 45000, **values,
    }))  # fmt: skip


def standings(found: Resolved) -> list[str]:
    return [line["standing"] for line in found.lines]


def finals(found: Resolved) -> list[tuple[str, int]]:
    """Which answers the money of the current lines comes from."""
    lines = [line for line in found.lines if line["final_row_number"]]
    return [(line["final_file_key"], line["final_row_number"]) for line in lines]


@pytest.mark.parametrize(("frequency", "gone"), [("7", "superseded"), ("8", "void")])
@pytest.mark.parametrize("half", [{}, {"member_key": "q", "patient_key": "q"}, PATIENT])
def test_a_number_of_one_claim_names_it_whoever_the_patient_is(frequency: str, gone: str, half: Row) -> None:
    found = resolve(
        [claim(), replacement("B1", "P1", 5, claim_frequency_code=frequency, **half)], [denial("31")]
    )
    assert standings(found) == [gone, "current" if frequency == "7" else "void"]


def test_a_name_reaches_no_claim_of_another_payer_or_of_strangers() -> None:
    other = replacement("B1", "P1", 5, payer_id="62308", payer_name="CIGNA")
    assert standings(resolve([claim(), other], [denial()])) == ["current", "current"]
    stranger = replacement("B1", "P1", 5, billing_provider_npi="1003000126", **PATIENT)
    assert standings(resolve([claim(), stranger], [denial()])) == ["current", "current"]


def shared(*claims: Row) -> tuple[list[Row], list[Row]]:
    """Claims whose answers all carry the payer claim number P1."""
    answers = [
        remit(
            **of(row["claim_number_key"]), trace_key=f"trace {place}", service_date=row["service_date"],
            modifier_1=row["modifier_1"], charge_cents=row["charge_cents"],
        )
        for place, row in enumerate(claims)
    ]  # fmt: skip
    return list(claims), answers


def test_of_claims_that_share_a_number_the_patient_s_is_named() -> None:
    claims, answers = shared(claim(), claim(**of("A2", **PATIENT)))
    found = resolve([*claims, replacement("B1", "P1", 5, **PATIENT)], answers)
    assert standings(found) == ["current", "superseded", "current"]
    assert not any(line["original_ambiguous"] for line in found.lines)


def test_of_one_patient_s_claims_the_one_of_the_number_is_named() -> None:
    # the replacement goes under the number of the second claim, for another day than its own
    second = claim(**of("A2", service_date=date(2026, 1, 6), submitted_on=date(2026, 1, 7), role="S"))
    claims, answers = shared(claim(), second)
    answers[1] |= {"claim_status_code": "2", "adjustments": "OA-23:48000|PR-2:8400"}
    found = resolve([*claims, replacement("A2", "P1", 5, service_date=date(2026, 1, 7))], answers)
    assert standings(found) == ["current", "secondary", "current"]
    assert not any(line["original_ambiguous"] for line in found.lines)


def test_of_one_patient_s_claims_the_one_of_the_day_is_named() -> None:
    second = claim(**of("A2", service_date=date(2026, 1, 6), submitted_on=date(2026, 1, 7)))
    claims, answers = shared(claim(), second)
    found = resolve([*claims, replacement("B1", "P1", 5, service_date=date(2026, 1, 6))], answers)
    assert standings(found) == ["current", "superseded", "current"]


@pytest.mark.parametrize("frequency", ["7", "8"])
def test_a_number_that_leaves_more_than_one_names_none_and_is_told(frequency: str) -> None:
    claims, answers = shared(claim(modifier_1="QK"), claim(**of("A2", modifier_1="QX", charge_cents=80000)))
    found = resolve([*claims, replacement("B1", "P1", 5, claim_frequency_code=frequency)], answers)
    assert standings(found)[:2] == ["current", "current"]
    assert [line["original_ambiguous"] for line in found.lines] == [False, False, True]


def test_a_shared_number_without_a_claim_of_the_patient_names_none() -> None:
    claims, answers = shared(claim(), claim(**of("A2", patient_key="r", member_key="r", birth_key="r")))
    found = resolve([*claims, replacement("B1", "P1", 5, **PATIENT)], answers)
    assert standings(found) == ["current", "current", "current"]
    assert found.lines[2]["original_ambiguous"]


def test_a_claim_supersedes_only_claims_first_submitted_earlier() -> None:
    # each names the number of the other: the later one stands
    first = claim(claim_frequency_code="7", original_claim_key="P2")
    later = replacement("B1", "P1", 5)
    answers = [denial(), denial(**of("B1"), payer_claim_key="P2", trace_key="2", payment_date=days(9))]
    assert standings(resolve([first, later], answers)) == ["superseded", "current"]
    assert standings(resolve([later, first], answers)) == ["current", "superseded"]


def test_a_claim_has_one_successor_and_money_counts_once() -> None:
    # both replacements name the first claim; its payment is counted for the earlier of them
    claims = [claim(), replacement("B1", "P1", 5), replacement("B2", "P1", 6)]
    found = resolve(claims, [remit()])
    assert standings(found) == ["superseded", "current", "current"]
    assert [line["chain_source"] for line in found.lines] == [None, "named", "none"]
    assert finals(found) == [("remits", 1)]


def test_the_successor_is_the_one_at_whose_charge_the_claim_was_answered() -> None:
    claims = [claim(), replacement("B1", "P1", 5), replacement("B2", "P1", 6, charge_cents=81000)]
    answer = remit(charge_cents=81000, payment_date=days(20), payer_claim_key="P2", trace_key="2",
                   adjustments="CO-45:39000|PR-2:8400")  # fmt: skip
    found = resolve(claims, [denial(), answer])
    assert [line["adjudication_state"] for line in found.lines] == [None, "pending", "paid"]
    assert [line["chain_source"] for line in found.lines] == [None, "none", "named"]


def test_of_two_whose_charges_were_answered_it_is_the_one_of_the_final_answer() -> None:
    bills = ((5, 95000, "B1"), (25, 99000, "B2"))
    claims = [claim(), *(replacement(number, "P1", day, charge_cents=cents) for day, cents, number in bills)]
    answers = [
        denial("4"),
        denial("4", payer_claim_key="P2", trace_key="2", payment_date=days(20), charge_cents=95000),
        remit(payer_claim_key="P3", trace_key="3", payment_date=days(40), charge_cents=99000,
              adjustments="CO-45:57000|PR-2:8400"),
    ]  # fmt: skip
    found = resolve(claims, answers)
    assert [line["chain_source"] for line in found.lines] == [None, "none", "named"]
    assert found.states() == [None, "pending", "paid"]


def test_successors_of_one_day_are_told_by_their_content() -> None:
    claims = [claim(), *(replacement("B1", "P1", 5, unit_count_thousandths=n) for n in (45000, 47000))]
    claims[2] |= of("B2")
    for order in (claims, [claims[0], claims[2], claims[1]]):
        found = resolve(order, [denial()])
        minutes = {line["unit_count_thousandths"]: line["chain_source"] for line in found.lines[1:]}
        assert minutes == {45000: "named", 47000: "none"}


def test_two_replacements_in_a_row_answered_under_the_first_number_are_one_line() -> None:
    # X12 RFI 1945: every 835 returns the CLP01 of the first claim
    claims = [claim(), replacement("B1", "P1", 5), replacement("B2", "P2", 25, unit_count_thousandths=47000)]
    answers = [
        denial("4"),
        denial("4", payer_claim_key="P2", trace_key="2", payment_date=days(20)),
        remit(payer_claim_key="P3", trace_key="3", payment_date=days(40)),
    ]
    found = resolve(claims, answers)
    assert standings(found) == ["superseded", "superseded", "current"]
    assert (found.line["adjudication_state"], found.line["initially_denied"]) == ("paid", True)
    assert found.line["first_submitted_on"] == claims[0]["submitted_on"]


def test_a_void_of_the_second_bill_under_the_first_number_leaves_nothing() -> None:
    claims = [claim(), replacement("B1", "P1", 5), replacement("B2", "P2", 25, claim_frequency_code="8")]
    answers = [denial("4"), remit(payer_claim_key="P2", trace_key="2", payment_date=days(20))]
    assert "current" not in standings(resolve(claims, answers))


def test_a_payer_that_keeps_its_number_names_the_latest_claim_of_the_chain() -> None:
    claims = [claim(), replacement("B1", "P1", 5), replacement("B2", "P1", 25, unit_count_thousandths=47000)]
    answers = [
        denial("4"),
        denial("4", **of("B1"), trace_key="2", payment_date=days(20)),
        remit(**of("B2"), trace_key="3", payment_date=days(40)),
    ]
    found = resolve(claims, answers)
    assert standings(found) == ["superseded", "superseded", "current"]
    assert not any(line["original_ambiguous"] for line in found.lines)


@pytest.mark.parametrize("number", ["A1", "B1"])
@pytest.mark.parametrize("frequency", ["7", "8"])
def test_a_replacement_that_was_denied_while_the_payment_stands_has_failed(
    number: str, frequency: str
) -> None:
    # the denial comes under the new number, or under the old one
    claims = [claim(), replacement("B1", "P1", 5, claim_frequency_code=frequency)]
    refusal = denial(**of(number), payer_claim_key="P2", trace_key="2", payment_date=days(20))
    found = resolve(claims, [remit(), refusal])
    assert standings(found) == ["current", "superseded"]
    assert found.line["adjudication_state"] == "paid"


def test_a_replacement_stands_when_the_payment_was_taken_back() -> None:
    claims = [claim(), replacement("B1", "P1", 5)]
    refusal = denial(**of("B1"), payer_claim_key="P2", trace_key="3", payment_date=days(20))
    found = resolve(claims, [remit(), reversal(), refusal])
    assert standings(found) == ["superseded", "current"]
    assert found.line["adjudication_state"] == "denied"


def test_one_line_continues_a_line_that_changed_its_number() -> None:
    # the older claim billed its line as 1 and then as 2; the newer has both numbers
    older = [claim(), claim(line_number=2, claim_frequency_code="7", submitted_on=days(1))]
    lines = [replacement("B1", "P1", 5, line_number=n, claim_line_count=2, charge_cents=c)
             for n, c in ((1, 90000), (2, 50000))]  # fmt: skip
    found = resolve([*older, *lines], [remit()])
    assert finals(found) == [] or len(set(finals(found))) == len(finals(found)) == 1
    sources = [line["adjudication_state"] for line in found.lines if line["standing"] == "current"]
    assert sources.count("paid") <= 1
