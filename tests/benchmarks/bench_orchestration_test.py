"""What Prefect adds to a run on the demo data: the flow, the same steps without it, and a server by itself.

`make bench` runs it. Each figure is the best of some rounds, taken in turn, so that other work on the machine
weighs on all of them alike.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.commands.demo_files import write_landing

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
KEY = {"CPT01939_HMAC_KEY": "benchmark-key-of-more-than-thirty-two-bytes"}
BAD_FILES_ON_PURPOSE = 3
START = """
from flows.prefect_server import ANY_PORT, OF_A_RUN, server
with server(ANY_PORT, OF_A_RUN) as own:
    own.wait()
"""


@dataclass(frozen=True)
class Spent:
    """Wall and processor seconds of a process and what it started."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.1f} s ({self.cpu:.1f} s of processor)"


def spent(home: Path, *arguments: str) -> Spent:
    """What a Python process took, its server included."""
    outer = {
        name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "CPT01939_"))
    }
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**outer, **KEY, "PREFECT_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, BAD_FILES_ON_PURPOSE), arguments
    return Spent(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's landing folder."""
    folder = tmp_path_factory.mktemp("landing")
    write_landing(folder, cases=2600)
    return folder


def best(takes: list[Spent]) -> Spent:
    return min(takes, key=lambda take: take.wall)


def test_the_flow_takes_at_most_half_as_much_again_and_a_server(landing: Path, tmp_path: Path) -> None:
    kinds = ("plain", "server", "flow", "warm server", "warm flow", "nothing new", "plain, nothing new")
    takes: dict[str, list[Spent]] = {kind: [] for kind in kinds}
    for number in range(ROUNDS):
        data, home = tmp_path / f"data{number}", tmp_path / f"home{number}"

        def run(folder: str, *more: str, data: Path = data, home: Path = home) -> Spent:
            if not (data / folder).exists():
                shutil.copytree(landing, data / folder / "landing")
            return spent(home, "-m", "flows", "run", *more, "--data", str(data / folder))

        takes["plain"].append(run("plain", "--plain"))
        takes["plain, nothing new"].append(run("plain", "--plain"))
        takes["server"].append(spent(tmp_path / f"other{number}", "-c", START))
        takes["flow"].append(run("flow"))
        takes["warm server"].append(spent(home, "-c", START))
        takes["warm flow"].append(run("warm"))
        takes["nothing new"].append(run("warm"))

    figures = {kind: best(given) for kind, given in takes.items()}
    print("".join(f"\n{kind}: {figure}" for kind, figure in figures.items()))
    plain = figures["plain"].wall
    assert figures["flow"].wall <= 1.5 * plain + figures["server"].wall
    assert figures["warm flow"].wall <= 1.5 * plain + figures["warm server"].wall
