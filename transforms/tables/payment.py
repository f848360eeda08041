"""Table `payment`: what was allowed and paid."""

from __future__ import annotations

import polars as pl

from schemas.tables_of_payment import PAYMENT
from transforms.tables.analysis_lines import HUNDRED_MILLIONTHS, AnalysisLines
from transforms.tables.cells import (
    Measures,
    Percentiles,
    dollars,
    finish_table,
    measure_cells,
    money_parts,
    quotient,
    ratio_parts,
    ratio_sums,
    ratio_to_medicare,
    where_any,
)

TAILS = (10, 25, 50, 75, 90)


def _sums() -> dict[str, pl.Expr]:
    priced = pl.col("is_priced")
    money = (
        "charge_cents",
        "allowed_cents",
        "paid_cents",
        "deductible_cents",
        "coinsurance_cents",
        "copay_cents",
    )
    return {
        "_paid_lines": pl.col("is_paid_line"),
        "unit_priced_lines": pl.col("is_unit_priced"),
        "national_price_lines": pl.col("is_unit_priced") & pl.col("medicare_is_national"),
        "payer_rules_lines": pl.col("_by_rules"),
        "out_of_network_lines": pl.col("network") == "out_of_network",
        "nsa_lines": pl.col("network") == "nsa",
        **{name: pl.when(priced).then(pl.col(name)) for name in money},
        "unit_price_fine": pl.when(pl.col("is_unit_priced")).then(pl.col("unit_price_fine")),
        **ratio_sums(),
    }


def _averaged() -> dict[str, pl.Expr]:
    owed = pl.col("deductible_cents") + pl.col("coinsurance_cents") + pl.col("copay_cents")
    unit_priced = pl.col("is_unit_priced")
    return {
        "charge_sum": money_parts("charge_cents", "is_priced"),
        "allowed_mean": money_parts("allowed_cents", "is_priced"),
        "paid_mean": money_parts("paid_cents", "is_priced"),
        "patient_responsibility_sum": pl.when("is_priced").then(owed * 100),
        "deductible_sum": money_parts("deductible_cents", "is_priced"),
        "coinsurance_sum": money_parts("coinsurance_cents", "is_priced"),
        "copay_sum": money_parts("copay_cents", "is_priced"),
        "allowed_per_unit_mean": pl.when(unit_priced).then(pl.col("unit_price_fine") // 10_000),
        "medicare_allowed_sum": pl.when(unit_priced).then(pl.col("medicare_micro") // 100),
        "ratio_to_national_medicare": ratio_parts(),
    }


def payment(analysis: AnalysisLines) -> pl.DataFrame:
    """Amounts of priced lines and prices per unit. Grain: code, payer, line of business, period."""
    measures = Measures(
        population="is_priced",
        sums=_sums(),
        averaged=_averaged(),
        percentiles=(
            Percentiles("allowed", "allowed_cents", TAILS, "is_priced"),
            Percentiles("paid", "paid_cents", (50,), "is_priced"),
            Percentiles("allowed_per_unit", "allowed_per_unit", TAILS, "is_unit_priced"),
            Percentiles("allowed_per_unit_payer_rules", "allowed_per_unit_payer_rules", (50,), "_by_rules"),
        ),
        bases={"priced": "is_priced", "unit_priced": "is_unit_priced", "payer_rules": "_by_rules"},
    )
    ruled = pl.col("is_unit_priced") & pl.col("has_payer_rules")
    cells = measure_cells(
        analysis,
        (),
        measures,
        lambda lines: lines.filter("is_paid_line").with_columns(ruled.alias("_by_rules")),
    ).with_columns(
        dollars("charge_cents").alias("charge_sum"),
        dollars("allowed_cents").alias("allowed_sum"),
        dollars("paid_cents").alias("paid_sum"),
        dollars("deductible_cents").alias("deductible_sum"),
        dollars("coinsurance_cents").alias("coinsurance_sum"),
        dollars("copay_cents").alias("copay_sum"),
        quotient("allowed_cents", pl.col("service_lines") * 100).alias("allowed_mean"),
        quotient("paid_cents", pl.col("service_lines") * 100).alias("paid_mean"),
        quotient("unit_price_fine", pl.col("unit_priced_lines") * HUNDRED_MILLIONTHS).alias(
            "allowed_per_unit_mean"
        ),
        where_any(medicare_dollars(), "_ratio_lines").alias("medicare_allowed_sum"),
        ratio_to_medicare().alias("ratio_to_national_medicare"),
        quotient("allowed_cents", "charge_cents").alias("allowed_to_charge"),
    )
    cells = cells.with_columns(
        (pl.col("deductible_sum") + pl.col("coinsurance_sum") + pl.col("copay_sum")).alias(
            "patient_responsibility_sum"
        )
    )
    return finish_table(cells, PAYMENT)


def medicare_dollars() -> pl.Expr:
    """Sum of Medicare's price, from millionths to cents (half to even)."""
    micro = pl.col("ratio_medicare_micro")
    whole, rest = micro // 10_000, micro % 10_000
    up = (rest > 5_000) | ((rest == 5_000) & (whole % 2 == 1))
    cents = whole + up.cast(pl.Int64)
    return cents.cast(pl.Decimal(18, 2)) * pl.lit("0.01").cast(pl.Decimal(18, 2))
