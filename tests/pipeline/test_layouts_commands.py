"""`layout new` drafts what `layout check` then reads; neither tells a value (CONTRACT section 3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from inbound_rows import as_csv, claim
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
