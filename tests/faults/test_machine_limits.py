"""A3, A4, A5, H16: memory, open files, names and folders that the machine refuses; where spilled rows go."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from night_runs import Watched, night, night_command, night_script, tables_after
from small_runs import published, settings_for

from flows import run as run_module
from flows.cli import main
from flows.commands.status import lines_of
from flows.dag import nightly_run
from flows.errors import ProductError
from flows.readers import preflight
from flows.run import open_run
from flows.state import state_of
from flows.store import files

pytestmark = pytest.mark.slow

SHORT_OF_MEMORY = """
import resource, sys
import polars as pl
from flows import run as room
from flows.cli import main

def enter(self, stage, real=room.Run.enter):
    real(self, stage)
    if stage == "resolve":
        size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + (16 << 20), size + (16 << 20)))
        pl.int_range(1 << 30, eager=True)

room.Run.enter = enter
resource.setrlimit(resource.RLIMIT_CORE, [resource.getrlimit(resource.RLIMIT_CORE)[1]] * 2)
main(["run", "--plain", "--data", sys.argv[1]])
"""
"""A run that meets the end of its memory where it resolves, in Polars; dumps are allowed before it begins."""


def test_a3_a_run_that_polars_aborts_for_want_of_memory_is_an_interrupted_run(
    night_data: Path, undisturbed: dict[str, str]
) -> None:
    before = published(night_data)
    process = night_script(SHORT_OF_MEMORY, night_data)
    _, told = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGABRT, told
    assert not list(night_data.parent.glob("core*")), "H16: a dump of its memory"
    assert published(night_data) == before
    state = state_of(settings_for(night_data))
    assert (state["run"]["stage"], state["run"]["going_on"]) == ("resolve", False)
    advice = next(line for line in lines_of(state, {}) if line.startswith("interrupted run"))
    for word in ("at resolve", "safe to run again", "CPT01939_BATCH_MEGABYTES", "CPT01939_WORKERS"):
        assert word in advice
    assert night(night_data).is_new
    assert tables_after(night_data) == undisturbed


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "no"),
        OSError("Cannot allocate memory (os error 12)"),
        RuntimeError("can't start new thread"),
        ImportError("lib.so: failed to map segment from shared object"),
    ],
)
def test_a3_want_of_memory_is_known_however_a_library_tells_it(
    night_data: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    assert failing_step(night_data, monkeypatch, error).code == "E_MEMORY"


def test_a3_want_of_memory_before_the_first_step_is_known(
    night_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(files: object) -> None:
        raise MemoryError

    monkeypatch.setattr("flows.readers.reference_files._parsed", refuses)
    with pytest.raises(ProductError) as caught:
        night(night_data)
    assert caught.value.code == "E_MEMORY"
    assert "the reference data" in caught.value.detail


@pytest.mark.parametrize(
    ("error", "code", "kind"),
    [
        (OSError(errno.EMFILE, "claims_1.csv"), "E_OPEN_FILES", ""),
        (OSError("Too many open files (os error 24): claims_1.csv"), "E_OPEN_FILES", ""),
        (OSError("No space left on device (os error 28): claims_1.csv"), "E_DISK_FULL", "ENOSPC"),
        (OSError(errno.EACCES, "no", "claims_1.csv"), "E_PERMISSION", "EACCES"),
        (OSError(errno.EDQUOT, "no", "claims_1.csv"), "E_DISK_FULL", "EDQUOT"),
        (OSError(errno.EIO, "no", "claims_1.csv"), "E_DISK", "EIO"),
    ],
)
def test_a5_a_refusal_is_told_by_its_kind_without_a_name(
    night_data: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, kind: str
) -> None:
    told = failing_step(night_data, monkeypatch, error)
    assert told.code == code
    assert kind in told.detail
    assert "claims_1" not in str(told)
    assert told.__context__ is None


def failing_step(data: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> ProductError:
    """What comes of an error in the first step that reads a file of landing/."""

    def refuses(*given: Any) -> None:
        raise error

    monkeypatch.setattr("flows.steps.discover.first_look", refuses)
    with pytest.raises(ProductError) as caught:
        night(data)
    return caught.value


@contextmanager
def few_open_files(headroom: int) -> Iterator[None]:
    """This process may open so many files more, and no more than that."""
    lowest = os.dup(0)
    os.close(lowest)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + headroom, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("stage", ["discover", "admission", "resolve"])
def test_a5_too_few_open_files_end_a_run_with_one_clear_error(night_data: Path, stage: str) -> None:
    before, snapshot = published(night_data), (night_data / "store/snapshot.json").read_bytes()

    def limit(begun: str) -> None:
        if begun == stage:
            limits.enter_context(few_open_files(0))

    settings = settings_for(night_data)
    with ExitStack() as limits, pytest.raises(ProductError) as caught, open_run(settings, "nightly") as run:
        nightly_run(run, Watched(limit))
    assert caught.value.code == "E_OPEN_FILES"
    assert "ulimit -n" in caught.value.entry.cure
    assert published(night_data) == before
    assert (night_data / "store/snapshot.json").read_bytes() == snapshot
    assert state_of(settings_for(night_data))["run"] is None


def test_a5_a_file_that_too_few_open_files_kept_shut_is_not_rejected(
    night_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = preflight.os.open

    def refusing(path: Any, *given: Any, **named: Any) -> int:
        if Path(path).name == "claims_1.csv":
            raise OSError(errno.EMFILE, "too many", str(path))
        return real(path, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(preflight.os, "open", refusing)
        with pytest.raises(ProductError) as caught:
            night(night_data)
    assert caught.value.code == "E_OPEN_FILES"
    state = state_of(settings_for(night_data))
    assert (state["rejected"], state["new"]) == ([], 2)


def refused_note(data: Path, patch: pytest.MonkeyPatch) -> None:
    """The note of a run can't be written."""
    real = files.put

    def put(draft: Path, path: Path, mode: int) -> None:
        if path.name == "run.json":
            raise OSError(errno.EROFS, "read-only", str(path))
        real(draft, path, mode)

    patch.setattr(files, "put", put)


def refused_log(data: Path, patch: pytest.MonkeyPatch) -> None:
    """The log of a run can't be written."""
    real = run_module.os.open

    def opened(path: Any, *given: Any, **named: Any) -> int:
        if Path(path).suffix == ".jsonl":
            raise OSError(errno.EROFS, "read-only", str(path))
        return real(path, *given, **named)

    patch.setattr(run_module.os, "open", opened)


@pytest.mark.parametrize("refused", [refused_note, refused_log])
def test_a4_a5_a_note_or_log_that_cannot_be_written_is_an_error_of_the_disk(
    night_data: Path, monkeypatch: pytest.MonkeyPatch, refused: Callable[[Path, pytest.MonkeyPatch], None]
) -> None:
    before = published(night_data)
    refused(night_data, monkeypatch)
    with pytest.raises(ProductError) as caught:
        night(night_data)
    assert caught.value.code == "E_DISK"
    assert "EROFS" in caught.value.detail
    assert published(night_data) == before


@pytest.fixture
def signals_kept() -> Iterator[None]:
    """The command line takes over signals; the tests have theirs back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("signals_kept")
def test_a5_a_name_that_is_too_long_for_a_data_folder_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / ("x" * 300)
    with pytest.raises(ProductError) as caught:
        night(folder)
    assert (caught.value.code, caught.value.detail) == ("E_DATA_FOLDER", "ENAMETOOLONG")
    monkeypatch.setenv("CPT01939_DATA", "")
    with pytest.raises(SystemExit) as ended:
        main(["status", "--data", str(folder)])
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "E_DISK" in told
    assert "ENAMETOOLONG" in told
    assert "xxx" not in told
    assert list(tmp_path.iterdir()) == []


def test_a5_a_landing_folder_too_deep_to_be_named_is_told(night_data: Path) -> None:
    before = published(night_data)
    top = "d" * 250
    place = os.open(night_data / "landing", os.O_RDONLY)
    for _ in range(18):
        os.mkdir(top, dir_fd=place)
        below = os.open(top, os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    with pytest.raises(ProductError) as caught:
        night(night_data)
    assert caught.value.code == "E_DISK"
    assert "step discover: ENAMETOOLONG" in caught.value.detail
    assert published(night_data) == before
    shutil.rmtree(night_data / "landing" / top)


def test_h16_what_memory_cannot_hold_is_spilled_into_the_store_and_nowhere_else(
    night_data: Path, undisturbed: dict[str, str]
) -> None:
    temporary = night_data.parent / "tmp"
    temporary.mkdir()
    before = temporary.stat().st_mtime_ns
    user = f"spills{os.getpid()}"
    left = night_data / "store/spill/1"
    left.mkdir(parents=True)
    (left / "rows.ipc").write_bytes(b"rows of a run that was killed")
    told = night_command(
        night_data,
        TMPDIR=str(temporary),
        USER=user,
        POLARS_OOC_MEMORY_BUDGET_MB="1",
        POLARS_OOC_SPILL_MIN_BYTES="1",
    )
    assert told.returncode == 0, told.stderr
    assert tables_after(night_data) == undisturbed
    spill = night_data / "store/spill"
    assert [path.name for path in spill.iterdir()] != [], "nothing was spilled: the test tests nothing"
    assert not left.exists()
    assert [path for path in spill.rglob("*") if path.is_file()] == []
    assert temporary.stat().st_mtime_ns == before, "something was made under TMPDIR"
    for place in ("/tmp", "/var/tmp"):
        assert not (Path(place) / f"polars-{user}").exists()


def test_h16_a_run_leaves_no_dump_of_its_memory(night_data: Path) -> None:
    with open_run(settings_for(night_data), "nightly"):
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
