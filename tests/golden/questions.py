"""Twenty questions to the published tables: who asks, what, the query, and how to read the answer."""

from __future__ import annotations

from dataclasses import dataclass

BILLING, PAYER, POLICY = "A billing manager asks", "A payer analyst asks", "A policy analyst asks"


@dataclass(frozen=True)
class Question:
    """One question; `sql` reads the views of the DuckDB file, and the example of contracts as {contracts}.

    `reading`: how to read the answer of `standard`. `more`: what `internal` knows beyond it.
    """

    asker: str
    question: str
    sql: str
    reading: str
    more: str


QUESTIONS = (
    Question(
        BILLING,
        "What does each payer allow for a unit?",
        """
SELECT payer, line_of_business, service_lines, allowed_per_unit_p10, allowed_per_unit_p25,
  allowed_per_unit_p50, allowed_per_unit_p75, allowed_per_unit_p90
FROM v_price_by_payer
ORDER BY payer""",
        "Prices are of commercial lines, for Medicare of fee for service. `all` is calculated from all lines,"
        " and is not the mean of the other rows. The allowed amount of a line depends on its minutes and care"
        " model, so compare payers by `allowed_per_unit`.",
        "the same values to the cent, also for rows of fewer than 11 patients.",
    ),
    Question(
        BILLING,
        "Do payers pay what our contracts say?",
        """
SELECT payer, line_of_business, dollars_per_unit AS contract, unit_priced_lines, allowed_per_unit_p25,
  allowed_per_unit_p50, allowed_per_unit_p75
FROM v_price_by_payer JOIN (
  SELECT payer, coalesce(line_of_business, 'commercial') AS line_of_business, dollars_per_unit
  FROM read_csv({contracts}) WHERE effective_to IS NULL
) USING (payer, line_of_business)
ORDER BY payer""",
        "The query puts prices of twelve months beside the contracts in force, here those of"
        " `config/contracts.example.csv`. If the median is below the contract, at least half of the lines"
        " were underpaid. Percentiles are rounded to 10 cents.",
        "`contract_variance` (if `config/contracts.csv` exists) says how many lines were underpaid by more"
        " than a cent, and by how many dollars.",
    ),
    Question(
        BILLING,
        "Why are we denied?",
        """
SELECT group_code, carc, denial_category, service_lines, share_of_denied, charge_sum, top_rarc
FROM v_denial_reasons
WHERE payer = 'all'
ORDER BY service_lines DESC, group_code, carc""",
        "These are the reasons of final denials. A reason is shown if at least 11 patients and lines have it,"
        " so the shares need not add up to 1. A null in `top_rarc` means that no remark code is on 11 lines.",
        "every reason, however rare, by payer and month.",
    ),
    Question(
        BILLING,
        "Which first denials are worth an appeal?",
        """
SELECT denial_category, group_code, carc, initially_denied_lines, overturned_lines, overturn_rate
FROM v_denial_reasons
WHERE payer = 'all' AND initially_denied_lines > 0
ORDER BY overturn_rate DESC NULLS LAST, group_code, carc""",
        "Lines are counted by the reason of their first denial. `overturned_lines` were paid in the end. A"
        " null rate means that 1 to 12 lines were overturned, or that 1 to 10 were not.",
        "the rate of every reason, and by payer.",
    ),
    Question(
        BILLING,
        "Which payers deny for a missing prior authorization?",
        """
SELECT payer, service_lines, denied_lines, prior_auth_denied_lines, denied_charge_sum
FROM v_denials
WHERE period_type = 'rolling_12'
ORDER BY payer""",
        "Counts are of adjudicated lines; pending lines are left out. A null means that 1 to 12 lines were"
        " denied because an authorization was missing or did not fit.",
        "counts of 1 to 12, by month.",
    ),
    Question(
        BILLING,
        "How long does the money take?",
        """
SELECT payer, service_lines, days_to_submit_p50, days_to_first_remit_p50, days_to_payment_p50,
  days_to_payment_p90, first_pass_paid_rate, paid_through
FROM v_days
WHERE period_type = 'rolling_12'
ORDER BY payer""",
        "Days to submission count from the service, all other days from the first submission. Lines without"
        " an answer have no days yet, so recent months look faster than they will be. `paid_through` is"
        " rounded to a month.",
        "the exact day of `paid_through`.",
    ),
    Question(
        BILLING,
        "Which lines are still open, and how old are they?",
        """
SELECT payer, age_band, service_lines, charge_sum
FROM v_open_claims
WHERE period_type = 'year' AND period_start = DATE '2025-01-01'
ORDER BY payer, age_band""",
        "Age is the number of days from the first submission to the as-of date. Most age bands of a single"
        " payer have too few people to be shown.",
        "every age band of every payer and month. `cpt01939 lines` lists the lines behind them.",
    ),
    Question(
        BILLING,
        "What is a whole case worth, and which directed cases lack their other half?",
        """
SELECT payer, line_of_business, cases, complete_cases, unpaired_directed_cases, allowed_per_case_p50,
  allowed_per_unit_case_p50
FROM v_case_price
WHERE complete_cases > 0
ORDER BY payer, line_of_business""",
        "A directed case has two lines, one of the physician and one of the nurse anesthetist. The allowed"
        " amount of a line is about half of the case. In an unpaired case, the other line is not in the"
        " files.",
        "counts of 1 to 12 unpaired cases.",
    ),
    Question(
        PAYER,
        "What does a unit cost by payer and quarter, against Medicare?",
        """
SELECT period_start, is_mature,
  max(allowed_per_unit_p50) FILTER (payer = 'aetna') AS aetna,
  max(allowed_per_unit_p50) FILTER (payer = 'bcbs') AS bcbs,
  max(allowed_per_unit_p50) FILTER (payer = 'cigna') AS cigna,
  max(allowed_per_unit_p50) FILTER (payer = 'uhc') AS uhc,
  max(allowed_per_unit_p50) FILTER (payer = 'medicare') AS medicare,
  max(ratio_to_national_medicare) FILTER (payer = 'all') AS commercial_to_medicare
FROM v_price_trend
WHERE period_type = 'quarter'
GROUP BY period_start, is_mature
ORDER BY period_start""",
        "Each payer and quarter has one row, so `max` only turns payers into columns. A price needs 11 lines"
        " from 3 providers, none with more than half of the lines. Quarters that are not mature still lack"
        " late answers.",
        "prices of fewer lines and providers, to the cent.",
    ),
    Question(
        PAYER,
        "What does a unit cost by modifier and by site?",
        """
SELECT 'modifier' AS broken_down_by, modifier AS value, service_lines, share_of_lines, allowed_per_unit_p50
FROM v_modifiers
WHERE payer = 'aetna' AND line_of_business = 'commercial'
UNION ALL
SELECT 'site', site_name, service_lines, share_of_lines, allowed_per_unit_p50
FROM v_sites
WHERE payer = 'aetna' AND line_of_business = 'commercial'
ORDER BY ALL""",
        "Each table has one breakdown, because modifiers by site would give only small groups. A line with"
        " two modifiers counts under both, so these shares add up to more than 1.",
        "every modifier and site that a line has.",
    ),
    Question(
        PAYER,
        "What share of the price do nurse anesthetists and directed pairs get?",
        """
SELECT payer, care_model, service_lines, allowed_per_unit_p50, observed_share
FROM v_care_models
WHERE period_type = 'rolling_12' AND payer NOT IN ('all', 'other')
  AND line_of_business = CASE WHEN payer = 'medicare' THEN 'medicare_ffs' ELSE 'commercial' END
  AND care_model IN ('personally_performed', 'crna_alone', 'directed_physician', 'directed_crna')
ORDER BY payer, care_model""",
        "`observed_share` compares the median per billed unit with the payer's own median for AA lines. It is"
        " near 0.5 for one half of a directed case, and below 1 for QZ (nurse anesthetist alone) if the payer"
        " pays less for it. `allowed_per_unit` is already divided by the expected share.",
        "shares to four decimals, by month.",
    ),
    Question(
        PAYER,
        "Is a nurse anesthetist who works alone paid the share that the payer says?",
        """
SELECT payer, line_of_business, period_type, period_start, said, seen, priced_lines, applied, confidence
FROM v_said_vs_seen
WHERE period_type IN ('year', 'rolling_12') AND is_mature
ORDER BY ALL""",
        "`said` is what a payer says about modifier QZ. `seen` is the share that its prices show. Periods"
        " that do not lie wholly within the dates of the rule are left out. `applied` means that other"
        " numbers use the rule, because a good source confirms it.",
        "shares of fewer lines, to four decimals.",
    ),
    Question(
        PAYER,
        "How far do prices spread within one payer?",
        """
SELECT payer, line_of_business, unit_priced_lines, allowed_per_unit_p10, allowed_per_unit_p25,
  allowed_per_unit_p50, allowed_per_unit_p75, allowed_per_unit_p90
FROM v_price_by_lob
WHERE payer <> 'all'
ORDER BY payer, line_of_business""",
        "A payer's commercial and Medicare Advantage prices differ, so a spread over all lines of business"
        " would mainly show their mix. 10th and 90th percentiles need 30 lines.",
        "interpolated percentiles (type 7), of any number of lines.",
    ),
    Question(
        PAYER,
        "How often does each payer deny, at first and in the end?",
        """
SELECT payer, period_type, period_start, service_lines, initial_denial_rate, denial_rate, overturned_lines
FROM v_denials
WHERE is_mature AND (period_type = 'rolling_12' OR period_type = 'quarter' AND payer = 'all')
ORDER BY payer, period_type DESC, period_start""",
        "Adjustment reasons decide whether a line is denied. The query takes only mature periods, because"
        " pending lines may still be paid or denied. For single payers it takes twelve months, because many"
        " have 1 to 12 denied lines in a quarter, and then there is no rate.",
        "the rate of every payer and month.",
    ),
    Question(
        PAYER,
        "What part of the money do patients owe?",
        """
SELECT payer, service_lines, paid_sum, patient_responsibility_sum,
  round(patient_responsibility_sum::DOUBLE / (paid_sum + patient_responsibility_sum)::DOUBLE, 2) AS owed_share
FROM v_collections
ORDER BY payer""",
        "Deductible, coinsurance and copay, as a part of what the payer paid and the patient owes. A sum is"
        " the published mean times the published count, so parts need not add up.",
        "exact decimals that add up. `payment` shows deductible, coinsurance and copay separately.",
    ),
    Question(
        POLICY,
        "How many times Medicare's price does each line of business allow?",
        """
SELECT line_of_business, service_lines, allowed_sum, medicare_allowed_sum, ratio_to_national_medicare
FROM v_medicare_ratio
WHERE payer = 'all'
ORDER BY line_of_business""",
        "Medicare's own row checks the calculation: it must be near 1. The ratio divides sums, over lines"
        " that have units and a Medicare price.",
        "the ratio to four decimals.",
    ),
    Question(
        POLICY,
        "How do prices and denials differ by state?",
        """
SELECT state, service_lines, billing_providers, allowed_per_unit_p50, ratio_to_national_medicare, denial_rate,
  withheld
FROM v_states
WHERE payer = 'all' AND line_of_business = 'commercial'
ORDER BY state""",
        "A state with fewer than 3 billing providers, or with one that has most lines, shows its lines but no"
        " price, because it would be the price of one practice. `withheld` says why. Only commercial lines"
        " are compared; states differ in their mix of payers too.",
        "the price of every state.",
    ),
    Question(
        POLICY,
        "Who are the patients, and how long are their procedures?",
        """
SELECT age_band, sex, patients, share_of_lines, minutes_p50
FROM v_people
WHERE payer = 'all'
ORDER BY age_band, sex""",
        "Shares describe these files, not a population. A group that is not shown has 0 to 10 patients.",
        "every group, exact.",
    ),
    Question(
        POLICY,
        "Does the code fit the diagnosis?",
        """
SELECT diagnosis, region, service_lines, share_of_lines, region_conflict_lines
FROM v_diagnoses
WHERE payer = 'all'
ORDER BY service_lines DESC, diagnosis, region""",
        "Rows are by the first diagnosis. A line is in conflict if every listed diagnosis of it belongs to"
        " another region than the cervical or thoracic spine, for which 01939 is used.",
        "rare diagnoses, and conflicts of 1 to 12 lines.",
    ),
    Question(
        POLICY,
        "Which months are complete enough to quote?",
        """
SELECT period_start, service_lines, is_mature, adjudicated_lines, adjudicated_share
FROM v_volume
WHERE period_type = 'month' AND payer = 'all' AND line_of_business = 'all'
ORDER BY period_start""",
        "Quote mature months. `is_mature` depends on the calendar. `adjudicated_share` says how much was"
        " answered; it is null if 1 to 10 lines were not.",
        "pending lines of every month and payer, exact.",
    ),
)
