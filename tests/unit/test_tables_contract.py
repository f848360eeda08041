"""Every published table has the keys and measures that the contract lists (section 6), by these names."""

from __future__ import annotations

import pytest

from schemas.tables import TABLES

FIVE = "procedure_code payer line_of_business period_type period_start"
N = "claims service_lines cases patients billing_providers is_mature withheld"
UNIT = "allowed_per_unit"
DENIED = "denied_lines denial_rate"
REASONS = "charge_sum share_of_denied top_rarc initially_denied_lines overturned_lines overturn_rate"
LISTED = {
    "utilization": (
        "",
        f"{N} rendering_providers minutes_sum minutes_mean minutes_p25 minutes_p50 minutes_p75"
        " billed_units_sum billed_units_mean charge_sum adjudicated_lines adjudicated_share pending_lines"
        " reversed_lines suspect_minutes_lines secondary_lines voided_claims replaced_claims",
    ),
    "payment": (
        "",
        f"{N} unit_priced_lines out_of_network_lines nsa_lines charge_sum allowed_sum paid_sum"
        " patient_responsibility_sum deductible_sum coinsurance_sum copay_sum allowed_mean allowed_p10"
        " allowed_p25 allowed_p50 allowed_p75 allowed_p90 paid_mean paid_p50 allowed_per_unit_mean"
        f" {UNIT}_p10 {UNIT}_p25 {UNIT}_p50 {UNIT}_p75 {UNIT}_p90 allowed_per_unit_payer_rules_p50"
        " medicare_allowed_sum ratio_to_national_medicare allowed_to_charge",
    ),
    "case_payment": (
        "",
        "cases complete_cases incomplete_cases unpaired_directed_cases supervised_cases allowed_per_case_mean"
        " allowed_per_case_p25 allowed_per_case_p50 allowed_per_case_p75 units_per_case_mean"
        " allowed_per_unit_case_p50 patients billing_providers",
    ),
    "care_models": (
        "care_model",
        f"{N} share_of_lines priced_lines {UNIT}_p25 {UNIT}_p50 {UNIT}_p75 observed_share"
        f" ratio_to_national_medicare minutes_p50 {DENIED}",
    ),
    "modifiers": ("modifier modifier_name", f"{N} share_of_lines priced_lines {UNIT}_p50 {DENIED}"),
    "sites": (
        "place_of_service site_name",
        f"{N} share_of_lines priced_lines allowed_p50 {UNIT}_p50 minutes_p50 {DENIED}",
    ),
    "denials": (
        "",
        f"{N} {DENIED} initially_denied_lines initial_denial_rate overturned_lines prior_auth_denied_lines"
        " denied_charge_sum denied_allowed_sum recovered_allowed_sum overturned_by_correction_lines"
        " overturned_by_resubmission_lines overturned_by_payer_lines zero_pay_other_lines",
    ),
    "denial_reasons": ("group_code carc carc_name", f"{N} denial_category {REASONS}"),
    "denial_categories": ("denial_category", f"{N} {REASONS}"),
    "timeliness": (
        "",
        f"{N} days_to_submit_p50 days_to_submit_p90 days_to_first_remit_p50 days_to_first_remit_p90"
        " days_to_payment_p50 days_to_payment_p90 days_to_final_p50 first_pass_paid_rate paid_through",
    ),
    "open_claims": ("age_band", f"{N} charge_sum"),
    "procedures": (
        "surgical_procedure_code",
        f"{N} share_of_lines priced_lines allowed_p50 minutes_p50 {DENIED} region_conflict",
    ),
    "diagnoses": ("diagnosis region", f"{N} share_of_lines region_conflict_lines {DENIED}"),
    "states": (
        "state",
        f"{N} share_of_lines priced_lines {UNIT}_p50 ratio_to_national_medicare denial_rate",
    ),
    "demographics": ("age_band sex", f"{N} share_of_lines minutes_p50"),
    "authorizations": ("authorization", f"{N} {DENIED} prior_auth_denied_lines prior_auth_denial_rate"),
    "clinical_themes": ("theme", f"{N} share_of_lines {DENIED} priced_lines {UNIT}_p50 minutes_p50"),
    "price_trend": (
        "",
        f"{N} {UNIT}_p50 {UNIT}_p50_year_ago change_on_year price_index price_index_low price_index_high",
    ),
    "collections": (
        "",
        f"{N} expected_allowed_sum paid_sum patient_responsibility_sum net_collection_rate open_allowed_sum"
        " days_in_receivables reversed_paid_sum",
    ),
    "contract_variance": (
        "",
        f"{N} expected_allowed_sum allowed_sum underpaid_lines underpaid_sum overpaid_lines",
    ),
}
OWN_KEYS = {
    "freshness": (
        "source payer",
        "last_service_date last_submitted_on last_payment_date files usual_days_between days_since is_late",
    ),
    "payer_rules": (
        "rule scope_plan scope_state scope_lob effective_from",
        "effective_to value applied source confidence",
    ),
}
BEYOND = {
    "payment": {"national_price_lines", "payer_rules_lines"},
    "case_payment": {"claims", "service_lines", "is_mature", "withheld"},
}
"""Columns of ours that the contract does not list: on how many lines a number rests, and the rest of N."""


@pytest.mark.parametrize("table", LISTED)
def test_a_table_has_the_keys_and_measures_of_the_contract_and_no_others(table: str) -> None:
    keys, measures = (text.split() for text in LISTED[table])
    spec = TABLES[table]
    assert spec.key_names == [*FIVE.split(), *keys]
    columns = {column.name for column in spec.columns} - {*spec.key_names, "is_rollup"}
    assert columns == {*measures, *BEYOND.get(table, set())}


@pytest.mark.parametrize("table", OWN_KEYS)
def test_tables_with_keys_of_their_own(table: str) -> None:
    keys, measures = (text.split() for text in OWN_KEYS[table])
    spec = TABLES[table]
    assert set(keys) <= set(spec.key_names)
    assert {column.name for column in spec.columns} >= {*keys, *measures}


def test_no_table_of_the_contract_is_missing_and_none_is_beside_it() -> None:
    assert set(TABLES) == {*LISTED, *OWN_KEYS, "release_changes", "data_quality"}
