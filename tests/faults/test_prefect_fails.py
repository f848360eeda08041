"""J4: Prefect's database or home folder is gone or of another version: the tables are right all the same."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from night_runs import tables_after
from small_runs import environment_for, every_fault

from flows.commands.run_once import nightly_outcome
from flows.errors import ProductError
from flows.prefect_server import choose_home

pytestmark = pytest.mark.long
COMMANDS = """
import sqlite3, sys
from pathlib import Path
from flows import run as room
from flows.cli import main

data = sys.argv[1]
records = Path(data) / "store/prefect"

def run():
    try:
        main(["run", "--json", "--data", data])
    except SystemExit as end:
        print("exit", end.code, flush=True)

def lose_the_database():
    for path in records.glob("prefect.db*"):
        path.unlink()

def enter(self, stage, real=room.Run.enter):
    if stage == "admission":
        lose_the_database()
    real(self, stage)

run()
room.Run.enter = enter
run()
with sqlite3.connect(records / "prefect.db") as other:
    other.execute("create table alembic_version (version_num varchar(32) not null)")
    other.execute("insert into alembic_version values ('ffffffffffff')")
other.close()
run()
"""
"""A run, one that loses Prefect's database on its way, and one that finds the database of another version."""


def without_prefect(**environment: str) -> dict[str, str]:
    """An environment in which nothing of Prefect is set."""
    outer = environment_for(**environment)
    return {name: value for name, value in outer.items() if not name.startswith("PREFECT_")}


@pytest.mark.slow
@pytest.mark.server
def test_runs_of_one_process_have_a_server_each_and_need_neither_a_home_nor_the_database(
    night_data: Path, undisturbed: dict[str, str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, str(night_data)],
        env=without_prefect(HOME=os.devnull),
        cwd=night_data.parent,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    told = re.findall(r"(\{.*?)\nexit (\d+)\n", done.stdout, re.DOTALL)
    assert len(told) == 3, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    first, second, third = (json.loads(answer) for answer, _ in told)
    assert (first["exit_code"], first["files"]) == (0, {"accepted": 2})
    # it meets a server of its own and does its work; whether that can still write is a matter of chance
    assert done.stderr.count("\nadmission: ") == done.stderr.count("\nsummary: ") == 2
    if second["exit_code"] != 0:
        assert second["error"]["code"] == "E_PREFECT"
        assert second["error"]["detail"] != "ConnectError", "its server was another run's, and has ended"
    assert third["exit_code"] == 1
    assert third["error"]["code"] == "E_PREFECT"
    assert "Can't locate revision" in third["error"]["detail"]
    for cure in ("--plain", "PREFECT_HOME", "prefect.db"):
        assert cure in third["error"]["what_to_do"]
    assert "store/prefect" in done.stderr
    assert (night_data / "store/prefect/prefect.db").is_file()
    assert tables_after(night_data) == undisturbed
    assert every_fault(night_data) == []


@pytest.mark.parametrize("home", ["/dev/null", "/dev/null/none", "absent"])
def test_without_a_usable_home_records_go_into_the_private_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    monkeypatch.setenv("HOME", home if home != "absent" else str(tmp_path / home))
    assert choose_home(tmp_path)
    chosen = Path(os.environ["PREFECT_HOME"])
    assert chosen == tmp_path / "store/prefect"
    assert chosen.stat().st_mode & 0o777 == 0o700
    assert not (tmp_path / "absent").exists()
    assert not choose_home(tmp_path), "it stays where it was"


def test_a_usable_home_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert not choose_home(tmp_path / "data")
    assert "PREFECT_HOME" not in os.environ
    assert [path.name for path in tmp_path.iterdir()] == [".prefect"]


def test_a_folder_that_was_chosen_and_cannot_be_written_is_told(
    night_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in without_prefect(PREFECT_HOME="").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PREFECT_HOME", "/dev/null/prefect")
    monkeypatch.setenv("CPT01939_DATA", str(night_data))
    with pytest.raises(ProductError) as caught:
        nightly_outcome(plain=False)
    assert caught.value.code == "E_PREFECT"
    assert "PREFECT_HOME can't be written (ENOTDIR): set another folder" in caught.value.detail
    assert "--plain" in caught.value.entry.cure
