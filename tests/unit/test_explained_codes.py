"""`explain` knows every code that a person can meet: in a message, in a table, in a remittance."""

from __future__ import annotations

import ast
import csv
import json
import re
from functools import cache
from pathlib import Path

import pytest

from flows.commands.explain import all_codes, entry_of, every_code, explain
from flows.errors import CATALOGUE, ProductError
from flows.readers.rejections import REJECTIONS
from flows.settings import shipped
from schemas.rules import AUDIENCES, DisclosureRules
from schemas.tables import TABLES
from schemas.validation import QUARANTINE_RULES
from schemas.withheld import WITHHELD_REASONS
from transforms.protect.audience_tables import why_withheld
from transforms.x12.findings import FINDINGS

ROOT = Path(__file__).parents[2]
IN_WORDS = "reference_columns.py"
"""Mistakes in reference tables are said in words, not by a code (E_REFERENCE)."""
SOURCES = [
    path
    for room in ("flows", "transforms", "schemas")
    for path in (ROOT / room).rglob("*.py")
    if path.name != IN_WORDS
]
SAYING = {
    "ProductError", "Rejected", "X12Rejected", "Finding", "Spots", "warning", "quarantining", "_note",
    "issues.add", "RowRule",
}  # fmt: skip
"""What is called with a code first."""
SAID_OTHERWISE = {
    "file_bad_rows": "batch_report.py",
    "isa_length": "delimiters.py",
    "zstd_damaged": "inspect_x12.py",
}
"""Reasons that stand in a text, a list or a report, and the module that writes them."""


def strings_of(node: ast.expr, tree: ast.AST, looked_up: frozenset[str] = frozenset()) -> set[str]:
    """The texts that an expression may be: itself, either branch of a choice, what its name was given.

    A parameter, an attribute or the result of a call is none of these: it was said elsewhere.
    """
    if isinstance(node, ast.Constant):
        return {node.value} if isinstance(node.value, str) else set()
    if isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.BoolOp):
        parts = node.values
    elif isinstance(node, ast.NamedExpr):
        parts = [node.value]
    elif isinstance(node, ast.Name) and node.id not in looked_up:
        looked_up |= {node.id}
        parts = [
            each.value
            for each in ast.walk(tree)
            if isinstance(each, ast.Assign | ast.AnnAssign | ast.NamedExpr) and each.value is not None
            for target in (each.targets if isinstance(each, ast.Assign) else [each.target])
            if isinstance(target, ast.Name) and target.id == node.id
        ]
    else:
        parts = []
    return {text for part in parts for text in strings_of(part, tree, looked_up)}


def said_in(text: str) -> set[str]:
    """Every code that the text of a module writes."""
    tree = ast.parse(text)
    found = set(re.findall(r"(?<![.\w])([EW]_[A-Z]+(?:_[A-Z]+)*)\b", text))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func)
            if any(f".{called}".endswith(f".{name}") for name in SAYING):
                found |= strings_of(node.args[0], tree)
    return found


@cache
def codes_said() -> frozenset[tuple[str, str]]:
    """Every code that is written in the program, with the file it is written in."""
    return frozenset(
        (code, path.name) for path in SOURCES for code in said_in(path.read_text(encoding="utf-8"))
    )


def column(table: str, name: str) -> list[str]:
    with (shipped("reference") / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return [row[name] for row in csv.DictReader(stream)]


def test_every_code_that_is_written_in_the_program_is_explained() -> None:
    known = all_codes()
    said = dict(codes_said())
    assert len(said) > 100
    assert {code: place for code, place in said.items() if code not in known} == {}


@pytest.mark.parametrize(
    "statement",
    [
        'raise Rejected("file_new")',
        'raise rejections.Rejected("file_new", "column 1")',
        'raise Rejected("file_empty" if size == 0 else "file_new")',
        'code = "file_new" if late else "file_empty"\nraise Rejected(code)',
        'def f(): return Rejected(code := "file_new")',
        'self.issues.add("file_new", claim, first)',
        'self._note("file_new", "SE", 1)',
    ],
)
def test_a_code_is_found_however_it_is_said(statement: str) -> None:
    """So that a reason which is raised and not explained cannot pass the test above."""
    assert "file_new" in said_in(statement)


def test_every_code_of_the_catalogue_is_used() -> None:
    """Nobody reads of an error that cannot happen."""
    elsewhere = {code for code, place in codes_said() if place != "errors.py"}
    assert set(CATALOGUE) - elsewhere == set()


def test_every_reason_against_a_file_or_a_row_is_said_where_it_is_looked_for() -> None:
    """What is explained and not found in the program: a leftover, or a way to say a code that is not read."""
    written = {path.name: path.read_text(encoding="utf-8") for path in SOURCES}
    for code, place in SAID_OTHERWISE.items():
        assert re.search(rf"""["']{code}\b""", written[place]), code
    said = {code for code, _ in codes_said()} | set(SAID_OTHERWISE)
    assert {*REJECTIONS, *FINDINGS, *QUARANTINE_RULES} - said == set()


def test_every_reason_to_withhold_is_explained() -> None:
    """Contract 6, audiences, 4: few_lines, few_providers, dominant_provider."""
    made = {
        reason
        for spec in TABLES.values()
        if spec.has_n
        for audience in AUDIENCES[1:]
        for reason in re.findall(r'then\("(\w+)"\)', str(why_withheld(spec, DisclosureRules.of(audience))))
    }
    assert made == set(WITHHELD_REASONS)
    assert set(WITHHELD_REASONS) <= set(all_codes())


@pytest.mark.parametrize(
    ("table", "name"), [("carc", "carc"), ("denial_categories", "denial_category"), ("rarc", "rarc")]
)
def test_every_code_of_a_payer_in_the_reference_data_is_explained(table: str, name: str) -> None:
    codes = column(table, name)
    known = every_code()
    assert codes
    for code in codes:
        shown, entry = entry_of(code)
        assert (shown, entry) == (code, known[code])


def test_meaning_and_cure_of_every_code_are_sentences() -> None:
    for code, entry in every_code().items():
        for text in (entry.meaning, entry.cure):
            assert re.match(r"[A-Z`'\d]", text), code
            assert text.endswith((".", "?", ")", '"')), code
            assert ".." not in text.replace("...", ""), code


@pytest.mark.parametrize(
    ("asked", "found", "told"),
    [
        ("CO-197", "197", "Such lines count in prior_auth_denied_lines."),
        ("b7", "B7", "Its category is provider."),
        ("CO-45", "45", "not part of the allowed amount"),
        ("PR-100", "100", "it counts as paid"),  # contract 4.8
        ("OA-23", "23", "secondary"),  # contract 4.4
        ("253", "253", "added back to the paid amount"),  # contract 4.8
        ("999", "999", "category unclassified"),  # contract 4.9: unknown to the list
        ("N4711", "N4711", "not in the list of this program"),
        ("e_busy", "E_BUSY", "Another run"),
        ("file_bad_rows:15 of 15: bad_number charge_amount 12", "file_bad_rows", "The share of bad rows"),
    ],
)
def test_codes_are_found_as_people_meet_them(asked: str, found: str, told: str) -> None:
    name, entry = entry_of(asked)
    assert name == found
    assert told in f"{entry.meaning} {entry.cure}"


@pytest.mark.parametrize(("asked", "like"), [("E_DISC", "like it: E_DISK"), ("Mueller", ""), ("", "")])
def test_a_code_that_is_none_is_refused_without_repeating_it(asked: str, like: str) -> None:
    with pytest.raises(ProductError) as caught:
        entry_of(asked)
    assert caught.value.code == "E_UNKNOWN_CODE"
    assert caught.value.detail.startswith(like)
    assert "Mueller" not in str(caught.value)


def test_an_error_of_the_reference_data_is_explained_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.commands.reason_codes.shipped", lambda name: tmp_path)
    assert entry_of("E_REFERENCE")[1] == CATALOGUE["E_REFERENCE"]
    assert set(every_code()) == set(all_codes())


def test_without_a_code_all_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    from flows.commands.console import Common

    assert explain(common=Common(json=True)) == 0
    assert set(json.loads(capsys.readouterr().out)["codes"]) == set(every_code())
