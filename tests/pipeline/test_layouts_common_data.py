"""The shipped layout of the common data layout of all-payer claims databases, from file to cells."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_layouts_payer_side import run_on
from test_layouts_worked_examples import taken_in, texts

CDL_NAMES = [*(f"CDLMC{n:03d}" for n in range(1, 164)), "CDLMCXXX", "CDLMC899"]
CDL: dict[str, str] = {
    "CDLMC002": "60054",
    "CDLMC004": "CI",
    "CDLMC005": "ICN500",
    "CDLMC006": "1",
    "CDLMC007": "0",
    "CDLMC018": "F",
    "CDLMC019": "19610517",
    "CDLMC024": "20250402",
    "CDLMC033": "24",
    "CDLMC037": "M47812",
    "CDLMC088": "01939",
    "CDLMC089": "AA",
    "CDLMC119": "20250304",
    "CDLMC121": "32",
    "CDLMC122": "MJ",
    "CDLMC123": "84500",
    "CDLMC125": "21000",
    "CDLMC126": "000",
    "CDLMC127": "3000",
    "CDLMC128": "0",
    "CDLMC129": "0",
    "CDLMC130": "0",
    "CDLMC131": "24000",
    "CDLMC135": "1003000126",
    "CDLMC144": "TX",
    "CDLMC148": "1234567893",
    "CDLMC157": "01",
    "CDLMC158": "0",
    "CDLMC160": "O",
    "CDLMC161": "W123456789",
    "CDLMC899": "MC",
}


def cdl(number: int, **changes: str) -> dict[str, str]:
    """The good line of another member."""
    return {**CDL, "CDLMC005": f"ICN{500 + number}", "CDLMC161": f"W{number}", **changes}


def as_cdl(rows: list[dict[str, str]], named: bool) -> bytes:
    lines = ["HD|1|PAYER|SAMPLE|MC|202503|202504|T|made for a test"]
    lines += ["|".join(CDL_NAMES)] if named else []
    lines += ["|".join(row.get(name, "") for name in CDL_NAMES) for row in rows]
    return "\n".join([*lines, f"TR|1|PAYER|SAMPLE|MC|20250501||{len(rows)}"]).encode()


@pytest.mark.parametrize("named", [True, False])
def test_a_line_of_the_common_data_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    found = taken_in(tmp_path, monkeypatch, {"claims.txt": as_cdl([CDL, cdl(1, CDLMC033="")], named)})
    assert (found.only["outcome"], found.only["accepted"], found.only["quarantined"]) == ("accepted", 2, 0)
    expected = {
        "service_date": "2025-03-04",
        "submitted_on": "2025-04-02",
        "claim_frequency_code": "1",
        "role": "P",
        "procedure_code": "01939",
        "modifier_1": "AA",
        "charge_cents": "84500",
        "unit_basis": "MJ",
        "unit_count_thousandths": "32000",
        "age_at_service": "63",
    }
    assert texts(found.claim_lines, expected) == [expected]
    answer = {"paid_cents": "21000", "allowed_given_cents": "24000", "adjustments": "CO-45:60500|PR-2:3000"}
    assert texts(found.remit_lines, answer) == [answer]


def test_versions_denials_and_back_outs_of_the_common_data_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = {"CDLMC125": "0", "CDLMC127": "0", "CDLMC131": "0", "CDLMC158": "1"}
    back = {name: f"-{CDL[name]}" for name in ("CDLMC123", "CDLMC125", "CDLMC127", "CDLMC131")}
    later = {"CDLMC024": "20250510", "CDLMC007": "1"}
    rows = [
        cdl(0),
        cdl(0, CDLMC160="B", **back, **later),
        cdl(
            0,
            **{**later, "CDLMC007": "2", "CDLMC160": "R", "CDLMC121": "45"},
            CDLMC125="23000",
            CDLMC131="26000",
        ),
        cdl(1),
        cdl(1, CDLMC160="V", **later),
        cdl(2, CDLMC159="197", **nothing),
        cdl(3, **nothing),
        cdl(4, CDLMC129="5000", CDLMC130="5000"),
    ]
    found = run_on(tmp_path, monkeypatch, {"claims.txt": as_cdl(rows, named=True)})
    used = found.cell("utilization")
    assert (used["service_lines"], used["reversed_lines"], used["secondary_lines"]) == (4, 1, 1)
    assert (used["voided_claims"], used["replaced_claims"]) == (0, 1)
    paid = found.cell("payment")
    assert (paid["service_lines"], str(paid["allowed_sum"])) == (1, "260.00")
    denials = found.cell("denials")
    assert (denials["denied_lines"], denials["initially_denied_lines"]) == (2, None)
    assert {row["carc"] for row in found.table("denial_reasons").to_dicts()} == {"197", "A1"}
    assert (found.counted("unmatched_reversals"), found.counted("unbalanced_lines")) == (0, 0)


@pytest.mark.parametrize("order", [1, -1])
def test_versions_of_one_paid_date_are_ordered_by_line_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: int
) -> None:
    """Of the common data layout the replacement is the last version, wherever its row stands."""
    back = {name: f"-{CDL[name]}" for name in ("CDLMC123", "CDLMC125", "CDLMC127", "CDLMC131")}
    rows = [
        cdl(0),
        cdl(0, CDLMC160="B", **back),
        cdl(0, CDLMC160="R", CDLMC121="45", CDLMC125="23000", CDLMC131="26000"),
    ]
    found = run_on(tmp_path, monkeypatch, {"claims.txt": as_cdl(rows[::order], named=True)})
    used, paid = found.cell("utilization"), found.cell("payment")
    assert (used["service_lines"], used["replaced_claims"], used["voided_claims"]) == (1, 1, 0)
    assert (paid["service_lines"], str(paid["allowed_sum"])) == (1, "260.00")
