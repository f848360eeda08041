"""Table `contract_variance`: what was allowed against what your own contracts say."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_payment import CONTRACT_VARIANCE
from transforms.tables.analysis_lines import AnalysisLines
from transforms.tables.cells import Measures, dollars, finish_table, measure_cells


def contract_variance(analysis: AnalysisLines, contracts: pl.DataFrame | None) -> pl.DataFrame:
    """Unit-priced lines against contract prices. Grain: code, payer, line of business, period.

    `contracts`: payer, line_of_business (null: any), dollars_per_unit (Decimal or float), effective_from and
    effective_to (inclusive; null: open). A line of business named goes before any. No contracts: no rows.
    Units and share are those of the payer's own rules where one is applied (a nurse anesthetist alone at 85 %
    is then as agreed), else those billed.
    """
    difference = pl.col("allowed_cents") - pl.col("expected_cents")
    short = difference < -1
    measures = Measures(
        sums={
            "expected_cents": pl.col("expected_cents"),
            "allowed_cents": pl.col("allowed_cents"),
            "underpaid_lines": short,
            "underpaid_cents": pl.when(short).then(-difference),
            "overpaid_lines": difference > 1,
        },
    )
    cells = measure_cells(
        analysis, (), measures, lambda lines: with_contract(lines.filter("is_unit_priced"), contracts)
    ).with_columns(
        dollars("expected_cents").alias("expected_allowed_sum"),
        dollars("allowed_cents").alias("allowed_sum"),
        dollars("underpaid_cents").alias("underpaid_sum"),
    )
    return finish_table(cells, CONTRACT_VARIANCE)


def with_contract(lines: pl.LazyFrame, contracts: pl.DataFrame | None) -> pl.LazyFrame:
    """Lines that a contract prices, with `expected_cents` rounded half-even to the cent."""
    if contracts is None or contracts.height == 0:
        return lines.clear().with_columns(pl.lit(None, dtype=pl.Int64).alias("expected_cents"))
    keys = ["payer", "line_of_business", "service_date"]
    lines = lines.with_columns(pl.col("payer", "line_of_business").cast(pl.Categorical))
    dated = contracts.lazy().select(
        pl.col("payer").cast(pl.Categorical),
        pl.col("line_of_business").cast(pl.Categorical).alias("_scope"),
        pl.col("dollars_per_unit").cast(pl.Float64).alias("_dollars"),
        pl.col("effective_from").alias("_from"),
        pl.col("effective_to").alias("_to"),
    )
    in_force = (
        lines.select(keys)
        .unique()
        .join(dated, on="payer", how="inner")
        .filter(
            (pl.col("_scope").is_null() | (pl.col("_scope") == pl.col("line_of_business")))
            & (pl.col("_from").is_null() | (pl.col("_from") <= pl.col("service_date")))
            & (pl.col("_to").is_null() | (pl.col("service_date") <= pl.col("_to")))
        )
        .sort(pl.col("_scope").is_null(), pl.col("_from"), nulls_last=True)
        .unique(keys, keep="first", maintain_order=True)
        .select(*keys, "_dollars")
    )
    # millionths of a dollar x hundredths of a share are whole numbers, so the rounding to cents is exact
    fine = (pl.col("_dollars") * 1_000_000).round().cast(pl.Int64)
    tenths = pl.coalesce("expected_unit_tenths", "billed_unit_tenths")
    owed = (tenths * pl.coalesce("expected_share", "share") * 100).round().cast(pl.Int64)
    numerator, per_cent = fine * owed, 10_000_000
    whole, rest = numerator // per_cent, numerator % per_cent
    up = (rest * 2 > per_cent) | ((rest * 2 == per_cent) & (whole % 2 == 1))
    return lines.join(in_force, on=keys, how="inner", validate="m:1").with_columns(
        (whole + up.cast(pl.Int64)).alias("expected_cents")
    )
