"""Reading tabular files: every form of the same rows gives the same accepted rows."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from inbound_rows import TakenFiles, as_csv, claim, remit, take_in
from polars.testing import assert_frame_equal
from x12_texts import PAYMENT, PAYMENT_HEAD, interchange

from flows.readers.preflight import Limits, preflight
from flows.readers.read_csv import ragged_rows
from flows.settings import shipped
from transforms.intake.layout_file import parse_layout
from transforms.synthetic.other_layouts import in_layout

CLAIMS = [
    claim(claim_id=f"PCN{n}", charge_amount=amount, unit_count=count, diagnosis_2="", modifier_2=modifier)
    for n, (amount, count, modifier) in enumerate(
        [("845.00", "32", "QS"), ("1200.50", "7.5", ""), ("0.00", "100", "P3"), ("99999.99", "36.75", "23")]
    )
]
REMITS = [
    remit(
        claim_id=f"PCN{n}", paid_amount=paid, allowed_amount=allowed, adjustments=packed, claim_adjustments=""
    )
    for n, (paid, allowed, packed) in enumerate(
        [
            ("210.00", "240.00", "CO-45:605.00|PR-2:30.00"),
            ("0.00", "", "CO-197:845.00"),
            ("-210.00", "", "CO-45:-605.00|PR-2:-30.00"),
            ("845.00", "845.00", ""),
        ]
    )
]
DATES = ("submitted_on", "patient_birth_date", "service_date", "payment_date")
AMOUNTS = ("charge_amount", "paid_amount", "allowed_amount")


def without_origin(found: TakenFiles, kind: str) -> pl.DataFrame:
    assert found.quarantine.is_empty(), found.quarantine
    lines: pl.DataFrame = getattr(found, kind)
    return lines.drop("file_key")


def as_texts(rows: list[dict[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(rows).with_columns(pl.all().replace("", None))


def typed_columns(rows: list[dict[str, str]], amount: pl.DataType) -> pl.DataFrame:
    """Rows as a warehouse exports them: dates, numbers and lists of structs in types of their own."""
    frame = as_texts(rows)
    typed = [pl.col(name).str.to_date() for name in DATES if name in frame.columns]
    typed += [pl.col(name).cast(amount) for name in AMOUNTS if name in frame.columns]
    typed += [
        pl.col(name).cast(kind)
        for name, kind in (
            ("unit_count", pl.Float64),
            ("paid_units", pl.Float32),
            ("line_number", pl.Int16),
            ("service_sequence", pl.UInt8),
            ("payer_name", pl.Categorical),
            ("billing_provider_npi", pl.Int64),
            ("payee_npi", pl.UInt64),
        )
        if name in frame.columns
    ]
    frame = frame.with_columns(typed)
    for name in ("adjustments", "claim_adjustments"):
        if name in frame.columns:
            frame = frame.with_columns(pl.Series(name, [structs(row[name]) for row in rows], dtype=STRUCTS))
    if "remark_codes" in frame.columns:
        frame = frame.with_columns(pl.col("remark_codes").str.split("|"))
    return frame


STRUCTS = pl.List(pl.Struct({"group": pl.String, "reason": pl.String, "amount": pl.Float64}))


def structs(packed: str) -> list[dict[str, object]] | None:
    parts = [item.replace(":", "-", 1).split("-", 2) for item in packed.split("|") if item]
    return [{"group": g, "reason": r, "amount": float(a)} for g, r, a in parts] or None


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def ndjson(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d")).write_ndjson(out)
    return out.getvalue()


FORMS: dict[str, Callable[[list[dict[str, str]]], bytes]] = {
    "parquet-text": lambda rows: parquet(as_texts(rows)),
    "parquet-decimals": lambda rows: parquet(typed_columns(rows, pl.Decimal(12, 2))),
    "parquet-floats": lambda rows: parquet(typed_columns(rows, pl.Float64())),
    "ndjson-text": lambda rows: ndjson(as_texts(rows)),
    "ndjson-numbers": lambda rows: ndjson(typed_columns(rows, pl.Float64())),
    "csv-all-quoted": lambda rows: pl.DataFrame(rows).write_csv(quote_style="always").encode(),
    "csv-crlf": lambda rows: as_csv(rows, end="\r\n"),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("kind", "rows"), [("claim_lines", CLAIMS), ("remit_lines", REMITS)])
def test_every_form_of_the_same_rows_gives_the_same_accepted_rows(
    tmp_path: Path, form: str, kind: str, rows: list[dict[str, str]]
) -> None:
    plain = without_origin(take_in(tmp_path / "plain", {"rows": as_csv(rows)}), kind)
    assert len(plain) == len(rows)
    assert without_origin(take_in(tmp_path / "form", {"rows": FORMS[form](rows)}), kind).equals(plain)


RENAMING = [
    path
    for path in sorted((shipped("config") / "layouts").glob("*.toml"))
    if not parse_layout(path.stem, tomllib.loads(path.read_text())).made
]
"""Layouts that only rename; the others have samples of their own."""


@pytest.mark.parametrize("path", RENAMING, ids=lambda path: path.stem)
def test_every_renaming_layout_gives_the_rows_of_the_canonical_one(tmp_path: Path, path: Path) -> None:
    layout = parse_layout(path.stem, tomllib.loads(path.read_text()))
    rows = CLAIMS if layout.kind == "claim_lines" else [row | dict(layout.constants) for row in REMITS]
    lacking = [name for name in rows[0] if name not in {*layout.columns, *layout.constants, *PACKED}]
    rows = [row | dict.fromkeys(lacking, "") for row in rows]
    plain = without_origin(take_in(tmp_path / "plain", {"rows": as_csv(rows)}), layout.kind)
    theirs = in_layout(as_texts(rows), layout).write_csv().encode()
    found = without_origin(take_in(tmp_path / "theirs", {"rows": theirs}), layout.kind)
    if layout.kind == "claim_lines":
        assert found["un_means"].to_list() == [layout.un_means or None] * len(rows)
        found, plain = found.drop("un_means"), plain.drop("un_means")
    assert found.equals(plain)


PACKED = ("adjustments", "claim_adjustments")


def test_datetimes_of_typed_files_are_read_as_their_day(tmp_path: Path) -> None:
    frame = as_texts(CLAIMS).with_columns(
        service_date=pl.lit(datetime(2025, 3, 4, 23, 30)), submitted_on=pl.lit(date(2025, 3, 10))
    )
    found = without_origin(take_in(tmp_path, {"rows.parquet": parquet(frame)}), "claim_lines")
    assert found["service_date"].unique().to_list() == [date(2025, 3, 4)]


def test_structs_of_adjustments_are_read_by_name_and_none_is_lost(tmp_path: Path) -> None:
    written = [
        {"amount": 605.0, "reason": "45", "group": "CO"},
        {"amount": 30, "group": "PR", "reason": "2", "note": "x"},
    ]
    rows = [{**remit(), "adjustments": written}, {**remit(claim_id="N"), "adjustments": []}]
    rows += [
        {**remit(), "adjustments": [{**written[0], gone: None}]} for gone in ("group", "reason", "amount")
    ]
    content = "\n".join(json.dumps(row) for row in rows).encode()
    found = take_in(tmp_path, {"rows.ndjson": content})
    assert found.remit_lines["adjustments"].to_list() == ["CO-45:60500|PR-2:3000", *[None] * 4]
    assert found.remit_lines["adjustments_unread"].to_list() == [False] * 2 + [True] * 3
    assert found.only["findings"]["optional_dropped:adjustments"] == 3


def test_a_code_that_a_spreadsheet_made_a_number_is_repaired_and_counted(tmp_path: Path) -> None:
    rows = [claim(procedure_code=code, claim_id=f"E{n}") for n, code in enumerate(["1939", "01939", "1940"])]
    frame = as_texts(rows).with_columns(pl.col("procedure_code").cast(pl.Int64))
    for name, content, repaired in (("a.csv", as_csv(rows), 2), ("a.parquet", parquet(frame), 3)):
        found = take_in(tmp_path / name, {name: content})
        assert found.claim_lines["procedure_code"].to_list() == ["01939", "01939", "01940"]
        assert (found.only["repaired"], found.only["accepted"]) == (repaired, 3)
        assert found.quality["repaired"].sum() == repaired


def test_fields_with_commas_quotes_and_line_ends_stay_whole(tmp_path: Path) -> None:
    names = ['AETNA, "THE" PLAN', "AETNA\nHEALTH", "AETNA\r\nHEALTH", "AETNA"]
    rows = [claim(claim_id=f"Q{n}", payer_name=name) for n, name in enumerate(names)]
    found = take_in(tmp_path, {"rows.csv": as_csv(rows)})
    assert found.claim_lines["row_number"].to_list() == [1, 2, 3, 4]
    assert found.claim_lines["payer_name"][0] == 'AETNA, "THE" PLAN'


def test_rows_of_a_wrong_length_are_named_by_their_number_among_quotes_and_line_ends(tmp_path: Path) -> None:
    name = 'AETNA,\n"X",\nPLAN'
    good = as_csv([claim(claim_id=f"R{n}", payer_name=name if n % 2 else "AETNA") for n in range(40)])
    header, *lines = split_outside_quotes(good.decode())
    lines[6] += ",more"
    lines[13] = lines[13].rsplit(",", 2)[0]
    for end in ("\n", "\r\n"):
        content = end.join([header, *lines, ""]).encode()
        found = take_in(tmp_path / repr(end), {"rows.csv": content})
        first = found.quarantine.filter("is_first").select("row_number", "rule_code").rows()
        assert first == [
            (7, "field_count"),
            (14, "field_count"),
        ]
        assert found.only["accepted"] == 38


def split_outside_quotes(text: str) -> list[str]:
    rows, inside = [""], False
    for character in text:
        inside ^= character == '"'
        if character == "\n" and not inside:
            rows.append("")
        else:
            rows[-1] += character
    return rows[:-1]


@pytest.mark.parametrize("chunk", [7, 64, 1000])
def test_rows_of_a_wrong_length_are_found_across_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("flows.readers.read_csv.CHUNK", chunk)
    rows = ['"a,\n",b,c', "1,2,3", '4,"5\n\n6",', "7,8", "9,10,11,12", ",,", "13,14,15"]
    for ending in ("", "\n"):
        path = tmp_path / "rows.csv"
        path.write_text("\n".join(rows) + ending)
        found = preflight(path, tmp_path / "scratch", Limits(1 << 20, 10))
        assert ragged_rows(found, 3) == [3, 4]
    path.write_text("a,b\n1,2\n3")
    assert ragged_rows(preflight(path, tmp_path / "scratch", Limits(1 << 20, 10)), 2) == [2]


@pytest.mark.parametrize(("kind", "rows"), [("claim_lines", CLAIMS), ("remit_lines", REMITS)])
def test_blank_lines_are_no_rows_of_ours_and_keep_the_count_of_lines(
    tmp_path: Path, kind: str, rows: list[dict[str, str]]
) -> None:
    header, *lines = as_csv(rows).decode().splitlines()
    content = "\n".join([header, lines[0], "", *lines[1:], "", ",,,", ""]).encode()
    found = take_in(tmp_path, {"rows.csv": content})
    assert found.quarantine.is_empty()
    assert getattr(found, kind)["row_number"].to_list() == [1, 3, 4, 5]
    assert found.only["accepted"] == len(rows)
    assert found.only["rows_read"] == found.only["accepted"] + found.only["out_of_scope"]


def test_a_row_cut_before_its_code_is_quarantined_and_one_out_of_scope_is_not(tmp_path: Path) -> None:
    header, *lines = as_csv([claim(claim_id=f"S{n}") for n in range(40)]).decode().splitlines()
    other = as_csv([claim(procedure_code="99213")]).decode().splitlines()[1]
    shifted = lines[2].replace(",01939,", ",,01939,")
    content = "\n".join(
        [header, ",".join(lines[0].split(",")[:6]), other + ",x", shifted, *lines[3:]]
    ).encode()
    found = take_in(tmp_path, {"rows.csv": content})
    first = found.quarantine.filter("is_first").select("row_number", "rule_code").rows()
    assert first == [(1, "field_count"), (3, "field_count")]
    assert found.only["out_of_scope"] == 1


def test_rows_of_blanks_are_no_rows_of_ours(tmp_path: Path) -> None:
    for number, rows in enumerate(([claim()], [remit()])):
        text = as_csv(rows).decode()
        blank = ",".join([" "] * len(rows[0]))
        found = take_in(tmp_path / str(number), {"rows.csv": f"{text}{blank}\n{blank}\n".encode()})
        assert (found.only["accepted"], found.only["quarantined"]) == (1, 0)


def test_replacements_and_voids_out_of_scope_leave_one_header_row_each(tmp_path: Path) -> None:
    out = {"procedure_code": "99213", "charge_amount": "broken", "line_number": "77"}
    rows = [
        claim(claim_id="A", claim_frequency_code="7", submitted_on="2025-04-01", **out),
        claim(claim_id="A", claim_frequency_code="7", submitted_on="2025-04-01", **out),
        claim(claim_id="A", claim_frequency_code="8", submitted_on="2025-04-02", **out),
        claim(claim_id="A", claim_frequency_code="6", submitted_on="2025-04-03", **out),
        claim(claim_id="B", claim_frequency_code="1", **out),
        claim(claim_id="C", claim_frequency_code="8", submitted_on="soon", **out),
        claim(claim_id="D", claim_frequency_code="8", submitted_on="9999-12-31", **out),
        # CONTRACT section 3: workers' compensation has no member id
        claim(claim_id="E", claim_frequency_code="8", member_id="", **out),
        claim(claim_id="F"),
    ]
    found = take_in(tmp_path, {"rows.csv": as_csv(rows)})
    heads = found.claim_lines.filter(~pl.col("in_scope"))
    told = heads.select("row_number", "claim_frequency_code").rows()
    assert told == [(1, "7"), (3, "8"), (4, "7"), (8, "8")]
    of_the_line = [
        "line_number",
        "procedure_code",
        "charge_cents",
        "service_date",
        "modifier_1",
        "line_number_key",
    ]
    assert set(heads.select(of_the_line).rows()) == {(None,) * len(of_the_line)}
    assert (found.only["accepted"], found.only["out_of_scope"], found.only["quarantined"]) == (1, 8, 0)
    assert found.only["latest_date"] == "2025-03-10"


def test_remit_lines_are_kept_by_either_code_or_without_one(tmp_path: Path) -> None:
    codes = [
        ("01939", ""),
        ("99213", "01939"),
        ("01940", "99213"),
        ("", ""),
        ("99213", ""),
        ("64633", "99213"),
    ]
    rows = [
        remit(claim_id=f"K{n}", procedure_code=a, submitted_procedure_code=b)
        for n, (a, b) in enumerate(codes)
    ]
    found = take_in(tmp_path, {"rows.csv": as_csv(rows)})
    assert found.remit_lines["row_number"].to_list() == [1, 2, 3, 4]
    assert found.only["out_of_scope"] == 2


def test_loops_are_what_they_are_alone_whatever_else_lies_in_the_batch(tmp_path: Path) -> None:
    # CONTRACT 4.5: in X12 each CLP is a loop of its own; an extract has no loop number
    rows = as_csv([remit(service_sequence=sequence) for sequence in ("1", "2", "1", "")])
    loops = [*PAYMENT, *PAYMENT, *(segment.replace("ICN500", "ICN501") for segment in PAYMENT)]
    x12 = interchange([*PAYMENT_HEAD, *loops], "835").encode()
    columns = ("row_number", "loop_number", "payer_claim_key")
    mixed = take_in(tmp_path / "mixed", {"rows.csv": rows, "rows.x12": x12}).remit_lines
    for name, content in (("rows.csv", rows), ("rows.x12", x12)):
        alone = take_in(tmp_path / name, {name: content}).remit_lines
        key = alone["file_key"][0]
        assert_frame_equal(mixed.filter(file_key=key).select(columns), alone.select(columns))
    assert sorted(mixed["loop_number"].to_list(), key=str) == [1, 2, 3, None, None, None, None]


def test_files_of_one_batch_do_not_meet(tmp_path: Path) -> None:
    header, *lines = as_csv(CLAIMS).decode().splitlines()
    one = as_csv(CLAIMS)
    two = "\n".join([header, *reversed(lines)]).encode()
    found = take_in(tmp_path, {"one.csv": one, "two.csv": two, "remits.csv": as_csv(REMITS)})
    alone = take_in(tmp_path / "alone", {"two.csv": two})
    key = found.ledger["two.csv"]["file_key"]
    assert found.claim_lines.filter(pl.col("file_key") == key).equals(alone.claim_lines)
    assert [row["accepted"] for row in found.ledger.values()] == [4, 4, 4]
    assert found.ledger["remits.csv"]["kind"] == "remit_lines"
    assert max(row["latest_date"] for row in found.ledger.values() if row.get("latest_date")) == "2025-04-02"
