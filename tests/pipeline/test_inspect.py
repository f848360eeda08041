"""`inspect` tells of a file what a run makes of it, of every form, and no value (CONTRACT section 2)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest
from inbound_rows import as_csv, claim, remit, take_in
from small_runs import command, settings_for
from x12_texts import CLAIM, CLAIM_HEAD, PAYMENT, PAYMENT_HEAD, claim_837, interchange, payment_835

from flows.commands.inspect_file import inspection_lines
from flows.steps.inspection import Inspection, inspect

SECRETS = ("PCN1001", "W123456789", "1961-05-17", "19610517", "EFT900", "ICN500", "DOE")


def looked_at(folder: Path, content: bytes, **settings: object) -> Inspection:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "file"
    path.write_bytes(content)
    found = inspect(path, settings_for(folder, **settings))
    told = json.dumps(found.as_dict()) + "\n".join(inspection_lines(found))
    assert not [secret for secret in SECRETS if secret in told]
    return found


def semicolons(text: bytes) -> bytes:
    return text.replace(b",", b";")


GOOD = as_csv([claim(), claim(line_number="2"), claim(procedure_code="99213")])
BAD_VALUES = as_csv([claim(patient_sex="W", modifier_2="NULL"), claim(charge_amount="much")])
TOO_MANY = as_csv([claim(unit_basis="MIN", claim_id=f"C{n}") for n in range(12)])
FILES: dict[str, bytes] = {
    "csv": GOOD,
    "csv of semicolons, packed": gzip.compress(semicolons(GOOD), mtime=0),
    "csv as UTF-16": GOOD.decode().encode("utf-16"),
    "title rows": b"Report\nMarch\n" + GOOD,
    "bad values": BAD_VALUES,
    "too many bad rows": TOO_MANY,
    "remits": as_csv([remit(), remit(adjustments="none")]),
    "column missing": GOOD.replace(b"claim_id,", b"visit,", 1),
    "no header of ours": b"a,b,c\n1,2,3\n",
    "header twice": GOOD + GOOD,
    "837P": claim_837().encode(),
    "835": payment_835().encode(),
    "837P behind other text": b"//BATCH\n" + claim_837().encode(),
    "837P with a comma in ISA06": claim_837({"SENDER  ": "SENDER,,"}).encode(),
    "837P cut": claim_837().encode()[:-60],
    "837P with a bad amount": claim_837({"AA*845*MJ": "AA*8x5*MJ"}).encode(),
    "835 with a bad NPI": payment_835({"XX*1234567893": "XX*1234567890"}).encode(),
    "empty": b"",
    "web page": b"<html></html>",
    "PNG": b"\x89PNG\r\n\x1a\n" + bytes(32),
}


@pytest.mark.parametrize("name", FILES)
def test_inspect_says_what_a_run_does(tmp_path: Path, name: str) -> None:
    run = take_in(tmp_path / "run", {"file": FILES[name]})
    found = looked_at(tmp_path / "look", FILES[name])
    assert found.rejected == run.only["reason"]
    if run.only["outcome"] == "accepted":
        names = ("rows_read", "out_of_scope", "accepted", "quarantined", "repaired")
        assert found.rows == {column: run.only[column] for column in names}
        apart = {
            (trouble["rule_code"], column["column"], number)
            for column in found.columns
            for trouble in column["not_read"]
            for number in trouble["row_numbers"]
            if trouble["becomes"] == "row quarantined"
        }
        numbered = run.quarantine.drop_nulls("row_number") if len(run.quarantine) else pl.DataFrame()
        expected = numbered.select("rule_code", "column", "row_number").rows() if len(numbered) else []
        assert apart == set(expected)


def test_an_extract_is_described_by_its_form(tmp_path: Path) -> None:
    found = looked_at(
        tmp_path, b"Report\n\n" + semicolons(GOOD).replace(b"AETNA", "AETN\u00c1".encode("cp1252"))
    )
    assert (found.form, found.separator, found.encoding) == ("csv", "semicolon", "cp1252 or Latin-1")
    assert (found.header_row, found.layout, found.kind) == (3, "canonical", "claim_lines")


def test_each_column_says_what_is_not_read_with_row_numbers(tmp_path: Path) -> None:
    by_column = {column["column"]: column for column in looked_at(tmp_path, BAD_VALUES).columns}
    assert by_column["patient_sex"]["not_read"] == [
        {"rule_code": "optional_dropped", "becomes": "value dropped", "rows": 1, "row_numbers": [1]}
    ]
    assert by_column["charge_amount"]["not_read"] == [
        {"rule_code": "bad_number", "becomes": "row quarantined", "rows": 1, "row_numbers": [2]}
    ]
    assert (by_column["modifier_2"]["filled"], by_column["modifier_1"]["filled"]) == (0, 2)


def test_the_nearest_layout_says_what_is_missing(tmp_path: Path) -> None:
    found = looked_at(tmp_path, FILES["column missing"])
    assert found.nearest["layout"] == "canonical"
    assert found.nearest["missing"] == ["claim_id"]
    assert found.columns_of_no_interest == 1


def test_claims_are_counted_not_runs_of_equal_numbers(tmp_path: Path) -> None:
    """Two claims one after the other under one account number are two claims."""
    twice = interchange([*CLAIM_HEAD, *CLAIM, *CLAIM]).encode()
    assert looked_at(tmp_path / "837", twice).x12.claims == 2  # type: ignore[union-attr]
    paid = interchange([*PAYMENT_HEAD, *PAYMENT, *PAYMENT, *PAYMENT], "835").encode()
    assert looked_at(tmp_path / "835", paid).x12.claim_payments == 3  # type: ignore[union-attr]


def test_the_command_ends_with_1_where_a_run_would_refuse(tmp_path: Path) -> None:
    for name, code in (("good", 0), ("bad", 1)):
        (tmp_path / f"{name}.csv").write_bytes(GOOD if name == "good" else TOO_MANY)
        done = command(tmp_path, "inspect", str(tmp_path / f"{name}.csv"))
        assert done.returncode == code, done.stderr
        assert "charge_amount" in done.stdout or name == "bad"
    assert "unknown_code unit_basis 12" in done.stdout


def test_what_was_dropped_or_read_as_nothing_is_told_by_the_run(tmp_path: Path) -> None:
    found = take_in(tmp_path, {"rows.csv": BAD_VALUES})
    assert found.only["findings"] == {"optional_dropped:patient_sex": 1, "read_as_nothing:modifier_2": 1}
