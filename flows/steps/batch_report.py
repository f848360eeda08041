"""What the files of a batch leave: accepted rows, rows kept apart, counts, and their rows of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.readers.file_result import FileResult
from flows.readers.kept_rows import ROWS_AT_ONCE
from flows.readers.reference_files import read_reference
from flows.readers.stopping_rules import stopping_rules
from flows.settings import Settings
from flows.steps.spilled import Spilled, written
from schemas.accepted import LINE_BESIDE
from schemas.columns import names
from transforms.intake.accept import Accepted, Accepting, Ceiling, accept_parts, rejected_files
from transforms.intake.layouts import MINUTES_BY, Layout
from transforms.resolve.affected_claims import ROW, submission_link, with_claim_links, with_remit_links

FEWEST_BAD_ROWS: Final = 10
"""Below this many bad rows a file is never rejected for its share of them."""
ROW_COUNTS: Final = ("rows_read", "out_of_scope", "accepted", "quarantined", "repaired")
DATED: Final = {"claim_lines": "submitted_on", "remit_lines": "payment_date"}
LINKED: Final = {"claim_lines": with_claim_links, "remit_lines": with_remit_links}
_COUNTS: Final = (
    "rows_read",
    "in_scope",
    "accepted",
    "quarantined",
    "repaired",
    "rejected_files",
    "findings",
)
QUALITY_SCHEMA: Final = pl.Schema(
    {
        "file_key": pl.String(),
        "source": pl.String(),
        "payer_id": pl.String(),
        "payer_name": pl.String(),
        "month": pl.Date(),
        "rule_code": pl.String(),
        **{name: pl.Int64() for name in _COUNTS},
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
    sort). `left`: files that are left for the next run. `growing`: of those, files that were still being
    written.
    """

    ledger_rows: list[dict[str, Any]] = field(default_factory=list)
    left: int = 0
    growing: int = 0
    claim_lines: str | None = None
    remit_lines: str | None = None
    lines_beside: str | None = None
    quality: str | None = None
    quarantine: str | None = None


def rejected_row(row: dict[str, Any], reason: str) -> dict[str, Any]:
    """The ledger row of a file of which nothing enters."""
    identity = row["file_key"] or row["shown_name"].removeprefix("f:")
    return {
        **row,
        "file_key": identity,
        "outcome": "rejected",
        "reason": reason,
        **dict.fromkeys(ROW_COUNTS, 0),
    }


@dataclass
class _Taken:
    """What the files of a batch left under one layout, rows apart: frames of parts of them (`Accepted`).

    `days`: the latest submission or payment of each file, of all rows and of those in scope.
    """

    kind: str
    rejected: pl.DataFrame
    beside: list[pl.DataFrame]
    counts: list[pl.DataFrame]
    days: list[pl.DataFrame]


def report_of(
    results: list[FileResult], work: Path, stem: str, settings: Settings, key: bytes
) -> BatchReport:
    """Validate what the files left, layout by layout; write it sorted: the same files make the same bytes.

    Of many rows some are held at a time: they are written in runs that are each sorted.
    """
    lines = {kind: Spilled(work / f"{stem}-{kind}", ROW) for kind in DATED}
    breaks = Spilled(work / f"{stem}-breaks", ["file_key", "row_number", "rule_code", "column"])
    names_of = _shown_names(results)
    taken = []
    for layout, parts, outside in _by_layout(results):
        under = Accepting(layout, key, read_reference(), settings.rules)
        found = accept_parts(parts, outside, under)
        taken.append(_taken(layout.kind, found, lines[layout.kind], breaks, names_of, settings))
    rejected = {
        row["file_key"]: f"file_bad_rows:{row['bad']} of {row['bad'] + row['good']}: {row['why']}"
        for part in taken
        for row in part.rejected.iter_rows(named=True)
    }
    for result in results:
        if result.row["file_key"] in rejected:
            result.row = rejected_row(result.row, rejected[result.row["file_key"]])
    stays = ~pl.col("file_key").is_in(list(rejected))
    counts = _quality(results, taken, set(rejected))
    breaks.add(_lost(results, set(rejected)))
    beside = [rows for part in taken for rows in part.beside if part.kind == "claim_lines"]
    return BatchReport(
        ledger_rows=_ledger_rows(results, counts, _latest_dates(taken), stopping_rules(settings)),
        claim_lines=lines["claim_lines"].written(work / f"{stem}-claim_lines.parquet", stays),
        remit_lines=lines["remit_lines"].written(work / f"{stem}-remit_lines.parquet", stays),
        lines_beside=_lines_beside(beside, stays, work / f"{stem}-beside.parquet"),
        quality=written(counts, work / f"{stem}-quality.parquet") if len(counts) else None,
        quarantine=breaks.written(work / f"{stem}-quarantine.parquet", pl.lit(True)),
    )


def _taken(
    kind: str,
    found: Iterable[Accepted],
    lines: Spilled,
    breaks: Spilled,
    names_of: Mapping[str, str],
    settings: Settings,
) -> _Taken:
    """What became of the rows of a layout; those accepted and those kept apart go to their collectors."""
    taken = _Taken(kind, pl.DataFrame(), [], [], [])
    files = []
    scope = pl.col("in_scope") if kind == "claim_lines" else pl.lit(True)
    day = pl.col(DATED[kind])
    shown = pl.col("file_key").replace_strict(names_of, default=None, return_dtype=pl.String)
    for part in found:
        lines.add(LINKED[kind](part.lines))
        told = part.breaks.with_columns(source=pl.lit(kind), shown_name=shown)
        breaks.add(told.select(list(QUARANTINE_SCHEMA)).cast(QUARANTINE_SCHEMA))  # type: ignore[arg-type]
        files.append(part.files)
        taken.beside.append(part.beside)
        taken.counts.append(part.counts)
        taken.days.append(
            part.lines.group_by("file_key").agg(last=day.max(), last_in_scope=day.filter(scope).max())
        )
    of_kind = breaks.rows().filter(source=kind)
    ceiling = Ceiling(settings.file_ceiling, FEWEST_BAD_ROWS)
    taken.rejected = rejected_files(pl.concat(files), of_kind, ceiling)
    stays = ~pl.col("file_key").is_in(list(taken.rejected["file_key"]))
    taken.counts = [_added_up(taken.counts).filter(stays)]
    taken.days = [days.filter(stays) for days in taken.days]
    return taken


def _added_up(counts: list[pl.DataFrame]) -> pl.DataFrame:
    """Counts of parts, added up."""
    if len(counts) == 1:
        return counts[0]
    whole = pl.concat(counts, how="diagonal_relaxed")
    keys = [name for name in whole.columns if name not in _COUNTS]
    return whole.group_by(keys).agg(pl.all().sum())


def _shown_names(results: list[FileResult]) -> dict[str, str]:
    return {
        result.row["file_key"]: result.row["shown_name"]
        for result in results
        if result.row["outcome"] != "duplicate"
    }


def _lost(results: list[FileResult], rejected: set[str]) -> pl.DataFrame:
    """Claims that the reader could not read, as rows kept apart."""
    frames = [
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
    return whole.select(list(QUARANTINE_SCHEMA)).cast(QUARANTINE_SCHEMA)  # type: ignore[arg-type]


def _lines_beside(parts: list[pl.DataFrame], stays: pl.Expr, path: Path) -> str | None:
    """Write the lines beside those accepted, each bill of a submission once per file."""
    rows = pl.concat(parts) if parts else pl.DataFrame()
    if rows.is_empty():
        return None
    beside = rows.with_columns(link_submission=submission_link()).select(names(LINE_BESIDE)).sort(ROW)
    told = [name for name in beside.columns if name != "row_number"]
    once = beside.unique(told, keep="first", maintain_order=True)
    return written(once.filter(stays), path)


def _by_layout(
    results: list[FileResult],
) -> Iterator[tuple[Layout, Iterator[pl.DataFrame], pl.DataFrame]]:
    """Kept rows, in parts, and rows outside of all files of a layout, together."""
    groups: dict[str, tuple[Layout, list[pl.LazyFrame], list[pl.DataFrame]]] = {}
    for result in results:
        for layout, parts, outside in result.kept:
            group = groups.setdefault(f"{layout.kind}/{layout.name}", (layout, [], []))
            group[1].extend(parts)
            group[2].append(outside)
    for layout, parts, outsides in groups.values():
        yield layout, _filled(parts), pl.concat(outsides, how="diagonal")


def _filled(parts: Iterable[pl.LazyFrame]) -> Iterator[pl.DataFrame]:
    """Small parts together; at least one. A file whose prices tell its minutes stays in one."""
    held: list[pl.DataFrame] = []
    for part in parts:
        held.append(part.collect())
        if sum(map(len, held)) >= ROWS_AT_ONCE and MINUTES_BY not in held[0].columns:
            yield pl.concat(held, how="diagonal")
            held = []
    if held:
        yield pl.concat(held, how="diagonal")


def _quality(results: list[FileResult], taken: list[_Taken], rejected: set[str]) -> pl.DataFrame:
    """Counts of a batch. Rows read stand under no payer and the file's last month, the rest by payer, month
    and rule.
    """
    frames = [counts.with_columns(source=pl.lit(part.kind)) for part in taken for counts in part.counts]
    last = _last_months(taken)
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
        .with_columns(pl.col(name).fill_null(0) for name in _COUNTS)
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


def _last_months(taken: list[_Taken]) -> dict[tuple[str, str], Any]:
    """Month of the latest submission or payment of each file and kind."""
    found: dict[tuple[str, str], Any] = {}
    for part in taken:
        last = pl.concat(part.days).group_by("file_key").agg(pl.col("last").max().dt.truncate("1mo"))
        found |= {(file_key, part.kind): month for file_key, month in last.iter_rows()}
    return found


def _latest_dates(taken: list[_Taken]) -> dict[str, date]:
    """The latest submission or payment of each file's rows in scope: what a release may be as of."""
    found: dict[str, date] = {}
    for part in taken:
        days = pl.concat(part.days).select("file_key", "last_in_scope").drop_nulls()
        for file_key, day in days.group_by("file_key").agg(pl.col("last_in_scope").max()).iter_rows():
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
