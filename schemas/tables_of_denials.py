"""Published tables of what payers denied, why, and what became of it."""

from __future__ import annotations

from typing import Final

from schemas.columns import text
from schemas.table_columns import (
    FIVE_KEYS,
    Measure,
    TableSpec,
    answering,
    count,
    expected_sum,
    fact,
    helper,
    population,
    rate,
    total,
)

_N: Final = "service_lines"
_ANSWERING: Final = answering("_answering_lines", "Adjudicated lines that can answer what was denied", _N)
_FIRST_ANSWERING: Final = answering(
    "_first_answering_lines", "Adjudicated lines that can answer what was denied at first", _N
)
_DENIED: Final = (
    count("denied_lines", "Lines whose final answer is a denial", "_answering_lines"),
    rate("denial_rate", "Denied lines divided by adjudicated lines", "denied_lines", "_answering_lines"),
)
_PRIOR_AUTH_DENIED: Final = count(
    "prior_auth_denied_lines",
    "Lines denied because prior authorization was missing or did not fit",
    "denied_lines",
)

DENIALS: Final = TableSpec(
    "denials",
    "What payers denied, at first and in the end. Counts are of adjudicated lines",
    FIVE_KEYS,
    (
        *population(),
        *_DENIED,
        count("initially_denied_lines", "Lines whose first answer was a denial", "_first_answering_lines"),
        rate(
            "initial_denial_rate",
            "Lines denied at first, divided by adjudicated lines",
            "initially_denied_lines",
            "_first_answering_lines",
        ),
        count("overturned_lines", "Lines denied at first and paid in the end", "initially_denied_lines"),
        count(
            "overturned_by_correction_lines",
            "Overturned lines paid on a corrected claim: another version of it, or a claim that names it",
            "overturned_lines",
        ),
        count(
            "overturned_by_resubmission_lines",
            "Overturned lines paid on a new claim for the same service that names no earlier claim",
            "overturned_lines",
        ),
        count(
            "overturned_by_payer_lines",
            "Overturned lines paid without another submission, because the payer changed its answer",
            "overturned_lines",
        ),
        _PRIOR_AUTH_DENIED,
        total("denied_charge_sum", "Sum of charges of denied lines", "denied_lines", "SV102"),
        expected_sum(
            "denied_allowed_sum",
            "Denied lines valued at the payer's own median price per unit of the year; lines without "
            "such a price are left out",
            "_denied_told_lines",
        ),
        expected_sum(
            "recovered_allowed_sum",
            "Overturned lines valued at the payer's own median price per unit of the year",
            "_recovered_told_lines",
        ),
        count(
            "zero_pay_other_lines",
            "Lines paid zero that are not denied: capitation, duplicates, or the whole charge written off",
            "_answering_lines",
        ),
    ),
    (
        _ANSWERING,
        _FIRST_ANSWERING,
        helper("_denied_told_lines", "Denied lines with a published median price", ""),
        helper("_recovered_told_lines", "Overturned lines with a published median price", ""),
    ),
)

_BY_REASON: Final = (
    *population(),
    total("charge_sum", "Sum of charges of denied lines", source="SV102"),
    rate(
        "share_of_denied",
        "Denied lines of this row divided by all denied lines of the same code, "
        "payer, line of business and period",
        _N,
        "_denied_lines",
    ),
)
_TOP_RARC: Final = Measure(
    text("top_rarc", "Most frequent remark code of this row; the lowest code in a tie", "LQ*HE"),
    "statistic",
    "none",
    needs=("_top_rarc_lines",),
)
_FIRST_REASON: Final = (
    count("initially_denied_lines", "Adjudicated lines whose first answer denied them for this reason", ""),
    count(
        "overturned_lines",
        "Lines denied at first for this reason and paid in the end",
        "initially_denied_lines",
    ),
    rate(
        "overturn_rate",
        "Overturned lines divided by lines denied at first",
        "overturned_lines",
        "initially_denied_lines",
    ),
)
_HELPERS: Final = (
    helper("_denied_lines", "Denied lines of the same five keys", ""),
    helper("_top_rarc_lines", "Lines that carry the most frequent remark code", ""),
)

DENIAL_REASONS: Final = TableSpec(
    "denial_reasons",
    "Why payers denied lines. Counts are of denied lines, by the reason of the final denial",
    (
        *FIVE_KEYS,
        text("group_code", "Group code of the adjustment, such as CO or PR", "CAS01").required(),
        text("carc", "Claim adjustment reason code (CARC)", "CAS02").required(),
        text(
            "carc_name", "What the reason means, in short; `not in the list` if the reference data lack it"
        ).required(),
    ),
    (
        *_BY_REASON,
        fact(
            text(
                "denial_category",
                "Category of the reason; unclassified if the reference data lack the reason",
            )
        ),
        _TOP_RARC,
        *_FIRST_REASON,
    ),
    _HELPERS,
)

DENIAL_CATEGORIES: Final = TableSpec(
    "denial_categories",
    "Why payers denied lines, by category of reasons. Counts are of denied lines, by the final denial",
    (
        *FIVE_KEYS,
        text(
            "denial_category", "Category of the reason; unclassified if the reference data lack the reason"
        ).required(),
    ),
    (*_BY_REASON, _TOP_RARC, *_FIRST_REASON),
    _HELPERS,
)

AUTHORIZATIONS: Final = TableSpec(
    "authorizations",
    "Denials of claims with and without a prior authorization number. Counts are of adjudicated lines",
    (
        *FIVE_KEYS,
        text(
            "authorization", "Whether the claim has a prior authorization number: present or absent", "REF*G1"
        ).required(),
    ),
    (
        *population(),
        *_DENIED,
        _PRIOR_AUTH_DENIED,
        rate(
            "prior_auth_denial_rate",
            "Lines denied because of prior authorization, divided by adjudicated lines",
            "prior_auth_denied_lines",
            "_answering_lines",
        ),
    ),
    (_ANSWERING,),
)
