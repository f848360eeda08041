"""The published tables: grain, columns, units and what each number rests on (contract of the published
tables).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandera.polars as pa
import polars as pl

from schemas.columns import Column, pandera_schema, real, text, whole
from schemas.table_columns import (
    FIVE_KEYS,
    IS_MATURE,
    IS_ROLLUP,
    SHARE_OF_LINES,
    SUPPRESSION,
    UNIT_PRICE,
    Basis,
    Measure,
    count,
    population,
    price,
    price_sum,
    price_tail,
    rate,
    statistic,
    total,
)


@dataclass(frozen=True)
class TableSpec:
    """One published table: what a row is, its keys and its measures, in column order."""

    name: str
    what: str
    keys: tuple[Column, ...]
    measures: tuple[Measure, ...]
    has_status: bool = True

    @property
    def key_names(self) -> list[str]:
        """Names of the key columns; rows are sorted by them."""
        return [column.name for column in self.keys]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every published column in order: keys, is_rollup, counts of N, maturity and suppression, the
        rest.
        """
        if not self.has_status:
            return (*self.keys, *(m.column for m in self.measures))
        head = [m for m in self.measures if m.kind == "population" or m.name == "billing_providers"]
        rest = [m for m in self.measures if m not in head]
        return (
            *self.keys,
            IS_ROLLUP,
            *(m.column for m in head),
            IS_MATURE,
            *SUPPRESSION,
            *(m.column for m in rest),
        )

    def measures_of(self, *kinds: str) -> tuple[Measure, ...]:
        """Measures of some kinds."""
        return tuple(m for m in self.measures if m.kind in kinds)

    def schema(self) -> pa.DataFrameSchema:
        """Strict, ordered pandera schema; keys are unique."""
        return pandera_schema(self.name, self.columns, unique=self.key_names)


def _percentiles(
    stem: str, what: str, unit: str, basis: Basis, *percents: int, rests_on: str = ""
) -> tuple[Measure, ...]:
    rests = (rests_on,) if rests_on else ()
    made = []
    for percent in percents:
        maker = price_tail if percent in (10, 90) else price
        words = f"{what}, {'median' if percent == 50 else f'{percent}th percentile'}"
        made.append(maker(f"{stem}_p{percent}", words, unit, basis, *rests))
    return tuple(made)


UTILIZATION: Final = TableSpec(
    "utilization",
    "What was billed: current primary service lines",
    FIVE_KEYS,
    (
        *population(),
        Measure(whole("rendering_providers", "Distinct rendering providers", "providers"), "providers"),
        statistic("minutes_sum", "Anesthesia minutes", "minutes", "_minutes_lines"),
        statistic("minutes_mean", "Minutes per line that has them", "minutes", "_minutes_lines"),
        statistic("minutes_p25", "Minutes, 25th percentile", "minutes", "_minutes_lines"),
        statistic("minutes_p50", "Minutes, median", "minutes", "_minutes_lines"),
        statistic("minutes_p75", "Minutes, 75th percentile", "minutes", "_minutes_lines"),
        statistic("billed_units_sum", "Base and time units", "units", "_units_lines"),
        statistic("billed_units_mean", "Base and time units per line that has them", "units", "_units_lines"),
        total("charge_sum", "Charges", source="SV102"),
        count(
            "adjudicated_lines", "Lines whose final adjudication paid, denied or paid zero", "service_lines"
        ),
        rate("adjudicated_share", "Adjudicated lines of all lines", "adjudicated_lines", "service_lines"),
        count("pending_lines", "Lines without an answer, or awaiting one to a changed bill", "service_lines"),
        count("reversed_lines", "Lines whose every adjudication was reversed", "service_lines"),
        count("suspect_minutes_lines", "Lines with minutes outside the plausible range", "service_lines"),
        count("secondary_lines", "Secondary and tertiary lines with these keys (not in any other count)", ""),
        count("voided_claims", "Claims voided, with these keys (not in any other count)", "", "claims"),
        count("replaced_claims", "Claims replaced, with these keys (not in any other count)", "", "claims"),
    ),
)

_OF_PRICED = ("service_lines",)
_OF_UNIT_PRICED = ("unit_priced_lines",)

PAYMENT: Final = TableSpec(
    "payment",
    "What was allowed and paid; N, sums and amounts are over priced lines. A row stands where a line was "
    "paid",
    FIVE_KEYS,
    (
        *population("_all_lines"),
        count("unit_priced_lines", "Priced lines with units and a share", "service_lines"),
        count("out_of_network_lines", "Paid lines out of network (no price)", "_paid_lines"),
        count("nsa_lines", "Paid lines under the No Surprises Act (no price)", "_paid_lines"),
        total("charge_sum", "Charges of priced lines", source="SV102"),
        price_sum("allowed_sum", "Allowed", "priced", source="AMT*B6, else derived"),
        price_sum("paid_sum", "Paid, with what was paid to the patient", "priced", source="SVC03, PR-100"),
        price_sum("patient_responsibility_sum", "Deductible, coinsurance and copay", "priced"),
        price_sum("deductible_sum", "Deductible", "priced", source="PR-1"),
        price_sum("coinsurance_sum", "Coinsurance", "priced", source="PR-2"),
        price_sum("copay_sum", "Copay", "priced", source="PR-3"),
        price("allowed_mean", "Allowed per line, mean", "USD", "priced"),
        *_percentiles("allowed", "Allowed per line", "USD", "priced", 10, 25, 50, 75, 90),
        price("paid_mean", "Paid per line, mean", "USD", "priced"),
        price("paid_p50", "Paid per line, median", "USD", "priced"),
        price("allowed_per_unit_mean", "Allowed per billed unit and share, mean", UNIT_PRICE, "unit_priced"),
        *_percentiles(
            "allowed_per_unit",
            "Allowed per billed unit and share (implied conversion factor)",
            UNIT_PRICE,
            "unit_priced",
            10,
            25,
            50,
            75,
            90,
        ),
        price(
            "allowed_per_unit_payer_rules_p50",
            "Allowed per expected unit and share under the payer's own stated rules, median",
            UNIT_PRICE,
            "unit_priced",
            "_payer_rules_lines",
        ),
        price_sum("medicare_allowed_sum", "Medicare's price of the same units", "unit_priced"),
        price(
            "ratio_to_national_medicare",
            "Allowed over Medicare's price of the same units, sums over lines that have both",
            "ratio",
            "unit_priced",
        ),
        price("allowed_to_charge", "Allowed over charged, sums", "ratio", "priced"),
    ),
)

CARE_MODELS: Final = TableSpec(
    "care_models",
    "Who gave the anesthesia, by the pricing modifier of the line",
    (
        *FIVE_KEYS,
        text(
            "care_model",
            "personally_performed AA, crna_alone QZ, directed_physician QK QY, directed_crna QX, "
            "supervised AD,"
            " unspecified, conflict",
        ).required(),
    ),
    (
        *population("_all_lines"),
        SHARE_OF_LINES,
        count("priced_lines", "Priced lines", "service_lines"),
        *_percentiles(
            "allowed_per_unit", "Allowed per billed unit and share", UNIT_PRICE, "unit_priced", 25, 50, 75
        ),
        Measure(
            real(
                "observed_share",
                "Median of allowed per billed unit over that of personally_performed in the same cell",
                "share",
            ),
            "price",
            bases=("unit_priced", "reference"),
        ),
        price("ratio_to_national_medicare", "Allowed over Medicare's price, sums", "ratio", "unit_priced"),
        statistic("minutes_p50", "Minutes, median", "minutes", "_minutes_lines"),
    ),
)

DENIALS: Final = TableSpec(
    "denials",
    "What was denied; N is over adjudicated lines",
    FIVE_KEYS,
    (
        *population("_all_lines"),
        count("denied_lines", "Lines whose final adjudication is a denial", "service_lines"),
        rate("denial_rate", "Denied lines of adjudicated lines", "denied_lines", "service_lines"),
        count("initially_denied_lines", "Lines whose first adjudication was a denial", "service_lines"),
        rate(
            "initial_denial_rate",
            "Initially denied lines of adjudicated lines",
            "initially_denied_lines",
            "service_lines",
        ),
        count("overturned_lines", "Lines denied first and paid in the end", "initially_denied_lines"),
        count("prior_auth_denied_lines", "Lines denied for want of prior authorization", "denied_lines"),
        total("denied_charge_sum", "Charges of denied lines", "denied_lines", source="SV102"),
        count(
            "zero_pay_other_lines",
            "Lines paid zero that are no denial: capitation, duplicate, full write-off",
            "service_lines",
        ),
    ),
)

_QUALITY_KEYS: Final = (
    text("payer", "Payer as mapped; all: roll-up; unknown: the file or row names none").required(),
    text("period_type", "month; undated where no month is known").required(),
    Column(
        "period_start", pl.Date(), "First day of the month; of payment for remittances without service date"
    ),
    text("source", "claim_lines, remit_lines or file").required(),
    text("rule_code", "Rule of the count; all: everything of the source").required(),
)


def _quality(name: str, description: str, of: str, unit: str = "rows") -> Measure:
    return count(name, description, of, unit)


DATA_QUALITY: Final = TableSpec(
    "data_quality",
    "What was read, kept and refused, by payer and month",
    _QUALITY_KEYS,
    (
        _quality("rows_read", "Rows read", ""),
        _quality("in_scope", "Rows with a code in scope", "rows_read"),
        _quality("accepted", "Rows accepted", "in_scope"),
        _quality("quarantined", "Rows quarantined", "rows_read"),
        _quality("repaired", "Values repaired where the repair is certain", "rows_read"),
        _quality("rejected_files", "Files rejected as a whole", "", "files"),
        _quality("unbalanced_lines", "Current lines whose charge less adjustments is not paid", "", "lines"),
        _quality("unlinked_remits", "Remit lines that meet no claim line", "accepted"),
        _quality("ambiguous_remits", "Remit lines that meet more than one claim line", "accepted"),
        _quality("crossover_remits", "Secondary remit lines without a secondary claim", "accepted"),
        _quality("unmatched_reversals", "Reversals that found nothing to cancel", "accepted"),
        _quality("allowed_conflicts", "Current lines whose given and derived allowed differ", "", "lines"),
        _quality(
            "doubtful_line_of_business_lines",
            "Current lines whose claim and remittance point to different lines of business",
            "",
            "lines",
        ),
        _quality(
            "unmapped_payer_lines", "Accepted claim lines of a payer that is not mapped", "accepted", "lines"
        ),
    ),
)

TABLES: Final = {spec.name: spec for spec in (UTILIZATION, PAYMENT, CARE_MODELS, DENIALS, DATA_QUALITY)}
"""Published tables by name, in the order in which they are described."""
