"""Table `procedures`: the surgical procedures that the anesthesia was for."""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from schemas.tables_of_lines import PROCEDURES
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.breakdowns import break_down
from transforms.tables.cells import finish_table

_KEY = "surgical_procedure_code"


def _carrying(lines: pl.LazyFrame) -> pl.LazyFrame:
    return lines.filter(pl.col(_KEY).is_not_null())


def procedures(
    analysis: AnalysisLines, utilization: pl.DataFrame, reference: ReferenceTables
) -> pl.DataFrame:
    """Lines by surgical procedure, where they carry one. Grain: five keys and surgical_procedure_code.

    `region_conflict`: the listed procedure goes with other anesthesia codes; null where the list names none.
    """
    cells = break_down(analysis, (_KEY,), PROCEDURES, utilization, _carrying)
    expected = reference.surgical_codes.select(
        _KEY, pl.col("expected_anesthesia_codes").str.split(" ").alias("expected")
    )
    told = cells.join(expected, on=_KEY, how="left", validate="m:1").with_columns(
        (~pl.col("expected").list.contains(pl.col("procedure_code"))).alias("region_conflict")
    )
    return finish_table(told, PROCEDURES)
