"""The documents name only what is there: files, functions, tests and commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flows.cli import app

HOME = Path(__file__).parents[2]
DOCUMENTS = sorted([*HOME.glob("*.md"), *(HOME / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"cpt01939 ([a-z]+)")
RULE = re.compile(r"^\| .+ \| .+ \| `([^`]+\.py)` `(\w+)` \| `([^`]+\.py)::(\w+)` \|$", re.MULTILINE)


def _name(path: Path) -> str:
    return str(path.relative_to(HOME))


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_every_command_exists(document: Path) -> None:
    named = set(COMMAND.findall(document.read_text(encoding="utf-8")))
    assert named <= set(app), named - set(app)


def test_every_rule_names_code_and_test_that_exist() -> None:
    """docs/rules.md: one row per rule, with its module, function or constant, test file and test."""
    text = (HOME / "docs" / "rules.md").read_text(encoding="utf-8")
    rules = RULE.findall(text)
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| rule |")]
    assert len(rules) == len(rows) > 50, "a row in another form"
    for module, name, test_file, test in rules:
        code = (HOME / module).read_text(encoding="utf-8")
        assert re.search(rf"^(def {name}\(|class {name}\b|{name}\b.*=)", code, re.MULTILINE), (module, name)
        tests = (HOME / test_file).read_text(encoding="utf-8")
        assert re.search(rf"^def {test}\(", tests, re.MULTILINE), (test_file, test)
