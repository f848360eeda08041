"""Answers of later payers (contract 4.4; CLP02, CARC 23; x12.org RFI 1696, 2143, 2535)."""

from __future__ import annotations

import pytest
from answered_claims import Row, claim, correction, days, denial, remit, resolve, reversal

CIGNA = {"payer_id": "62308", "payer_name": "CIGNA"}
MEDIGAP = {"payer_id": "71412", "payer_name": "MUTUAL OF OMAHA"}
MEDICAID = {"payer_id": "86916", "payer_name": "TEXAS MEDICAID TMHP"}
WRITTEN_OFF = {"paid_cents": 1000, "adjustments": "CO-45:89000"}


def later(**values: object) -> Row:
    """The answer of a payer after Aetna: 10.00 paid, the rest written off without CARC 23."""
    said = {"claim_status_code": "2", "payer_claim_key": "X1", "trace_key": "x", "payment_date": days(8)}
    return remit(**{**MEDICAID, **WRITTEN_OFF, **said, **values})


def priced(found: object) -> tuple[object, object]:
    line = found.line  # type: ignore[attr-defined]
    return line["allowed_cents"], line["is_priced"]


@pytest.mark.parametrize("status", ["2", "3", "20", "21"])
@pytest.mark.parametrize("payer", [MEDICAID, MEDIGAP, CIGNA])
def test_another_payer_that_says_it_is_not_the_first_is_secondary(status: str, payer: Row) -> None:
    found = resolve([claim()], [remit(), later(claim_status_code=status, **payer)])
    assert (found.outcomes, priced(found)) == (["linked", "crossover"], (42000, True))


def test_so_it_is_before_the_first_payer_has_answered() -> None:
    found = resolve([claim()], [later()])
    assert (found.outcomes, found.states()) == (["crossover"], ["pending"])


@pytest.mark.parametrize("status", ["1", "4", "19"])
def test_another_payer_after_the_claims_own_has_paid_is_secondary_whatever_it_says(status: str) -> None:
    found = resolve([claim()], [remit(), later(claim_status_code=status)])
    assert (found.outcomes[1], priced(found)) == ("crossover", (42000, True))


def test_a_deductible_is_allowed_and_makes_the_next_payer_secondary() -> None:
    first = remit(paid_cents=0, adjustments="CO-45:48000|PR-1:42000")
    found = resolve([claim()], [first, later(claim_status_code="1")])
    assert (found.line["allowed_cents"], found.line["paid_cents"]) == (42000, 0)


def test_another_payer_that_says_it_is_first_counts_where_the_own_has_not_paid() -> None:
    found = resolve([claim()], [denial(), later(claim_status_code="1", **CIGNA)])
    assert (found.outcomes, found.line["paid_cents"]) == (["linked", "linked"], 1000)


@pytest.mark.parametrize("level", ["adjustments", "claim_adjustments"])
@pytest.mark.parametrize("status", ["1", "2", "19"])
def test_carc_23_makes_an_answer_secondary_whatever_the_status(level: str, status: str) -> None:
    said = {"adjustments": "CO-45:80600", level: "OA-23:8400"}
    found = resolve(
        [claim()], [remit(), later(claim_status_code=status, payer_id="60054", payer_name="AETNA", **said)]
    )
    assert (found.outcomes, priced(found)) == (["linked", "crossover"], (42000, True))


def test_a_secondary_claim_takes_the_secondary_answer() -> None:
    second = claim(role="S", **CIGNA)
    found = resolve([claim(), second], [remit(), later(**CIGNA, adjustments="OA-23:33600|CO-45:55400")])
    assert (found.outcomes, priced(found)) == (["linked", "linked"], (42000, True))


def test_the_claims_own_payer_that_says_secondary_is_taken_as_primary_and_counted() -> None:
    found = resolve([claim()], [remit(claim_status_code="2")])
    assert (found.outcomes, priced(found)) == (["linked"], (42000, True))
    assert (found.line["role_assumed_primary"], found.remits[0]["role_assumed_primary"]) == (True, True)


def test_so_are_its_reversal_and_correction() -> None:
    found = resolve([claim()], [remit(claim_status_code="2"), reversal(), correction(claim_status_code="2")])
    assert (found.outcomes, priced(found)) == (["linked"] * 3, (37500, True))


def test_beside_an_answer_of_status_1_the_same_name_is_another_plan() -> None:
    """Two Blues map to one payer: the second one's answer is not the first one's."""
    blues = {"payer_id": "84980", "payer_name": "BCBS TEXAS"}
    second = later(payer_id="00621", payer_name="BCBS ILLINOIS")
    found = resolve([claim(**blues)], [remit(**blues), second])
    assert (found.outcomes, priced(found)) == (["linked", "crossover"], (42000, True))


def test_beside_a_secondary_claim_a_secondary_status_is_not_taken_as_primary() -> None:
    found = resolve([claim(), claim(role="S", **CIGNA)], [remit(claim_status_code="2")])
    assert (found.outcomes, found.states()[0]) == (["crossover"], "pending")


def test_among_other_payers_another_name_is_another_payer() -> None:
    first = claim(**MEDICAID)
    assert resolve([first], [later(**MEDICAID)]).outcomes == ["linked"]
    assert resolve([first], [later(**MEDICAID | {"payer_id": "TX1"})]).outcomes == ["linked"]
    assert resolve([first], [later(**MEDIGAP)]).outcomes == ["crossover"]


def test_a_payer_known_by_name_alone_is_the_claims_own() -> None:
    """835s often name the payer without an id (N104 and REF*2U are situational)."""
    found = resolve(
        [claim(**MEDICAID)], [later(**MEDICAID | {"payer_id": None, "payer_name": "Texas Medicaid/TMHP"})]
    )
    assert found.outcomes == ["linked"]


def test_the_reversal_of_a_crossover_is_one_and_takes_no_price() -> None:
    """A later payer takes back what it paid, without CARC 23 or under status 22 alone."""
    back = later(
        claim_status_code="22",
        charge_cents=-90000,
        paid_cents=-1000,
        adjustments="CO-45:-89000",
        payment_date=days(20),
    )
    for first in (later(), later(adjustments="OA-23:33600|CO-45:55400")):
        found = resolve([claim()], [remit(), first, back])
        assert (found.outcomes, priced(found)) == (["linked", "crossover", "crossover"], (42000, True))
        assert not any(row["reversal_unmatched"] for row in found.remits)


def test_a_reversal_of_a_crossover_with_other_amounts_takes_no_price_either() -> None:
    back = later(
        claim_status_code="22", charge_cents=-50000, paid_cents=-500, adjustments="", payment_date=days(1)
    )
    found = resolve([claim()], [remit(), later(), back])
    assert (found.outcomes[2], priced(found)) == ("crossover", (42000, True))


def test_status_4_and_22_speak_of_what_their_payer_claim_number_points_to() -> None:
    """A later payer's denial is no denial of the primary claim."""
    refused = denial(claim_status_code="4", payer_claim_key="X1", payment_date=days(-2), **MEDICAID)
    found = resolve([claim()], [later(), refused, remit()])
    assert (found.outcomes, found.line["initially_denied"]) == (["crossover", "crossover", "linked"], False)
    assert resolve([claim()], [denial(claim_status_code="4")]).states() == ["denied"]


def test_a_status_of_the_first_payer_speaks_for_itself_after_one_of_a_later() -> None:
    """Another payer says 2, then 1 under the same number; the claim's own has not paid."""
    corrected = later(claim_status_code="1", payment_date=days(15), trace_key="y", **CIGNA)
    found = resolve([claim()], [later(**CIGNA), corrected])
    assert (found.outcomes, found.line["paid_cents"]) == (["crossover", "linked"], 1000)


def test_a_crossover_without_any_claim_is_counted_as_one() -> None:
    stray = later(claim_number_key="Z9", adjustments="OA-23:33600|CO-45:55400")
    assert resolve([claim()], [stray]).outcomes == ["crossover"]


def test_medicare_forwards_the_claim_and_medigap_pays_the_rest() -> None:
    medicare = {"payer_id": "04412", "payer_name": "NOVITAS SOLUTIONS"}
    paid = {"paid_cents": 9600, "adjustments": "CO-253:196|CO-45:77755|PR-2:2449"}
    medigap = later(**MEDIGAP, paid_cents=2449, adjustments="OA-23:87551")
    found = resolve([claim(**medicare)], [medigap, remit(claim_status_code="19", **medicare, **paid)])
    assert (found.outcomes, found.line["allowed_cents"]) == (["crossover", "linked"], 12245)
