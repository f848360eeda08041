"""Inbound files to accepted rows: one batch of files at a time, each taken in whole or rejected whole."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from flows.readers.extract import open_extract
from flows.readers.file_result import FileResult
from flows.readers.kept_rows import kept_by_kind
from flows.readers.landing import LandingFile, landed
from flows.readers.preflight import Limits, Preflight, preflight, remove_scratch
from flows.readers.rejections import Growing, Rejected
from flows.run import Run
from flows.settings import Settings
from flows.steps.batch_report import ROW_COUNTS, BatchReport, rejected_row, report_of
from flows.steps.discover import FIRST_LOOK, KNOWN_CONTENT
from flows.store.files import read_json
from flows.store.place import file_at

LARGE: Final = 16 << 20
"""Bytes of text from which on kept rows of a file are put aside instead of held."""


def intake(run: Run, listing: str) -> dict[str, Any]:
    """Take in one batch of files; its report holds counts, codes and names of private files.

    A file is growing when a second look, `settle_seconds` after the first, finds another size or time of
    change. Reading goes on meanwhile; where a file grew, the batch is read again without it.
    """
    looked = run.once(FIRST_LOOK, time.monotonic)
    report = intake_batch(Path(listing), run.work, run.settings, run.settings.key)
    files = _listed(Path(listing))
    if any(isinstance(file.path, Path) for file in files):
        run.rest(looked + run.settings.settle_seconds - time.monotonic())
    growing = frozenset(file.shown_name for file in files if not file.is_as_listed())
    if growing & {row["shown_name"] for row in report.ledger_rows}:
        report = intake_batch(Path(listing), run.work, run.settings, run.settings.key, growing)
    return asdict(replace(report, growing=len(growing)))


def left(listing: str) -> dict[str, Any]:
    """The report of a batch that could not be taken in: its files are left for the next run."""
    return asdict(BatchReport(left=len(read_json(Path(listing))["files"])))


def intake_batch(
    batch_file: Path, work: Path, settings: Settings, key: bytes, growing: frozenset[str] = frozenset()
) -> BatchReport:
    """Take in the files of a listing (private JSON in the work folder).

    A file that is growing, or changes meanwhile, is left for the next run.
    """
    files = [file for file in _listed(batch_file) if file.shown_name not in growing]
    scratch = [work / f"{batch_file.stem}-{at}.plain" for at in range(len(files))]
    try:
        results = _results(
            files, scratch, set(read_json(batch_file.with_name(KNOWN_CONTENT)) or ()), settings
        )
        return report_of(results, work, batch_file.stem, settings, key)
    finally:
        for path in scratch:
            shutil.rmtree(_kept_beside(path), ignore_errors=True)


def _listed(batch_file: Path) -> list[LandingFile]:
    """The files of a listing."""
    entries = read_json(batch_file)["files"]
    return [LandingFile(**{**entry, "path": file_at(entry["path"])}) for entry in entries]


def _results(
    files: list[LandingFile], scratches: list[Path], known: set[str], settings: Settings
) -> list[FileResult]:
    """What reading files leaves; `known` is content that has been taken in."""
    results = []
    for scratch, file in zip(scratches, files, strict=True):
        try:
            result = _take_in(file, scratch, settings, known)
        except Growing:
            continue
        finally:
            remove_scratch(scratch)
        if result.row["outcome"] in ("accepted", "rejected"):
            known.add(result.row["sha256"])
        results.append(result)
    if any(result.raw is not None for result in results):
        from flows.readers.read_x12 import read_small_files

        for result, reason in read_small_files(results, settings):
            result.row = rejected_row(result.row, reason)
    return results


def _kept_beside(scratch: Path) -> Path:
    """Folder for the kept rows of a large file."""
    return scratch.with_suffix(".kept")


def read_again(file: LandingFile, scratch: Path, settings: Settings) -> FileResult:
    """One file as its reader gives it, before any row is validated; nothing of it is taken in.

    Rows of a large file lie beside `scratch`.
    """
    from flows.readers.read_x12 import read_small_files

    result = _take_in(file, scratch, settings, set())
    if result.raw is not None:
        list(read_small_files([result], settings))
    return result


def _take_in(file: LandingFile, scratch: Path, settings: Settings, known: set[str]) -> FileResult:
    """One file: preflight, then its form's reader; Rejected becomes its ledger row."""
    row = {
        "shown_name": file.shown_name,
        "file_key": "",
        "sha256": "",
        "bytes": file.size,
        "kind": "",
        "outcome": "accepted",
        "reason": "",
        **dict.fromkeys(ROW_COUNTS, 0),
    }
    limits = Limits(settings.maximum_file_megabytes << 20, settings.maximum_expansion)
    if file.size > limits.largest_bytes:
        return FileResult(rejected_row(row, "file_expands_too_much"))
    with landed(file, scratch) as path:
        return _read_landed(path, row, scratch, settings, known, limits)


def _read_landed(
    path: Path, row: dict[str, Any], scratch: Path, settings: Settings, known: set[str], limits: Limits
) -> FileResult:
    found = None
    try:
        found = preflight(path, scratch, limits)
        row |= {"file_key": found.file_key, "sha256": found.sha256}
        if found.sha256 in known:
            return FileResult({**row, "outcome": "duplicate"})
        result = _read(found, row, settings)
        found.check_unchanged()
        return result
    except FileNotFoundError:
        raise Growing from None
    except Rejected as rejected:
        if found is not None:
            found.check_unchanged()
        reason = f"{rejected.code}:{rejected.where}" if rejected.where else rejected.code
        return FileResult(rejected_row(row, reason))


def _read(found: Preflight, row: dict[str, Any], settings: Settings) -> FileResult:
    if found.form == "x12":
        from flows.readers.read_x12 import read_x12_file

        return read_x12_file(found, row, settings)
    extract = open_extract(found)
    text = extract.read(settings.rules.scope)
    layout = extract.layout
    assert layout is not None
    aside = _kept_beside(found.scratch) if found.scratch and found.size > LARGE else None
    kept, rows_read = kept_by_kind(text, found.file_key, layout, settings.rules.scope, aside)
    return FileResult({**row, "kind": "+".join(rows_read)}, kept, rows_read)
