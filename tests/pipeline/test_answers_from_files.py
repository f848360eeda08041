"""Answers from files in a landing folder to published cells (contract 3, 4.4 to 4.9).

Sources of the phenomena: 005010X221A1; x12.org RFI 504, 1696, 1733, 2143, 2535; public issues of claim tools.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from answer_runs import Published, allowed, answer_of, claim_of, part_files, published, reversal
from inbound_rows import Row, as_csv, claim, remit
from x12_texts import PAYMENT, PAYMENT_HEAD, changed, claim_837, interchange, payment_835

pytestmark = pytest.mark.slow

LINES = {"claims.csv": as_csv([claim()])}
MEDICAID = {
    "payer_id": "86916",
    "payer_name": "TEXAS MEDICAID TMHP",
    "payment_trace": "TX9",
    "payer_claim_number": "T1",
}
HALF = {
    "charge_amount": "422.50",
    "paid_amount": "105.00",
    "allowed_amount": "120.00",
    "adjustments": "CO-45:302.50|PR-2:15.00",
}


def back_835() -> str:
    """The payment of `payment_835` taken back."""
    segments = [
        "CLP*PCN1001*22*-845*-210*-30*12*ICN500*24*1",
        "NM1*QC*1*DOE*JANE",
        "SVC*HC:01939:AA*-845*-210**32",
        "DTM*472*20250304",
        "CAS*CO*45*-605",
        "CAS*PR*2*-30",
    ]
    head = [
        segment.replace("*210*C*", "*0*C*").replace("EFT900", "EFT901").replace("20250402", "20250505")
        for segment in PAYMENT_HEAD
    ]
    return interchange([*head, *segments], "835", "000000301")


def reversed_lines(found: Published) -> tuple[object, object]:
    return found.cell("utilization")["reversed_lines"], found.cell("payment").get("service_lines", 0)


@pytest.mark.parametrize("route", ["clearinghouse", "extract", "posting"])
@pytest.mark.parametrize("back", ["x12", "extract"])
def test_one_payment_by_two_routes_and_taken_back(tmp_path: Path, route: str, back: str) -> None:
    direct = payment_835(
        {
            "DTM*472*20250304~": "DTM*472*20250304~REF*6R*LC1~",
            "AMT*B6*240~": "AMT*B6*240~LQ*HE*N115~",
        }
    )
    copies = {
        "clearinghouse": changed(
            payment_835({"AMT*B6*240~": ""}),
            {"N1*PR*AETNA": "N1*PR*AETNA US HEALTHCARE", "000000201": "000009999", "SE*14": "SE*13"},
        ),
        "extract": as_csv([remit(remark_codes="", line_control_number="")]),
        "posting": as_csv(
            [
                remit(
                    service_sequence="",
                    modifier_1="",
                    payment_date="2025-04-05",
                    payer_id="",
                    allowed_amount="",
                )
            ]
        ),
    }
    taken_back = back_835() if back == "x12" else as_csv([reversal()])
    files = {"direct.835": direct, "copy": copies[route], "back": taken_back}
    found = published(tmp_path, {**LINES, **files})
    assert (reversed_lines(found), found.counted("copied_remits")) == ((1, 0), 1)
    assert found.counted("unmatched_reversals") == 0


@pytest.mark.slow
def test_forms_mixed_in_one_night_are_what_each_is_alone(tmp_path: Path) -> None:
    """Repeated loops and a reversal, as an extract, as X12, and each beside the other in one batch."""
    rows = [
        answer_of(0),
        {**reversal(), "claim_id": "PCN1001"},
        answer_of(1),
        answer_of(2, claim_status_code="19"),
    ]
    again = answer_of(
        0,
        payment_date="2025-05-05",
        payment_trace="EFT901",
        paid_amount="180.00",
        allowed_amount="210.00",
        adjustments="CO-45:635.00|PR-2:30.00",
    )
    third = [segment.replace("PCN1001*1*", "PCN1003*19*").replace("ICN500", "ICN502") for segment in PAYMENT]
    second = [segment.replace("PCN1001", "PCN1002").replace("ICN500", "ICN501") for segment in PAYMENT]
    anew = [
        segment.replace("*210*30*", "*180*30*")
        .replace("*210**32", "*180**32")
        .replace("CO*45*605", "CO*45*635")
        .replace("B6*240", "B6*210")
        for segment in PAYMENT
    ]
    head = [segment.replace("EFT900", "EFT901").replace("20250402", "20250505") for segment in PAYMENT_HEAD]
    first_835 = interchange([*PAYMENT_HEAD, *PAYMENT, *second, *third], "835", "000000401")
    later_835 = interchange([*head, *anew], "835", "000000402")
    claims = {"claims.csv": as_csv([claim_of(number) for number in range(3)])}
    forms = {
        "extracts": {"a.csv": as_csv(rows), "b.csv": as_csv([again])},
        "x12": {"a.835": first_835, "back.835": back_835(), "b.835": later_835},
        "mixed": {"a.835": first_835, "back.csv": as_csv([rows[1]]), "b.835": later_835},
        "other": {
            "a.csv": as_csv(rows[:1]),
            "rest.csv": as_csv(rows[2:]),
            "back.835": back_835(),
            "b.csv": as_csv([again]),
        },
        "both": {
            "a.835": first_835,
            "back.835": back_835(),
            "b.835": later_835,
            "a.csv": as_csv(rows),
            "b.csv": as_csv([again]),
        },
    }
    made = {name: published(tmp_path / name, {**claims, **files}) for name, files in forms.items()}
    expected = made["extracts"].tables()
    assert allowed(made["extracts"]) == (3, 690.0, 600.0)
    for found in made.values():
        assert found.tables().keys() == expected.keys()
        for table, frame in found.tables().items():
            assert frame.drop("withheld", strict=False).equals(
                expected[table].drop("withheld", strict=False)
            ), table


@pytest.mark.slow
def test_one_loop_in_several_part_files_in_any_order(tmp_path: Path) -> None:
    """Two SVC of each claim make up its line; a warehouse unloads them in no order."""
    answers = [
        answer_of(number, service_sequence=str(place), **HALF) for number in range(12) for place in (1, 2)
    ]
    whole = {"claims.csv": as_csv([claim_of(number) for number in range(12)]), "remits.csv": as_csv(answers)}
    expected = published(tmp_path / "whole", whole)
    assert allowed(expected) == (12, 12 * 240.0, 12 * 210.0)
    for seed in range(2):
        chance = random.Random(seed)
        parts = part_files([claim_of(number) for number in range(12)], "claims", chance) | part_files(
            answers, "remits", chance
        )
        found = published(tmp_path / f"{seed}", parts)
        for table, frame in found.tables().items():
            assert frame.equals(expected.tables()[table]), table


def test_part_files_over_nights_with_a_second_delivery(tmp_path: Path) -> None:
    halves = [remit(service_sequence=str(place), **HALF) for place in (1, 2)]
    nights = [
        {**LINES, "p1.csv": as_csv(halves[:1])},
        {"p2.csv": as_csv(halves[1:])},
        {"again.csv": as_csv(halves[::-1])},
    ]
    found = published(tmp_path, *nights)
    assert (allowed(found), found.counted("copied_remits")) == ((1, 240.0, 210.0), 2)


def test_equal_rows_without_sequence_numbers_in_part_files(tmp_path: Path) -> None:
    halves = [remit(service_sequence="", **HALF) for _ in range(2)]
    files = {"p1.csv": as_csv(halves[:1]), "p2.csv": as_csv([*halves[:1], claim_free(halves[0])])}
    assert allowed(published(tmp_path, {**LINES, **files})) == (1, 240.0, 210.0)


def claim_free(row: Row) -> Row:
    """A row of a claim that nobody sent: so that two files differ."""
    return {**row, "claim_id": "NOBODY", "payer_claim_number": "N0"}


@pytest.mark.parametrize("form", ["extract", "x12"])
@pytest.mark.parametrize("status", ["1", "2"])
def test_a_later_payer_without_carc_23_leaves_the_price_alone(tmp_path: Path, form: str, status: str) -> None:
    """Medicaid writes the rest off as CO-45 and reports no prior payment (RFI 1696)."""
    row = remit(
        claim_status_code=status,
        payment_date="2025-04-20",
        paid_amount="10.00",
        allowed_amount="",
        adjustments="CO-45:835.00",
        **MEDICAID,
    )
    later = [segment for segment in PAYMENT if not segment.startswith(("CAS*PR", "AMT"))]
    later = [
        segment.replace("*1*845*210*30*12*ICN500", f"*{status}*845*10**MC*T1")
        .replace("845*210", "845*10")
        .replace("CO*45*605", "CO*45*835")
        for segment in later
    ]
    head = [
        segment.replace("EFT900", "TX9")
        .replace("20250402", "20250420")
        .replace("AETNA*XV*60054", "TEXAS MEDICAID TMHP*XV*86916")
        for segment in PAYMENT_HEAD
    ]
    files = (
        {"later.csv": as_csv([row])}
        if form == "extract"
        else {"later.835": interchange([*head, *later], "835", "000000501")}
    )
    found = published(tmp_path, {**LINES, "own.csv": as_csv([remit()]), **files})
    assert (allowed(found), found.counted("crossover_remits")) == ((1, 240.0, 210.0), 1)


def test_a_crossover_taken_back_leaves_the_price_alone(tmp_path: Path) -> None:
    said = {
        "paid_amount": "30.00",
        "adjustments": "OA-23:815.00",
        "allowed_amount": "",
        "claim_status_code": "2",
    }
    paid, back = (
        remit(**MEDICAID, **said),
        reversal(**MEDICAID, paid_amount="-30.00", adjustments="CO-45:-815.00"),
    )
    found = published(tmp_path, {**LINES, "r.csv": as_csv([remit(), paid, back])})
    assert (allowed(found), found.counted("unmatched_reversals")) == ((1, 240.0, 210.0), 0)


def test_a_claim_is_taken_back_as_a_whole(tmp_path: Path) -> None:
    """Paid by line, reversed without lines, paid again by line; its other line is out of scope (RFI 1733)."""
    other = {
        "line_number": "2",
        "procedure_code": "99100",
        "modifier_1": "",
        "unit_basis": "UN",
        "unit_count": "1",
        "line_control_number": "",
    }
    lines = as_csv([claim(), claim(**other, charge_amount="100.00")])
    back = reversal(
        procedure_code="",
        modifier_1="",
        service_sequence="",
        service_date="",
        line_control_number="",
        charge_amount="-945.00",
        adjustments="",
        claim_adjustments="CO-45:-605.00|PR-2:-30.00|CO-97:-100.00",
    )
    anew = remit(
        payment_date="2025-05-05",
        payment_trace="EFT901",
        paid_amount="150.00",
        allowed_amount="180.00",
        adjustments="CO-45:665.00|PR-2:30.00",
    )
    found = published(tmp_path, {"c.csv": lines, "r.csv": as_csv([anew, back, remit()])})
    assert (allowed(found), found.counted("unmatched_reversals")) == ((1, 180.0, 150.0), 0)


def test_lines_alike_but_for_modifiers_that_are_not_returned(tmp_path: Path) -> None:
    lines = [claim(modifier_1="QK"), claim(modifier_1="QX", line_number="2", line_control_number="LC2")]
    answers = [
        remit(
            modifier_1="",
            line_control_number="",
            service_sequence=place,
            paid_amount=paid,
            allowed_amount="",
            adjustments=f"CO-45:{845 - int(paid)}.00",
        )
        for place, paid in (("2", "150"), ("1", "168"))
    ]
    found = published(tmp_path, {"c.csv": as_csv(lines), **part_files(answers, "r", random.Random(3))})
    assert (found.cell("case_payment")["complete_cases"], found.counted("ambiguous_remits")) == (1, 0)
    paid = {
        row["care_model"]: row["priced_lines"]
        for row in found.table("care_models")
        .filter(payer="all", line_of_business="all", period_type="year")
        .to_dicts()
    }
    assert paid == {"directed_physician": 1, "directed_crna": 1}


def test_a_number_that_lost_its_punctuation(tmp_path: Path) -> None:
    lines, answers = (
        [row(number, claim_id=form.format(7000 + number)) for number in range(12)]
        for row, form in ((claim_of, "00-ACCT/{}"), (answer_of, "ACCT{}"))
    )
    found = published(tmp_path, {"c.csv": as_csv(lines), "r.csv": as_csv(answers)})
    assert (allowed(found)[0], found.counted("loosely_linked_remits"), found.summary.exit_code) == (12, 12, 0)


def test_a_night_whose_answers_find_no_claim_ends_with_3(tmp_path: Path) -> None:
    lines, answers = ([row(number) for number in range(12)] for row in (claim_of, answer_of))
    strange = [{**row, "claim_id": f"Z{place}"} for place, row in enumerate(answers)]
    good = published(tmp_path, {"c.csv": as_csv(lines), "r.csv": as_csv(answers)})
    assert (good.summary.exit_code, good.summary.linked_answers, good.summary.answers) == (0, 12, 12)
    found = published(tmp_path, {"strange.csv": as_csv(strange)})
    assert (found.summary.exit_code, found.summary.linked_answers, found.summary.answers) == (3, 0, 12)
    assert "W_LINKED: 0 of 12 remit lines" in found.summary.text()
    few = published(tmp_path / "few", {"strange.csv": as_csv(strange[:9])})
    assert few.summary.exit_code == 0
    low = published(
        tmp_path / "low", {"c.csv": as_csv(lines), "strange.csv": as_csv(strange)}, linked_floor=0.0
    )
    assert low.summary.exit_code == 0


def test_claims_in_x12_and_answers_in_an_extract(tmp_path: Path) -> None:
    found = published(tmp_path, {"c.837": claim_837(), "r.csv": as_csv([remit(line_control_number="")])})
    assert allowed(found) == (1, 240.0, 210.0)


UNREAD = "CO-45=605.00;PR-2=30.00"


def test_adjustments_that_cannot_be_read_cost_no_row(tmp_path: Path) -> None:
    """The payer states the allowed amount: it is the price."""
    answer = remit(adjustments=UNREAD)
    found = published(tmp_path, {**LINES, "remits.csv": as_csv([answer])})
    assert (allowed(found), found.counted("quarantined")) == ((1, 240, 210), 0)
    (told,) = found.summary.findings.values()
    assert told["optional_dropped:adjustments"] == 1


@pytest.mark.parametrize("column", ["adjustments", "claim_adjustments"])
def test_no_price_is_made_of_adjustments_that_cannot_be_read(tmp_path: Path, column: str) -> None:
    answer = remit(**{"allowed_amount": "", column: UNREAD})
    found = published(tmp_path, {**LINES, "remits.csv": as_csv([answer])})
    assert (allowed(found)[0], found.cell("utilization")["adjudicated_lines"]) == (0, 1)


def test_no_denial_is_made_of_adjustments_that_cannot_be_read(tmp_path: Path) -> None:
    answer = remit(allowed_amount="", paid_amount="0.00", adjustments="CO197/845.00")
    cell = published(tmp_path, {**LINES, "remits.csv": as_csv([answer])}).cell("denials")
    assert (cell["service_lines"], cell["denied_lines"], cell["zero_pay_other_lines"]) == (1, 0, 1)


def test_a_copy_whose_adjustments_can_be_read_stands(tmp_path: Path) -> None:
    files = {"a.csv": as_csv([remit(allowed_amount="", adjustments=UNREAD)]), "b.csv": as_csv([remit()])}
    assert allowed(published(tmp_path, {**LINES, **files})) == (1, 240, 210)
