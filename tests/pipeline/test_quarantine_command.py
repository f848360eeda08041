"""`cpt01939 quarantine`: row, rule, column, what to do; values on a terminal alone (contract 2 and 7)."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from inbound_rows import as_csv, claim
from small_runs import KEY, OTHER_KEY, command, environment_for, run_nightly

from flows.commands.console import Common
from flows.commands.explain import all_codes
from flows.commands.quarantine import quarantine_command
from flows.errors import ProductError

pytestmark = pytest.mark.slow
VALUE = "20999999"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("quarantine")
    rows = [claim(claim_id=f"PCN{n}", line_control_number=f"LC{n}") for n in range(40)]
    rows[2]["unit_count"] = VALUE
    rows[4]["charge_amount"] = "-1.00"
    for name, part in (("bad.csv", rows), ("good.csv", [claim(claim_id="PCN99", line_control_number="X")])):
        (data / "landing").mkdir(exist_ok=True)
        (data / "landing" / name).write_bytes(as_csv(part))
    run_nightly(data, audiences=["internal"])
    (data / "landing" / "copy.csv").write_bytes(as_csv(rows))
    run_nightly(data, audiences=["internal"])
    return data


def told(data: Path, *arguments: str) -> dict[str, object]:
    done = command(data, "quarantine", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_the_rows_of_a_file_with_rule_column_and_cure(data: Path) -> None:
    found = told(data, "bad.csv")
    rows = found["rows"]
    assert isinstance(rows, list)
    assert [(row["row"], row["column"]) for row in rows] == [(3, "unit_count"), (5, "charge_amount")]
    assert set(found["rules"]) == {row["rule"] for row in rows}  # type: ignore[call-overload]
    for code in found["rules"]:  # type: ignore[attr-defined]
        assert found["rules"][code]["what_to_do"] == all_codes()[code].cure  # type: ignore[index]
    assert VALUE not in json.dumps(found)


def test_without_a_file_all_files_with_their_rules(data: Path) -> None:
    files = told(data)["files"]
    assert isinstance(files, dict)
    assert len(files) == 1
    ((name, rules),) = files.items()
    assert name.startswith("f:")
    assert sum(rules.values()) == 2
    assert told(data, name) == told(data, "bad.csv")
    assert told(data, "good.csv")["rows"] == []


@pytest.mark.parametrize(
    ("file", "key", "code"),
    [
        ("never.csv", KEY, "E_FILE_UNKNOWN"),
        ("bad.csv", OTHER_KEY, "E_KEY_OTHER"),
        ("bad.csv", "", "E_KEY_MISSING"),
    ],
)
def test_a_file_that_cannot_be_known_is_not_told_to_be_well(
    data: Path, monkeypatch: pytest.MonkeyPatch, file: str, key: str, code: str
) -> None:
    monkeypatch.setenv("CPT01939_HMAC_KEY", key)
    with pytest.raises(ProductError) as caught:
        quarantine_command(file, common=Common(data=data))
    assert caught.value.code == code


def test_a_copy_under_another_name_has_the_bad_rows_of_its_content(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CPT01939_HMAC_KEY", KEY)
    assert quarantine_command("copy.csv", common=Common(data=data, json=True)) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["row"], row["column"]) for row in rows] == [(3, "unit_count"), (5, "charge_amount")]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_values_are_refused_off_a_terminal(data: Path, more: tuple[str, ...]) -> None:
    done = command(data, "quarantine", "bad.csv", "--values", *more)
    assert done.returncode == 2
    assert "E_VALUES" in done.stdout + done.stderr
    assert VALUE not in done.stdout + done.stderr


def test_values_on_a_terminal(data: Path) -> None:
    ours, theirs = pty.openpty()
    called = [sys.executable, "-m", "flows", "quarantine", "bad.csv", "--values", "--data", str(data)]
    done = subprocess.run(
        called, stdout=theirs, stderr=subprocess.PIPE, env=environment_for(CPT01939_HMAC_KEY=KEY), timeout=120
    )
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 0, done.stderr
    assert f"unit_count  '{VALUE}'" in shown
    assert b"Do not pass them on" in done.stderr
    assert not list((data / "store").glob("values-*"))
