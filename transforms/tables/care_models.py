"""Table `care_models`: who gave the anesthesia, and what share of the price each is paid."""

from __future__ import annotations

import polars as pl

from schemas.table_columns import basis_columns
from schemas.tables_of_lines import CARE_MODELS_TABLE
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import denial_measures, denied_sums
from transforms.tables.cells import (
    FIVE,
    Measures,
    Percentiles,
    finish_table,
    measure_cells,
    quotient,
    ratio_parts,
    ratio_sums,
    ratio_to_medicare,
    with_count_of,
)

REFERENCE_MODEL = "personally_performed"


def care_models(analysis: AnalysisLines, utilization: pl.DataFrame) -> pl.DataFrame:
    """Prices per unit by care model. Grain: five keys and care_model."""
    measures = Measures(
        sums={
            "_minutes_lines": pl.col("minutes_thousandths").is_not_null(),
            "priced_lines": pl.col("is_priced"),
            **ratio_sums(),
            **denied_sums(),
        },
        averaged={"ratio_to_national_medicare": ratio_parts()},
        percentiles=(
            Percentiles("minutes", "minutes_thousandths", (50,)),
            Percentiles("allowed_per_unit", "allowed_per_unit", (25, 50, 75), "is_unit_priced"),
            Percentiles("allowed_per_billed_unit", "allowed_per_billed_unit", (50,), "is_unit_priced"),
        ),
        bases={"unit_priced": "is_unit_priced"},
    )
    cells = measure_cells(analysis, ("care_model",), measures)
    cells = with_count_of(with_reference(cells), utilization, "_all_lines").with_columns(
        quotient("service_lines", "_all_lines").alias("share_of_lines"),
        ratio_to_medicare().alias("ratio_to_national_medicare"),
        *denial_measures(),
        quotient("allowed_per_billed_unit_p50", "reference_p50").alias("observed_share"),
        quotient("_allowed_per_billed_unit_p50_nearest", "reference_nearest").alias(
            "_observed_share_nearest"
        ),
    )
    return finish_table(cells, CARE_MODELS_TABLE)


def with_reference(cells: pl.DataFrame) -> pl.DataFrame:
    """Add the median of allowed per billed unit of personally_performed in the same cell, and its basis."""
    renamed = zip(basis_columns("unit_priced"), basis_columns("reference"), strict=True)
    reference = cells.filter(pl.col("care_model") == REFERENCE_MODEL).select(
        *FIVE,
        pl.col("allowed_per_billed_unit_p50").alias("reference_p50"),
        pl.col("_allowed_per_billed_unit_p50_nearest").alias("reference_nearest"),
        *(pl.col(own).alias(other) for own, other in renamed),
    )
    return cells.join(reference, on=FIVE, how="left", validate="m:1")
