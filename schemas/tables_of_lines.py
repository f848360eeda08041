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
    percentile_measures,
    population,
    price_ratio,
    providers,
    quantity,
    rate,
    total,
)

_ALL_LINES: Final = helper("_all_lines", "Utilization lines of the same five keys", "")
MINUTES_LINES: Final = helper("_minutes_lines", "Lines with minutes", "service_lines")
UNITS_LINES: Final = helper("_units_lines", "Lines with units", "service_lines")
RATIO_LINES: Final = helper("_ratio_lines", "Unit-priced lines with Medicare's price", "")
PRICED_LINES: Final = count(
    "priced_lines",
    "Lines with a price: paid, in network as far as known, and with an allowed amount that "
    "belongs to this code and line",
    "service_lines",
)
MINUTES_P50: Final = percentile("minutes_p50", "Anesthesia minutes, median", "minutes", "_minutes_lines")
RATIO_TO_MEDICARE: Final = price_ratio(
    "ratio_to_national_medicare",
    "Sum of allowed amounts divided by the sum of Medicare's price for the same units, over lines "
    "that have both",
    "medicare_ratio",
    "unit_priced",
    needs="_ratio_lines",
)
UNIT_PRICE_P50: Final = percentile_measures(
    "allowed_per_unit",
    "Allowed amount per unit: allowed / (billed units x share)",
    UNIT_PRICE,
    "unit_priced",
    50,
)
ALLOWED_P50: Final = percentile_measures("allowed", "Allowed amount per line", "USD", "priced", 50)
ADJUDICATED_LINES: Final = helper("_adjudicated_lines", "Adjudicated lines", "")
_DENIED: Final = (
    count("denied_lines", "Lines whose final answer is a denial", "_adjudicated_lines"),
    rate("denial_rate", "Denied lines divided by adjudicated lines", "denied_lines", "_adjudicated_lines"),
)

UTILIZATION: Final = TableSpec(
    "utilization",
    "What was billed, counted in current service lines of the primary payer",
    FIVE_KEYS,
    (
        *population(),
        providers("rendering_providers", "Number of different rendering providers"),
        quantity("minutes_sum", "Sum of anesthesia minutes", "minutes", "minutes_mean", "_minutes_lines"),
        average(
            "minutes_mean", "Mean anesthesia minutes of lines that have minutes", "minutes", "_minutes_lines"
        ),
        percentile("minutes_p25", "Anesthesia minutes, 25th percentile", "minutes", "_minutes_lines"),
        MINUTES_P50,
        percentile("minutes_p75", "Anesthesia minutes, 75th percentile", "minutes", "_minutes_lines"),
        quantity(
            "billed_units_sum", "Sum of base and time units", "units", "billed_units_mean", "_units_lines"
        ),
        average(
            "billed_units_mean", "Mean base and time units of lines that have units", "units", "_units_lines"
        ),
        total("charge_sum", "Sum of charges", source="SV102"),
        count(
            "adjudicated_lines",
            "Lines with a final answer: paid, denied, or paid zero for another reason",
            "service_lines",
            n_of="denials",
        ),
        rate(
            "adjudicated_share",
            "Adjudicated lines divided by all lines",
            "_followed_adjudicated_lines",
            "_followed_lines",
        ),
        count(
            "pending_lines",
            "Lines without an answer, or with an answer to an earlier version of the bill only",
            "_followed_lines",
        ),
        count("reversed_lines", "Lines of which every answer was reversed", "service_lines"),
        count("suspect_minutes_lines", "Lines with minutes outside the plausible range", "service_lines"),
        count(
            "secondary_lines",
            "Lines billed to a secondary or tertiary payer with these keys (in no other count of the row)",
            "",
        ),
        count(
            "voided_claims",
            "Claims with these keys that were voided (in no other count of the row)",
            "",
            "claims",
        ),
        count(
            "replaced_claims",
            "Claims with these keys that were replaced (in no other count of the row)",
            "",
            "claims",
        ),
    ),
    (
        MINUTES_LINES,
        UNITS_LINES,
        answering("_followed_lines", "Lines that can answer whether they are open", "service_lines"),
        answering("_followed_adjudicated_lines", "Adjudicated lines of them", ""),
    ),
)

CARE_MODELS_TABLE: Final = TableSpec(
    "care_models",
    "Who gave the anesthesia, as the pricing modifier of the line says",
    (
        *FIVE_KEYS,
        text(
            "care_model",
            "personally_performed (AA), crna_alone (QZ, a nurse anesthetist alone), "
            "directed_physician (QK, QY), directed_crna (QX), supervised (AD), unspecified (no "
            "pricing modifier) or conflict (several)",
        ).required(),
    ),
    (
        *population(),
        SHARE_OF_LINES,
        PRICED_LINES,
        *percentile_measures(
            "allowed_per_unit",
            "Allowed amount per unit: allowed / (billed units x share)",
            UNIT_PRICE,
            "unit_priced",
            25,
            50,
            75,
        ),
        Measure(
            real(
                "observed_share",
                "Median of allowed amount per billed unit, divided by the same median of "
                "personally_performed lines with the same other keys",
                "share",
            ),
            "statistic",
            "ratio",
            bases=("unit_priced", "reference"),
            protected="_observed_share_nearest",
        ),
        RATIO_TO_MEDICARE,
        MINUTES_P50,
        *_DENIED,
    ),
    (_ALL_LINES, MINUTES_LINES, RATIO_LINES, ADJUDICATED_LINES),
)

MODIFIERS: Final = TableSpec(
    "modifiers",
    "Modifiers of the lines. A line counts once for each of its modifiers, or as unknown if it has none",
    (
        *FIVE_KEYS,
        text("modifier", "Modifier, in any of the four positions", "SV101-3..6").required(),
        text(
            "modifier_name",
            "What the modifier means, in short; `no modifier` if the line has none; `not in the "
            "list` if the reference data lack it",
        ).required(),
    ),
    (*population(), SHARE_OF_LINES, PRICED_LINES, *UNIT_PRICE_P50, *_DENIED),
    (_ALL_LINES, ADJUDICATED_LINES),
)

SITES: Final = TableSpec(
    "sites",
    "Where the service was given",
    (
        *FIVE_KEYS,
        text("place_of_service", "Place of service code", "SV105 or CLM05-1").required(),
        text("site_name", "What the code means, in short; unknown if the reference data lack it").required(),
    ),
    (*population(), SHARE_OF_LINES, PRICED_LINES, *ALLOWED_P50, *UNIT_PRICE_P50, MINUTES_P50, *_DENIED),
    (_ALL_LINES, MINUTES_LINES, ADJUDICATED_LINES),
)

PROCEDURES: Final = TableSpec(
    "procedures",
    "Surgical procedures that the anesthesia was for, over lines that name one",
    (*FIVE_KEYS, text("surgical_procedure_code", "Code of the surgical procedure", "HI*BP").required()),
    (
        *population(),
        SHARE_OF_LINES,
        PRICED_LINES,
        *ALLOWED_P50,
        MINUTES_P50,
        *_DENIED,
        fact(
            flag(
                "region_conflict",
                "Whether the procedure belongs to another anesthesia code; null "
                "if the reference data do not say",
            )
        ),
    ),
    (_ALL_LINES, MINUTES_LINES, ADJUDICATED_LINES),
)

DIAGNOSES: Final = TableSpec(
    "diagnoses",
    "First diagnosis of the line, by category and part of the spine",
    (
        *FIVE_KEYS,
        text(
            "diagnosis", "ICD-10-CM category: the first three characters of the code", "HI via SV107"
        ).required(),
        text(
            "region",
            "Part of the spine that the whole first code belongs to: cervical_thoracic, "
            "lumbar_sacral or any; unknown if the reference data lack the code",
        ).required(),
    ),
    (
        *population(),
        SHARE_OF_LINES,
        count(
            "region_conflict_lines",
            "Lines of which the reference data list a diagnosis, but no listed one fits the procedure code",
            "service_lines",
        ),
        *_DENIED,
    ),
    (_ALL_LINES, ADJUDICATED_LINES),
)

CLINICAL_THEMES: Final = TableSpec(
    "clinical_themes",
    "Why the patients came: clinical theme of the first diagnosis that has one",
    (
        *FIVE_KEYS,
        text(
            "theme",
            "Clinical theme in the reference data, such as cancer pain or spondylosis; "
            "unknown if no diagnosis has one",
        ).required(),
    ),
    (*population(), SHARE_OF_LINES, *_DENIED, PRICED_LINES, *UNIT_PRICE_P50, MINUTES_P50),
    (_ALL_LINES, MINUTES_LINES, ADJUDICATED_LINES),
)

STATES: Final = TableSpec(
    "states",
    "State where the service was given, otherwise the state of the billing provider",
    (*FIVE_KEYS, text("state", "State, two letters", "NM1*77 N4 02, else NM1*85 N4 02").required()),
    (
        *population(),
        SHARE_OF_LINES,
        PRICED_LINES,
        *UNIT_PRICE_P50,
        RATIO_TO_MEDICARE,
        rate(
            "denial_rate", "Denied lines divided by adjudicated lines", "_denied_lines", "_adjudicated_lines"
        ),
    ),
    (
        _ALL_LINES,
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
    (_ALL_LINES, MINUTES_LINES),
)
