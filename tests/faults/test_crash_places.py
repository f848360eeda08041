"""A5, C9, F5: folders that can't be written, files that can't be read or go away, a clock that goes back."""

from __future__ import annotations

import datetime as dt
import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from small_runs import deliver, every_fault, published, run_nightly, settings_for, small_files, tree

from flows import run as run_module
from flows.dag import nightly_run
from flows.errors import ProductError
from flows.readers import preflight
from flows.run import InProcess, Run, open_run
from flows.state import state_of
from flows.store import files, lock, publish
from flows.store.lock import is_held, read_note
from flows.store.publish import read_manifest

pytestmark = pytest.mark.slow

T = TypeVar("T")
EARLY = ("claims/claims_0.csv", "remits/remits_0.csv")
LATE = ("claims/claims_1.csv", "remits/remits_1.csv")


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a release, and files delivered since."""
    data = tmp_path_factory.mktemp("first")
    deliver(data, *EARLY)
    run_nightly(data)
    deliver(data, *LATE)
    return data


@pytest.fixture
def data(first: Path, tmp_path: Path) -> Path:
    shutil.copytree(first, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(scope="module")
def after(first: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is published after a run that nothing disturbed."""
    data = tmp_path_factory.mktemp("after") / "data"
    shutil.copytree(first, data)
    run_nightly(data)
    return published(data)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(errno.EROFS, "E_DISK"), (errno.ENOSPC, "E_DISK_FULL"), (errno.EACCES, "E_PERMISSION")],
)
def test_a_benchmarks_folder_that_cannot_be_written_keeps_its_release(
    data: Path, after: dict[str, str], monkeypatch: pytest.MonkeyPatch, kind: int, code: str
) -> None:
    before = published(data)
    real = Path.rename

    def refusing(self: Path, target: Path) -> Path:
        if "benchmarks" in Path(target).parts:
            raise OSError(kind, "no", str(target))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", refusing)
    with pytest.raises(ProductError) as caught:
        run_nightly(data)
    monkeypatch.undo()
    assert caught.value.code == code
    assert errno.errorcode[kind] in str(caught.value)
    assert published(data) == before
    assert all(told["is_pending"] for told in state_of(settings_for(data))["releases"].values())
    assert not is_held(data)
    assert run_nightly(data).completed
    assert published(data) == after


def test_a_full_disk_in_the_store_changes_nothing(
    data: Path, after: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published(data)
    snapshot = (data / "store/snapshot.json").read_bytes()
    real = files.put

    def full(draft: Path, path: Path, mode: int) -> None:
        if path.name == "snapshot.json":
            raise OSError(errno.ENOSPC, "no space left")
        real(draft, path, mode)

    monkeypatch.setattr(files, "put", full)
    with pytest.raises(ProductError) as caught:
        run_nightly(data)
    monkeypatch.undo()
    assert caught.value.code == "E_DISK_FULL"
    assert (data / "store/snapshot.json").read_bytes() == snapshot
    assert published(data) == before
    assert run_nightly(data).is_new
    assert published(data) == after


def test_a_file_that_cannot_be_read_is_rejected_and_the_rest_goes_on(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = preflight.os.open

    def refusing(path: Any, *given: Any, **named: Any) -> int:
        if Path(path).name == "claims_1.csv":
            raise PermissionError(errno.EACCES, "no", str(path))
        return real(path, *given, **named)

    monkeypatch.setattr(preflight.os, "open", refusing)
    summary = run_nightly(data)
    monkeypatch.undo()
    assert summary.exit_code == 3
    assert summary.files == {"accepted": 1, "rejected": 1}
    rejected = state_of(settings_for(data))["rejected"]
    assert [row["code"] for row in rejected] == ["file_unreadable"]
    assert "claims_1" not in summary.text()
    assert every_fault(data) == []


class Disturbed(InProcess):
    """Does something to the landing folder once it has been looked at."""

    def __init__(self, disturb: Callable[[], None]) -> None:
        self._disturb = disturb

    def __call__(self, stage: str, step: Callable[..., T], run: Run, *given: Any) -> T:
        """Perform one step; after `discover` comes the disturbance."""
        done = super().__call__(stage, step, run, *given)
        if stage == "discover":
            self._disturb()
        return done


def disturbed_run(data: Path, disturb: Callable[[], None]) -> None:
    with open_run(settings_for(data), "nightly") as run:
        nightly_run(run, Disturbed(disturb))


def test_a_file_that_vanishes_in_mid_run_waits_for_its_return(data: Path, after: dict[str, str]) -> None:
    gone = data / "landing" / LATE[0]
    disturbed_run(data, gone.unlink)
    assert every_fault(data) == []
    assert published(data) != after
    deliver(data, LATE[0])
    run_nightly(data)
    assert figures(published(data)) == figures(after)


def test_a_file_replaced_in_mid_run_counts_once_as_what_it_is_in_the_end(
    data: Path, after: dict[str, str]
) -> None:
    path = data / "landing" / LATE[0]
    whole = small_files()[LATE[0]]
    path.write_bytes(whole[: whole.rfind(b"\n", 0, len(whole) // 2) + 1])
    disturbed_run(data, lambda: deliver(data, LATE[0]))
    run_nightly(data)
    assert figures(published(data)) == figures(after)


def figures(names: dict[str, str]) -> dict[str, str]:
    """Tables that tell of claims; apart from them stands what tells of the path that led here."""
    of_the_path = ("release_changes", "data_quality")
    return {name: sha256 for name, sha256 in names.items() if not any(part in name for part in of_the_path)}


class Earlier(dt.datetime):
    """A clock that has gone back by years."""

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> Earlier:
        """A moment before every other run."""
        return cls(2001, 9, 9, 1, 46, 40, tzinfo=tz)


def test_a_clock_that_goes_back_changes_no_table_and_no_order(
    data: Path, after: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = read_manifest(data / "benchmarks/standard")
    for module in (lock, publish, run_module):
        monkeypatch.setattr(module.dt, "datetime", Earlier)
    assert run_nightly(data).is_new
    monkeypatch.undo()
    new = read_manifest(data / "benchmarks/standard")
    assert old is not None
    assert new is not None
    assert new["published_at"].startswith("2001")
    assert published(data) == after
    assert read_note(data) is None
    kept = tree(data / "store")
    assert not run_nightly(data).is_new
    assert published(data) == after
    assert {**tree(data / "store"), "run.lock": ""} == {**kept, "run.lock": ""}
