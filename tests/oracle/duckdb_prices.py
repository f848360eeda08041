"""What a payer says it pays for a line, and what its contract says, in SQL over the table `line`."""

from duckdb_cells import KEYS, people, some

EXPECTED = """
CREATE TABLE expected AS
WITH median AS (
  SELECT procedure_code, payer, line_of_business, year(service_date) AS service_year,
    round_even(quantile_cont(allowed_per_unit, 0.5) * 10000, 0)::BIGINT AS parts
  FROM line WHERE unit_priced GROUP BY ALL
), fine AS (
  SELECT line.*, parts * (billed_unit_tenths * share * 100)::BIGINT AS tiny
  FROM line LEFT JOIN median ON median.procedure_code = line.procedure_code AND median.payer = line.payer
    AND median.line_of_business = line.line_of_business AND service_year = year(service_date)
)
SELECT *, tiny // 100000 + CASE WHEN tiny % 100000 > 50000
    OR (tiny % 100000 = 50000 AND tiny // 100000 % 2 = 1) THEN 1 ELSE 0 END AS at_median
FROM fine
"""

STATUSES = """
CREATE TABLE status AS SELECT modifier FROM modifier WHERE physical_status_units::INT > 0
"""

RULES = """
CREATE TABLE rule AS
FROM payer_rule
WHERE machine_usable = 'true' AND confidence IN ('verified_official_file_or_text', 'verified_secondary')
"""

OWING = """
CREATE TABLE owing AS
WITH fitting AS (
  SELECT number, rule, value
  FROM line JOIN rule ON rule.payer = line.payer
    AND coalesce(scope_lob = line_of_business, scope_lob IS NULL)
    AND coalesce(plan_pattern IS NULL OR regexp_matches(plan, plan_pattern), FALSE)
    AND coalesce(CASE WHEN scope_state IS NULL THEN TRUE
      WHEN starts_with(scope_state, 'except ') THEN NOT list_contains(string_split(scope_state, ' '), stated)
      ELSE list_contains(string_split(scope_state, ' '), stated) END, FALSE)
    AND service_date >= coalesce(effective_from::DATE, service_date)
    AND service_date <= coalesce(effective_to::DATE, service_date)
  WHERE unit_priced
), single AS (
  SELECT number, rule, any_value(value) AS value FROM fitting GROUP BY ALL HAVING count(*) = 1
), told AS (
  SELECT line.*, qz.value::DOUBLE AS qz, rounding.value AS rounding, physical.value AS physical,
    list_intersect(carried, (SELECT list(modifier) FROM status)) AS statuses
  FROM line
    LEFT JOIN single AS qz ON qz.number = line.number AND qz.rule = 'qz_percent'
    LEFT JOIN single AS rounding ON rounding.number = line.number AND rounding.rule = 'time_rounding'
    LEFT JOIN single AS physical ON physical.number = line.number AND physical.rule = 'physical_status_units'
  WHERE unit_priced
)
SELECT *, CASE WHEN care_model = 'crna_alone' THEN qz ELSE share END AS owed,
  base_units * 10
  + CASE rounding WHEN 'tenth' THEN time_unit_tenths WHEN 'floor' THEN floor(minutes / 15) * 10
    WHEN 'ceiling' THEN ceil(minutes / 15) * 10 END
  + CASE WHEN len(statuses) = 0 THEN 0 WHEN physical IS NULL THEN NULL
    ELSE coalesce(nullif(regexp_extract(physical, statuses[1] || '=([0-9]+)', 1), ''), '0')::INT * 10 END
  AS tenths
FROM told
"""

RULED = """
CREATE TABLE ruled AS
SELECT *, allowed_cents / 10 / (tenths * owed) AS by_rules FROM owing WHERE tenths * owed > 0
"""

CONTRACTED = """
CREATE TABLE contracted AS
WITH priced AS (
  SELECT line.*, contract.line_of_business IS NULL AS any_line, effective_from,
    (coalesce(tenths, billed_unit_tenths) * coalesce(owed, share) * 100)::BIGINT
      * (dollars_per_unit::DECIMAL(12, 4) * 10000)::BIGINT AS fine
  FROM owing AS line
    JOIN contract ON contract.payer = line.payer
      AND coalesce(contract.line_of_business, line.line_of_business) = line.line_of_business
      AND service_date >= coalesce(effective_from::DATE, service_date)
      AND service_date <= coalesce(effective_to::DATE, service_date)
  QUALIFY row_number() OVER (PARTITION BY number ORDER BY any_line, effective_from NULLS LAST) = 1
)
SELECT *, fine // 100000
  + CASE WHEN fine % 100000 > 50000 OR (fine % 100000 = 50000 AND fine // 100000 % 2 = 1) THEN 1 ELSE 0 END
    AS expected_cents
FROM priced
"""

OWED = "coalesce(deductible_cents, 0) + coalesce(coinsurance_cents, 0) + coalesce(copay_cents, 0)"

COLLECTIONS = f"""
WITH own AS (
  SELECT {KEYS}, {people()},
    {some("CASE WHEN adjudicated THEN coalesce(allowed_cents, 0) ELSE at_median END")}
      AS expected_allowed_sum,
    {some("paid_cents", "is_paid")} AS paid_sum,
    {some(OWED, "is_paid")} AS patient_responsibility_sum,
    {some("at_median", "waiting")} AS open_allowed_sum,
    {some("reversed_paid_cents", "reversed_paid_cents > 0")} AS reversed_paid_sum
  FROM expected_cell GROUP BY {KEYS}
)
SELECT *, paid_sum / nullif(expected_allowed_sum - patient_responsibility_sum, 0) AS net_collection_rate,
  open_allowed_sum * date_diff('day', period_start,
    (period_start + to_months(CASE period_type WHEN 'month' THEN 1 WHEN 'quarter' THEN 3 ELSE 12 END))::DATE)
    / nullif(expected_allowed_sum, 0) AS days_in_receivables
FROM own
"""
CONTRACT_VARIANCE = f"""
SELECT {KEYS}, {people()},
  {some("expected_cents")} AS expected_allowed_sum, {some("allowed_cents")} AS allowed_sum,
  count_if(allowed_cents < expected_cents - 1) AS underpaid_lines,
  {some("expected_cents - allowed_cents", "allowed_cents < expected_cents - 1")} AS underpaid_sum,
  count_if(allowed_cents > expected_cents + 1) AS overpaid_lines
FROM contract_cell GROUP BY {KEYS}
"""
