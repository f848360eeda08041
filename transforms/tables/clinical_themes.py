"""Table `clinical_themes`: what the patients came for."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_lines import CLINICAL_THEMES
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import break_down
from transforms.tables.cells import finish_table


def clinical_themes(analysis: AnalysisLines, utilization: pl.DataFrame) -> pl.DataFrame:
    """Lines by theme of the first diagnosis that has one. Grain: five keys and theme."""
    return finish_table(break_down(analysis, ("theme",), CLINICAL_THEMES, utilization), CLINICAL_THEMES)
