"""Canonical text to typed values, each beside its text; what does not read is null and a rule says so."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from schemas.inbound import ADJUSTMENT, COLUMNS
from schemas.inbound_column import InboundColumn
from transforms.intake.dates import birth_by_service, has_short_year, read_date, short_formats
from transforms.intake.layouts import Layout
from transforms.intake.money_forms import are_plain, plain_adjustments, plain_amount
from transforms.intake.plain_text import bare
from transforms.intake.scope import BETWEEN_PARTS, QUALIFIED, repaired

LARGEST_WHOLE = 10**15
"""Numbers of more digits before the point are not read."""
_AMOUNTS: Final = ("cents", "thousandths")
_WORDS: Final = {
    "patient_sex": {"FEMALE": "F", "MALE": "M", "UNKNOWN": "U"},
    "payer_responsibility": {"PRIMARY": "P", "SECONDARY": "S", "TERTIARY": "T"},
}
"""Words of closed lists whose code is certain."""
_WHOLE: Final = (
    "billing_provider_npi",
    "rendering_provider_npi",
    "payee_npi",
    "place_of_service",
    "claim_frequency_code",
    "claim_status_code",
)
"""Codes of digits, to which programs that take them for numbers add a point and zeros."""
FLOATED: Final = r"^([0-9]+)\.0+$"
BETWEEN_CODES: Final = r"\s*[|,;/]\s*|\s+"


def parsed(
    rows: pl.DataFrame, layout: Layout, scope: tuple[str, ...], only: Collection[str] | None = None
) -> pl.DataFrame:
    """Give each canonical column its typed value; its trimmed text stays as `text_<column>`. Grain unchanged.

    Adds `was_repaired`: a code got its leading zero back, or lost a qualifier or a point and zeros.
    `only`: the columns that are read, the others stay as they are.
    """
    columns = [c for c in COLUMNS[layout.kind] if only is None or c.name in only]
    codes = [c.name for c in columns if c.name in ("procedure_code", "submitted_procedure_code")]
    texts = _unqualified(_unfloated(bare(rows, [c.name for c in columns]), columns), codes)
    texts = _plain(texts, columns, layout)
    typed = texts.with_columns(_typed(c, layout).alias(c.name) for c in columns)
    if any(c.name == "patient_birth_date" for c in columns) and short_formats(layout.date_formats):
        typed = typed.with_columns(patient_birth_date=_born(layout, only))
    mended = typed.with_columns(repaired(name, scope).alias(f"_mended_{name}") for name in codes)
    changed = [
        pl.col("was_floated", "was_qualified"),
        *((pl.col(f"_mended_{n}") != pl.col(n)).fill_null(False) for n in codes),
    ]
    return mended.with_columns(
        *(pl.col(f"_mended_{name}").alias(name) for name in codes),
        *(repaired(f"text_{name}", scope).alias(f"text_{name}") for name in codes),
        was_repaired=pl.any_horizontal(changed),
    ).drop("was_floated", "was_qualified", *(f"_mended_{name}" for name in codes))


def _unfloated(rows: pl.DataFrame, columns: list[InboundColumn]) -> pl.DataFrame:
    """1234567893.0 -> 1234567893 in codes of digits; `was_floated` tells of which rows."""
    names = [f"text_{c.name}" for c in columns if c.name in _WHOLE]
    looked = rows.select(pl.col(name).str.contains(FLOATED).any() for name in names)
    floated = [name for name in names if looked[name][0]]
    is_floated = [pl.col(name).str.contains(FLOATED).fill_null(False) for name in floated]
    return rows.with_columns(
        *(pl.col(name).str.replace(FLOATED, "$1") for name in floated),
        was_floated=pl.any_horizontal(is_floated) if is_floated else pl.lit(False),
    )


def _unqualified(rows: pl.DataFrame, codes: list[str]) -> pl.DataFrame:
    """HC:01939:QK:QS -> 01939, with modifiers QK and QS where the row has none; `was_qualified` tells of
    which rows.
    """
    names = [f"text_{name}" for name in codes]
    is_qualified = [pl.col(name).str.contains(QUALIFIED).fill_null(False) for name in names]
    looked = rows.select(pl.any_horizontal(is_qualified).any() if is_qualified else pl.lit(False))
    if not looked.item():
        return rows.with_columns(was_qualified=pl.lit(False))
    modifiers = [f"text_modifier_{i}" for i in range(1, 5)]
    bare_of = pl.all_horizontal(pl.col(name).is_null() for name in modifiers)
    rest = pl.col(names[0]).str.extract(QUALIFIED, 2).str.replace_all(BETWEEN_PARTS, ":").str.split(":")
    parts = [rest.list.get(i, null_on_oob=True).str.strip_chars().replace("", None) for i in range(4)]
    return rows.with_columns(
        *(
            pl.when(bare_of).then(part).otherwise(name).alias(name)
            for part, name in zip(parts, modifiers, strict=True)
        ),
        *(pl.coalesce(pl.col(name).str.extract(QUALIFIED, 1), name).alias(name) for name in names),
        was_qualified=pl.any_horizontal(is_qualified),
    )


def _plain(rows: pl.DataFrame, columns: list[InboundColumn], layout: Layout) -> pl.DataFrame:
    """Texts in the form that the rules and the types know: plain amounts, codes joined by |, known words."""
    comma = layout.money == "european"
    amounts = [f"text_{c.name}" for c in columns if c.parsed in _AMOUNTS]
    odd = amounts if comma else [name for name, plain in are_plain(rows, amounts).items() if not plain]
    out = [plain_amount(pl.col(name), comma).alias(name) for name in odd]
    for column in columns:
        text = pl.col(f"text_{column.name}")
        if column.parsed == "adjustments":
            out.append(plain_adjustments(text))
        elif column.name == "remark_codes":
            out.append(text.str.replace_all(BETWEEN_CODES, "|"))
        elif column.name in _WORDS:
            out.append(text.str.to_uppercase().replace(_WORDS[column.name]))
    return rows.with_columns(out)


def _typed(column: InboundColumn, layout: Layout) -> pl.Expr:
    text = pl.col(f"text_{column.name}")
    match column.parsed:
        case "date":
            return read_date(text, layout.date_formats, layout.year_pivot)
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


def _born(layout: Layout, only: Collection[str] | None) -> pl.Expr:
    """The birth date; where its year has two digits, in the century that the service allows."""
    days = [name for name in ("service_date", "submitted_on") if only is None or name in only]
    is_short = has_short_year(pl.col("text_patient_birth_date"), layout.date_formats)
    return birth_by_service(pl.col("patient_birth_date"), is_short, pl.coalesce(*days))


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
