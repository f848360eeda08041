"""Raw X12 (837P, 835) as canonical rows: the same rows that an extract of the same claims gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.readers.file_result import FileResult, Kept
from flows.readers.preflight import Preflight
from flows.readers.rejections import Rejected
from flows.settings import Settings
from transforms.intake.layouts import canonical_layout
from transforms.intake.scope import kept_codes, near_scope_pattern
from transforms.x12.reader import X12Rejected, read_many_small, read_x12

_BLOCK: Final = 8 << 20
"""Bytes read at a time; memory is bounded by it."""
SMALL: Final = 256 << 10
"""Files up to this size are read together, those of a batch in a few passes."""
OF_REMITTANCES: Final = ("BPR", "TRN", "CLP", "SVC", "PLB")


def read_x12_file(found: Preflight, row: dict[str, Any], settings: Settings) -> FileResult:
    """Claim and remit lines of one X12 file, and the claims in it that could not be read.

    A small file is only fetched: `read_small_files` reads those of a batch together.
    """
    if found.size <= SMALL:
        return FileResult({**row, "kind": "x12"}, raw=found.plain.read_bytes())
    scope = frozenset(settings.rules.scope)
    try:
        parts = list(read_x12(_blocks(found.plain), scope, near_scope_pattern(settings.rules.scope)))
    except X12Rejected as rejected:
        raise Rejected(rejected.code, f"segment {rejected.position}") from None
    read = {
        "claim_lines": sum(part.claim_rows_read for part in parts),
        "remit_lines": sum(part.remit_rows_read for part in parts),
    }
    result = FileResult(row)
    key = pl.lit(found.file_key)
    claims = pl.concat([part.claim_lines for part in parts]).with_columns(file_key=key)
    remits = pl.concat([part.remit_lines for part in parts]).with_columns(file_key=key)
    result.kept = _kept(claims, remits, settings.rules.scope)
    _count(result, read, pl.concat([part.findings for part in parts]))
    return result


def read_small_files(results: Sequence[FileResult], settings: Settings) -> list[tuple[FileResult, str]]:
    """Read the X12 files that were fetched, in a few passes; gives those that are refused, with the reason.

    Their rows hang on the first of them: rows are told apart by file_key.
    """
    waiting = [result for result in results if result.raw is not None]
    if not waiting:
        return []
    scope = settings.rules.scope
    files = [(number, result.raw or b"") for number, result in enumerate(waiting)]
    batch = read_many_small(files, frozenset(scope), near_scope_pattern(scope))
    keys = pl.DataFrame(
        {"file_ordinal": range(len(waiting)), "file_key": [result.row["file_key"] for result in waiting]},
        schema={"file_ordinal": pl.Int64, "file_key": pl.String},
    )
    claims, remits = (
        rows.join(keys, on="file_ordinal", validate="m:1").drop("file_ordinal")
        for rows in (batch.claim_lines, batch.remit_lines)
    )
    waiting[0].kept = _kept(claims, remits, scope)
    counts = {} if batch.files is None else {row[0]: row[1:] for row in batch.files.iter_rows()}
    refused = []
    for number, result in enumerate(waiting):
        result.raw = None
        findings = batch.findings.filter(pl.col("file_ordinal") == number)
        rejected = findings.filter(pl.col("severity") == "rejected")
        if len(rejected):
            code, position = rejected.select("rule_code", "position").row(0)
            refused.append((result, f"{code}:segment {position}"))
            continue
        claim_rows, remit_rows = counts.get(number, (0, 0))
        _count(result, {"claim_lines": claim_rows, "remit_lines": remit_rows}, findings)
    return refused


def _count(result: FileResult, read: dict[str, int], findings: pl.DataFrame) -> None:
    """Lines read by kind; claims that findings removed: kind, rule_code, rows, where; other findings."""
    result.rows_read = {kind: rows for kind, rows in read.items() if rows}
    result.row["kind"] = "x12:" + "+".join(result.rows_read)
    only = next(iter(result.rows_read), "claim_lines") if len(result.rows_read) < 2 else None
    by_segment = pl.when(pl.col("segment_id").is_in(OF_REMITTANCES)).then(pl.lit("remit_lines"))
    kind = pl.lit(only) if only else by_segment.otherwise(pl.lit("claim_lines"))
    kept = findings.filter(pl.col("line_rows") == 0).group_by("rule_code").agg(pl.col("count").sum())
    result.row["findings"] = dict(kept.sort("rule_code").iter_rows())
    result.lost = (
        findings.filter(pl.col("line_rows") > 0)
        .group_by("rule_code", "segment_id")
        .agg(rows=pl.col("line_rows").sum())
        .select("rule_code", "rows", kind=kind, where="segment_id")
        .sort("rule_code", "where")
    )


def _kept(claims: pl.DataFrame, remits: pl.DataFrame, scope: tuple[str, ...]) -> list[Kept]:
    """Rows in or near scope, and other lines of kept claims, as the canonical layout has them."""
    kept: list[Kept] = []
    whole = pl.lit(True).alias("field_count_ok")
    if len(claims):
        marked = claims.with_columns(whole, _keep=kept_codes("procedure_code", scope))
        in_scope, heads = marked.filter("_keep").drop("_keep"), marked.filter(~pl.col("_keep")).drop("_keep")
        kept.append(Kept(canonical_layout("claim_lines"), [in_scope.lazy()], heads))
    if len(remits):
        lines = remits.rename({"loop_ordinal": "loop_number"}).with_columns(whole)
        kept.append(Kept(canonical_layout("remit_lines"), [lines.lazy()], lines.clear()))
    return kept


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from iter(lambda: stream.read(_BLOCK), b"")
