"""Table `clinical_themes`: what the patients came for."""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from schemas.tables_of_lines import CLINICAL_THEMES
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import finished_breakdown
from transforms.tables.diagnoses import POSITIONS, listed_codes, looked_up


def clinical_themes(
    analysis: AnalysisLines, utilization: pl.DataFrame, reference: ReferenceTables
) -> pl.DataFrame:
    """Lines by theme of the first diagnosis that has one. Grain: five keys and theme."""
    listed = listed_codes(analysis.lines, reference)
    theme = pl.coalesce(looked_up(name, listed, "theme") for name in POSITIONS)
    rows = analysis.lines.with_columns(theme.alias("theme"))
    return finished_breakdown(analysis, rows, ("theme",), CLINICAL_THEMES, utilization)
