"""A2, A4, A6, A12, B1: signals, a full or failing disk, a file held open, two runs at once."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_runs import command, deliver, environment_for, every_fault, published, run_nightly, tree

from flows.errors import ProductError
from flows.store import files, publish
from flows.store.lock import read_note, run_lock

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("first")
    deliver(data, "claims/claims_0.csv", "remits/remits_0.csv")
    run_nightly(data)
    deliver(data, "claims/claims_1.csv", "remits/remits_1.csv")
    return data


@pytest.fixture
def data(first: Path, tmp_path: Path) -> Path:
    shutil.copytree(first, tmp_path / "data")
    return tmp_path / "data"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_a_run_cleanly(data: Path, number: int, code: int) -> None:
    before = published(data)
    process = subprocess.Popen(
        [sys.executable, "-m", "flows", "run", "--plain", "--data", str(data)],
        env=environment_for(CPT01939_SETTLE_SECONDS="30"),
        stderr=subprocess.PIPE,
        text=True,
    )
    while (note := read_note(data)) is None or note.stage != "intake":
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == code
    assert "Traceback" not in told
    assert read_note(data) is None
    assert not any((data / "store/running").iterdir())
    assert published(data) == before
    assert run_nightly(data).is_new


@pytest.mark.parametrize("kind", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_failing_disk_publishes_nothing_and_says_so(
    data: Path, monkeypatch: pytest.MonkeyPatch, kind: int
) -> None:
    before = published(data)
    real = os.fsync
    calls = []

    def failing(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 12:
            raise OSError(kind, "the disk", "claims_1.csv")
        real(descriptor)

    monkeypatch.setattr(files.os, "fsync", failing)
    with pytest.raises(ProductError) as caught:
        run_nightly(data)
    assert caught.value.code == ("E_DISK_FULL" if kind == errno.ENOSPC else "E_DISK")
    assert errno.errorcode[kind] in str(caught.value)
    assert "claims_1" not in str(caught.value)
    assert caught.value.__context__ is None
    assert published(data) == before
    monkeypatch.undo()
    assert run_nightly(data).is_new
    assert every_fault(data) == []


def test_a_file_held_open_leaves_publishing_pending_and_the_next_run_completes_it(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = publish.copy_atomically
    attempts = []

    def held(source: Path, path: Path, *rest: Any) -> None:
        if path.name == "utilization.parquet":
            attempts.append(path)
            raise PermissionError(errno.EACCES, "in use")
        real(source, path, *rest)

    monkeypatch.setattr(publish, "PATIENCE_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(publish, "copy_atomically", held)
    with pytest.raises(ProductError) as caught:
        run_nightly(data)
    assert caught.value.code == "E_PUBLISH_PENDING"
    assert len(attempts) == 2
    monkeypatch.undo()
    summary = run_nightly(data)
    assert summary.completed
    assert every_fault(data) == []


def test_a_second_run_waits_or_leaves_with_75(data: Path) -> None:
    before = tree(data)
    with run_lock(data, "nightly", 0) as note:
        second = command(data, "run", "--plain")
        assert second.returncode == 75
        assert str(note.pid) in second.stderr
        assert note.run_id in second.stderr
        assert note.since in second.stderr
    assert {**tree(data), "store/run.lock": ""} == {**before, "store/run.lock": ""}


@pytest.mark.parametrize("kind", [ValueError, pl.exceptions.PanicException])
def test_a_bug_in_a_step_leaves_no_value_behind(
    data: Path, monkeypatch: pytest.MonkeyPatch, kind: type[BaseException]
) -> None:
    def broken(*given: Any, **named: Any) -> None:
        raise kind("member 123-45-6789")

    monkeypatch.setattr("flows.steps.resolve.resolve_lines", broken)
    with pytest.raises(ProductError) as caught:
        run_nightly(data)
    assert caught.value.code == "E_STEP"
    assert kind.__name__ in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    logs = "".join(path.read_text() for path in (data / "logs").iterdir())
    assert "123-45-6789" not in logs + str(caught.value)
    assert "broken" in logs
