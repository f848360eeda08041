"""B3, B4: readers during repeated publishing meet no torn, missing or mixed table.

Two ways of reading are right at any rhythm of publishing: open the stable file once and read from it; or read
the release that the manifest names, under releases/, and look again when it is gone. Engines that are given
the path of a stable file open it twice (footer, then data): a read that a replace falls into can fail or mix
two versions, at one release a second about one read in five hundred. No publisher of plain files can prevent
that; a read that no replace falls into is always right.
"""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.exceptions import PanicException

from flows.store.files import digest
from flows.store.publish import MANIFEST, faults, modes_of, publish, read_manifest
from flows.store.release import Terms, stage_release
from schemas.columns import text, whole
from schemas.rules import DisclosureRules, Rules

COLUMNS = (text("release", "Which release the row is of"), whole("number", "Number of the row"))
RELEASES = 6
OPEN = modes_of("standard")
PUBLISHINGS = 60
SLOW_PUBLISHINGS = 6
TABLES = ("one", "two", "three")


Reader = Callable[[Path], tuple[int, set[str]]]
ATTEMPTS = 50


def stable(reader: Reader, data: Path, table: str) -> tuple[int, set[str]]:
    """Read a stable file."""
    return reader(data / "benchmarks/standard" / f"{table}.parquet")


def pinned(reader: Reader, data: Path, table: str) -> tuple[int, set[str]]:
    """Read a table of the release that the manifest names; look again when another took its place."""
    for _ in range(ATTEMPTS - 1):
        with contextlib.suppress(Exception, PanicException):
            return reader(_pinned_path(data, table))
    return reader(_pinned_path(data, table))


def _pinned_path(data: Path, table: str) -> Path:
    manifest = read_manifest(data / "benchmarks/standard")
    assert manifest is not None
    return data / "benchmarks/standard" / "releases" / manifest["release_id"] / f"{table}.parquet"


def staged(data: Path) -> list[str]:
    """Releases of different rows and length, in the store."""
    scratch = data / "store" / "running"
    scratch.mkdir(parents=True)
    names = []
    for release in range(RELEASES):
        rows = 2000 * (release + 1)
        frame = pl.DataFrame({"release": [str(release)] * rows, "number": list(range(rows))})
        terms = Terms(Rules(), DisclosureRules(), {}, "", date(2025, 1, 1).isoformat(), ())
        identity = f"{release:016x}"
        names.append(
            stage_release(
                dict.fromkeys(TABLES, frame),
                dict.fromkeys(TABLES, COLUMNS),
                identity,
                "# words\n",
                terms,
                data,
                scratch,
            )
        )
    return names


def by_polars(path: Path) -> tuple[int, set[str]]:
    with path.open("rb") as stream:
        frame = pl.read_parquet(stream)
    return frame.height, set(frame["release"])


def by_polars_path(path: Path) -> tuple[int, set[str]]:
    frame = pl.read_parquet(path)
    return frame.height, set(frame["release"])


def by_polars_lazily(path: Path) -> tuple[int, set[str]]:
    frame = pl.scan_parquet(path).select("release").collect()
    return frame.height, set(frame["release"])


def by_duckdb(path: Path) -> tuple[int, set[str]]:
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select release, count(*) from read_parquet(?) group by 1", [str(path)]
        ).fetchall()
    return sum(count for _, count in rows), {release for release, _ in rows}


def by_arrow(path: Path) -> tuple[int, set[str]]:
    with path.open("rb") as stream:
        table = pq.read_table(stream)
    return table.num_rows, set(table.column("release").to_pylist())


ENGINES_ON_PATHS: tuple[Reader, ...] = (by_polars_path, by_polars_lazily, by_duckdb)


class Watch:
    """Reads on and on, in threads, while something else happens."""

    def __init__(self, reads: list[Callable[[str], tuple[int, set[str]]]]) -> None:
        self.seen: list[tuple[int, set[str]]] = []
        self.problems: list[str] = []
        self.spans: list[tuple[float, float, tuple[int, set[str]] | None]] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._on, args=(read,)) for read in reads]

    def _on(self, read: Callable[[str], tuple[int, set[str]]]) -> None:
        turn = 0
        while not self._stop.is_set():
            begin, seen = time.monotonic(), None
            try:
                seen = read(TABLES[turn % 3])
                self.seen.append(seen)
            except (Exception, PanicException) as error:
                self.problems.append(type(error).__name__)
            self.spans.append((begin, time.monotonic(), seen))
            turn += 1

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)


def test_readers_see_whole_tables_while_releases_come_and_go(tmp_path: Path) -> None:
    names = staged(tmp_path)
    publish(tmp_path, names[0], OPEN)
    reads = [partial(stable, reader, tmp_path) for reader in (by_polars, by_arrow)]
    reads += [partial(pinned, reader, tmp_path) for reader in ENGINES_ON_PATHS]
    with Watch(reads) as watch:
        for turn in range(1, PUBLISHINGS + 1):
            publish(tmp_path, names[turn % RELEASES], OPEN)
            time.sleep(0.02)
    assert watch.problems == []
    assert len(watch.seen) > PUBLISHINGS
    assert all(is_one_release(seen) for seen in watch.seen)
    assert faults(tmp_path, "standard") == []


@pytest.mark.slow
def test_a_read_by_path_that_no_publishing_falls_into_is_right(tmp_path: Path) -> None:
    names = staged(tmp_path)
    publish(tmp_path, names[0], OPEN)
    publishings = []
    with Watch([partial(stable, reader, tmp_path) for reader in ENGINES_ON_PATHS]) as watch:
        for turn in range(1, SLOW_PUBLISHINGS + 1):
            begin = time.monotonic()
            publish(tmp_path, names[turn % RELEASES], OPEN)
            publishings.append((begin, time.monotonic()))
            time.sleep(1)
    undisturbed = [
        seen
        for begin, end, seen in watch.spans
        if not any(begin < closed and opened < end for opened, closed in publishings)
    ]
    assert len(undisturbed) > 5 * SLOW_PUBLISHINGS
    assert all(seen is not None and is_one_release(seen) for seen in undisturbed)


def is_one_release(seen: tuple[int, set[str]]) -> bool:
    """Whether all rows are of one release, and all of its rows are there."""
    rows, releases = seen
    return len(releases) == 1 and rows == 2000 * (int(next(iter(releases))) + 1)


def test_a_stable_file_is_never_missing(tmp_path: Path) -> None:
    names = staged(tmp_path)
    publish(tmp_path, names[0], OPEN)
    with Watch([partial(stable, _size, tmp_path), partial(stable, by_arrow, tmp_path)]) as watch:
        for turn in range(1, PUBLISHINGS + 1):
            publish(tmp_path, names[turn % RELEASES], OPEN)
    assert watch.problems == []
    assert len(watch.seen) > PUBLISHINGS


def _size(path: Path) -> tuple[int, set[str]]:
    return path.stat().st_size, set()


def test_a_mix_of_tables_from_two_releases_can_be_told(tmp_path: Path) -> None:
    names = staged(tmp_path)
    publish(tmp_path, names[0], OPEN)
    one = pl.read_parquet_metadata(tmp_path / "benchmarks/standard/one.parquet")["release_id"]
    publish(tmp_path, names[1], OPEN)
    two = pl.read_parquet_metadata(tmp_path / "benchmarks/standard/two.parquet")["release_id"]
    manifest = read_manifest(tmp_path / "benchmarks/standard")
    assert manifest is not None
    assert one != two == manifest["release_id"]


def test_an_open_file_of_an_old_release_can_be_read_to_its_end(tmp_path: Path) -> None:
    names = staged(tmp_path)
    publish(tmp_path, names[0], OPEN)
    path = tmp_path / "benchmarks/standard/releases/0000000000000000/one.parquet"
    with path.open("rb") as stream:
        publish(tmp_path, names[1], OPEN)
        assert not path.exists()
        assert pl.read_parquet(stream).height == 2000


def test_the_manifest_is_always_whole_and_its_release_is_there(tmp_path: Path) -> None:
    names = staged(tmp_path)
    publish(tmp_path, names[0], OPEN)
    stop = threading.Event()
    seen: list[str] = []

    def watch() -> None:
        while not stop.is_set():
            manifest = read_manifest(tmp_path / "benchmarks/standard")
            seen.append(manifest["release_id"] if manifest else "torn")

    thread = threading.Thread(target=watch)
    thread.start()
    for name in names[1:] * 3:
        publish(tmp_path, name, OPEN)
    stop.set()
    thread.join(30)
    assert "torn" not in seen
    assert len(seen) > len(names)


def test_publishing_again_changes_nothing(tmp_path: Path) -> None:
    names = staged(tmp_path)
    publish(tmp_path, names[0], OPEN)
    stamp = (tmp_path / "benchmarks/standard" / MANIFEST).stat().st_mtime_ns
    publish(tmp_path, names[0], OPEN)
    assert (tmp_path / "benchmarks/standard" / MANIFEST).stat().st_mtime_ns == stamp
    shutil.rmtree(tmp_path / "benchmarks/standard" / "releases")
    publish(tmp_path, names[0], OPEN)
    assert faults(tmp_path, "standard") == []
    assert digest(tmp_path / "benchmarks/standard/one.parquet") == digest(
        tmp_path / "benchmarks/standard/releases/0000000000000000/one.parquet"
    )
