"""Inbound files to accepted rows: one batch of files at a time, each taken in whole or rejected whole."""

from __future__ import annotations

import csv
import io
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.files import read_json
from flows.landing import LandingFile
from flows.preflight import Growing, Limits, Preflight, Rejected, preflight, ragged_rows
from flows.reference_files import read_reference
from flows.settings import Settings, config_folder
from transforms.intake.accept import SUBMISSION_TEXT, Accepted, accept_lines
from transforms.intake.layouts import Layout, canonical_text, parse_layout, pick_layout, plain
from transforms.intake.scope import kept_codes

FEWEST_BAD_ROWS: Final = 10
"""Below this many bad rows a file is never rejected for its share of them."""
REPLACING: Final = ("6", "7", "8")
COUNTS: Final = ("rows_read", "in_scope", "accepted", "quarantined", "repaired", "rejected_files")
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


@dataclass(frozen=True)
class Batch:
    """Files that are taken in together."""

    files: list[LandingFile]


@dataclass
class BatchReport:
    """What a batch left: ledger rows, and private Parquet files in the work folder (None: nothing of that sort)."""

    ledger_rows: list[dict[str, Any]] = field(default_factory=list)
    claim_lines: str | None = None
    remit_lines: str | None = None
    quality: str | None = None
    quarantine: str | None = None
    latest_date: str | None = None


@dataclass
class FileResult:
    """What one file left."""

    row: dict[str, Any]
    lines: dict[str, list[pl.DataFrame]] = field(default_factory=dict)
    quality: list[pl.DataFrame] = field(default_factory=list)
    quarantine: list[pl.DataFrame] = field(default_factory=list)


def plan_batches(files: list[LandingFile], megabytes: int = 64, most: int = 500) -> list[Batch]:
    """Small files share a batch; a large one has its own."""
    batches: list[Batch] = []
    size = 0
    for file in files:
        full = not batches or size + file.size > megabytes << 20 or len(batches[-1].files) >= most
        if full:
            batches.append(Batch([]))
            size = 0
        batches[-1].files.append(file)
        size += file.size
    return batches


def intake_batch(batch_file: Path, work: Path, settings: Settings, key: bytes) -> BatchReport:
    """Take in the files of a listing (private JSON in the work folder). A file that changes meanwhile is left for the next run."""
    listing = read_json(batch_file)
    known = set(listing["known"])
    results = []
    for number, entry in enumerate(listing["files"]):
        scratch = work / f"{batch_file.stem}-{number}.plain"
        try:
            result = _take_in(Path(entry["path"]), entry["shown_name"], scratch, settings, key, known)
        except Growing:
            continue
        finally:
            scratch.unlink(missing_ok=True)
        if result.row["outcome"] in ("accepted", "rejected"):
            known.add(result.row["sha256"])
        results.append(result)
    return _report(results, work, batch_file.stem)


def _take_in(
    path: Path, shown_name: str, scratch: Path, settings: Settings, key: bytes, known: set[str]
) -> FileResult:
    """One file: preflight, then its form's reader; Rejected becomes its ledger row."""
    row = {
        "shown_name": shown_name,
        "file_key": "",
        "sha256": "",
        "bytes": path.lstat().st_size,
        "kind": "",
        "outcome": "accepted",
        "reason": "",
        **dict.fromkeys(("rows_read", "out_of_scope", "accepted", "quarantined", "repaired"), 0),
    }
    limits = Limits(settings.maximum_file_megabytes << 20, settings.maximum_expansion)
    try:
        found = preflight(path, scratch, limits)
        row |= {"file_key": found.file_key, "sha256": found.sha256}
        if found.sha256 in known:
            return FileResult({**row, "outcome": "duplicate"})
        return _read(found, row, settings, key)
    except Rejected as rejected:
        reason = f"{rejected.code}:{rejected.where}" if rejected.where else rejected.code
        return _rejected(row, reason)


def _rejected(row: dict[str, Any], reason: str) -> FileResult:
    """Nothing of the file enters; the count of rejected files says so."""
    identity = row["file_key"] or row["shown_name"].removeprefix("f:")
    zero = {**row, "file_key": identity, "outcome": "rejected", "reason": reason}
    zero |= dict.fromkeys(("rows_read", "out_of_scope", "accepted", "quarantined", "repaired"), 0)
    counted = pl.DataFrame(
        [{"file_key": identity, "source": "file", "rule_code": reason.split(":")[0], "rejected_files": 1}],
        schema=QUALITY_SCHEMA,
    )
    return FileResult(zero, quality=[counted.with_columns(pl.col(COUNTS).fill_null(0))])


def _read(found: Preflight, row: dict[str, Any], settings: Settings, key: bytes) -> FileResult:
    if found.form == "x12":
        from flows.intake_x12 import read_x12_file

        return read_x12_file(found, row, settings, key)
    rows, header = _scan(found)
    layout, missing = pick_layout(header, layouts())
    if layout is None:
        raise Rejected("file_header_missing")
    if missing:
        raise Rejected("file_column_missing", ",".join(missing))
    kept, heads, rows_read = _kept_rows(canonical_text(rows, layout, header), layout, settings)
    row["kind"] = layout.kind
    return accepted_result(row, found, layout, kept, heads, rows_read, settings, key)


def accepted_result(
    row: dict[str, Any],
    found: Preflight,
    layout: Layout,
    kept: pl.DataFrame,
    heads: pl.DataFrame,
    rows_read: int,
    settings: Settings,
    key: bytes,
    lost: pl.DataFrame | None = None,
) -> FileResult:
    """Validate the kept rows and count. `lost`: rule_code, rows of claims the reader could not read (X12)."""
    accepted = accept_lines(kept, heads, layout, found.file_key, key, read_reference(), settings.rules)
    unread = int(lost["rows"].sum()) if lost is not None else 0
    good = len(accepted.lines) - accepted.headers
    bad = len(kept) - good + unread
    if bad >= FEWEST_BAD_ROWS and bad > settings.file_ceiling * (good + bad):
        raise Rejected("file_bad_rows", f"{bad} of {good + bad}")
    row = row | {
        "rows_read": rows_read,
        "out_of_scope": rows_read - good - bad,
        "accepted": good,
        "quarantined": bad,
        "repaired": int(accepted.counts["repaired"].sum()),
    }
    quarantine = accepted.breaks.select(
        pl.lit(found.file_key).alias("file_key"),
        pl.lit(row["shown_name"]).alias("shown_name"),
        pl.lit(layout.kind).alias("source"),
        "row_number",
        "rule_code",
        "column",
        "is_first",
    )
    result = FileResult(row, {layout.kind: [accepted.lines]}, [], [quarantine])
    result.quality.append(_quality(accepted, found, layout, rows_read, lost))
    return result


def _quality(
    accepted: Accepted, found: Preflight, layout: Layout, rows_read: int, lost: pl.DataFrame | None
) -> pl.DataFrame:
    """Counts of one file: rows read under no payer and its last month, the rest by payer, month and rule."""
    dated = "submitted_on" if layout.kind == "claim_lines" else "payment_date"
    latest = accepted.lines[dated].max() if len(accepted.lines) else None
    total = pl.DataFrame({"rows_read": [rows_read]}).with_columns(
        pl.lit(latest, pl.Date).dt.truncate("1mo").alias("month")
    )
    frames = [total, accepted.counts]
    if lost is not None and len(lost):
        frames.append(lost.select("rule_code", quarantined="rows"))
    return (
        pl.concat(frames, how="diagonal_relaxed")
        .with_columns(file_key=pl.lit(found.file_key), source=pl.lit(layout.kind))
        .pipe(_with_columns_of, QUALITY_SCHEMA)
    )


def _with_columns_of(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    missing = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in frame.columns]
    return (
        frame.with_columns(missing)
        .with_columns(pl.col(name).fill_null(0) for name in COUNTS)
        .select(list(schema))
        .cast(schema)  # type: ignore[arg-type]
    )


def _scan(found: Preflight) -> tuple[pl.LazyFrame, list[str]]:
    """Rows of a file, all text, with row_number and field_count_ok; and its header."""
    if found.form == "csv":
        return _scan_csv(found)
    number = {"row_index_name": "row_number", "row_index_offset": 1}
    try:
        if found.form == "parquet":
            rows = pl.scan_parquet(found.plain, glob=False, **number)  # type: ignore[arg-type]
        else:
            rows = pl.scan_ndjson(found.plain, infer_schema_length=None, **number)  # type: ignore[arg-type]
        schema = rows.collect_schema()
    except (pl.exceptions.PolarsError, OSError):
        raise Rejected("file_unreadable") from None
    header = [name for name in schema if name != "row_number"]
    texts = [_as_text(name, schema[name]) for name in header]
    row = pl.col("row_number").cast(pl.Int64)
    return rows.select(row, *texts, field_count_ok=pl.lit(True)), header


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """A typed column as the text it would have in a canonical CSV."""
    column = pl.col(name)
    if isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct):
        names = [part.name for part in kind.inner.fields]
        if len(names) >= 3:
            group, reason, amount = (pl.element().struct.field(part) for part in names[:3])
            packed = pl.format("{}-{}:{}", group, reason, _plain_number(amount))
            return column.list.eval(packed).list.join("|").alias(name)
    if isinstance(kind, pl.List):
        return column.cast(pl.List(pl.String)).list.join("|").alias(name)
    if kind.is_float() or kind.is_decimal():
        return _plain_number(column).alias(name)
    if isinstance(kind, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d").alias(name)
    return column.cast(pl.String, strict=False).alias(name)


def _plain_number(number: pl.Expr) -> pl.Expr:
    """Digits with a point and no needless zeros: a float of a typed file is read to the thousandth it was meant as."""
    text = number.cast(pl.Decimal(18, 4), strict=False).cast(pl.String)
    return pl.coalesce(text, number.cast(pl.String, strict=False)).str.replace(r"\.?0+$", "")


def _scan_csv(found: Preflight) -> tuple[pl.LazyFrame, list[str]]:
    header = _header(found.plain)
    if len(header) == 1:
        raise Rejected("file_wrong_delimiter")
    seen = [plain(name) for name in header]
    if len(set(seen)) < len(seen):
        raise Rejected(
            "file_duplicate_column", f"column {next(i for i, n in enumerate(seen, 1) if n in seen[: i - 1])}"
        )
    ragged = ragged_rows(found, len(header))
    rows = pl.scan_csv(
        found.plain,
        schema=pl.Schema({name: pl.String for name in header}),
        truncate_ragged_lines=True,
        row_index_name="row_number",
        row_index_offset=1,
        glob=False,
    )
    number = pl.col("row_number").cast(pl.Int64)
    return rows.with_columns(number, field_count_ok=~number.is_in(ragged) if ragged else pl.lit(True)), header


def _header(path: Path) -> list[str]:
    """The header as the file has it."""
    with path.open("rb") as stream:
        head = stream.read(1 << 20)
    try:
        text = head.decode("utf-8-sig", "strict" if len(head) < 1 << 20 else "ignore")
    except UnicodeDecodeError:
        raise Rejected("file_not_utf8") from None
    return next(csv.reader(io.StringIO(text)), [])


def _kept_rows(
    rows: pl.LazyFrame, layout: Layout, settings: Settings
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Rows in or near scope, header rows of replacements and voids, and how many rows the file has in all."""
    scope = settings.rules.scope
    code = "procedure_code"
    again = pl.col(code).str.to_lowercase() == plain(layout.columns.get(code, code))
    keep = kept_codes(code, scope) | again.fill_null(False)
    if layout.kind == "remit_lines":
        submitted = pl.col("submitted_procedure_code")
        empty = (pl.col(code).fill_null("") == "") & (submitted.fill_null("") == "")
        keep = keep | kept_codes("submitted_procedure_code", scope) | empty
        heads = pl.lit(False)
    else:
        heads = pl.col("claim_frequency_code").is_in(REPLACING)
    marked = rows.with_columns(_keep=keep)
    wanted = (
        marked.filter(pl.col("_keep") | heads) if layout.kind == "claim_lines" else marked.filter("_keep")
    )
    try:
        kept, total = pl.collect_all([wanted, rows.select(pl.len())], engine="streaming")
        if len(kept.filter(pl.col("_keep")).filter(again)):
            raise Rejected("file_header_twice")
        in_scope = kept.filter("_keep").drop("_keep")
        headers = kept.filter(~pl.col("_keep")).drop("_keep")
        if layout.kind == "claim_lines":
            in_scope = _with_line_counts(in_scope, rows)
    except pl.exceptions.PolarsError as error:
        code = "file_not_utf8" if "utf" in type(error).__name__.lower() else "file_unreadable"
        raise Rejected(code) from None
    return in_scope, headers, int(total.item())


def _with_line_counts(kept: pl.DataFrame, rows: pl.LazyFrame) -> pl.DataFrame:
    """Add how many lines each kept row's submission has in all, in scope or not."""
    numbers = kept.get_column("claim_id").unique()
    counts = (
        rows.select(SUBMISSION_TEXT)
        .filter(pl.col("claim_id").is_in(numbers.implode()))
        .group_by(SUBMISSION_TEXT)
        .agg(claim_line_count=pl.len().cast(pl.Int64))
        .collect(engine="streaming")
    )
    return kept.join(counts, on=SUBMISSION_TEXT, how="left", nulls_equal=True, validate="m:1")


@lru_cache(maxsize=4)
def _layouts_in(folder: Path) -> tuple[Layout, ...]:
    return tuple(
        parse_layout(path.stem, tomllib.loads(path.read_text("utf-8")))
        for path in sorted(folder.glob("*.toml"))
    )


def layouts() -> Sequence[Layout]:
    """The configured layouts (config/layouts/*.toml). Raises LayoutError naming the file at fault."""
    return _layouts_in(config_folder() / "layouts")


def _report(results: list[FileResult], work: Path, stem: str) -> BatchReport:
    """Write what the files left, sorted, so that the same files make the same bytes."""
    report = BatchReport(ledger_rows=[result.row for result in results])
    latest = []
    for kind, dated in (("claim_lines", "submitted_on"), ("remit_lines", "payment_date")):
        frames = [frame for result in results for frame in result.lines.get(kind, []) if len(frame)]
        if frames:
            lines = pl.concat(frames).sort("file_key", "row_number")
            latest.append(lines[dated].max())
            setattr(report, kind, _written(lines, work / f"{stem}-{kind}.parquet"))
    quality = [frame for result in results for frame in result.quality]
    if quality:
        rows = pl.concat(quality).sort(list(QUALITY_SCHEMA)[:6], nulls_last=False)
        report.quality = _written(rows, work / f"{stem}-quality.parquet")
    bad = [frame for result in results for frame in result.quarantine if len(frame)]
    if bad:
        rows = pl.concat(bad).cast(QUARANTINE_SCHEMA).sort("file_key", "row_number", "rule_code")  # type: ignore[arg-type]
        report.quarantine = _written(rows, work / f"{stem}-quarantine.parquet")
    report.latest_date = max(latest).isoformat() if latest else None  # type: ignore[type-var, union-attr]
    return report


def _written(frame: pl.DataFrame, path: Path) -> str:
    frame.write_parquet(path, compression="zstd")
    return str(path)
