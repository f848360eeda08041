"""Tables with types of their own (Parquet, NDJSON) as text, and the columns of a table that are read."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl
import polars.selectors as cs

from flows.machine_errors import shortage
from flows.readers.preflight import Preflight
from flows.readers.rejections import Rejected
from flows.readers.text_rows import TextRows, streamed
from transforms.intake.layout_rules import plain_header
from transforms.intake.layouts import Layout, with_points

ADJUSTMENT_PARTS: Final = ("group", "reason", "amount")
"""Names in a list of structs; structs with other names are read in their order."""
OURS: Final = ("file_key", "row_number", "field_count_ok")
ROW_INDEX: Final = "_cpt01939_row"
"""Name of the row index: one that no header has."""


def scan_text(found: Preflight) -> TextRows:
    """The rows of a Parquet or NDJSON file, not yet read. Rejected when its schema can't be read."""
    try:
        if found.form == "parquet":
            rows = pl.scan_parquet(found.plain, glob=False, row_index_name=ROW_INDEX, row_index_offset=1)
        else:
            rows = pl.scan_ndjson(
                found.plain, infer_schema_length=None, row_index_name=ROW_INDEX, row_index_offset=1
            )
        schema = rows.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        if shortage(error):
            raise
        raise Rejected("file_unreadable") from None
    header = [name for name in schema if name != ROW_INDEX]
    texts = [_as_text(name, schema[name]) for name in header if name not in OURS]
    numbered = rows.select(*texts, row_number=_row_number(), field_count_ok=pl.lit(True))
    return TextRows(streamed(numbered), header)


def of_interest(text: TextRows, layout: Layout) -> TextRows:
    """The columns that the layout names; the others are not read."""
    wanted = layout.headers()
    header = [name for name in text.header if plain_header(name) in wanted]
    columns = list(dict.fromkeys((*header, "row_number", "field_count_ok")))
    as_text = cs.binary().cast(pl.String)
    return replace(text.changed(lambda piece: piece.select(columns).with_columns(as_text)), header=header)


def with_cents(text: TextRows, layout: Layout) -> TextRows:
    """The file with points in the columns whose whole numbers are cents."""
    if not layout.implied_cents:
        return text
    return text.changed(lambda piece: with_points(piece, layout, text.header))


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
    if kind == pl.Binary:
        return column  # text in some writers' files; of a column that nobody reads it may be none
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


def check_header(header: list[str]) -> None:
    """Rejected when a column is in the header twice."""
    seen = [plain_header(name) for name in header]
    for number, name in enumerate(seen, start=1):
        if name in seen[: number - 1]:
            raise Rejected("file_duplicate_column", f"column {number}")


def _row_number() -> pl.Expr:
    return pl.col(ROW_INDEX).cast(pl.Int64)


def unreadable(error: pl.exceptions.PolarsError) -> Rejected:
    """Why a parser could not read a file to its end."""
    return Rejected("file_encoding" if "utf-8" in str(error).lower() else "file_unreadable")
