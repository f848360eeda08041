"""The words of the publication: names of payers and codes, symbols, standing sentences."""

from __future__ import annotations

from typing import Final

PAYER_NAMES: Final = {
    "aetna": "Aetna",
    "bcbs": "Blue Cross Blue Shield",
    "cigna": "Cigna",
    "uhc": "UnitedHealthcare",
    "medicare": "Medicare",
    "other": "Other payers",
    "all": "All payers",
}
SHORT_PAYERS: Final = {**PAYER_NAMES, "bcbs": "BCBS", "uhc": "UHC", "other": "Other", "all": "All"}
LINE_OF_BUSINESS_NAMES: Final = {
    "commercial": "Commercial",
    "medicare_advantage": "Medicare Advantage",
    "medicare_ffs": "Medicare fee for service",
    "medicaid": "Medicaid",
    "other": "Other",
    "all": "All lines of business",
}
CARE_MODEL_NAMES: Final = {
    "personally_performed": "Anesthesiologist alone (AA)",
    "crna_alone": "Nurse anesthetist alone (QZ)",
    "directed_physician": "Directing physician (QK, QY)",
    "directed_crna": "Directed nurse anesthetist (QX)",
    "supervised": "Supervising physician (AD)",
    "unspecified": "No pricing modifier",
    "conflict": "Conflicting modifiers",
}
SHORT_CARE_MODELS: Final = {
    "personally_performed": "AA",
    "crna_alone": "QZ",
    "directed_physician": "QK, QY",
    "directed_crna": "QX",
    "supervised": "AD",
    "unspecified": "none",
    "conflict": "conflict",
}
REGION_NAMES: Final = {
    "cervical_thoracic": "neck and chest",
    "lumbar_sacral": "low back",
    "any": "any region",
    "other": "other",
    "unknown": "not listed",
}
CONFIDENCE_NAMES: Final = {
    "verified_official_file_or_text": "Official text",
    "verified_secondary": "Secondary source",
    "derived": "Derived from other facts",
    "from_memory_unverified": "Not verified",
}
RULE_NAMES: Final = {
    "time_rounding": "How minutes become units",
    "formula": "Formula",
    "physical_status_units": "Units for physical status",
    "qualifying_circumstances": "Qualifying circumstances",
    "qz_percent": "Share paid for a nurse anesthetist alone (QZ)",
    "coverage": "Coverage",
    "audit": "Audit",
    "modifier_position": "Position of the modifier",
    "modifiers": "Modifiers",
    "base_units_minimum": "Minimum of base units",
    "combined_payment": "Physician and nurse anesthetist together",
    "time_limits": "Time limits",
    "submission": "How to bill",
    "missing_modifier": "No pricing modifier",
    "prior_auth": "Prior authorization",
}
RULE_VALUES: Final = {
    ("time_rounding", "tenth"): "minutes / 15, to a tenth of a unit",
    ("time_rounding", "floor"): "only whole units of 15 minutes count",
    ("time_rounding", "ceiling"): "each part of 15 minutes counts as a unit",
    ("physical_status_units", "0"): "0 units: not paid",
    ("qualifying_circumstances", "0"): "0: not paid",
    ("qualifying_circumstances", "bundled"): "not paid on their own",
    ("qz_percent", "0.85"): "85 % of the anesthesiologist's price",
    ("qz_percent", "1.00"): "100 % of the anesthesiologist's price",
}
"""Machine words of rules as people read them."""
THEMES: Final = (
    ("Coverage", ("coverage", "audit")),
    ("Authorization", ("prior_auth",)),
    (
        "Payment",
        (
            *("qz_percent", "formula", "time_rounding", "physical_status_units", "base_units_minimum"),
            *("qualifying_circumstances", "combined_payment", "time_limits"),
        ),
    ),
    ("Billing", ("modifiers", "modifier_position", "missing_modifier", "submission")),
)
"""Rules of payers by theme, in the order of the page."""
WITHHELD: Final = {
    "few_lines": "fewer than 11 lines",
    "few_providers": "too few providers",
    "dominant_provider": "one or two providers have most of the lines",
}
SYMBOLS: Final = {
    "c": "Not shown: fewer than 11 people, claims, cases or lines (0 to 10)",
    "p": "Price withheld",
    "m": "Not yet mature: claims of this period are still being answered",
    "z": "Does not apply",
    "n": "No data",
}
PART_TOO_SMALL: Final = "Not shown: it counts fewer than 11 lines or cases, or all but fewer than 11"
TOO_FEW_FOR_TAILS: Final = "Not shown: fewer than 30 lines"
EXPECTATIONS: Final = {
    "common": "typical",
    "possible": "possible",
    "uncommon": "uncommon",
    "rare": "rare",
    "implausible": "not expected",
    "impossible": "not possible",
    "unlisted": "not expected",
}
IMMATURE_FOOTNOTE: Final = "Open dots and [m] mark periods that are not yet mature and will change."
ROUNDING: Final = (
    "Counts are rounded to the nearest 5 (11 to 17 become 15), so parts may not add up. Shares are "
    "made from rounded counts."
)
LIMITS: Final = (
    "The figures describe these claim files, not a market or a population.",
    "They cover professional claims only, without facility fees.",
    "The allowed amount of a line is not the price of a case.",
    "They are not advice on fees, coverage or coding.",
    "CPT belongs to the American Medical Association. Its use needs a license.",
)
EXACT_WARNING: Final = "Counts are exact: do not pass on."
SYNTHETIC: Final = (
    "Synthetic data: this program made them up. They contain no real patient, provider or payer figure."
)
NO_RULE: Final = "We found no published rule."
EDITIONS: Final = {
    "internal": "Internal edition",
    "standard": "Standard edition",
    "shared": "Shared edition",
}


def inline(line_of_business: str) -> str:
    """A line of business inside a sentence: `commercial`, `Medicare Advantage`."""
    words = LINE_OF_BUSINESS_NAMES.get(line_of_business, line_of_business)
    return words if words.startswith("Medic") else words.lower()


def spoken(code: str) -> str:
    """A machine word as people write it: `denied_lines` -> `Denied lines`."""
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]
