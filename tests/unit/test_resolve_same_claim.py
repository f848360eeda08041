"""Which submissions are one claim (contract 4.1, 4.2; CLM01, CLM05-3, NM1*IL 09, DMG02, NM1*82, SV101-3)."""

from __future__ import annotations

import random
from datetime import date

import pytest
from answered_claims import PAID_ON, Row, claim, days, denial, remit, resolve, told

RELIEF, NURSE = "1003000126", "1316944218"
LATER = days(10)


def again(frequency: str = "7", **values: object) -> Row:
    """The same line submitted again, after it was answered."""
    return claim(**{"submitted_on": LATER, "claim_frequency_code": frequency, **values})


def standings(claims: list[Row], remits: list[Row] | None = None) -> list[str]:
    return [line["standing"] for line in resolve(claims, remits or []).lines]


ONE_CLAIM, TWO_CLAIMS = ["superseded", "current"], ["current", "current"]


@pytest.mark.parametrize("half", ["member_key", "birth_key"])
@pytest.mark.parametrize("frequency", ["7", "8"])
def test_a_corrected_half_of_the_patient_is_the_same_claim(half: str, frequency: str) -> None:
    found = standings([claim(), again(frequency, **{half: "corrected"})])
    assert found == (ONE_CLAIM if frequency == "7" else ["void", "void"])


def test_the_patient_of_a_claim_is_that_of_its_last_version() -> None:
    found = resolve([claim(), again(member_key="corrected", patient_key="corrected")], [denial("31")])
    assert found.line["patient_key"] == "corrected"
    assert found.line["initially_denied"]


def test_who_shares_neither_half_is_another_patient_and_another_claim() -> None:
    other = again(member_key="other", birth_key="other", patient_key="other")
    assert standings([claim(), other], [denial("31")]) == TWO_CLAIMS


def test_a_replacement_that_names_the_number_of_the_answer_is_the_same_claim_whoever_the_patient_is() -> None:
    # both halves are corrected: without the name nothing could tell whose the answers are
    other = {"member_key": "other", "birth_key": "other", "patient_key": "other"}
    paid = remit(payment_date=days(30), payer_claim_key="P2", trace_key="trace 2")
    found = resolve([claim(), again(original_claim_key="P1", **other)], [denial("31"), paid])
    assert [line["standing"] for line in found.lines] == ONE_CLAIM
    assert (found.line["adjudication_state"], found.line["initially_denied"]) == ("paid", True)
    assert found.line["patient_key"] == "other"


def test_absent_halves_equal_nothing() -> None:
    # workers' compensation: no member id on either
    more = {"member_key": None, "unit_count_thousandths": 45000}
    assert standings([claim(member_key=None), again(**more)]) == ONE_CLAIM
    assert standings([claim(member_key=None), again(**more, birth_key="other")]) == TWO_CLAIMS


def test_a_half_of_any_version_will_do() -> None:
    versions = [
        claim(),
        again(member_key="second"),
        again(submitted_on=days(20), member_key="second", birth_key="second"),
    ]
    assert standings(versions) == ["superseded", "superseded", "current"]


DIFFERENCES = {
    "rendering provider": {"rendering_provider_npi": RELIEF},
    "care model": {"modifier_1": "QZ"},
    "procedure code": {"procedure_code": "01940"},
    "payer": {"payer_id": "62308", "payer_name": "CIGNA"},
    "member id": {"member_key": "other", "patient_key": "other"},
    "birth date": {"birth_key": "other", "patient_key": "other"},
}
FIRST = {"rendering_provider_npi": NURSE}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_a_first_submission_that_differs_is_another_claim(difference: str) -> None:
    differs = {**FIRST, **DIFFERENCES[difference]}
    assert standings([claim(**FIRST), again("1", **differs)]) == TWO_CLAIMS
    assert standings([claim(**FIRST), again("7", **differs)]) == ONE_CLAIM


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_it_corrects_a_claim_that_was_denied_and_never_paid(difference: str) -> None:
    claims = [claim(**FIRST), again("1", **{**FIRST, **DIFFERENCES[difference]})]
    assert standings(claims, [denial()]) == ONE_CLAIM
    assert standings(claims, [remit()]) == TWO_CLAIMS
    assert standings(claims, [denial(), remit(trace_key="2", payer_claim_key="P2")]) == TWO_CLAIMS


def test_the_answer_after_the_correction_is_the_correction_s() -> None:
    claims = [claim(), again("1", member_key="corrected", patient_key="corrected")]
    paid = remit(payment_date=days(30), payer_claim_key="P2", trace_key="trace 2")
    found = resolve(claims, [denial("31"), paid])
    assert [line["standing"] for line in found.lines] == ONE_CLAIM
    assert (found.line["adjudication_state"], found.line["initially_denied"]) == ("paid", True)


def test_nothing_is_corrected_on_the_day_on_which_it_is_submitted() -> None:
    # relief: both bills are of one day, one of them is denied
    claims = [claim(rendering_provider_npi=NURSE), claim(rendering_provider_npi=RELIEF, charge_cents=45000)]
    assert standings(claims, [denial()]) == TWO_CLAIMS


def test_a_denial_that_lost_the_punctuation_of_the_number_counts() -> None:
    claims = [claim(**FIRST), again("1", rendering_provider_npi=RELIEF, charge_cents=80000)]
    answer = denial(claim_number_key="bare", loose_number_key=claims[0]["loose_number_key"])
    assert standings(claims, [answer]) == ONE_CLAIM


def test_a_rendering_provider_counts_where_both_are_given() -> None:
    assert standings([claim(), again("1", **FIRST)]) == ONE_CLAIM


def test_a_first_submission_of_another_day_of_service_is_another_claim() -> None:
    other = again("1", service_date=date(2026, 1, 12), submitted_on=date(2026, 1, 13))
    assert standings([claim(), other], [denial()]) == TWO_CLAIMS
    assert standings([claim(), {**other, "claim_frequency_code": "7"}]) == ONE_CLAIM


@pytest.mark.parametrize("physician", ["QK", "QY", "AD"])
@pytest.mark.parametrize("frequency", ["1", "7"])
@pytest.mark.parametrize("nurse_first", [False, True])
def test_the_two_bills_of_a_directed_case_are_two_claims(
    physician: str, frequency: str, nurse_first: bool
) -> None:
    one, other = ("QX", physician) if nurse_first else (physician, "QX")
    claims = [claim(modifier_1=one), again(frequency, modifier_1=other)]
    assert standings(claims) == TWO_CLAIMS
    assert standings(claims, [denial(modifier_1=one)]) == TWO_CLAIMS


def test_two_bills_of_one_day_with_one_line_number_are_two_claims() -> None:
    bills = [claim(modifier_1="QK"), claim(modifier_1="QX", rendering_provider_npi=NURSE)]
    found = resolve(bills, [])
    assert [line["standing"] for line in found.lines] == TWO_CLAIMS
    assert len({line["claim_key"] for line in found.lines}) == 2


def test_two_lines_of_one_bill_are_one_claim() -> None:
    lines = [
        claim(modifier_1="QK", claim_line_count=2),
        claim(modifier_1="QX", line_number=2, rendering_provider_npi=NURSE, claim_line_count=2),
    ]
    found = resolve(lines, [])
    assert [line["standing"] for line in found.lines] == TWO_CLAIMS
    assert len({line["claim_key"] for line in found.lines}) == 1


def test_bills_of_several_days_under_an_account_number_are_claims_of_their_own() -> None:
    claims = [claim(service_date=date(2026, 1, day), submitted_on=date(2026, 1, 9)) for day in (5, 6, 7)]
    assert standings(claims) == ["current"] * 3


@pytest.mark.parametrize(("frequency", "gone"), [("7", "superseded"), ("8", "void")])
def test_a_replacement_or_void_prefers_its_provider_and_care_model(frequency: str, gone: str) -> None:
    physician = claim(modifier_1="QK", rendering_provider_npi=RELIEF)
    nurse = claim(modifier_1="QX", rendering_provider_npi=NURSE)
    for which, other in ((physician, nurse), (nurse, physician)):
        replaced = {**which, "claim_frequency_code": frequency, "submitted_on": LATER, "charge_cents": 80000}
        found = standings([which, other, replaced])
        assert found == [gone, "current", "current" if frequency == "7" else "void"]


def test_of_two_providers_under_one_number_the_own_bill_is_replaced() -> None:
    bills = [claim(modifier_1="QZ", rendering_provider_npi=npi) for npi in (NURSE, RELIEF)]
    third = [again(modifier_1="QZ", rendering_provider_npi=NURSE, submitted_on=days(n)) for n in (10, 20)]
    third[1]["unit_count_thousandths"] = 45000
    assert standings([*bills, *third]) == ["superseded", "current", "duplicate", "current"]


def test_a_replacement_that_corrects_the_day_of_service_is_the_same_claim() -> None:
    assert standings([claim(), again(service_date=date(2026, 1, 4))]) == ONE_CLAIM


def test_a_header_takes_the_claim_out_whose_answer_it_names() -> None:
    # contract section 3: a claim whose last version has no line in scope leaves the benchmark
    bills = [
        claim(modifier_1=modifier, rendering_provider_npi=npi, charge_cents=cents)
        for modifier, npi, cents in (("QK", RELIEF, 90000), ("QX", NURSE, 80000))
    ]
    answers = [
        remit(modifier_1="QK"),
        remit(modifier_1="QX", charge_cents=80000, payer_claim_key="P2", adjustments="CO-45:38000|PR-2:8400"),
    ]
    line = ("line_number", "procedure_code", "modifier_1", "service_date", "charge_cents", "unit_basis")
    header = {**again(original_claim_key="P1"), **dict.fromkeys(line), "in_scope": False}
    assert standings([*bills, header], answers) == ["superseded", "current"]


def test_the_same_lines_again_are_counted_once() -> None:
    assert standings([claim(), again("1")]) == ["current", "duplicate"]
    assert standings([claim(), again("7")]) == ["current", "duplicate"]


def test_the_same_lines_of_a_corrected_patient_are_a_version() -> None:
    assert standings([claim(), again("7", member_key="corrected")]) == ONE_CLAIM


def test_how_many_lines_a_file_holds_of_a_claim_is_no_content() -> None:
    # a warehouse unloads one claim in two files
    assert standings([claim(claim_line_count=2), claim(claim_line_count=1)]) == ["current", "duplicate"]


def test_what_was_voided_comes_back_with_its_lines() -> None:
    void = claim(claim_frequency_code="8", submitted_on=LATER)
    assert standings([claim(), void]) == ["void", "void"]
    assert standings([claim(), void, again("1", submitted_on=days(20))]) == [
        "superseded",
        "superseded",
        "current",
    ]


def test_the_role_is_part_of_the_claim() -> None:
    assert standings([claim(), again("7", role="S")]) == ["current", "secondary"]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    # contract section 4: order of arrival must not matter
    claims = [
        claim(modifier_1="QK", rendering_provider_npi=RELIEF),
        claim(modifier_1="QX", rendering_provider_npi=NURSE),
        again(modifier_1="QX", rendering_provider_npi=NURSE, member_key="corrected"),
        again("1", modifier_1="QK", submitted_on=days(15), birth_key="corrected"),
        again("1", modifier_1="QZ", submitted_on=days(12), rendering_provider_npi=RELIEF),
        claim(claim_number_key="B1", submitted_on=PAID_ON),
    ]
    answers = [denial(modifier_1="QK"), remit(modifier_1="QX", payer_claim_key="P2", trace_key="2")]
    expected = told(resolve(claims, answers))
    random.Random(seed).shuffle(claims)
    assert told(resolve(claims, answers)) == expected
