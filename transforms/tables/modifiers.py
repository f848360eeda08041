"""Table `modifiers`: what the lines carry beside the code."""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from schemas.tables_of_lines import MODIFIERS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import break_down
from transforms.tables.cells import finish

POSITIONS = [f"modifier_{i}" for i in range(1, 5)]
NEEDED = (
    *("procedure_code", "payer", "line_of_business", "is_priced", "is_unit_priced", "allowed_cents"),
    *("is_adjudicated", "is_denied", "answers_denials"),
)
NONE, UNLISTED = "no modifier", "not in the list"


def modifiers(analysis: AnalysisLines, utilization: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Lines by modifier, each line once per distinct modifier. Grain: five keys, modifier and its name."""
    carried = (
        pl.concat_list(pl.col(POSITIONS).cast(pl.String)).list.drop_nulls().list.unique().alias("modifier")
    )
    combinations = analysis.lines.select(POSITIONS).unique().with_columns(carried)
    # a line without modifiers keeps one row: an empty list explodes to null, which becomes `unknown`
    kept = [name for name in analysis.lines.columns if name.startswith("_")]
    rows = (
        analysis.lines.select(*POSITIONS, *NEEDED, *kept)
        .join(combinations, on=POSITIONS, how="left", nulls_equal=True)
        .explode("modifier", empty_as_null=True)
    )
    cells = break_down(analysis, rows, ("modifier",), MODIFIERS, utilization)
    names = reference.modifiers.select("modifier", pl.col("short_name").alias("modifier_name"))
    unnamed = pl.when(pl.col("modifier") == "unknown").then(pl.lit(NONE)).otherwise(pl.lit(UNLISTED))
    named = cells.join(names, on="modifier", how="left", validate="m:1").with_columns(
        pl.col("modifier_name").fill_null(unnamed)
    )
    return finish(named, MODIFIERS)
