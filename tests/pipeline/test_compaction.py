"""Merged batches: the same published bytes, and every command finds each file in them as before."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from inbound_rows import as_csv, claim
from small_runs import (
    deliver_in_pieces,
    every_fault,
    published,
    run_nightly,
    run_rerun,
    settings_for,
)

from flows.dag import retract_run, undo_run
from flows.readers.landing import shown_name
from flows.run import InProcess, open_run
from flows.steps import compact
from flows.steps.summary import Summary
from flows.store.known import read_ledger
from flows.store.quarantined_rows import bad_rows
from flows.store.snapshot import ROOMS, BatchFiles, Store

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("compaction")]
PIECES = 2
FILE = "claims/claims_1_0.csv"
BAD = "claims/bad.csv"


def nights(data: Path, merged_at: int) -> Path:
    """A night for the pieces of each delivery, merged from so many batches on; among them bad rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compact, "MERGED_AT", merged_at)
        for number in range(4):
            deliver_in_pieces(data, PIECES, f"claims/claims_{number}.csv", f"remits/remits_{number}.csv")
            if number == 1:
                rows = [
                    claim(claim_id=f"PCN{at}", **({"charge_amount": "much"} if at < 2 else {}))
                    for at in range(9)
                ]
                (data / "landing" / BAD).write_bytes(as_csv(rows))
            run_nightly(data, batch_files=2)
    return data


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nights whose batches are never merged."""
    return nights(tmp_path_factory.mktemp("apart"), merged_at=1000)


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same nights, merged from two batches on."""
    return nights(tmp_path_factory.mktemp("merged"), merged_at=2)


@pytest.fixture
def data(merged: Path, tmp_path: Path) -> Path:
    shutil.copytree(merged, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def other(apart: Path, tmp_path: Path) -> Path:
    shutil.copytree(apart, tmp_path / "other")
    return tmp_path / "other"


def again(data: Path, file: str, undo: bool = False) -> Summary:
    with open_run(settings_for(data), "retract") as run:
        return (undo_run if undo else retract_run)(run, InProcess(), file)


def test_the_same_is_published_from_fewer_files(apart: Path, merged: Path) -> None:
    assert published(merged) == published(apart)
    one, other = Store.open(apart), Store.open(merged)
    assert len(other.snapshot.batches) < len(one.snapshot.batches) == 9
    assert {key for batch in other.snapshot.batches for key in batch.files} == {
        key for batch in one.snapshot.batches for key in batch.files
    }
    for room in ("claim_lines", "remit_lines", "lines_beside", "quality", "quarantine"):
        rows = [pl.concat(store.accepted_of(room)).collect() for store in (one, other)]
        assert rows[0].height, room
        assert rows[0].sort(rows[0].columns).equals(rows[1].sort(rows[1].columns)), room
    assert bad_rows(other).equals(bad_rows(one))
    ledgers = [read_ledger(store).drop("modified_ns") for store in (one, other)]
    assert ledgers[0].equals(ledgers[1])


def test_the_store_holds_what_the_snapshot_names_and_its_sizes(merged: Path) -> None:
    snapshot = Store.open(merged).snapshot
    there = {
        path.relative_to(merged).as_posix()
        for room in ROOMS
        for path in (merged / room).rglob("*")
        if path.is_file()
    }
    assert there == snapshot.names()
    for batch in snapshot.batches:
        assert batch.size == sum((merged / name).stat().st_size for name in batch.names())


def test_a_file_is_taken_out_of_a_merged_batch_and_back_in(data: Path, other: Path) -> None:
    (key,) = set(read_ledger(Store.open(data)).filter(shown_name=shown(data, FILE))["file_key"])
    before = tables(data)
    for folder in (data, other):
        again(folder, FILE)
    assert tables(data) == tables(other) != before
    assert every_fault(data) == []
    assert key not in {key for batch in Store.open(data).snapshot.batches for key in live(batch)}
    again(data, FILE, undo=True)
    assert tables(data) == before


def test_rows_taken_out_go_with_the_next_merge(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "MERGED_AT", 2)
    again(data, FILE)
    (data / "landing/more.csv").write_bytes(as_csv([claim(claim_id="PCN77")]))
    run_nightly(data)
    (data / "landing/even_more.csv").write_bytes(as_csv([claim(claim_id="PCN78")]))
    run_nightly(data)
    assert not any(batch.retired for batch in Store.open(data).snapshot.batches)


def test_a_copy_is_a_duplicate_and_a_rerun_from_landing_changes_nothing(data: Path) -> None:
    before = tables(data)
    shutil.copy(data / "landing" / FILE, data / "landing/copy.csv")
    assert run_nightly(data).files == {"duplicate": 1}
    payer, month = sorted(Store.open(data).snapshot.partitions)[3].split("/")
    assert run_rerun(data, payer, month, from_landing=True).files.keys() == {"accepted"}
    assert tables(data) == before
    assert every_fault(data) == []


def test_rows_refused_are_tried_again_under_other_limits(data: Path, other: Path) -> None:
    for folder in (data, other):
        assert run_nightly(folder, file_ceiling=0.9).files["accepted"] >= 1
    assert published(data) == published(other)


def test_a_night_without_anything_new_merges_nothing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "MERGED_AT", 2)
    before = Store.open(data).snapshot
    assert not run_nightly(data).is_new
    assert Store.open(data).snapshot == before


def shown(data: Path, file: str) -> str:
    return shown_name(data / "landing" / file, data / "landing", settings_for(data).key)


def live(batch: BatchFiles) -> set[str]:
    return set(batch.files) - set(batch.retired)


def tables(data: Path) -> dict[str, str]:
    """What is published, but for what tells of the release before."""
    return {name: told for name, told in published(data).items() if "release_changes" not in name}
