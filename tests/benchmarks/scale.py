"""Growth: what each stage takes at several sizes, and by which power of the size it grows.

`python tests/benchmarks/scale.py --sizes 1 3` (millions of claim lines in scope, ten times as many out of
scope; `make bench-scale`). A nightly run performs its steps in this process, but those that are measured each
in a process of its own, as the worker of a cluster would: so each has its own peak of memory. Then a rerun of
one payer and month as a command, a night with corrections of one month, and DuckDB, which resolves the same
accepted rows and makes table `payment` in SQL. Its rows are compared with ours.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bulk_extracts
import polars as pl
from bench_flow_test import corrections
from scale_sql import payment_in_sql

from flows.dag import nightly_run
from flows.run import InProcess, Run, open_run
from flows.settings import load_settings

HERE: Final = Path(__file__).resolve().parent
KEY: Final = {"CPT01939_HMAC_KEY": "benchmark-key-of-more-than-thirty-two-bytes"}
QUICK: Final = {"CPT01939_SETTLE_SECONDS": "0", "CPT01939_PUBLICATION": "false"}
STAGES: Final = {
    "intake": ("discover", "intake", "admission", "compaction"),
    "resolve": ("affected", "resolve", "payer-months", "partitions", "settle"),
    "tables": ("tables",),
    "protect": ("protect",),
}
"""What is measured, and the steps that belong to it."""
MEASURED: Final = {step for steps in STAGES.values() for step in steps}
OUT_OF_SCOPE: Final = 10
MONTH: Final = "2024-07"
MEMORY_OF_SQL: Final = "2GB"
ENOUGH_TO_FIT: Final = 2


@dataclass(frozen=True)
class Spent:
    """Processor and wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    peak: float

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.cpu + other.cpu, self.wall + other.wall, max(self.peak, other.peak))


NOTHING: Final = Spent(0, 0, 0)


class Apart(InProcess):
    """Performs a run, its measured steps in processes of their own; `spent` tells what each of them took."""

    def __init__(self) -> None:
        self.spent: dict[str, Spent] = {}

    def __call__(self, stage: str, step: Callable[..., Any], run: Run, *given: Any, **named: Any) -> Any:
        """Perform one step."""
        if stage not in MEASURED:
            return super().__call__(stage, step, run, *given, **named)
        return self._elsewhere(InProcess(), stage, step, run, *given)

    def each(
        self, stage: str, step: Callable[..., Any], run: Run, items: Sequence[Any], *given: Any, **named: Any
    ) -> list[Any]:
        """Perform a step for each item, all in one process on the threads of the settings."""
        if stage not in MEASURED:
            return super().each(stage, step, run, items, *given, **named)
        return list(self._elsewhere(InProcess().each, stage, step, run, items, *given))

    def _elsewhere(self, how: Callable[..., Any], stage: str, *call: Any) -> Any:
        made, spent = in_another_process(timed, how, stage, *call)
        self.spent[stage] = self.spent.get(stage, NOTHING) + spent
        return made


def in_another_process(call: Callable[..., Any], *given: Any) -> Any:
    """What a function gives, called in a process that begins and ends with it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(call, *given).result()


def timed(call: Callable[..., Any], *given: Any) -> tuple[Any, Spent]:
    """What a function gives, and what it took; the peak of memory is that of the process."""
    wall, cpu = time.perf_counter(), time.process_time()
    made = call(*given)
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))
    return made, Spent(time.process_time() - cpu, time.perf_counter() - wall, peak / 1000)


def write_extracts(folder: Path, in_scope: int) -> None:
    """Extracts with so many claim lines in scope."""
    bulk_extracts.IN_SCOPE_SHARE = 1 / (1 + OUT_OF_SCOPE)
    bulk_extracts.write_bulk(folder, in_scope * (1 + OUT_OF_SCOPE))


def command(data: Path, *arguments: str) -> Spent:
    """A command as a process, start and end included."""
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "flows", *arguments, "--plain", "--data", str(data)],
        env={**os.environ, **KEY, **QUICK},
        cwd=HERE.parents[1],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return Spent(usage.ru_utime + usage.ru_stime, time.perf_counter() - begin, usage.ru_maxrss / 1000)


def measured(folder: Path, in_scope: int) -> dict[str, Spent]:
    """What each stage took for so many claim lines in scope."""
    data = folder / "data"
    in_another_process(write_extracts, data / "landing", in_scope)
    do = Apart()
    with open_run(load_settings(data=data), "nightly") as run:
        nightly_run(run, do)
    found = {
        name: sum((do.spent.get(step, NOTHING) for step in steps), NOTHING) for name, steps in STAGES.items()
    }
    found["rerun"] = command(data, "rerun", "--payer", "aetna", "--month", MONTH)
    found["sql: resolve and payment"] = in_sql(data)
    corrections(data, MONTH).write_csv(data / "landing" / "corrections.csv")
    found["corrections of a month"] = command(data, "run")
    return found


def in_sql(data: Path) -> Spent:
    """The same accepted rows resolved by DuckDB; its table `payment` is ours."""
    manifest = json.loads((data / "benchmarks/internal/manifest.json").read_text())
    call = (payment_in_sql, data, manifest["as_of"], MEMORY_OF_SQL)
    rows, spent = in_another_process(timed, *call)
    compare(data, rows)
    return spent


def compare(data: Path, theirs: Sequence[Sequence[Any]]) -> None:
    """Each row that SQL gives is a row of our table, and there are as many."""
    ours = pl.read_parquet(data / "benchmarks/internal/payment.parquet")
    keys = ["procedure_code", "payer", "line_of_business", "period_type", "period_start"]
    counts = ["claims", "service_lines", "cases", "patients", "billing_providers"]
    amounts = ["charge_sum", "allowed_sum", "paid_sum"]
    percentiles = [f"allowed_p{percent}" for percent in (10, 25, 50, 75, 90)] + ["paid_p50"]
    rows = [[*row[:13], *row[13], row[14]] for row in theirs]
    sql = pl.DataFrame(
        rows, schema=[*keys, *counts, *amounts, *percentiles], orient="row", infer_schema_length=None
    )
    numbers = [*amounts, *percentiles]
    told = [
        frame.select(
            pl.col(keys).cast(pl.String),
            pl.col(counts).cast(pl.Int64),
            pl.col(numbers).cast(pl.Float64).round(2),
        ).sort(keys)
        for frame in (ours.filter(pl.col("service_lines") > 0), sql)
    ]
    assert told[0].select(keys, *counts).equals(told[1].select(keys, *counts)), "counts"
    for name in numbers:
        assert (told[0][name] - told[1][name]).abs().max() < 0.02, name


def exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    """The power of the size by which a value grows, by least squares of the logarithms."""
    x, y = [math.log(size) for size in sizes], [math.log(max(value, 1e-3)) for value in values]
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True)) / sum(
        (a - mean_x) ** 2 for a in x
    )


def table(found: Mapping[int, Mapping[str, Spent]]) -> str:
    """The figures as a table of Markdown: processor seconds and peak memory by size, and exponents."""
    sizes = sorted(found)
    head = [f"{size / 1e6:g} M" for size in sizes]
    lines = [f"| | {' | '.join(head)} | time grows by | memory grows by |", "|---" * (len(sizes) + 3) + "|"]
    for name in found[sizes[0]]:
        spent = [found[size][name] for size in sizes]
        cells = [f"{each.cpu:.1f} s, {each.peak:,.0f} MB" for each in spent]
        powers = ["", ""]
        if len(sizes) >= ENOUGH_TO_FIT:
            powers = [
                f"{exponent(sizes, [getattr(each, what) for each in spent]):.2f}" for what in ("cpu", "peak")
            ]
        lines.append(f"| {name} | {' | '.join(cells)} | {' | '.join(powers)} |")
    return "\n".join(lines)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="Measure how each stage grows.")
    parser.add_argument("--sizes", type=float, nargs="+", default=[1, 3], help="millions of lines in scope")
    parser.add_argument("--folder", type=Path, help="where the extracts and stores of each size stay")
    chosen = parser.parse_args()
    os.environ |= {**KEY, **QUICK}
    found = {}
    for size in sorted({round(millions * 1_000_000) for millions in chosen.sizes}):
        folder = Path(tempfile.mkdtemp(prefix=f"scale-{size}-", dir=chosen.folder))
        try:
            found[size] = measured(folder, size)
        finally:
            if chosen.folder is None:
                shutil.rmtree(folder)
        print(f"{dt.datetime.now():%H:%M} {size:,} lines in scope", found[size], flush=True)
    print(table(found))


if __name__ == "__main__":
    main()
