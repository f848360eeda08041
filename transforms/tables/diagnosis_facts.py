"""What the list of diagnoses says of a line: category, part of the spine, theme, and whether codes fit."""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.reference import ReferenceTables

_POSITIONS: Final = ("diagnosis_1", "diagnosis_2", "diagnosis_3", "diagnosis_4")
FACTS: Final = ("diagnosis", "region", "theme")


def with_diagnosis_facts(lines: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Replace the diagnoses of lines by `diagnosis` (category of the first one), its `region`, the `theme` of
    the first one that has one, and `_is_region_conflict`. Grain unchanged.

    A line is in conflict when a diagnosis of it is listed and none that is listed fits its procedure code.
    """
    # lines alike in all of this are many: the list is asked once for each kind of them
    keys = ["procedure_code", *_POSITIONS]
    kinds = lines.select(keys).unique()
    texts = kinds.select(pl.all().cast(pl.String))
    listed = listed_codes(texts, reference)
    told = texts.select(
        pl.col("diagnosis_1").str.head(3).alias("diagnosis"),
        _looked_up("diagnosis_1", listed, "region").alias("region"),
        pl.coalesce(_looked_up(name, listed, "theme") for name in _POSITIONS).alias("theme"),
        _conflict(listed).alias("_is_region_conflict"),
    ).with_columns(pl.col(FACTS).cast(pl.Categorical))
    joined = lines.join(kinds.hstack(told), on=keys, how="left", nulls_equal=True, maintain_order="left")
    return joined.drop(_POSITIONS)


def listed_codes(lines: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Region, fitting codes and theme of each diagnosis on the lines, by the longest listed prefix."""
    codes = pl.concat([lines.select(pl.col(name).alias("code")) for name in _POSITIONS]).unique().drop_nulls()
    prefixes = reference.icd10_regions.select("icd10_prefix", "region", "fits_codes", "theme")
    return (
        codes.join(prefixes, how="cross")
        .filter(pl.col("code").str.starts_with(pl.col("icd10_prefix")))
        .sort("code", pl.col("icd10_prefix").str.len_chars())
        .group_by("code", maintain_order=True)
        .last()
        .select("code", "region", "fits_codes", "theme")
    )


def _looked_up(column: str, listed: pl.DataFrame, fact: str) -> pl.Expr:
    """A fact of the listed code in a column; null where it has none."""
    known = listed.filter(pl.col(fact).is_not_null())
    return pl.col(column).replace_strict(
        known.get_column("code"), known.get_column(fact), default=None, return_dtype=pl.String
    )


def _conflict(listed: pl.DataFrame) -> pl.Expr:
    fits_of = [_looked_up(name, listed, "fits_codes") for name in _POSITIONS]
    fits = [codes.str.contains(pl.col("procedure_code"), literal=True) for codes in fits_of]
    return pl.any_horizontal(fit.is_not_null() for fit in fits) & ~pl.any_horizontal(
        fit.fill_null(False) for fit in fits
    )
