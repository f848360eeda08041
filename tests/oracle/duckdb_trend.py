"""How the price per unit moves, and how it would at a fixed mix, in SQL (docs/tables.md, price index)."""

from __future__ import annotations

from duckdb_cells import KEYS, UNIT_P50, cells_of, people

FAMILY = "procedure_code, payer, line_of_business, period_type"
OWN = "(SELECT *, payer AS own_payer, line_of_business AS own_line FROM line WHERE unit_priced)"

TREND = f"""
WITH own AS (
  SELECT *, concat_ws('|', own_payer, own_line, care_model, place_of_service) AS stratum,
    ln(allowed_per_unit) AS fine, round(ln(allowed_per_unit) * 100000) / 100000 AS coarse
  FROM ({cells_of(OWN)}) WHERE period_type <> 'rolling_12'
), trend AS (
  SELECT {KEYS}, {people()}, {UNIT_P50} FROM own GROUP BY {KEYS}
), base AS (
  SELECT {FAMILY}, min(period_start) AS base_start
  FROM trend WHERE is_mature AND service_lines >= 11 GROUP BY ALL
), strata AS (
  SELECT {KEYS}, stratum, base_start, count(*) AS lines, avg(fine) AS mean, var_pop(coarse) AS scatter
  FROM own JOIN base USING ({FAMILY})
  WHERE allowed_per_unit > 0 AND period_start >= base_start GROUP BY ALL
), spread AS (
  SELECT {KEYS}, sum(scatter * lines) / nullif(sum(lines) - count(*), 0) AS pooled FROM strata GROUP BY ALL
), dated AS (
  SELECT *, pooled / lines AS variance FROM strata JOIN spread USING ({KEYS})
), mix AS (
  SELECT {FAMILY}, stratum, sum(lines) AS weight
  FROM strata JOIN (SELECT {KEYS} FROM trend WHERE is_mature) USING ({KEYS}) GROUP BY ALL
), whole AS (
  SELECT {FAMILY}, sum(weight) AS whole FROM mix GROUP BY ALL
), first AS (
  SELECT {FAMILY}, stratum, mean AS base_mean, variance AS base_variance
  FROM dated WHERE period_start = base_start
), points AS (
  SELECT {KEYS}, sum(weight * (mean - base_mean)) / sum(weight) AS moved,
    CASE WHEN count_if(variance + base_variance IS NULL) > 0 THEN NULL
      WHEN period_start = base_start THEN 0
      ELSE 1.959964 * sqrt(sum(weight ** 2 * (variance + base_variance))) / sum(weight) END AS error
  FROM dated JOIN first USING ({FAMILY}, stratum) JOIN mix USING ({FAMILY}, stratum)
    JOIN whole USING ({FAMILY})
  GROUP BY {KEYS}, base_start, whole
  HAVING period_start = base_start OR sum(weight) / whole >= 0.5
)
SELECT trend.*, before.allowed_per_unit_p50 AS allowed_per_unit_p50_year_ago,
  trend.allowed_per_unit_p50 / before.allowed_per_unit_p50 - 1 AS change_on_year,
  100 * exp(moved) AS price_index, 100 * exp(moved - error) AS price_index_low,
  100 * exp(moved + error) AS price_index_high
FROM trend
  LEFT JOIN points USING ({KEYS})
  LEFT JOIN trend AS before ON before.procedure_code = trend.procedure_code AND before.payer = trend.payer
    AND before.line_of_business = trend.line_of_business AND before.period_type = trend.period_type
    AND before.period_start = trend.period_start - INTERVAL 1 YEAR
"""
