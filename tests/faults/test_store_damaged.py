"""A10: a damaged store is told with what to do, never taken for a new one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from night_runs import night, tables_after
from small_runs import published, settings_for, tree

from flows.errors import ProductError
from flows.state import state_of
from flows.store.snapshot import FORMAT, Snapshot, read_snapshot


def snapshot_file(data: Path) -> Path:
    return data / "store/snapshot.json"


def ledger_file(data: Path) -> Path:
    return data / str(snapshot_of(data).ledger)


def snapshot_of(data: Path) -> Snapshot:
    snapshot = read_snapshot(data)
    assert snapshot is not None
    return snapshot


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def kept(data: Path) -> dict[str, str]:
    """All that counts: everything but the logs and the empty file of the lock."""
    return {name: sha for name, sha in tree(data).items() if not name.startswith("logs/")}


@pytest.mark.parametrize(
    ("which", "damage"),
    [
        (snapshot_file, cut),
        (snapshot_file, Path.unlink),
        (ledger_file, cut),
        (ledger_file, flip),
        (ledger_file, Path.unlink),
    ],
    ids=["snapshot-cut", "snapshot-gone", "ledger-cut", "ledger-flipped", "ledger-gone"],
)
def test_a_damaged_snapshot_or_ledger_is_told_and_nothing_is_taken_in_again(
    night_data: Path, which: Callable[[Path], Path], damage: Callable[[Path], None]
) -> None:
    path = which(night_data)
    damage(path)
    before = kept(night_data)
    for look in (lambda: night(night_data), lambda: state_of(settings_for(night_data))):
        with pytest.raises(ProductError) as caught:
            look()
        assert (caught.value.code, caught.value.exit_code) == ("E_SNAPSHOT", 1)
        assert "from a backup" in caught.value.entry.cure
    assert kept(night_data) == before


@pytest.mark.parametrize("damage", [cut, Path.unlink], ids=["cut", "gone"])
@pytest.mark.parametrize("room", ["accepted/remit_lines", "resolved/lines"])
def test_a_damaged_file_of_rows_is_told_by_the_step_that_needs_it(
    night_data: Path, room: str, damage: Callable[[Path], None]
) -> None:
    before = published(night_data), snapshot_file(night_data).read_bytes()
    for path in (night_data / "store" / room).rglob("*.parquet"):
        damage(path)
    with pytest.raises(ProductError) as caught:
        night(night_data)
    assert caught.value.code == "E_SNAPSHOT"
    assert "files" in caught.value.detail
    assert (published(night_data), snapshot_file(night_data).read_bytes()) == before


def test_what_the_message_says_to_do_works(night_data: Path, undisturbed: dict[str, str]) -> None:
    cut(snapshot_file(night_data))
    for room in ("store", "quarantine"):
        shutil.move(night_data / room, night_data.parent / room)
    assert night(night_data).files == {"accepted": 4}
    assert tables_after(night_data) == undisturbed


def test_a_store_of_another_version_is_told_apart_from_a_damaged_one(night_data: Path) -> None:
    path = snapshot_file(night_data)
    path.write_bytes(path.read_bytes().replace(f'"format": {FORMAT}'.encode(), b'"format": 1'))
    before = kept(night_data)
    with pytest.raises(ProductError) as caught:
        night(night_data)
    assert caught.value.code == "E_STORE_FORMAT"
    assert caught.value.detail == f"its format is 1, that of this program {FORMAT}"
    assert "move store/, quarantine/ and benchmarks/ away" in caught.value.entry.cure
    assert kept(night_data) == before


def test_a_store_of_another_version_is_made_anew_as_the_message_says(
    night_data: Path, undisturbed: dict[str, str]
) -> None:
    path = snapshot_file(night_data)
    path.write_bytes(path.read_bytes().replace(f'"format": {FORMAT}'.encode(), b'"format": 1'))
    with pytest.raises(ProductError, match="E_STORE_FORMAT") as caught:
        night(night_data)
    told = re.search(r"move (.*) away, and take in landing/ again", caught.value.entry.cure)
    assert told is not None
    for room in re.findall(r"(\w+)/", told[1]):
        shutil.move(night_data / room, night_data.parent / f"old-{room}")
    assert night(night_data).files == {"accepted": 4}
    assert tables_after(night_data) == undisturbed
