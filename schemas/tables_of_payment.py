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
    percentile_measures,
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
    "What payers allowed and paid. Counts and amounts are of priced lines; a row exists if any line was paid",
    FIVE_KEYS,
    (
        *population(),
        count(
            "unit_priced_lines",
            "Priced lines that have units and a share, so that they have a price per unit",
            _N,
            n_of="price_trend",
        ),
        count("out_of_network_lines", "Paid lines out of network; they have no price here", "_paid_lines"),
        count("nsa_lines", "Paid lines under the No Surprises Act; they have no price here", "_paid_lines"),
        total("charge_sum", "Sum of charges of priced lines", source="SV102"),
        price_sum(
            "allowed_sum", "Sum of allowed amounts", "priced", _N, "allowed_mean", "AMT*B6, else derived"
        ),
        price_sum(
            "paid_sum",
            "Sum of paid amounts, with what payers paid to patients",
            "priced",
            _N,
            "paid_mean",
            "SVC03, PR-100",
        ),
        owed_sum(
            "patient_responsibility_sum",
            "Sum of what patients owe: deductible, coinsurance and copay",
            "priced",
            _N,
        ),
        owed_sum("deductible_sum", "Sum of deductibles", "priced", _N, "PR-1"),
        owed_sum("coinsurance_sum", "Sum of coinsurance", "priced", _N, "PR-2"),
        owed_sum("copay_sum", "Sum of copays", "priced", _N, "PR-3"),
        price_mean("allowed_mean", "Allowed amount per line, mean", "USD", "priced", _N),
        *percentile_measures("allowed", "Allowed amount per line", "USD", "priced", *_TAILS),
        price_mean("paid_mean", "Paid amount per line, mean", "USD", "priced", _N),
        *percentile_measures("paid", "Paid amount per line", "USD", "priced", 50),
        price_mean(
            "allowed_per_unit_mean",
            "Allowed amount per unit: allowed / (billed units x share), mean",
            UNIT_PRICE,
            "unit_priced",
            "unit_priced_lines",
        ),
        *percentile_measures(
            "allowed_per_unit",
            "Allowed amount per unit: allowed / (billed units x share), the conversion factor that "
            "the payment implies",
            UNIT_PRICE,
            "unit_priced",
            *_TAILS,
        ),
        *percentile_measures(
            "allowed_per_unit_payer_rules",
            "Allowed amount per unit, with units and share as the payer's own published rules say",
            UNIT_PRICE,
            "payer_rules",
            50,
        ),
        count(
            "payer_rules_lines",
            "Unit-priced lines whose payer's rules are known: the lines behind "
            "allowed_per_unit_payer_rules_p50",
            "unit_priced_lines",
        ),
        price_sum(
            "medicare_allowed_sum",
            "Sum of Medicare's price for the same units",
            "unit_priced",
            "_ratio_lines",
        ),
        RATIO_TO_MEDICARE,
        count(
            "national_price_lines",
            "Unit-priced lines whose Medicare price uses the national conversion factor, not the locality's",
            "unit_priced_lines",
        ),
        Measure(
            real("allowed_to_charge", "Sum of allowed amounts divided by the sum of charges", "ratio"),
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
    "What payers allowed for a whole case, physician and nurse anesthetist together",
    FIVE_KEYS,
    (
        *population(),
        count(
            "complete_cases",
            "Cases with one AA or QZ line, or with one QK or QY line and one QX line, all with a "
            "price per unit from one payer",
            "cases",
            "cases",
        ),
        count("incomplete_cases", "Cases that are not complete", "cases", "cases"),
        count(
            "unpaired_directed_cases",
            "Directed cases of which the files lack one half: a QK or QY line without QX, or a QX "
            "line without QK, QY or AD",
            "cases",
            "cases",
        ),
        count(
            "supervised_cases",
            "Cases with an AD line (a physician who supervises more than four cases)",
            "cases",
            "cases",
            n_of="modifiers",
        ),
        price_mean(
            "allowed_per_case_mean",
            "Allowed amount per complete case, mean",
            "USD",
            "complete_case",
            "complete_cases",
        ),
        *percentile_measures(
            "allowed_per_case",
            "Allowed amount per complete case",
            "USD",
            "complete_case",
            25,
            50,
            75,
            needs=("complete_cases",),
        ),
        average(
            "units_per_case_mean",
            "Units per complete case: base units once, and the time units of the longest line; mean",
            "units",
            "complete_cases",
        ),
        *percentile_measures(
            "allowed_per_unit_case",
            "Allowed amount per unit of the complete case",
            UNIT_PRICE,
            "complete_case",
            50,
            needs=("complete_cases",),
        ),
    ),
)

TIMELINESS: Final = TableSpec(
    "timeliness",
    "How many days submission and payment took. Counts are of adjudicated lines",
    FIVE_KEYS,
    (
        *population(),
        percentile(
            "days_to_submit_p50", "Days from service to first submission, median", "days", "_submit_lines"
        ),
        percentile(
            "days_to_submit_p90",
            "Days from service to first submission, 90th percentile",
            "days",
            "_submit_lines",
        ),
        percentile(
            "days_to_first_remit_p50",
            "Days from first submission to first answer, median",
            "days",
            "_remit_lines",
        ),
        percentile(
            "days_to_first_remit_p90",
            "Days from first submission to first answer, 90th percentile",
            "days",
            "_remit_lines",
        ),
        percentile(
            "days_to_payment_p50",
            "Days from first submission to first payment, median",
            "days",
            "_payment_lines",
        ),
        percentile(
            "days_to_payment_p90",
            "Days from first submission to first payment, 90th percentile",
            "days",
            "_payment_lines",
        ),
        percentile(
            "days_to_final_p50", "Days from first submission to final answer, median", "days", "_final_lines"
        ),
        rate(
            "first_pass_paid_rate",
            "Lines whose first answer paid or allowed something, divided by adjudicated lines",
            "_first_paid_lines",
            "_answering_lines",
        ),
        Measure(
            date("paid_through", "Latest payment date of a final answer in this row", "BPR16"),
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
    "Lines without an answer, or with an answer to an earlier version of the bill only, by age on "
    "the as-of date",
    (
        *FIVE_KEYS,
        text(
            "age_band", "Days from the first submission to the as-of date: 0-30, 31-60, 61-90 or 91+"
        ).required(),
    ),
    (*population(), total("charge_sum", "Sum of charges", source="SV102")),
)

CONTRACT_VARIANCE: Final = TableSpec(
    "contract_variance",
    "Unit-priced lines compared with the dollars per unit of your own contracts, if "
    "config/contracts.csv gives them",
    FIVE_KEYS,
    (
        *population(),
        price_sum(
            "expected_allowed_sum",
            "Sum of what the contracts allow: units x share x dollars per unit",
            "unit_priced",
            _N,
        ),
        price_sum("allowed_sum", "Sum of what payers allowed for the same lines", "unit_priced", _N),
        count(
            "underpaid_lines",
            "Lines for which the payer allowed less than the contract says, by more than a cent",
            _N,
        ),
        price_sum(
            "underpaid_sum", "Sum of what is missing on the underpaid lines", "unit_priced", "underpaid_lines"
        ),
        count(
            "overpaid_lines",
            "Lines for which the payer allowed more than the contract says, by more than a cent",
            _N,
        ),
    ),
    internal_only=True,
)
