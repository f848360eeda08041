"""A1: a run killed after any stage: readers see one whole release, the next run comes to the same bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from small_runs import (
    command,
    deliver,
    deliver_in_pieces,
    every_fault,
    published,
    run_nightly,
    settings_for,
    small_files,
    tree,
)

from flows.commands.status import lines_of
from flows.failpoints import STAGES
from flows.state import state_of
from flows.steps.compact import MERGED_AT
from flows.store.publish import read_manifest
from flows.store.snapshot import BatchFiles, read_snapshot

EARLY, LATE = sorted(small_files())[::2], sorted(small_files())[1::2]
COMMITTED = STAGES[STAGES.index("commit") :]
pytestmark = [pytest.mark.slow, pytest.mark.long]


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a first release of so many batches that the next run merges them, and more files
    delivered since.
    """
    data = tmp_path_factory.mktemp("before")
    deliver_in_pieces(data, MERGED_AT // len(EARLY) + 1, *EARLY)
    run_nightly(data, batch_files=1)
    deliver(data, *LATE)
    return data


@pytest.fixture(scope="module")
def after(before: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after a run that nothing disturbed."""
    data = tmp_path_factory.mktemp("after") / "data"
    shutil.copytree(before, data)
    assert len(batches(data)) > MERGED_AT
    run_nightly(data)
    assert len(batches(data)) == 2
    return data


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_run_is_harmless_and_the_next_completes_it(
    stage: str, before: Path, after: Path, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(before, data)
    killed = command(data, "run", "--plain", CPT01939_FAILPOINT=f"{stage}:kill")
    assert killed.returncode == -9
    state = state_of(settings_for(data))
    assert state["run"]["going_on"] is False
    assert any("safe to run again" in line for line in lines_of(state, {}))

    is_committed = stage in COMMITTED
    assert (read_snapshot(data) != read_snapshot(before)) == is_committed
    if not is_committed:
        assert published(data) == published(before)
    for audience in ("internal", "standard"):
        folder = data / "benchmarks" / audience
        manifest = read_manifest(folder)
        assert manifest is not None
        assert manifest["release_id"] in {path.name for path in (folder / "releases").iterdir()}

    summary = run_nightly(data)
    assert summary.exit_code in (0, 3)
    assert published(data) == published(after)
    assert without_logs(data) == without_logs(after)
    assert every_fault(data) == []


def test_a_killed_first_run_leaves_no_half_release(after: Path, tmp_path: Path) -> None:
    deliver(tmp_path)
    assert command(tmp_path, "run", "--plain", CPT01939_FAILPOINT="stage:kill").returncode == -9
    assert not (tmp_path / "benchmarks").exists()
    run_nightly(tmp_path)
    assert every_fault(tmp_path) == []


def batches(data: Path) -> tuple[BatchFiles, ...]:
    """The batches of accepted rows that count."""
    snapshot = read_snapshot(data)
    assert snapshot is not None
    return snapshot.batches


def without_logs(data: Path) -> dict[str, str]:
    """Every file of a data folder but logs, and the manifest that tells a time."""
    return {
        name: sha256
        for name, sha256 in tree(data).items()
        if not name.startswith("logs/") and not name.endswith("/manifest.json")
    }
