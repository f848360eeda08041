"""The published tables: grain, columns, units, and what each number rests on."""

from __future__ import annotations

from typing import Final

from schemas.columns import date, flag, real, text, whole
from schemas.table_columns import FIVE_KEYS, Measure, TableSpec, count, fact
from schemas.tables_of_denials import AUTHORIZATIONS, DENIAL_CATEGORIES, DENIAL_REASONS, DENIALS
from schemas.tables_of_lines import (
    CARE_MODELS_TABLE,
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
    "How many rows were read, accepted and set aside, by payer and month",
    (
        text(
            "payer",
            "Payer as the reference data map it; all is the total; unknown means that the "
            "file or row names none",
        ).required(),
        text(
            "period_type",
            "month; undated if no month is known; all for all months together (not in internal)",
        ).required(),
        date(
            "period_start",
            "First day of the month of service; of the payment for remittances without a service date",
        ),
        text(
            "source", "What was counted: claim_lines, remit_lines, file, or x12 (findings in raw X12)"
        ).required(),
        text("rule_code", "Rule that the count belongs to; all is the total of the source").required(),
    ),
    (
        _rows("rows_read", "Rows read"),
        _rows("in_scope", "Rows with a procedure code of the benchmark", "rows_read"),
        _rows("accepted", "Rows taken in", "in_scope"),
        _rows("quarantined", "Rows set aside in quarantine", "rows_read"),
        _rows("repaired", "Values that the pipeline repaired because the repair is certain", "rows_read"),
        _rows("rejected_files", "Files rejected as a whole", unit="files"),
        _rows(
            "findings",
            "Findings in raw X12 that removed no row: amounts out of balance, wrong control totals, "
            "unusual form",
            unit="findings",
        ),
        _rows(
            "unbalanced_lines",
            "Current lines whose charge less adjustments is not the paid amount",
            unit="lines",
        ),
        _rows("unlinked_remits", "Remit lines that match no claim line", "accepted"),
        _rows(
            "ambiguous_remits",
            "Remit lines that match several claim lines equally well, so that none was chosen",
            "accepted",
        ),
        _rows(
            "crossover_remits",
            "Remit lines of a secondary payer for which the files have no secondary claim",
            "accepted",
        ),
        _rows(
            "copied_remits",
            "Remit lines that came before in another file, perhaps by another route; they count once",
            "accepted",
        ),
        _rows(
            "loosely_linked_remits",
            "Remit lines that match their claim line only if punctuation and leading zeros of the "
            "claim number are ignored",
            "accepted",
        ),
        _rows(
            "assumed_primary_remits",
            "Remit lines whose status says secondary or tertiary, but which were read as the primary "
            "payer's answer",
            "accepted",
        ),
        _rows("unmatched_reversals", "Reversals for which no payment was found to cancel", "accepted"),
        _rows(
            "mismatched_reversals", "Reversals that cancelled an answer with a different amount", "accepted"
        ),
        _rows(
            "allowed_conflicts",
            "Current lines whose allowed amount in the file differs from the "
            "one worked out from payment and adjustments",
            unit="lines",
        ),
        _rows(
            "sequestration_off_lines",
            "Current lines for which Medicare did not pay the allowed amount less the patient's "
            "share less sequestration",
            unit="lines",
        ),
        _rows(
            "doubtful_line_of_business_lines",
            "Current lines whose claim and remittance point to different lines of business",
            unit="lines",
        ),
        _rows(
            "original_ambiguous",
            "Replacements and voids that name a payer claim number shared by several claims, so that "
            "none could be chosen",
            unit="submissions",
        ),
        _rows(
            "unmapped_payer_lines",
            "Accepted claim lines of a payer that is none of the five named ones (counted as other)",
            "accepted",
            "lines",
        ),
    ),
)

FRESHNESS: Final = TableSpec(
    "freshness",
    "How recent the files of each payer were on the as-of date",
    (
        text("source", "Kind of file: claim_lines or remit_lines").required(),
        text("payer", "Payer as the reference data map it").required(),
    ),
    (
        fact(date("last_service_date", "Latest date of service", "DTP*472, DTM*472")),
        fact(date("last_submitted_on", "Latest date of submission; empty for remit_lines", "BHT04")),
        fact(date("last_payment_date", "Latest date of payment; empty for claim_lines", "BPR16")),
        fact(whole("files", "Number of files with accepted rows of the payer", "files")),
        fact(
            real(
                "usual_days_between",
                "Usual gap between files: median number of days from the latest date in one file to "
                "the latest date in the next; empty if there is only one date",
                "days",
            )
        ),
        fact(
            whole(
                "days_since",
                "Days from the latest of these dates to the as-of date (in standard, from the end of "
                "its month)",
                "days",
            )
        ),
        fact(flag("is_late", "More than twice the usual gap has passed, and more than a week")),
    ),
    plain=True,
)

PAYER_RULES: Final = TableSpec(
    "payer_rules",
    "What each payer says that it pays, with source and confidence. Compare it with care_models",
    (
        text("payer", "Payer that the rule belongs to; other stands for several payers").required(),
        text("rule", "What the rule is about").required(),
        text("scope_plan", "Plan or policy that the rule is for; all for every plan").required(),
        text(
            "scope_state",
            "States that the rule is for; `except` before states that it is not for; all for every state",
        ).required(),
        text("scope_lob", "Line of business that the rule is for; all for every one").required(),
        date("effective_from", "First day in force; empty if unknown"),
    ),
    (
        fact(date("effective_to", "Last day in force; empty if still in force")),
        fact(text("value", "What the rule says")),
        fact(
            flag(
                "applied",
                "Whether allowed_per_unit_payer_rules uses the rule: a program can "
                "apply it, and a source confirms it",
            )
        ),
        fact(text("source", "Where the rule was found")),
        fact(text("confidence", "How well the source supports it")),
    ),
    plain=True,
)

RELEASE_CHANGES: Final = TableSpec(
    "release_changes",
    "How the numbers changed since the previous release",
    (
        text("table_name", "Table that the number is in").required(),
        *FIVE_KEYS,
        text(
            "further_keys", "Further keys of the row as name=value, joined by |; empty if there are none"
        ).required(),
        text("measure", "Column that changed; row if the whole row appeared or disappeared").required(),
    ),
    (
        fact(real("before", "Value in the previous release; empty if not shown", "as the measure")),
        fact(real("after", "Value in this release; empty if not shown", "as the measure")),
        fact(text("change", "changed, shown_now or withheld_now (a value); appeared or disappeared (a row)")),
        fact(
            text(
                "why",
                "The cause that changed the most patients of this code, payer, line of business and "
                "period: new_claims, late_remits, corrections, reference_data or rules; empty if it "
                "changed fewer than 11 patients (internal: none)",
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
        CARE_MODELS_TABLE,
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
