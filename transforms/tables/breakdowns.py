"""What the tables by modifier, site, procedure, state and so on share: N, share of lines, prices, minutes."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from schemas.table_columns import TableSpec
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.answering import where_answered
from transforms.tables.cells import (
    Measures,
    Percentiles,
    Rows,
    measure_cells,
    quotient,
    ratio_parts,
    ratio_sums,
    ratio_to_medicare,
    with_count_of,
)

PRICES = {
    "allowed": ("allowed_cents", "is_priced"),
    "allowed_per_unit": ("allowed_per_unit", "is_unit_priced"),
}
BASES = {"priced": "is_priced", "unit_priced": "is_unit_priced"}


def break_down(
    analysis: AnalysisLines,
    breakdown: Sequence[str],
    spec: TableSpec,
    utilization: pl.DataFrame,
    rows: Rows | None = None,
    sums: dict[str, pl.Expr] | None = None,
) -> pl.DataFrame:
    """Measure rows by breakdown keys with whatever of the usual measures the table publishes.

    The result has the table's columns that need no more than that, not yet
    finished.
    """
    published = {m.name for m in spec.measures}
    bases = {basis for m in spec.measures for basis in m.bases}
    with_minutes = "minutes_p50" in published
    with_ratio = "ratio_to_national_medicare" in published
    with_denied = "denied_lines" in published
    measures = Measures(
        sums={
            **({"_minutes_lines": pl.col("minutes_thousandths").is_not_null()} if with_minutes else {}),
            "priced_lines": pl.col("is_priced"),
            **(ratio_sums() if with_ratio else {}),
            **(denied_sums() if with_denied else {}),
            **(sums or {}),
        },
        averaged={"ratio_to_national_medicare": ratio_parts()} if with_ratio else {},
        percentiles=(
            *(
                Percentiles(name, value, (50,), where)
                for name, (value, where) in PRICES.items()
                if f"{name}_p50" in published
            ),
            *((Percentiles("minutes", "minutes_thousandths", (50,)),) if with_minutes else ()),
        ),
        bases={basis: column for basis, column in BASES.items() if basis in bases},
    )
    cells = with_count_of(measure_cells(analysis, breakdown, measures, rows), utilization, "_all_lines")
    shares = [quotient("service_lines", "_all_lines").alias("share_of_lines")]
    if with_ratio:
        shares.append(ratio_to_medicare().alias("ratio_to_national_medicare"))
    if with_denied:
        shares += denial_measures()
    return cells.with_columns(shares)


def denied_sums() -> dict[str, pl.Expr]:
    """Sums behind `denial_rate`: denied lines, adjudicated ones and all, of lines that can answer."""
    answering = pl.col("answers_denials")
    return {
        "denied_lines": pl.col("is_denied"),
        "_adjudicated_lines": pl.col("is_adjudicated") & answering,
        "_answering_lines": answering,
    }


def denial_measures() -> list[pl.Expr]:
    """Denied lines, and denied lines of adjudicated lines."""
    rate = quotient("denied_lines", "_adjudicated_lines").alias("denial_rate")
    return [rate, *where_answered(("denied_lines",), "_answering_lines")]
