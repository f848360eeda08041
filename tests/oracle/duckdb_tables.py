"""Published tables over resolved lines, once more, in SQL (contract, section 6): no suppression, no rounding.

Every query gives a table's keys and measures under their published names. A line is repeated for each cell it
counts in: four period types, its payer and `all`, its line of business and `all`.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
from duckdb_cells import (
    ALLOWED_P50,
    DENIED,
    KEYS,
    MINUTES_P50,
    RATIO,
    UNIT_P50,
    cells_of,
    people,
    percentiles,
    some,
)
from duckdb_denials import AUTHORIZATIONS, DENIALS, denied_by
from duckdb_prices import (
    COLLECTIONS,
    CONTRACT_VARIANCE,
    CONTRACTED,
    EXPECTED,
    OWED,
    OWING,
    RULED,
    RULES,
    STATUSES,
)
from duckdb_trend import TREND

MATURE_DAYS = 90

LINES = """
CREATE TABLE line AS
SELECT row_number() OVER () AS number, state AS stated,
  trim(regexp_replace(upper(payer_name), '[^A-Z0-9]+', ' ', 'g')) AS plan,
  procedure_code, payer, coalesce(line_of_business, 'other') AS line_of_business,
  service_month, service_date, claim_key, patient_key, billing_provider_npi, rendering_provider_npi,
  charge_cents, share, [d FOR d IN [diagnosis_1, diagnosis_2, diagnosis_3, diagnosis_4] IF d IS NOT NULL]
    AS diagnoses,
  coalesce(diagnosis_1[1:3], 'unknown') AS diagnosis, diagnosis_1,
  coalesce(place_of_service, 'unknown') AS place_of_service,
  coalesce(state, 'unknown') AS state,
  coalesce(patient_sex, 'unknown') AS sex,
  coalesce(care_model, 'unspecified') AS care_model,
  surgical_procedure_code,
  list_distinct([m FOR m IN [modifier_1, modifier_2, modifier_3, modifier_4] IF m IS NOT NULL]) AS carried,
  CASE WHEN age_at_service IS NULL THEN 'unknown' WHEN age_at_service < 18 THEN '0-17'
    WHEN age_at_service < 40 THEN '18-39' WHEN age_at_service < 65 THEN '40-64'
    WHEN age_at_service < 75 THEN '65-74' ELSE '75+' END AS age_group,
  anesthesia_minutes AS minutes, coalesce(minutes_suspect, FALSE) AS minutes_suspect,
  base_units, time_unit_tenths, billed_unit_tenths, billed_unit_tenths / 10 AS units,
  adjudication_state,
  coalesce(adjudication_state IN ('paid', 'denied', 'zero_pay_other'), FALSE) AS adjudicated,
  coalesce(adjudication_state = 'denied', FALSE) AS denied,
  coalesce(adjudication_state IN ('pending', 'awaiting_readjudication'), FALSE) AS waiting,
  first_submitted_on, first_remit_on, first_paid_on, final_remit_on,
  coalesce(first_paid, FALSE) AS first_paid,
  coalesce(initially_denied, FALSE) AS initially_denied,
  first_denial_group, first_denial_carc, denial_group, denial_carc,
  coalesce(prior_authorization_denial, FALSE) AS prior_authorization_denial, remark_codes,
  coalesce(chain_source, 'none') AS chain_source,
  CASE WHEN has_prior_authorization THEN 'present' ELSE 'absent' END AS authorization_number,
  paid_cents, reversed_paid_cents, allowed_cents, deductible_cents, coinsurance_cents, copay_cents, network,
  coalesce(is_paid_line, FALSE) AS is_paid, coalesce(is_priced, FALSE) AS priced,
  coalesce(is_unit_priced, FALSE) AS unit_priced,
  coalesce(is_unit_priced, FALSE) AND medicare_allowed IS NOT NULL AS has_ratio,
  medicare_allowed, coalesce(medicare_is_national, FALSE) AS at_national_price, allowed_per_unit
FROM resolved
WHERE standing = 'current' AND role = 'P'
"""

OTHERS = """
CREATE TABLE other_line AS
SELECT procedure_code, payer, line_of_business, service_month, standing = 'secondary' AS secondary,
  voided_claim, replaced_claim
FROM resolved
WHERE standing = 'secondary' OR voided_claim OR replaced_claim
"""

CASES = """
CREATE TABLE one_case AS
SELECT patient_key, service_date, procedure_code,
  count(*) AS lines_of_case, bool_and(unit_priced)
    AND ((count(*) = 1 AND bool_and(care_model IN ('personally_performed', 'crna_alone')))
      OR (count(*) = 2 AND count_if(care_model = 'directed_physician') = 1
        AND count_if(care_model = 'directed_crna') = 1)) AS complete,
  bool_or(care_model = 'supervised') AS supervised,
  count_if(care_model = 'directed_physician') AS physicians,
  count_if(care_model = 'directed_crna') AS crnas,
  sum(allowed_cents) AS case_cents,
  max(base_units) + max(time_unit_tenths) / 10 AS case_units
FROM line
GROUP BY ALL
"""

PERIODS = """
CREATE TABLE period AS
WITH month AS (
  SELECT DISTINCT service_month FROM line UNION SELECT DISTINCT service_month FROM other_line
), rolling AS (
  SELECT coalesce(
    max(service_month) FILTER (last_day(service_month) <= $as_of - $mature),
    max(service_month)) - INTERVAL 11 MONTH AS first_month
  FROM line
), placed AS (
  SELECT service_month, 'month' AS period_type, service_month AS period_start, 1 AS months FROM month
  UNION ALL SELECT service_month, 'quarter', date_trunc('quarter', service_month), 3 FROM month
  UNION ALL SELECT service_month, 'year', date_trunc('year', service_month), 12 FROM month
  UNION ALL SELECT service_month, 'rolling_12', first_month, 12 FROM month, rolling
    WHERE service_month >= first_month AND service_month < first_month + INTERVAL 12 MONTH
)
SELECT service_month, period_type, period_start::DATE AS period_start,
  last_day((period_start + to_months(months - 1))::DATE) <= $as_of - $mature AS is_mature
FROM placed
"""


DIAGNOSED = """
CREATE TABLE diagnosed AS
WITH code AS (SELECT DISTINCT unnest(diagnoses) AS code FROM line)
SELECT code, region, fits_codes, theme FROM code JOIN spine ON starts_with(code, icd10_prefix)
QUALIFY row_number() OVER (PARTITION BY code ORDER BY length(icd10_prefix) DESC) = 1
"""

DIAGNOSED_LINES = """
CREATE TABLE line_region AS
SELECT line.*, coalesce(first.region, 'unknown') AS region,
  coalesce((
    SELECT arg_min(theme, list_position(line.diagnoses, code)) FROM diagnosed
    WHERE list_contains(line.diagnoses, code) AND theme IS NOT NULL
  ), 'unknown') AS theme,
  len(diagnoses) > 0 AND EXISTS (
    FROM diagnosed WHERE list_contains(line.diagnoses, code) AND fits_codes IS NOT NULL
  ) AND NOT EXISTS (
    FROM diagnosed WHERE list_contains(line.diagnoses, code) AND contains(fits_codes, line.procedure_code)
  ) AS conflict
FROM line LEFT JOIN diagnosed AS first ON first.code = diagnosis_1
"""


UTILIZATION = f"""
WITH own AS (
  SELECT {KEYS}, {people()},
    count(DISTINCT rendering_provider_npi) AS rendering_providers,
    sum(minutes) AS minutes_sum, avg(minutes) AS minutes_mean,
    {percentiles("minutes", "minutes", "TRUE", 25, 50, 75)},
    sum(billed_unit_tenths) / 10 AS billed_units_sum, avg(billed_unit_tenths) / 10 AS billed_units_mean,
    {some("charge_cents")} AS charge_sum,
    count_if(adjudicated) AS adjudicated_lines, count_if(adjudicated) / count(*) AS adjudicated_share,
    count_if(waiting) AS pending_lines,
    count_if(coalesce(adjudication_state = 'reversed', FALSE)) AS reversed_lines,
    count_if(minutes_suspect) AS suspect_minutes_lines
  FROM cell GROUP BY {KEYS}
), beside AS (
  SELECT {KEYS}, count_if(secondary) AS secondary_lines, count_if(voided_claim) AS voided_claims,
    count_if(replaced_claim) AS replaced_claims
  FROM other_cell GROUP BY {KEYS}
)
SELECT own.*, coalesce(secondary_lines, 0) AS secondary_lines, coalesce(voided_claims, 0) AS voided_claims,
  coalesce(replaced_claims, 0) AS replaced_claims
FROM own LEFT JOIN beside USING ({KEYS})
"""

BY_RULES = f"""
SELECT {KEYS}, count(*) AS rule_lines, {percentiles("by_rules", "allowed_per_unit_payer_rules", "TRUE", 50)}
FROM rule_cell GROUP BY {KEYS}
"""
PAYMENT = f"""
WITH by_rules AS ({BY_RULES}), own AS (
SELECT {KEYS}, {people("priced")},
  count_if(unit_priced) AS unit_priced_lines,
  count_if(unit_priced AND at_national_price) AS national_price_lines,
  count_if(coalesce(network = 'out_of_network', FALSE)) AS out_of_network_lines,
  count_if(coalesce(network = 'nsa', FALSE)) AS nsa_lines,
  {some("charge_cents", "priced")} AS charge_sum, {some("allowed_cents", "priced")} AS allowed_sum,
  {some("paid_cents", "priced")} AS paid_sum,
  {some(OWED, "priced")} AS patient_responsibility_sum,
  {some("deductible_cents", "priced")} AS deductible_sum,
  {some("coinsurance_cents", "priced")} AS coinsurance_sum, {some("copay_cents", "priced")} AS copay_sum,
  avg(allowed_cents) FILTER (priced) / 100 AS allowed_mean,
  {percentiles("allowed_cents / 100", "allowed", "priced", 10, 25, 50, 75, 90)},
  avg(paid_cents) FILTER (priced) / 100 AS paid_mean,
  {percentiles("paid_cents / 100", "paid", "priced", 50)},
  avg(allowed_per_unit) FILTER (unit_priced) AS allowed_per_unit_mean,
  {percentiles("allowed_per_unit", "allowed_per_unit", "unit_priced", 10, 25, 50, 75, 90)},
  sum(medicare_allowed) FILTER (has_ratio) AS medicare_allowed_sum, {RATIO},
  sum(allowed_cents) FILTER (priced) / nullif(sum(charge_cents) FILTER (priced), 0) AS allowed_to_charge
FROM cell WHERE is_paid GROUP BY {KEYS}
)
SELECT * EXCLUDE (rule_lines), coalesce(rule_lines, 0) AS payer_rules_lines
FROM own LEFT JOIN by_rules USING ({KEYS})
"""

CASE_PAYMENT = f"""
WITH placed AS (
  SELECT *, complete AND lines_of_case = count(*) OVER (PARTITION BY {KEYS}, patient_key, service_date)
    AS whole
  FROM cell JOIN one_case USING (patient_key, service_date, procedure_code)
), own AS (
  SELECT {KEYS}, {people()},
    count(DISTINCT (patient_key, service_date)) FILTER (whole) AS complete_cases,
    count(DISTINCT (patient_key, service_date)) FILTER (NOT whole) AS incomplete_cases,
    count(DISTINCT (patient_key, service_date)) FILTER (
      (physicians > 0 AND crnas = 0) OR (crnas > 0 AND physicians = 0 AND NOT supervised)
    ) AS unpaired_directed_cases,
    count(DISTINCT (patient_key, service_date)) FILTER (supervised) AS supervised_cases
  FROM placed GROUP BY {KEYS}
), once AS (
  SELECT DISTINCT {KEYS}, patient_key, service_date, case_cents, case_units FROM placed WHERE whole
), price AS (
  SELECT {KEYS}, avg(case_cents) / 100 AS allowed_per_case_mean,
    {percentiles("case_cents / 100", "allowed_per_case", "TRUE", 25, 50, 75)},
    avg(case_units) AS units_per_case_mean,
    {percentiles("case_cents / 100 / case_units", "allowed_per_unit_case", "TRUE", 50)}
  FROM once GROUP BY {KEYS}
)
SELECT * FROM own LEFT JOIN price USING ({KEYS})
"""

CARE_MODELS = f"""
WITH own AS (
  SELECT {KEYS}, care_model, {people()}, count_if(priced) AS priced_lines,
    {percentiles("allowed_per_unit", "allowed_per_unit", "unit_priced", 25, 50, 75)},
    quantile_cont(allowed_cents / 100 / units, 0.5) FILTER (unit_priced AND units > 0) AS per_billed_unit,
    {RATIO}, {MINUTES_P50}, {DENIED}
  FROM cell GROUP BY {KEYS}, care_model
), all_lines AS (SELECT {KEYS}, count(*) AS lines FROM cell GROUP BY {KEYS}),
doctors AS (SELECT {KEYS}, per_billed_unit AS doctors FROM own WHERE care_model = 'personally_performed')
SELECT own.* EXCLUDE (per_billed_unit), service_lines / lines AS share_of_lines,
  per_billed_unit / nullif(doctors, 0) AS observed_share
FROM own JOIN all_lines USING ({KEYS}) LEFT JOIN doctors USING ({KEYS})
"""


def breakdown(key: str, *measures: str, rows: str = "cell") -> str:
    """A table by one more key, with N, the share of lines and some measures."""
    listed = "".join(f", {measure}" for measure in measures)
    return f"""
WITH own AS (SELECT {KEYS}, {key}, {people()} {listed} FROM {rows} GROUP BY ALL),
all_lines AS (SELECT {KEYS}, count(*) AS lines FROM cell GROUP BY {KEYS})
SELECT own.*, service_lines / lines AS share_of_lines FROM own JOIN all_lines USING ({KEYS})
"""


PRICED = "count_if(priced) AS priced_lines"
BY_MODIFIER = """(
  SELECT one.*, CASE WHEN one.modifier = 'unknown' THEN 'no modifier'
    ELSE coalesce(modifier.short_name, 'not in the list') END AS modifier_name
  FROM (
    SELECT *, unnest(CASE WHEN len(carried) = 0 THEN ['unknown'] ELSE carried END) AS modifier FROM cell
  ) AS one LEFT JOIN modifier ON modifier.modifier = one.modifier
)"""
WITH_PLACE = (
    "(SELECT cell.*, coalesce(place.site_name, 'unknown') AS site_name"
    " FROM cell LEFT JOIN place USING (place_of_service))"
)


def days(start: str, end: str) -> str:
    """Days from one date to another, none where that would be negative."""
    return f"CASE WHEN {end} >= {start} THEN {end} - {start} END"


SUBMITTED, ANSWERED = "first_submitted_on", "first_remit_on"
TIMELINESS = f"""
SELECT {KEYS}, {people()},
  {percentiles(days("service_date", SUBMITTED), "days_to_submit", "TRUE", 50, 90)},
  {percentiles(days(SUBMITTED, ANSWERED), "days_to_first_remit", "TRUE", 50, 90)},
  {percentiles(days(SUBMITTED, "first_paid_on"), "days_to_payment", "TRUE", 50, 90)},
  {percentiles(days(SUBMITTED, "final_remit_on"), "days_to_final", "TRUE", 50)},
  count_if(first_paid) / count(*) AS first_pass_paid_rate, max(final_remit_on) AS paid_through
FROM cell WHERE adjudicated GROUP BY {KEYS}
"""

OPEN_CLAIMS = f"""
WITH aged AS (
  SELECT *, $as_of - first_submitted_on AS age,
    CASE WHEN age IS NULL THEN 'unknown' WHEN age <= 30 THEN '0-30' WHEN age <= 60 THEN '31-60'
      WHEN age <= 90 THEN '61-90' ELSE '91+' END AS age_band
  FROM cell WHERE waiting
)
SELECT {KEYS}, age_band, {people()}, {some("charge_cents")} AS charge_sum FROM aged GROUP BY {KEYS}, age_band
"""

BY_REGION = breakdown(
    "diagnosis, region", "count_if(conflict) AS region_conflict_lines", DENIED, rows="region_cell"
)
QUERIES = {
    "utilization": UTILIZATION,
    "payment": PAYMENT,
    "case_payment": CASE_PAYMENT,
    "care_models": CARE_MODELS,
    "modifiers": breakdown("modifier, modifier_name", PRICED, UNIT_P50, DENIED, rows=BY_MODIFIER),
    "sites": breakdown(
        "place_of_service, site_name", PRICED, ALLOWED_P50, UNIT_P50, MINUTES_P50, DENIED, rows=WITH_PLACE
    ),
    "denials": DENIALS,
    "denial_reasons": denied_by("group_code, carc, carc_name", "denial_category"),
    "denial_categories": denied_by("denial_category"),
    "authorizations": AUTHORIZATIONS,
    "timeliness": TIMELINESS,
    "open_claims": OPEN_CLAIMS,
    "procedures": breakdown(
        "surgical_procedure_code",
        "any_value(NOT list_contains(string_split(expected_anesthesia_codes, ' '), procedure_code))"
        " AS region_conflict",
        PRICED,
        ALLOWED_P50,
        MINUTES_P50,
        DENIED,
        rows="(FROM cell LEFT JOIN surgery USING (surgical_procedure_code)"
        " WHERE surgical_procedure_code IS NOT NULL)",
    ),
    "diagnoses": BY_REGION,
    "clinical_themes": breakdown("theme", PRICED, UNIT_P50, MINUTES_P50, DENIED, rows="region_cell"),
    "states": breakdown(
        "state",
        PRICED,
        UNIT_P50,
        RATIO,
        "count_if(denied) / nullif(count_if(adjudicated), 0) AS denial_rate",
    ),
    "demographics": breakdown("age_group AS age_band, sex", MINUTES_P50),
    "collections": COLLECTIONS,
    "price_trend": TREND,
    "contract_variance": CONTRACT_VARIANCE,
}
"""Table -> query over `cell`."""


def prepare(
    connection: duckdb.DuckDBPyConnection, resolved: str, reference: Path, contracts: Path, as_of: date
) -> None:
    """Make the tables that the queries read, from Parquet files of resolved lines (a path pattern)."""
    connection.execute(f"CREATE VIEW resolved AS FROM read_parquet('{resolved}', hive_partitioning = false)")
    for name, path in (
        ("listed", reference / "carc.csv"),
        ("place", reference / "places_of_service.csv"),
        ("spine", reference / "icd10_regions.csv"),
        ("surgery", reference / "surgical_codes.csv"),
        ("payer_rule", reference / "payer_rules.csv"),
        ("modifier", reference / "modifiers.csv"),
        ("contract", contracts),
    ):
        connection.execute(f"CREATE TABLE {name} AS FROM read_csv('{path}', all_varchar = true)")
    for statement in (
        LINES,
        OTHERS,
        CASES,
        DIAGNOSED,
        DIAGNOSED_LINES,
        STATUSES,
        RULES,
        OWING,
        RULED,
        CONTRACTED,
        EXPECTED,
    ):
        connection.execute(statement)
    connection.execute(PERIODS, {"as_of": as_of, "mature": MATURE_DAYS})
    for cells, rows in (
        ("cell", "line"),
        ("region_cell", "line_region"),
        ("contract_cell", "contracted"),
        ("rule_cell", "ruled"),
        ("expected_cell", "expected"),
    ):
        connection.execute(f"CREATE VIEW {cells} AS {cells_of(rows)}")
    beside = cells_of(
        "other_line", "CASE WHEN line_of_business IS NULL THEN ['all'] ELSE [line_of_business, 'all'] END"
    )
    connection.execute(f"CREATE VIEW other_cell AS {beside}")


def answer(connection: duckdb.DuckDBPyConnection, table: str, as_of: date) -> list[dict[str, object]]:
    """Rows of one table."""
    query = QUERIES[table]
    made = connection.execute(query, {"as_of": as_of} if "$as_of" in query else None)
    columns = [column[0] for column in made.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in made.fetchall()]
