"""Tabular files (CSV, Parquet, NDJSON) as text, and the rows of them that a run keeps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from flows.machine_errors import shortage
from flows.readers.file_result import Kept
from flows.readers.preflight import Preflight
from flows.readers.read_csv import ROW_INDEX, TextRows
from flows.readers.rejections import Rejected
from flows.store.files import private_folder
from transforms.intake.layout_rules import Made, plain, said
from transforms.intake.layouts import (
    Layout,
    canonical_text,
    canonical_texts,
    is_of_kind,
    joined_adjustments,
    keys_within,
    reads_whole_claims,
    with_filled_down,
)
from transforms.intake.scope_filter import (
    CODES,
    FREQUENCY,
    NEVER_EMPTY,
    beside,
    is_kept,
    is_replacing,
    may_be_kept,
    says_header,
)

ADJUSTMENT_PARTS: Final = ("group", "reason", "amount")
"""Names in a list of structs; structs with other names are read in their order."""
ROWS_AT_ONCE: Final = 50_000
"""Kept rows that are read, validated and pseudonymised together."""
OURS: Final = ("file_key", "row_number", "field_count_ok")


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
    return TextRows(rows.select(*texts, row_number=_row_number(), field_count_ok=pl.lit(True)), header)


def scan_parquet(path: Path) -> TextRows:
    """The rows of a Parquet file of texts that this program wrote, not yet read."""
    rows = pl.scan_parquet(path, glob=False, row_index_name=ROW_INDEX, row_index_offset=1)
    header = [name for name in rows.collect_schema() if name != ROW_INDEX]
    return TextRows(rows.select(*header, row_number=_row_number(), field_count_ok=pl.lit(True)), header)


def of_interest(text: TextRows, layout: Layout) -> TextRows:
    """The columns that the layout names; the others are not read."""
    wanted = layout.headers()
    header = [name for name in text.header if plain(name) in wanted]
    return replace(text, rows=text.rows.select(*header, "row_number", "field_count_ok"), header=header)


def in_whole_claims(text: TextRows, layout: Layout, scope: tuple[str, ...]) -> TextRows:
    """Where a row is read by help of the other rows of its key (filled down, numbered): the keys that have a
    row which may be kept, whole and filled down. Only these are held in memory.

    A file of both kinds is held as a whole: which rows are of a kind may be filled down too.
    """
    if not reads_whole_claims(layout):
        return text
    if layout.partner:
        rows = text.rows.collect(engine="streaming")
        for part in layout.parts():
            rows = with_filled_down(rows, part, text.header)
        return replace(text, rows=rows.lazy())
    found = {plain(name): name for name in reversed(text.header)}
    keys = {f"_key_{at}": said(found, name) for at, name in enumerate(keys_within(layout))}
    texts, _ = canonical_texts(replace(layout, made=_without_numbers(layout)), found)
    told = {**texts, **keys, "row_number": pl.col("row_number"), "field_count_ok": pl.col("field_count_ok")}
    keep = may_be_kept(layout, scope, text.is_ragged) | is_replacing(layout)
    marked = text.rows.select(**told).filter(keep).select(*keys, "row_number")
    wanted = marked.collect(engine="streaming")
    of_key = [key.is_in(wanted[name].drop_nulls().unique().implode()) for name, key in keys.items()]
    by_itself = pl.col("row_number").is_in(wanted["row_number"].implode())
    rows = text.rows.filter(pl.any_horizontal(by_itself, *of_key)).collect(engine="streaming")
    filled = with_filled_down(rows.sort("row_number"), layout, text.header)
    return replace(text, rows=filled.lazy(), total=_count(text.rows))


def _without_numbers(layout: Layout) -> dict[str, Made]:
    return {name: Made(()) if rule.number_within else rule for name, rule in layout.made.items()}


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


def check_header(header: list[str]) -> None:
    """Rejected when a column is in the header twice."""
    seen = [plain(name) for name in header]
    for number, name in enumerate(seen, start=1):
        if name in seen[: number - 1]:
            raise Rejected("file_duplicate_column", f"column {number}")


def _row_number() -> pl.Expr:
    return pl.col(ROW_INDEX).cast(pl.Int64)


def kept_by_kind(
    text: TextRows, file_key: str, layout: Layout, scope: tuple[str, ...], aside: Path | None = None
) -> tuple[list[Kept], dict[str, int]]:
    """The kept rows of each kind that the file holds, and how many rows it has of each.

    `aside`: a folder that kept rows are put into, for files of many.

    Rows that are of no kind count with the first one; a row that is of both counts twice.
    """
    kept: list[Kept] = []
    rows_read: dict[str, int] = {}
    for part in layout.parts():
        file = private_folder(aside) / f"{part.kind}.parquet" if aside else None
        in_scope, outside, total = kept_rows(text, file_key, part, scope, layout.partner is not None, file)
        kept.append(Kept(part, in_scope, outside))
        rows_read[part.kind] = total
    if layout.partner:
        found = {plain(name): name for name in reversed(text.header)}
        of_kind = pl.any_horizontal(is_of_kind(part, found) for part in layout.parts())
        rows_read[layout.kind] += _count(text.rows.filter(~of_kind))
    return kept, rows_read


def kept_rows(
    text: TextRows,
    file_key: str,
    layout: Layout,
    scope: tuple[str, ...],
    is_part: bool = False,
    aside: Path | None = None,
) -> tuple[list[pl.LazyFrame], pl.DataFrame, int]:
    """Rows in or near scope, rows out of scope that tell of a claim, and how many rows the file has in all.

    Rows in or near scope come in parts: with `aside`, a file that they are put into, each part is read from
    there.

    Of a claim tell rows that replace or void it, and lines that may stand beside one in scope. In a file with
    rows of a wrong length, such a row is kept too when its code is gone or stands elsewhere. Rows of one
    line, each with another of its adjustments, are one row.
    """
    mine = _canonical(text.rows, text, file_key, layout) if is_part else text.rows
    try:
        # apart: what two queries share would be held in memory as a whole
        few = rows_to_look_at(text, layout, scope)
        total = text.total if text.total is not None else _count(mine)
        marked = _marked(_canonical(few, text, file_key, layout), text, layout, scope)
        marked = marked if text.beside is not None else marked.filter("_passed")
        parts = _in_parts(marked, aside)
        if any(len(part.filter(says_header(layout)).head(1).collect()) for part in parts):
            raise Rejected("file_header_twice")
        # the scan keeps what may be near the scope; the exact look is taken at these few
        keep = pl.col("_keep") & is_kept(layout, scope)
        apart = [part.with_columns(_keep=keep).drop("_passed") for part in parts]
        in_scope = [part.filter("_keep").drop("_keep") for part in apart]
        others = [part.filter(~pl.col("_keep")).drop("_keep") for part in apart]
        if layout.kind == "claim_lines":  # of remittances only what is in scope counts
            outside = pl.concat(
                [*(part.collect() for part in others), _beside(text, file_key, layout, scope)]
            )
        else:
            outside = others[0].clear().collect()
        if not layout.one_adjustment_a_row:
            return in_scope, outside, total
        rows = pl.concat(part.collect() for part in in_scope)
        joined = joined_adjustments(rows)
    except pl.exceptions.PolarsError as error:
        if shortage(error):
            raise
        raise unreadable(error) from None
    return [joined.lazy()], outside, total - (len(rows) - len(joined))


def _in_parts(rows: pl.LazyFrame, aside: Path | None) -> list[pl.LazyFrame]:
    """Rows read: in memory, or in a file and some of it at a time; at least one part."""
    if aside is None:
        return [rows.collect(engine="streaming").lazy()]
    rows.sink_parquet(aside, compression="lz4", row_group_size=ROWS_AT_ONCE // 4)
    found = pl.scan_parquet(aside, glob=False)
    height = int(found.select(pl.len()).collect().item())
    return [found.slice(offset, ROWS_AT_ONCE) for offset in range(0, max(height, 1), ROWS_AT_ONCE)]


def _canonical(rows: pl.LazyFrame, text: TextRows, file_key: str, layout: Layout) -> pl.LazyFrame:
    return canonical_text(rows.with_columns(file_key=pl.lit(file_key)), layout, text.header)


def _marked(rows: pl.LazyFrame, text: TextRows, layout: Layout, scope: tuple[str, ...]) -> pl.LazyFrame:
    """Canonical rows with `_keep`, may be in scope, and `_passed`, kept for that or because they replace."""
    keep = may_be_kept(layout, scope, text.is_ragged).fill_null(False)
    return rows.with_columns(_keep=keep, _passed=keep | is_replacing(layout).fill_null(False))


def _beside(text: TextRows, file_key: str, layout: Layout, scope: tuple[str, ...]) -> pl.DataFrame:
    """Lines of claims that may stand beside a line in scope: what the prefilter found, else of all rows."""
    if text.beside is not None:
        return _canonical(text.beside, text, file_key, layout).collect()
    told = beside(_marked(_canonical(text.rows, text, file_key, layout), text, layout, scope))
    numbers = told.select("row_number").collect(engine="streaming")["row_number"]
    rows = (
        text.rows.filter(pl.col("row_number").is_in(numbers.implode())) if len(numbers) else text.rows.clear()
    )
    return _canonical(rows, text, file_key, layout).collect(engine="streaming")


def _count(rows: pl.LazyFrame) -> int:
    # by a column: for the rows alone the engine maps the whole file into memory
    return int(rows.select(pl.col("row_number").count()).collect(engine="streaming").item())


def rows_to_look_at(text: TextRows, layout: Layout, scope: tuple[str, ...]) -> pl.LazyFrame:
    """The file's own rows that may be kept, found by the few canonical columns that tell.

    A layout may make a column of many of theirs; on the many rows that are not kept it makes these few only.
    Where rows are read by help of others, or the prefilter has found them, all of them are looked at.
    """
    if reads_whole_claims(layout) or text.beside is not None:
        return text.rows
    aside = {name: f"their {name}" for name in text.header if name not in OURS}
    theirs = text.rows.rename(aside)
    found = {plain(name): aside.get(name, name) for name in reversed(text.header)}
    texts, _ = canonical_texts(replace(layout, made=_without_numbers(layout)), found)
    telling = {*CODES[layout.kind], *NEVER_EMPTY[layout.kind]}
    telling |= {FREQUENCY} if layout.kind == "claim_lines" else set()
    telling = set(texts) if text.is_ragged else telling
    keep = may_be_kept(layout, scope, text.is_ragged) | is_replacing(layout)
    marked = theirs.with_columns(texts[name].alias(name) for name in sorted(telling)).filter(keep)
    return marked.select(
        *(pl.col(new).alias(old) for old, new in aside.items()), "row_number", "field_count_ok"
    )


def unreadable(error: pl.exceptions.PolarsError) -> Rejected:
    """Why a parser could not read a file to its end."""
    return Rejected("file_not_utf8" if "utf-8" in str(error).lower() else "file_unreadable")
