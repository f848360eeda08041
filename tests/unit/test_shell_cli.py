"""The command line: quick help, exit codes, results on stdout, people's text on stderr, never a traceback."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.commands.explain import all_codes
from flows.commands.with_prefect import is_open_to_the_network
from flows.errors import CATALOGUE, ProductError
from flows.parameters import Payer, checked
from schemas.rules import ALL_PAYERS

COMMANDS = (
    *("demo", "run", "rerun", "status", "verify", "explain", "describe", "report", "export", "inspect"),
    "schedule",
)
KEY = "a key of the tests, long enough for its purpose"
HEAVY = ("prefect", "polars", "pandera", "pyarrow", "pydantic", "duckdb", "jinja2", "xlsxwriter")


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    outer = {name: value for name, value in os.environ.items() if not name.startswith("CPT01939_")}
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments],
        env={**outer, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_command_and_the_exit_codes() -> None:
    told = command("--help")
    assert told.returncode == 0
    for name in (*COMMANDS, "75", "configuration"):
        assert name in told.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_has_an_example_and_the_options_of_all(name: str) -> None:
    told = command(name, "--help")
    assert told.returncode == 0
    assert f"cpt01939 {name}" in " ".join(told.stdout.split())
    assert "--data" in told.stdout
    assert "--json" in told.stdout


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, flows.cli\n"
        "try: flows.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print('heavy:', [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stderr.strip() == "heavy: []"


def test_help_answers_in_half_a_second_of_work(tmp_path: Path) -> None:
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    best = min(_seconds(compiled) for _ in range(4))
    assert best < 0.5


def _seconds(environment: dict[str, str]) -> float:
    """Processor time of `--help` with compiled modules, as any installed program has them."""
    before = os.times()
    command("--help", **environment)
    after = os.times()
    return (after.children_user - before.children_user) + (after.children_system - before.children_system)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("run",), 6, "E_KEY_MISSING"),
        (("rerun", "--payer", "aetna", "--month", "2025-03"), 6, "E_KEY_MISSING"),
        (("schedule",), 6, "E_KEY_MISSING"),
        (("verify",), 1, "E_NO_RELEASE"),
        (("status", "--names"), 2, "E_NAMES"),
        (("explain", "E_NO_SUCH_CODE"), 2, "E_UNKNOWN_CODE"),
        (("describe", "no_such_table"), 2, "E_UNKNOWN_TABLE"),
        (("no-such-command",), 2, ""),
        (("run", "--no-such-option"), 2, ""),
        (("rerun", "--payer", "aetna"), 2, ""),
        (("inspect", "no_such_file"), 1, "E_INSPECT"),
    ],
)
def test_exit_codes(tmp_path: Path, arguments: tuple[str, ...], code: int, told: str) -> None:
    data = () if arguments[0] in ("explain", "describe", "no-such-command") else ("--data", str(tmp_path))
    done = command(*arguments, *data)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_the_message_without_a_key_says_how_to_make_one(tmp_path: Path) -> None:
    assert "secrets.token_hex(32)" in command("run", "--data", str(tmp_path)).stderr


def test_json_is_one_object_on_stdout_for_results_and_for_errors(tmp_path: Path) -> None:
    state = json.loads(command("status", "--json", "--data", str(tmp_path)).stdout)
    assert state["releases"] == {}
    assert state["freshness"] == []
    refused = command("run", "--json", "--data", str(tmp_path))
    told = json.loads(refused.stdout)
    assert told["exit_code"] == refused.returncode == 6
    assert told["error"]["code"] == "E_KEY_MISSING"
    table = json.loads(command("describe", "utilization", "--json").stdout)
    assert table["columns"][0] == {
        "name": "procedure_code",
        "type": "String",
        "unit": "",
        "description": table["columns"][0]["description"],
        "source": table["columns"][0]["source"],
    }


def test_status_changes_nothing(tmp_path: Path) -> None:
    assert command("status", "--data", str(tmp_path / "none")).returncode == 0
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("payer", "month"),
    [
        ("../../etc/passwd", "2025-03"),
        ("", "2025-03"),
        ("AETNA", "2025-03"),
        ("all", "2025-03"),
        ("aetna", "2025-13"),
        ("aetna", "2025-1"),
        ("aetna", "2025-01\n"),
        ("aetna", "２０２５-01"),
        ("aetna", "'; DROP"),
        ("aetna", "*"),
        ("x" * 10_000, "2025-03"),
    ],
)
def test_parameters_that_do_not_exist_are_refused_and_never_repeated(payer: str, month: str) -> None:
    with pytest.raises(ProductError) as caught:
        checked(payer, month)
    assert (caught.value.code, caught.value.exit_code) == ("E_PARAMETER", 2)
    assert caught.value.detail == ("month" if payer == "aetna" else "payer")
    assert "DROP" not in str(caught.value)
    assert "passwd" not in str(caught.value)


def test_a_rerun_checks_its_parameters_before_a_path_is_made(tmp_path: Path) -> None:
    given = ("--payer=../../etc/passwd", "--month='; DROP")
    done = command("rerun", *given, "--data", str(tmp_path), CPT01939_HMAC_KEY=KEY)
    assert done.returncode == 2
    assert "DROP" not in done.stderr
    assert "passwd" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_payers_are_those_of_the_schema() -> None:
    assert tuple(Payer) == ALL_PAYERS
    assert checked("other", "2025-12") == (Payer.OTHER, "2025-12")


def test_the_demo_refuses_a_folder_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "demo" / "store").mkdir(parents=True)
    done = command("demo", "--plain", "--data", str(tmp_path))
    assert done.returncode == 6
    assert "E_DEMO_FOLDER" in done.stderr
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["store"]


def test_every_code_that_is_raised_is_in_the_catalogue_and_explained() -> None:
    folder = Path(__file__).parents[2] / "flows"
    raised = {
        code
        for path in folder.rglob("*.py")
        if path.name != "errors.py"
        for code in re.findall(r'"(E_[A-Z_]+)"', path.read_text())
    }
    assert raised
    assert raised <= set(CATALOGUE)
    for code, entry in all_codes().items():
        assert entry.meaning.endswith((".", "?", ")")), code
        assert entry.cure.endswith((".", ")", '"')), code
    told = command("explain", "E_BUSY")
    assert told.returncode == 0
    assert CATALOGUE["E_BUSY"].meaning in told.stdout
    assert command("explain", "near_scope_code").returncode == 0


def test_version_is_that_of_the_package() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", command("--version").stdout)


@pytest.mark.slow
def test_file_names_are_shown_on_a_terminal_only(tmp_path: Path) -> None:
    path = tmp_path / "landing" / "SMITH\x1b[31m_JOHN.csv"
    path.parent.mkdir()
    path.write_text("")
    environment = {"CPT01939_HMAC_KEY": KEY, "CPT01939_SETTLE_SECONDS": "0"}
    command("run", "--plain", "--data", str(tmp_path), **environment)
    piped = command("status", "--names", "--data", str(tmp_path), **environment)
    assert piped.returncode == 2
    hidden = command("status", "--data", str(tmp_path), **environment)
    assert re.search(r"f:[0-9a-f]{12} rejected: file_empty", hidden.stdout)
    assert "SMITH" not in piped.stdout + piped.stderr + hidden.stdout + hidden.stderr
    shown = on_a_terminal(["status", "--names", "--data", str(tmp_path)], environment)
    assert "SMITH\\x1b[31m_JOHN.csv' rejected: file_empty" in shown


def on_a_terminal(arguments: list[str], environment: dict[str, str]) -> str:
    """What a command prints on a pseudo-terminal."""
    ours, theirs = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "flows", *arguments],
        env={**os.environ, **environment},
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    os.close(theirs)
    return os.read(ours, 1 << 16).decode()


@pytest.mark.parametrize(
    ("environment", "is_open"),
    [
        ({}, False),
        ({"PREFECT_API_URL": "http://127.0.0.1:4200/api"}, False),
        ({"PREFECT_API_URL": "http://10.0.0.7:4200/api"}, True),
        ({"PREFECT_API_URL": "http://10.0.0.7:4200/api", "PREFECT_API_AUTH_STRING": "a:b"}, False),
    ],
)
def test_an_api_without_a_password_on_the_network_is_told(environment: dict[str, str], is_open: bool) -> None:
    assert is_open_to_the_network(environment) is is_open
