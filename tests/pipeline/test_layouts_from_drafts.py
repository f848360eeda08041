"""From an unknown export to accepted rows by the steps of docs/layouts.md: draft and edit, check, run.

The edits are those that the page names: fill in what the draft marks as required and not found, say how the
file ends, start from an example where the page says so.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from inbound_rows import KEY, TakenFiles, take_in
from test_layouts_worked_examples import CLAIM, EXAMPLES, PAGE, REMIT, export_of, texts

from flows.commands.layout import check, new
from flows.settings import shipped

STEPS = " ".join(PAGE.partition("## From an unknown export")[2].partition("\n## ")[0].split())
"""What the page says of the way, on one line."""
SHIFTED = 6
"""Another sender's records begin with a field of so many characters."""


class Operator:
    """A person with an export and the page: the layout as it stands, and what the commands tell."""

    def __init__(self, folder: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.content, self.capsys = folder, content, capsys
        self.export = folder / "export"
        self.export.write_bytes(content)
        self.mine = folder / "config" / "layouts" / "mine.toml"

    def told(self, command: Callable[[str], int], code: int) -> str:
        """What a command says that ends with this exit code."""
        self.capsys.readouterr()
        assert command(str(self.export)) == code
        said = self.capsys.readouterr()
        return said.out + said.err

    def drafts(self) -> str:
        """Step 2: the draft becomes the layout."""
        draft = self.told(new, 0)
        self.mine.write_text(draft, "utf-8")
        return draft

    def edits(self, old: str, new: str) -> None:
        toml = self.mine.read_text("utf-8")
        assert old in toml
        self.mine.write_text(toml.replace(old, new), "utf-8")

    def fills_in(self, **theirs: str) -> None:
        """Remove the # of what is required and not found, and write the name of their column."""
        for ours, name in theirs.items():
            self.edits(f'# required and not found: {ours} = ""', f'{ours} = "{name}"')

    def runs(self) -> TakenFiles:
        """Step 4."""
        return take_in(self.folder / "data", {"export": self.content})


@pytest.fixture
def operator_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[bytes], Operator]:
    """The operator of an export, with the layouts that are shipped and no other."""
    shutil.copytree(shipped("config"), tmp_path / "config")
    monkeypatch.setenv("CPT01939_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("CPT01939_HMAC_KEY", KEY)
    return lambda content: Operator(tmp_path, content, capsys)


def test_pipes_and_own_headers_are_accepted_as_drafted(operator_of: Callable[[bytes], Operator]) -> None:
    person = operator_of(export_of(EXAMPLES["Pipes and own headers"]))
    assert "required and not found" not in person.drafts()
    assert "1 rows read, 0 out of scope, 1 accepted, 0 quarantined" in person.told(check, 0)
    assert texts(person.runs().claim_lines, CLAIM) == [CLAIM]


def test_a_workbook_needs_two_names_and_its_last_row_left_out(
    operator_of: Callable[[bytes], Operator],
) -> None:
    person = operator_of(export_of(EXAMPLES["A workbook with title rows and a total at the end"]))
    person.drafts()
    assert "E_LAYOUT: layout mine: " in person.told(check, 1)
    person.fills_in(claim_frequency_code="Type", service_date="Date")
    person.edits("[columns]", "[file]\nskip_end_rows = 1\n[columns]")
    assert "1 rows read, 0 out of scope, 1 accepted, 0 quarantined" in person.told(check, 0)
    assert texts(person.runs().claim_lines, CLAIM) == [CLAIM]


def test_a_ledger_between_pipes_is_read_by_the_example_with_the_names_of_the_draft(
    operator_of: Callable[[bytes], Operator],
) -> None:
    assert "for a ledger of charges and payments start from [example 8]" in STEPS
    example = EXAMPLES["One ledger of charges and payments"]
    own = {
        "Type": "Entry", "Account": "Acct No", "Line": "Ln", "Date": "DOS", "Payer": "Carrier", "CPT": "Proc",
        "NPI": "Group NPI", "Amount": "Charges", "Check": "Check No", "Mods": "Modifiers",
    }  # fmt: skip
    header, *rows = csv.reader(io.StringIO(example["text"]))
    out = io.StringIO()
    csv.writer(out, delimiter="|", lineterminator="\n").writerows([[own.get(n, n) for n in header], *rows])
    person = operator_of(out.getvalue().encode())
    draft = person.drafts()
    for name in set(own.values()) - {"Entry"}:
        assert f'"{name}"' in draft, "the draft finds their columns"
    toml = example["toml"]
    for theirs, name in own.items():
        toml = re.sub(rf'"{theirs}"|\b{theirs}(?= = "(?:Charge|Payment)")', f'"{name}"', toml)
    person.mine.write_text(toml, "utf-8")
    assert "3 rows read, 1 out of scope, 2 accepted, 0 quarantined" in person.told(check, 0)
    found = person.runs()
    assert texts(found.claim_lines, CLAIM) == [CLAIM]
    assert texts(found.remit_lines, REMIT) == [REMIT]


def test_fixed_width_is_read_by_the_example_with_the_positions_of_the_sender(
    operator_of: Callable[[bytes], Operator],
) -> None:
    assert "for fixed width start from [example 7]" in STEPS
    example = EXAMPLES["Fixed width, implied cents, a header and a trailer record"]
    header, row, trailer = example["text"].splitlines()
    person = operator_of("\n".join([header, "C00001" + row, trailer, ""]).encode())
    told = person.told(new, 1)
    assert told.startswith("file_header_missing: ")
    assert "docs/layouts.md" in told
    moved = re.sub(r"start = (\d+)", lambda met: f"start = {int(met[1]) + SHIFTED}", example["toml"])
    person.mine.write_text(moved, "utf-8")
    assert "1 rows read, 0 out of scope, 1 accepted, 0 quarantined" in person.told(check, 0)
    assert texts(person.runs().claim_lines, CLAIM) == [CLAIM]
