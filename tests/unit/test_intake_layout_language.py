"""The layout language: how columns are made, and how a mistake is told with its line (CONTRACT section 3)."""

from __future__ import annotations

import copy
import random
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.settings import shipped
from transforms.intake.dates import read_date
from transforms.intake.layout_file import LayoutError, broken_for, parse_layout, read_layouts
from transforms.intake.layout_rules import (
    Adjustment,
    Made,
    Packed,
    adjustment_text,
    made_text,
    opposite,
    packed_text,
    with_point,
)

REMIT = """kind = "remit_lines"
[columns]
payment_trace = "A"
payment_date = "B"
claim_id = "C"
claim_status_code = "D"
payer_claim_number = "E"
charge_amount = "F"
paid_amount = "G"
"""


NEAR: dict[str, str | None] = {"a": "240.00", "c": "48.00"}


def made(rule: Made, comma: bool = False, **texts: str | None) -> str | None:
    frame = pl.DataFrame(
        {name: [text] for name, text in texts.items()}, schema=dict.fromkeys(texts, pl.String)
    )
    found = {name.lower(): name for name in texts}
    answer: str | None = frame.select(made_text(rule, found, comma)).item()
    return answer


@pytest.mark.parametrize(
    ("rule", "texts", "read"),
    [
        (Made(("a", "b"), "first"), {"a": " ", "b": "x"}, "x"),
        (Made(("a", "b"), "first"), {"a": "N/A", "b": None}, None),
        (Made(("a", "b"), "join", "-"), {"a": "x", "b": "y"}, "x-y"),
        (Made(("a", "b"), "join", "-"), {"a": "x", "b": None}, "x"),
        (Made(("a",), split=",", part=2), {"a": "AA, QS"}, "QS"),
        (Made(("a",), split=",", part=3), {"a": "AA, QS"}, None),
        (Made(("a",), pattern=r"\((.*)\)"), {"a": "AETNA (60054)"}, "60054"),
        (Made(("a",), pattern=r"\((.*)\)"), {"a": "AETNA"}, None),
        (Made(("a",), mapped=(("1 - Original", "1"),)), {"a": " 1 - ORIGINAL"}, "1"),
        (Made(("a",), mapped=(("1 - Original", "1"),)), {"a": "other"}, "other"),
        (Made(("a",), mapped=(("x", "1"),), otherwise="T"), {"a": "other"}, "T"),
        (Made(("a",), mapped=(("x", "1"),), otherwise="T"), {"a": None}, None),
        (Made(("a",), mapped=(("", "1"),)), {"a": None}, "1"),
        (Made(("a",), implied_decimals=2), {"a": "000084500"}, "845.00"),
        (Made(("a",), implied_decimals=2), {"a": "-5"}, "-0.05"),
        (Made(("a",), implied_decimals=2), {"a": "84.50"}, "84.50"),
        (Made(("a",), times="15"), {"a": "2.2"}, "33"),
        (Made(("a",), times="0.1"), {"a": "$1,200"}, "120"),
        (Made(("a",), times="15"), {"a": "much"}, "much"),
        (Made(("a",), negative=(("b", ("V", "B")),)), {"a": "(5.00)", "b": "v"}, "5.00"),
        (Made(("a",), negative=(("b", ("V", "B")),)), {"a": "5.00", "b": "B"}, "-5.00"),
        (Made(("a",), negative=(("b", ("V", "B")),)), {"a": "5.00", "b": "O"}, "5.00"),
        (Made(("absent",)), {"a": "x"}, None),
        (Made(("a",), split="|", part_at=Made(("b",), split=":", part=2)), {"a": "x|y|z", "b": "1:3"}, "z"),
        (Made(("a",), split="|", part_at=Made(("b",), split=":", part=2)), {"a": "x|y|z", "b": "1"}, None),
        (Made(("a",), split="|", part_at=Made(("b",))), {"a": "x|y|z", "b": "0"}, None),
        (Made(("a",), split="|", part_at=Made(("b",))), {"a": "x|y|z", "b": "9"}, None),
    ],
)
def test_a_made_column(rule: Made, texts: dict[str, str | None], read: str | None) -> None:
    found = made(rule, **texts)
    if rule.implied_decimals and found is not None and read is not None:
        assert Decimal(found) == Decimal(read)
    else:
        assert found == read


@pytest.mark.parametrize(
    ("rule", "texts", "read"),
    [
        (Adjustment("m", code="c"), {"c": "CO45", "m": "$605.00"}, "CO-45:605.00"),
        (Adjustment("m", code="c"), {"c": "pr - 2", "m": "30"}, "PR-2:30"),
        (Adjustment("m", code="c"), {"c": None, "m": "30"}, "?:30"),
        (Adjustment("m", code="c"), {"c": None, "m": None}, None),
        (Adjustment("m", always="PR-2"), {"m": "0.00"}, None),
        (Adjustment("m", always="PR-2"), {"m": "x"}, "PR-2:x"),
        (Adjustment(always="CO-45", less=("m", "n")), {"m": "845.10", "n": "240.05"}, "CO-45:605.05"),
        (Adjustment(always="CO-45", less=("m", "n")), {"m": "240", "n": "240.00"}, None),
        (Adjustment("m", reason="r", always="CO"), {"m": "5", "r": "197"}, "CO-197:5"),
        (Adjustment("m", reason="r", always="CO"), {"m": "5", "r": None}, "CO-?:5"),
        (Adjustment("m", reason="r", always="CO"), {"m": "0", "r": None}, None),
        (Adjustment("m", always="CO-A1", where=(("d", ("0",)),)), {"m": "5", "d": "0"}, "CO-A1:5"),
        (Adjustment("m", always="CO-A1", where=(("d", ("0",)),)), {"m": "5", "d": "1"}, None),
        (Adjustment("m", always="CO-45", where_not=(("d", ("0",)),)), {"m": "5", "d": "0"}, None),
        (Adjustment("m", always="CO-45", where_not=(("d", ("0",)),)), {"m": "5", "d": None}, "CO-45:5"),
        (
            Adjustment("m", always="CO-253", near_percent=2, near=("a", "c")),
            NEAR | {"m": "3.84"},
            "CO-253:3.84",
        ),
        (
            Adjustment("m", always="CO-253", near_percent=2, near=("a", "c")),
            NEAR | {"m": "3.85"},
            "CO-253:3.85",
        ),
        (Adjustment("m", always="CO-253", near_percent=2, near=("a", "c")), NEAR | {"m": "3.86"}, None),
        (Adjustment("m", always="CO-253", near_percent=2, near=("a", "c")), NEAR | {"m": "-3.84"}, None),
    ],
)
def test_an_adjustment_in_columns_of_its_own(
    rule: Adjustment, texts: dict[str, str | None], read: str | None
) -> None:
    frame = pl.DataFrame(
        {name: [text] for name, text in texts.items()}, schema=dict.fromkeys(texts, pl.String)
    )
    assert frame.select(adjustment_text(rule, {name: name for name in texts}, {}, False)).item() == read


def test_packed_adjustments_that_the_pattern_does_not_fit_stay_for_the_rules_to_see() -> None:
    frame = pl.DataFrame({"a": ["CO45=605.00; PR2=30;", "CO45", None]})
    rule = Packed("a", ";", r"([A-Z]{2})([0-9A-Z]+)=([0-9.]+)")
    assert frame.select(packed_text(rule, {"a": "a"})).to_series().to_list() == [
        "CO-45:605.00|PR-2:30",
        "CO45",
        None,
    ]


def test_the_pivot_moves_years_of_two_digits_into_its_hundred_years() -> None:
    frame = pl.DataFrame({"d": ["01/01/30", "01/01/29", "01/01/1930"]})
    read = frame.select(read_date(pl.col("d"), ("%m/%d/%y", "%m/%d/%Y"), 2029)).to_series()
    assert read.dt.year().to_list() == [1930, 2029, 1930]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("claim_idd = 'X'\n", "line 10: [columns] names the unknown column claim_idd"),
        ("allowed_amount = { first = [] }\n", "line 10: first of allowed_amount must name columns of theirs"),
        ("allowed_amount = { columns = 'A' }\n", "line 10: unknown key columns of allowed_amount"),
        ("remark_codes = { column = 'A', pattern = '(' }\n", "line 10: a pattern is no regular expression"),
        (
            "remark_codes = { column = 'A', pattern = 'x' }\n",
            "line 10: the pattern needs 1 groups in brackets",
        ),
        ("[constants]\nclaim_id = '1'\n", "line 11: claim_id is a column and a constant"),
        ("[file]\nskip_row = 1\n", "line 11: unknown key skip_row in [file]"),
        ("[file]\nencoding = 'x-none'\n", "line 11: encoding is unknown"),
        ("[file]\nencoding = 'idna'\n", "line 11: encoding is unknown"),
        ("[file]\ndelimiter = '||'\n", "line 11: delimiter must be one character of ASCII"),
        ("[file]\nheader = ['A']\n", "a file without a header is known by matches: give one"),
        (
            "[adjustments]\nslots = [{ amount = 'A' }]\n",
            "line 11: a slot needs group and reason, code, or always",
        ),
        ("adjustments = 'A'\n[adjustments]\npacked = { column = 'B' }\n", "adjustments are given twice"),
        ("[where]\nA = 5\n", "line 11: where must give texts for each column"),
        ("[cancelled]\nA = 5\n", "line 11: cancelled must give texts for each column"),
        ("[minutes]\nallow = 'A'\n", "[minutes] needs allowed, and may have where"),
        (
            "allowed_amount = { column = 'A', split = ',', part_at = 2 }\n",
            "line 10: part_at of allowed_amount",
        ),
        (
            "[adjustments]\nslots = [{ always = 'CO', amount = 'A' }]\n",
            "line 11: a slot needs group and reason",
        ),
        (
            "[adjustments]\nslots = [{ always = 'CO-1', amount = 'A', near = { percent = 'x', of = [] } }]\n",
            "line 11: near needs a whole percent",
        ),
        ("[adjustments]\nlist = { path = 'a', group = 'b', reason = 'c', amount = 'd' }\n", "needs [nested]"),
    ],
)
def test_a_mistake_is_told_with_its_line(more: str, told: str) -> None:
    text = REMIT + more
    with pytest.raises(LayoutError) as caught:
        parse_layout("mine", tomllib.loads(text), text)
    assert told in str(caught.value)


@pytest.mark.parametrize("form", ["MM/DD/YYYY", "%m/%d", "%q", "%Y", "", "%"])
def test_a_form_that_reads_no_date_is_a_mistake(form: str) -> None:
    text = f'date_formats = ["%m/%d/%Y", "{form}"]\n' + REMIT
    with pytest.raises(LayoutError, match="line 1: date_formats has .*no form of dates"):
        parse_layout("mine", tomllib.loads(text), text)


@pytest.mark.parametrize("form", ["%d.%m.%y", "%b %d, %Y", "%Y-%m-%dT%H:%M:%S", "%m/%d/%Y %I:%M %p"])
def test_a_form_that_reads_dates_is_no_mistake(form: str) -> None:
    text = f'date_formats = ["{form}"]\n' + REMIT
    assert parse_layout("mine", tomllib.loads(text), text).date_formats == (form,)


@pytest.mark.parametrize("kind", ['kind = "claims"\n', ""])
def test_a_kind_that_there_is_not_is_a_mistake(kind: str) -> None:
    text = REMIT.replace('kind = "remit_lines"\n', kind)
    line = "line 1: " if kind else ""
    with pytest.raises(LayoutError, match=f"layout mine: {line}kind must be claim_lines or remit_lines"):
        parse_layout("mine", tomllib.loads(text), text)


def test_a_required_column_that_is_not_given_is_a_mistake() -> None:
    text = REMIT.replace('paid_amount = "G"\n', "")
    with pytest.raises(LayoutError, match="line 2: required and not given: paid_amount"):
        parse_layout("mine", tomllib.loads(text), text)


def test_a_layout_that_cannot_be_used_claims_only_files_that_it_names() -> None:
    good, broken = read_layouts(
        [("good", REMIT.encode()), ("bad", REMIT.replace("claim_id", "claim").encode())]
    )
    assert [layout.name for layout in good] == ["good"]
    assert broken_for(list("ABCDEFG"), broken, 0) == broken[0]
    assert broken_for(list("ABCDEFGHIJ"), broken, 8) is None
    assert broken_for(["claim number", "paid"], broken, 0) is None


def test_a_layout_that_would_fit_any_file_is_a_mistake() -> None:
    text = REMIT + "[file]\nskip_rows = 0\n"
    loose = 'optional = ["A", "B", "C", "D", "E"]\n' + text
    with pytest.raises(LayoutError, match="a layout needs 3 headers that are not optional"):
        parse_layout("mine", tomllib.loads(loose), loose)


def test_what_a_form_cannot_answer_is_one_of_a_list() -> None:
    text = 'cannot_answer = ["denial", "timeliness"]\n' + REMIT
    with pytest.raises(LayoutError, match="line 1: cannot_answer has denial; it can have denials, first"):
        parse_layout("mine", tomllib.loads(text), text)


@pytest.mark.parametrize(
    ("text", "turned"),
    [
        ("845.00", "-845.00"),
        ("-845.00", "845.00"),
        ("(845.00)", "845.00"),
        ("$1,200", "-1200"),
        ("CO-45:605.00|PR-2:-30", "CO-45:-605.00|PR-2:30"),
        ("CO-45:.52", "CO-45:-.52"),
        ("much", "much"),
        (None, None),
    ],
)
def test_the_other_sign_of_amounts_and_adjustments(text: str | None, turned: str | None) -> None:
    frame = pl.DataFrame({"a": [text]}, schema={"a": pl.String})
    assert frame.select(opposite(pl.col("a"), pl.lit(True), decimal_comma=False)).item() == turned
    assert frame.select(opposite(pl.col("a"), pl.lit(False), decimal_comma=False)).item() == text


@pytest.mark.parametrize(
    ("text", "read"),
    [("84500", "845.00"), ("5", "0.05"), ("-84500", "-845.00"), ("84.50", "84.50"), ("x", "x")],
)
def test_whole_numbers_that_are_cents(text: str, read: str) -> None:
    assert pl.DataFrame({"a": [text]}).select(with_point(pl.col("a"), 2)).item() == read


WRITTEN = [
    *(path.read_text("utf-8") for path in sorted((shipped("config") / "layouts").glob("*.toml"))),
    *re.findall(
        r"```toml\n(.*?)```",
        (Path(__file__).parents[2] / "docs" / "layouts.md").read_text("utf-8"),
        re.DOTALL,
    ),
]
"""The layouts that are shipped, and those of the docs."""
WRONG: list[Any] = [5, -1, True, 2.5, "", "x", "(", "a[", [], [5], ["x"], [[]], {}, {"a": 5}, {"first": 5}]


def places(table: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a layout has a value, a list or a table."""
    for key, value in table.items() if isinstance(table, dict) else enumerate(table):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def test_whatever_a_layout_says_it_is_read_or_has_mistakes() -> None:
    """Any other error would end the night, not only the files of the layout."""
    pick = random.Random(7)
    outcomes = {"read": 0, "mistakes": 0}
    for text in WRITTEN:
        known = {
            tuple(0 if isinstance(key, int) else key for key in path): path
            for path in places(tomllib.loads(text))
        }
        for path in pick.sample(sorted(known.values(), key=str), min(len(known), 15)):
            raw = copy.deepcopy(tomllib.loads(text))
            holder: Any = raw
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = pick.choice(WRONG)
            try:
                parse_layout("mine", raw, text)
                outcomes["read"] += 1
            except LayoutError:
                outcomes["mistakes"] += 1
    assert min(outcomes.values()) > 20


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("[adjustments]\nslots = ['x']\n", "line 11: slots must be a list of tables"),
        ("[adjustments]\nclaim_slots = 5\n", "line 11: claim_slots must be a list of tables"),
        ("[adjustments]\ngroups = 'x'\n", "line 11: groups must be a table"),
        ("[file]\nfixed = 5\n", "line 11: fixed must be a list of tables"),
        ("[file]\nmatches = 'x'\n", "line 11: matches must be a table"),
    ],
)
def test_a_value_of_another_form_is_a_mistake_with_its_line(more: str, told: str) -> None:
    with pytest.raises(LayoutError, match=told):
        parse_layout("mine", tomllib.loads(REMIT + more), REMIT + more)


def test_a_kind_that_is_no_text_is_a_mistake() -> None:
    text = REMIT.replace('"remit_lines"', '["remit_lines"]')
    with pytest.raises(LayoutError, match="line 1: kind must be"):
        parse_layout("mine", tomllib.loads(text), text)
