"""B2, B5, B6: a nightly run and a rerun at once, schedules that overlap: one at a time, no lost update."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
import yaml
from night_runs import Watched, night, night_command, night_script, tables_after
from small_runs import every_fault, run_rerun, settings_for

from flows.dag import nightly_run
from flows.errors import ProductError
from flows.run import open_run
from flows.state import state_of
from flows.store import lock
from flows.store.lock import read_note, run_lock
from flows.store.snapshot import read_snapshot

pytestmark = pytest.mark.long
CORRECTED = "claims/claims_0.csv"
RUN = "import sys; from flows.cli import main; main([*sys.argv[2:], '--data', sys.argv[1]])"


@pytest.fixture(scope="module")
def corrected(waiting: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files wait for the nightly run; a file taken in has other charges: only a rerun looks at it again."""
    data = tmp_path_factory.mktemp("corrected") / "data"
    shutil.copytree(waiting, data)
    path = data / "landing" / CORRECTED
    times = path.stat()
    rows = pl.read_csv(path, infer_schema=False)
    charges = pl.col("charge_amount").str.replace(r"^\d", "9")
    path.write_bytes(rows.with_columns(charges).write_csv().encode())
    assert path.stat().st_size == times.st_size
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return data


@pytest.fixture(scope="module")
def partition(corrected: Path) -> tuple[str, str]:
    """A payer and month that the corrected file has lines of."""
    snapshot = read_snapshot(corrected)
    assert snapshot is not None
    payer, month = next(key for key in sorted(snapshot.partitions) if key.startswith("aetna/")).split("/")
    return payer, month


@dataclass(frozen=True)
class Sequence:
    """A rerun after a nightly run: what is published by both, and how fresh data look before and after it."""

    tables: dict[str, str]
    fresh: tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]


@pytest.fixture(scope="module")
def one_after_the_other(
    corrected: Path, partition: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Sequence:
    data = tmp_path_factory.mktemp("sequence") / "data"
    shutil.copytree(corrected, data)
    night(data)
    nightly_only, fresh = tables_after(data), submitted_to(data)
    run_rerun(data, *partition, from_landing=True)
    assert tables_after(data) != nightly_only, "the rerun changes nothing: the tests test nothing"
    return Sequence(tables_after(data), (fresh, submitted_to(data)))


@pytest.fixture
def data(corrected: Path, tmp_path: Path) -> Path:
    shutil.copytree(corrected, tmp_path / "data")
    return tmp_path / "data"


def rerun_command(partition: tuple[str, str]) -> list[str]:
    payer, month = partition
    return ["rerun", "--plain", "--from-landing", "--payer", payer, "--month", month]


def accepted_files(data: Path) -> int:
    """Content that counts: two files, two of the night, and the corrected one that only a rerun takes in."""
    return int(state_of(settings_for(data))["files"]["accepted"])


@pytest.mark.slow
def test_b2_b5_a_rerun_that_meets_the_nightly_run_waits_and_both_count(
    data: Path, partition: tuple[str, str], one_after_the_other: Sequence
) -> None:
    waits: list[subprocess.Popen[str]] = []

    def meet(stage: str) -> None:
        if stage == "admission":
            waits.append(night_script(RUN, data, *rerun_command(partition), CPT01939_LOCK_WAIT_SECONDS="60"))

    with open_run(settings_for(data), "nightly") as run:
        nightly_run(run, Watched(meet))
        assert waits[0].poll() is None, "the second run did not wait"
    _, told = waits[0].communicate(timeout=60)
    assert waits[0].returncode == 0, told
    assert accepted_files(data) == 5
    assert tables_after(data) == one_after_the_other.tables
    assert every_fault(data) == []


@pytest.mark.slow
def test_b2_b6_nightly_runs_that_meet_a_rerun_wait_or_leave_with_75_and_both_count(
    data: Path, partition: tuple[str, str], one_after_the_other: Sequence
) -> None:
    rerun = night_script(RUN, data, *rerun_command(partition), CPT01939_SETTLE_SECONDS="6")
    while (note := read_note(data)) is None or note.stage not in ("discover", "intake"):
        assert rerun.poll() is None
        time.sleep(0.05)
    assert (note.kind, note.pid) == ("rerun", rerun.pid)
    waits = night_script(RUN, data, "run", "--plain", CPT01939_LOCK_WAIT_SECONDS="60")
    refused = night_command(data)
    assert refused.returncode == 75
    assert f"pid {rerun.pid}" in refused.stderr
    _, told = rerun.communicate(timeout=60)
    assert rerun.returncode == 0, told
    _, told = waits.communicate(timeout=60)
    assert waits.returncode == 0, told
    assert accepted_files(data) == 5
    assert tables_after(data) == one_after_the_other.tables
    begun = [path.read_text() for path in (data / "logs").iterdir()]
    assert len(begun) == 3, "the first release, the rerun, the nightly run; a run that was refused began"


def test_b5_a_rerun_of_a_month_makes_no_data_look_fresher(one_after_the_other: Sequence) -> None:
    before, after = one_after_the_other.fresh
    assert after == before
    assert len(before) > 10


def submitted_to(data: Path) -> dict[tuple[str, str], str]:
    """How fresh each payer and month is."""
    rows = state_of(settings_for(data))["freshness"]
    return {(row["payer"], row["month"]): row["submitted_to"] for row in rows}


def test_b6_the_lock_knows_no_clock(waiting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Skewed(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Skewed:
            return cls(year, 1, 1, tzinfo=tz)

    path = tmp_path / "store/run.lock"
    for year in (1999, 2099):
        monkeypatch.setattr(lock.dt, "datetime", Skewed)
        with run_lock(tmp_path, "nightly", 0) as note:
            monkeypatch.undo()
            assert note.since.startswith(str(year))
            os.utime(path, (0, 0) if year == 1999 else (4e9, 4e9))
            with pytest.raises(ProductError) as caught, run_lock(tmp_path, "nightly", 0.2):
                pass
            assert caught.value.exit_code == 75
            assert note.since in caught.value.detail
        # what a killed run leaves, from a clock ahead or behind, holds nothing
        lock.write_note(tmp_path, note)
        os.utime(path, (0, 0) if year == 1999 else (4e9, 4e9))
        with run_lock(tmp_path, "nightly", 0) as after:
            assert after.run_id != note.run_id


def test_b6_deployments_let_one_run_go_on_and_queue_the_others() -> None:
    deployments = yaml.safe_load((Path(__file__).parents[2] / "prefect.yaml").read_text())["deployments"]
    assert [deployment["name"] for deployment in deployments] == ["nightly", "on-demand"]
    for deployment in deployments:
        assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "ENQUEUE"}
