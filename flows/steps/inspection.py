"""What a file is and what a run would make of it, by the run's own steps: counts and names, never a value."""

from __future__ import annotations

import secrets
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.readers.csv_header import BLANK
from flows.readers.extract import Extract, layouts, open_extract
from flows.readers.file_result import FileResult, Kept
from flows.readers.inspect_x12 import X12Report, inspect_x12
from flows.readers.kept_rows import kept_by_kind
from flows.readers.preflight import Limits, Preflight, preflight
from flows.readers.read_x12 import read_small_files, read_x12_file
from flows.readers.reference_files import read_reference
from flows.readers.rejections import Growing, Rejected
from flows.settings import Settings
from flows.steps.batch_report import FEWEST_BAD_ROWS
from schemas.inbound import COLUMNS
from transforms.intake.accept import Accepted, Accepting, Ceiling, accept_lines
from transforms.intake.layout_rules import plain_header
from transforms.intake.layouts import Layout, nearest_layout
from transforms.intake.parse import parsed

ROWS_NAMED: Final = 10
"""Row numbers that are named of each rule and column."""
_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}
ENCODINGS: Final = {"windows": "cp1252 or Latin-1"}


@dataclass(frozen=True)
class Inspection:
    """What is found; `rejected` says why a run would take in nothing (empty: it would take in rows).

    `columns`: of each canonical column whether the file has it, how many rows in scope fill it, and what of
    it would not be read: rule, what becomes of it, count and first row numbers.
    """

    form: str
    size_bytes: int
    rejected: str
    layout: str = ""
    kind: str = ""
    encoding: str = ""
    separator: str = ""
    sheet: int = 0
    header_row: int = 0
    nearest: dict[str, Any] = field(default_factory=dict)
    columns_of_no_interest: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    columns: list[dict[str, Any]] = field(default_factory=list)
    x12: X12Report | None = None

    def as_dict(self) -> dict[str, Any]:
        """The inspection as plain data, for JSON; of raw X12 with what its report says."""
        plain_data = {name: value for name, value in asdict(self).items() if name != "x12"}
        return {**(self.x12.as_dict() if self.x12 else {}), **plain_data}


def inspect(path: Path, settings: Settings) -> Inspection:
    """Read a file as a run reads it, and keep nothing. Growing where it changes meanwhile."""
    with tempfile.TemporaryDirectory(prefix="cpt01939-inspect-") as folder:
        limits = Limits(settings.maximum_file_megabytes << 20, settings.maximum_expansion)
        try:
            found = preflight(path, Path(folder) / "file.plain", limits)
        except Rejected as rejected:
            return Inspection("", path.stat().st_size, _reason(rejected))
        return _inspect_x12(found, settings) if found.form == "x12" else _inspect_extract(found, settings)


def _inspect_x12(found: Preflight, settings: Settings) -> Inspection:
    report = inspect_x12(found.plain)
    try:
        result = read_x12_file(found, {"file_key": found.file_key}, settings)
        refused = read_small_files([result], settings)
    except Rejected as rejected:
        return Inspection("x12", found.size, _reason(rejected), x12=report)
    if refused:
        return Inspection("x12", found.size, refused[0][1], x12=report)
    judged = [_judged(kept, settings) for kept in result.kept]
    lost = int(result.lost["rows"].sum()) if result.lost is not None else 0
    return Inspection(
        "x12",
        found.size,
        _over_ceiling([accepted for _, _, accepted in judged]),
        kind="+".join(result.rows_read),
        rows=_rows(result, [accepted for _, _, accepted in judged], lost),
        columns=[column for part in judged for column in _columns(*part, None, settings)],
        x12=report,
    )


def _inspect_extract(found: Preflight, settings: Settings) -> Inspection:
    try:
        extract = open_extract(found)
    except Rejected as rejected:
        return Inspection(found.form, found.size, _reason(rejected), encoding=_encoding(found))
    layout = extract.layout
    try:
        text = extract.read(settings.rules.scope)
        assert layout is not None
        kept, rows_read = kept_by_kind(text, found.file_key, layout, settings.rules.scope)
    except Rejected as rejected:
        return Inspection(found.form, found.size, _reason(rejected), **_shape(extract))
    judged = [_judged(part, settings) for part in kept]
    accepted = [one for _, _, one in judged]
    result = FileResult({}, kept, rows_read)
    return Inspection(
        found.form,
        found.size,
        _over_ceiling(accepted),
        rows=_rows(result, accepted, 0),
        columns=[column for part in judged for column in _columns(*part, extract, settings)],
        **_shape(extract),
    )


def _judged(kept: Kept, settings: Settings) -> tuple[Layout, pl.DataFrame, Accepted]:
    key = secrets.token_bytes(32)  # nothing that is keyed leaves this process
    ceiling = Ceiling(settings.file_ceiling, FEWEST_BAD_ROWS)
    rows, under = kept.rows(), Accepting(kept.layout, key, read_reference(), settings.rules)
    return kept.layout, rows, accept_lines(rows, kept.outside, under, ceiling)


def _reason(rejected: Rejected) -> str:
    return f"{rejected.code}:{rejected.where}" if rejected.where else rejected.code


def _over_ceiling(judged: list[Accepted]) -> str:
    for part in judged:
        for row in part.rejected.iter_rows(named=True):
            return f"file_bad_rows:{row['bad']} of {row['bad'] + row['good']}: {row['why']}"
    return ""


def _encoding(found: Preflight) -> str:
    return ENCODINGS.get(found.encoding, found.encoding) if found.form in ("csv", "ndjson") else ""


def _shape(extract: Extract) -> dict[str, Any]:
    """What is known of an extract by its header alone. Names of columns that are not ours may be values."""
    header = [name for name in extract.header if not name.startswith(BLANK)]
    layout = extract.layout
    ours = {plain_header(name) for name in header} & (layout.headers() if layout else set())
    fits = layout is not None and not extract.missing
    return {
        "layout": layout.name if layout and fits else "",
        "kind": "+".join(part.kind for part in layout.parts()) if layout and fits else "",
        "encoding": _encoding(extract.found),
        "separator": _SEPARATORS.get(extract.separator, ""),
        "sheet": extract.sheet,
        "header_row": extract.rows_before + 1,
        "nearest": {} if fits else nearest_layout(header, layouts()),
        "columns_of_no_interest": len(header) - len(ours),
    }


def _rows(result: FileResult, judged: list[Accepted], lost: int) -> dict[str, int]:
    read = sum(result.rows_read.values())
    accepted = sum(int(part.counts["accepted"].fill_null(0).sum()) for part in judged)
    quarantined = lost + sum(int(part.counts["quarantined"].fill_null(0).sum()) for part in judged)
    repaired = sum(int(part.counts["repaired"].fill_null(0).sum()) for part in judged)
    bad = sum(int(part.rejected["bad"].sum()) for part in judged)
    good = sum(int(part.rejected["good"].sum()) for part in judged)
    return {
        "rows_read": read,
        "out_of_scope": read - accepted - quarantined - bad - good,
        "accepted": accepted + good,
        "quarantined": quarantined + bad,
        "repaired": repaired,
    }


def _columns(
    layout: Layout, kept: pl.DataFrame, accepted: Accepted, extract: Extract | None, settings: Settings
) -> list[dict[str, Any]]:
    """Of each canonical column: is it there, how many rows in scope fill it, what of it would not be read."""
    texts = parsed(kept, layout, settings.rules.scope)
    present = None if extract is None else {plain_header(name) for name in extract.header}
    troubles = _troubles(accepted)
    rows = []
    for column in COLUMNS[layout.kind]:
        theirs = layout.columns.get(column.name)
        is_there = present is None or (theirs is not None and plain_header(theirs) in present)
        filled = texts.height - texts[f"text_{column.name}"].null_count()
        rows.append(
            {
                "kind": layout.kind,
                "column": column.name,
                "required": column.is_required,
                "in_file": is_there or bool(filled),
                "filled": filled,
                "not_read": troubles.get(column.name, []),
            }
        )
    whole = troubles.get("", [])
    return rows + ([{"kind": layout.kind, "column": "", "not_read": whole}] if whole else [])


def _troubles(accepted: Accepted) -> dict[str, list[dict[str, Any]]]:
    """column -> rule, what becomes of it, count and first row numbers."""
    dropped = accepted.dropped.select(
        "row_number", "column", rule_code=pl.lit("optional_dropped"), becomes=pl.lit("value dropped")
    )
    apart = accepted.breaks.select("row_number", "column", "rule_code", becomes=pl.lit("row quarantined"))
    found: dict[str, list[dict[str, Any]]] = {}
    grouped = (
        pl.concat([apart, dropped])
        .group_by("column", "rule_code", "becomes")
        .agg(rows=pl.len(), first=pl.col("row_number").sort().head(ROWS_NAMED))
        .sort("column", "rule_code")
    )
    for column, rule, becomes, count, first in grouped.iter_rows():
        told = {"rule_code": rule, "becomes": becomes, "rows": count, "row_numbers": first}
        found.setdefault(column or "", []).append(told)
    return found


__all__ = ["Growing", "Inspection", "inspect"]
