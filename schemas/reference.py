"""What a row of each reference table is: one pandera schema, one key and one description per column."""

from __future__ import annotations

from dataclasses import dataclass

import pandera.polars as pa
import polars as pl

PAYERS = ("aetna", "bcbs", "cigna", "uhc", "medicare")
"""The five named payers; anything else is `other` (contract, section 1)."""

LINES_OF_BUSINESS = ("commercial", "medicare_advantage", "medicare_ffs", "medicaid", "other")
CONFIDENCE = (
    "verified_official_file_or_text",
    "verified_secondary",
    "derived",
    "from_memory_unverified",
)
"""Strongest first; a mixed fact carries the weaker word."""
APPLICABLE_CONFIDENCE = CONFIDENCE[:2]
"""Only payer rules this well founded are ever applied (contract, section 5)."""
REGIONS = ("cervical_thoracic", "lumbar_sacral", "any", "other")
CARE_MODELS = (
    "personally_performed",
    "crna_alone",
    "directed_physician",
    "directed_crna",
    "supervised",
)
TREATMENTS = (
    "contractual",
    "patient_share",
    "price_neutral",
    "duplicate",
    "capitation",
    "prior_payer",
    "denial",
    "information",
)
RULES = (
    "time_rounding",
    "qz_percent",
    "physical_status_units",
    "base_units_minimum",
    "formula",
    "qualifying_circumstances",
    "combined_payment",
    "coverage",
    "audit",
    "modifier_position",
    "modifiers",
    "missing_modifier",
    "time_limits",
    "submission",
    "prior_auth",
)


def _text(
    description: str,
    *,
    nullable: bool = False,
    among: tuple[str, ...] | None = None,
    shape: str | None = None,
) -> pa.Column:
    checks = []
    if among is not None:
        checks.append(pa.Check.isin(list(among)))
    if shape is not None:
        checks.append(pa.Check.str_matches(f"^(?:{shape})$"))
    return pa.Column(pl.String, checks, nullable=nullable, description=description)


def _number(description: str, low: float, high: float, *, nullable: bool = False) -> pa.Column:
    return pa.Column(pl.Float64, pa.Check.in_range(low, high), nullable=nullable, description=description)


def _whole(description: str, low: int, high: int, *, nullable: bool = False) -> pa.Column:
    return pa.Column(pl.Int64, pa.Check.in_range(low, high), nullable=nullable, description=description)


def _flag(description: str) -> pa.Column:
    return pa.Column(pl.Boolean, description=description)


def _from(*, nullable: bool = True) -> pa.Column:
    return pa.Column(pl.Date, nullable=nullable, description="first date in force; empty: no start known")


def _to() -> pa.Column:
    return pa.Column(
        pl.Date, nullable=True, description="last date in force, inclusive; empty: still in force"
    )


def _schema(columns: dict[str, pa.Column], key: tuple[str, ...]) -> pa.DataFrameSchema:
    origin = {
        "source": _text("where the fact is from"),
        "confidence": _text("how well it is founded; the weaker word of a mixed fact", among=CONFIDENCE),
    }
    return pa.DataFrameSchema({**columns, **origin}, unique=list(key), strict=True, ordered=True)


CONTRACTOR = r"[0-9]{5}"
CPT = r"[0-9]{4}[0-9A-Z]"
CARC = r"[0-9]{1,3}|[A-Z][0-9]{1,2}"
RARC = r"(?:M|MA|N)[0-9]{1,3}"

SCHEMAS: dict[str, pa.DataFrameSchema] = {
    "payers": _schema(
        {
            "rule_id": _text("name of the rule"),
            "payer": _text(
                "payer the rule decides on; `other` keeps a known name out", among=(*PAYERS, "other")
            ),
            "match_kind": _text("what must fit", among=("id", "id_name", "name", "medicare_contractor")),
            "payer_id": _text("payer id, exact; empty for name and contractor rules", nullable=True),
            "name_pattern": _text("regular expression on the normalised payer name", nullable=True),
            "priority": _whole("the lowest number that fits decides; no two rules share one", 1, 999),
            "effective_from": _from(),
            "effective_to": _to(),
        },
        ("rule_id",),
    ),
    "plan_name_lines": _schema(
        {
            "rule_id": _text("name of the rule"),
            "line_of_business": _text("line the plan name decides on", among=LINES_OF_BUSINESS),
            "scope_payer": _text("payers it speaks of, blank-separated; empty: any", nullable=True),
            "payer_id": _text("payer id that must also fit, exact; empty: any", nullable=True),
            "name_pattern": _text("regular expression on the normalised payer name"),
            "priority": _whole("the lowest number that fits decides", 1, 999),
        },
        ("rule_id",),
    ),
    "claim_filing_codes": _schema(
        {
            "claim_filing_code": _text("SBR09 or CLP06", shape="[0-9A-Z]{2}"),
            "short_name": _text("own words"),
            "in_sbr09": _flag("used in the 837"),
            "in_clp06": _flag("used in the 835"),
            "specificity": _text(
                "specific: its CLP06 goes before SBR09; general: after; silent: decides nothing",
                among=("specific", "general", "silent"),
            ),
            "line_of_business": _text("line it points to", among=LINES_OF_BUSINESS),
            "line_of_medicare_contractor": _text(
                "the same, from a Medicare contractor", among=LINES_OF_BUSINESS
            ),
            "line_of_medicare_plan": _text(
                "the same, under another payer's Medicare plan", among=LINES_OF_BUSINESS
            ),
        },
        ("claim_filing_code",),
    ),
    "medicare_contractors": _schema(
        {
            "contractor_number": _text("Part B contractor number", shape=CONTRACTOR),
            "area": _text("state or part of one"),
            "company": _text("contractor's name"),
            "jurisdiction": _text("its jurisdiction"),
            "number_confidence": _text("confidence of number and area alone", among=CONFIDENCE),
        },
        ("contractor_number",),
    ),
    "anesthesia_codes": _schema(
        {
            "procedure_code": _text("CPT code", shape=CPT),
            "short_name": _text("own words"),
            "family": _text("scope, predecessor or contrast", among=("scope", "predecessor", "contrast")),
            "region": _text("part of the spine", among=(*REGIONS, "cervical", "lumbar", "head_neck")),
            "base_units": _whole("CMS base units", 0, 30),
            "is_time_based": _flag("paid by base and time units"),
            "successor": _text("codes that took its place", nullable=True),
            "effective_from": _from(),
            "effective_to": _to(),
        },
        ("procedure_code", "effective_from"),
    ),
    "modifiers": _schema(
        {
            "modifier": _text("two characters", shape="[0-9A-Z]{2}"),
            "kind": _text(
                "what it is for",
                among=(
                    "pricing",
                    "informational",
                    "physical_status",
                    "liability",
                    "laterality",
                    "facility_only",
                    "not_on_anesthesia",
                ),
            ),
            "short_name": _text("own words"),
            "billed_by": _text("who bills it", among=("physician", "crna", "either", "surgeon", "facility")),
            "care_model": _text("of a pricing modifier", nullable=True, among=CARE_MODELS),
            "share": _number("share of the case it prices (contract, section 5)", 0, 1, nullable=True),
            "physical_status_units": _whole(
                "units where a payer pays them; never billed_units", 0, 3, nullable=True
            ),
            "exclusive_group": _text("at most one of a group on a line", nullable=True),
            "expected_position": _text("where it stands", among=("1", "2", "2+", "any", "-")),
            "is_repeat": _flag("says the service was done again (76, 77)"),
            "is_impossible": _flag("cannot stand on a line in scope"),
        },
        ("modifier",),
    ),
    "modifier_pairing": _schema(
        {
            "physician_modifier": _text("on the physician's line", nullable=True),
            "crna_modifier": _text("on the nurse anesthetist's line", nullable=True),
            "physician_share": _number("physician's share; empty: no fixed share", 0, 1, nullable=True),
            "crna_share": _number("nurse anesthetist's share", 0, 1, nullable=True),
            "case_share": _number("of both lines; empty: varies", 0, 2, nullable=True),
            "concurrent_cases": _text("cases at once"),
            "lines_per_case": _whole("service lines of one case", 1, 2),
        },
        ("physician_modifier", "crna_modifier"),
    ),
    "conversion_factors_national": _schema(
        {
            "basis": _text("who it is for; `all` before 2026", among=("all", "non_qp", "qp")),
            "effective_from": _from(nullable=False),
            "effective_to": _to(),
            "conversion_factor": _number("dollars per anesthesia unit", 10, 60),
            "work_share": _number("share of work in the locality formula", 0, 1),
            "practice_expense_share": _number("share of practice expense", 0, 1),
            "malpractice_share": _number("share of malpractice", 0, 1),
            "shares_confidence": _text("confidence of the three shares", among=CONFIDENCE),
        },
        ("basis", "effective_from"),
    ),
    "conversion_factors_locality": _schema(
        {
            "contractor_number": _text("Part B contractor number", shape=CONTRACTOR),
            "locality": _text("locality of that contractor", shape="[0-9]{2}"),
            "locality_name": _text("CMS's name of it"),
            "basis": _text("who it is for; `all` before 2026", among=("all", "non_qp", "qp")),
            "effective_from": _from(nullable=False),
            "effective_to": _to(),
            "conversion_factor": _number("dollars per anesthesia unit", 10, 60),
        },
        ("contractor_number", "locality", "basis", "effective_from"),
    ),
    "places_of_service": _schema(
        {
            "place_of_service": _text("two digits", shape="[0-9]{2}"),
            "site_name": _text("own short words"),
            "setting": _text("CMS's setting", among=("facility", "non_facility")),
            "expectation": _text(
                "how the code in scope meets it",
                among=("common", "possible", "uncommon", "rare", "implausible", "impossible", "unlisted"),
            ),
            "is_impossible": _flag("cannot stand on a line in scope"),
        },
        ("place_of_service",),
    ),
    "carc": _schema(
        {
            "carc": _text("claim adjustment reason code", shape=CARC),
            "short_meaning": _text("own words"),
            "treatment": _text("what the pipeline does with it", among=TREATMENTS),
            "is_denial": _flag("outside the list of non-denials of contract 4.9"),
            "denial_category": _text("kind of denial; empty for non-denials", nullable=True),
            "is_prior_authorization": _flag("prior-authorization denial of contract 4.9"),
            "adds_to_allowed": _text(
                "when it joins a derived allowed amount (contract 4.8)",
                among=("never", "group_pr", "any_group"),
            ),
        },
        ("carc",),
    ),
    "rarc": _schema(
        {
            "rarc": _text("remittance advice remark code", shape=RARC),
            "short_meaning": _text("own words"),
            "topic": _text("why it matters here"),
            "start_date": pa.Column(pl.Date, description="first date on the list"),
        },
        ("rarc",),
    ),
    "network_codes": _schema(
        {
            "code_system": _text("list the code is on", among=("RARC", "CARC")),
            "group_code": _text("group it must stand under; empty: any", nullable=True, among=("CO", "PR")),
            "code": _text("the code", shape=f"{RARC}|{CARC}"),
            "network": _text("what it tells (contract 4.10)", among=("nsa", "out_of_network")),
        },
        ("code_system", "group_code", "code"),
    ),
    "sequestration": _schema(
        {
            "effective_from": _from(nullable=False),
            "effective_to": _to(),
            "reduction": _number("share taken off the payment, by service date", 0, 0.1),
            "carc": _text("adjustment reason it shows as", nullable=True),
            "group_code": _text("its group", nullable=True),
            "applies_to": _text("what it is taken from", nullable=True),
        },
        ("effective_from",),
    ),
    "payer_rules": _schema(
        {
            "rule_id": _text("name of the rule"),
            "payer": _text("payer it is of; `other`: several", among=(*PAYERS, "other")),
            "rule": _text("what it rules", among=RULES),
            "scope_plan": _text("plan or policy it speaks of; empty: every plan", nullable=True),
            "plan_pattern": _text("names of that plan; empty: every name of the payer", nullable=True),
            "scope_state": _text("states, blank-separated, or `except` and states", nullable=True),
            "scope_lob": _text("line of business; empty: any", nullable=True, among=LINES_OF_BUSINESS),
            "effective_from": _from(),
            "effective_to": _to(),
            "value": _text("what it says: a word or figure where `machine_usable`"),
            "machine_usable": _flag("the value can be computed with"),
            "note": _text("what to know about it", nullable=True),
            "applied": _flag("machine usable and at least verified_secondary; computed, not in the file"),
        },
        ("rule_id",),
    ),
    "icd10_regions": _schema(
        {
            "icd10_prefix": _text("start of an ICD-10-CM code without the dot; longest fit decides"),
            "short_name": _text("own words"),
            "theme": _text("kind of trouble"),
            "region": _text(
                "part of the spine it speaks of", among=("cervical_thoracic", "lumbar_sacral", "any")
            ),
            "fits_codes": _text("codes in scope it fits, blank-separated"),
            "is_valid_code": _flag("a billable code as it stands; false for a prefix"),
        },
        ("icd10_prefix",),
    ),
    "surgical_codes": _schema(
        {
            "surgical_procedure_code": _text("CPT code", shape=CPT),
            "short_name": _text("own words"),
            "region": _text("part of the spine", among=REGIONS),
            "expected_anesthesia_codes": _text("codes it goes with, blank-separated", nullable=True),
            "pairing": _text("how well it goes with 01939", among=("yes", "possible", "doubtful", "no")),
        },
        ("surgical_procedure_code",),
    ),
    "qualifying_circumstances": _schema(
        {
            "procedure_code": _text("CPT code", shape=CPT),
            "short_name": _text("own words"),
            "asa_units": _whole("units where a payer pays them", 0, 10),
            "medicare_status": _text("status letter of the Medicare fee schedule"),
        },
        ("procedure_code",),
    ),
    "plausibility_anchors": _schema(
        {
            "anchor": _text("name of the figure"),
            "value": _text("figure or range as published"),
            "unit": _text("its unit", nullable=True),
            "scope": _text("what it is of", nullable=True),
        },
        ("anchor",),
    ),
}
"""Table -> schema. Grain: one row per the schema's `unique` columns."""

OVERLAP_KEYS: dict[str, tuple[str, ...]] = {
    "anesthesia_codes": ("procedure_code",),
    "conversion_factors_national": ("basis",),
    "conversion_factors_locality": ("contractor_number", "locality", "basis"),
    "sequestration": (),
}
"""Dated tables of which at most one row per these columns may be in force on a date."""

COMPUTED_COLUMNS: dict[str, tuple[str, ...]] = {"payer_rules": ("applied",)}
"""Columns that are worked out when a table is parsed and do not stand in its file."""


def dtypes(table: str) -> dict[str, pl.DataType]:
    """Column -> Polars type of a reference table, in column order."""
    return {name: column.dtype.type for name, column in SCHEMAS[table].columns.items()}


def file_columns(table: str) -> list[str]:
    """Columns that the CSV of a reference table holds, in order."""
    computed = COMPUTED_COLUMNS.get(table, ())
    return [name for name in SCHEMAS[table].columns if name not in computed]


@dataclass(frozen=True)
class ReferenceTables:
    """The validated reference tables, one frame each, named as their files."""

    payers: pl.DataFrame
    plan_name_lines: pl.DataFrame
    claim_filing_codes: pl.DataFrame
    medicare_contractors: pl.DataFrame
    anesthesia_codes: pl.DataFrame
    modifiers: pl.DataFrame
    modifier_pairing: pl.DataFrame
    conversion_factors_national: pl.DataFrame
    conversion_factors_locality: pl.DataFrame
    places_of_service: pl.DataFrame
    carc: pl.DataFrame
    rarc: pl.DataFrame
    network_codes: pl.DataFrame
    sequestration: pl.DataFrame
    payer_rules: pl.DataFrame
    icd10_regions: pl.DataFrame
    surgical_codes: pl.DataFrame
    qualifying_circumstances: pl.DataFrame
    plausibility_anchors: pl.DataFrame
