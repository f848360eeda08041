"""Speed and memory of the X12 reader, beside other parsers on the same bytes.

`python tests/benchmarks/bench_x12_test.py [megabytes]` prints the figures as Markdown. Runs are taken in
turns and the best of each counts, so that a busy machine hurts all alike; slow parsers get a slice of the
same make and their rate is given. The tests hold the reader to ratios and to memory, not to seconds: their
floors stand near what was reached and guard against falling back, the bars stand beside the figures.
"""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

import x12_corpus as corpus  # noqa: E402

from transforms.x12.reader import read_many_small, read_x12  # noqa: E402

BLOCK = 1 << 20
FILE_BYTES = 20_000_000
ROWS_A_FILE = 20_000
"""Rows that are gathered before a Parquet file is written."""
READER = "this reader, file to Parquet"
COUNT = "`bytes.count` alone"
BARS: dict[tuple[str, float], str] = {
    ("837P", 0.03): "300 MB/s; 50 x the fastest whole-line reader",
    ("835", 0.03): "300 MB/s; 10 x oxedi",
    ("837P", 1.0): "60 MB/s",
    ("835", 1.0): "60 MB/s",
}
Work = Callable[[], object]


def made(kind: str, share: float, claims: int = 6000) -> corpus.Corpus:
    """One interchange with this share of claims in scope, sets of 3,000 claims."""
    maker = corpus.professional if kind == "837P" else corpus.remittance
    return maker(claims, seed=5, share=share, per_set=3000)


def make(folder: Path, kind: str, share: float, size: int) -> Path:
    """A file of about `size` bytes: one interchange over and over, with control numbers of their own."""
    path = folder / f"{kind}-{share}-{size}.x12"
    if not path.exists():
        one = made(kind, share)
        with path.open("wb") as out:
            for block in corpus.repeated(one, max(1, size // len(one.data))):
                out.write(block)
    return path


def blocks(path: Path) -> Iterator[bytes]:
    """The file in blocks."""
    with path.open("rb") as stream:
        yield from iter(lambda: stream.read(BLOCK), b"")


def read_to_disk(path: Path, out: Path) -> int:
    """From the file to canonical rows in Parquet files; the number of rows."""
    rows, held = 0, {"claims": list[pl.DataFrame](), "remits": list[pl.DataFrame]()}

    def write(name: str) -> None:
        frame = pl.concat(held[name])
        frame.write_parquet(out / f"{name}-{rows}.parquet", compression="zstd", compression_level=1)
        held[name].clear()

    for batch in read_x12(blocks(path), corpus.SCOPE):
        for name, frame in (("claims", batch.claim_lines), ("remits", batch.remit_lines)):
            if frame.height:
                held[name].append(frame)
                rows += frame.height
            if sum(part.height for part in held[name]) >= ROWS_A_FILE:
                write(name)
    for name in held:
        if held[name]:
            write(name)
    return rows


@dataclass
class Took:
    """Seconds of the best run, elapsed and of the processor."""

    elapsed: float = float("inf")
    used: float = float("inf")


def best_of(runs: int, work: dict[str, Work]) -> dict[str, Took]:
    """The best run of each, taken in turns."""
    best = {name: Took() for name in work}
    for _ in range(runs):
        for name, run in work.items():
            begun, spent = time.perf_counter(), time.process_time()
            run()
            best[name].elapsed = min(best[name].elapsed, time.perf_counter() - begun)
            best[name].used = min(best[name].used, time.process_time() - spent)
    return best


def peak_megabytes(path: Path) -> int:
    """Peak resident memory of a process of its own that reads the file and writes its rows."""
    code = (
        "import sys, pathlib, tempfile\n"
        f"sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]\n"
        "import bench_x12_test as bench\n"
        "with tempfile.TemporaryDirectory() as out:\n"
        f"    bench.read_to_disk(pathlib.Path({str(path)!r}), pathlib.Path(out))\n"
        # The high-water mark of this program alone: the other counter begins with that of its parent.
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(int(status.split('VmHWM:')[1].split()[0]) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


def small_files(count: int) -> list[tuple[int, bytes]]:
    """Files of about 10 KB, both kinds."""
    kept = [
        (corpus.professional if seed % 2 else corpus.remittance)(24, seed=seed, share=0.1, per_set=24).data
        for seed in range(40)
    ]
    return [(number, kept[number % len(kept)]) for number in range(count)]


def others(kind: str, folder: Path) -> Iterator[tuple[str, Work, float]]:
    """Other parsers that are installed, each with as many megabytes of the same make as it can bear."""
    if kind == "835":
        try:
            import oxedi
        except ImportError:
            return
        part = made(kind, 0.03).data
        yield "oxedi", lambda: oxedi.parse(part), len(part) / 1e6
        return
    small = made(kind, 0.03, claims=400).data
    path = folder / "small.837"
    path.write_bytes(small)
    try:
        from x12sdk.io import X12ModelReader

        def models() -> None:
            with X12ModelReader(str(path)) as reader:
                list(reader.models())

        yield "x12sdk", models, len(small) / 1e6
    except ImportError:
        pass
    try:
        from openx12 import x837p

        text = small.decode()
        yield "openx12", lambda: x837p.parse(text), len(small) / 1e6
    except ImportError:
        pass
    try:
        from pyx12 import params, x12n_document

        def valid() -> None:
            x12n_document.x12n_document(params.params(), str(path), io.StringIO(), None, None)

        yield "pyx12 (validation)", valid, len(small) / 1e6
    except ImportError:
        pass


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["837P", "835"])
def test_reader_is_within_reach_of_counting_bytes(kind: str, tmp_path: Path) -> None:
    path = make(tmp_path, kind, 0.03, FILE_BYTES)
    data = path.read_bytes()
    work: dict[str, Work] = {READER: lambda: read_to_disk(path, tmp_path), COUNT: lambda: data.count(b"~")}
    took = best_of(4, work)
    assert took[READER].used < 28 * took[COUNT].used


@pytest.mark.slow
def test_reader_beats_a_compiled_835_parser_per_processor_second(tmp_path: Path) -> None:
    pytest.importorskip("oxedi")
    path = make(tmp_path, "835", 0.03, FILE_BYTES)
    name, run, size = next(others("835", tmp_path))
    took = best_of(4, {READER: lambda: read_to_disk(path, tmp_path), name: run})
    ours, theirs = path.stat().st_size / 1e6 / took[READER].used, size / took[name].used
    assert ours > 3.5 * theirs


@pytest.mark.slow
def test_two_gigabytes_are_read_in_300_megabytes_of_memory(tmp_path: Path) -> None:
    path = make(tmp_path, "837P", 0.03, 2_000_000_000)
    peak = peak_megabytes(path)
    path.unlink()
    assert peak < 300


@pytest.mark.slow
def test_memory_is_bounded_where_every_line_is_kept(tmp_path: Path) -> None:
    assert peak_megabytes(make(tmp_path, "835", 1.0, 100_000_000)) < 300


@pytest.mark.slow
def test_small_files_cost_less_than_half_a_millisecond_each() -> None:
    files = small_files(500)
    took = best_of(3, {"batch": lambda: read_many_small(files, corpus.SCOPE)})
    assert took["batch"].used < 0.25


def figures(kind: str, share: float, size: int, folder: Path) -> Iterator[str]:
    """Rows of the table for one file."""
    path, out = make(folder, kind, share, size), folder / "out"
    out.mkdir(exist_ok=True)
    megabytes = path.stat().st_size / 1e6
    data = path.read_bytes()
    work: dict[str, Work] = {
        READER: lambda: read_to_disk(path, out),
        COUNT: lambda: data.count(b"~"),
    }
    sizes = dict.fromkeys(work, megabytes)
    if share < 1:
        for name, run, part in others(kind, folder):
            work[name], sizes[name] = run, part
    took = best_of(3, work)
    mine = took[READER]
    for name, seconds in took.items():
        rate, per_second = sizes[name] / seconds.elapsed, sizes[name] / seconds.used
        ratio = (megabytes / mine.elapsed / rate, megabytes / mine.used / per_second)
        bar = BARS[kind, share] if name == READER else f"{ratio[0]:.1f} x elapsed, {ratio[1]:.1f} x processor"
        sliced = "" if sizes[name] == megabytes else f" ({sizes[name]:.1f} MB of the same make)"
        yield f"| {kind}, {share:.0%} of claims | {name}{sliced} | {rate:,.1f} | {per_second:,.1f} | {bar} |"
    path.unlink()


def main(megabytes: int) -> None:
    """Print the figures as Markdown."""
    logging.disable(logging.CRITICAL)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start.\n")
    print("| file | done | MB/s elapsed | MB per processor second | bar, or how much slower |")
    print("|---|---|---:|---:|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, share, size in (
            ("837P", 0.03, megabytes), ("835", 0.03, megabytes), ("837P", 1.0, megabytes // 3),
            ("835", 1.0, megabytes // 3),
        ):  # fmt: skip
            for row in figures(kind, share, size * 1_000_000, folder):
                print(row, flush=True)
        files = small_files(2000)
        took = best_of(3, {"batch": lambda: read_many_small(files, corpus.SCOPE)})["batch"]
        size = sum(len(data) for _, data in files)
        print(f"\n2,000 files of {size // 2000:,} bytes: {took.elapsed:.2f} s elapsed,", end=" ")
        print(f"{took.used:.2f} s of the processor (bar: under 1 s).")
        for kind, share, total in (("837P", 0.03, 2000), ("835", 0.03, 2000), ("835", 1.0, 200)):
            path = make(folder, kind, share, total * 1_000_000)
            peak = peak_megabytes(path)
            path.unlink()
            print(
                f"Peak memory, {kind} of {total:,} MB, {share:.0%} in scope: {peak} MB (bar: 300).",
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
