"""What a row of each reference table is: one schema, one key and one description per column."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.frame_schema import FrameSchema
from schemas.reference_columns import (
    APPLICABLE_CONFIDENCE,
    CONFIDENCE,
    LINES_OF_BUSINESS,
    PAYERS,
)
from schemas.reference_of_codes import CODE_TABLES
from schemas.reference_of_payers import PAYER_TABLES

__all__ = [
    "APPLICABLE_CONFIDENCE",
    "CONFIDENCE",
    "LINES_OF_BUSINESS",
    "OVERLAP_KEYS",
    "PAYERS",
    "SCHEMAS",
    "ReferenceTables",
    "dtypes",
    "file_columns",
]

SCHEMAS: dict[str, FrameSchema] = {**PAYER_TABLES, **CODE_TABLES}
"""Table -> schema. Grain: one row per the schema's `unique` columns."""

OVERLAP_KEYS: dict[str, tuple[str, ...]] = {
    "anesthesia_codes": ("procedure_code",),
    "conversion_factors_national": ("basis",),
    "conversion_factors_locality": ("contractor_number", "locality", "basis"),
    "sequestration": (),
}
"""Dated tables of which at most one row per these columns may be in force on a date."""

COMPUTED_COLUMNS: dict[str, tuple[str, ...]] = {"payer_rules": ("applied",)}
"""Columns that are worked out when a table is parsed and do not stand in its file."""


def dtypes(table: str) -> dict[str, pl.DataType]:
    """Column -> Polars type of a reference table, in column order."""
    return {column.name: column.dtype for column in SCHEMAS[table].columns}


def file_columns(table: str) -> list[str]:
    """Columns that the CSV of a reference table holds, in order."""
    computed = COMPUTED_COLUMNS.get(table, ())
    return [name for name in SCHEMAS[table].names if name not in computed]


@dataclass(frozen=True)
class ReferenceTables:
    """The validated reference tables, one frame each, named as their files."""

    payers: pl.DataFrame
    plan_name_lines: pl.DataFrame
    claim_filing_codes: pl.DataFrame
    medicare_contractors: pl.DataFrame
    payer_rules: pl.DataFrame
    conversion_factors_national: pl.DataFrame
    conversion_factors_locality: pl.DataFrame
    state_localities: pl.DataFrame
    sequestration: pl.DataFrame
    anesthesia_codes: pl.DataFrame
    modifiers: pl.DataFrame
    places_of_service: pl.DataFrame
    carc: pl.DataFrame
    denial_categories: pl.DataFrame
    rarc: pl.DataFrame
    network_codes: pl.DataFrame
    icd10_regions: pl.DataFrame
    clinical_themes: pl.DataFrame
    code_facts: pl.DataFrame
    surgical_codes: pl.DataFrame
    plausibility_anchors: pl.DataFrame
