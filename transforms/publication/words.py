"""The words of the publication: names of payers and codes, symbols, standing sentences."""

from __future__ import annotations

from typing import Final

PAYERS: Final = {
    "aetna": "Aetna",
    "bcbs": "Blue Cross Blue Shield",
    "cigna": "Cigna",
    "uhc": "UnitedHealthcare",
    "medicare": "Medicare",
    "other": "Other payers",
    "all": "All payers",
}
SHORT_PAYERS: Final = {**PAYERS, "bcbs": "BCBS", "uhc": "UHC", "other": "Other", "all": "All"}
LINES_OF_BUSINESS: Final = {
    "commercial": "Commercial",
    "medicare_advantage": "Medicare Advantage",
    "medicare_ffs": "Medicare fee for service",
    "medicaid": "Medicaid",
    "other": "Other",
    "all": "All lines of business",
}
CARE_MODELS: Final = {
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
REGIONS: Final = {
    "cervical_thoracic": "neck and chest",
    "lumbar_sacral": "low back",
    "any": "any region",
    "other": "other",
    "unknown": "not listed",
}
CONFIDENCE: Final = {
    "verified_official_file_or_text": "Official text seen",
    "verified_secondary": "Second source",
    "derived": "Derived",
    "from_memory_unverified": "Not verified",
}
RULES: Final = {
    "time_rounding": "How minutes become units",
    "formula": "Formula",
    "physical_status_units": "Units for physical status",
    "qualifying_circumstances": "Qualifying circumstances",
    "qz_percent": "Share paid for a nurse anesthetist alone (QZ)",
    "coverage": "Coverage",
    "audit": "Audit",
    "modifier_position": "Place of the modifier",
    "modifiers": "Modifiers",
    "base_units_minimum": "Least base units",
    "combined_payment": "Physician and nurse anesthetist together",
    "time_limits": "Limits of time",
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
    "c": "Fewer than 11 people, claims, cases or lines (0 to 10): not shown",
    "p": "Price withheld",
    "m": "Not yet mature: claims of this period are still being answered",
    "z": "Does not apply",
    "n": "No data",
}
PART_TOO_SMALL: Final = "It rests on fewer than 11 lines or cases, or on all but fewer than 11: not shown"
TOO_FEW_FOR_TAILS: Final = "Fewer than 30 lines: not shown"
EXPECTATIONS: Final = {
    "common": "typical",
    "possible": "possible",
    "uncommon": "uncommon",
    "rare": "rare",
    "implausible": "not expected",
    "impossible": "not possible",
    "unlisted": "not expected",
}
IMMATURE_FOOTNOTE: Final = "Open dots and [m]: not yet mature, will change."
ROUNDING: Final = (
    "Counts are rounded to the nearest 5 (11 to 17 show as 15); parts may not add up."
    " Shares use rounded counts."
)
LIMITS: Final = (
    "Figures are of these claim files, not of a market or population.",
    "Professional claims only; no facility fees.",
    "A line's allowed amount is not the price of a case.",
    "No fee, coverage or coding advice.",
    "CPT is the AMA's; its use needs a license.",
)
EXACT_WARNING: Final = "Exact counts: do not pass on."
SYNTHETIC: Final = "Synthetic data: made up by this program, no real patient, provider or payer figure."
NO_RULE: Final = "We found no published rule."
EDITIONS: Final = {
    "internal": "Internal edition",
    "standard": "Standard edition",
    "shared": "Shared edition",
}


def inline(line_of_business: str) -> str:
    """A line of business inside a sentence: `commercial`, `Medicare Advantage`."""
    words = LINES_OF_BUSINESS.get(line_of_business, line_of_business)
    return words if words.startswith("Medic") else words.lower()


def spoken(code: str) -> str:
    """A machine word as people write it: `denied_lines` -> `Denied lines`."""
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]
