"""The current primary lines as the tables read them: identities as dense numbers, values with their ranks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.reference import ReferenceTables
from schemas.rules import Rules
from transforms.payer_rules import with_expected
from transforms.tables.periods import Calendar, month_number, rolling_start

ENTITIES: Final = ("claims", "cases", "patients", "billing_providers", "rendering_providers")
MICRO: Final = 1_000_000
"""Medicare's price is summed in whole millionths of a dollar: exact for factors of four decimals."""
HUNDRED_MILLIONTHS: Final = 100_000_000
"""Prices per unit are summed in whole hundred-millionths of a dollar, so that no order of adding shows."""

CELL_COLUMNS: Final = ("procedure_code", "payer", "line_of_business")


@dataclass
class Book:
    """Current primary lines, one row each, with what every table needs; `ranked` caches orders of values."""

    lines: pl.DataFrame
    others: pl.DataFrame
    calendar: Calendar
    rules: Rules
    values: dict[str, NDArray[np.float64]] = field(default_factory=dict)

    def with_rank(self, column: str) -> None:
        """Give a value column its rank column (`_rank_<column>`), once."""
        rank = f"_rank_{column}"
        if rank in self.lines.columns:
            return
        series = self.lines.get_column(column).cast(pl.Float64)
        distinct = series.drop_nulls().unique().sort()
        self.values[column] = distinct.to_numpy()
        places = series.to_frame("v").join(
            pl.DataFrame({"v": distinct, rank: pl.Series(np.arange(len(distinct)), dtype=pl.UInt32)}),
            on="v",
            how="left",
            maintain_order="left",
        )
        self.lines = self.lines.with_columns(places.get_column(rank))


def dense(series: pl.Series, name: str) -> pl.Series:
    """Number the distinct values of a series from 0; nulls stay null. The numbers have no meaning of their
    own.
    """
    codes = series.cast(pl.Categorical(pl.Categories.random())).to_physical()
    return codes.rename(name)


def _case_codes(frame: pl.DataFrame) -> pl.Series:
    day = frame.get_column("service_date").to_physical().cast(pl.Int64).to_numpy()
    patient = frame.get_column("_patients").cast(pl.Int64).to_numpy()
    code = dense(frame.get_column("procedure_code"), "code").cast(pl.Int64).to_numpy()
    key = (patient << 28) | ((day + 60_000) << 8) | code
    _, inverse = np.unique(key, return_inverse=True)
    return pl.Series("_cases", inverse.astype(np.uint32))


def _with_identities(frame: pl.DataFrame) -> pl.DataFrame:
    sources = {
        "_claims": "claim_key",
        "_patients": "patient_key",
        "_billing_providers": "billing_provider_npi",
        "_rendering_providers": "rendering_provider_npi",
    }
    frame = frame.with_columns(dense(frame.get_column(source), name) for name, source in sources.items())
    return frame.with_columns(_case_codes(frame)).drop(*sources.values())


def _numbers() -> list[pl.Expr]:
    units = pl.col("billed_unit_tenths")
    return [
        month_number("service_month").alias("_month"),
        (pl.col("anesthesia_minutes") * 1000).round().cast(pl.Int64).alias("minutes_thousandths"),
        (pl.col("medicare_allowed") * MICRO).round().cast(pl.Int64).alias("medicare_micro"),
        (pl.col("allowed_per_unit") * HUNDRED_MILLIONTHS).round().cast(pl.Int64).alias("unit_price_fine"),
        pl.col("adjudication_state").is_in(["paid", "denied", "zero_pay_other"]).alias("is_adjudicated"),
        (pl.col("adjudication_state") == "denied").fill_null(False).alias("is_denied"),
        pl.col("is_paid_line").fill_null(False),
        pl.col("is_priced").fill_null(False),
        pl.col("is_unit_priced").fill_null(False),
        pl.col("initially_denied").fill_null(False),
        pl.when(units > 0).then(pl.col("allowed_cents") / (units * 10)).alias("allowed_per_billed_unit"),
        (pl.col("allowed_cents") / 100).alias("allowed"),
        (pl.col("paid_cents") / 100).alias("paid"),
    ]


LINE_INPUT: Final = (
    *("procedure_code", "payer", "line_of_business", "service_month", "service_date"),
    *("claim_key", "patient_key", "billing_provider_npi", "rendering_provider_npi"),
    *("charge_cents", "place_of_service", "modifier_1", "modifier_2", "modifier_3", "modifier_4"),
    *("age_at_service", "patient_sex", "diagnosis_1", "diagnosis_2", "diagnosis_3", "diagnosis_4"),
    *(
        "surgical_procedure_code",
        "payer_name",
        "care_model",
        "state",
        "anesthesia_minutes",
        "minutes_suspect",
    ),
    *("base_units", "time_unit_tenths", "billed_unit_tenths", "share", "first_submitted_on"),
    *("adjudication_state", "first_remit_on", "first_paid_on", "final_remit_on", "first_paid"),
    *("initially_denied", "first_denial_group", "first_denial_carc", "denial_group", "denial_carc"),
    *("denial_category", "prior_authorization_denial", "remark_codes", "paid_cents", "allowed_cents"),
    *("deductible_cents", "coinsurance_cents", "copay_cents", "network", "is_paid_line", "is_priced"),
    *("is_unit_priced", "medicare_allowed", "allowed_per_unit", "unbalanced", "allowed_conflict"),
    *("line_of_business_doubtful",),
)
"""Columns of a resolved line that some table reads."""


def current_lines(lines: pl.LazyFrame) -> pl.DataFrame:
    """Current primary lines with the columns that tables read; an empty line of business is `other`."""
    return (
        lines.filter((pl.col("standing") == "current") & (pl.col("role") == "P"))
        .select(LINE_INPUT)
        .with_columns(pl.col("line_of_business").fill_null("other"), *_numbers())
        .drop("service_month", "anesthesia_minutes")
        .with_columns((pl.col("minutes_thousandths") / 1000).alias("minutes"))
        .collect()
    )


def other_lines(lines: pl.LazyFrame) -> pl.DataFrame:
    """Counts of secondary lines, voided and replaced claims by code, payer, line of business and month."""
    return (
        lines.filter((pl.col("standing") == "secondary") | pl.col("voided_claim") | pl.col("replaced_claim"))
        .with_columns(month_number("service_month").alias("_month"))
        .group_by(*CELL_COLUMNS, "_month")
        .agg(
            (pl.col("standing") == "secondary").sum().cast(pl.Int64).alias("secondary_lines"),
            pl.col("voided_claim").sum().cast(pl.Int64).alias("voided_claims"),
            pl.col("replaced_claim").sum().cast(pl.Int64).alias("replaced_claims"),
        )
        .collect()
    )


def old_enough(as_of: date, months: int) -> pl.Expr:
    """The service month ended at least some months before the as-of date."""
    return pl.col("service_month").dt.offset_by(f"{months + 1}mo") <= pl.lit(as_of) + pl.duration(days=1)


def open_book(
    lines: pl.LazyFrame,
    as_of: date,
    rules: Rules,
    reference: ReferenceTables,
    owners: Mapping[str, str] | None = None,
    minimum_age_months: int = 0,
) -> Book:
    """Read resolved lines once for all tables.

    `owners` (billing NPI -> owner) makes several billing providers of one owner one provider where prices are
    protected; published counts of providers stay counts of NPIs.
    """
    if minimum_age_months:
        lines = lines.filter(old_enough(as_of, minimum_age_months))
    frame = with_expected(current_lines(lines), reference)
    owner = frame.get_column("billing_provider_npi")
    if owners:
        owner = owner.replace(dict(owners))
    frame = _with_identities(frame.with_columns(dense(owner, "_owners")))
    months = frame.get_column("_month").to_numpy()
    calendar = Calendar(as_of, rules.mature_days, rolling_start(months, as_of, rules.mature_days))
    return Book(frame, other_lines(lines), calendar, rules)
