"""A11: bytes are durable before they get their name, names before what points to them.

Recorded from real runs: every fsync, rename and new folder, with what the moved files were at that moment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from night_runs import LATER, night
from small_runs import deliver, every_fault

from flows.store import files
from flows.store.publish import MANIFEST, files_of, read_manifest

Mark = tuple[int, int, int]
"""Inode, time of last change, size: the same mark is the same content (of a folder: the same names)."""
POINTERS = ("store/snapshot.json", "benchmarks/internal/manifest.json", "benchmarks/standard/manifest.json")
PASSING = ("landing", "store/running", "store/run.json", "store/run.lock", "logs")
"""What is not the run's, or need not outlast a power cut."""


def mark(path: Path) -> Mark:
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size if path.is_file() else 0


@dataclass
class Recording:
    """What a run did to the disk, and where it broke the order."""

    data: Path
    durable: set[Mark] = field(default_factory=set)
    undurable_names: dict[Path, str] = field(default_factory=dict)
    renamed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def synced(self, path: Path) -> None:
        """The bytes of a file, or the names in a folder, are durable from now on."""
        self.durable.add(mark(path))
        self.undurable_names.pop(path, None)

    def moving(self, source: Path, target: Path) -> None:
        """A name is about to be given: what gets it must be durable; for a pointer all names must be."""
        name = self.name(target)
        if name is None:
            return
        self.renamed.append(name)
        inside = [source, *source.rglob("*")] if source.is_dir() else [source]
        self.broken += [
            f"{name}: {path.name} not flushed" for path in inside if mark(path) not in self.durable
        ]
        if name in POINTERS:
            self.broken += [f"{name} before the name of {late}" for late in self.undurable_names.values()]

    def named(self, target: Path) -> None:
        """A name was given: it is durable when its folder is."""
        name = self.name(target)
        if name is not None:
            self.undurable_names[target.parent] = name

    def name(self, path: Path) -> str | None:
        """Path below the data folder; None for what is elsewhere or passes."""
        if not path.is_relative_to(self.data):
            return None
        name = path.relative_to(self.data).as_posix()
        return None if name.startswith(PASSING) else name


@pytest.fixture
def recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recording]:
    """Records what is done below the data folder."""
    made = Recording(tmp_path)
    fsync, mkdir = os.fsync, os.mkdir

    def recorded_fsync(descriptor: int) -> None:
        fsync(descriptor)
        made.synced(Path(f"/proc/self/fd/{descriptor}").readlink())

    def recorded_mkdir(path: Any, *given: Any, **named: Any) -> None:
        mkdir(path, *given, **named)
        made.named(Path(path))

    def recorded(move: Callable[..., None]) -> Callable[..., None]:
        def moved(source: Any, target: Any, **named: Any) -> None:
            made.moving(Path(source), Path(target))
            move(source, target, **named)
            made.named(Path(target))

        return moved

    monkeypatch.setattr(os, "fsync", recorded_fsync)
    monkeypatch.setattr(os, "mkdir", recorded_mkdir)
    monkeypatch.setattr(os, "rename", recorded(os.rename))
    monkeypatch.setattr(os, "replace", recorded(os.replace))
    yield made


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="descriptors are named by /proc")
def test_a_run_makes_bytes_and_names_durable_before_what_points_to_them(recording: Recording) -> None:
    data = recording.data
    deliver(data, "claims/claims_0.csv", "remits/remits_0.csv")
    for delivery in ((), LATER):
        recording.renamed.clear()
        if delivery:
            deliver(data, *delivery)
        assert night(data).is_new
        staged = [name for name in recording.renamed if name.startswith("store/releases/")]
        order = recording.renamed[recording.renamed.index(staged[0]) :]
        # one commit point for all audiences; then each has its release, its manifest and its stable files
        wanted = [*staged, POINTERS[0]]
        for audience in ("internal", "standard"):
            folder = f"benchmarks/{audience}"
            manifest = read_manifest(data / folder)
            assert manifest is not None
            wanted += [f"{folder}/releases/{manifest['release_id']}", f"{folder}/{MANIFEST}"]
            stable = [f"{folder}/{name}" for name in files_of(manifest)]
            # in the second night a table that has not changed stays where it is
            wanted += [name for name in stable if not delivery or name in order]
            assert f"{folder}/utilization.parquet" in order
        assert order == wanted
        assert len(staged) == 2
        assert any(name.startswith("store/accepted/claim_lines/") for name in recording.renamed)
        assert recording.broken == []
        assert recording.undurable_names == {}
    assert every_fault(data) == []


@pytest.mark.parametrize(
    ("forgotten", "told"),
    [
        ("flush_file", ".kept.json.new not flushed"),
        ("flush_folder", "store/snapshot.json before the name of store/rows/kept.json"),
    ],
)
def test_the_recording_tells_a_forgotten_flush(
    recording: Recording, monkeypatch: pytest.MonkeyPatch, forgotten: str, told: str
) -> None:
    rooms = [files.private_folder(recording.data / "store" / name) for name in ("running", "rows")]
    with monkeypatch.context() as patch:
        patch.setattr(files, forgotten, lambda path: None)
        files.write_atomically(rooms[1] / "kept.json", b"{}", rooms[0])
    files.write_atomically(recording.data / POINTERS[0], b"{}", rooms[0])
    assert len(recording.broken) == 1
    assert recording.broken[0].endswith(told)
