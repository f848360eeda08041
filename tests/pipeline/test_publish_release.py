"""Publishing through whole runs: one committed release, complete, that changes only when it must."""

from __future__ import annotations

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
    published,
    run_nightly,
    run_rerun,
    settings_for,
    small_files,
    tree,
)

from flows.errors import ProductError
from flows.state import state_of
from flows.store.publish import faults, is_published, read_manifest
from flows.store.snapshot import read_snapshot


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


def test_a_release_is_complete_and_told_by_its_manifest(first: Path) -> None:
    manifest = read_manifest(first / "benchmarks")
    assert manifest is not None
    assert faults(first) == []
    assert manifest["as_of"] >= "2025-01-01"
    assert manifest["published_at"].endswith("Z")
    assert len(manifest["inputs"]) == len(small_files())
    for name, entry in manifest["tables"].items():
        assert pl.read_parquet(first / "benchmarks" / f"{name}.parquet").height == entry["rows"]
    release = first / "benchmarks" / "releases" / manifest["release_id"]
    assert {path.name for path in release.iterdir()} == {
        *(entry["file"] for entry in manifest["tables"].values()),
        "data_dictionary.md",
    }


def test_file_metadata_tells_the_release_and_no_clock(first: Path) -> None:
    manifest = read_manifest(first / "benchmarks")
    assert manifest is not None
    told = pl.read_parquet_metadata(first / "benchmarks" / "utilization.parquet")
    assert told["release_id"] == manifest["release_id"]
    assert told["audience"] == "standard"
    assert told["table"] == "utilization"
    assert "11" in told["suppression"]
    assert manifest["published_at"] not in str(told)


def test_modes_are_private_but_for_what_analysts_read(first: Path) -> None:
    private = [first / name for name in ("store", "quarantine", "logs")]
    for folder in private:
        assert mode(folder) == 0o700
        for path in folder.rglob("*"):
            assert mode(path) == (0o700 if path.is_dir() else 0o600), path
    assert mode(first / "benchmarks") == 0o755
    for path in (first / "benchmarks").rglob("*"):
        assert mode(path) == (0o755 if path.is_dir() else 0o644), path


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
    ours, theirs = read_manifest(tmp_path / "benchmarks"), read_manifest(first / "benchmarks")
    assert ours is not None
    assert theirs is not None
    assert ours["release_id"] == theirs["release_id"]
    told_of_the_past = "release_changes"
    assert {k: v for k, v in published(tmp_path).items() if told_of_the_past not in k} == {
        k: v for k, v in published(first).items() if told_of_the_past not in k
    }


@pytest.mark.parametrize("damage", ["flip", "delete", "stray", "manifest"])
def test_verify_names_what_a_person_changed_and_the_next_run_restores_it(data: Path, damage: str) -> None:
    before = published(data)
    target = data / "benchmarks" / "utilization.parquet"
    if damage == "flip":
        content = bytearray(target.read_bytes())
        content[len(content) // 2] ^= 1
        target.write_bytes(content)
    elif damage == "delete":
        target.unlink()
    elif damage == "stray":
        target = data / "benchmarks" / "mine.parquet"
        target.write_bytes(b"x")
    else:
        target = data / "benchmarks" / "manifest.json"
        target.write_text("{")
    assert any(target.name in line for line in faults(data))
    summary = run_nightly(data)
    assert summary.completed
    assert published(data) == before
    assert faults(data) == []


def test_a_damaged_release_of_the_store_is_made_again(data: Path) -> None:
    before = published(data)
    snapshot = read_snapshot(data)
    assert snapshot is not None
    (data / "store/releases" / str(snapshot.release) / "utilization.parquet").write_bytes(b"gone")
    (data / "benchmarks/utilization.parquet").unlink()
    run_nightly(data)
    assert published(data) == before
    assert is_published(data, str(snapshot.release))


def test_audience_decides_who_may_read(data: Path) -> None:
    before = read_manifest(data / "benchmarks")
    summary = run_nightly(data, audiences=["internal"])
    assert summary.everything
    assert before is not None
    assert summary.release_id != before["release_id"]
    assert mode(data / "benchmarks") == 0o700
    files = [path for path in (data / "benchmarks").rglob("*") if path.is_file()]
    assert {mode(path) for path in files} == {0o600}
    assert (
        "not to be passed on" in pl.read_parquet_metadata(data / "benchmarks/payment.parquet")["suppression"]
    )
    run_nightly(data)
    assert mode(data / "benchmarks") == 0o755
    again = read_manifest(data / "benchmarks")
    assert again is not None
    assert again["release_id"] == before["release_id"]


def test_earlier_releases_are_kept_in_the_store_up_to_the_number_set(data: Path) -> None:
    for day in ("2026-03-01", "2026-04-01", "2026-05-01"):
        assert run_nightly(data, as_of=day, keep_releases=2).is_new
    snapshot = read_snapshot(data)
    assert snapshot is not None
    assert len(snapshot.releases) == 3
    assert {path.name for path in (data / "store/releases").iterdir()} == set(snapshot.releases)
    assert len(list((data / "benchmarks/releases").iterdir())) == 1


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
    before = read_manifest(data / "benchmarks")
    summary = run_nightly(data, minutes_high=120)
    after = read_manifest(data / "benchmarks")
    assert before is not None
    assert after is not None
    assert summary.everything
    assert "resolved anew" in summary.text()
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
    assert summary.release_id is None
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
