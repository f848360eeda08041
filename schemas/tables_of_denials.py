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
    count("denied_lines", "Lines whose final adjudication is a denial", "_answering_lines"),
    rate("denial_rate", "Denied lines of adjudicated lines", "denied_lines", "_answering_lines"),
)
_PRIOR_AUTH_DENIED: Final = count(
    "prior_auth_denied_lines", "Lines denied for want of prior authorization", "denied_lines"
)

DENIALS: Final = TableSpec(
    "denials",
    "What was denied; N is over adjudicated lines",
    FIVE_KEYS,
    (
        *population(),
        *_DENIED,
        count(
            "initially_denied_lines", "Lines whose first adjudication was a denial", "_first_answering_lines"
        ),
        rate(
            "initial_denial_rate",
            "Initially denied of adjudicated lines",
            "initially_denied_lines",
            "_first_answering_lines",
        ),
        count("overturned_lines", "Lines denied first and paid in the end", "initially_denied_lines"),
        count(
            "overturned_by_correction_lines",
            "Of those, paid on a corrected claim: another version, or a claim that names the first",
            "overturned_lines",
        ),
        count(
            "overturned_by_resubmission_lines",
            "Of those, paid on a new claim that names none and continues the first",
            "overturned_lines",
        ),
        count(
            "overturned_by_payer_lines",
            "Of those, paid with no further submission: the payer changed its answer",
            "overturned_lines",
        ),
        _PRIOR_AUTH_DENIED,
        total("denied_charge_sum", "Charges of denied lines", "denied_lines", "SV102"),
        expected_sum(
            "denied_allowed_sum",
            "Denied lines at the payer's own median price per unit of the year; lines without one left out",
            "_denied_told_lines",
        ),
        expected_sum(
            "recovered_allowed_sum",
            "Overturned lines at the payer's own median price per unit of the year",
            "_recovered_told_lines",
        ),
        count(
            "zero_pay_other_lines",
            "Lines paid zero that are no denial: capitation, duplicate, full write-off",
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
    total("charge_sum", "Charges of denied lines", source="SV102"),
    rate("share_of_denied", "Of all denied lines of the same five keys", _N, "_denied_lines"),
)
_TOP_RARC: Final = Measure(
    text("top_rarc", "Most frequent remark code of the cell (ties: lowest)", "LQ*HE"),
    "statistic",
    "none",
    needs=("_top_rarc_lines",),
)
_FIRST_REASON: Final = (
    count("initially_denied_lines", "Adjudicated lines first denied for this reason", ""),
    count("overturned_lines", "Of those, paid in the end", "initially_denied_lines"),
    rate("overturn_rate", "Overturned of initially denied", "overturned_lines", "initially_denied_lines"),
)
_HELPERS: Final = (
    helper("_denied_lines", "Denied lines of the same five keys", ""),
    helper("_top_rarc_lines", "Lines that carry the most frequent remark code", ""),
)

DENIAL_REASONS: Final = TableSpec(
    "denial_reasons",
    "Why lines were denied; N is over denied lines, by the reason of the final denial",
    (
        *FIVE_KEYS,
        text("group_code", "Group of the adjustment", "CAS01").required(),
        text("carc", "Claim adjustment reason code", "CAS02").required(),
        text("carc_name", "The reason in short words of our own; not in the list: none there").required(),
    ),
    (
        *_BY_REASON,
        fact(text("denial_category", "Category of the reason; unclassified: not in the list")),
        _TOP_RARC,
        *_FIRST_REASON,
    ),
    _HELPERS,
)

DENIAL_CATEGORIES: Final = TableSpec(
    "denial_categories",
    "Why lines were denied, by category of reasons; N is over denied lines, by the final denial",
    (
        *FIVE_KEYS,
        text("denial_category", "Category of the reason; unclassified: not in the list").required(),
    ),
    (*_BY_REASON, _TOP_RARC, *_FIRST_REASON),
    _HELPERS,
)

AUTHORIZATIONS: Final = TableSpec(
    "authorizations",
    "Denials of claims with and without a prior authorization number; N is over adjudicated lines",
    (
        *FIVE_KEYS,
        text(
            "authorization", "present or absent: a prior authorization number on the claim", "REF*G1"
        ).required(),
    ),
    (
        *population(),
        *_DENIED,
        _PRIOR_AUTH_DENIED,
        rate(
            "prior_auth_denial_rate",
            "Lines denied for want of prior authorization, of adjudicated lines",
            "prior_auth_denied_lines",
            "_answering_lines",
        ),
    ),
    (_ANSWERING,),
)
