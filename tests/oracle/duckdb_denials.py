"""What was denied, why, and with or without an authorization number, in SQL over `cell`."""

from __future__ import annotations

from duckdb_cells import DENIED, KEYS, people, some

DENIALS = f"""
SELECT {KEYS}, {people()},
  count_if(denied) AS denied_lines, count_if(denied) / count(*) AS denial_rate,
  count_if(initially_denied) AS initially_denied_lines,
  count_if(initially_denied) / count(*) AS initial_denial_rate,
  count_if(initially_denied AND is_paid) AS overturned_lines,
  count_if(initially_denied AND is_paid AND chain_source IN ('same_claim', 'named'))
    AS overturned_by_correction_lines,
  count_if(initially_denied AND is_paid AND chain_source = 'inferred') AS overturned_by_resubmission_lines,
  count_if(initially_denied AND is_paid AND chain_source = 'none') AS overturned_by_payer_lines,
  count_if(denied AND prior_authorization_denial) AS prior_auth_denied_lines,
  {some("charge_cents", "denied")} AS denied_charge_sum,
  count_if(adjudication_state = 'zero_pay_other') AS zero_pay_other_lines,
  {some("at_median", "denied")} AS denied_allowed_sum,
  {some("at_median", "initially_denied AND is_paid")} AS recovered_allowed_sum
FROM expected_cell WHERE adjudicated GROUP BY {KEYS}
"""


def denied_by(keys: str, *facts: str) -> str:
    """Denied lines by what their reasons say; `facts` of a reason."""
    told = "".join(f", any_value({fact}) AS {fact}" for fact in facts)
    return f"""
WITH given AS (
  SELECT *, TRUE AS final, coalesce(denial_group, 'unknown') AS group_code,
    coalesce(denial_carc, 'unknown') AS carc
  FROM cell WHERE denied
  UNION ALL
  SELECT *, FALSE, coalesce(first_denial_group, 'unknown'), coalesce(first_denial_carc, 'unknown')
  FROM cell WHERE adjudicated AND initially_denied
), reason AS (
  SELECT given.*, coalesce(denial_category, 'unclassified') AS denial_category,
    coalesce(short_meaning, 'not in the list') AS carc_name
  FROM given LEFT JOIN listed USING (carc)
), own AS (
  SELECT {KEYS}, {keys}, {people("final")}, {some("charge_cents", "final")} AS charge_sum,
    count_if(NOT final) AS initially_denied_lines, count_if(NOT final AND is_paid) AS overturned_lines{told}
  FROM reason GROUP BY {KEYS}, {keys}
), remark AS (
  SELECT {KEYS}, {keys}, rarc, count(*) AS lines
  FROM (
    SELECT *, unnest(list_distinct(string_split(remark_codes, '|'))) AS rarc
    FROM reason WHERE final AND remark_codes <> ''
  ) GROUP BY ALL
), top AS (
  SELECT {KEYS}, {keys}, rarc AS top_rarc FROM remark
  QUALIFY row_number() OVER (PARTITION BY {KEYS}, {keys} ORDER BY lines DESC, rarc) = 1
), all_denied AS (SELECT {KEYS}, count_if(denied) AS lines FROM cell GROUP BY {KEYS})
SELECT own.*, service_lines / nullif(lines, 0) AS share_of_denied, top_rarc,
  overturned_lines / nullif(initially_denied_lines, 0) AS overturn_rate
FROM own JOIN all_denied USING ({KEYS}) LEFT JOIN top USING ({KEYS}, {keys})
"""


AUTHORIZATIONS = f"""
SELECT {KEYS}, authorization_number AS "authorization", {people()}, {DENIED},
  count_if(denied AND prior_authorization_denial) AS prior_auth_denied_lines,
  count_if(denied AND prior_authorization_denial) / count(*) AS prior_auth_denial_rate
FROM cell WHERE adjudicated GROUP BY {KEYS}, authorization_number
"""
