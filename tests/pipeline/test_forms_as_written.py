"""Adjustments and procedure codes as people write them, from files to published cells (contract 3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from answer_runs import Published, allowed, published
from inbound_rows import as_csv, claim, remit

pytestmark = pytest.mark.slow

DENIED = {"allowed_amount": "", "paid_amount": "0.00"}
NO_MODIFIERS = dict.fromkeys(("modifier_1", "modifier_2", "modifier_3", "modifier_4"), "")


def dropped(found: Published) -> int:
    """Adjustments that could not be read, as the summary counts them."""
    return sum(told.get("optional_dropped:adjustments", 0) for told in found.summary.findings.values())


@pytest.mark.parametrize(
    "written",
    [
        "CO45:605.00|PR2:30.00",
        "CO 45 605.00|PR 2 30.00",
        "CO 45 605.00 PR 2 30.00",
        "CO-45 605, PR-2 30",
        "co45 $605.00; pr2 $30.00",
        "CO:45:605.00|PR:2:30.00",
        "CO*45*605|PR*2*30",
        "CO45:605.00|CO253:(2.06)|CO253:2.06|PR2:30.00",
    ],
)
def test_an_allowed_amount_is_made_of_adjustments_in_any_form(tmp_path: Path, written: str) -> None:
    answer = remit(allowed_amount="", adjustments=written)
    found = published(tmp_path, {"claims.csv": as_csv([claim()]), "answers.csv": as_csv([answer])})
    assert allowed(found) == (1, pytest.approx(240), pytest.approx(210))
    assert dropped(found) == 0


@pytest.mark.parametrize(("written", "carc"), [("CO197:845.00", "197"), ("PI B7 845", "B7")])
def test_a_denial_is_told_by_its_reason_in_any_form(tmp_path: Path, written: str, carc: str) -> None:
    answer = remit(**DENIED, adjustments=written)
    found = published(tmp_path, {"claims.csv": as_csv([claim()]), "answers.csv": as_csv([answer])})
    assert found.cell("denial_reasons", carc=carc)["service_lines"] == 1


@pytest.mark.parametrize("written", ["CO45605.00", "CO 45605.00", "CO 45 605.00 1", "45:605.00"])
def test_what_could_be_read_in_two_ways_is_dropped_and_counted(tmp_path: Path, written: str) -> None:
    answer = remit(adjustments=written)
    found = published(tmp_path, {"claims.csv": as_csv([claim()]), "answers.csv": as_csv([answer])})
    assert (allowed(found)[0], dropped(found)) == (1, 1)


@pytest.mark.parametrize(
    ("code", "modifiers"),
    [
        ("HC:01939:QK:QS", NO_MODIFIERS),
        ("hc:01939:QK", NO_MODIFIERS),
        ("HC>01939>>QK>", NO_MODIFIERS),
        ("HC:1939:QK", NO_MODIFIERS),
        ("HC:01939:AA", NO_MODIFIERS | {"modifier_1": "QS", "modifier_2": "QK"}),
        ("HC:01939", NO_MODIFIERS | {"modifier_1": "QK"}),
    ],
)
def test_a_code_may_stand_behind_its_qualifier_and_before_its_modifiers(
    tmp_path: Path, code: str, modifiers: dict[str, str]
) -> None:
    """SV101 and SVC01 as one column; modifiers in columns of their own go first."""
    bill, answer = claim(procedure_code=code, **modifiers), remit(procedure_code=code, **modifiers)
    found = published(tmp_path, {"claims.csv": as_csv([bill]), "answers.csv": as_csv([answer])})
    assert allowed(found) == (1, pytest.approx(240), pytest.approx(210))
    assert found.cell("care_models", care_model="directed_physician")["priced_lines"] == 1
    assert found.counted("repaired") == 2


def test_a_recoded_line_is_found_by_both_codes_behind_their_qualifiers(tmp_path: Path) -> None:
    answer = remit(procedure_code="HC:01992", submitted_procedure_code="HC:01939:AA")
    found = published(tmp_path, {"claims.csv": as_csv([claim()]), "answers.csv": as_csv([answer])})
    assert (allowed(found)[0], found.cell("denials")["service_lines"]) == (0, 1)


def test_a_qualified_code_out_of_scope_stays_out(tmp_path: Path) -> None:
    rows = [claim(), claim(line_number="2", procedure_code="HC:99100:QS", **NO_MODIFIERS)]
    found = published(tmp_path, {"claims.csv": as_csv(rows)})
    assert (found.cell("utilization")["service_lines"], found.counted("quarantined")) == (1, 0)
