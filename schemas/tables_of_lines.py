"""Published tables of what was billed, and by what it breaks down."""

from __future__ import annotations

from typing import Final

from schemas.columns import Column, flag, real, text
from schemas.table_columns import (
    FIVE_KEYS,
    SHARE_OF_LINES,
    UNIT_PRICE,
    Measure,
    TableSpec,
    answering,
    average,
    count,
    fact,
    helper,
    percentile,
    percentiles,
    population,
    price_ratio,
    providers,
    quantity,
    rate,
    total,
)

ALL_LINES: Final = helper("_all_lines", "Utilization lines of the same five keys", "")
MINUTES_LINES: Final = helper("_minutes_lines", "Lines with minutes", "service_lines")
UNITS_LINES: Final = helper("_units_lines", "Lines with units", "service_lines")
RATIO_LINES: Final = helper("_ratio_lines", "Unit-priced lines with Medicare's price", "")
PRICED_LINES: Final = count("priced_lines", "Priced lines", "service_lines")
MINUTES_P50: Final = percentile("minutes_p50", "Minutes, median", "minutes", "_minutes_lines")
RATIO_TO_MEDICARE: Final = price_ratio(
    "ratio_to_national_medicare",
    "Allowed over Medicare's price of the same units, sums over lines that have both",
    "medicare_ratio",
    "unit_priced",
    needs="_ratio_lines",
)
UNIT_PRICE_P50: Final = percentiles(
    "allowed_per_unit", "Allowed per billed unit and share", UNIT_PRICE, "unit_priced", 50
)
ALLOWED_P50: Final = percentiles("allowed", "Allowed per line", "USD", "priced", 50)
ADJUDICATED_LINES: Final = helper("_adjudicated_lines", "Adjudicated lines", "")
DENIED: Final = (
    count("denied_lines", "Lines whose final adjudication is a denial", "_adjudicated_lines"),
    rate("denial_rate", "Denied lines of adjudicated lines", "denied_lines", "_adjudicated_lines"),
)

UTILIZATION: Final = TableSpec(
    "utilization",
    "What was billed: current primary service lines",
    FIVE_KEYS,
    (
        *population(),
        providers("rendering_providers", "Distinct rendering providers"),
        quantity("minutes_sum", "Anesthesia minutes", "minutes", "minutes_mean", "_minutes_lines"),
        average("minutes_mean", "Minutes per line that has them", "minutes", "_minutes_lines"),
        percentile("minutes_p25", "Minutes, 25th percentile", "minutes", "_minutes_lines"),
        MINUTES_P50,
        percentile("minutes_p75", "Minutes, 75th percentile", "minutes", "_minutes_lines"),
        quantity("billed_units_sum", "Base and time units", "units", "billed_units_mean", "_units_lines"),
        average("billed_units_mean", "Base and time units per line that has them", "units", "_units_lines"),
        total("charge_sum", "Charges", source="SV102"),
        count(
            "adjudicated_lines",
            "Lines whose final adjudication paid, denied or paid zero",
            "service_lines",
            n_of="denials",
        ),
        rate(
            "adjudicated_share",
            "Adjudicated lines of all lines",
            "_followed_adjudicated_lines",
            "_followed_lines",
        ),
        count(
            "pending_lines", "Lines without an answer, or awaiting one to a changed bill", "_followed_lines"
        ),
        count("reversed_lines", "Lines whose every adjudication was reversed", "service_lines"),
        count("suspect_minutes_lines", "Lines with minutes outside the plausible range", "service_lines"),
        count("secondary_lines", "Secondary and tertiary lines with these keys (in no other count)", ""),
        count("voided_claims", "Claims voided, with these keys (in no other count)", "", "claims"),
        count("replaced_claims", "Claims replaced, with these keys (in no other count)", "", "claims"),
    ),
    (
        MINUTES_LINES,
        UNITS_LINES,
        answering("_followed_lines", "Lines that can answer whether they are open", "service_lines"),
        answering("_followed_adjudicated_lines", "Adjudicated lines of them", ""),
    ),
)

CARE_MODELS: Final = TableSpec(
    "care_models",
    "Who gave the anesthesia, by the pricing modifier of the line",
    (
        *FIVE_KEYS,
        text(
            "care_model",
            "personally_performed AA, crna_alone QZ, directed_physician QK QY, directed_crna QX,"
            " supervised AD, unspecified, conflict",
        ).required(),
    ),
    (
        *population(),
        SHARE_OF_LINES,
        PRICED_LINES,
        *percentiles(
            "allowed_per_unit", "Allowed per billed unit and share", UNIT_PRICE, "unit_priced", 25, 50, 75
        ),
        Measure(
            real(
                "observed_share",
                "Median of allowed per billed unit over that of personally_performed in the same cell",
                "share",
            ),
            "statistic",
            "ratio",
            bases=("unit_priced", "reference"),
            protected="_observed_share_nearest",
        ),
        RATIO_TO_MEDICARE,
        MINUTES_P50,
        *DENIED,
    ),
    (ALL_LINES, MINUTES_LINES, RATIO_LINES, ADJUDICATED_LINES),
)

MODIFIERS: Final = TableSpec(
    "modifiers",
    "Modifiers of the lines; a line counts once for each of its modifiers, as unknown if it has none",
    (
        *FIVE_KEYS,
        text("modifier", "Modifier, any position", "SV101-3..6").required(),
        text(
            "modifier_name",
            "The modifier in short words of our own; no modifier: the line has none; not in the list",
        ).required(),
    ),
    (*population(), SHARE_OF_LINES, PRICED_LINES, *UNIT_PRICE_P50, *DENIED),
    (ALL_LINES, ADJUDICATED_LINES),
)

SITES: Final = TableSpec(
    "sites",
    "Where the service was given",
    (
        *FIVE_KEYS,
        text("place_of_service", "Place of service", "SV105 or CLM05-1").required(),
        text("site_name", "The place in short words; unknown: not a code of the list").required(),
    ),
    (*population(), SHARE_OF_LINES, PRICED_LINES, *ALLOWED_P50, *UNIT_PRICE_P50, MINUTES_P50, *DENIED),
    (ALL_LINES, MINUTES_LINES, ADJUDICATED_LINES),
)

PROCEDURES: Final = TableSpec(
    "procedures",
    "Surgical procedures that the anesthesia was for; only lines that carry one",
    (*FIVE_KEYS, text("surgical_procedure_code", "Surgical procedure", "HI*BP").required()),
    (
        *population(),
        SHARE_OF_LINES,
        PRICED_LINES,
        *ALLOWED_P50,
        MINUTES_P50,
        *DENIED,
        fact(
            flag("region_conflict", "The procedure goes with another anesthesia code; null: not in the list")
        ),
    ),
    (ALL_LINES, MINUTES_LINES, ADJUDICATED_LINES),
)

DIAGNOSES: Final = TableSpec(
    "diagnoses",
    "First diagnosis of the line, by category and part of the spine",
    (
        *FIVE_KEYS,
        text("diagnosis", "ICD-10-CM category: first three characters", "HI via SV107").required(),
        text(
            "region", "cervical_thoracic, lumbar_sacral or any by the whole first code; unknown: not listed"
        ).required(),
    ),
    (
        *population(),
        SHARE_OF_LINES,
        count(
            "region_conflict_lines",
            "Lines with a listed diagnosis of which no diagnosis fits the procedure code",
            "service_lines",
        ),
        *DENIED,
    ),
    (ALL_LINES, ADJUDICATED_LINES),
)

CLINICAL_THEMES: Final = TableSpec(
    "clinical_themes",
    "The clinical context: theme of the first diagnosis of the line that has one",
    (
        *FIVE_KEYS,
        text(
            "theme", "Theme by reference list: cancer pain, spondylosis, ...; unknown: no diagnosis has one"
        ).required(),
    ),
    (*population(), SHARE_OF_LINES, *DENIED, PRICED_LINES, *UNIT_PRICE_P50, MINUTES_P50),
    (ALL_LINES, MINUTES_LINES, ADJUDICATED_LINES),
)

STATES: Final = TableSpec(
    "states",
    "Where the service was given, else where the billing provider is",
    (*FIVE_KEYS, text("state", "Two letters", "NM1*77 N4 02, else NM1*85 N4 02").required()),
    (
        *population(),
        SHARE_OF_LINES,
        PRICED_LINES,
        *UNIT_PRICE_P50,
        RATIO_TO_MEDICARE,
        rate("denial_rate", "Denied lines of adjudicated lines", "_denied_lines", "_adjudicated_lines"),
    ),
    (
        ALL_LINES,
        RATIO_LINES,
        ADJUDICATED_LINES,
        helper("_denied_lines", "Denied lines", "_adjudicated_lines"),
    ),
)

DEMOGRAPHICS: Final = TableSpec(
    "demographics",
    "Age and sex of the patients",
    (
        *FIVE_KEYS,
        text("age_band", "Age at service: 0-17, 18-39, 40-64, 65-74, 75+").required(),
        Column("sex", text("sex", "").dtype, "F, M, U or unknown", source="DMG03", nullable=False),
    ),
    (*population(), SHARE_OF_LINES, MINUTES_P50),
    (ALL_LINES, MINUTES_LINES),
)
