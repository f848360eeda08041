"""Deliveries: files that grow, change, go away or come again (C), and names of any bytes (G2)."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from file_contents import CSV, GZIP, LINES, ROWS, ZSTD
from inbound_rows import as_csv, claim, take_in, take_in_listed
from small_runs import deliver, run_nightly, settings_for, small_files

from flows.readers.landing import discover
from flows.readers.preflight import Limits, preflight
from flows.readers.rejections import Growing, Rejected
from flows.run import Run

LIMITS = Limits(1 << 30, 200)


def test_c1_a_file_that_grows_between_two_looks_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    for name in ("still.csv", "growing.csv"):
        (landing / name).write_bytes(CSV)
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        with (landing / "growing.csv").open("ab") as stream:
            stream.write(LINES[0].encode())
        (landing / "new.csv").write_bytes(CSV)

    monkeypatch.setattr("flows.readers.landing.time.sleep", nap)
    found = discover(landing, settings_for(tmp_path, settle_seconds=1.5))
    assert naps == [1.5]
    assert [file.path.name for file in found.files] == ["still.csv"]
    assert len(found.waiting) == 2


def test_c1_a_run_reads_while_it_waits_and_leaves_what_grew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CONTRACT 3: growing is what differs between two looks a second apart; the rest of its batch counts."""
    deliver(tmp_path, *sorted(small_files())[:2])
    growing = tmp_path / "landing" / sorted(small_files())[0]
    whole, half = growing.read_bytes(), growing.read_bytes()[: growing.stat().st_size // 2]
    growing.write_bytes(half[: half.rindex(b"\n") + 1])
    naps: list[float] = []

    def nap(run: Run, seconds: float) -> None:
        naps.append(seconds)
        growing.write_bytes(whole)

    with monkeypatch.context() as patched:
        patched.setattr(Run, "rest", nap)
        first = run_nightly(tmp_path, settle_seconds=1.5)
    assert 0 < naps[0] < 1.5
    assert (dict(first.files), first.waiting) == ({"accepted": 1}, 1)
    second = run_nightly(tmp_path)
    assert (dict(second.files), second.waiting) == ({"accepted": 1}, 0)
    rows = pl.read_csv(whole, infer_schema=False).height
    assert second.rows["rows_read"] == rows


def test_c1_a_file_that_changes_while_it_is_read_is_left_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "claims.csv"
    path.write_bytes(CSV)
    after = os.fstat

    def grown(descriptor: int) -> os.stat_result:
        found = after(descriptor)
        with path.open("ab") as stream:
            stream.write(b"more")
        return found

    monkeypatch.setattr("flows.readers.preflight.os.fstat", grown)
    with pytest.raises(Growing):
        preflight(path, tmp_path / "scratch", LIMITS)


def test_c2_unfinished_and_hidden_files_are_never_opened(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    (landing / "deep" / ".hidden").mkdir(parents=True)
    waiting = ("a.csv.part", "a.csv.tmp", "a.CSV.FILEPART", "deep/a.partial", "a.crdownload")
    ignored = (".DS_Store", "~$claims.xlsx", "deep/.claims.csv.swp")
    for name in (*waiting, *ignored, "deep/.hidden/claims.csv", "deep/claims.csv"):
        (landing / name).write_bytes(CSV)
    found = discover(landing, settings_for(tmp_path))
    assert [file.path.name for file in found.files] == ["claims.csv"]
    assert (len(found.waiting), len(found.ignored)) == (len(waiting), len(ignored))


def test_c3_c4_the_same_content_under_any_name_and_packing_counts_once(tmp_path: Path) -> None:
    copies = {
        "claims.csv": CSV,
        "again/claims.csv": CSV,
        "claims.csv.gz": GZIP,
        "claims.csv.zst": ZSTD,
        "claims-2.gz": gzip.compress(CSV, 1, mtime=7),
    }
    found = take_in(tmp_path, copies)
    outcomes = [row["outcome"] for row in found.ledger.values()]
    assert outcomes == ["accepted", *["duplicate"] * 4]
    assert len({row["file_key"] for row in found.ledger.values()}) == 1
    assert len(found.claim_lines) == len(ROWS)


Gone = Callable[[Path], None]


def replaced(path: Path) -> None:
    other = path.with_suffix(".other")
    other.write_bytes(CSV.replace(b"845.00", b"111.11"))
    other.replace(path)


@pytest.mark.parametrize("change", [Path.unlink, replaced], ids=["deleted", "replaced"])
@pytest.mark.parametrize("when", ["before", "between", "after"])
def test_c9_a_file_that_goes_away_during_the_run_is_left_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Gone, when: str
) -> None:
    (tmp_path / "work").mkdir()
    entries = []
    for name in ("claims.csv", "other.csv"):
        path = tmp_path / name
        path.write_bytes(CSV if name == "claims.csv" else as_csv([claim()]))
        marks = {"size": path.stat().st_size, "modified_ns": path.stat().st_mtime_ns}
        entries.append({"path": str(path), "shown_name": name, **marks})
    target = tmp_path / "claims.csv"
    if when == "before":
        target.unlink()
    else:
        place = "flows.steps.intake.open_extract" if when == "between" else "flows.steps.intake.kept_by_kind"
        from flows.steps import intake

        step = getattr(intake, place.rpartition(".")[2])

        def spoiled(*given: object) -> object:
            if when == "between" and target.exists():
                change(target)
            result = step(*given)
            if when == "after" and target.exists():
                change(target)
            return result

        monkeypatch.setattr(place, spoiled)
    found = take_in_listed(tmp_path, entries)
    assert list(found.ledger) == ["other.csv"]
    assert len(found.claim_lines) == 1


def test_c5_an_old_name_with_new_content_is_taken_in_too(tmp_path: Path) -> None:
    path = tmp_path / "landing" / "claims.csv"
    path.parent.mkdir()
    path.write_bytes(CSV)
    assert run_nightly(tmp_path).files == {"accepted": 1}
    path.write_bytes(CSV.replace(b"845.00", b"900.00"))
    assert run_nightly(tmp_path).files == {"accepted": 1}
    assert run_nightly(tmp_path).files == {}


def test_c14_only_regular_files_inside_the_folder_are_read(tmp_path: Path) -> None:
    landing, outside = tmp_path / "landing", tmp_path / "outside"
    landing.mkdir()
    outside.mkdir()
    (outside / "claims.csv").write_bytes(CSV)
    (landing / "link.csv").symlink_to(outside / "claims.csv")
    (landing / "linked-folder").symlink_to(outside)
    (landing / "broken.csv").symlink_to(outside / "nothing.csv")
    os.mkfifo(landing / "pipe.csv")
    (landing / "folder.csv").mkdir()
    (landing / "readonly.csv").write_bytes(CSV)
    (landing / "readonly.csv").chmod(0o400)
    os.link(outside / "claims.csv", landing / "hardlink.csv")
    found = discover(landing, settings_for(tmp_path))
    assert [file.path.name for file in found.files] == ["hardlink.csv", "readonly.csv"]
    assert len(found.ignored) == 4


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
def test_c14_what_became_a_link_or_a_pipe_is_refused_without_waiting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "claims.csv"
    if kind == "link":
        (tmp_path / "real.csv").write_bytes(CSV)
        path.symlink_to(tmp_path / "real.csv")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path = Path("/dev/zero")
    with pytest.raises(Rejected) as caught:
        preflight(path, tmp_path / "scratch", LIMITS)
    assert caught.value.code == "file_not_regular"


HOSTILE = {
    "newline": b"claims\nINJECTED.csv",
    "escape": b"\x1b[31mclaims.csv",
    "leading-dash": b"-rf.csv",
    "blanks": b"  two words .csv",
    "255-bytes": b"n" * 251 + b".csv",
    "device-name": b"CON",
    "trailing-dot": b"claims.",
    "glob": b"claims*[ab]?.csv",
    "not-utf8": b"claims\xff\xfe.csv",
    "nfd": "cafe\u0301.csv".encode(),
    "nfc": "caf\xe9.csv".encode(),
    "percent": b"%2e%2e%2fclaims.csv",
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_g2_names_of_any_bytes_are_processed_and_never_shown(tmp_path: Path, packed: bool) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    for number, name in enumerate(HOSTILE.values()):
        content = as_csv([claim(claim_id=f"G{number}")])
        path = Path(os.fsdecode(os.fsencode(landing) + b"/" + name))
        path.write_bytes(gzip.compress(content) if packed else content)
    summary = run_nightly(tmp_path)
    assert summary.files == {"accepted": len(HOSTILE)}
    logs = b"".join(path.read_bytes() for path in (tmp_path / "logs").iterdir())
    ledger = b"".join(path.read_bytes() for path in (tmp_path / "store" / "ledger").iterdir())
    assert not [name for name in HOSTILE.values() if name in logs + ledger]
