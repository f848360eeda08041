"""Remit rows delivered again, and the loops that rows are of (contract 4.5; TRN02, CLP01, CLP02, CLP07)."""

from __future__ import annotations

import random

import pytest
from answered_claims import (
    Row,
    claim,
    correction,
    days,
    remit,
    resolve,
    reversal,
    told,
)


def half(sequence: int | None = None, **values: object) -> Row:
    """One of two SVC that make up the line: 450.00, 168.00 paid, 42.00 coinsurance."""
    parts = {"charge_cents": 45000, "paid_cents": 16800, "adjustments": "CO-45:24000|PR-2:4200"}
    return remit(service_sequence=sequence, **{**parts, **values})


def test_a_second_delivery_counts_once() -> None:
    found = resolve([claim()], [remit(), remit(file_key="again")])
    assert (found.outcomes, found.line["paid_cents"]) == (["duplicate", "linked"], 33600)


def test_an_answer_to_the_claim_as_a_whole_counts_once() -> None:
    """It is all that its loop says, so that the same again in one file is a copy, not a second half."""
    bare = {"procedure_code": None, "modifier_1": None, "service_sequence": None, "adjustments": None}
    found = resolve([claim()], [remit(**bare), remit(payment_date=days(2), **bare)])
    assert (sorted(found.outcomes), found.line["paid_cents"]) == (["duplicate", "linked"], 33600)


def test_a_copy_by_another_route_without_controls_remarks_and_amounts_counts_once() -> None:
    """Direct 835 and the clearinghouse's: REF*6R, LQ and AMT left out; a reversal leaves nothing standing."""
    direct = remit(
        file_key="a", loop_number=1, line_control_key="LC", remark_codes="N115", allowed_given_cents=42000
    )
    house = remit(file_key="b", loop_number=7, payer_name="AETNA US HEALTHCARE")
    found = resolve([claim()], [direct, house, reversal()])
    assert found.outcomes == ["linked", "duplicate", "linked"]
    assert (found.line["adjudication_state"], found.line["is_priced"]) == ("reversed", False)


def test_a_third_route_without_a_loop_number_or_sequence_is_a_copy_too() -> None:
    routes = [
        remit(file_key="a", loop_number=1),
        remit(file_key="b"),
        remit(file_key="c", service_sequence=None, modifier_1=None),
    ]
    found = resolve([claim()], routes)
    assert sorted(found.outcomes) == ["duplicate", "duplicate", "linked"]
    assert found.line["allowed_cents"] == 42000


def test_of_copies_the_one_with_most_values_stands_under_the_earliest_date() -> None:
    early, full = remit(file_key="b"), remit(file_key="a", payment_date=days(5), remark_codes="N115")
    found = resolve([claim()], [full, early])
    assert found.outcomes == ["linked", "duplicate"]
    assert (found.line["remark_codes"], found.line["final_remit_on"]) == ("N115", days(0))


def test_of_copies_with_as_many_values_the_greatest_content_stands() -> None:
    one, other = remit(file_key="a", remark_codes="N115"), remit(file_key="b", remark_codes="N130")
    assert resolve([claim()], [one, other]).line["remark_codes"] == "N130"
    assert resolve([claim()], [other, one]).line["remark_codes"] == "N130"


@pytest.mark.parametrize(("gap", "copies"), [(7, 1), (8, 0)])
def test_a_payment_date_may_be_a_week_late(gap: int, copies: int) -> None:
    found = resolve([claim()], [remit(), remit(file_key="b", payment_date=days(gap))])
    assert found.outcomes.count("duplicate") == copies


def test_a_row_after_the_reversal_is_a_new_payment() -> None:
    again = remit(file_key="b", payment_date=days(6))
    found = resolve([claim()], [remit(), reversal(payment_date=days(3)), again])
    assert found.outcomes == ["linked", "linked", "linked"]
    assert (found.line["adjudication_state"], found.line["final_remit_on"]) == ("paid", days(6))


def test_a_copied_reversal_is_one_reversal() -> None:
    copies = [
        reversal(file_key=name, payment_date=days(12 + late)) for name, late in (("a", 0), ("b", 2), ("c", 4))
    ]
    found = resolve([claim()], [remit(), *copies])
    assert found.outcomes.count("duplicate") == 2
    assert not any(row["reversal_unmatched"] for row in found.remits)


def test_two_halves_of_one_line_are_summed_whatever_file_they_lie_in() -> None:
    together = resolve([claim()], [half(1), half(2)])
    apart = resolve([claim()], [half(2, file_key="part 2"), half(1, file_key="part 1")])
    assert together.line["allowed_cents"] == 42000
    assert told(together) == told(apart)


def test_halves_in_part_files_and_in_x12_are_the_same_halves() -> None:
    x12 = [half(1, file_key="x", loop_number=3), half(2, file_key="x", loop_number=3)]
    parts = [half(1, file_key="part 1"), half(2, file_key="part 2")]
    found = resolve([claim()], [*parts, *x12])
    assert found.outcomes.count("duplicate") == 2
    assert (found.line["allowed_cents"], found.line["final_charge_cents"]) == (42000, 90000)


def test_equal_rows_without_sequence_numbers_make_the_billed_charge() -> None:
    """Two halves in two part files, and once more in a third: 900.00 were billed, so two of four count."""
    parts = [half(file_key=name) for name in ("a", "b", "c", "c")]
    found = resolve([claim()], parts)
    assert found.outcomes.count("duplicate") == 2
    assert found.line["allowed_cents"] == 42000


def test_equal_whole_rows_without_sequence_numbers_are_one() -> None:
    found = resolve([claim()], [remit(file_key=name, service_sequence=None) for name in "abc"])
    assert found.outcomes.count("duplicate") == 2
    assert found.line["paid_cents"] == 33600


def test_where_no_number_makes_the_billed_charge_one_file_tells() -> None:
    odd = [half(file_key=name, charge_cents=40000) for name in ("a", "b", "b")]
    assert resolve([claim()], odd).outcomes.count("duplicate") == 1


def test_two_exports_may_number_their_rows_each_in_its_own_way() -> None:
    """A posting export leaves out the lines before: 900.00 were billed, so both speak of one row."""
    found = resolve([claim()], [remit(service_sequence=2), remit(file_key="posting", service_sequence=1)])
    assert (sorted(found.outcomes), found.line["final_charge_cents"]) == (["duplicate", "linked"], 90000)
    halves = [
        half(place, file_key=name) for name, first in (("a", 1), ("b", 2)) for place in (first, first + 1)
    ]
    assert resolve([claim()], halves).outcomes.count("duplicate") == 2


def test_the_same_sequence_number_with_other_amounts_is_another_loop() -> None:
    """One payment holds two CLP of a claim: their rows are not added up."""
    other = {"paid_cents": 30000, "adjustments": "CO-45:52500|PR-2:7500"}
    extract = resolve([claim()], [remit(), remit(**other)])
    x12 = resolve([claim()], [remit(loop_number=1), remit(loop_number=2, **other)])
    assert (extract.line["final_charge_cents"], extract.line["paid_cents"]) == (90000, 33600)
    assert told(extract) == told(x12)


def test_so_is_what_has_the_whole_charge_again_without_a_sequence_number() -> None:
    """Each row makes the billed charge alone: they are no parts of one line."""
    rows = [
        remit(service_sequence=None),
        correction(service_sequence=None, trace_key="trace 1", payment_date=days(0)),
    ]
    found = resolve([claim()], rows)
    assert (found.line["final_charge_cents"], found.line["paid_cents"]) == (90000, 33600)
    parts = [half(), half(paid_cents=15000, adjustments="CO-45:30000")]
    assert resolve([claim()], parts).line["final_charge_cents"] == 90000


def test_each_clp_of_x12_is_a_loop_of_its_own() -> None:
    """Two CLP of one number in one set, each with a part of the line's charge: no split line of one CLP."""
    found = resolve([claim()], [half(1, loop_number=1), half(1, loop_number=2, paid_cents=10000)])
    assert found.line["final_charge_cents"] == 45000


def test_a_mixture_of_forms_tells_what_each_tells_alone() -> None:
    """Repeated loops as X12 and as an extract of the same payments, alone and beside each other."""
    rows = [remit(), reversal(), correction()]
    extract = [{**row, "file_key": f"csv {place}"} for place, row in enumerate(rows)]
    x12 = [{**row, "file_key": "x12", "loop_number": place + 1} for place, row in enumerate(rows)]
    expected = told(resolve([claim()], extract))
    for mixture in (x12, [*x12, *extract], [extract[0], *x12[1:]], [*x12[:2], extract[2]]):
        assert told(resolve([claim()], mixture)) == expected


def test_order_of_rows_and_names_of_files_change_nothing() -> None:
    rows = [
        half(1),
        half(2),
        half(1, file_key="b", remark_codes="N115"),
        reversal(charge_cents=-45000, paid_cents=-16800),
        reversal(charge_cents=-45000, paid_cents=-16800, service_sequence=2),
        correction(),
        correction(file_key="c"),
    ]
    expected = told(resolve([claim()], rows))
    chance = random.Random(1939)
    for _ in range(6):
        shuffled = [
            {**row, "file_key": chance.choice([row["file_key"], f"{chance.random()}"])} for row in rows
        ]
        chance.shuffle(shuffled)
        assert told(resolve([claim()], shuffled)) == expected


def test_copies_that_differ_in_the_control_number_alone_both_tell_their_line() -> None:
    """Keyed hashes break no tie (contract 4.6): either number leads to the line."""
    lines = [
        claim(charge_cents=10000, line_control_key="LC1"),
        claim(line_number=2, charge_cents=20000, line_control_key="LC2"),
    ]
    for other in ("0", "ZZ"):
        copies = [
            remit(file_key=name, line_control_key=key, service_date=None)
            for name, key in (("a", "LC2"), ("b", other))
        ]
        assert resolve(lines, copies).states() == ["pending", "paid"]
