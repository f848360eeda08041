"""Minutes of payers' extracts that do not say what their count of anesthesia time counts.

Medicare's price is known, so it tells the time that was paid: allowed / (conversion factor x share) - base
units. The count of a file is in units of 15 minutes, tenths of them, minutes, or tenths of ten minutes,
whichever its Medicare lines show; where they show none, or are few, the file has no minutes.
Source: CMS Claims Processing Manual chapter 12 section 50; 42 CFR 414.46.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from schemas.reference import ReferenceTables
from schemas.rules import Rules
from transforms.effective_dates import join_in_force
from transforms.intake.layouts import MINUTES_BY
from transforms.intake.money_forms import plain_amount
from transforms.payers import with_payer
from transforms.units import with_care_model, with_medicare_allowed

_SCALES: Final = {"1": (1.0, 15_000), "1.5": (1.5, 10_000), "10": (10.0, 1_500), "15": (15.0, 1_000)}
"""What the count is of a unit of time -> that number, and thousandths of a minute for one of the count."""
_TOLERANCE: Final = 1.2
"""How far the median may lie from a scale, as a factor: factors of localities differ by some tenths."""
_FEWEST_LINES: Final = 30
TIME_SCALE: Final = "time_scale"
"""Column that names the scale of a row whose minutes were asked for so."""
NO_SCALE: Final = "none"
"""The file shows none: the row has no minutes, and no price per unit."""


def with_minutes(
    rows: pl.DataFrame, reference: ReferenceTables, rules: Rules, decimal_comma: bool
) -> pl.DataFrame:
    """Parsed claim rows with `unit_count` as minutes (MJ) where the prices of their file tell the scale.

    Adds `time_scale`. Grain unchanged. Rows that the layout does not ask this for are as they were.
    """
    if MINUTES_BY not in rows.columns:
        return rows
    scales = scales_of_files(rows, reference, rules, decimal_comma)
    factors = {name: thousandths for name, (_, thousandths) in _SCALES.items()}
    known = rows.join(scales, on="file_key", how="left", validate="m:1", maintain_order="left")
    asked = pl.col(MINUTES_BY).is_not_null() & (pl.col("unit_basis") == "UN")
    is_found = (asked & pl.col(TIME_SCALE).is_not_null()).fill_null(False)
    minutes = pl.col("unit_count") * pl.col(TIME_SCALE).replace_strict(factors, default=None) // 1000
    return known.with_columns(
        unit_count=pl.when(is_found).then(minutes).otherwise("unit_count"),
        unit_basis=pl.when(is_found).then(pl.lit("MJ")).otherwise("unit_basis"),
        time_scale=pl.when(is_found).then(TIME_SCALE).when(asked).then(pl.lit(NO_SCALE)),
    ).drop(MINUTES_BY)


def scales_of_files(
    rows: pl.DataFrame, reference: ReferenceTables, rules: Rules, decimal_comma: bool
) -> pl.DataFrame:
    """(file_key, time_scale) of files with enough Medicare lines; null where these show no scale."""
    allowed = plain_amount(pl.col(MINUTES_BY), decimal_comma).cast(pl.Float64, strict=False)
    told = (
        with_payer(rows.lazy(), reference)
        .filter(pl.col("payer") == "medicare", pl.col("unit_basis") == "UN", pl.col("unit_count") > 0)
        .with_columns(_allowed=allowed)
        .filter(pl.col("_allowed") > 0)
        .collect()
    )
    ratio = pl.col("unit_count") / 1000 / pl.col("_time")
    medians = (
        _with_time(told, reference, rules)
        .filter(pl.col("_time") > 0)
        .group_by("file_key")
        .agg(lines=pl.len(), median=ratio.median())
        .filter(pl.col("lines") >= _FEWEST_LINES)
    )
    near = [
        pl.when(pl.col("median").is_between(number / _TOLERANCE, number * _TOLERANCE)).then(pl.lit(name))
        for name, (number, _) in _SCALES.items()
    ]
    return medians.select("file_key", pl.coalesce(near).alias(TIME_SCALE))


def _with_time(rows: pl.DataFrame, reference: ReferenceTables, rules: Rules) -> pl.DataFrame:
    """Add `_time`: the time units that Medicare paid, by the factor of the locality where it is told."""
    modeled = with_care_model(rows.drop("care_model", "share", strict=False), reference)
    based = join_in_force(
        modeled.lazy().filter(pl.col("share").is_not_null()),
        reference.anesthesia_codes,
        table="anesthesia_codes",
        on={"procedure_code": "procedure_code"},
        date="service_date",
        columns={"base_units": "_base"},
    )
    # Medicare's price of one unit is that of the factor in force
    one = based.with_columns(
        billed_unit_tenths=pl.lit(10, pl.Int64),
        state=pl.coalesce("service_facility_state", "billing_provider_state"),
    ).collect()
    priced = with_medicare_allowed(one, reference, replace(rules, medicare_basis="locality"))
    return priced.with_columns(_time=pl.col("_allowed") / pl.col("medicare_allowed") - pl.col("_base"))
