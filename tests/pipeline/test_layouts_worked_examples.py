"""The exports of docs/layouts.md, each with its layout, from file to accepted rows (CONTRACT section 3)."""

from __future__ import annotations

import csv
import io
import re
import shutil
import tomllib
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from inbound_rows import KEY, TakenFiles, take_in

from flows.settings import load_settings, shipped
from flows.steps.inspection import inspect
from transforms.intake.layout_file import parse_layout

PAGE = (Path(__file__).parents[2] / "docs" / "layouts.md").read_text("utf-8")
EXAMPLE = re.compile(
    r"### \d+\. (?P<title>[^\n]+)\n\n```text(?P<form>[^\n]*)\n(?P<text>.*?)```\n\n```toml\n(?P<toml>.*?)```",
    re.DOTALL,
)
EXAMPLES = {found["title"]: found for found in EXAMPLE.finditer(PAGE)}
CLAIM = {
    "service_date": "2025-03-04",
    "submitted_on": "2025-03-10",
    "claim_frequency_code": "1",
    "payer_name": "AETNA",
    "role": "P",
    "billing_provider_npi": "1234567893",
    "place_of_service": "24",
    "procedure_code": "01939",
    "modifier_1": "AA",
    "modifier_2": "QS",
    "charge_cents": "84500",
    "unit_basis": "MJ",
    "age_at_service": "63",
}
REMIT = {
    "payment_date": "2025-04-02",
    "payer_name": "AETNA",
    "claim_status_code": "1",
    "procedure_code": "01939",
    "modifier_1": "AA",
    "charge_cents": "84500",
    "paid_cents": "21000",
    "adjustments": "CO-45:60500|PR-2:3000",
}


def as_workbook(text: str) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet("Filters").write_row(0, 0, ["Location", "all"])
        sheet = book.add_worksheet("Charges")
        for number, row in enumerate(csv.reader(io.StringIO(text))):
            sheet.write_row(number, 0, row)
    return out.getvalue()


def export_of(example: re.Match[str]) -> bytes:
    form, text = example["form"].strip(), example["text"]
    if form == "xlsx":
        return as_workbook(text)
    return text.replace(",", "\t").encode() if form == "tabs" else text.encode(form or "utf-8")


def taken_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], **layouts: str
) -> TakenFiles:
    config = folder / "config"
    shutil.copytree(shipped("config"), config)
    for name, toml in layouts.items():
        (config / "layouts" / f"{name}.toml").write_text(toml, "utf-8")
    monkeypatch.setenv("CPT01939_CONFIG", str(config))
    return take_in(folder / "data", files)


def texts(lines: pl.DataFrame, expected: dict[str, str]) -> list[dict[str, str]]:
    return lines.select(pl.col(list(expected)).cast(pl.String)).to_dicts()


def test_there_are_twelve() -> None:
    assert len(EXAMPLES) == 12


@pytest.mark.parametrize("title", EXAMPLES)
def test_each_export_gives_the_claim_or_the_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    example = EXAMPLES[title]
    layout = parse_layout("mine", tomllib.loads(example["toml"]), example["toml"])
    found = taken_in(tmp_path, monkeypatch, {"export": export_of(example)}, mine=example["toml"])
    assert found.only["outcome"] == "accepted", found.only
    assert found.quarantine.is_empty()
    assert found.only["rows_read"] == found.only["accepted"] + found.only["out_of_scope"]
    kinds = {part.kind for part in layout.parts()}
    if "claim_lines" in kinds:
        assert texts(found.claim_lines, CLAIM) == [CLAIM]
        assert found.claim_lines["unit_count_thousandths"].item() in (32_000, 33_000)
    if "remit_lines" in kinds:
        answers = found.remit_lines.filter(pl.col("claim_status_code") != "22")
        assert texts(answers, REMIT) == [REMIT]
    assert kinds == {kind for kind in ("claim_lines", "remit_lines") if len(getattr(found, kind))}


def test_a_cancelled_answer_is_a_reversal_with_opposite_amounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = EXAMPLES["Cancelled answers with positive amounts, adjustments from amounts"]
    found = taken_in(tmp_path, monkeypatch, {"export": export_of(example)}, mine=example["toml"])
    undone = found.remit_lines.filter(claim_status_code="22")
    told = undone.select("charge_cents", "paid_cents", "adjustments").row(0)
    assert told == (-84500, -21000, "CO-45:-60500|PR-2:-3000")


def test_what_a_layout_assumes_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = EXAMPLES["Semicolons, decimal commas, short years"]
    found = taken_in(tmp_path, monkeypatch, {"export": export_of(example)}, mine=example["toml"])
    assert found.only["findings"] == {"assumed:claim_frequency_code": 1, "assumed:payer_responsibility": 1}


def test_rows_of_a_ledger_that_are_of_no_kind_are_out_of_scope(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = EXAMPLES["One ledger of charges and payments"]
    found = taken_in(tmp_path, monkeypatch, {"export": export_of(example)}, mine=example["toml"])
    assert found.only["kind"] == "claim_lines+remit_lines"
    assert {name: found.only[name] for name in ("rows_read", "accepted", "out_of_scope")} == {
        "rows_read": 3,
        "accepted": 2,
        "out_of_scope": 1,
    }


def test_a_layout_with_a_mistake_stops_its_own_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = EXAMPLES["Pipes and own headers"], EXAMPLES["One adjustment a row"]
    files = {"good": export_of(good), "bad": export_of(bad)}
    broken = bad["toml"].replace("claim_id =", "claim =")
    found = taken_in(tmp_path, monkeypatch, files, good=good["toml"], bad=broken)
    assert found.ledger["good"]["outcome"] == "accepted"
    assert found.ledger["bad"]["outcome"] == "rejected"
    assert found.ledger["bad"]["reason"].startswith("E_LAYOUT:layout bad: line 6: ")


@pytest.mark.parametrize("broken", ["kind = claim_lines\n", "\x00", "["])
def test_a_layout_that_is_no_toml_stops_its_own_files_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    good, bad = EXAMPLES["Pipes and own headers"], EXAMPLES["One adjustment a row"]
    files = {"good": export_of(good), "bad": export_of(bad)}
    found = taken_in(tmp_path, monkeypatch, files, good=good["toml"], bad=bad["toml"] + broken)
    assert found.ledger["good"]["outcome"] == "accepted"
    assert found.ledger["bad"]["reason"].startswith("E_LAYOUT:layout bad: ")


def test_the_same_headers_twice_are_a_clash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = EXAMPLES["Pipes and own headers"]
    found = taken_in(tmp_path, monkeypatch, {"a": export_of(good)}, first=good["toml"], second=good["toml"])
    assert found.only["reason"] == "E_LAYOUT:layout second: it is for the same headers as layout first"


@pytest.mark.parametrize(
    "title",
    ["One ledger of charges and payments", "Fixed width, implied cents, a header and a trailer record"],
)
def test_inspect_says_of_such_files_what_a_run_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, title: str
) -> None:
    example = EXAMPLES[title]
    found = taken_in(tmp_path, monkeypatch, {"export": export_of(example)}, mine=example["toml"])
    monkeypatch.setenv("CPT01939_HMAC_KEY", KEY)
    path = tmp_path / "export"
    path.write_bytes(export_of(example))
    told = inspect(path, load_settings())
    assert (told.layout, told.rejected, told.kind) == ("mine", "", found.only["kind"])
    assert told.rows == {name: found.only[name] for name in told.rows}


def test_inspect_names_the_sheet_and_the_row_of_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = EXAMPLES["A workbook with title rows and a total at the end"]
    found = taken_in(tmp_path, monkeypatch, {"export": export_of(example)}, mine=example["toml"])
    monkeypatch.setenv("CPT01939_HMAC_KEY", KEY)
    path = tmp_path / "export"
    path.write_bytes(export_of(example))
    told = inspect(path, load_settings())
    assert (told.form, told.sheet, told.header_row, told.layout) == ("workbook", 2, 3, "mine")
    assert told.rows["accepted"] == found.only["accepted"] == 1


def test_a_filter_of_one_kind_leaves_the_other_rows_out_of_scope(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = EXAMPLES["Pipes and own headers"]
    text = (
        export_of(example)
        + b"PCN1002|1|03/10/2025|1|AETNA|Primary|05/17/1961|1234567893|24|01939|AA||$845.00|MJ|32|"
    )
    toml = example["toml"] + "[where_not]\nVisit = ['PCN1002']\n"
    found = taken_in(tmp_path, monkeypatch, {"export": text + b"03/04/2025\n"}, mine=toml)
    assert texts(found.claim_lines, CLAIM) == [CLAIM]
    assert (found.only["rows_read"], found.only["out_of_scope"]) == (2, 1)


def test_a_line_is_numbered_among_all_lines_of_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the lines before it are out of scope, and where the lines of a key lie apart."""
    example = EXAMPLES["Pipes and own headers"]
    header, row = export_of(example).decode().splitlines()
    other = row.replace("01939", "99100").replace("|1|03/10", "||03/10")
    lines = [other, row.replace("PCN1001", "PCN1002"), other, row]
    toml = example["toml"].replace('line_number = "Ln"', 'line_number = { number_within = "Visit" }')
    content = "\n".join([header, *lines, ""]).encode()
    found = taken_in(tmp_path, monkeypatch, {"export": content}, mine=toml)
    assert found.claim_lines["line_number"].to_list() == [1, 3]
    assert (found.only["rows_read"], found.only["accepted"], found.only["out_of_scope"]) == (4, 2, 2)
