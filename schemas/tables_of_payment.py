"""Published tables of what payers answered: paid, denied, when, and what stands open."""

from __future__ import annotations

from typing import Final

from schemas.columns import date, real, text
from schemas.table_columns import (
    FIVE_KEYS,
    UNIT_PRICE,
    Measure,
    TableSpec,
    answering,
    average,
    count,
    helper,
    owed_sum,
    percentile,
    percentiles,
    population,
    price_mean,
    price_sum,
    rate,
    total,
)
from schemas.tables_of_lines import RATIO_LINES, RATIO_TO_MEDICARE

_N: Final = "service_lines"
_TAILS: Final = (10, 25, 50, 75, 90)

PAYMENT: Final = TableSpec(
    "payment",
    "What was allowed and paid: N, sums and amounts over priced lines; a row stands where a line was paid",
    FIVE_KEYS,
    (
        *population(),
        count("unit_priced_lines", "Priced lines with units and a share", _N, n_of="price_trend"),
        count("out_of_network_lines", "Paid lines out of network (no price)", "_paid_lines"),
        count("nsa_lines", "Paid lines under the No Surprises Act (no price)", "_paid_lines"),
        total("charge_sum", "Charges of priced lines", source="SV102"),
        price_sum("allowed_sum", "Allowed", "priced", _N, "allowed_mean", "AMT*B6, else derived"),
        price_sum(
            "paid_sum",
            "Paid, with what was paid to the patient",
            "priced",
            _N,
            "paid_mean",
            "SVC03, PR-100",
        ),
        owed_sum("patient_responsibility_sum", "Deductible, coinsurance and copay", "priced", _N),
        owed_sum("deductible_sum", "Deductible", "priced", _N, "PR-1"),
        owed_sum("coinsurance_sum", "Coinsurance", "priced", _N, "PR-2"),
        owed_sum("copay_sum", "Copay", "priced", _N, "PR-3"),
        price_mean("allowed_mean", "Allowed per line, mean", "USD", "priced", _N),
        *percentiles("allowed", "Allowed per line", "USD", "priced", *_TAILS),
        price_mean("paid_mean", "Paid per line, mean", "USD", "priced", _N),
        *percentiles("paid", "Paid per line", "USD", "priced", 50),
        price_mean(
            "allowed_per_unit_mean",
            "Allowed per billed unit and share, mean",
            UNIT_PRICE,
            "unit_priced",
            "unit_priced_lines",
        ),
        *percentiles(
            "allowed_per_unit",
            "Allowed per billed unit and share (implied conversion factor)",
            UNIT_PRICE,
            "unit_priced",
            *_TAILS,
        ),
        *percentiles(
            "allowed_per_unit_payer_rules",
            "Allowed per expected unit and share under the payer's own stated rules",
            UNIT_PRICE,
            "payer_rules",
            50,
        ),
        count(
            "payer_rules_lines",
            "Unit-priced lines whose payer's rules are known: those of allowed_per_unit_payer_rules_p50",
            "unit_priced_lines",
        ),
        price_sum(
            "medicare_allowed_sum", "Medicare's price of the same units", "unit_priced", "_ratio_lines"
        ),
        RATIO_TO_MEDICARE,
        count(
            "national_price_lines",
            "Unit-priced lines whose Medicare price is at the national factor",
            "unit_priced_lines",
        ),
        Measure(
            real("allowed_to_charge", "Allowed over charged, sums", "ratio"),
            "ratio",
            "ratio",
            parts=("allowed_sum", "charge_sum"),
            bases=("priced",),
        ),
    ),
    (helper("_paid_lines", "Paid lines, priced or not", ""), RATIO_LINES),
)

CASE_PAYMENT: Final = TableSpec(
    "case_payment",
    "What a whole case was allowed: physician and nurse anesthetist together, over complete cases",
    FIVE_KEYS,
    (
        *population(),
        count(
            "complete_cases",
            "One AA or QZ line, or one QK or QY line with one QX line, all unit-priced by one payer",
            "cases",
            "cases",
        ),
        count("incomplete_cases", "Cases that are not complete", "cases", "cases"),
        count(
            "unpaired_directed_cases",
            "A QK or QY line and no QX, or a QX line and none of QK, QY, AD",
            "cases",
            "cases",
        ),
        count("supervised_cases", "Cases with an AD line", "cases", "cases", n_of="modifiers"),
        price_mean(
            "allowed_per_case_mean", "Allowed per case, mean", "USD", "complete_case", "complete_cases"
        ),
        *percentiles(
            "allowed_per_case",
            "Allowed per case",
            "USD",
            "complete_case",
            25,
            50,
            75,
            needs=("complete_cases",),
        ),
        average(
            "units_per_case_mean", "Base units and the longest line's time units", "units", "complete_cases"
        ),
        *percentiles(
            "allowed_per_unit_case",
            "Allowed per unit of the case",
            UNIT_PRICE,
            "complete_case",
            50,
            needs=("complete_cases",),
        ),
    ),
)

TIMELINESS: Final = TableSpec(
    "timeliness",
    "How long submission and payment took, in days; N is over adjudicated lines",
    FIVE_KEYS,
    (
        *population(),
        percentile("days_to_submit_p50", "Service to first submission, median", "days", "_submit_lines"),
        percentile("days_to_submit_p90", "The same, 90th percentile", "days", "_submit_lines"),
        percentile(
            "days_to_first_remit_p50", "First submission to first answer, median", "days", "_remit_lines"
        ),
        percentile("days_to_first_remit_p90", "The same, 90th percentile", "days", "_remit_lines"),
        percentile(
            "days_to_payment_p50", "First submission to first payment, median", "days", "_payment_lines"
        ),
        percentile("days_to_payment_p90", "The same, 90th percentile", "days", "_payment_lines"),
        percentile("days_to_final_p50", "First submission to final answer, median", "days", "_final_lines"),
        rate(
            "first_pass_paid_rate",
            "Lines whose first answer paid or allowed something, of adjudicated lines",
            "_first_paid_lines",
            "_answering_lines",
        ),
        Measure(
            date("paid_through", "Latest payment date of a final answer in the cell", "BPR16"),
            "statistic",
            "month",
            needs=(_N,),
        ),
    ),
    (
        helper("_submit_lines", "Lines with days to submission", _N),
        helper("_remit_lines", "Lines with days to the first answer", _N),
        helper("_payment_lines", "Lines with days to the first payment", _N),
        helper("_final_lines", "Lines with days to the final answer", _N),
        helper("_first_paid_lines", "Lines whose first answer paid", "_answering_lines"),
        answering("_answering_lines", "Adjudicated lines that can answer how long it took", _N),
    ),
)

OPEN_CLAIMS: Final = TableSpec(
    "open_claims",
    "Lines without an answer, or awaiting one to a changed bill, by age at the as-of date",
    (*FIVE_KEYS, text("age_band", "Days since first submission: 0-30, 31-60, 61-90, 91+").required()),
    (*population(), total("charge_sum", "Charges", source="SV102")),
)

CONTRACT_VARIANCE: Final = TableSpec(
    "contract_variance",
    "Unit-priced lines against the dollars per unit of your own contracts; only where you give them",
    FIVE_KEYS,
    (
        *population(),
        price_sum("expected_allowed_sum", "Units x share x contract dollars per unit", "unit_priced", _N),
        price_sum("allowed_sum", "Allowed on the same lines", "unit_priced", _N),
        count("underpaid_lines", "Lines allowed more than a cent less than the contract says", _N),
        price_sum("underpaid_sum", "What they were short of", "unit_priced", "underpaid_lines"),
        count("overpaid_lines", "Lines allowed more than a cent more than the contract says", _N),
    ),
    internal_only=True,
)
