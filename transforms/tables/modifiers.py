"""Table `modifiers`: what the lines carry beside the code."""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from schemas.tables_of_lines import MODIFIERS
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import break_down
from transforms.tables.cells import finish_table
from transforms.tables.cube import UNKNOWN

_POSITIONS = [f"modifier_{i}" for i in range(1, 5)]
NONE, UNLISTED = "no modifier", "not in the list"


def modifiers(analysis: AnalysisLines, utilization: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Lines by modifier, each line once per distinct modifier. Grain: five keys, modifier and its name."""
    cells = break_down(analysis, ("modifier",), MODIFIERS, utilization, _carried)
    names = reference.modifiers.select("modifier", pl.col("short_name").alias("modifier_name"))
    unnamed = pl.when(pl.col("modifier") == UNKNOWN).then(pl.lit(NONE)).otherwise(pl.lit(UNLISTED))
    named = cells.join(names, on="modifier", how="left", validate="m:1").with_columns(
        pl.col("modifier_name").fill_null(unnamed)
    )
    return finish_table(named, MODIFIERS)


def _carried(lines: pl.LazyFrame) -> pl.LazyFrame:
    """Lines under each modifier that they carry; under none where they carry none."""
    told = []
    for place, name in enumerate(_POSITIONS):
        carried = pl.col(name)
        new = [carried.ne_missing(pl.col(before)) for before in _POSITIONS[:place]]
        told.append(lines.filter(carried.is_not_null(), *new).with_columns(modifier=carried))
    bare = lines.filter(pl.all_horizontal(pl.col(_POSITIONS).is_null()))
    return pl.concat([*told, bare.with_columns(modifier=pl.col(_POSITIONS[0]))])
