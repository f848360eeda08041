"""What is found in the landing folder, in which order, and how it is named and batched."""

from __future__ import annotations

import hmac
import os
from hashlib import sha256
from pathlib import Path

import pytest

from flows.readers.landing import LandingFile, discover, shown_name
from flows.settings import Settings, load_settings
from flows.steps.batches import plan_batches

KEY = "a key of the tests, long enough for its purpose"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.startswith("CPT01939_")]:
        monkeypatch.delenv(name)
    return load_settings(data=tmp_path, hmac_key=KEY, settle_seconds=0.0)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


def test_no_folder_and_an_empty_folder_hold_nothing(landing: Path, settings: Settings) -> None:
    for folder in (landing, landing / "missing"):
        found = discover(folder, settings)
        assert (found.files, found.waiting, found.ignored) == ([], [], [])


def test_an_empty_folder_is_not_waited_for(
    landing: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flows.readers.landing.time.sleep", lambda seconds: pytest.fail("it waited"))
    (landing / ".hidden").write_bytes(b"x")
    assert len(discover(landing, settings).ignored) == 1


def test_files_are_found_at_any_depth_in_the_order_of_their_paths(landing: Path, settings: Settings) -> None:
    names = ["b.csv", "a/z.csv", "a/b/c/d.csv", "A.csv"]
    for number, name in enumerate(names):
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * number)
    found = discover(landing, settings).files
    assert [file.path.relative_to(landing).as_posix() for file in found] == sorted(names)
    assert {file.path.relative_to(landing).as_posix(): file.size for file in found} == {
        name: number for number, name in enumerate(names)
    }


def test_a_file_that_goes_away_between_the_looks_is_not_there(
    landing: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (landing / "gone.csv").write_bytes(b"x")
    (landing / "stays.csv").write_bytes(b"x")
    monkeypatch.setattr("flows.readers.landing.time.sleep", lambda seconds: (landing / "gone.csv").unlink())
    found = discover(landing, settings)
    assert [file.path.name for file in found.files] == ["stays.csv"]
    assert found.waiting == []


def test_a_folder_that_goes_away_between_the_looks_is_not_there(
    landing: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("gone", "stays"):
        (landing / name).mkdir()
        (landing / name / "claims.csv").write_bytes(b"x")
    scan = os.scandir

    def vanishing(folder: Path) -> object:
        if folder.name == "gone":
            raise FileNotFoundError
        return scan(folder)

    monkeypatch.setattr("flows.readers.landing.os.scandir", vanishing)
    assert [file.path.parent.name for file in discover(landing, settings).files] == ["stays"]


@pytest.mark.parametrize("change", ["size", "time", "new"])
def test_a_file_that_differs_between_the_looks_waits(
    landing: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    path = landing / "claims.csv"
    (landing / "other.csv").write_bytes(b"x")
    if change != "new":
        path.write_bytes(b"x")

    def between(seconds: float) -> None:
        if change == "time":
            os.utime(path, (1, 1))
        else:
            path.write_bytes(b"xy")

    monkeypatch.setattr("flows.readers.landing.time.sleep", between)
    found = discover(landing, settings)
    assert [file.path.name for file in found.files] == ["other.csv"]
    assert found.waiting == [shown_name(path, landing, KEY.encode())]
    monkeypatch.undo()
    assert len(discover(landing, settings).files) == 2


def test_an_old_file_does_not_wait_for_its_age(landing: Path, settings: Settings) -> None:
    for name, moment in (("old.csv", 1), ("future.csv", 4_000_000_000)):
        (landing / name).write_bytes(b"x")
        os.utime(landing / name, (moment, moment))
    assert len(discover(landing, settings).files) == 2


def test_the_landing_folder_is_not_changed(landing: Path, settings: Settings) -> None:
    (landing / "claims.csv").write_bytes(b"x")
    before = [(entry.name, entry.stat().st_mtime_ns) for entry in (landing, *landing.iterdir())]
    landing.chmod(0o500)
    discover(landing, settings)
    landing.chmod(0o700)
    assert [(entry.name, entry.stat().st_mtime_ns) for entry in (landing, *landing.iterdir())] == before


def test_a_shown_name_is_a_keyed_hash_of_the_path_inside_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "landing" / "2025" / "claims.csv"
    digest = hmac.new(KEY.encode(), b"file|" + b"2025/claims.csv".hex().encode(), sha256).hexdigest()
    assert shown_name(path, tmp_path / "landing", KEY.encode()) == f"f:{digest[:12]}"
    elsewhere = Path("/elsewhere/landing/2025/claims.csv")
    assert shown_name(elsewhere, elsewhere.parents[1], KEY.encode()) == f"f:{digest[:12]}"


def test_shown_names_of_different_paths_and_keys_differ(tmp_path: Path) -> None:
    names = [
        "claims.csv",
        "a/claims.csv",
        "Claims.csv",
        "claims.csv ",
        "caf\xe9.csv",
        "cafe\u0301.csv",
        "\udcff.csv",
    ]
    shown = {shown_name(tmp_path / name, tmp_path, KEY.encode()) for name in names}
    assert len(shown) == len(names)
    assert shown_name(tmp_path / names[0], tmp_path, b"another") not in shown


def file(name: str, megabytes: float) -> LandingFile:
    return LandingFile(Path(name), int(megabytes * (1 << 20)), name)


def sizes(*megabytes: float, most: int = 500) -> list[list[str]]:
    files = [file(str(number), size) for number, size in enumerate(megabytes)]
    return [[each.shown_name for each in batch.files] for batch in plan_batches(files, 64, most)]


def test_small_files_share_a_batch_and_a_large_one_has_its_own() -> None:
    assert sizes() == []
    assert sizes(1, 2, 3) == [["0", "1", "2"]]
    assert sizes(40, 30, 30) == [["0"], ["1", "2"]]
    assert sizes(500, 1, 500) == [["0"], ["1"], ["2"]]
    assert sizes(1, 1, 1, 1, 1, most=2) == [["0", "1"], ["2", "3"], ["4"]]
    assert sizes(64, 0) == [["0", "1"]]
