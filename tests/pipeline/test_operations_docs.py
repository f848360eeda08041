"""docs/operations.md does what it says: its commands are run, and what can't run here names what there is."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from inbound_rows import as_csv, claim, remit
from small_runs import published

from flows.cli import main
from flows.commands.explain import entry_of
from flows.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "operations.md"
DEPLOY = sorted(path for path in (ROOT / "docs" / "deploy").rglob("*") if path.is_file())
BAD = 12
"""More bad rows than a small file may have."""
QUICK = {"CPT01939_SETTLE_SECONDS": "0", "CPT01939_PUBLICATION": "false"}


WHY_NOT_RUN = {
    "useradd": "makes a user of the machine",
    "install": "makes folders that belong to root",
    "umask": "writes the key into /etc",
    "cd": "makes the environment in /opt, as `make setup` made that of the tests",
    "cp": "writes into /etc; test_deploy_files.py reads the units with systemd-analyze",
    "systemctl": "needs systemd as the first process; test_deploy_files.py reads the units",
    "journalctl": "needs systemd as the first process",
    "prefect": "needs a server; parsed below, and test_prefect_server.py runs both deployments on one",
    "docker": "needs a container engine; test_deploy_files.py reads the image and compose.yaml",
    "kubectl": "needs a cluster; what only makes an object is tried below without one",
}
"""The programs of the blocks marked `bash`, and why the tests do not run them on this machine."""


@dataclass(frozen=True)
class Ran:
    """A command of the page, and what came of it."""

    line: str
    code: int
    told: str


def blocks(mark: str) -> list[str]:
    """The fenced blocks of the page that are marked so."""
    return re.findall(rf"^```{mark}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def claims(count: int, start: int, **changes: str) -> list[dict[str, str]]:
    return [claim(claim_id=f"PCN{start + n}", member_id=f"W{start + n}", **changes) for n in range(count)]


def write_exports(folder: Path) -> None:
    """Exports as the page tells of them: claims, their remittances, a file with too many bad rows."""
    folder.mkdir()
    remits = [remit(claim_id=f"PCN{n}", payer_claim_number=f"ICN{n}") for n in range(20)]
    bad = claims(BAD, 300, charge_amount="much")
    for name, rows in (
        ("claims", claims(20, 0)),
        ("claims_more", claims(5, 100)),
        ("remits", remits),
        ("refused", claims(20, 200) + bad),
    ):
        (folder / f"{name}.csv").write_bytes(as_csv(rows))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An empty folder with exports beside it, and the environment of an operator in it."""
    write_exports(tmp_path / "exports")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    mask = os.umask(0o077)
    yield {**os.environ, **QUICK, "EXPORTS": str(tmp_path / "exports")}
    os.umask(mask)
    for number, handler in kept.items():
        signal.signal(number, handler)


def in_shell(script: str, environment: dict[str, str]) -> list[str]:
    """What bash writes to the file shell.out, parted by zero bytes."""
    bash = ["bash", "-c", f"set -eua\n{script}"]
    subprocess.run(bash, env=environment, check=True, capture_output=True, timeout=60)
    out = Path("shell.out")
    found = out.read_text(encoding="utf-8").split("\0")
    out.unlink()
    return found[:-1]


def perform(line: str, environment: dict[str, str]) -> tuple[dict[str, str], Ran | None]:
    """Run a line: ours in this process (to start one for each takes seconds), every other in bash."""
    if line.startswith("cpt01939 "):
        words = in_shell(f"> shell.out printf '%s\\0' {line}", environment)
        return environment, called(line, words[1:], environment)
    left = in_shell(f"{line}\nenv -0 > shell.out", environment)
    return dict(pair.split("=", 1) for pair in left), None


def called(line: str, arguments: list[str], environment: dict[str, str]) -> Ran:
    """A command of ours with an environment, in this process."""
    before = dict(os.environ)
    said = io.StringIO()
    os.environ.clear()
    os.environ.update(environment)
    try:
        with (
            contextlib.redirect_stdout(said),
            contextlib.redirect_stderr(said),
            pytest.raises(SystemExit) as end,
        ):
            main(arguments)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return Ran(line, int(end.value.code or 0), said.getvalue())


def expected_code(line: str) -> int:
    told = re.search(r"# exit code (\d+)", line)
    return int(told[1]) if told else 0


def ran(done: list[Ran], start: str) -> list[str]:
    """What commands that begin so told, in their order."""
    return [each.told for each in done if each.line.startswith(start)]


def test_the_commands_of_the_page_run_as_they_stand(machine: dict[str, str]) -> None:
    done: list[Ran] = []
    seen: dict[str, None] = {}
    environment = machine
    for line in "".join(blocks("sh")).splitlines():
        environment, result = perform(line, environment)
        seen[environment.get("CPT01939_HMAC_KEY", "")] = None
        if result:
            assert result.code == expected_code(line), f"{line}\n{result.told}"
            done.append(result)
        if line.startswith("cpt01939 verify --data restored"):
            assert published(Path("restored")) == published(Path("anesthesia"))
    first, as_json, retried, other_key, same_key = ran(done, "cpt01939 status")
    assert "rejected: file_bad_rows" in first
    assert json.loads(as_json)["rejected"][0]["rules"][0]["column"] == "charge_amount"
    kinds = {(row["source"], row["payer"]) for row in json.loads(as_json)["sources"]}
    assert kinds == {("claim_lines", "aetna"), ("remit_lines", "aetna")}
    assert "to be tried again" in retried
    assert "unknown (E_KEY_OTHER)" in other_key
    assert "0 new in landing/" in same_key
    assert Path("restored").is_dir()
    assert not Path("anesthesia/before").exists()
    keys = [key for key in seen if len(key) >= 32]
    assert len(keys) == 3
    assert not any(key in each.told for each in done for key in keys)


def test_what_bash_would_read_has_its_syntax() -> None:
    for block in [*blocks("sh"), *blocks("bash")]:
        checked = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True, check=False)
        assert checked.returncode == 0, checked.stderr


def lines_not_run() -> list[list[str]]:
    """The words of each line of the blocks marked `bash`, without settings before the program."""
    lines = [shlex.split(line, comments=True) for line in "".join(blocks("bash")).splitlines()]
    return [line[next(at for at, word in enumerate(line) if "=" not in word) :] for line in lines if line]


def test_every_command_is_run_or_it_is_said_why_not() -> None:
    marks = re.findall(r"^```(\w*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(marks[::2]) == {"sh", "bash"}
    assert {line[0] for line in lines_not_run()} == set(WHY_NOT_RUN)


def test_prefect_reads_the_commands_that_are_for_it() -> None:
    """With the parser of its own command line, which refuses a command or an option that it does not know."""
    from cyclopts import CycloptsError
    from prefect.cli._app import _app

    def parsed(words: list[str]) -> None:
        _app.parse_args(words, exit_on_error=False, print_error=False)

    commands = [line[1:] for line in lines_not_run() if line[0] == "prefect"]
    assert len(commands) == 6
    for words in commands:
        parsed(words)
        with pytest.raises(CycloptsError):
            parsed([*words, "--no-such-option"])


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kubectl_makes_the_objects_that_it_is_told_to_make(tmp_path: Path) -> None:
    made = [line for line in lines_not_run() if line[0] == "kubectl" and "create" in line]
    assert len(made) == 2
    environment = {**os.environ, "KUBECONFIG": str(tmp_path / "none"), "CPT01939_HMAC_KEY": "a"}
    for words in made:
        command = [*words, "--dry-run=client", "--output=name"]
        told = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stderr
        assert told.stdout.strip() in ("namespace/anesthesia", "secret/cpt01939")


def everything() -> dict[str, str]:
    """The page and what it deploys with, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in [PAGE, *DEPLOY]}


def test_every_command_and_option_that_is_named_exists() -> None:
    named: dict[str, set[str]] = {}
    for text in everything().values():
        for command, rest in re.findall(r"(?:^|[\s`/;])cpt01939 ([a-z]+)\b([^`\n#;&|]*)", text):
            named.setdefault(command, set()).update(re.findall(r"--[a-z-]+", rest))
    assert {"run", "status", "quarantine", "retract", "verify", "explain", "inspect", "schedule"} <= set(
        named
    )
    for command, options in named.items():
        help_text = called("", [command, "--help"], dict(os.environ)).told
        assert f"cpt01939 {command}" in " ".join(help_text.split()), command
        assert options <= set(re.findall(r"--[a-z-]+", help_text)), command


def test_every_setting_that_is_named_exists() -> None:
    known = {f"CPT01939_{name.upper()}" for name in Settings.model_fields}
    for name, text in everything().items():
        assert set(re.findall(r"\bCPT01939_[A-Z_]+\b", text)) <= known, name
    for setting in ("schedule_cron", "schedule_timezone", "keep_releases"):
        assert setting in PAGE.read_text(encoding="utf-8")
        assert setting in Settings.model_fields


def test_every_code_that_is_named_is_explained() -> None:
    codes = set(re.findall(r"`([EW]_[A-Z_]+)`", PAGE.read_text(encoding="utf-8")))
    assert len(codes) > 10
    for code in codes:
        assert entry_of(code)[0] == code


def test_every_file_that_is_named_exists() -> None:
    text = "\n".join(everything().values())
    named = set(re.findall(r"docs/deploy/[\w./@-]*\w", text))
    assert named
    for name in named:
        assert (ROOT / name).exists() or list(ROOT.glob(f"{name}*")), name
    units = set(re.findall(r"\bcpt01939(?:-[a-z]+)?@?\.(?:service|timer)\b", text))
    assert {unit for unit in units if not (ROOT / "docs/deploy/systemd" / unit).is_file()} == set()
