"""The current primary lines as the tables read them: identities as numbers, words as codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from schemas.reference import ReferenceTables
from schemas.rules import ALL, Rules
from transforms.rules_in_force import with_expected
from transforms.tables.answering import CANNOT, with_answers
from transforms.tables.cases import with_case_facts
from transforms.tables.cube import (
    CASE_CELL,
    CELL,
    CELL_COLUMNS,
    MONTH,
    UNKNOWN,
    Finest,
    Flags,
    Ids,
    enumerated,
    number_keys,
)
from transforms.tables.diagnosis_facts import with_diagnosis_facts
from transforms.tables.expected_allowed import median_prices, with_expected_allowed
from transforms.tables.intervals import with_intervals
from transforms.tables.periods import Calendar, Period, month_number, month_of, rolling_start

MICRO: Final = 1_000_000
"""Medicare's price is summed in whole millionths of a dollar: exact for factors of four decimals."""
HUNDRED_MILLIONTHS: Final = 100_000_000
"""Prices per unit are summed in whole hundred-millionths of a dollar, so that no order of adding shows."""

_WORDS: Final = (
    *("procedure_code", "payer", "line_of_business", "care_model", "state", "place_of_service"),
    *("billing_provider_npi", "rendering_provider_npi", "payer_name", "patient_sex"),
    *("modifier_1", "modifier_2", "modifier_3", "modifier_4", "surgical_procedure_code"),
    *("diagnosis_1", "diagnosis_2", "diagnosis_3", "diagnosis_4", "adjudication_state", "network"),
    *("first_denial_group", "first_denial_carc", "denial_group", "denial_carc", "remark_codes"),
    *("chain_source", CANNOT),
)
"""Text columns of a current line that some table reads: kept as codes, since their values are few."""
NUMBERS: Final = (
    *("service_date", "charge_cents", "age_at_service", "minutes_suspect", "has_prior_authorization"),
    *("base_units", "time_unit_tenths", "billed_unit_tenths", "share", "first_submitted_on"),
    *("first_remit_on", "first_paid_on", "final_remit_on", "first_paid", "initially_denied"),
    *("prior_authorization_denial", "paid_cents", "reversed_paid_cents", "allowed_cents"),
    *("deductible_cents", "coinsurance_cents", "copay_cents", "is_paid_line", "is_priced"),
    *("is_unit_priced", "medicare_is_national", "allowed_per_unit", "anesthesia_minutes", "medicare_allowed"),
)
"""Other columns of a current line that some table reads."""
_KEYS: Final = (
    *(*CELL_COLUMNS, "care_model", "state", "place_of_service", "patient_sex", "surgical_procedure_code"),
    *("diagnosis", "region", "theme", "billing_provider_npi", "rendering_provider_npi", "_owners"),
)
"""Words that rows are counted by."""
IS_COUNTED: Final = (pl.col("standing") == "current") & (pl.col("role") == "P")
"""Current primary lines: those that make a row."""
Keep = Callable[[pl.DataFrame], pl.LazyFrame]
"""Where the described lines of a part of the analysis are kept until they are read."""


@dataclass(frozen=True)
class _Part:
    """Some of the lines; `cells`: their finest cells without a breakdown, which `_cell` of a line counts."""

    lines: pl.LazyFrame
    cells: Finest


@dataclass(frozen=True)
class AnalysisLines:
    """Current primary lines, one row each, with what every table needs; counts of the others.

    `parts`: the lines, divided so that no patient is in two of them. All lines of a claim and of a case are
    of one patient.
    """

    parts: Sequence[_Part]
    others: pl.DataFrame
    calendar: Calendar
    rules: Rules


def dense(hashes: pl.Series, others: pl.Series) -> Ids:
    """Number distinct values from 0 by two hashes of each. The numbers have no meaning of their own."""
    first, second = hashes.to_numpy(), others.to_numpy()
    order = np.argsort(first)
    new = np.diff(first[order], prepend=~first[order[:1]]) != 0
    if (~new[1:] & (np.diff(second[order]) != 0)).any():  # one hash is not enough to tell them apart
        order = np.lexsort((second, first))
        new = np.ones(len(order), dtype=bool)
        new[1:] = (np.diff(first[order]) != 0) | (np.diff(second[order]) != 0)
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[order] = np.cumsum(new) - 1
    return numbers


def _alone(numbers: Ids) -> Flags:
    """Rows that share their number with no other row."""
    alone: Flags = np.bincount(numbers)[numbers] == 1
    return alone


def with_identities(frame: pl.DataFrame, owners: Mapping[str, str]) -> pl.DataFrame:
    """Replace claims and patients by dense numbers, `_claims` and `_patients`, and add `_owners`; `..._alone`
    says that no other line has the same claim or patient. Grain unchanged.
    """
    made = []
    for name in ("claim", "patient"):
        numbers = dense(frame.get_column(f"{name}_hash"), frame.get_column(f"{name}_check"))
        made += [
            pl.Series(f"_{name}s", numbers, dtype=pl.Int64),
            pl.Series(f"_{name}s_alone", _alone(numbers)),
        ]
    billing = pl.col("billing_provider_npi")
    owner = billing.cast(pl.String).replace(dict(owners)).cast(pl.Categorical) if owners else billing
    gone = ("claim_hash", "claim_check", "patient_hash", "patient_check", "payer_name")
    return frame.drop(gone).with_columns(*made, owner.alias("_owners"))


def _computed() -> list[pl.Expr]:
    units = pl.col("billed_unit_tenths")
    state = pl.col("adjudication_state")
    denied = (state == "denied").fill_null(False)
    return [
        (pl.col("anesthesia_minutes") * 1000).round().cast(pl.Int64).alias("minutes_thousandths"),
        (pl.col("medicare_allowed") * MICRO).round().cast(pl.Int64).alias("medicare_micro"),
        (pl.col("allowed_per_unit") * HUNDRED_MILLIONTHS).round().cast(pl.Int64).alias("unit_price_fine"),
        state.is_in(["paid", "denied", "zero_pay_other"]).alias("is_adjudicated"),
        (denied & pl.col("answers_denials")).alias("is_denied"),
        pl.col("is_paid_line", "is_priced", "is_unit_priced", "medicare_is_national").fill_null(False),
        pl.when("answers_first_denials").then(pl.col("initially_denied").fill_null(False)),
        pl.when("answers_timeliness").then("first_submitted_on"),
        pl.when(units > 0).then(pl.col("allowed_cents") / (units * 10)).alias("allowed_per_billed_unit"),
    ]


def counted_lines(lines: pl.LazyFrame, further: Sequence[str] = ()) -> pl.LazyFrame:
    """Current primary lines with the columns that tables read and further ones; an empty line of business is
    `other`. Claims and patients are told by two hashes each (`claim_hash`, `claim_check`, ...).
    """
    empty = {"line_of_business": "other", "care_model": "unspecified"}
    filled = [pl.col(name).fill_null(empty[name]) if name in empty else pl.col(name) for name in _WORDS]
    words = (word.cast(pl.Categorical) for word in filled)
    hashes = [
        pl.col(f"{name}_key").hash(seed).alias(f"{name}_{told}")
        for name in ("claim", "patient")
        for seed, told in enumerate(("hash", "check"))
    ]
    month = month_number("service_month").alias(MONTH)
    return lines.filter(IS_COUNTED).select(*words, *NUMBERS, *hashes, month, *further)


def lines_in_force(lines: pl.LazyFrame, further: Sequence[str] = ()) -> pl.DataFrame:
    """Counted lines with what follows from their columns alone; minutes in thousandths."""
    return _with_computed(counted_lines(lines, further).collect())


def _with_computed(counted: pl.DataFrame) -> pl.DataFrame:
    return with_answers(counted).with_columns(_computed()).drop("medicare_allowed", "anesthesia_minutes")


def other_lines(lines: pl.LazyFrame) -> pl.DataFrame:
    """Counts of secondary lines, voided and replaced claims by code, payer, line of business and month."""
    return (
        lines.filter((pl.col("standing") == "secondary") | pl.col("voided_claim") | pl.col("replaced_claim"))
        .with_columns(month_number("service_month").alias(MONTH))
        .group_by(*CELL_COLUMNS, MONTH)
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
    parts: Sequence[pl.LazyFrame] = (),
    keep: Keep = pl.DataFrame.lazy,
) -> AnalysisLines:
    """Read resolved lines once for all tables.

    `owners` (billing NPI -> owner) makes several billing providers of one owner one provider where prices are
    protected; published counts of providers stay counts of NPIs. `only`: the periods to be told. `parts`:
    `counted_lines` of them, divided so that no patient is in two; without them all are one part.
    """
    owned = owners or {}
    with ThreadPoolExecutor(1) as pool:
        aside = pool.submit(lambda: (other_lines(lines), median_prices(lines.filter(IS_COUNTED), owned)))
        described = []
        for part in parts or [counted_lines(lines)]:
            frame = _described(_with_computed(part.collect()), reference, owned)
            others, medians = aside.result()
            described.append(_part(with_expected_allowed(frame, medians), keep))
    months = np.concatenate([part.cells.codes[-1] for part in described])
    rolling = rolling_start(months, as_of, rules.mature_days)
    if rolling_from is not None:
        rolling = month_of(rolling_from)
    return AnalysisLines(described, others, Calendar(as_of, rules.mature_days, rolling, only), rules)


def _described(frame: pl.DataFrame, reference: ReferenceTables, owners: Mapping[str, str]) -> pl.DataFrame:
    """Current lines with payers' rules, days, identities, diagnoses and the facts of their cases."""
    frame = with_expected(frame, reference)
    # payers' rules ask for the state itself: only now is an empty one a key like another
    frame = frame.with_columns(
        pl.col("state", "place_of_service", "patient_sex").fill_null(UNKNOWN),
        pl.col("allowed_per_unit_payer_rules").is_not_null().alias("has_payer_rules"),
    )
    frame = with_identities(with_intervals(frame), owners)
    return with_case_facts(with_diagnosis_facts(frame, reference))


def _part(frame: pl.DataFrame, keep: Keep) -> _Part:
    """Described lines by number of their finest cell and of that of their case, words as enumerations.

    A case of several payers or lines of business stands where all its lines are: in a cell of `all`.
    """
    frame = frame.with_columns(enumerated(frame.get_column(name)) for name in _KEYS)
    one = {name: pl.col(f"_is_of_one_{name}") for name in CELL_COLUMNS[1:]}
    is_wide = frame.select(pl.col("_is_complete") & ~pl.all_horizontal(one.values())).to_series()
    keys = frame.select(*CELL_COLUMNS, MONTH)
    if is_wide.any():
        words = pl.col(CELL_COLUMNS).cast(pl.String)
        wide = frame.filter(is_wide).with_columns(words)
        wide = wide.with_columns(
            pl.when(is_one).then(name).otherwise(pl.lit(ALL)).alias(name) for name, is_one in one.items()
        )
        keys = pl.concat([keys.with_columns(words), wide.select(keys.columns)])
    numbers, cells = number_keys(keys)
    cell, case = numbers[: len(frame)], numbers[: len(frame)].copy()
    case[is_wide.to_numpy()] = numbers[len(frame) :]
    told = [pl.Series(name, found, dtype=pl.Int32) for name, found in ((CELL, cell), (CASE_CELL, case))]
    return _Part(keep(frame.drop(MONTH).with_columns(told)), cells)
