"""Tables on random lines, each cell computed again the slow, obvious way."""

from __future__ import annotations

import math
from datetime import date

import polars as pl
import pytest
import table_lines
from polars.testing import assert_frame_equal

from schemas.rules import Rules
from transforms.tables.build import all_tables

AS_OF = date(2024, 12, 31)
PERIODS = {
    "month": lambda d: d.dt.truncate("1mo"),
    "quarter": lambda d: d.dt.truncate("1q"),
    "year": lambda d: d.dt.truncate("1y"),
}
FIVE = ["procedure_code", "payer", "line_of_business", "period_type", "period_start"]


@pytest.fixture(scope="module")
def random_lines() -> pl.LazyFrame:
    return table_lines.random_lines(3000, providers=12).collect().lazy()


@pytest.fixture(scope="module")
def tables(random_lines: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    return all_tables(
        random_lines,
        table_lines.no_remits(),
        table_lines.no_quality(),
        AS_OF,
        Rules(),
        table_lines.reference(),
    )


def exploded(lines: pl.LazyFrame) -> pl.DataFrame:
    """Every current line once per cell it belongs to."""
    current = lines.filter((pl.col("standing") == "current") & (pl.col("role") == "P")).collect()
    months = current["service_month"].unique().sort().to_list()
    mature = [m for m in months if (AS_OF - pl.select(pl.lit(m).dt.month_end()).item()).days >= 90]
    last = mature[-1]
    start = date(last.year - 1, last.month % 12 + 1, 1) if last.month < 12 else date(last.year, 1, 1)
    parts = [
        current.with_columns(
            pl.lit(name).alias("period_type"), make(pl.col("service_date")).alias("period_start")
        )
        for name, make in PERIODS.items()
    ]
    parts.append(
        current.filter(pl.col("service_month").is_between(start, last)).with_columns(
            pl.lit("rolling_12").alias("period_type"), pl.lit(start).alias("period_start")
        )
    )
    base = pl.concat(parts)
    rolled = [base]
    for columns in (["payer"], ["line_of_business"], ["payer", "line_of_business"]):
        rolled.append(base.with_columns(pl.lit("all").alias(c) for c in columns))
    return pl.concat(rolled)


EVERY = pl.lit(True)


def n(where: pl.Expr = EVERY) -> list[pl.Expr]:
    case = pl.struct("patient_key", "service_date", "procedure_code")
    return [
        pl.col("claim_key").filter(where).n_unique().cast(pl.Int64).alias("claims"),
        pl.col("claim_key").filter(where).len().cast(pl.Int64).alias("service_lines"),
        case.filter(where).n_unique().cast(pl.Int64).alias("cases"),
        pl.col("patient_key").filter(where).n_unique().cast(pl.Int64).alias("patients"),
        pl.col("billing_provider_npi").filter(where).n_unique().cast(pl.Int64).alias("billing_providers"),
    ]


def same(published: pl.DataFrame, expected: pl.DataFrame, keys: list[str]) -> None:
    shown = published.select(expected.columns).with_columns(
        pl.col(c).cast(pl.Float64)
        for c, t in published.schema.items()
        if isinstance(t, pl.Decimal) and c in expected
    )
    assert_frame_equal(shown, expected.sort(keys), check_dtypes=False, abs_tol=1.01e-4, rel_tol=0)


def test_utilization(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    minutes = pl.col("anesthesia_minutes")
    expected = (
        exploded(random_lines)
        .group_by(FIVE)
        .agg(
            *n(),
            minutes.sum().alias("minutes_sum"),
            minutes.mean().alias("minutes_mean"),
            *(minutes.quantile(q / 100, "linear").alias(f"minutes_p{q}") for q in (25, 50, 75)),
            (pl.col("billed_unit_tenths").sum() / 10).alias("billed_units_sum"),
            (pl.col("charge_cents").sum() / 100).alias("charge_sum"),
            (pl.col("adjudication_state") == "pending").sum().alias("pending_lines"),
        )
    )
    same(tables["utilization"], expected, FIVE)


def test_payment(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    priced, unit = pl.col("is_priced"), pl.col("is_unit_priced")
    allowed, per_unit = pl.col("allowed_cents").filter(priced) / 100, pl.col("allowed_per_unit").filter(unit)
    expected = (
        exploded(random_lines)
        .filter("is_paid_line")
        .group_by(FIVE)
        .agg(
            *n(priced),
            unit.sum().alias("unit_priced_lines"),
            (pl.col("allowed_cents").filter(priced).sum() / 100).alias("allowed_sum"),
            *(allowed.quantile(q / 100, "linear").alias(f"allowed_p{q}") for q in (10, 25, 50, 75, 90)),
            (pl.col("paid_cents").filter(priced).mean() / 100).alias("paid_mean"),
            per_unit.mean().alias("allowed_per_unit_mean"),
            *(per_unit.quantile(q / 100, "linear").alias(f"allowed_per_unit_p{q}") for q in (10, 50, 90)),
            (
                pl.col("allowed_cents").filter(unit).sum()
                / 100
                / pl.col("medicare_allowed").filter(unit).sum()
            ).alias("ratio_to_national_medicare"),
        )
    )
    expected = expected.with_columns(
        pl.when(pl.col("unit_priced_lines") > 0)
        .then("ratio_to_national_medicare")
        .alias("ratio_to_national_medicare")
    )
    same(tables["payment"], expected, FIVE)


def test_care_models(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    keys = [*FIVE, "care_model"]
    per_unit = pl.col("allowed_per_unit").filter(pl.col("is_unit_priced"))
    everything = exploded(random_lines)
    expected = everything.group_by(keys).agg(
        *n(),
        pl.col("is_priced").sum().alias("priced_lines"),
        *(per_unit.quantile(q / 100, "linear").alias(f"allowed_per_unit_p{q}") for q in (25, 50, 75)),
        (pl.col("allowed_cents") / pl.col("billed_unit_tenths") / 10)
        .filter(pl.col("is_unit_priced"))
        .median()
        .alias("billed"),
    )
    own = expected.filter(pl.col("care_model") == "personally_performed").select(*FIVE, own="billed")
    whole = everything.group_by(FIVE).agg(whole=pl.len())
    expected = (
        expected.join(own, on=FIVE, how="left")
        .join(whole, on=FIVE)
        .with_columns(
            observed_share=pl.col("billed") / pl.col("own"),
            share_of_lines=pl.col("service_lines") / pl.col("whole"),
        )
        .drop("billed", "own", "whole")
    )
    same(tables["care_models"], expected, keys)


def test_denials(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    state = pl.col("adjudication_state")
    adjudicated = exploded(random_lines).filter(state.is_in(["paid", "denied", "zero_pay_other"]))
    expected = adjudicated.group_by(FIVE).agg(
        *n(),
        (state == "denied").sum().alias("denied_lines"),
        (state == "denied").mean().alias("denial_rate"),
        (pl.col("initially_denied") & (state == "paid")).sum().alias("overturned_lines"),
        (pl.col("charge_cents").filter(state == "denied").sum() / 100).alias("denied_charge_sum"),
    )
    same(tables["denials"], expected, FIVE)


def test_order_of_lines_changes_nothing(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    shuffled = random_lines.collect().sample(fraction=1.0, shuffle=True, seed=7).lazy()
    again = all_tables(
        shuffled, table_lines.no_remits(), table_lines.no_quality(), AS_OF, Rules(), table_lines.reference()
    )
    assert set(again) == set(tables)
    for name, frame in tables.items():
        assert again[name].equals(frame), name


def test_percentile_is_type_7() -> None:
    values = [10.0, 20.0, 40.0, 80.0]  # p90: position 3 * 0.9 = 2.7, so 40 + 0.7 * 40 = 68
    assert math.isclose(40 + 0.7 * (80 - 40), 68.0)
    rows = [table_lines.paid(int(v * 100)) for v in values]
    made = all_tables(
        table_lines.lines(*rows),
        table_lines.no_remits(),
        table_lines.no_quality(),
        AS_OF,
        Rules(),
        table_lines.reference(),
    )["payment"].filter(
        pl.col("period_type") == "month", pl.col("payer") == "all", pl.col("line_of_business") == "all"
    )
    assert made.select("allowed_p10", "allowed_p50", "allowed_p90").rows() == [(13.0, 30.0, 68.0)]


def test_modifiers(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    keys = [*FIVE, "modifier"]
    lines = exploded(random_lines)
    each = pl.concat([lines.with_columns(modifier=pl.col(f"modifier_{i}")) for i in range(1, 5)])
    per_unit = pl.col("allowed_per_unit").filter(pl.col("is_unit_priced"))
    expected = (
        each.filter(pl.col("modifier").is_not_null())
        .group_by(keys)
        .agg(*n(), per_unit.median().alias("allowed_per_unit_p50"))
    )
    same(tables["modifiers"], expected, keys)


def test_timeliness(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    adjudicated = exploded(random_lines).filter(
        pl.col("adjudication_state").is_in(["paid", "denied", "zero_pay_other"])
    )
    wait = (pl.col("first_remit_on") - pl.col("first_submitted_on")).dt.total_days()
    expected = adjudicated.group_by(FIVE).agg(
        *n(),
        *(wait.quantile(q / 100, "linear").alias(f"days_to_first_remit_p{q}") for q in (50, 90)),
        pl.col("first_paid").mean().alias("first_pass_paid_rate"),
        pl.col("final_remit_on").max().alias("paid_through"),
    )
    same(tables["timeliness"], expected, FIVE)


def test_states_and_demographics(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    lines = exploded(random_lines)
    state = pl.col("adjudication_state")
    by_state = lines.group_by(*FIVE, "state").agg(
        *n(),
        pl.col("allowed_per_unit").filter(pl.col("is_unit_priced")).median().alias("allowed_per_unit_p50"),
        (state == "denied")
        .filter(state.is_in(["paid", "denied", "zero_pay_other"]))
        .mean()
        .alias("denial_rate"),
    )
    same(tables["states"], by_state, [*FIVE, "state"])
    oldest = {17: "0-17", 39: "18-39", 64: "40-64", 74: "65-74", 200: "75+"}
    bands = {age: next(band for top, band in oldest.items() if age <= top) for age in range(91)}
    keys = [*FIVE, "age_band", "sex"]
    by_age = lines.with_columns(
        age_band=pl.col("age_at_service").replace_strict(bands, return_dtype=pl.String),
        sex=pl.col("patient_sex"),
    )
    same(tables["demographics"], by_age.group_by(keys).agg(*n()), keys)


def test_denial_reasons(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    keys = [*FIVE, "group_code", "carc"]
    denied = exploded(random_lines).filter(pl.col("adjudication_state") == "denied")
    by_reason = denied.rename({"denial_group": "group_code", "denial_carc": "carc"}).group_by(keys)
    expected = by_reason.agg(*n(), (pl.col("charge_cents").sum() / 100).alias("charge_sum"))
    same(tables["denial_reasons"].filter(pl.col("service_lines") > 0), expected, keys)


def test_case_payment(random_lines: pl.LazyFrame, tables: dict[str, pl.DataFrame]) -> None:
    case = ["patient_key", "service_date", "procedure_code"]
    current = random_lines.filter((pl.col("standing") == "current") & (pl.col("role") == "P")).collect()
    whole = []
    for _, rows in current.group_by(case):
        models = sorted(rows["care_model"].to_list())
        alone = models in (["personally_performed"], ["crna_alone"])
        paired = models == ["directed_crna", "directed_physician"]
        if (alone or paired) and rows["is_unit_priced"].all():
            units = (40 + rows["time_unit_tenths"].max()) / 10
            cents = rows["allowed_cents"].sum()
            whole.append(
                rows.with_columns(
                    allowed=pl.lit(cents / 100), units=pl.lit(units), lines_of_case=pl.lit(rows.height)
                )
            )
    placed = exploded(pl.concat(whole).lazy()).group_by([*FIVE, *case[:2]])
    amounts = placed.agg(pl.len().alias("here"), pl.col("allowed", "units", "lines_of_case").first())
    complete = amounts.filter(pl.col("here") == pl.col("lines_of_case"))
    expected = complete.group_by(FIVE).agg(
        pl.len().cast(pl.Int64).alias("complete_cases"),
        pl.col("allowed").mean().alias("allowed_per_case_mean"),
        pl.col("allowed").quantile(0.75, "linear").alias("allowed_per_case_p75"),
        pl.col("units").mean().alias("units_per_case_mean"),
        (pl.col("allowed") / pl.col("units")).median().alias("allowed_per_unit_case_p50"),
    )
    same(
        tables["case_payment"].filter(
            (pl.col("complete_cases") > 0) & (pl.col("period_type") != "rolling_12")
        ),
        expected.filter(pl.col("period_type") != "rolling_12"),
        FIVE,
    )
