"""The current primary lines as the tables read them: identities as dense numbers, values with their ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.reference import ReferenceTables
from schemas.rules import Rules
from transforms.payer_rules import with_expected
from transforms.tables.answering import CANNOT, answers, can_answer
from transforms.tables.cases import with_case_facts
from transforms.tables.expected_allowed import with_expected_allowed
from transforms.tables.intervals import INTERVALS, with_intervals
from transforms.tables.periods import Calendar, Period, month_number, month_of, rolling_start

Ids = NDArray[np.int64]
Flags = NDArray[np.bool_]
MICRO: Final = 1_000_000
"""Medicare's price is summed in whole millionths of a dollar: exact for factors of four decimals."""
HUNDRED_MILLIONTHS: Final = 100_000_000
"""Prices per unit are summed in whole hundred-millionths of a dollar, so that no order of adding shows."""

KEY_COLUMNS: Final = (
    *("procedure_code", "payer", "line_of_business", "care_model", "state", "place_of_service"),
    *("patient_sex", "surgical_procedure_code", "modifier_1", "modifier_2", "modifier_3", "modifier_4"),
)
"""Text columns with few values, kept as enumerations: they are keys of some table."""
VALUES: Final = (
    *("minutes", "allowed", "paid", "allowed_per_unit", "allowed_per_unit_payer_rules"),
    *("allowed_per_billed_unit", "allowed_per_case", "allowed_per_unit_case"),
    *INTERVALS,
)
"""Columns of which some table shows percentiles."""
CELL_COLUMNS: Final = ("procedure_code", "payer", "line_of_business")


@dataclass(frozen=True)
class AnalysisLines:
    """Current primary lines, one row each, with what every table needs; counts of the others.

    `values`: distinct values, ascending, of each column of VALUES; `_rank_<column>` of a line is its place
    there.
    """

    lines: pl.DataFrame
    others: pl.DataFrame
    calendar: Calendar
    rules: Rules
    values: Mapping[str, NDArray[np.float64]]


def ranked(lines: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, NDArray[np.float64]]]:
    """Replace the columns of VALUES by the ranks of their values (null: none)."""
    values: dict[str, NDArray[np.float64]] = {}
    ranks = []
    for column in VALUES:
        series = lines.get_column(column).cast(pl.Float64)
        distinct = series.drop_nulls().unique().sort()
        values[column] = distinct.to_numpy()
        place = pl.Series("rank", np.arange(len(distinct)), dtype=pl.UInt32)
        places = series.to_frame("v").join(
            distinct.to_frame("v").with_columns(place), on="v", how="left", maintain_order="left"
        )
        ranks.append(places.get_column("rank").alias(f"_rank_{column}"))
    return lines.drop(VALUES).with_columns(ranks), values


def dense(series: pl.Series) -> Ids:
    """Number the distinct values of a series from 0. The numbers have no meaning of their own."""
    hashes = series.hash()
    order = hashes.arg_sort()
    hashed, values = hashes.gather(order), series.gather(order)
    new = (hashed != hashed.shift(1)).fill_null(True)
    if (
        ~new & values.ne_missing(values.shift(1))
    ).any():  # two values share a hash: number them by their order
        return (series.rank("dense").fill_null(0)).cast(pl.Int64).to_numpy()
    numbers = np.empty(len(series), dtype=np.int64)
    numbers[order.to_numpy()] = np.cumsum(new.to_numpy()) - 1
    return numbers


def _alone(numbers: Ids) -> Flags:
    """Rows that share their number with no other row."""
    alone: Flags = np.bincount(numbers)[numbers] == 1
    return alone


def _cases(frame: pl.DataFrame, patients: Ids) -> Ids:
    """Number patient, service date and code together, in the order of patients."""
    day = frame.get_column("service_date").to_physical().cast(pl.Int64).to_numpy()
    code = frame.get_column("procedure_code").to_physical().cast(pl.Int64).to_numpy()
    key = (patients << 32) | ((day + 60_000) << 12) | code
    order = np.argsort(key, kind="stable")
    numbers = np.empty(len(key), dtype=np.int64)
    numbers[order] = np.cumsum(np.diff(key[order], prepend=-1) != 0) - 1
    return numbers


def with_identities(frame: pl.DataFrame, owners: Mapping[str, str]) -> pl.DataFrame:
    """Replace identities by dense numbers. Grain unchanged.

    `_claims`, `_cases`, `_patients`, `_billing_providers`, `_rendering_providers`, `_owners`; `..._alone`
    says that no other line has the same claim, case or patient.
    """
    billing = frame.get_column("billing_provider_npi")
    patients = dense(frame.get_column("patient_key"))
    people = {
        "_claims": dense(frame.get_column("claim_key")),
        "_cases": _cases(frame, patients),
        "_patients": patients,
    }
    providers = {
        "_billing_providers": billing,
        "_rendering_providers": frame.get_column("rendering_provider_npi"),
        "_owners": billing.replace(dict(owners)) if owners else billing,
    }
    numbers = [pl.Series(name, found, dtype=pl.UInt32) for name, found in people.items()]
    numbers += [_worded(npi).to_physical().alias(name) for name, npi in providers.items()]
    numbers += [pl.Series(f"{name}_alone", _alone(found)) for name, found in people.items()]
    gone = ("claim_key", "patient_key", "billing_provider_npi", "rendering_provider_npi", "payer_name")
    return frame.drop(gone).with_columns(numbers)


def _worded(series: pl.Series) -> pl.Series:
    """A text column with few values as an enumeration of them, in their order."""
    return series.cast(pl.Enum(series.unique().drop_nulls().sort()))


def _numbers() -> list[pl.Expr]:
    units = pl.col("billed_unit_tenths")
    denied = (pl.col("adjudication_state") == "denied").fill_null(False)
    return [
        month_number("service_month").alias("_month"),
        (pl.col("anesthesia_minutes") * 1000).round().cast(pl.Int64).alias("minutes_thousandths"),
        (pl.col("medicare_allowed") * MICRO).round().cast(pl.Int64).alias("medicare_micro"),
        (pl.col("allowed_per_unit") * HUNDRED_MILLIONTHS).round().cast(pl.Int64).alias("unit_price_fine"),
        pl.col("adjudication_state").is_in(["paid", "denied", "zero_pay_other"]).alias("is_adjudicated"),
        (denied & can_answer("denials")).alias("is_denied"),
        pl.col("is_paid_line").fill_null(False),
        pl.col("is_priced").fill_null(False),
        pl.col("is_unit_priced").fill_null(False),
        pl.col("medicare_is_national").fill_null(False),
        pl.when(can_answer("denials", "first_denials")).then(pl.col("initially_denied").fill_null(False)),
        pl.when(can_answer("timeliness")).then("first_submitted_on"),
        *answers(),
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
    *("prior_authorization_denial", "remark_codes", "paid_cents", "allowed_cents"),
    *("has_prior_authorization", "chain_source", "reversed_paid_cents"),
    *("deductible_cents", "coinsurance_cents", "copay_cents", "network", "is_paid_line", "is_priced"),
    *("is_unit_priced", "medicare_allowed", "medicare_is_national", "allowed_per_unit", CANNOT),
)
"""Columns of a current line that some table reads."""
IS_COUNTED: Final = (pl.col("standing") == "current") & (pl.col("role") == "P")
"""Current primary lines: those that make a row."""


def current_lines(lines: pl.LazyFrame, further: Sequence[str] = ()) -> pl.DataFrame:
    """Current primary lines with the columns that tables read and further ones, in the order of patients; an
    empty line of business is `other`.

    The order makes counting distinct patients cheap.
    """
    # in one chunk: strings scattered over a buffer per partition are slow to gather
    held = lines.filter(IS_COUNTED).select(*LINE_INPUT, *further).collect().rechunk()
    return (
        held.sort(pl.col("patient_key").hash(), maintain_order=True)
        .lazy()
        .with_columns(
            pl.col("line_of_business").fill_null("other"),
            pl.col("care_model").fill_null("unspecified"),
            *_numbers(),
        )
        .drop("service_month", "anesthesia_minutes", CANNOT)
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


def open_analysis(
    lines: pl.LazyFrame,
    as_of: date,
    rules: Rules,
    reference: ReferenceTables,
    owners: Mapping[str, str] | None = None,
    rolling_from: date | None = None,
    only: frozenset[Period] | None = None,
) -> AnalysisLines:
    """Read resolved lines once for all tables.

    `owners` (billing NPI -> owner) makes several billing providers of one owner one provider where prices are
    protected; published counts of providers stay counts of NPIs. `only`: the periods to be told.
    """
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(other_lines, lines)
        frame = _described(current_lines(lines), reference, owners or {})
        others = counting.result()
    rolling = rolling_start(frame.get_column("_month").to_numpy(), as_of, rules.mature_days)
    if rolling_from is not None:
        rolling = month_of(rolling_from)
    calendar = Calendar(as_of, rules.mature_days, rolling, only)
    frame, values = ranked(frame)
    return AnalysisLines(frame, others, calendar, rules, values)


def _described(frame: pl.DataFrame, reference: ReferenceTables, owners: Mapping[str, str]) -> pl.DataFrame:
    """Current lines with what payers say they pay, days, identities and the facts of their cases."""
    frame = with_expected(frame, reference)
    # payers' rules ask for the state itself: only now is an empty one a key like another
    frame = frame.with_columns(pl.col("state", "place_of_service", "patient_sex").fill_null("unknown"))
    frame = frame.with_columns(_worded(frame.get_column(name)) for name in KEY_COLUMNS)
    frame = with_case_facts(with_identities(with_intervals(frame), owners))
    frame = with_expected_allowed(frame)
    return frame.with_columns(pl.col("allowed_per_unit_payer_rules").is_not_null().alias("has_payer_rules"))
