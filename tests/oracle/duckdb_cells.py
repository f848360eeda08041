"""Cells, N and common measures in SQL: what the queries of the published tables are made of."""

from __future__ import annotations

KEYS = "procedure_code, payer, line_of_business, period_type, period_start"


def cells_of(rows: str, lobs: str = "[line_of_business, 'all']") -> str:
    """Rows repeated for every cell they count in."""
    return f"""
SELECT * REPLACE (unnest([payer, 'all']) AS payer)
FROM (
  SELECT * REPLACE (unnest({lobs}) AS line_of_business)
  FROM {rows} JOIN period USING (service_month)
)"""


def people(where: str = "TRUE") -> str:
    """N over the rows that meet a condition, with the standing of the cell."""
    return f"""
  payer = 'all' OR line_of_business = 'all' AS is_rollup, any_value(is_mature) AS is_mature,
  count(DISTINCT claim_key) FILTER ({where}) AS claims,
  count(*) FILTER ({where}) AS service_lines,
  count(DISTINCT (patient_key, service_date)) FILTER ({where}) AS cases,
  count(DISTINCT patient_key) FILTER ({where}) AS patients,
  count(DISTINCT billing_provider_npi) FILTER ({where}) AS billing_providers"""


def percentiles(value: str, name: str, where: str, *percents: int) -> str:
    """Percentiles of type 7."""
    return ",\n".join(
        f"  quantile_cont({value}, {percent / 100}) FILTER ({where}) AS {name}_p{percent}"
        for percent in percents
    )


def some(cents: str, where: str = "TRUE") -> str:
    """A sum of cents in dollars; 0 where no line has any."""
    return f"coalesce(sum({cents}) FILTER ({where}), 0) / 100"


RATIO = (
    "sum(allowed_cents) FILTER (has_ratio) / 100 / nullif(sum(medicare_allowed) FILTER (has_ratio), 0)"
    " AS ratio_to_national_medicare"
)
UNIT_P50 = percentiles("allowed_per_unit", "allowed_per_unit", "unit_priced", 50)
ALLOWED_P50 = percentiles("allowed_cents / 100", "allowed", "priced", 50)
MINUTES_P50 = percentiles("minutes", "minutes", "TRUE", 50)
DENIED = (
    "count_if(denied) AS denied_lines, count_if(denied) / nullif(count_if(adjudicated), 0) AS denial_rate"
)
