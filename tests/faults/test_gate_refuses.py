"""A release that the disclosure gate refuses: exit 5, nothing published, the last release whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_runs import command, deliver, environment_for, published, run_nightly, small_files, tree

from flows.errors import GATE_REFUSED

REFUSED = """
import sys
import transforms.disclosure.suppress as room
from transforms.disclosure.gate import GateRefused

def suppress(tables, rules):
    raise GateRefused("withheld numbers can be worked out, and nothing more can be withheld")

room.suppress = suppress
from flows.cli import main
main(sys.argv[1:])
"""
"""The command with a gate that finds no way; what the gate itself needs for that has its own tests."""


def refused(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", REFUSED, *arguments, "--data", str(data)],
        env=environment_for(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What runs that were never refused publish."""
    data = tmp_path_factory.mktemp("expected")
    first, *rest = small_files()
    deliver(data, first)
    run_nightly(data)
    deliver(data, *rest)
    run_nightly(data)
    return published(data)


@pytest.mark.parametrize(
    "how", [["--plain"], pytest.param([], marks=[pytest.mark.slow])], ids=["plain", "under-prefect"]
)
def test_the_last_release_stays_and_the_next_run_goes_on(
    tmp_path: Path, expected: dict[str, str], how: list[str]
) -> None:
    first, *rest = small_files()
    deliver(tmp_path, first)
    run_nightly(tmp_path)
    readers, snapshot = tree(tmp_path / "benchmarks"), (tmp_path / "store/snapshot.json").read_bytes()
    deliver(tmp_path, *rest)

    told = refused(tmp_path, "run", "--json", *how)
    assert told.returncode == GATE_REFUSED == 5, told.stderr
    answer = json.loads(told.stdout)
    assert (answer["exit_code"], answer["error"]["code"]) == (5, "E_GATE")
    assert "E_GATE" in told.stderr
    assert "Traceback" not in told.stderr
    assert tree(tmp_path / "benchmarks") == readers
    assert (tmp_path / "store/snapshot.json").read_bytes() == snapshot
    assert command(tmp_path, "verify").returncode == 0

    assert run_nightly(tmp_path).files == {"accepted": len(rest)}
    assert published(tmp_path) == expected


def test_the_first_release_may_be_refused_too(tmp_path: Path) -> None:
    deliver(tmp_path)
    told = refused(tmp_path, "run", "--plain")
    assert told.returncode == GATE_REFUSED, told.stderr
    assert told.stdout == ""
    assert not [path for path in (tmp_path / "benchmarks").rglob("*") if path.is_file()]
    assert not (tmp_path / "store/snapshot.json").exists()
    assert run_nightly(tmp_path).is_new
