"""Resolving and table `payment` once more, in SQL over the accepted rows of bulk extracts.

It follows the lives of `bulk_extracts.py` and no others: replacements and voids of the same claim number,
reversals that take back the oldest answer, denials and answers after them. What our tables hold beyond that
is left out. Payer and line of business come from a list of the names that occur, as our reference tables give
them.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

MATURE_DAYS = 90
PLANS = """
CREATE TABLE plan AS
SELECT DISTINCT payer_id, payer_name, claim_filing_code, payer, line_of_business
FROM read_parquet('{resolved}') WHERE standing = 'current'
"""
CURRENT = """
CREATE TABLE current_line AS
SELECT * FROM (
  SELECT claim_number_key, billing_provider_npi, patient_key, procedure_code, service_date, charge_cents,
    payer_id, payer_name, claim_filing_code, claim_frequency_code
  FROM read_parquet('{claims}') WHERE in_scope
  QUALIFY row_number() OVER (
    PARTITION BY claim_number_key, billing_provider_npi, role
    ORDER BY submitted_on DESC, claim_frequency_code DESC) = 1
) WHERE claim_frequency_code <> '8'
"""
FINAL = """
CREATE TABLE final_answer AS
WITH answer AS (
  SELECT claim_number_key, payee_npi AS billing_provider_npi, payer_claim_key, claim_status_code,
    payment_date, allowed_given_cents, paid_cents,
    count_if(claim_status_code = '22') OVER claim AS taken_back,
    row_number() OVER (claim ORDER BY claim_status_code = '22', payment_date, charge_cents) AS number
  FROM read_parquet('{remits}')
  WINDOW claim AS (PARTITION BY claim_number_key, payee_npi, payer_claim_key)
)
SELECT * FROM answer WHERE claim_status_code <> '22' AND number > taken_back
QUALIFY row_number() OVER (PARTITION BY claim_number_key, billing_provider_npi ORDER BY number DESC) = 1
"""
LINE = """
CREATE TABLE line AS
SELECT procedure_code, payer, line_of_business, date_trunc('month', service_date)::DATE AS service_month,
  claim_number_key, patient_key, service_date, c.billing_provider_npi, charge_cents,
  allowed_given_cents AS allowed_cents, paid_cents
FROM current_line AS c
JOIN plan ON plan.payer_id IS NOT DISTINCT FROM c.payer_id AND plan.payer_name = c.payer_name
  AND plan.claim_filing_code = c.claim_filing_code
LEFT JOIN final_answer USING (claim_number_key, billing_provider_npi)
"""
PERIOD = """
CREATE TABLE period AS
WITH month AS (SELECT DISTINCT service_month FROM line), rolling AS (
  SELECT max(service_month) FILTER (last_day(service_month) <= $as_of::DATE - $mature::INTEGER)
    - INTERVAL 11 MONTH AS first
  FROM line
)
SELECT service_month, 'month' AS period_type, service_month AS period_start FROM month
UNION ALL SELECT service_month, 'quarter', date_trunc('quarter', service_month)::DATE FROM month
UNION ALL SELECT service_month, 'year', date_trunc('year', service_month)::DATE FROM month
UNION ALL SELECT service_month, 'rolling_12', first::DATE FROM month, rolling
  WHERE service_month >= first AND service_month < first + INTERVAL 12 MONTH
"""
PAYMENT = """
SELECT procedure_code, payer, line_of_business, period_type, period_start,
  count(DISTINCT claim_number_key) AS claims, count(*) AS service_lines,
  count(DISTINCT (patient_key, service_date)) AS cases, count(DISTINCT patient_key) AS patients,
  count(DISTINCT billing_provider_npi) AS billing_providers,
  sum(charge_cents) / 100 AS charge_sum, sum(allowed_cents) / 100 AS allowed_sum,
  sum(paid_cents) / 100 AS paid_sum,
  quantile_cont(allowed_cents / 100, [0.1, 0.25, 0.5, 0.75, 0.9]) AS allowed_percentiles,
  quantile_cont(paid_cents / 100, 0.5) AS paid_p50
FROM (
  SELECT * REPLACE (unnest([payer, 'all']) AS payer) FROM (
    SELECT * REPLACE (unnest([line_of_business, 'all']) AS line_of_business)
    FROM line JOIN period USING (service_month)
  )
)
WHERE allowed_cents > 0
GROUP BY ALL
"""


def payment_in_sql(data: Path, as_of: str, memory: str) -> list[tuple[object, ...]]:
    """Rows of the table as DuckDB gives them, on two threads and within a limit of memory."""
    places = {
        "claims": data / "store/accepted/claim_lines/*.parquet",
        "remits": data / "store/accepted/remit_lines/*.parquet",
        "resolved": data / "store/resolved/lines/*/*.parquet",
    }
    with duckdb.connect(config={"threads": 2, "memory_limit": memory}) as connection:
        connection.execute(f"SET temp_directory = '{data / 'spill_of_sql'}'")
        connection.execute("SET enable_progress_bar = false; SET preserve_insertion_order = false")
        for statement in (PLANS, CURRENT, FINAL, LINE):
            connection.execute(statement.format(**places))
        connection.execute(PERIOD, {"as_of": as_of, "mature": MATURE_DAYS})
        return connection.execute(PAYMENT).fetchall()
