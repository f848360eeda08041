"""What is new in landing/, and its batches."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from flows.errors import ProductError
from flows.readers.extract import layouts
from flows.readers.landing import Discovery, LandingFile, first_look
from flows.readers.reference_files import read_reference
from flows.readers.stopping_rules import stopping_rules
from flows.run import Run
from flows.steps.batches import plan_batches
from flows.store import ledger
from flows.store.files import as_json
from flows.store.known import Partition, partition_key, read_ledger

KNOWN_CONTENT: Final = "known.json"
"""Beside the listings: sha256 of contents that are not looked at again."""
FIRST_LOOK: Final = "first look"
"""When this process first looked at landing/, in seconds of its own clock."""


@dataclass(frozen=True)
class Found:
    """What a run will take in: listings of batches (private files in the work folder), and counts."""

    listings: tuple[str, ...] = ()
    modified: Mapping[str, int] = field(default_factory=dict)
    again: frozenset[str] = frozenset()
    waiting: int = 0
    ignored: int = 0
    missing: int = 0


def discover_new(run: Run) -> Found:
    """Look at landing/: a file not seen before with this size and time of change is new.

    Content that was refused, whole or in part, is tried again where it still lies there and the layouts,
    limits or rules have changed that stopped it.
    """
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(lambda: (read_ledger(run.store), read_reference(), layouts()))
        landing = looked_at(run)
        before, _, _ = reading.result()
    marks = {(file.shown_name, file.size, file.modified_ns): file for file in landing.files}
    refused = set(ledger.to_try_again(before, stopping_rules(run.settings))["file_key"])
    there = before.filter(pl.col("file_key").is_in(list(refused)))
    again = {
        key for key, *mark in there.select("file_key", *ledger.MARKS).iter_rows() if tuple(mark) in marks
    }
    settled = before.filter(~pl.col("file_key").is_in(list(again)))
    seen = ledger.seen(settled)
    new = [file for mark, file in marks.items() if mark not in seen]
    known = settled.filter(pl.col("outcome").is_in(ledger.KNOWN))["sha256"]
    return Found(
        listings=listings_of(run, new, set(known)),
        modified={file.shown_name: file.modified_ns for file in new},
        again=frozenset(again),
        waiting=len(landing.waiting),
        ignored=len(landing.ignored),
    )


def looked_at(run: Run) -> Discovery:
    """What lies in landing/. A second look follows when the files have been read (`intake`)."""
    landing = first_look(run.data / "landing", run.settings)
    run.once(FIRST_LOOK, time.monotonic)
    return landing


def discover_again(run: Run, partition: Partition, from_landing: bool = True) -> Found:
    """The files that rows of one payer and month came from, as they lie in landing/ now.

    Nothing when they are not to be taken in again.
    """
    if not from_landing:
        return Found()
    key = partition_key(partition)
    if key not in run.store.snapshot.partitions:
        raise ProductError("E_NOTHING_TAKEN_IN", key)
    frames = (run.store.resolved_lines([key]), run.store.resolved_remits([key]))
    keys = {value for frame in frames for value in frame.select("file_key").unique().collect()["file_key"]}
    accepted = read_ledger(run.store).filter(pl.col("outcome") == "accepted")
    sources = accepted.filter(pl.col("file_key").is_in(list(keys)))
    landing = looked_at(run)
    files = [file for file in landing.files if file.shown_name in set(sources["shown_name"])]
    return Found(
        listings=listings_of(run, files, set(accepted["sha256"]) - set(sources["sha256"])),
        modified={file.shown_name: file.modified_ns for file in files},
        again=frozenset(keys),
        waiting=len(landing.waiting),
        ignored=len(landing.ignored),
        missing=sources.height - len(files),
    )


def listings_of(run: Run, files: Sequence[LandingFile], known: set[str]) -> tuple[str, ...]:
    """Write one private listing per batch, and what is `known` once for all of them.

    So file names stay out of an orchestrator's arguments.
    """
    settings = run.settings
    (run.work / KNOWN_CONTENT).write_bytes(as_json(sorted(known)))
    batches = plan_batches(list(files), settings.batch_megabytes, settings.batch_files)
    names = []
    for number, batch in enumerate(batches):
        path = run.work / f"batch-{number:05d}.json"
        entries = [
            {
                "path": str(file.path),
                "shown_name": file.shown_name,
                "size": file.size,
                "modified_ns": file.modified_ns,
            }
            for file in batch.files
        ]
        path.write_bytes(as_json({"files": entries}))
        names.append(str(path))
    return tuple(names)
