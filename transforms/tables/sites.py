"""Table `sites`: where the service was given."""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from schemas.tables_of_lines import SITES
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import break_down
from transforms.tables.cells import finish_table


def sites(analysis: AnalysisLines, utilization: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Lines by place of service. Grain: five keys, place_of_service and its name."""
    cells = break_down(analysis, ("place_of_service",), SITES, utilization)
    names = reference.places_of_service.select("place_of_service", "site_name")
    named = cells.join(names, on="place_of_service", how="left", validate="m:1").with_columns(
        pl.col("site_name").fill_null("unknown")
    )
    return finish_table(named, SITES)
