"""Publishing through whole runs: one committed release, complete, that changes only when it must."""

from __future__ import annotations

import grp
import json
import os
import shutil
import stat
from pathlib import Path

import polars as pl
import pytest
from small_runs import (
    OTHER_KEY,
    deliver,
    every_fault,
    published,
    run_nightly,
    run_rerun,
    settings_for,
    small_files,
    tree,
)

from flows.errors import ProductError
from flows.state import state_of
from flows.store.publish import is_published, read_manifest
from flows.store.snapshot import read_snapshot

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder after one nightly run on all files."""
    data = tmp_path_factory.mktemp("first")
    deliver(data)
    run_nightly(data)
    return data


@pytest.fixture
def data(first: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    shutil.copytree(first, tmp_path / "data")
    return tmp_path / "data"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("audience", ["internal", "standard"])
def test_a_release_is_complete_and_told_by_its_manifest(first: Path, audience: str) -> None:
    assert every_fault(first) == []
    folder = first / "benchmarks" / audience
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest["audience"] == audience
    assert manifest["as_of"] >= "2025-01-01"
    assert manifest["published_at"].endswith("Z")
    assert len(manifest["inputs"]) == len(small_files())
    for name, entry in manifest["tables"].items():
        assert pl.read_parquet(folder / f"{name}.parquet").height == entry["rows"]
    release = folder / "releases" / manifest["release_id"]
    assert {path.name for path in release.iterdir()} == {
        *(entry["file"] for entry in manifest["tables"].values()),
        "data_dictionary.md",
    }


def test_file_metadata_tells_the_release_and_no_clock(first: Path) -> None:
    manifest = read_manifest(first / "benchmarks/standard")
    assert manifest is not None
    told = pl.read_parquet_metadata(first / "benchmarks/standard/utilization.parquet")
    assert told["release_id"] == manifest["release_id"]
    assert told["audience"] == "standard"
    assert told["table"] == "utilization"
    assert "11" in told["suppression"]
    assert manifest["published_at"] not in str(told)
    internal = pl.read_parquet_metadata(first / "benchmarks/internal/utilization.parquet")
    assert internal["release_id"] != told["release_id"]
    assert internal["suppression"] == "internal: every cell, exact; not to be passed on"


def test_modes_are_private_but_for_what_analysts_read(first: Path) -> None:
    private = [first / name for name in ("store", "quarantine", "logs")]
    for folder in private:
        assert mode(folder) == 0o700
        for path in folder.rglob("*"):
            assert mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert mode(first / "benchmarks") == 0o755
    for audience, folder, file in (("internal", 0o700, 0o600), ("standard", 0o755, 0o644)):
        room = first / "benchmarks" / audience
        for path in (room, *room.rglob("*")):
            assert mode(path) == (folder if path.is_dir() else file), path


def test_internal_tables_may_be_read_by_the_group_that_is_named(data: Path) -> None:
    group = grp.getgrgid(os.getegid()).gr_name
    summary = run_nightly(data, internal_group=group)
    assert not summary.is_new
    room = data / "benchmarks/internal"
    for path in (room, *room.rglob("*")):
        assert mode(path) == (0o750 if path.is_dir() else 0o640), path
        assert path.stat().st_gid == os.getegid()
    assert mode(data / "store") == 0o700
    run_nightly(data)
    assert mode(room) == 0o700


def test_a_group_that_is_not_there_is_told_before_anything_is_read(data: Path) -> None:
    before = tree(data)
    with pytest.raises(ProductError) as caught:
        run_nightly(data, internal_group="nobody of this name")
    assert caught.value.code == "E_SETTING"
    assert "internal_group" in caught.value.detail
    assert tree(data) == before


def test_nothing_is_left_beside_what_the_snapshot_names(first: Path) -> None:
    snapshot = read_snapshot(first)
    assert snapshot is not None
    files = {
        f"{room}/{name}"
        for room in ("store", "quarantine")
        for name in tree(first / room)
        if "releases/" not in name
    }
    assert files == snapshot.names() | {"store/snapshot.json", "store/run.lock"}
    assert not any((first / "store" / "running").iterdir())


def test_a_run_that_changes_nothing_publishes_nothing(data: Path) -> None:
    before = tree(data / "benchmarks"), tree(data / "store")
    stamps = {path: path.stat().st_mtime_ns for path in (data / "benchmarks").rglob("*")}
    summary = run_nightly(data)
    assert not summary.is_new
    assert summary.files == {}
    assert (tree(data / "benchmarks"), tree(data / "store")) == before
    assert {path: path.stat().st_mtime_ns for path in (data / "benchmarks").rglob("*")} == stamps


def test_the_same_bytes_under_another_name_change_nothing_published(data: Path) -> None:
    before = tree(data / "benchmarks")
    shutil.copy(data / "landing/claims/claims_0.csv", data / "landing/copy.csv")
    os.utime(data / "landing/claims/claims_1.csv", (1, 1))
    summary = run_nightly(data)
    assert summary.files == {"duplicate": 2}
    assert tree(data / "benchmarks") == before
    assert run_nightly(data).files == {}


def test_several_nights_publish_the_same_bytes_as_one(first: Path, tmp_path: Path) -> None:
    names = sorted(small_files(), reverse=True)
    for name in (names[:3], names[3:4], names[4:]):
        deliver(tmp_path, *name)
        summary = run_nightly(tmp_path)
        assert summary.is_new
    told_of_the_past = "release_changes"
    assert {k: v for k, v in published(tmp_path).items() if told_of_the_past not in k} == {
        k: v for k, v in published(first).items() if told_of_the_past not in k
    }


@pytest.mark.parametrize("damage", ["flip", "delete", "stray", "manifest"])
def test_verify_names_what_a_person_changed_and_the_next_run_restores_it(data: Path, damage: str) -> None:
    before = published(data)
    target = data / "benchmarks/standard/utilization.parquet"
    if damage == "flip":
        content = bytearray(target.read_bytes())
        content[len(content) // 2] ^= 1
        target.write_bytes(content)
    elif damage == "delete":
        target.unlink()
    elif damage == "stray":
        target = data / "benchmarks/standard/mine.parquet"
        target.write_bytes(b"x")
    else:
        target = data / "benchmarks/standard/manifest.json"
        target.write_text("{")
    assert all(line.startswith("standard/") for line in every_fault(data))
    assert any(target.name in line for line in every_fault(data))
    summary = run_nightly(data)
    assert list(summary.completed) == ["standard"]
    assert not summary.is_new
    assert published(data) == before
    assert every_fault(data) == []


def test_a_damaged_release_of_the_store_is_made_again(data: Path) -> None:
    before = published(data)
    snapshot = read_snapshot(data)
    assert snapshot is not None
    release = str(snapshot.release("standard"))
    (data / "store/releases" / release / "utilization.parquet").write_bytes(b"gone")
    (data / "benchmarks/standard/utilization.parquet").unlink()
    run_nightly(data)
    assert published(data) == before
    assert is_published(data, release)


def test_an_audience_added_later_gets_its_release_of_what_there_is(tmp_path: Path) -> None:
    deliver(tmp_path)
    first = run_nightly(tmp_path, audiences=["standard"])
    assert list(first.releases) == ["standard"]
    assert not (tmp_path / "benchmarks/internal").exists()
    second = run_nightly(tmp_path)
    assert not second.everything
    assert {name: release.is_new for name, release in second.releases.items()} == {
        "internal": True,
        "standard": False,
    }
    assert every_fault(tmp_path) == []


def test_an_audience_that_is_left_out_keeps_its_folder_and_status_says_that_it_is_stale(data: Path) -> None:
    before = tree(data / "benchmarks/standard")
    (data / "landing/claims/claims_3.csv").unlink()
    summary = run_nightly(data, audiences=["internal"], as_of="2026-05-01")
    assert list(summary.releases) == ["internal"]
    assert tree(data / "benchmarks/standard") == before
    told = state_of(settings_for(data, audiences=["internal"]))["releases"]
    assert (told["internal"]["is_stale"], told["standard"]["is_stale"]) == (False, True)
    again = run_nightly(data, as_of="2026-05-01")
    assert again.releases["standard"].is_new
    assert not again.releases["internal"].is_new


def test_thresholds_of_one_audience_move_it_alone_and_resolve_nothing(data: Path) -> None:
    internal = tree(data / "benchmarks/internal")
    summary = run_nightly(data, minimum_count=20)
    assert not summary.everything
    assert summary.releases["standard"].is_new
    assert tree(data / "benchmarks/internal") == internal


def test_tables_of_the_layout_before_are_told_and_left_alone(data: Path) -> None:
    (data / "benchmarks/manifest.json").write_text("{}")
    before = tree(data)
    with pytest.raises(ProductError) as caught:
        run_nightly(data)
    assert caught.value.code == "E_STORE_FORMAT"
    assert "benchmarks/" in str(caught.value)
    assert "move store/, quarantine/ and benchmarks/ away" in caught.value.entry.cure
    assert tree(data) == before


def test_earlier_releases_are_kept_in_the_store_up_to_the_number_set(data: Path) -> None:
    for day in ("2026-03-01", "2026-04-01", "2026-05-01"):
        assert run_nightly(data, as_of=day, keep_releases=2).is_new
    snapshot = read_snapshot(data)
    assert snapshot is not None
    assert {audience: len(kept) for audience, kept in snapshot.releases.items()} == {
        "internal": 3,
        "standard": 3,
    }
    kept = {name for names in snapshot.releases.values() for name in names}
    assert {path.name for path in (data / "store/releases").iterdir()} == kept
    for audience in snapshot.releases:
        assert len(list((data / "benchmarks" / audience / "releases").iterdir())) == 1


def test_another_key_changes_nothing(data: Path) -> None:
    before = tree(data)
    deliver(data, "claims/claims_0.csv")
    with pytest.raises(ProductError) as caught:
        run_nightly(data, hmac_key=OTHER_KEY)
    assert (caught.value.code, caught.value.exit_code) == ("E_KEY_OTHER", 6)
    assert tree(data) == before


def test_rerun_of_an_unchanged_month_publishes_nothing_new(data: Path) -> None:
    before = published(data)
    payer, month = first_partition(data)
    assert not run_rerun(data, payer, month).is_new
    assert not run_rerun(data, payer, month, from_landing=True).is_new
    assert published(data) == before


def test_rerun_of_what_was_never_taken_in_is_refused(data: Path) -> None:
    with pytest.raises(ProductError) as caught:
        run_rerun(data, "aetna", "1999-01")
    assert caught.value.code == "E_NOTHING_TAKEN_IN"
    assert state_of(settings_for(data))["run"] is None


def test_a_changed_rule_resolves_everything_and_says_so(data: Path) -> None:
    before = read_manifest(data / "benchmarks/standard")
    summary = run_nightly(data, minutes_high=120)
    after = read_manifest(data / "benchmarks/standard")
    assert before is not None
    assert after is not None
    assert summary.everything
    assert "every month was resolved again" in summary.text()
    assert after["fingerprint"] != before["fingerprint"]
    assert after["release_id"] != before["release_id"]


@pytest.mark.parametrize("policy", ["add", "supersede"])
def test_an_old_name_with_new_content(data: Path, policy: str) -> None:
    name = "claims/claims_3.csv"
    path = data / "landing" / name
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))
    before = taken_in(data)
    summary = run_nightly(data, on_same_name=policy)
    assert summary.files == {"accepted": 1}
    kept = summary.rows["accepted"]
    if policy == "add":
        assert taken_in(data) == before + kept
    else:
        assert taken_in(data) < before


def test_a_linked_folder_is_refused(tmp_path: Path) -> None:
    deliver(tmp_path, "claims/claims_0.csv")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "store").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ProductError) as caught:
        run_nightly(tmp_path)
    assert caught.value.code == "E_DATA_FOLDER"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_empty_landing_folder_publishes_nothing(tmp_path: Path) -> None:
    summary = run_nightly(tmp_path)
    assert summary.releases == {}
    assert summary.exit_code == 0
    assert not (tmp_path / "benchmarks").exists()


def test_logs_are_json_and_hold_counts_only(first: Path) -> None:
    lines = [
        json.loads(line) for path in (first / "logs").iterdir() for line in path.read_text().splitlines()
    ]
    events = [line["event"] for line in lines]
    assert events[0] == "begin"
    assert events[-1] == "end"
    text = json.dumps(lines)
    assert "claims_0" not in text
    assert str(first) not in text
    claims = pl.read_csv(small_files()["claims/claims_0.csv"], infer_schema=False)
    for column in ("claim_id", "member_id"):
        assert not [value for value in claims[column].drop_nulls() if value in text]


def first_partition(data: Path) -> tuple[str, str]:
    snapshot = read_snapshot(data)
    assert snapshot is not None
    payer, month = sorted(snapshot.partitions)[0].split("/")
    return payer, month


def taken_in(data: Path) -> int:
    return sum(row["lines"] for row in state_of(settings_for(data))["freshness"])
