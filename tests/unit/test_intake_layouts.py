"""Layouts: how a header is recognised, and how money and adjustment columns become the canonical text."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.inbound import COLUMNS, OPTIONAL_IN_HEADER, Kind
from transforms.intake.layout_file import LayoutError, parse_layout
from transforms.intake.layout_rules import plain_header
from transforms.intake.layouts import (
    Layout,
    canonical_layout,
    canonical_text,
    pick_layout,
    pick_nested,
)
from transforms.intake.money_forms import plain_amount

FOLDER = Path(__file__).resolve().parents[2] / "config" / "layouts"
SHIPPED = [parse_layout(path.stem, tomllib.loads(path.read_text())) for path in sorted(FOLDER.glob("*.toml"))]


def header_of(kind: Kind) -> list[str]:
    return [column.name for column in COLUMNS[kind]]


@pytest.mark.parametrize("kind", ["claim_lines", "remit_lines"])
def test_the_canonical_header_is_recognised_in_any_order_case_and_spacing(kind: Kind) -> None:
    for header in (
        header_of(kind),
        list(reversed(header_of(kind))),
        [f"  {name.upper()} " for name in header_of(kind)],
        ["\ufeff" + header_of(kind)[0], *header_of(kind)[1:], "Patient Name", ""],
    ):
        layout, missing = pick_layout(header, SHIPPED)
        assert layout == canonical_layout(kind)
        assert missing == []


@pytest.mark.parametrize("kind", ["claim_lines", "remit_lines"])
def test_required_columns_that_are_missing_are_named_and_optional_ones_are_not(kind: Kind) -> None:
    for name in header_of(kind):
        layout, missing = pick_layout([n for n in header_of(kind) if n != name], SHIPPED)
        assert layout == canonical_layout(kind)
        assert missing == ([] if name in OPTIONAL_IN_HEADER[kind] else [name])


def test_the_optional_columns_are_those_of_the_contract() -> None:
    required = {kind: set(header_of(kind)) - OPTIONAL_IN_HEADER[kind] for kind in COLUMNS}
    assert required["remit_lines"] == {
        "payment_trace",
        "payment_date",
        "claim_id",
        "claim_status_code",
        "payer_claim_number",
        "charge_amount",
        "paid_amount",
    }
    assert "procedure_code" in required["claim_lines"]
    assert not {"line_control_number", "patient_sex", "modifier_1"} & required["claim_lines"]


@pytest.mark.parametrize("layout", [one for one in SHIPPED if one.nested], ids=lambda layout: layout.name)
def test_each_shipped_nested_layout_is_picked_by_its_own_paths(layout: Layout) -> None:
    paths = layout.signature()
    assert pick_nested(paths | {"another.path"}, SHIPPED) == layout
    assert all(pick_nested(paths - {path}, SHIPPED) != layout for path in paths)


@pytest.mark.parametrize("layout", [one for one in SHIPPED if not one.nested], ids=lambda layout: layout.name)
def test_each_shipped_layout_is_picked_by_its_own_header(layout: Layout) -> None:
    header = sorted(layout.needed()) + sorted(layout.headers() - layout.needed())
    assert pick_layout(header, SHIPPED) == (layout, [])
    assert pick_layout([name.upper() + " " for name in header] + ["Comment"], SHIPPED) == (layout, [])
    assert pick_layout(header[1:], SHIPPED)[0] != layout


def test_the_layout_that_names_most_headers_wins() -> None:
    narrow = Layout("narrow", "claim_lines", {"claim_id": "Acct", "line_number": "Line"})
    wide = Layout("wide", "claim_lines", {**narrow.columns, "payer_id": "Payer"})
    for layouts in ([narrow, wide], [wide, narrow]):
        assert pick_layout(["Acct", "Line", "Payer"], layouts)[0] == wide
        assert pick_layout(["Acct", "Line"], layouts)[0] == narrow


def test_a_header_that_speaks_of_something_else_is_none_of_ours() -> None:
    assert pick_layout(["member", "plan", "claim_id", "payer_id"], SHIPPED) == (None, [])
    assert pick_layout([], SHIPPED) == (None, [])


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"kind": "claims"}, "kind must be"),
        ({"kind": "claim_lines", "colunms": {}}, "unknown key colunms"),
        ({"kind": "claim_lines", "columns": {"claim": "A"}}, r"\[columns\] names the unknown column claim"),
        ({"kind": "claim_lines", "constants": {"x": "A"}}, r"\[constants\] names the unknown column x"),
        ({"kind": "claim_lines", "un_means": "hours"}, "un_means must be"),
        ({"kind": "claim_lines", "money": "eu"}, "money must be"),
    ],
)
def test_a_layout_with_a_mistake_is_refused_by_name(raw: dict[str, Any], told: str) -> None:
    with pytest.raises(LayoutError, match=f"^layout mine: .*{told}"):
        parse_layout("mine", raw)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("$1,200.50", "1200.50"),
        ("1,234,567.00", "1234567.00"),
        ("(5.00)", "-5.00"),
        ("($1,005.10)", "-1005.10"),
        ("5.00-", "-5.00"),
        ("$5.00-", "-5.00"),
        ("-$5.00", "-5.00"),
        ("$ 12", "12"),
        (".50", "0.50"),
        ("-.50", "-0.50"),
        ("845.00", "845.00"),
        ("1e2", "1e2"),
        ("(5.00", "(5.00"),
        ("n/a", "n/a"),
        ("", ""),
    ],
)
def test_money_as_people_write_it_in_the_united_states(written: str, read: str) -> None:
    assert pl.DataFrame({"m": [written]}).select(plain_amount(pl.col("m"))).item() == read


def text_rows(rows: dict[str, list[str | None]], layout: Layout) -> pl.DataFrame:
    frame = pl.DataFrame(rows).with_columns(
        file_key=pl.lit("f"), row_number=pl.lit(1), field_count_ok=pl.lit(True)
    )
    return canonical_text(frame.lazy(), layout, list(rows)).collect()


def test_separate_adjustment_columns_are_packed_and_an_incomplete_slot_is_seen() -> None:
    slots = (("G1", "R1", "A1"), ("G2", "R2", "A2"))
    layout = Layout("posting", "remit_lines", {"claim_id": "Acct"}, money="us", adjustment_slots=slots)
    found = text_rows(
        {
            "Acct": ["1", "2", "3", "4"],
            "G1": ["CO", None, "CO", ""],
            "R1": ["45", None, "45", " "],
            "A1": ["$1,605.00", None, "5.00", None],
            "G2": ["PR", "PR", "PR", None],
            "R2": ["2", "2", None, None],
            "A2": ["(30.00)", "30.00", "30.00", None],
        },
        layout,
    )
    assert found["adjustments"].to_list() == [
        "CO-45:1605.00|PR-2:-30.00",
        "PR-2:30.00",
        "CO-45:5.00|PR-?:30.00",
        "",
    ]
    assert found["claim_adjustments"].to_list() == [None] * 4


def test_constants_fill_what_the_file_does_not_have_and_extra_columns_are_gone() -> None:
    layout = Layout("portal", "remit_lines", {"claim_id": "Acct"}, constants={"payer_id": "62308"})
    found = text_rows({"Patient Name": ["DOE"], " acct ": ["A1"]}, layout)
    assert found.columns == [*header_of("remit_lines"), "file_key", "row_number", "field_count_ok"]
    assert found.select("claim_id", "payer_id", "payer_name").row(0) == ("A1", "62308", None)


def test_headers_are_compared_without_marks_case_and_doubled_blanks() -> None:
    assert plain_header("\ufeff Date   of\tService ") == "date of service"
