"""The oracle on the lives of claims worked by hand: versions, chains, reversals, links."""

from __future__ import annotations

from datetime import date

import pytest
from hand_rows import claim, denial, line, outcomes, remit, reversal, run, standings

# --- versions ------------------------------------------------------------------------------------


def test_a_replacement_supersedes_and_waits_for_its_own_answer() -> None:
    again = claim(2, claim_frequency_code="7", submitted_on=date(2026, 2, 1), charge_cents=70000)

    result = run([claim(1), again], [remit(1)])

    assert standings(result) == ["superseded", "current"]
    assert line(result, 1)["replaced_claim"] is True
    assert line(result, 2)["adjudication_state"] == "awaiting_readjudication"
    assert line(result, 2)["first_submitted_on"] == date(2026, 1, 6)
    assert line(result, 2)["chain_source"] == "same_claim"


def test_a_void_removes_the_claim() -> None:
    result = run([claim(1), claim(2, claim_frequency_code="8", submitted_on=date(2026, 2, 1))], [remit(1)])

    assert standings(result) == ["void", "void"]
    assert [line(result, i)["voided_claim"] for i in (1, 2)] == [True, False]


def test_a_void_that_was_denied_while_the_payment_stands_has_failed() -> None:
    void = claim(2, claim_frequency_code="8", submitted_on=date(2026, 2, 1), charge_cents=70000)
    refused = denial(2, payment_date=date(2026, 2, 9), charge_cents=70000, adjustments="CO-16:70000")

    result = run([claim(1), void], [remit(1), refused])

    assert standings(result) == ["current", "superseded"]
    assert line(result, 1)["adjudication_state"] == "paid"


def test_the_same_lines_again_are_a_duplicate() -> None:
    result = run([claim(1), claim(2, submitted_on=date(2026, 1, 9)), claim(3)], [remit(1)])

    assert standings(result) == ["current", "duplicate", "duplicate"]


def test_a_number_used_again_is_another_claim() -> None:
    later = claim(2, submitted_on=date(2026, 3, 2), service_date=date(2026, 3, 1), charge_cents=50000)

    result = run([claim(1), later], [remit(1)])

    assert standings(result) == ["current", "current"]
    assert line(result, 1)["claim_key"] != line(result, 2)["claim_key"]
    assert line(result, 2)["adjudication_state"] == "pending"


@pytest.mark.parametrize(("frequency", "standing"), [("7", "superseded"), ("8", "void")])
def test_a_new_number_that_names_the_old_claim(frequency: str, standing: str) -> None:
    names_it = claim(
        2,
        claim_number_key="B2",
        claim_frequency_code=frequency,
        submitted_on=date(2026, 2, 1),
        original_claim_key="P1",
    )

    result = run([claim(1), names_it], [remit(1)])

    assert standings(result)[0] == standing
    if frequency == "7":
        assert line(result, 2)["chain_source"] == "named"
        assert line(result, 2)["adjudication_state"] == "paid"


def test_an_unprocessable_claim_comes_back_under_a_new_number() -> None:
    again = claim(2, claim_number_key="B2", submitted_on=date(2026, 2, 1))
    paid = remit(2, claim_number_key="B2", payer_claim_key="P2", payment_date=date(2026, 2, 9))

    result = run([claim(1), again], [denial(1), paid])
    apart = run([claim(1), {**again, "modifier_2": "76"}], [denial(1), paid])
    switched_off = run([claim(1), again], [denial(1), paid], infer_resubmissions=False)

    assert standings(result) == ["superseded", "current"]
    assert line(result, 2)["chain_source"] == "inferred"
    assert line(result, 2)["first_submitted_on"] == date(2026, 1, 6)
    assert line(result, 2)["initially_denied"] is True
    assert standings(apart) == standings(switched_off) == ["current", "current"]


# --- reversals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_reversal_takes_the_payment_back(sign: int) -> None:
    taken = reversal(2, charge_cents=sign * 66000, paid_cents=sign * 10096)

    found = line(run([claim(1)], [remit(1), taken]), 1)

    assert found["adjudication_state"] == "reversed"
    assert (found["has_unmatched_reversal"], found["reversal_amount_mismatch"]) == (False, False)
    assert (found["first_remit_on"], found["allowed_cents"]) == (date(2026, 1, 20), None)


def test_a_correction_of_the_same_day_stands() -> None:
    day = date(2026, 2, 1)
    corrected = remit(3, payment_date=day, payer_claim_key="P2", paid_cents=12000, adjustments="CO-45:54000")

    found = line(run([claim(1)], [remit(1), reversal(2), corrected]), 1)

    assert (found["adjudication_state"], found["paid_cents"]) == ("paid", 12000)


def test_a_reversal_of_another_amount_and_one_of_nothing() -> None:
    other = run([claim(1)], [remit(1), reversal(2, paid_cents=-9000)])
    nothing = run([claim(1)], [remit(1), reversal(2, payer_claim_key="P9")])

    assert line(other, 1)["adjudication_state"] == "reversed"
    assert line(other, 1)["reversal_amount_mismatch"] is True
    assert line(nothing, 1)["adjudication_state"] == "paid"
    assert (line(nothing, 1)["has_unmatched_reversal"], line(nothing, 1)["is_priced"]) == (True, False)
    assert [row["reversal_unmatched"] for row in nothing.remits] == [False, True]


# --- remits --------------------------------------------------------------------------------------


def test_a_loop_delivered_again_is_a_duplicate_and_a_split_line_is_one_answer() -> None:
    halves = [
        remit(1, trace_key="t", charge_cents=30000, paid_cents=5000, adjustments="CO-45:25000"),
        remit(
            2,
            trace_key="t",
            service_sequence=2,
            charge_cents=36000,
            paid_cents=6000,
            adjustments="CO-45:30000",
        ),
    ]
    again = [{**row, "file_key": "other file"} for row in halves]

    result = run([claim(1)], halves + again)

    assert sorted(row["outcome"] for row in result.remits) == ["duplicate"] * 2 + ["linked"] * 2
    assert (line(result, 1)["paid_cents"], line(result, 1)["allowed_cents"]) == (11000, 11000)
    assert line(result, 1)["final_charge_cents"] == 66000


def test_outcomes_of_remits() -> None:
    remits = [
        remit(1, claim_status_code="23"),
        remit(2, adjustments="CO-45:53123|OA-23:2781", claim_status_code="2"),
        remit(3, claim_number_key="unknown"),
        remit(4, claim_status_code="2"),
        remit(5, payee_npi="1003000126"),
        remit(6, procedure_code=None, service_date=None),
        remit(7, procedure_code="99999", charge_cents=5),
    ]

    result = run([claim(1)], remits)

    assert outcomes(result) == [
        "ignored",
        "crossover",
        "unlinked",
        "linked",
        "unlinked",
        "linked",
        "unlinked",
    ]
    assert [row["role_assumed_primary"] for row in result.remits] == [i == 3 for i in range(7)]


def test_two_equal_lines_are_ambiguous_until_a_line_control_number_tells() -> None:
    claims = [claim(i, line_number=i, line_number_key=f"lc:{i}", claim_line_count=2) for i in (1, 2)]

    unclear = run(claims, [remit(1)])
    clear = run(claims, [remit(1, line_control_key="lc:2")])

    assert outcomes(unclear) == ["ambiguous"]
    assert [line(clear, i)["adjudication_state"] for i in (1, 2)] == ["pending", "paid"]


def test_a_recoded_line_carries_no_price() -> None:
    found = line(run([claim(1)], [remit(1, procedure_code="01940", submitted_procedure_code="01939")]), 1)

    assert (found["adjudication_state"], found["recoded"], found["is_priced"]) == ("paid", True, False)


def test_claim_level_adjustments() -> None:
    # one line: 100.96 already balances the line, so 5.00 of the claim come off: 95.96
    single = line(run([claim(1)], [remit(1, claim_adjustments="CO-104:500")]), 1)
    # the line balances only together with the claim's 5.00: paid stays
    together = line(run([claim(1)], [remit(1, paid_cents=9596, claim_adjustments="CO-104:500")]), 1)
    of_two = line(run([claim(1, claim_line_count=2)], [remit(1, claim_adjustments="CO-104:500")]), 1)

    assert (single["paid_cents"], single["allowed_cents"], single["unbalanced"]) == (9596, 12877, False)
    assert (together["paid_cents"], together["allowed_cents"], together["unbalanced"]) == (9596, 12877, False)
    assert (of_two["claim_level_adjusted"], of_two["is_priced"], of_two["paid_cents"]) == (True, False, 10096)


def test_secondary_claims_are_kept_apart() -> None:
    secondary = claim(2, role="S", payer_id="87726", payer_name="UNITEDHEALTHCARE")
    answer = remit(
        2,
        claim_status_code="2",
        payer_id="87726",
        payer_name="UNITEDHEALTHCARE",
        paid_cents=2575,
        adjustments="OA-23:63425",
    )

    result = run([claim(1), secondary], [remit(1), answer])

    assert standings(result) == ["current", "secondary"]
    assert outcomes(result) == ["linked", "linked"]
    assert line(result, 1)["paid_cents"] == 10096
