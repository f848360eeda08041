"""The named queries: what the pages, the views of the DuckDB file and the questions read.

A view is one table, some of its columns and a condition in SQL. Polars and DuckDB read the same condition,
so that a page and a query cannot disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from transforms.publication.shown_edition import ShownPeriod

_WINDOW: Final = "period_type = '{kind}' AND period_start = DATE '{start}'"
"""The rolling twelve months; for an audience that has none, its last year."""
_CODE: Final = "procedure_code = '{code}'"
OWN: Final = (
    "((payer = 'medicare' AND line_of_business = 'medicare_ffs')"
    " OR (payer <> 'medicare' AND line_of_business = 'commercial'))"
)
"""Prices of a payer are never mixed over lines of business: commercial, for Medicare fee for service."""
EACH_LINE: Final = "line_of_business <> 'all'"
_ALL_LINES: Final = "line_of_business = 'all'"
ALL_OR_OWN: Final = f"{_ALL_LINES} OR {OWN} OR (payer = 'all' AND line_of_business = 'commercial')"
"""Shares of all lines, prices of the own line of business."""


@dataclass(frozen=True)
class View:
    """A named query over one published table."""

    name: str
    question: str
    table: str
    columns: tuple[str, ...]
    where: tuple[str, ...]

    def condition(self, code: str, window: ShownPeriod) -> str:
        """The condition as SQL that DuckDB and Polars both read."""
        joined = " AND ".join(f"({part})" for part in self.where)
        start = window.start.isoformat()
        return joined.format(code=code.replace("'", "''"), kind=window.kind, start=start)


def _view(name: str, question: str, table: str, columns: str, *where: str) -> View:
    return View(name, question, table, tuple(columns.split()), where)


_COUNTS: Final = "claims service_lines cases patients billing_providers is_mature withheld"
_SPREAD: Final = (
    "allowed_per_unit_p10 allowed_per_unit_p25 allowed_per_unit_p50 allowed_per_unit_p75 allowed_per_unit_p90"
)

VIEWS: Final[Mapping[str, View]] = {
    view.name: view
    for view in (
        _view(
            "v_volume",
            "How much is billed?",
            "utilization",
            f"{_COUNTS} adjudicated_lines adjudicated_share minutes_p50 charge_sum",
            _CODE,
        ),
        _view(
            "v_price_by_payer",
            "What does each payer allow for a unit, against Medicare?",
            "payment",
            f"{_COUNTS} unit_priced_lines {_SPREAD} ratio_to_national_medicare",
            _CODE,
            _WINDOW,
            OWN,
        ),
        _view(
            "v_price_by_lob",
            "How do prices differ by line of business?",
            "payment",
            f"{_COUNTS} unit_priced_lines {_SPREAD} ratio_to_national_medicare",
            _CODE,
            _WINDOW,
            EACH_LINE,
        ),
        _view(
            "v_price_by_code",
            "How does the code compare with its family?",
            "payment",
            f"{_COUNTS} unit_priced_lines {_SPREAD} ratio_to_national_medicare",
            _WINDOW,
            "payer = 'all'",
            "line_of_business = 'commercial'",
        ),
        _view(
            "v_price_trend",
            "How do prices move by month?",
            "payment",
            f"{_COUNTS} unit_priced_lines {_SPREAD} ratio_to_national_medicare",
            _CODE,
            "period_type IN ('month', 'quarter')",
            OWN,
        ),
        _view(
            "v_price_index",
            "Do prices move when the mix of care models and sites is held fixed?",
            "price_trend",
            f"{_COUNTS} allowed_per_unit_p50 allowed_per_unit_p50_year_ago change_on_year"
            " price_index price_index_low price_index_high",
            _CODE,
            OWN,
        ),
        _view(
            "v_medicare_ratio",
            "How many times Medicare's price is allowed?",
            "payment",
            f"{_COUNTS} unit_priced_lines allowed_sum medicare_allowed_sum ratio_to_national_medicare",
            _CODE,
            _WINDOW,
            EACH_LINE,
        ),
        _view(
            "v_case_price",
            "What is a whole case allowed?",
            "case_payment",
            "cases complete_cases incomplete_cases unpaired_directed_cases supervised_cases patients"
            " billing_providers is_mature withheld allowed_per_case_mean allowed_per_case_p25"
            " allowed_per_case_p50 allowed_per_case_p75 units_per_case_mean allowed_per_unit_case_p50",
            _CODE,
            _WINDOW,
            EACH_LINE,
        ),
        _view(
            "v_care_models",
            "What is paid under each care model?",
            "care_models",
            f"{_COUNTS} share_of_lines priced_lines allowed_per_unit_p25 allowed_per_unit_p50"
            " allowed_per_unit_p75 observed_share ratio_to_national_medicare minutes_p50"
            " denied_lines denial_rate",
            _CODE,
            "period_type IN ('rolling_12', 'year', 'quarter')",
            "line_of_business <> 'all' OR payer = 'all'",
        ),
        _view(
            "v_modifiers",
            "Which modifiers are billed, and how are they paid?",
            "modifiers",
            f"modifier_name {_COUNTS} share_of_lines priced_lines allowed_per_unit_p50 denied_lines"
            " denial_rate",
            _CODE,
            _WINDOW,
            ALL_OR_OWN,
        ),
        _view(
            "v_sites",
            "Where is the service given, and how is it paid there?",
            "sites",
            f"site_name {_COUNTS} share_of_lines priced_lines allowed_p50 allowed_per_unit_p50 minutes_p50"
            " denied_lines denial_rate",
            _CODE,
            _WINDOW,
            ALL_OR_OWN,
        ),
        _view(
            "v_procedures",
            "Which procedures is the anesthesia for?",
            "procedures",
            f"{_COUNTS} share_of_lines priced_lines allowed_p50 minutes_p50 denied_lines denial_rate"
            " region_conflict",
            _CODE,
            _WINDOW,
            ALL_OR_OWN,
        ),
        _view(
            "v_diagnoses",
            "Which diagnoses stand first, and do they fit the region?",
            "diagnoses",
            f"{_COUNTS} share_of_lines region_conflict_lines denied_lines denial_rate",
            _CODE,
            _WINDOW,
            _ALL_LINES,
        ),
        _view(
            "v_themes",
            "What is the clinical context?",
            "clinical_themes",
            f"{_COUNTS} share_of_lines denied_lines denial_rate priced_lines allowed_per_unit_p50"
            " minutes_p50",
            _CODE,
            _WINDOW,
            ALL_OR_OWN,
        ),
        _view(
            "v_denials",
            "How many lines are denied at first, and in the end?",
            "denials",
            f"{_COUNTS} denied_lines denial_rate initially_denied_lines initial_denial_rate overturned_lines"
            " prior_auth_denied_lines denied_charge_sum denied_allowed_sum recovered_allowed_sum"
            " zero_pay_other_lines",
            _CODE,
            _ALL_LINES,
        ),
        _view(
            "v_denial_reasons",
            "Why are lines denied?",
            "denial_reasons",
            f"carc_name {_COUNTS} charge_sum share_of_denied denial_category top_rarc initially_denied_lines"
            " overturned_lines overturn_rate",
            _CODE,
            _WINDOW,
            _ALL_LINES,
        ),
        _view(
            "v_denial_categories",
            "Which kinds of reasons are denials given for?",
            "denial_categories",
            f"{_COUNTS} charge_sum share_of_denied initially_denied_lines overturned_lines overturn_rate",
            _CODE,
            _WINDOW,
            _ALL_LINES,
        ),
        _view(
            "v_overturned",
            "How are denials won back?",
            "denials",
            f"{_COUNTS} initially_denied_lines overturned_lines overturned_by_correction_lines"
            " overturned_by_resubmission_lines overturned_by_payer_lines recovered_allowed_sum",
            _CODE,
            _WINDOW,
            _ALL_LINES,
        ),
        _view(
            "v_authorization",
            "Are claims with a prior authorization number denied less often?",
            "authorizations",
            f"{_COUNTS} denied_lines denial_rate prior_auth_denied_lines prior_auth_denial_rate",
            _CODE,
            _WINDOW,
            _ALL_LINES,
        ),
        _view(
            "v_days",
            "How long does payment take?",
            "timeliness",
            f"{_COUNTS} days_to_submit_p50 days_to_submit_p90 days_to_first_remit_p50 days_to_first_remit_p90"
            " days_to_payment_p50 days_to_payment_p90 days_to_final_p50 first_pass_paid_rate paid_through",
            _CODE,
            _ALL_LINES,
        ),
        _view(
            "v_open_claims",
            "Which claims stand open, and how old are they?",
            "open_claims",
            f"{_COUNTS} charge_sum",
            _CODE,
            "period_type IN ('quarter', 'year')",
            _ALL_LINES,
        ),
        _view(
            "v_collections",
            "How much of what is expected was collected?",
            "collections",
            f"{_COUNTS} expected_allowed_sum paid_sum patient_responsibility_sum net_collection_rate"
            " open_allowed_sum days_in_receivables reversed_paid_sum",
            _CODE,
            _WINDOW,
            _ALL_LINES,
        ),
        _view(
            "v_contract_variance",
            "Are lines paid as the contract says?",
            "contract_variance",
            f"{_COUNTS} expected_allowed_sum allowed_sum underpaid_lines underpaid_sum overpaid_lines",
            _CODE,
            _WINDOW,
            EACH_LINE,
        ),
        _view(
            "v_states",
            "Where in the country is it billed?",
            "states",
            f"{_COUNTS} share_of_lines priced_lines allowed_per_unit_p50 ratio_to_national_medicare"
            " denial_rate",
            _CODE,
            _WINDOW,
            ALL_OR_OWN,
        ),
        _view(
            "v_people",
            "Who are the patients, by age and sex?",
            "demographics",
            f"{_COUNTS} share_of_lines minutes_p50",
            _CODE,
            _WINDOW,
            _ALL_LINES,
        ),
    )
}
"""Views by name; the keys of the table come first in each."""

SAID_VS_SEEN: Final = "v_said_vs_seen"
SAID_VS_SEEN_QUESTION: Final = "Is a nurse anesthetist working alone paid the share that the payer says?"
SAID_VS_SEEN_SQL: Final = f"""
SELECT seen.payer, seen.line_of_business, seen.period_type, seen.period_start, rule.rule, rule.scope_plan,
  rule.scope_state, rule.value AS said, rule.effective_from, rule.effective_to, rule.applied,
  seen.observed_share AS seen, seen.priced_lines, seen.is_mature, rule.source, rule.confidence
FROM care_models AS seen
JOIN payer_rules AS rule ON rule.payer = seen.payer AND rule.scope_lob IN ('all', seen.line_of_business)
WHERE seen.{_CODE} AND seen.care_model = 'crna_alone' AND seen.line_of_business <> 'all'
  AND seen.period_type IN ('rolling_12', 'year', 'quarter') AND rule.rule = 'qz_percent'
  AND (rule.effective_from IS NULL OR rule.effective_from <= seen.period_start)
  AND (rule.effective_to IS NULL OR rule.effective_to >= CASE seen.period_type
    WHEN 'quarter' THEN seen.period_start + INTERVAL 3 MONTH ELSE seen.period_start + INTERVAL 1 YEAR END
    - INTERVAL 1 DAY)
"""
"""Only periods that lie wholly inside the rule (contract section 6)."""
