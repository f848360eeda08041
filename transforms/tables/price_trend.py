"""Table `price_trend`: how the price per unit moves, and how it would at a fixed mix.

What a period says of itself is made from its lines (`price_trend`, `price_strata`); what it says beside other
periods is filled in once all of them are there (`with_history`). The method is in docs/tables.md.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.rules import ALL, DisclosureRules
from schemas.table_columns import basis_columns, nearest_rank
from schemas.tables_of_prices import PRICE_STRATA, PRICE_TREND
from transforms.protect.rounding import FEW_KINDS, rounded_value
from transforms.tables.analysis_lines import HUNDRED_MILLIONTHS, AnalysisLines
from transforms.tables.cells import Measures, Percentiles, finish_table, measure_cells, quotient, sum_cells
from transforms.tables.periods import ROLLING

_CELL: Final = ["procedure_code", "payer", "line_of_business", "period_type", "period_start"]
_FAMILY: Final = _CELL[:-1]
STRATUM: Final = ["own_payer", "own_line", "care_model", "place_of_service"]
P50: Final = "allowed_per_unit_p50"
AGO: Final = f"{P50}_year_ago"
FINE: Final = 1_000_000_000
COARSE: Final = 100_000
VARIANCE: Final = 10**15
"""Logarithms and variances are added up as whole numbers, so that no order of adding shows."""
_LEAST_LINES: Final = DisclosureRules().minimum_count
"""Unit-priced lines that the first period of an index needs."""
LEAST_COMMON: Final = 0.5
"""Share of the mix that a period must have in common with the first one."""
INDEX: Final = ("price_index", "price_index_low", "price_index_high")
NORMAL_95: Final = 1.959964


def price_trend(analysis: AnalysisLines) -> pl.DataFrame:
    """Median prices per unit; what rests on other periods is null. Grain: code, payer, line of business,
    period.
    """
    measures = Measures(
        percentiles=(Percentiles("allowed_per_unit", "allowed_per_unit", (50,), "is_unit_priced"),),
        averaged={"price_index": pl.col("unit_price_fine") // 10_000},
        bases={"unit_priced": "is_unit_priced"},
    )
    cells = measure_cells(analysis, (), measures, lambda lines: lines.filter("is_unit_priced"))
    cells = cells.filter(pl.col("period_type") != ROLLING)
    wanted = [*(c.name for c in PRICE_TREND.columns), *PRICE_TREND.helper_names]
    absent = [name for name in wanted if name not in cells.columns]
    counts = {*basis_columns("year_ago"), *basis_columns("base")}
    types = {name: pl.Int64() if name in counts else pl.Float64() for name in absent}
    empty = (pl.lit(None, dtype=dtype).alias(name) for name, dtype in types.items())
    return finish_table(cells.with_columns(empty), PRICE_TREND)


def price_strata(analysis: AnalysisLines) -> pl.DataFrame:
    """Prices by care model and site, in logarithms, but for roll-ups. Grain: five keys, care model, site."""
    price = pl.col("unit_price_fine") / HUNDRED_MILLIONTHS
    coarse = (price.log() * COARSE).round().cast(pl.Int64)
    wanted = {
        "lines": pl.lit(True),
        "logs": (price.log() * FINE).round().cast(pl.Int64),
        "coarse_logs": coarse,
        "squared_logs": coarse**2,
    }
    priced = pl.col("is_unit_priced") & (pl.col("unit_price_fine") > 0)
    keys = ("care_model", "place_of_service")
    made = sum_cells(analysis, keys, wanted, lambda lines: lines.filter(priced))
    return finish_table(made.filter(~pl.col("is_rollup") & (pl.col("period_type") != ROLLING)), PRICE_STRATA)


def with_history(trend: pl.DataFrame, strata: pl.DataFrame) -> pl.DataFrame:
    """Fill in the year before, the change and the index, from the rows of all periods. Grain unchanged."""
    told = _with_year_ago(trend)
    base = _first_periods(trend)
    index = _index(_of_families(strata), base, trend)
    of_base = _renamed(trend, "base").join(base, left_on=_CELL, right_on=[*_FAMILY, "base_start"], how="semi")
    told = told.drop(*INDEX, *(f"_{name}_published" for name in INDEX), *basis_columns("base"))
    told = told.join(of_base.drop("period_start"), on=_FAMILY, how="left", validate="m:1")
    told = told.join(index, on=_CELL, how="left", validate="1:1")
    told = told.join(base, on=_FAMILY, how="left", validate="m:1")
    told = told.with_columns(pl.col(INDEX).round(4, mode="half_to_even")).with_columns(_protected_index())
    return told.select(trend.columns).sort(_CELL)


def _protected_index() -> list[pl.Expr]:
    """The index and its bounds where neither the period nor the first one has few different prices: three
    numbers made from them would tell how many lines have which.
    """
    spread, kinds = pl.col("_price_index_spread"), pl.col("_price_index_kinds")
    few = (kinds <= FEW_KINDS) & (spread > 0)
    first_few = (few & (pl.col("period_start") == pl.col("base_start"))).any().over(_FAMILY)
    return [pl.when(~few & ~first_few).then(name).alias(f"_{name}_published") for name in INDEX]


def _renamed(trend: pl.DataFrame, basis: str) -> pl.DataFrame:
    """The basis of the price of each row under another name."""
    names = zip(basis_columns("unit_priced"), basis_columns(basis), strict=True)
    return trend.select(*_CELL, *(pl.col(own).alias(other) for own, other in names))


def _with_year_ago(trend: pl.DataFrame) -> pl.DataFrame:
    """Add the median of a year before, and the change; for protected audiences from published medians."""
    near = nearest_rank(P50)
    before = (
        _renamed(trend, "year_ago")
        .with_columns(trend.get_column(P50).alias(AGO), trend.get_column(near).alias(f"_{AGO}_published"))
        .with_columns(pl.col("period_start").dt.offset_by("1y"))
    )
    empty = [AGO, f"_{AGO}_published", "change_on_year", "_change_on_year_published"]
    told = trend.drop(*empty, *basis_columns("year_ago"))
    now, then = (rounded_value(pl.col(name), "money_percentile") for name in (near, f"_{AGO}_published"))
    changes = (
        (quotient(P50, AGO) - 1).round(4, mode="half_to_even").alias("change_on_year"),
        (quotient(now, then) - 1).round(4, mode="half_to_even").alias("_change_on_year_published"),
    )
    return told.join(before, on=_CELL, how="left", validate="1:1").with_columns(changes)


def _first_periods(trend: pl.DataFrame) -> pl.DataFrame:
    """The first mature period of each family that has lines enough. Grain: FAMILY."""
    fit = trend.filter(pl.col("is_mature") & (pl.col("service_lines") >= _LEAST_LINES))
    return fit.group_by(_FAMILY).agg(pl.col("period_start").min().alias("base_start"))


def _of_families(strata: pl.DataFrame) -> pl.DataFrame:
    """Strata under their payer or all, and their line of business or all. Grain: CELL and STRATUM."""
    own = strata.with_columns(
        pl.col("payer").alias("own_payer"), pl.col("line_of_business").alias("own_line")
    )
    parts = [
        own.with_columns(pl.lit(ALL).alias(name) for name in rolled)
        for rolled in ((), ("payer",), ("line_of_business",), ("payer", "line_of_business"))
    ]
    scatter = pl.col("squared_logs") - pl.col("coarse_logs").cast(pl.Float64) ** 2 / pl.col("lines")
    return pl.concat(parts).with_columns(
        (pl.col("logs") / pl.col("lines")).round().cast(pl.Int64).alias("mean"),
        pl.max_horizontal(scatter, 0.0).round().cast(pl.Int64).alias("scatter"),
    )


def _index(strata: pl.DataFrame, base: pl.DataFrame, trend: pl.DataFrame) -> pl.DataFrame:
    """The index and its interval. Grain: CELL of periods from the first one on."""
    dated = strata.join(base, on=_FAMILY, how="inner").filter(pl.col("period_start") >= pl.col("base_start"))
    spread = dated.group_by(_CELL).agg(
        (pl.col("scatter").sum() / COARSE**2).alias("scattered"),
        (pl.col("lines").sum() - pl.len()).alias("free"),
    )
    variance = pl.when(pl.col("free") > 0).then(pl.col("scattered") / pl.col("free"))
    dated = dated.join(spread, on=_CELL).with_columns((variance / pl.col("lines")).alias("variance"))
    mix = (
        dated.join(trend.filter("is_mature").select(_CELL), on=_CELL, how="semi")
        .group_by(*_FAMILY, *STRATUM)
        .agg(pl.col("lines").sum().alias("weight"))
    )
    first = dated.filter(pl.col("period_start") == pl.col("base_start")).select(
        *_FAMILY, *STRATUM, pl.col("mean").alias("base_mean"), pl.col("variance").alias("base_variance")
    )
    whole = mix.group_by(_FAMILY).agg(pl.col("weight").sum().alias("whole"))
    common = (
        dated.join(first, on=[*_FAMILY, *STRATUM]).join(mix, on=[*_FAMILY, *STRATUM]).join(whole, on=_FAMILY)
    )
    share = pl.col("weight") / pl.col("whole")
    added = share**2 * (pl.col("variance") + pl.col("base_variance")) * VARIANCE
    periods = (
        common.with_columns(added.round().cast(pl.Int64).alias("added"))
        .group_by(_CELL)
        .agg(
            (pl.col("weight") * (pl.col("mean") - pl.col("base_mean"))).sum().alias("moved"),
            pl.col("weight").sum(),
            pl.col("added").sum(),
            pl.col("added").is_null().any().alias("unknown"),
            pl.col("whole").first(),
            (pl.col("period_start") == pl.col("base_start")).first().alias("is_first"),
        )
    )
    return _as_points(periods)


def _as_points(periods: pl.DataFrame) -> pl.DataFrame:
    held = pl.col("weight") / pl.col("whole")
    moved = pl.col("moved") / pl.col("weight") / FINE
    error = (pl.col("added") / VARIANCE).sqrt() / held
    known = pl.when(~pl.col("unknown")).then(pl.when("is_first").then(0.0).otherwise(error) * NORMAL_95)
    points = {"price_index": moved, "price_index_low": moved - known, "price_index_high": moved + known}
    return periods.filter(pl.col("is_first") | (held >= LEAST_COMMON)).select(
        *_CELL, *((100 * value.exp()).alias(name) for name, value in points.items())
    )
