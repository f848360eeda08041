"""Allowed, network and balance of an answer (contract 4.8, 4.10, 4.11; CAS, SVC03, AMT*B6, LQ*HE)."""

from __future__ import annotations

import itertools

from answered_claims import Row, answered, claim, remit, resolve


def answer(packed: str, paid: int, given: int | None = None, **values: object) -> Row:
    return remit(adjustments=packed, paid_cents=paid, allowed_given_cents=given, **values)


def allowed(*answers: Row) -> list[object]:
    return [line["allowed_cents"] for line in answered(*answers)]


def test_what_changes_the_payment_and_not_the_price_is_signed() -> None:
    """The check of contract 4.8: 27.04 charged, 7.34 paid, 1.83 coinsurance: 9.13 allowed."""
    (line,) = answered(answer("CO-144:-11|CO-253:7|CO-45:1791|PR-2:183", 734, charge_cents=2704))
    assert (line["allowed_cents"], line["allowed_source"], line["unbalanced"]) == (913, "derived", False)


def test_what_the_patient_pays_is_part_of_the_price() -> None:
    carcs = ("1", "2", "3", "66", "100")
    assert allowed(*(answer(f"CO-45:50000|PR-{carc}:10000", 30000) for carc in carcs)) == [40000] * 5
    assert allowed(*(answer(f"CO-{carc}:10000|CO-45:50000", 30000) for carc in carcs)) == [30000] * 5


def test_what_the_patient_is_left_with_is_not() -> None:
    assert allowed(*(answer(f"PR-{carc}:60000", 30000) for carc in ("45", "96", "204"))) == [30000] * 3


def test_what_changes_the_payment_alone_counts_in_any_group() -> None:
    kinds = itertools.product(
        ("CO", "PI", "PR"), ["104", "105", "137", "144", "161", "223", "225", "237", "253"]
    )
    answers = [answer(f"{group}-{carc}:600|CO-45:59400", 30000) for group, carc in kinds]
    assert allowed(*answers) == [30600] * 27


def test_what_was_paid_to_the_patient_is_paid() -> None:
    (line,) = answered(answer("CO-45:50000|PR-100:40000", 0))
    assert (line["paid_cents"], line["allowed_cents"], line["adjudication_state"]) == (40000, 40000, "paid")


def test_a_given_amount_stands_and_a_difference_is_counted() -> None:
    same, off = answered(answer("CO-45:60000", 30000, 30001), answer("CO-45:60000", 30000, 30002))
    assert (same["allowed_cents"], same["allowed_source"], same["allowed_conflict"]) == (
        30001,
        "given",
        False,
    )
    assert (off["allowed_cents"], off["allowed_conflict"]) == (30002, True)


def test_a_given_amount_that_cannot_be_is_put_aside() -> None:
    """0 beside a payment; above the charge; below what was paid and the patient's share."""
    found = answered(
        answer("CO-45:60000", 30000, 0),
        answer("CO-45:60000", 30000, 90001),
        answer("CO-45:50000|PR-1:10000", 30000, 39999),
    )
    assert [line["allowed_cents"] for line in found] == [30000, 30000, 40000]
    assert {line["allowed_source"] for line in found} == {"given_rejected"}


def test_carc_94_explains_an_allowed_amount_above_the_charge() -> None:
    (line,) = answered(answer("CO-94:-5000", 95000, 95000))
    assert (line["allowed_cents"], line["allowed_source"]) == (95000, "given")


def test_remarks_of_the_no_surprises_act() -> None:
    codes = ["N830", "N859", "N860", *(f"N{number}" for number in range(862, 880))]
    found = answered(*(answer("CO-45:60000", 30000, remark_codes=f"MA01|{code}") for code in codes))
    assert [(line["network"], line["is_priced"]) for line in found] == [("nsa", False)] * len(codes)


def test_balance_billing_and_carc_242_are_out_of_network() -> None:
    found = answered(*(answer(packed, 30000) for packed in ("PR-45:60000", "CO-242:60000", "PR-242:60000")))
    assert [(line["network"], line["is_priced"]) for line in found] == [("out_of_network", False)] * 3


def test_else_the_network_is_in_or_unknown() -> None:
    (line,) = answered(answer("CO-45:60000", 30000, remark_codes="N115"))
    assert (line["network"], line["is_priced"]) == ("in_or_unknown", True)


def test_charge_less_adjustments_is_paid_to_the_cent() -> None:
    even, off = answered(answer("CO-45:60000", 30000), answer("CO-45:59999", 30000))
    assert (even["unbalanced"], off["unbalanced"]) == (False, True)


def test_adjustments_of_the_claim_go_to_its_only_line() -> None:
    (line,) = answered(answer("", 33600, claim_adjustments="CO-45:48000|PR-2:8400"))
    assert (line["allowed_cents"], line["claim_level_adjusted"], line["unbalanced"]) == (42000, False, False)


def test_adjustments_of_a_claim_of_several_lines_take_the_price() -> None:
    of_claim = remit(adjustments="", claim_adjustments="CO-45:48000|PR-2:8400")
    line = resolve([claim(claim_line_count=2)], [of_claim]).line
    assert (line["claim_level_adjusted"], line["is_priced"]) == (True, False)


def test_a_claim_level_adjustment_of_a_split_line_counts_once() -> None:
    halves = [
        remit(
            service_sequence=place,
            charge_cents=45000,
            paid_cents=16800,
            adjustments="",
            claim_adjustments="CO-45:56400",
        )
        for place in (1, 2)
    ]
    line = resolve([claim()], halves).line
    assert (line["allowed_cents"], line["unbalanced"]) == (33600, False)
