"""Nested documents as flat rows (CONTRACT section 3, layouts of public extracts)."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from transforms.intake.layout_file import LayoutError, parse_layout
from transforms.intake.nested import AdjustmentList, Nesting, flat_rows, known_paths, parse_path, texts_at

CLAIM = {
    "id": "PCN1",
    "refs": [{"q": "F8", "id": "A"}, {"q": "G1", "id": "B"}, {"q": "F8", "id": "C"}],
    "coding": [{"system": "http://x/hcpcs", "code": "01939"}, {"system": "http://y/rev", "code": "0370"}],
    "team": [{"sequence": "1", "npi": "N1"}, {"sequence": "2", "npi": "N2"}],
    "lines": [{"code": "01939", "team": ["2"], "mods": ["AA", "QS"], "paid": True}, {"code": "99100"}],
}
NESTING = Nesting((("claim", "claims"), ("line", "claim.lines")))


def said(path: str, line: int = 0) -> list[str]:
    row = {"": {"claims": [CLAIM], "payer": {"name": "AETNA"}}, "claim": CLAIM, "line": CLAIM["lines"][line]}
    return texts_at({**row, "line[#]": line + 1}, path)


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("payer.name", ["AETNA"]),
        ("claim.id", ["PCN1"]),
        ("line.code", ["01939"]),
        ("line.mods", ["AA", "QS"]),
        ("line.mods[2]", ["QS"]),
        ("line.mods[3]", []),
        ("line.paid", ["true"]),
        ("line[#]", ["1"]),
        ("line[code=01939].mods[1]", ["AA"]),
        ("line[code=99100].mods[1]", []),
        ("payer[name=AETNA].name", ["AETNA"]),
        ("payer[name=CIGNA].name", []),
        ("claim.refs[q=F8].id", ["A", "C"]),
        ("claim.refs[q=F8][1].id", ["A"]),
        ("claim.refs[q=ZZ].id", []),
        ("claim.coding[system=*hcpcs].code", ["01939"]),
        ("claim.team[sequence=@line.team].npi", ["N2"]),
        ("claims.lines.code", ["01939", "99100"]),
        ("line.absent.further", []),
        ("claim.lines", []),
    ],
)
def test_what_a_path_says(path: str, texts: list[str]) -> None:
    assert said(path) == texts


@pytest.mark.parametrize("path", ["", "a.", ".a", "a[", "a[b]", "a[=b]", "a[0]", "a]b"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match=r"no path|a pick"):
        parse_path(path)


def test_one_row_for_each_line_and_one_for_a_claim_without_any() -> None:
    document = {"payer": "AETNA", "claims": [CLAIM, {"id": "PCN2", "lines": []}, {"id": "PCN3"}]}
    rows = list(flat_rows(document, NESTING, ["payer", "claim.id", "line[#]", "line.code", "line.mods"]))
    assert rows == [
        ["AETNA", "PCN1", "1", "01939", "AA|QS"],
        ["AETNA", "PCN1", "2", "99100", None],
        ["AETNA", "PCN2", None, None, None],
        ["AETNA", "PCN3", None, None, None],
    ]


@pytest.mark.parametrize(
    ("elements", "packed"),
    [
        ([{"g": "CO", "r1": "45", "a1": "605.00", "r2": "253", "a2": ".52"}], "CO-45:605.00|CO-253:.52"),
        ([{"g": "CO", "r1": "45", "a1": "5"}, {"g": "PR", "r1": "2", "a1": "-3"}], "CO-45:5|PR-2:-3"),
        ([{"g": "CONTRACTUAL", "r1": "45", "a1": "5"}], "CO-45:5"),
        ([{"g": "CO", "r1": "45", "a1": "0.00"}, {"g": "CO", "r1": "", "a1": "0"}], "CO-45:0.00"),
        ([{"r1": "45", "a1": "5"}], "?-45:5"),
        ([{"g": "CO", "a1": "5"}], "CO-?:5"),
        ([], None),
    ],
)
def test_a_list_of_adjustments(elements: list[dict[str, str]], packed: str | None) -> None:
    rule = AdjustmentList("line.cas", "g", "r", "a", numbered=3)
    nesting = Nesting((("line", "lines"),), (rule,), (("contractual", "CO"),))
    assert list(flat_rows({"lines": [{"cas": elements}]}, nesting, ["line.cas"])) == [[packed]]


def test_a_group_that_is_none_is_that_of_the_adjustment_before_it() -> None:
    rule = AdjustmentList("line.cas", "g", "r", "a", carry_group=True)
    nesting = Nesting((("line", "lines"),), (rule,))
    cas = [{"g": "PR", "r": "1", "a": "2"}, {"g": "1", "r": "2", "a": "3"}, {"g": "CO", "r": "45", "a": "4"}]
    (row,) = flat_rows({"lines": [{"cas": cas}]}, nesting, ["line.cas"])
    assert row == ["PR-1:2|PR-2:3|CO-45:4"]


def test_paths_of_documents_pass_through_lists() -> None:
    paths: Any = known_paths([{"claims": [{"Id": "1"}, {"lines": [{"code": None}]}]}])
    assert paths == {"claims", "claims.id", "claims.lines", "claims.lines.code"}
    assert Nesting((("line", "line"),)).generic("line.code") == "line.code"
    assert NESTING.generic("line.mods[q=1.5].Code") == "claims.lines.mods.code"


NESTED = """kind = "remit_lines"
[nested]
each = { claim = "claims", line = "claim.lines" }
[columns]
payment_trace = "trace"
payment_date = "day"
claim_id = "claim.id"
claim_status_code = "claim.status"
payer_claim_number = "claim.icn"
charge_amount = "line.charge"
paid_amount = "line.paid"
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('line = "claim.lines"', 'line = "lines"', "line 3: the list line must lie inside claim"),
        ('line = "claim.lines"', '"l.n" = "claim.lines"', "line 3: l.n is no name of a list"),
        ('"claim.id"', '"claim.[1]"', "line 7: claim.[1] is no path"),
        ('"claim.icn"', '"claim.refs[q]"', "line 9: claim.refs[q] is no path"),
        ("[nested]", "[nested]\nall = 1", "line 3: unknown key all in [nested]"),
        (
            "[columns]",
            '[adjustments]\nlist = { path = "line.cas" }\n[columns]',
            "line 5: list needs path, group",
        ),
        (
            "[columns]",
            '[adjustments]\nlist = {path = "a", group = "b", reason = "c", amount = "d", nr = 6}\n[columns]',
            "line 5: unknown key nr in list",
        ),
    ],
)
def test_a_mistake_in_a_nested_layout_is_told_with_its_line(old: str, new: str, told: str) -> None:
    text = NESTED.replace(old, new)
    with pytest.raises(LayoutError) as caught:
        parse_layout("mine", tomllib.loads(text), text)
    assert told in str(caught.value)


def test_the_signature_is_of_the_lists_and_of_what_required_columns_are_read_from() -> None:
    layout = parse_layout("mine", tomllib.loads(NESTED), NESTED)
    assert {"claims", "claims.lines", "claims.lines.charge", "trace"} <= layout.signature()


def test_a_list_of_adjustments_needs_a_nested_layout() -> None:
    text = NESTED.replace('[nested]\neach = { claim = "claims", line = "claim.lines" }\n', "")
    text += '[adjustments]\nlist = { path = "a", group = "b", reason = "c", amount = "d" }\n'
    with pytest.raises(LayoutError, match="a list of adjustments needs"):
        parse_layout("mine", tomllib.loads(text), text)
