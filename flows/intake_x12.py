"""Raw X12 (837P, 835) as canonical rows: the same rows that an extract of the same claims gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from flows.file_result import FileResult
from flows.preflight import Preflight, Rejected
from flows.settings import Settings
from transforms.intake.layouts import canonical_layout
from transforms.intake.scope import kept_codes, near_scope_pattern
from transforms.x12.reader import X12Rejected, read_x12

BLOCK = 8 << 20
"""Bytes read at a time; memory is bounded by it."""


def read_x12_file(found: Preflight, row: dict[str, Any], settings: Settings) -> FileResult:
    """Claim and remit lines of one X12 file, and the claims in it that could not be read."""
    scope = frozenset(settings.rules.scope)
    try:
        parts = list(read_x12(_blocks(found.plain), scope, near_scope_pattern(settings.rules.scope)))
    except X12Rejected as rejected:
        raise Rejected(rejected.code, f"segment {rejected.position}") from None
    claims = [part.claim_lines for part in parts if len(part.claim_lines)]
    remits = [part.remit_lines for part in parts if len(part.remit_lines)]
    read = {
        "claim_lines": sum(part.claim_rows_read for part in parts),
        "remit_lines": sum(part.remit_rows_read for part in parts),
    }
    rows_read = {kind: rows for kind, rows in read.items() if rows}
    kinds = list(rows_read)
    result = FileResult({**row, "kind": "x12:" + "+".join(kinds)}, rows_read=rows_read)
    if claims:
        result.kept.append(_claims(pl.concat(claims), found, scope))
    if remits:
        layout = canonical_layout("remit_lines")
        lines = pl.concat(remits).rename({"loop_ordinal": "_loop_ordinal"})
        result.kept.append((layout, _identified(lines, found), lines.clear().pipe(_identified, found)))
    result.lost = _lost(pl.concat([part.findings for part in parts]), kinds) if parts else None
    return result


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from iter(lambda: stream.read(BLOCK), b"")


def _identified(rows: pl.DataFrame, found: Preflight) -> pl.DataFrame:
    return rows.with_columns(file_key=pl.lit(found.file_key), field_count_ok=pl.lit(True))


def _claims(lines: pl.DataFrame, found: Preflight, scope: frozenset[str]) -> Any:
    """Rows in or near scope, and the rest as header rows."""
    marked = _identified(lines, found).with_columns(_keep=kept_codes("procedure_code", tuple(sorted(scope))))
    return (
        canonical_layout("claim_lines"),
        marked.filter("_keep").drop("_keep"),
        marked.filter(~pl.col("_keep")).drop("_keep"),
    )


def _lost(findings: pl.DataFrame, kinds: list[str]) -> pl.DataFrame:
    """Claims that a finding removed: kind, rule_code, rows, where."""
    return (
        findings.filter(pl.col("line_rows") > 0)
        .group_by("rule_code", "segment_id")
        .agg(rows=pl.col("line_rows").sum())
        .select(
            "rule_code",
            "rows",
            kind=pl.lit(kinds[0] if kinds else "claim_lines"),
            where="segment_id",
        )
        .sort("rule_code", "where")
    )
