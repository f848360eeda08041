"""Minutes, units, care model and Medicare's price of a claim line.

Source: SV103, SV104, SV101-3..6; CMS Claims Processing Manual chapter 12 section 50; 42 CFR 414.46.
"""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from schemas.rules import Rules
from transforms.effective_dates import join_in_force
from transforms.reference_tables import medicare_factors

MINUTES_PER_UNIT = 15
_MODIFIERS = [f"modifier_{i}" for i in range(1, 5)]


def with_care_model(lines: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Add `care_model` and `share` from the pricing modifier in any position. Grain unchanged.

    No pricing modifier: unspecified; two or more different ones: conflict; both without a share.
    """
    pricing = reference.modifiers.filter(pl.col("care_model").is_not_null())
    models = dict(pricing.select("modifier", "care_model").iter_rows())
    shares = dict(pricing.select("care_model", "share").unique().iter_rows())
    found = pl.concat_list(
        pl.when(pl.col(name).is_in(list(models))).then(pl.col(name)) for name in _MODIFIERS
    )
    distinct = found.list.drop_nulls().list.unique()
    combinations = lines.select(_MODIFIERS).unique().with_columns(_pricing=distinct)
    decided = combinations.with_columns(
        care_model=pl.when(pl.col("_pricing").list.len() == 0)
        .then(pl.lit("unspecified"))
        .when(pl.col("_pricing").list.len() > 1)
        .then(pl.lit("conflict"))
        .otherwise(pl.col("_pricing").list.first().replace_strict(models, default=None))
    ).with_columns(share=pl.col("care_model").replace_strict(shares, default=None, return_dtype=pl.Float64))
    return lines.join(decided.drop("_pricing"), on=_MODIFIERS, how="left", nulls_equal=True, validate="m:1")


def with_units(lines: pl.DataFrame, reference: ReferenceTables, rules: Rules) -> pl.DataFrame:
    """Add anesthesia_minutes, minutes_suspect, base_units, time and billed units in tenths. Grain unchanged.

    Time units are minutes / 15 to one decimal (half up on an exact tie). A line whose minutes are unknown or
    suspect has none.
    """
    based = join_in_force(
        lines.lazy(),
        reference.anesthesia_codes,
        table="anesthesia_codes",
        on={"procedure_code": "procedure_code"},
        date="service_date",
        columns={"base_units": "base_units"},
    ).collect()
    count = pl.col("unit_count_thousandths")
    timed = (
        pl.when(pl.col("un_means") == "time")
        .then(count * MINUTES_PER_UNIT)
        .when(pl.col("un_means") == "base_plus_time")
        .then((count - pl.col("base_units") * 1000) * MINUTES_PER_UNIT)
    )
    thousandths = pl.when(pl.col("unit_basis") == "MJ").then(count).otherwise(timed)
    outside = (thousandths < rules.minutes_low * 1000) | (thousandths > rules.minutes_high * 1000)
    # minutes / 15 in tenths = thousandths / 1500; (2n + 1500) // 3000 rounds half up without floats
    tenths = (2 * pl.col("_minutes") + MINUTES_PER_UNIT * 100) // (MINUTES_PER_UNIT * 200)
    return (
        based.with_columns(
            minutes_suspect=outside.fill_null(False), _minutes=pl.when(~outside).then(thousandths)
        )
        .with_columns(anesthesia_minutes=_minutes(pl.col("_minutes")), time_unit_tenths=tenths)
        .with_columns(billed_unit_tenths=pl.col("base_units") * 10 + pl.col("time_unit_tenths"))
        .drop("_minutes")
    )


def _minutes(thousandths: pl.Expr) -> pl.Expr:
    """Whole minutes exactly. No division by a number: the engine rounds it by the length of the column."""
    return (thousandths // 1000).cast(pl.Float64) + (thousandths % 1000).cast(pl.Float64) * 0.001


def with_medicare_allowed(lines: pl.DataFrame, reference: ReferenceTables, rules: Rules) -> pl.DataFrame:
    """Add `medicare_allowed` (USD, not rounded): billed units x share x the factor in force on the service
    date; and `medicare_is_national`: whether that factor is the national one.

    The national factor, or the locality's where `medicare_basis` is locality and the line has contractor and
    locality, or its state one locality only. `conversion_factor`: that of physicians in alternative payment
    models (qp) or of the others. Needs state. Grain unchanged.
    """
    priced = join_in_force(
        lines.lazy(),
        medicare_factors(reference, locality=False, basis=rules.conversion_factor),
        table="conversion_factors_national",
        on={},
        date="service_date",
        columns={"conversion_factor": "_national"},
    )
    local = pl.lit(None, pl.Float64)
    if rules.medicare_basis == "locality":
        priced = _with_locality_factor(priced, reference, rules)
        local = pl.col("_locality")
    # products only: the engine rounds a division by a number by the length of the column
    units = pl.col("billed_unit_tenths") * pl.col("share") * 0.1
    price = units * pl.coalesce(local, "_national")
    return (
        priced.with_columns(
            medicare_allowed=price,
            medicare_is_national=pl.when(price.is_not_null()).then(local.is_null()),
        )
        .drop("_national", "_locality", "_contractor", "_place", strict=False)
        .collect()
    )


def _with_locality_factor(lines: pl.LazyFrame, reference: ReferenceTables, rules: Rules) -> pl.LazyFrame:
    """Add `_locality`: the factor of the line's own contractor and locality, else of its state's only one."""
    told = pl.col("medicare_contractor").is_not_null() & pl.col("medicare_locality").is_not_null()
    states = reference.state_localities
    only = {
        name: pl.col("state").replace_strict(
            states["state"], states[name], default=None, return_dtype=pl.String
        )
        for name in ("contractor_number", "locality")
    }
    return join_in_force(
        lines.with_columns(
            pl.when(told)
            .then("medicare_contractor")
            .otherwise(only["contractor_number"])
            .alias("_contractor"),
            pl.when(told).then("medicare_locality").otherwise(only["locality"]).alias("_place"),
        ),
        medicare_factors(reference, locality=True, basis=rules.conversion_factor),
        table="conversion_factors_locality",
        on={"_contractor": "contractor_number", "_place": "locality"},
        date="service_date",
        columns={"conversion_factor": "_locality"},
    )
