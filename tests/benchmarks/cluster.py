"""A local Dask cluster of two workers against two threads: `python tests/benchmarks/cluster.py`.

First what a task costs that does nothing, after two others: the start of Prefect and of the cluster is no
part of it. Then nights on bulk extracts, in turn on threads and on the cluster: their wall and processor
time, and the wall time of the stages whose tasks the workers perform. The bytes of a published table are
compared.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
KINDS: Final = ("threads", "dask")
SPREAD: Final = ("intake", "resolve", "partitions", "protect", "stage")
"""Stages whose tasks are performed by workers."""
SETTINGS: Final = {
    "CPT01939_HMAC_KEY": "benchmark-key-of-more-than-thirty-two-bytes",
    "CPT01939_SETTLE_SECONDS": "0",
    "CPT01939_PUBLICATION": "false",
    "CPT01939_BATCH_FILES": "1",
}


@dataclass(frozen=True)
class Spent:
    """Wall and processor seconds of a process and those that it started, and what it said."""

    wall: float
    cpu: float
    said: str


def spent(kind: str, home: Path, *arguments: str) -> Spent:
    """What a Python process took."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *arguments],
        env={**os.environ, **SETTINGS, "CPT01939_RUNNER": kind, "PREFECT_HOME": str(home)},
        cwd=HERE.parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as stream:
        said = stream.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return Spent(time.perf_counter() - begin, usage.ru_utime + usage.ru_stime, said)


def nothing(_: Any, item: str) -> str:
    """A step that does nothing."""
    return item


def tasks(data: Path, count: int) -> dict[str, float]:
    """Wall and processor seconds of this process for so many tasks that do nothing, after a first few."""
    import flows.prefect_env  # noqa: F401

    # isort: split
    from prefect import flow

    from flows.prefect_env import settings_of_a_run
    from flows.prefect_runner import CHOSEN
    from flows.prefect_server import ANY_PORT, OF_A_RUN, server
    from flows.prefect_tasks import PrefectTasks
    from flows.run import open_run
    from flows.settings import load_settings

    told: dict[str, float] = {}

    @flow(task_runner=CHOSEN)
    def many() -> None:
        with open_run(load_settings(data=data), "nightly") as run:
            do = PrefectTasks()
            do.each("intake", nothing, run, ["first", "second"])
            wall, cpu = time.perf_counter(), time.process_time()
            do.each("intake", nothing, run, [str(number) for number in range(count)])
            told.update(wall=time.perf_counter() - wall, cpu=time.process_time() - cpu)

    with server(ANY_PORT, OF_A_RUN) as own:
        own.wait()
        with settings_of_a_run(own.api):
            many()
    return told


def stages_of(data: Path) -> dict[str, float]:
    """Wall seconds of the stages of the last run."""
    from bench_flow_test import stages

    return dict(stages(data))


def nights(folder: Path, lines: int, rounds: int) -> None:
    """Nights on the same extracts, in turn on threads and on the cluster."""
    import bulk_extracts

    from flows.store.files import digest

    bulk_extracts.IN_SCOPE_SHARE = 0.5
    bulk_extracts.write_bulk(folder / "landing", lines)
    bytes_of: dict[str, set[str]] = {kind: set() for kind in KINDS}
    for number in range(rounds):
        for kind in KINDS:
            data = folder / f"{kind}-{number}"
            (data / "landing").mkdir(parents=True)
            for file in (folder / "landing").iterdir():
                os.link(file, data / "landing" / file.name)
            took = spent(kind, folder / "prefect", "-m", "flows", "run", "--data", str(data))
            walls = stages_of(data)
            bytes_of[kind].add(digest(data / "benchmarks/internal/payment.parquet"))
            told = {name: round(walls[name], 1) for name in SPREAD if name in walls}
            rest = round(took.wall - sum(told.values()), 1)
            print(
                f"{lines:,} lines, {kind}: wall {took.wall:.1f}, processor {took.cpu:.1f}; "
                f"{told}, all else {rest}",
                flush=True,
            )
    assert bytes_of["threads"] == bytes_of["dask"] and len(bytes_of["dask"]) == 1


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="Measure a local cluster of two workers against threads.")
    parser.add_argument("--lines", type=int, nargs="+", default=[100_000], help="claim lines of the nights")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--count", type=int, default=100, help="tasks that do nothing")
    parser.add_argument("--tasks-in", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.tasks_in:
        print(json.dumps(tasks(chosen.tasks_in, chosen.count)))
        return
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            data = Path(folder) / f"tasks-{kind}"
            (data / "landing").mkdir(parents=True)
            took = spent(
                kind, data / "prefect", __file__, "--tasks-in", str(data), "--count", str(chosen.count)
            )
            told = json.loads(took.said.splitlines()[-1])
            each = {name: round(1000 * seconds / chosen.count) for name, seconds in told.items()}
            print(f"{kind}: {each} milliseconds of a task; the whole flow {took.wall:.1f} s", flush=True)
        for lines in chosen.lines:
            room = Path(folder) / str(lines)
            room.mkdir()
            nights(room, lines, chosen.rounds)


if __name__ == "__main__":
    main()
