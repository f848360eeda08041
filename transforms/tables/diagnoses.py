"""Table `diagnoses`: why, by ICD-10-CM category and part of the spine."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_lines import DIAGNOSES
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import break_down
from transforms.tables.cells import finish_table


def diagnoses(analysis: AnalysisLines, utilization: pl.DataFrame) -> pl.DataFrame:
    """Lines by category of the first diagnosis and its region. Grain: five keys, diagnosis, region."""
    conflicts = {"region_conflict_lines": pl.col("_is_region_conflict")}
    cells = break_down(analysis, ("diagnosis", "region"), DIAGNOSES, utilization, sums=conflicts)
    return finish_table(cells, DIAGNOSES)
