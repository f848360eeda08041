"""Twenty questions to the published tables: who asks, what, the query, and how to read the answer."""

from __future__ import annotations

from dataclasses import dataclass

BILLING, PAYER, POLICY = "A billing manager asks", "A payer analyst asks", "A policy analyst asks"


@dataclass(frozen=True)
class Question:
    """One question; `sql` names tables as FROM {table}, and the example of contracts as {contracts}.

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
        "What does each payer pay us for a line and for a unit?",
        """
SELECT payer, service_lines, allowed_p50, paid_p50, allowed_per_unit_p10, allowed_per_unit_p50,
  allowed_per_unit_p90
FROM {payment}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND line_of_business = 'all'
ORDER BY payer""",
        "`all` is a row of its own, not the mean of the others. A line's price moves with minutes and"
        " with direction by a physician; compare payers by `allowed_per_unit`.",
        "the same to the cent, and of rows with fewer than 11 patients.",
    ),
    Question(
        BILLING,
        "Are we paid per contract?",
        """
SELECT payer, line_of_business, dollars_per_unit AS contract, service_lines, allowed_per_unit_p25,
  allowed_per_unit_p50, allowed_per_unit_p75
FROM {payment} JOIN (
  SELECT payer, coalesce(line_of_business, 'all') AS line_of_business, dollars_per_unit
  FROM read_csv({contracts}) WHERE effective_to IS NULL
) USING (payer, line_of_business)
WHERE procedure_code = '01939' AND period_type = 'year' AND period_start = DATE '2025-01-01'
ORDER BY ALL""",
        "Prices of 2025 beside the contracts in force, here `config/contracts.example.csv`. Where the median"
        " lies below the contract, more than half of the lines fall short; percentiles are told in steps of"
        " 10 cents.",
        "`contract_variance` (where `config/contracts.csv` exists): how many lines fell short by more than a"
        " cent, and by how many dollars.",
    ),
    Question(
        BILLING,
        "Why are we denied?",
        """
SELECT group_code, carc, denial_category, service_lines, share_of_denied, charge_sum, top_rarc
FROM {denial_reasons}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer = 'all' AND line_of_business = 'all'
ORDER BY service_lines DESC, group_code, carc""",
        "Reasons of the final denial, as far as 11 patients and lines have one; the shares need not reach 1."
        " A null in `top_rarc` means that no remark stands on 11 lines.",
        "every reason, however rare, by payer and month.",
    ),
    Question(
        BILLING,
        "Which first denials are worth an appeal?",
        """
SELECT denial_category, group_code, carc, initially_denied_lines, overturned_lines, overturn_rate
FROM {denial_reasons}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer = 'all' AND line_of_business = 'all'
  AND initially_denied_lines > 0
ORDER BY overturn_rate DESC NULLS LAST, group_code, carc""",
        "By the reason of the first denial: of the lines first denied for it, how many were paid in the"
        " end. A null rate says that 1 to 12 lines were, or 1 to 10 were not, overturned.",
        "the rate of every reason, and by payer.",
    ),
    Question(
        BILLING,
        "Who wants a prior authorization that we did not have?",
        """
SELECT payer, service_lines, denied_lines, prior_auth_denied_lines, denied_charge_sum
FROM {denials}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND line_of_business = 'all'
ORDER BY payer""",
        "N is over adjudicated lines: what still waits is in no denominator. A null says that 1 to 12 lines"
        " were denied for it.",
        "counts of 1 to 12, by month.",
    ),
    Question(
        BILLING,
        "How long does the money take?",
        """
SELECT payer, service_lines, days_to_submit_p50, days_to_first_remit_p50, days_to_payment_p50,
  days_to_payment_p90, first_pass_paid_rate, paid_through
FROM {timeliness}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND line_of_business = 'all'
ORDER BY payer""",
        "Days to submission run from the service, all others from the first submission. Lines without an"
        " answer have no days yet, so young months look faster than they will be. `paid_through` is a month.",
        "the day of `paid_through`.",
    ),
    Question(
        BILLING,
        "What stands open, and since when?",
        """
SELECT payer, age_band, service_lines, charge_sum
FROM {open_claims}
WHERE procedure_code = '01939' AND period_type = 'year' AND period_start = DATE '2025-01-01'
  AND line_of_business = 'all'
ORDER BY payer, age_band""",
        "Ages are days since the first submission, at the as-of date of the manifest. Most age bands of one"
        " payer hold too few people to be shown.",
        "every age band of every payer and month: the work list's totals.",
    ),
    Question(
        BILLING,
        "What is a whole case worth, and which directed cases lack their other half?",
        """
SELECT payer, cases, complete_cases, unpaired_directed_cases, allowed_per_case_p50, allowed_per_unit_case_p50
FROM {case_payment}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND line_of_business = 'all'
ORDER BY payer""",
        "A directed case is two lines, one of the physician and one of the nurse anesthetist; a line's"
        " allowed amount is half of it. An unpaired case is one whose other line was not in the files.",
        "unpaired cases where they are 1 to 12.",
    ),
    Question(
        PAYER,
        "What does a unit cost by payer and month, against Medicare?",
        """
SELECT period_start, is_mature,
  max(allowed_per_unit_p50) FILTER (payer = 'aetna') AS aetna,
  max(allowed_per_unit_p50) FILTER (payer = 'bcbs') AS bcbs,
  max(allowed_per_unit_p50) FILTER (payer = 'cigna') AS cigna,
  max(allowed_per_unit_p50) FILTER (payer = 'uhc') AS uhc,
  max(allowed_per_unit_p50) FILTER (payer = 'medicare') AS medicare,
  max(ratio_to_national_medicare) FILTER (payer = 'all') AS all_to_medicare
FROM {payment}
WHERE procedure_code = '01939' AND period_type = 'month' AND line_of_business = 'all'
GROUP BY period_start, is_mature
ORDER BY period_start""",
        "One row per cell stands in the table, so `max` only turns payers into columns. A price needs 11"
        " lines of 3 providers, none above half; months that are not mature still lack slow answers.",
        "prices of fewer lines and providers, to the cent.",
    ),
    Question(
        PAYER,
        "What does a unit cost by modifier and by site?",
        """
SELECT 'modifier' AS broken_down_by, modifier AS value, service_lines, share_of_lines, allowed_per_unit_p50
FROM {modifiers}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer = 'aetna' AND line_of_business = 'all'
UNION ALL
SELECT 'site', site_name, service_lines, share_of_lines, allowed_per_unit_p50
FROM {sites}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer = 'aetna' AND line_of_business = 'all'
ORDER BY ALL""",
        "A table breaks down by one thing at a time: crossing modifier and site would leave small cells"
        " only. A line with two modifiers counts under both, so these shares add up to more than 1.",
        "every modifier and site that a line has.",
    ),
    Question(
        PAYER,
        "What share of the price do nurse anesthetists and directed pairs get?",
        """
SELECT payer, care_model, service_lines, allowed_per_unit_p50, observed_share
FROM {care_models}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND line_of_business = 'all'
  AND payer <> 'other'
  AND care_model IN ('personally_performed', 'crna_alone', 'directed_physician', 'directed_crna')
ORDER BY payer, care_model""",
        "`observed_share` compares the median per billed unit with the payer's own for AA lines: 0.5 for"
        " a half of a directed pair, less than 1 for QZ where the payer cuts it. `allowed_per_unit` has"
        " the share taken out.",
        "shares to four decimals, by month.",
    ),
    Question(
        PAYER,
        "Which payer rules are known well enough to compute with?",
        """
SELECT payer, rule, scope_state, scope_lob, effective_from, value, confidence
FROM {payer_rules}
WHERE applied
ORDER BY ALL""",
        "These rules alone make `allowed_per_unit_payer_rules_p50` in `payment`. Rules that no source"
        " verifies stand in the table with `applied` false and change no number.",
        "the same: rules are about payers, not about people.",
    ),
    Question(
        PAYER,
        "How far do prices spread within one payer?",
        """
SELECT payer, line_of_business, unit_priced_lines, allowed_per_unit_p10, allowed_per_unit_p25,
  allowed_per_unit_p50, allowed_per_unit_p75, allowed_per_unit_p90
FROM {payment}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer <> 'all' AND line_of_business <> 'all'
ORDER BY payer, line_of_business""",
        "Commercial and Medicare Advantage of one payer are different prices; a spread over all lines of"
        " business shows the mix. 10th and 90th percentiles need 30 lines.",
        "percentiles between the values of lines (type 7), of any number of lines.",
    ),
    Question(
        PAYER,
        "How often does each payer deny, at first and in the end?",
        """
SELECT payer, period_type, period_start, service_lines, initial_denial_rate, denial_rate, overturned_lines
FROM {denials}
WHERE procedure_code = '01939' AND line_of_business = 'all' AND is_mature
  AND (period_type = 'rolling_12' OR period_type = 'quarter' AND payer = 'all')
ORDER BY payer, period_type DESC, period_start""",
        "Denials are read from adjustment reasons. Only mature periods: what is not answered yet may"
        " still go either way. Single payers are asked for twelve months: in a quarter many have 1 to 12"
        " denied lines, and then no rate.",
        "the rate of every payer and month.",
    ),
    Question(
        PAYER,
        "What part of the allowed amount do patients owe?",
        """
SELECT payer, allowed_sum, paid_sum, patient_responsibility_sum, deductible_sum, coinsurance_sum, copay_sum,
  round(patient_responsibility_sum::DOUBLE / allowed_sum::DOUBLE, 2) AS owed_share
FROM {payment}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND line_of_business = 'all'
ORDER BY payer""",
        "Sums are over priced lines only: primary, in network or unknown, not under the No Surprises"
        " Act. A sum is the published mean times the published count: parts need not add up.",
        "exact decimals that add up.",
    ),
    Question(
        POLICY,
        "How many times Medicare's price does each line of business allow?",
        """
SELECT line_of_business, service_lines, allowed_per_unit_p50, ratio_to_national_medicare
FROM {payment}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer = 'all'
ORDER BY line_of_business""",
        "Medicare's own row is the control: it must lie near 1. The ratio is of sums, over lines that"
        " have units and a Medicare price; `all` mixes lines of business as these files do.",
        "the ratio to four decimals.",
    ),
    Question(
        POLICY,
        "How do prices and denials differ by state?",
        """
SELECT state, service_lines, billing_providers, allowed_per_unit_p50, ratio_to_national_medicare, denial_rate,
  withheld
FROM {states}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer = 'all' AND line_of_business = 'all'
ORDER BY state""",
        "A state with fewer than 3 billing providers, or with one that has most lines, shows its lines and no"
        " price, and `withheld` says why: the price would be one practice's. The prices compare mixes of"
        " payers.",
        "the price of every state, whoever made it.",
    ),
    Question(
        POLICY,
        "Who are the patients, and how long are their procedures?",
        """
SELECT age_band, sex, patients, share_of_lines, minutes_p50
FROM {demographics}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer = 'all' AND line_of_business = 'all'
ORDER BY age_band, sex""",
        "Shares are of these files, not of a population. A group that is not there has 0 to 10 patients.",
        "every group, exact.",
    ),
    Question(
        POLICY,
        "Does the code fit the diagnosis?",
        """
SELECT diagnosis, region, service_lines, share_of_lines, region_conflict_lines
FROM {diagnoses}
WHERE procedure_code = '01939' AND period_type = 'rolling_12' AND payer = 'all' AND line_of_business = 'all'
ORDER BY service_lines DESC, diagnosis, region""",
        "The row is that of the first diagnosis; a conflict needs every listed diagnosis of the line to"
        " speak of another region than cervical or thoracic. 01939 is for those.",
        "rare diagnoses, and conflicts of 1 to 12 lines.",
    ),
    Question(
        POLICY,
        "Which months are complete enough to quote?",
        """
SELECT period_start, service_lines, is_mature, adjudicated_share, pending_lines
FROM {utilization}
WHERE procedure_code = '01939' AND period_type = 'month' AND payer = 'all' AND line_of_business = 'all'
ORDER BY period_start""",
        "Quote mature months. `is_mature` is a matter of the calendar; `adjudicated_share` says how much"
        " was answered, and is null where 1 to 12 lines were.",
        "pending lines of every month and payer, exact.",
    ),
)
