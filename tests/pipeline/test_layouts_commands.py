"""`layout new` drafts what `layout check` then reads; neither tells a value (CONTRACT section 3)."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from inbound_rows import as_csv, claim, remit
from test_layouts_worked_examples import EXAMPLES, export_of, taken_in

from flows.settings import load_settings
from flows.steps.drafting import drafted

RENAMED = {
    "claim_id": "Acct No",
    "line_number": "Line",
    "submitted_on": "Bill Date",
    "claim_frequency_code": "Freq",
    "payer_name": "Insurance",
    "payer_responsibility": "Ins Level",
    "patient_birth_date": "DOB",
    "billing_provider_npi": "Group NPI",
    "place_of_service": "POS",
    "procedure_code": "CPT",
    "modifier_1": "Mod 1",
    "charge_amount": "Charges",
    "unit_basis": "Unit Type",
    "unit_count": "Minutes",
    "service_date": "DOS",
}
VALUES = ("PCN1001", "1961", "845", "1234567893")


def renamed_export() -> bytes:
    row = claim()
    theirs = {name: row[ours] for ours, name in RENAMED.items()}
    dated = {name: theirs[name] for name in ("Bill Date", "DOB", "DOS")}
    us = {name: f"{day[5:7]}/{day[8:]}/{day[:4]}" for name, day in dated.items()}
    return b"Charges of March\n" + as_csv([{**theirs, **us, "Charges": "$845.00"}])


def test_a_draft_names_our_columns_and_a_run_accepts_what_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "export.csv"
    path.write_bytes(renamed_export())
    monkeypatch.setenv("CPT01939_HMAC_KEY", "a key of the tests, long enough for its purpose")
    found = drafted(path, load_settings())
    assert {ours: theirs for ours, (theirs, _) in found.columns.items()} == RENAMED
    assert (found.missing, found.money) == ([], "us")
    told = found.toml()
    assert not [value for value in VALUES if value in told]
    taken = taken_in(tmp_path, monkeypatch, {"export": path.read_bytes()}, mine=told)
    assert (taken.only["outcome"], taken.only["accepted"]) == ("accepted", 1)


def test_a_draft_names_what_is_required_and_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPT01939_HMAC_KEY", "a key of the tests, long enough for its purpose")
    path = tmp_path / "export.csv"
    path.write_bytes(renamed_export().replace(b"Freq", b"Kind of it"))
    found = drafted(path, load_settings())
    assert found.missing == ["claim_frequency_code"]
    assert "# required and not found: claim_frequency_code" in found.toml()


def test_a_bad_date_does_not_hide_the_form_of_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form of most dates is proposed and marked unsure; where no form fits, the draft says so."""
    monkeypatch.setenv("CPT01939_HMAC_KEY", "a key of the tests, long enough for its purpose")
    path = tmp_path / "export.csv"
    head, row = renamed_export().split(b"Charges of March\n")[1].decode().splitlines()[:2]
    path.write_text("\n".join([head, row, row, row.replace("05/17/1961", "13/45/1961")]) + "\n")
    assert 'date_formats = ["%m/%d/%Y"]  # unsure' in drafted(path, load_settings()).toml()
    path.write_text("\n".join([head, row.replace("/", " of ")]) + "\n")
    assert "# date_formats not found" in drafted(path, load_settings()).toml()


def drafted_of(folder: Path, monkeypatch: pytest.MonkeyPatch, title: str) -> str:
    """The draft of an export of the docs."""
    monkeypatch.setenv("CPT01939_HMAC_KEY", "a key of the tests, long enough for its purpose")
    path = folder / "export"
    path.write_bytes(export_of(EXAMPLES[title]))
    return drafted(path, load_settings()).toml()


@pytest.mark.parametrize(
    ("title", "proposed"),
    [
        (
            "Tabs, modifiers and payer packed, words for codes",
            [
                "claim_frequency_code = { column = \"Bill Type\", pattern = '^([0-9]{1,2})' }",
                'payer_responsibility = { column = "Level", map = { "1st" = "P" } }',
                'procedure_code = { column = "Code and Mods", split = "-", part = 1 }',
                'modifier_2 = { column = "Code and Mods", split = "-", part = 3 }',
                """payer_name = { column = "Payer", pattern = '^(.*?) *\\(' }""",
                """payer_id = { column = "Payer", pattern = '\\( *([0-9A-Z]+) *\\)$' }""",
                'unit_basis = "MJ"',
            ],
        ),
        (
            "A workbook with title rows and a total at the end",
            ['modifier_1 = { column = "Modifier", split = ",", part = 1 }', "modifier_4 = {"],
        ),
        (
            "UTF-16, adjustments in columns of their own",
            [
                'claim_status_code = { column = "Result", map = { "processed" = "1" } }',
                '{ always = "CO-45", amount = "Write-off" },',
                '{ always = "PR-2", amount = "Coinsurance" },',
            ],
        ),
    ],
)
def test_a_draft_proposes_what_the_look_of_values_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str, proposed: list[str]
) -> None:
    told = drafted_of(tmp_path, monkeypatch, title)
    assert [line for line in proposed if line not in told] == []
    tomllib.loads(told)


def test_a_draft_proposes_packed_and_numbered_adjustments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPT01939_HMAC_KEY", "a key of the tests, long enough for its purpose")
    row = {name: text for name, text in remit().items() if text and name != "adjustments"}
    path = tmp_path / "export.csv"
    path.write_bytes(as_csv([{**row, "Reasons": "CO45=605.00; PR-2=30.00"}]))
    found = drafted(path, load_settings())
    assert found.adjustments[0].startswith('packed = { column = "Reasons", between = ";", pattern = ')
    taken = taken_in(tmp_path / "packed", monkeypatch, {"export": path.read_bytes()}, mine=found.toml())
    assert taken.remit_lines["adjustments"].to_list() == ["CO-45:60500|PR-2:3000"]
    numbered = {"Adj 1 Group": "CO", "Adj 1 Reason": "45", "Adj 1 Amt": "605.00", "Adj 2 Group": "PR"}
    path.write_bytes(as_csv([{**row, **numbered, "Adj 2 Reason": "2", "Adj 2 Amt": "30.00"}]))
    told = drafted(path, load_settings()).adjustments
    assert '  { group = "Adj 2 Group", reason = "Adj 2 Reason", amount = "Adj 2 Amt" },' in told


def test_check_tells_counts_and_the_mistakes_of_layouts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.commands.layout import check

    example = EXAMPLES["Pipes and own headers"]
    broken = EXAMPLES["One adjustment a row"]["toml"].replace("claim_id =", "claim =")
    taken_in(tmp_path, monkeypatch, {"export": export_of(example)}, good=example["toml"], bad=broken)
    monkeypatch.setenv("CPT01939_HMAC_KEY", "a key of the tests, long enough for its purpose")
    path = tmp_path / "export.txt"
    path.write_bytes(export_of(example))
    assert check(path) == 1
    told = capsys.readouterr().out
    assert "E_LAYOUT: layout bad: line 6: [columns] names the unknown column claim" in told
    assert "rows: 1 rows read, 0 out of scope, 1 accepted, 0 quarantined" in told
    assert not [value for value in VALUES if value in told]


def test_check_says_which_rows_would_be_quarantined_and_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.commands.layout import check

    example = EXAMPLES["Pipes and own headers"]
    header, row = export_of(example).decode().splitlines()
    content = "\n".join([header, row, row.replace("$845.00", "much"), ""]).encode()
    taken = taken_in(tmp_path, monkeypatch, {"export": content}, mine=example["toml"])
    assert (taken.only["accepted"], taken.only["quarantined"]) == (1, 1)
    monkeypatch.setenv("CPT01939_HMAC_KEY", "a key of the tests, long enough for its purpose")
    path = tmp_path / "export.txt"
    path.write_bytes(content)
    assert check(path) == 0
    told = capsys.readouterr().out
    assert "rows: 2 rows read, 0 out of scope, 1 accepted, 1 quarantined" in told
    assert "charge_amount: 2 filled\n    bad_number, row quarantined: 1 (rows 2)" in told
    assert not [value for value in (*VALUES, "much") if value in told]
