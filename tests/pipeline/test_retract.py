"""Taking out again what a file brought (contract section 2): as if it had never come, and back in."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_runs import (
    command,
    deliver,
    every_fault,
    published,
    run_nightly,
    settings_for,
    small_files,
    tree,
)

from flows.dag import retract_run, undo_run
from flows.errors import ProductError
from flows.readers.landing import shown_name
from flows.run import InProcess, open_run
from flows.state import state_of
from flows.steps.summary import Summary
from flows.store.publish import read_manifest
from flows.store.snapshot import read_snapshot

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("retract")]
FILE = "claims/claims_2.csv"
OTHERS = [name for name in small_files() if name != FILE]
AUDIENCES = ["internal", "standard", "shared"]


def retract(data: Path, file: str = FILE, undo: bool = False) -> Summary:
    with open_run(settings_for(data, audiences=AUDIENCES), "retract") as run:
        return (undo_run if undo else retract_run)(run, InProcess(), file)


def night(data: Path) -> Summary:
    return run_nightly(data, audiences=AUDIENCES)


def tables(data: Path, *audiences: str) -> dict[str, str]:
    """What is published, but for what tells of the release before, and the editions of `shared`."""
    return {
        name: told
        for name, told in published(data).items()
        if "release_changes" not in name and name.startswith(audiences or ("internal", "standard"))
    }


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that the file never came into."""
    data = tmp_path_factory.mktemp("without")
    deliver(data, *OTHERS)
    night(data)
    return data


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with all files, taken in together."""
    data = tmp_path_factory.mktemp("whole")
    deliver(data)
    night(data)
    return data


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "data")
    return tmp_path / "data"


def test_as_if_it_had_never_come_and_back_in(data: Path, without: Path, whole: Path) -> None:
    assert tables(whole) != tables(without)
    summary = retract(data)
    assert summary.is_new
    assert tables(data) == tables(without)
    assert every_fault(data) == []
    assert state_of(settings_for(data))["files"] == {"accepted": len(OTHERS), "retracted": 1}
    assert retract(data, undo=True).files == {"accepted": 1}
    assert tables(data) == tables(whole)


def test_it_is_not_taken_in_again_under_whatever_name(data: Path, without: Path) -> None:
    retract(data)
    shutil.copy(data / "landing" / FILE, data / "landing/another.csv")
    summary = night(data)
    assert summary.files == {"duplicate": 1}
    assert tables(data) == tables(without)
    # nor under other rules, which try again what was refused in part
    run_nightly(data, audiences=AUDIENCES, minutes_high=240)
    run_nightly(data, audiences=AUDIENCES)
    assert tables(data) == tables(without)


def test_a_copy_goes_with_it(data: Path, without: Path) -> None:
    shutil.copy(data / "landing" / FILE, data / "landing/copy.csv")
    night(data)
    retract(data, "copy.csv")
    assert tables(data) == tables(without)


def test_shared_begins_a_new_edition(data: Path, without: Path) -> None:
    retract(data)
    manifest = read_manifest(data / "benchmarks/shared")
    assert manifest is not None
    assert manifest["edition"] == {"number": 2, "because": "retraction"}
    assert not night(data).is_new


def test_it_is_known_by_path_and_by_shown_name(data: Path, without: Path) -> None:
    (data / "landing" / FILE).unlink()
    landing = (data / "landing").resolve()
    retract(data, shown_name(landing / FILE, landing, settings_for(data).key))
    assert tables(data) == tables(without)
    with pytest.raises(ProductError) as caught:
        retract(data, str(data / "landing" / FILE), undo=True)
    assert caught.value.code == "E_FILE_GONE"
    deliver(data, FILE)
    retract(data, str(data / "landing" / FILE), undo=True)
    assert state_of(settings_for(data))["files"] == {"accepted": len(small_files())}


@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize("file", ["claims/none.csv", "/etc/hostname", "f:000000000000", "../../etc/passwd"])
def test_what_never_came_is_refused_and_nothing_changes(data: Path, file: str, undo: bool) -> None:
    before = {name: told for name, told in tree(data).items() if not name.startswith("logs/")}
    with pytest.raises(ProductError) as caught:
        retract(data, file, undo)
    assert (caught.value.code, caught.value.exit_code) == ("E_FILE_UNKNOWN", 2)
    assert {name: told for name, told in tree(data).items() if not name.startswith("logs/")} == before


def test_when_nothing_is_left_nothing_is_published(tmp_path: Path) -> None:
    deliver(tmp_path, FILE)
    night(tmp_path)
    summary = retract(tmp_path)
    assert summary.releases == {}
    assert list((tmp_path / "benchmarks").iterdir()) == []
    snapshot = read_snapshot(tmp_path)
    assert snapshot is not None
    assert dict(snapshot.releases) == {}
    assert not night(tmp_path).is_new
    retract(tmp_path, undo=True)
    assert every_fault(tmp_path) == []


def test_the_command(data: Path, without: Path) -> None:
    done = command(data, "retract", FILE, "--json", CPT01939_AUDIENCES="internal,standard")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["releases"]["internal"]["is_new"]
    assert tables(data) == tables(without)
    refused = command(data, "retract", "claims/none.csv")
    assert refused.returncode == 2
    assert "none.csv" not in refused.stderr
