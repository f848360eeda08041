"""Tabular files (CSV, Parquet, NDJSON) as text, and the rows of them that a run keeps."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from flows.preflight import Preflight, Rejected, ragged_rows
from schemas.inbound import COLUMNS, Kind
from transforms.intake.accept import SUBMISSION_TEXT
from transforms.intake.layouts import Layout, plain
from transforms.intake.scope import kept_codes, maybe_kept

REPLACING: Final = ("6", "7", "8")
ROW_INDEX: Final = "_cpt01939_row"
"""Name of the row index: one that no header has."""
ADJUSTMENT_PARTS: Final = ("group", "reason", "amount")
"""Names in a list of structs; structs with other names are read in their order."""
OURS: Final = ("file_key", "row_number", "field_count_ok")
NEVER_EMPTY: Final[dict[Kind, tuple[str, ...]]] = {
    "claim_lines": ("claim_id", "member_id", "charge_amount"),
    "remit_lines": ("claim_id", "payment_trace", "charge_amount"),
}
"""A row without any of them and without a code is a blank line."""


@dataclass(frozen=True)
class TextRows:
    """A file as text: its rows with row_number and field_count_ok, its header, and whether any row has
    another number of fields.
    """

    rows: pl.LazyFrame
    header: list[str]
    is_ragged: bool = False
    is_cleared: bool = False


def scan_text(found: Preflight, row_by_row: bool = False) -> TextRows:
    """The rows of a file, not yet read. Rejected when its header can't be.

    A CSV whose separators add up is cleared without a look at each row; one that then does not parse has a
    row that is
    too long and is to be scanned again with `row_by_row`.
    """
    if found.form == "csv":
        return _scan_csv(found, row_by_row)
    try:
        if found.form == "parquet":
            rows = pl.scan_parquet(found.plain, glob=False, row_index_name=ROW_INDEX, row_index_offset=1)
        else:
            rows = pl.scan_ndjson(
                found.plain, infer_schema_length=None, row_index_name=ROW_INDEX, row_index_offset=1
            )
        schema = rows.collect_schema()
    except (pl.exceptions.PolarsError, OSError):
        raise Rejected("file_unreadable") from None
    header = [name for name in schema if name != ROW_INDEX]
    texts = [_as_text(name, schema[name]) for name in header if name not in OURS]
    return TextRows(rows.select(*texts, row_number=_row_number(), field_count_ok=pl.lit(True)), header)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """A typed column as the text it would have in a canonical CSV."""
    column = pl.col(name)
    if isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct):
        names = [part.name for part in kind.inner.fields]
        if len(names) >= 3:
            parts = ADJUSTMENT_PARTS if set(ADJUSTMENT_PARTS) <= set(names) else names[:3]
            group, reason, amount = (pl.element().struct.field(part) for part in parts)
            texts = (group, reason, _plain_number(amount))
            packed = pl.format("{}-{}:{}", *(text.cast(pl.String).fill_null("?") for text in texts))
            return column.list.eval(packed).list.join("|").alias(name)
    if isinstance(kind, pl.List):
        return column.cast(pl.List(pl.String)).list.join("|").alias(name)
    if kind.is_float() or kind.is_decimal():
        return _plain_number(column).alias(name)
    if isinstance(kind, pl.Datetime):
        return column.dt.to_string("%Y-%m-%d").alias(name)
    return column.cast(pl.String, strict=False).alias(name)


def _plain_number(number: pl.Expr) -> pl.Expr:
    """Digits with a point and no needless zeros: a float of a typed file is read to the thousandth it was
    meant as.
    """
    text = number.cast(pl.Decimal(18, 4), strict=False).cast(pl.String)
    return (
        pl.coalesce(text, number.cast(pl.String, strict=False))
        .str.replace(r"(\.\d*?)0+$", "$1")
        .str.strip_suffix(".")
    )


def _scan_csv(found: Preflight, row_by_row: bool) -> TextRows:
    header = _header(found.plain)
    if len(header) == 1:
        raise Rejected("file_wrong_delimiter")
    is_cleared = not row_by_row and found.adds_up(len(header))
    ragged = [] if is_cleared else ragged_rows(found, len(header))
    rows = pl.scan_csv(
        found.plain,
        schema=pl.Schema(dict.fromkeys(header, pl.String)),
        truncate_ragged_lines=not is_cleared,
        row_index_name=ROW_INDEX,
        row_index_offset=1,
        glob=False,
    )
    number = _row_number()
    is_whole = ~number.is_in(ragged) if ragged else pl.lit(True)
    numbered = rows.with_columns(row_number=number, field_count_ok=is_whole)
    return TextRows(numbered, header, bool(ragged), is_cleared)


def check_header(header: list[str]) -> None:
    """Rejected when a column is in the header twice."""
    seen = [plain(name) for name in header]
    for number, name in enumerate(seen, start=1):
        if name in seen[: number - 1]:
            raise Rejected("file_duplicate_column", f"column {number}")


def _row_number() -> pl.Expr:
    return pl.col(ROW_INDEX).cast(pl.Int64)


def _header(path: Path) -> list[str]:
    """The header as the file has it."""
    with path.open("rb") as stream:
        head = stream.read(1 << 20)
    try:
        text = head.decode("utf-8-sig", "strict" if len(head) < 1 << 20 else "ignore")
    except UnicodeDecodeError:
        raise Rejected("file_not_utf8") from None
    try:
        return next(csv.reader(io.StringIO(text)), [])
    except csv.Error:
        raise Rejected("file_header_missing") from None


def kept_rows(
    rows: pl.LazyFrame, layout: Layout, scope: tuple[str, ...], is_ragged: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Rows in or near scope, header rows of replacements and voids, and how many rows the file has in all.

    In a file with rows of a wrong length, such a row is kept too when its code is gone or stands elsewhere.
    """
    keep, again = _keep(layout, scope, is_ragged)
    claims = layout.kind == "claim_lines"
    replacing = pl.col("claim_frequency_code").is_in(REPLACING) if claims else pl.lit(False)
    marked = rows.with_columns(_keep=keep)
    try:
        found, total = pl.collect_all(
            [marked.filter(pl.col("_keep") | replacing), rows.select(pl.len())], engine="streaming"
        )
        if len(found.filter(again)):
            raise Rejected("file_header_twice")
        # the scan keeps what may be near the scope; the exact look is taken at these few
        found = found.with_columns(pl.col("_keep") & _is_kept(layout, scope))
        in_scope = found.filter("_keep").drop("_keep")
        headers = found.filter(~pl.col("_keep") & replacing).drop("_keep")
        if claims:
            in_scope = _with_line_counts(in_scope, rows)
    except pl.exceptions.PolarsError as error:
        code = "file_not_utf8" if "utf-8" in str(error).lower() else "file_unreadable"
        raise Rejected(code) from None
    return in_scope, headers, int(total.item())


def _keep(layout: Layout, scope: tuple[str, ...], is_ragged: bool) -> tuple[pl.Expr, pl.Expr]:
    """Rows that may be kept, by cheap tests; and rows that say the header again."""
    code = "procedure_code"
    again = pl.col(code).str.to_lowercase().fill_null("") == plain(layout.columns.get(code, code))
    header = layout.columns.get(code, code)
    headers = [header, plain(header), header.upper(), header.title()]
    keep = maybe_kept(code, scope) | pl.col(code).is_in(headers).fill_null(False)
    blank = pl.all_horizontal(_empty(name) for name in NEVER_EMPTY[layout.kind])
    if is_ragged:
        elsewhere = pl.any_horizontal(
            pl.col(column.name).is_in(scope).fill_null(False) for column in COLUMNS[layout.kind]
        )
        keep = keep | (~pl.col("field_count_ok") & (_empty(code) | elsewhere) & ~blank)
    if layout.kind == "remit_lines":
        submitted = "submitted_procedure_code"
        keep = keep | maybe_kept(submitted, scope) | (_empty(code) & _empty(submitted) & ~blank)
    return keep, again


def _is_kept(layout: Layout, scope: tuple[str, ...]) -> pl.Expr:
    """Whether a row that may be kept is: in or near scope, without any code, or of a wrong length."""
    codes = ["procedure_code", *(["submitted_procedure_code"] if layout.kind == "remit_lines" else [])]
    near = pl.any_horizontal(kept_codes(name, scope) for name in codes)
    without = pl.all_horizontal(_empty(name) for name in codes) & (layout.kind == "remit_lines")
    return near | without | ~pl.col("field_count_ok")


def _empty(name: str) -> pl.Expr:
    return pl.col(name).is_null() | (pl.col(name) == "")


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
