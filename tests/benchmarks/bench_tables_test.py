"""All tables from a million resolved lines; and from a part of them, beside DuckDB answering the same in SQL.

`make bench` runs it; BENCH_RESOLVED sets the number of lines, BENCH_RESOLVED_SQL that of the part: DuckDB
repeats a line for each of its sixteen cells and would need tens of gigabytes for all. The lines are those of
the demo, many times, each copy with claims and patients of its own and some weeks later.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from flows.commands.demo_files import write_landing
from flows.settings import config_folder

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LINES = int(os.environ.get("BENCH_RESOLVED", "1000000"))
PART = int(os.environ.get("BENCH_RESOLVED_SQL", "100000"))
AS_OF = date(2027, 6, 30)
CASES = 1500
WEEKS = 60
FILES = 16
KEYS = ("claim_key", "claim_number_key", "patient_key", "file_key")
SECONDS, MEGABYTES = 10, 2000
"""Of two cores for a million lines; of memory for any number."""
OURS = """
import json, sys, tempfile
from datetime import date
from pathlib import Path
import polars as pl
from flows.readers.reference_files import read_contracts, read_reference
from flows.steps.divide_lines import divided, kept_in_files
from schemas.rules import Rules
from transforms.tables.analysis_lines import open_analysis
from transforms.tables.build import tables_of_lines

files, as_of = sys.argv[1], date.fromisoformat(sys.argv[2])
reference, lines = read_reference(), pl.scan_parquet(files)
with tempfile.TemporaryDirectory() as folder:
    parts = divided(Path(folder), lines)
    keep = kept_in_files(Path(folder)) if parts else pl.DataFrame.lazy
    analysis = open_analysis(lines, as_of, Rules(), reference, parts=parts, keep=keep)
    tables = tables_of_lines(analysis, reference, read_contracts())
print(json.dumps({name: frame.height for name, frame in tables.items()}))
"""
THEIRS = """
import json, sys
from datetime import date
from pathlib import Path
import duckdb
from duckdb_tables import QUERIES, prepare

files, as_of = sys.argv[1], date.fromisoformat(sys.argv[2])
with duckdb.connect(config={"threads": 2, "memory_limit": "8GB"}) as connection:
    connection.execute("SET enable_progress_bar = false")
    contracts = Path("config/contracts.example.csv")
    prepare(connection, files, Path("data/reference"), contracts, as_of)
    rows = {}
    for name, query in QUERIES.items():
        made = connection.execute(query, {"as_of": as_of} if "$as_of" in query else None)
        rows[name] = len(made.fetchall())
print(json.dumps(rows))
"""


@dataclass(frozen=True)
class Measured:
    """One finished process: what it said, wall and processor seconds, peak memory in MB."""

    rows: dict[str, int]
    wall: float
    cpu: float
    peak: float

    def __str__(self) -> str:
        return f"wall {self.wall:.1f} s, processor {self.cpu:.1f} s, peak {self.peak:,.0f} MB"


def measured(code: str, files: str, config: Path) -> Measured:
    """A script over the lines, on two threads."""
    environment = {**os.environ, "POLARS_MAX_THREADS": "2", "CPT01939_CONFIG": str(config)}
    begin = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", code, files, AS_OF.isoformat()],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout as stream:
        said = stream.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    wall = time.perf_counter() - begin
    return Measured(json.loads(said), wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of Parquet files with the resolved lines of a demo, multiplied."""
    data, folder = tmp_path_factory.mktemp("demo"), tmp_path_factory.mktemp("lines")
    write_landing(data / "landing", cases=CASES)
    environment = {
        **os.environ,
        "CPT01939_HMAC_KEY": "benchmark-key-of-more-than-thirty-two-bytes",
        "CPT01939_SETTLE_SECONDS": "0",
        "CPT01939_AUDIENCES": "internal",
    }
    command = [sys.executable, "-m", "flows", "run", "--plain", "--data", str(data)]
    subprocess.run(command, env=environment, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
    demo = pl.read_parquet(data / "store/resolved/lines/**/*.parquet")
    copies = -(-LINES // demo.height)
    left = LINES
    for file in range(FILES):
        numbers = range(file, copies, FILES)
        made = pl.concat(copied(demo, number) for number in numbers).head(left)
        left -= made.height
        made.write_parquet(folder / f"{file:02}.parquet", compression="lz4")
    return folder


def copied(lines: pl.DataFrame, number: int) -> pl.DataFrame:
    """The lines of other claims and patients, some weeks later."""
    later = pl.duration(weeks=number % WEEKS)
    days = [name for name, dtype in lines.schema.items() if dtype == pl.Date and name != "service_month"]
    own = [pl.concat_str(pl.lit(f"{number:04x}"), pl.col(key).str.slice(4)).alias(key) for key in KEYS]
    return lines.with_columns(*own, pl.col(days) + later).with_columns(
        pl.col("service_date").dt.truncate("1mo").alias("service_month")
    )


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped settings with the example's contracts."""
    folder = tmp_path_factory.mktemp("settings") / "config"
    shutil.copytree(config_folder(), folder)
    shutil.copy(folder / "contracts.example.csv", folder / "contracts.csv")
    return folder


def test_a_million_lines_take_ten_seconds_of_two_cores(lines: Path, config: Path) -> None:
    files = f"{lines}/*.parquet"
    assert pl.scan_parquet(files).select(pl.len()).collect().item() == LINES
    ours = measured(OURS, files, config)
    print(f"\n{LINES:,} resolved lines, {sum(ours.rows.values()):,} cells: {ours}")
    assert ours.peak < MEGABYTES
    # on a machine that others use too the wall tells of them
    assert ours.cpu < 2 * SECONDS * LINES / 1_000_000


def test_a_part_takes_less_than_in_sql(lines: Path, config: Path, tmp_path: Path) -> None:
    part = str(tmp_path / "part.parquet")
    pl.scan_parquet(f"{lines}/*.parquet").head(PART).sink_parquet(part)
    ours, theirs = measured(OURS, part, config), measured(THEIRS, part, config)
    print(f"\n{PART:,} resolved lines\ntables {ours}\nDuckDB {theirs}")
    print(f"tables over DuckDB: wall {ours.wall / theirs.wall:.2f}, processor {ours.cpu / theirs.cpu:.2f}")
    assert {name: ours.rows[name] for name in theirs.rows} == theirs.rows
    assert ours.cpu < theirs.cpu
