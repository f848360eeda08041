"""What a line would be allowed at its payer's own median price: for lines that are denied or stand open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from schemas.rules import DisclosureRules
from transforms.protect.rounding import PARTS, STEPS, nearest

PRICE_OF: Final = ["procedure_code", "payer", "line_of_business", "_year"]
"""The payer's own median is that of code, payer, line of business and calendar year."""


def with_expected_allowed(lines: pl.DataFrame, medians: pl.DataFrame) -> pl.DataFrame:
    """Add `expected_cents`, at the payer's own median price, and `published_expected_cents`, at that price as
    protected audiences are shown it; null without units, share or price. Grain unchanged.
    """
    dated = lines.with_columns(pl.col("service_date").dt.year().alias("_year"))
    joined = dated.join(medians, on=PRICE_OF, how="left", validate="m:1", maintain_order="left")
    # ten-thousandths of a dollar x thousandths of a unit are whole numbers: the rounding to cents is exact
    owed = (pl.col("billed_unit_tenths") * pl.col("share") * 100).round().cast(pl.Int64)
    return joined.with_columns(
        _cents(pl.col("_median_parts") * owed).alias("expected_cents"),
        _cents(pl.col("_published_parts") * owed).alias("published_expected_cents"),
    ).drop("_year", "_median_parts", "_published_parts")


def _cents(fine: pl.Expr) -> pl.Expr:
    """Ten-millionths of a dollar to cents, half to even."""
    per_cent = 10 * PARTS
    whole, rest = fine // per_cent, fine % per_cent
    up = (2 * rest > per_cent) | ((2 * rest == per_cent) & (whole % 2 == 1))
    return whole + up.cast(pl.Int64)


def median_prices(lines: pl.LazyFrame, owners: Mapping[str, str]) -> pl.DataFrame:
    """Median prices per unit of unit-priced lines in ten-thousandths of a dollar, and the published ones,
    where there are some. Grain: PRICE_OF.

    `owners` (billing NPI -> owner) makes several billing providers of one owner one provider.
    """
    priced = lines.filter("is_unit_priced").select(
        pl.col("procedure_code", "payer").cast(pl.Categorical),
        pl.col("line_of_business").fill_null("other").cast(pl.Categorical),
        pl.col("service_date").dt.year().alias("_year"),
        pl.col("billing_provider_npi").replace(dict(owners)).cast(pl.Categorical).alias("_owners"),
        "allowed_per_unit",
    )
    price = pl.col("allowed_per_unit")
    of_prices = priced.group_by(PRICE_OF).agg(
        price.quantile(0.5, "linear").alias("_median"), price.quantile(0.5, "lower").alias("_nearest")
    )
    medians, publishable = pl.collect_all([of_prices, _publishable(priced)])
    as_parts = (pl.col("_median", "_nearest") * PARTS).round().cast(pl.Int64)
    step = STEPS["money_percentile"]
    return (
        medians.join(publishable, on=PRICE_OF, how="left", validate="1:1")
        .with_columns(as_parts)
        .select(
            *PRICE_OF,
            pl.col("_median").alias("_median_parts"),
            pl.when("_is_published")
            .then(nearest(pl.col("_nearest"), "money_percentile") * step)
            .alias("_published_parts"),
        )
    )


def _publishable(priced: pl.LazyFrame) -> pl.LazyFrame:
    """Whether a median may be shown under the thresholds of `standard`: lines, providers, none of them
    dominant.
    """
    rules = DisclosureRules()
    by_owner = priced.group_by(*PRICE_OF, "_owners").agg(pl.len().alias("lines"))
    of_price = by_owner.group_by(PRICE_OF).agg(
        pl.col("lines").sum().cast(pl.Int64).alias("all"),
        pl.len().alias("providers"),
        pl.col("lines").max().alias("top"),
        pl.col("lines").top_k(2).sum().alias("two"),
    )
    fit = (
        (pl.col("all") >= rules.minimum_priced_lines)
        & (pl.col("providers") >= rules.minimum_providers)
        & (pl.col("top") <= pl.col("all") * rules.dominance)
        & (pl.col("two") <= pl.col("all") * rules.dominance_of_two)
    )
    return of_price.select(*PRICE_OF, fit.alias("_is_published"))
