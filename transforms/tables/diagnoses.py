"""Table `diagnoses`: why, by ICD-10-CM category and part of the spine."""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from schemas.tables_of_lines import DIAGNOSES
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import break_down
from transforms.tables.cells import finish

POSITIONS = [f"diagnosis_{i}" for i in range(1, 5)]


def diagnoses(analysis: AnalysisLines, utilization: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Lines by category of the first diagnosis and its region. Grain: five keys, diagnosis, region.

    A line is in conflict when a diagnosis of it is listed and none that is listed fits its procedure code.
    """
    listed = listed_codes(analysis.lines, reference)
    rows = analysis.lines.with_columns(
        pl.col("diagnosis_1").str.head(3).alias("diagnosis"),
        looked_up("diagnosis_1", listed, "region").alias("region"),
        _conflict(listed).alias("_conflict"),
    )
    conflicts = {"region_conflict_lines": pl.col("_conflict")}
    cells = break_down(analysis, rows, ("diagnosis", "region"), DIAGNOSES, utilization, conflicts)
    return finish(cells, DIAGNOSES)


def listed_codes(lines: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Region, fitting codes and theme of each diagnosis on the lines, by the longest listed prefix."""
    codes = pl.concat([lines.select(pl.col(name).alias("code")) for name in POSITIONS]).unique().drop_nulls()
    prefixes = reference.icd10_regions.select("icd10_prefix", "region", "fits_codes", "theme")
    return (
        codes.join(prefixes, how="cross")
        .filter(pl.col("code").str.starts_with(pl.col("icd10_prefix")))
        .sort("code", pl.col("icd10_prefix").str.len_chars())
        .group_by("code", maintain_order=True)
        .last()
        .select("code", "region", "fits_codes", "theme")
    )


def looked_up(column: str, listed: pl.DataFrame, fact: str) -> pl.Expr:
    """A fact of the listed code in a column; null where it has none."""
    known = listed.filter(pl.col(fact).is_not_null())
    return pl.col(column).replace_strict(
        known.get_column("code"), known.get_column(fact), default=None, return_dtype=pl.String
    )


def _conflict(listed: pl.DataFrame) -> pl.Expr:
    fits_of = [looked_up(name, listed, "fits_codes") for name in POSITIONS]
    fits = [codes.str.contains(pl.col("procedure_code").cast(pl.String), literal=True) for codes in fits_of]
    return pl.any_horizontal(fit.is_not_null() for fit in fits) & ~pl.any_horizontal(
        fit.fill_null(False) for fit in fits
    )
