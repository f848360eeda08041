"""Canonical text to typed values, each beside its text; what does not read is null and a rule says so."""

from __future__ import annotations

import polars as pl

from schemas.inbound import ADJUSTMENT, COLUMNS, InboundColumn, Kind
from transforms.intake.layouts import Layout, plain_money
from transforms.intake.scope import repaired

LARGEST_WHOLE = 10**15
"""Numbers of more digits before the point are not read."""
MONEY_TEXT = ("charge_amount", "paid_amount", "allowed_amount", "unit_count", "paid_units")


def parsed(rows: pl.LazyFrame, layout: Layout, scope: tuple[str, ...]) -> pl.LazyFrame:
    """Give each canonical column its typed value; its trimmed text stays as `text_<column>`. Grain unchanged.

    Adds `was_repaired`: a code that lost its leading zero got it back.
    """
    columns = COLUMNS[layout.kind]
    trimmed = rows.with_columns(_trimmed(c.name).alias(f"text_{c.name}") for c in columns)
    if layout.money == "us":
        trimmed = trimmed.with_columns(
            plain_money(pl.col(f"text_{c.name}")).alias(f"text_{c.name}")
            for c in columns
            if c.name in MONEY_TEXT
        )
    codes = [c.name for c in columns if c.name in ("procedure_code", "submitted_procedure_code")]
    typed = trimmed.with_columns(_typed(c, layout).alias(c.name) for c in columns)
    mended = typed.with_columns(repaired(name, scope).alias(f"_mended_{name}") for name in codes)
    changed = pl.any_horizontal((pl.col(f"_mended_{n}") != pl.col(n)).fill_null(False) for n in codes)
    return (
        mended.with_columns(was_repaired=changed)
        .with_columns(
            *(pl.col(f"_mended_{name}").alias(name) for name in codes),
            *(repaired(f"text_{name}", scope).alias(f"text_{name}") for name in codes),
        )
        .drop(f"_mended_{name}" for name in codes)
    )


def _trimmed(column: str) -> pl.Expr:
    """The text without blanks around it; null where nothing is left."""
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def _typed(column: InboundColumn, layout: Layout) -> pl.Expr:
    text = pl.col(f"text_{column.name}")
    match column.parsed:
        case "date":
            return _date(text, layout.date_formats)
        case "cents":
            return scaled(text, 2)
        case "thousandths":
            return scaled(text, 3)
        case "whole":
            return scaled(text, 0)
        case "code" | "name" | "adjustments":
            return text.str.to_uppercase()
        case _:
            return text


def _date(text: pl.Expr, formats: tuple[str, ...]) -> pl.Expr:
    """The first format that reads. %Y reads 25 as the year 25: such a year is taken only where no format
    gives another.
    """
    read = [text.str.to_date(form, strict=False) for form in formats]
    return pl.coalesce(*(pl.when(day.dt.year() >= 1000).then(day) for day in read), *read)


def scaled(text: pl.Expr, decimals: int) -> pl.Expr:
    """A decimal in text as a whole number of its smallest unit, exactly; further decimals are cut (a rule
    rejects them).
    """
    reads = text.str.contains(r"^-?\d+(?:\.\d+)?$")
    part = pl.when(reads).then(text).str.strip_prefix("-").str.split_exact(".", 1).struct
    whole = part.field("field_0").cast(pl.Int64, strict=False)
    fraction = part.field("field_1").fill_null("").str.pad_end(decimals, "0").str.head(decimals)
    size = whole * 10**decimals + (fraction.cast(pl.Int64, strict=False) if decimals else 0)
    fits = pl.when(whole < LARGEST_WHOLE).then(size)
    return pl.when(text.str.starts_with("-")).then(-fits).otherwise(fits)


def canonical_adjustments(rows: pl.DataFrame, column: str, row: str) -> pl.DataFrame:
    """(row, column): adjustments as `GROUP-REASON:CENTS`, summed by code, sorted, joined by |; rows without
    any are absent.
    """
    return (
        rows.select(row, pl.col(column))
        .drop_nulls(column)
        .with_columns(pl.col(column).str.split("|"))
        .explode(column)
        .filter(pl.col(column).str.contains(f"^(?:{ADJUSTMENT})$"))
        .with_columns(pl.col(column).str.split_exact(":", 1).struct.rename_fields(["_code", "_amount"]))
        .unnest(column)
        .with_columns(_cents=scaled(pl.col("_amount"), 2))
        .group_by(row, "_code")
        .agg(pl.col("_cents").sum())
        .sort(row, "_code")
        .group_by(row, maintain_order=True)
        .agg(pl.format("{}:{}", "_code", "_cents").str.join("|").alias(column))
    )


def text_columns(kind: Kind) -> list[str]:
    """Names of the text columns that parsing adds."""
    return [f"text_{column.name}" for column in COLUMNS[kind]]
