"""The published tables: grain, columns, units, and what each number rests on."""

from __future__ import annotations

from typing import Final

from schemas.columns import date, flag, real, text, whole
from schemas.table_columns import FIVE_KEYS, Measure, TableSpec, count, fact
from schemas.tables_of_denials import AUTHORIZATIONS, DENIAL_CATEGORIES, DENIAL_REASONS, DENIALS
from schemas.tables_of_lines import (
    CARE_MODELS,
    CLINICAL_THEMES,
    DEMOGRAPHICS,
    DIAGNOSES,
    MODIFIERS,
    PROCEDURES,
    SITES,
    STATES,
    UTILIZATION,
)
from schemas.tables_of_payment import (
    CASE_PAYMENT,
    CONTRACT_VARIANCE,
    OPEN_CLAIMS,
    PAYMENT,
    TIMELINESS,
)
from schemas.tables_of_prices import COLLECTIONS, PRICE_STRATA, PRICE_TREND


def _rows(name: str, description: str, of: str = "", unit: str = "rows") -> Measure:
    return count(name, description, of, unit)


DATA_QUALITY: Final = TableSpec(
    "data_quality",
    "What was read, kept and refused, by payer and month",
    (
        text("payer", "Payer as mapped; all: roll-up; unknown: the file or row names none").required(),
        text(
            "period_type", "month; undated where no month is known; all: every month (not for internal)"
        ).required(),
        date("period_start", "First day of the month; of payment for remittances without service date"),
        text("source", "claim_lines, remit_lines, file or x12 (raw X12 as read)").required(),
        text("rule_code", "Rule of the count; all: everything of the source").required(),
    ),
    (
        _rows("rows_read", "Rows read"),
        _rows("in_scope", "Rows with a code in scope", "rows_read"),
        _rows("accepted", "Rows accepted", "in_scope"),
        _rows("quarantined", "Rows quarantined", "rows_read"),
        _rows("repaired", "Values repaired where the repair is certain", "rows_read"),
        _rows("rejected_files", "Files rejected as a whole", unit="files"),
        _rows(
            "findings",
            "Times a finding in raw X12 was met that removed no row: balance, control totals, form",
            unit="findings",
        ),
        _rows("unbalanced_lines", "Current lines whose charge less adjustments is not paid", unit="lines"),
        _rows("unlinked_remits", "Remit lines that meet no claim line", "accepted"),
        _rows("ambiguous_remits", "Remit lines that meet more than one claim line", "accepted"),
        _rows("crossover_remits", "Secondary remit lines without a secondary claim", "accepted"),
        _rows(
            "copied_remits", "Remit lines that were delivered before, perhaps by another route", "accepted"
        ),
        _rows(
            "loosely_linked_remits",
            "Remit lines that met their claim line without punctuation and leading zeros of the number",
            "accepted",
        ),
        _rows(
            "assumed_primary_remits",
            "Remit lines whose payer says it is not the first, taken as the first's",
            "accepted",
        ),
        _rows("unmatched_reversals", "Reversals that found nothing to cancel", "accepted"),
        _rows("mismatched_reversals", "Reversals that cancelled an answer of another amount", "accepted"),
        _rows("allowed_conflicts", "Current lines whose given and derived allowed differ", unit="lines"),
        _rows(
            "sequestration_off_lines",
            "Current lines that Medicare paid other than allowed less patient share less sequestration",
            unit="lines",
        ),
        _rows(
            "doubtful_line_of_business_lines",
            "Current lines whose claim and remittance point to different lines of business",
            unit="lines",
        ),
        _rows(
            "original_ambiguous",
            "Replacements and voids that name a payer claim number which several claims share",
            unit="submissions",
        ),
        _rows(
            "unmapped_payer_lines", "Accepted claim lines of a payer that is not mapped", "accepted", "lines"
        ),
    ),
)

FRESHNESS: Final = TableSpec(
    "freshness",
    "How recent the files of each payer are, at the as-of date",
    (
        text("source", "claim_lines or remit_lines").required(),
        text("payer", "Payer as mapped").required(),
    ),
    (
        fact(date("last_service_date", "Latest date of service", "DTP*472, DTM*472")),
        fact(date("last_submitted_on", "Latest submission; empty for remit_lines", "BHT04")),
        fact(date("last_payment_date", "Latest payment date; empty for claim_lines", "BPR16")),
        fact(whole("files", "Files with accepted rows of the payer", "files")),
        fact(
            real(
                "usual_days_between",
                "Median days from the latest date in one file to that in the next; empty: one date only",
                "days",
            )
        ),
        fact(
            whole(
                "days_since",
                "Days from the latest of them to the as-of date; standard: from the end of its month",
                "days",
            )
        ),
        fact(flag("is_late", "More than twice the usual days, and more than a week")),
    ),
    plain=True,
)

PAYER_RULES: Final = TableSpec(
    "payer_rules",
    "What each payer says it pays, with source and confidence; compare it with what care_models shows",
    (
        text("payer", "Payer the rule is of; other: several").required(),
        text("rule", "What it rules").required(),
        text("scope_plan", "Plan or policy it speaks of; all: every plan").required(),
        text("scope_state", "States, or except and states; all: every state").required(),
        text("scope_lob", "Line of business; all: any").required(),
        date("effective_from", "First day in force; empty: not known"),
    ),
    (
        fact(date("effective_to", "Last day in force; empty: still")),
        fact(text("value", "What the rule says")),
        fact(flag("applied", "Used for allowed_per_unit_payer_rules: computable and verified by a source")),
        fact(text("source", "Where the fact is from")),
        fact(text("confidence", "How well it is founded")),
    ),
    plain=True,
)

RELEASE_CHANGES: Final = TableSpec(
    "release_changes",
    "How the numbers moved since the release before",
    (
        text("table_name", "Table of the cell").required(),
        *FIVE_KEYS,
        text("further_keys", "Further keys of the table as name=value, joined by |; empty: none").required(),
        text("measure", "Column that moved; row: the row as a whole").required(),
    ),
    (
        fact(real("before", "Value before; empty: not shown", "as the measure")),
        fact(real("after", "Value now; empty: not shown", "as the measure")),
        fact(text("change", "changed, appeared, disappeared (the row), shown_now, withheld_now (the value)")),
        fact(
            text(
                "why",
                "What changed most patients of the code, payer, line of business and period: new_claims,"
                " late_remits, corrections, reference_data, rules; empty: fewer than 11 patients, or in"
                " internal none",
            )
        ),
    ),
    plain=True,
)

TABLES: Final = {
    spec.name: spec
    for spec in (
        UTILIZATION,
        PAYMENT,
        CASE_PAYMENT,
        CARE_MODELS,
        MODIFIERS,
        SITES,
        DENIALS,
        DENIAL_REASONS,
        DENIAL_CATEGORIES,
        AUTHORIZATIONS,
        TIMELINESS,
        OPEN_CLAIMS,
        COLLECTIONS,
        PRICE_TREND,
        PROCEDURES,
        DIAGNOSES,
        CLINICAL_THEMES,
        STATES,
        DEMOGRAPHICS,
        CONTRACT_VARIANCE,
        RELEASE_CHANGES,
        PAYER_RULES,
        FRESHNESS,
        DATA_QUALITY,
    )
}
"""Published tables by name, in the order in which they are described."""

KEPT_TABLES: Final = {**TABLES, PRICE_STRATA.name: PRICE_STRATA}
"""Those and what some of them are made from."""
