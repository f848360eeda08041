"""Years of nights: `python tests/benchmarks/years_of_nights.py DIR --nights 1500`.

Every night brings one small file of claims and one of remittances: what is sent and paid on one day. DIR
keeps the data folder and `nights.jsonl`, a line for each measured night: its seconds of processor time, the
files and bytes of the store, and its batches. The same command goes on where it was stopped, so that a long
series can be made in parts.

With `--every 100` only two nights in 100 resolve claims, make tables and publish: the first of them resolves
every claim anew, the second is measured. The others take in their files, merge batches and commit: that is
what accumulates from night to night. `--from-one-night` begins with all files before `--nights` in a single
night: what the age of a store costs is the difference.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import bulk_extracts
import polars as pl

from flows.dag import nightly_run
from flows.run import InProcess, open_run
from flows.settings import Settings, load_settings
from flows.steps.admit import admit
from flows.steps.compact import compact
from flows.steps.discover import discover_new
from flows.steps.intake import intake
from flows.steps.recover import recover
from flows.store.snapshot import ROOMS, read_snapshot

KEY = "benchmark-key-of-more-than-thirty-two-bytes"
FIRST_DAY = date(2022, 1, 10)
LIVES_A_DAY = 8
DAYS = 1826
"""Of the service months of the bulk extracts."""


def files_by_day() -> dict[int, dict[str, bytes]]:
    """Night -> name -> content: claims by the day they were sent, remittances by the day they were paid."""
    bulk_extracts.IN_SCOPE_SHARE = 1.0
    count = LIVES_A_DAY * DAYS // bulk_extracts.FILES
    worlds = [
        bulk_extracts.draw_lives(number * count, count, number, 1939) for number in range(bulk_extracts.FILES)
    ]
    found: dict[int, dict[str, bytes]] = {}
    for kind, rows, column in (
        ("claims", pl.concat(map(bulk_extracts.claim_lines, worlds)), "submitted_on"),
        ("remits", pl.concat(map(bulk_extracts.remit_lines, worlds)), "payment_date"),
    ):
        for (day,), part in rows.partition_by(column, as_dict=True).items():
            night = (day - FIRST_DAY) // timedelta(days=1)
            found.setdefault(night, {})[f"{kind}-{day}.csv"] = part.write_csv().encode()
    return found


def deliver(data: Path, files: dict[str, bytes]) -> None:
    """Put files into the landing folder."""
    (data / "landing").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (data / "landing" / name).write_bytes(content)


def night_of_rows(settings: Settings) -> None:
    """A nightly run up to the accepted rows, committed: the next whole run resolves every claim anew."""
    do = InProcess()
    with open_run(settings, "nightly") as run:
        do("recover", recover, run)
        found = do("discover", discover_new, run)
        taken = do("admission", admit, run, found, do.each("intake", intake, run, found.listings))
        do("compaction", compact, run, taken).store.with_snapshot(fingerprint="").commit()


def night(settings: Settings) -> dict[str, float]:
    """A nightly run in this process, and what it took and left."""
    wall, cpu = time.perf_counter(), time.process_time()
    with open_run(settings, "nightly") as run:
        nightly_run(run, InProcess())
    spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    data = Path(str(settings.data))
    snapshot = read_snapshot(data)
    assert snapshot is not None
    every = [path for path in data.rglob("*") if path.is_file() and "landing" not in path.parts]
    accepted = [path for path in every if path.parts[len(data.parts) + 1] == "accepted"]
    return {
        **{name: round(seconds, 3) for name, seconds in spent.items()},
        "files": len(every),
        "accepted_files": len(accepted),
        "resolved_files": sum(1 for path in every if "resolved" in path.parts),
        "batches": len(snapshot.batches),
        "megabytes": round(sum(path.stat().st_size for path in every) / 1e6, 2),
        "store_megabytes": round(
            sum(path.stat().st_size for room in ROOMS for path in (data / room).rglob("*") if path.is_file())
            / 1e6,
            2,
        ),
        "ledger_kilobytes": round((data / (snapshot.ledger or "")).stat().st_size / 1e3, 1),
        "snapshot_kilobytes": round((data / "store" / "snapshot.json").stat().st_size / 1e3, 1),
    }


def measured(folder: Path, nights: int, every: int, from_one_night: bool) -> Iterator[dict[str, float]]:
    """The nights that are still to come, one after another."""
    told, files = folder / "nights.jsonl", files_by_day()
    done = [json.loads(line)["night"] for line in told.read_text().splitlines()] if told.exists() else []
    settings = load_settings(
        data=folder / "data", hmac_key=KEY, settle_seconds=0.0, publication=False, audiences=["internal"]
    )
    first = max(done, default=0) + 1
    if from_one_night and not done:
        for number in range(nights):
            deliver(folder / "data", files.get(number, {}))
        night(settings)
        first = nights
    for number in range(first, nights + 1):
        deliver(folder / "data", files.get(number, {}))
        if 0 < number % every < every - 1:
            night_of_rows(settings)
            continue
        entry = {"night": number, **night(settings)}
        with told.open("a") as stream:
            stream.write(json.dumps(entry) + "\n")
        yield entry


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description="Measure one nightly run after another.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nights", type=int, default=1500)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--from-one-night", action="store_true")
    chosen = parser.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    for entry in measured(chosen.folder, chosen.nights, chosen.every, chosen.from_one_night):
        print(json.dumps(entry), flush=True)


if __name__ == "__main__":
    main()
