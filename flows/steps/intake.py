"""Inbound files to accepted rows: one batch of files at a time, each taken in whole or rejected whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.readers.extract import open_extract
from flows.readers.file_result import FileResult
from flows.readers.landing import LandingFile, landed
from flows.readers.preflight import Limits, Preflight, preflight, remove_scratch
from flows.readers.read_tables import kept_by_kind
from flows.readers.reference_files import read_reference
from flows.readers.rejections import Growing, Rejected
from flows.readers.stopping_rules import stopping_rules
from flows.run import Run
from flows.settings import Settings
from flows.store.files import read_json
from flows.store.place import file_at
from schemas.accepted import LINE_BESIDE
from schemas.columns import names
from transforms.intake.accept import Accepted, Ceiling, accept_lines
from transforms.intake.layouts import Layout
from transforms.resolve.affected_claims import ROW, submission_link, with_claim_links, with_remit_links

KNOWN: Final = "known.json"
"""In the work folder: sha256 of contents that are not looked at again."""
FEWEST_BAD_ROWS: Final = 10
"""Below this many bad rows a file is never rejected for its share of them."""
ROW_COUNTS: Final = ("rows_read", "out_of_scope", "accepted", "quarantined", "repaired")
DATED: Final = {"claim_lines": "submitted_on", "remit_lines": "payment_date"}
LINKED: Final = {"claim_lines": with_claim_links, "remit_lines": with_remit_links}
COUNTS: Final = ("rows_read", "in_scope", "accepted", "quarantined", "repaired", "rejected_files", "findings")
QUALITY_SCHEMA: Final = pl.Schema(
    {
        "file_key": pl.String(),
        "source": pl.String(),
        "payer_id": pl.String(),
        "payer_name": pl.String(),
        "month": pl.Date(),
        "rule_code": pl.String(),
        **{name: pl.Int64() for name in COUNTS},
    }
)
QUARANTINE_SCHEMA: Final = pl.Schema(
    {
        "file_key": pl.String(),
        "shown_name": pl.String(),
        "source": pl.String(),
        "row_number": pl.Int64(),
        "rule_code": pl.String(),
        "column": pl.String(),
        "is_first": pl.Boolean(),
    }
)


@dataclass
class BatchReport:
    """What a batch left: ledger rows, and private Parquet files in the work folder (None: nothing of that
    sort). `left`: files that are left for the next run.
    """

    ledger_rows: list[dict[str, Any]] = field(default_factory=list)
    left: int = 0
    claim_lines: str | None = None
    remit_lines: str | None = None
    lines_beside: str | None = None
    quality: str | None = None
    quarantine: str | None = None


def intake(run: Run, listing: str) -> dict[str, Any]:
    """Take in one batch of files; its report holds counts, codes and names of private files."""
    return asdict(intake_batch(Path(listing), run.work, run.settings, run.settings.key))


def left(listing: str) -> dict[str, Any]:
    """The report of a batch that could not be taken in: its files are left for the next run."""
    return asdict(BatchReport(left=len(read_json(Path(listing))["files"])))


def intake_batch(batch_file: Path, work: Path, settings: Settings, key: bytes) -> BatchReport:
    """Take in the files of a listing (private JSON in the work folder).

    A file that changes meanwhile is left for the next run.
    """
    listing = read_json(batch_file)
    known = set(read_json(work / KNOWN) or ())
    results = []
    for number, entry in enumerate(listing["files"]):
        scratch = work / f"{batch_file.stem}-{number}.plain"
        try:
            file = LandingFile(**{**entry, "path": file_at(entry["path"])})
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
            result.row = _rejected(result.row, reason)
    return _report(results, work, batch_file.stem, settings, key)


def read_again(file: LandingFile, scratch: Path, settings: Settings) -> FileResult:
    """One file as its reader gives it, before any row is validated; nothing of it is taken in."""
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
        return FileResult(_rejected(row, "file_expands_too_much"))
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
        return FileResult(_rejected(row, reason))


def _rejected(row: dict[str, Any], reason: str) -> dict[str, Any]:
    """The ledger row of a file of which nothing enters."""
    identity = row["file_key"] or row["shown_name"].removeprefix("f:")
    return {
        **row,
        "file_key": identity,
        "outcome": "rejected",
        "reason": reason,
        **dict.fromkeys(ROW_COUNTS, 0),
    }


def _read(found: Preflight, row: dict[str, Any], settings: Settings) -> FileResult:
    if found.form == "x12":
        from flows.readers.read_x12 import read_x12_file

        return read_x12_file(found, row, settings)
    extract = open_extract(found)
    text = extract.read(settings.rules.scope)
    layout = extract.layout
    assert layout is not None
    kept, rows_read = kept_by_kind(text, found.file_key, layout, settings.rules.scope)
    return FileResult({**row, "kind": "+".join(rows_read)}, kept, rows_read)


def _report(results: list[FileResult], work: Path, stem: str, settings: Settings, key: bytes) -> BatchReport:
    """Validate what the files left, layout by layout; write it sorted: the same files make the same bytes."""
    accepted: dict[str, list[Accepted]] = {}
    for kind, layout, kept, heads in _by_layout(results):
        ceiling = Ceiling(settings.file_ceiling, FEWEST_BAD_ROWS)
        found = accept_lines(kept, heads, layout, key, read_reference(), settings.rules, ceiling)
        accepted.setdefault(kind, []).append(found)
    rejected = {
        row["file_key"]: f"file_bad_rows:{row['bad']} of {row['bad'] + row['good']}: {row['why']}"
        for parts in accepted.values()
        for part in parts
        for row in part.rejected.iter_rows(named=True)
    }
    for result in results:
        if result.row["file_key"] in rejected:
            result.row = _rejected(result.row, rejected[result.row["file_key"]])
    report = BatchReport()
    for kind in DATED:
        gone = pl.col("file_key").is_in(list(rejected))
        frames = [part.lines.filter(~gone) for part in accepted.get(kind, [])]
        lines = pl.concat(frames).sort("file_key", "row_number") if frames else pl.DataFrame()
        if len(lines):
            setattr(report, kind, _written(LINKED[kind](lines), work / f"{stem}-{kind}.parquet"))
    others = [part.beside for part in accepted.get("claim_lines", [])]
    report.lines_beside = _lines_beside(others, set(rejected), work / f"{stem}-beside.parquet")
    counts = _quality(results, accepted, set(rejected))
    report.ledger_rows = _ledger_rows(results, counts, _latest_dates(accepted), stopping_rules(settings))
    report.quality = _written(counts, work / f"{stem}-quality.parquet") if len(counts) else None
    bad = _quarantine(results, accepted, set(rejected))
    report.quarantine = _written(bad, work / f"{stem}-quarantine.parquet") if len(bad) else None
    return report


def _lines_beside(parts: list[pl.DataFrame], rejected: set[str], path: Path) -> str | None:
    """Write the lines beside those accepted, each bill of a submission once per file."""
    rows = pl.concat(parts) if parts else pl.DataFrame()
    if rows.is_empty():
        return None
    beside = rows.with_columns(link_submission=submission_link()).select(names(LINE_BESIDE)).sort(ROW)
    told = [name for name in beside.columns if name != "row_number"]
    once = beside.unique(told, keep="first", maintain_order=True)
    return _written(once.filter(~pl.col("file_key").is_in(list(rejected))), path)


def _by_layout(results: list[FileResult]) -> Iterator[tuple[str, Layout, pl.DataFrame, pl.DataFrame]]:
    """Kept rows and header rows of all files of a layout, together."""
    groups: dict[str, tuple[Layout, list[pl.DataFrame], list[pl.DataFrame]]] = {}
    for result in results:
        for layout, kept, heads in result.kept:
            group = groups.setdefault(f"{layout.kind}/{layout.name}", (layout, [], []))
            group[1].append(kept)
            group[2].append(heads)
    for layout, kept_frames, head_frames in groups.values():
        yield (
            layout.kind,
            layout,
            pl.concat(kept_frames, how="diagonal"),
            pl.concat(head_frames, how="diagonal"),
        )


def _quality(
    results: list[FileResult], accepted: dict[str, list[Accepted]], rejected: set[str]
) -> pl.DataFrame:
    """Counts of a batch. Rows read stand under no payer and the file's last month, the rest by payer, month
    and rule.
    """
    frames = []
    for kind, parts in accepted.items():
        for part in parts:
            frames.append(part.counts.with_columns(source=pl.lit(kind)))
    last = _last_months(accepted)
    for result in results:
        row = result.row
        if row["outcome"] == "rejected":
            code = row["reason"].split(":")[0]
            frames.append(_counted(row["file_key"], "file", code, rejected_files=1))
            continue
        if row["file_key"] in rejected:
            continue
        for kind, rows_read in result.rows_read.items():
            month = last.get((row["file_key"], kind))
            frames.append(_counted(row["file_key"], kind, None, month, rows_read=rows_read))
        if result.lost is not None:
            for kind, code, rows in result.lost.select("kind", "rule_code", "rows").iter_rows():
                month = last.get((row["file_key"], kind))
                frames.append(_counted(row["file_key"], kind, code, month, quarantined=rows))
    frames.append(_findings(results, rejected, last))
    whole = pl.concat(frames, how="diagonal_relaxed")
    missing = [
        pl.lit(None, kind).alias(name) for name, kind in QUALITY_SCHEMA.items() if name not in whole.columns
    ]
    return (
        whole.with_columns(missing)
        .with_columns(pl.col(name).fill_null(0) for name in COUNTS)
        .select(list(QUALITY_SCHEMA))
        .cast(QUALITY_SCHEMA)  # type: ignore[arg-type]
        .sort(list(QUALITY_SCHEMA)[:6], nulls_last=False)
    )


def _findings(
    results: list[FileResult], rejected: set[str], last: dict[tuple[str, str], Any]
) -> pl.DataFrame:
    """Findings of raw X12 that removed no row, under the last month of the file."""
    entries = []
    for result in results:
        file_key = result.row["file_key"]
        if result.row["outcome"] != "accepted" or file_key in rejected:
            continue
        months = [month for kind in result.rows_read if (month := last.get((file_key, kind)))]
        for code, count in result.row.get("findings", {}).items():
            entries.append((file_key, "x12", None, None, max(months, default=None), code, count))
    kinds = {name: QUALITY_SCHEMA[name] for name in [*list(QUALITY_SCHEMA)[:6], "findings"]}
    return pl.DataFrame(entries, schema=kinds, orient="row")


def _counted(file_key: str, source: str, code: str | None, month: Any = None, **counts: int) -> pl.DataFrame:
    entry = {"file_key": file_key, "source": source, "rule_code": code, "month": month, **counts}
    kinds = {name: kind for name, kind in QUALITY_SCHEMA.items() if name in entry}
    return pl.DataFrame([entry], schema=kinds)


def _last_months(accepted: dict[str, list[Accepted]]) -> dict[tuple[str, str], Any]:
    """Month of the latest submission or payment of each file and kind."""
    found: dict[tuple[str, str], Any] = {}
    for kind, parts in accepted.items():
        for part in parts:
            months = part.lines.group_by("file_key").agg(pl.col(DATED[kind]).max().dt.truncate("1mo"))
            found |= {(file_key, kind): month for file_key, month in months.iter_rows()}
    return found


def _latest_dates(accepted: dict[str, list[Accepted]]) -> dict[str, date]:
    """The latest submission or payment of each file's rows in scope: what a release may be as of."""
    found: dict[str, date] = {}
    for kind, parts in accepted.items():
        for part in parts:
            lines = part.lines.filter("in_scope") if kind == "claim_lines" else part.lines
            for file_key, day in lines.group_by("file_key").agg(pl.col(DATED[kind]).max()).iter_rows():
                found[file_key] = max(day, found.get(file_key, day))
    return found


def _ledger_rows(
    results: list[FileResult], counts: pl.DataFrame, latest: dict[str, date], stopping: str
) -> list[dict[str, Any]]:
    """Ledger rows with their counts: what is neither accepted nor quarantined is out of scope.

    `stopping`: the layouts, limits and rules that refused what was refused.
    """
    summed = counts.group_by("file_key").agg(pl.col("rows_read", "accepted", "quarantined", "repaired").sum())
    by_file = {row["file_key"]: row for row in summed.iter_rows(named=True)}
    found: dict[str, dict[str, int]] = {}
    told = counts.filter(pl.col("findings") > 0).group_by("file_key", "rule_code").agg(pl.sum("findings"))
    for file_key, code, count in told.sort("file_key", "rule_code").iter_rows():
        found.setdefault(file_key, {})[code] = count
    rows = []
    for result in results:
        row = result.row
        if row["outcome"] == "accepted":
            row = {**row, **by_file.get(row["file_key"], {}), "findings": found.get(row["file_key"], {})}
            row["out_of_scope"] = row["rows_read"] - row["accepted"] - row["quarantined"]
            if row["file_key"] in latest:
                row["latest_date"] = latest[row["file_key"]].isoformat()
        if row["outcome"] == "rejected" or row["quarantined"]:
            row["stopped_by"] = stopping
        rows.append(row)
    return rows


def _quarantine(
    results: list[FileResult], accepted: dict[str, list[Accepted]], rejected: set[str]
) -> pl.DataFrame:
    """Rows kept apart: where they stand and which rules they break, never what they say."""
    names = {
        result.row["file_key"]: result.row["shown_name"]
        for result in results
        if result.row["outcome"] != "duplicate"
    }
    frames = [
        part.breaks.with_columns(
            source=pl.lit(kind), shown_name=pl.col("file_key").replace_strict(names, default=None)
        )
        for kind, parts in accepted.items()
        for part in parts
    ]
    frames += [
        result.lost.select(
            rule_code="rule_code",
            column="where",
            source="kind",
            file_key=pl.lit(result.row["file_key"]),
            shown_name=pl.lit(result.row["shown_name"]),
            is_first=pl.lit(True),
        )
        for result in results
        if result.lost is not None and result.row["file_key"] not in rejected
    ]
    whole = pl.concat([pl.DataFrame(schema=QUARANTINE_SCHEMA), *frames], how="diagonal_relaxed")
    order = ["file_key", "row_number", "rule_code", "column"]
    return whole.select(list(QUARANTINE_SCHEMA)).cast(QUARANTINE_SCHEMA).sort(order)  # type: ignore[arg-type]


def _written(frame: pl.DataFrame, path: Path) -> str:
    frame.write_parquet(path, compression="zstd", compression_level=1)
    return str(path)
