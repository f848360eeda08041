"""Reference tables of codes and what they mean here, one schema each."""

from __future__ import annotations

from schemas.frame_schema import FrameSchema
from schemas.reference_columns import (
    CARC,
    CARE_MODELS,
    CPT,
    LINES_OF_BUSINESS,
    PAYERS,
    RARC,
    REGIONS,
    TREATMENTS,
    day,
    ends,
    flag,
    number,
    schema,
    starts,
    text,
    whole,
)

MEASURES = ("ratio_to_national_medicare", "allowed_per_unit_p50", "minutes_p50", "denial_rate")
"""Published measures that an anchor can be held against."""

CODE_TABLES: dict[str, FrameSchema] = {
    "anesthesia_codes": schema(
        {
            "procedure_code": text("CPT code", shape=CPT),
            "short_name": text("own words"),
            "family": text("scope, predecessor or contrast", among=("scope", "predecessor", "contrast")),
            "region": text("part of the spine", among=(*REGIONS, "cervical", "lumbar", "head_neck")),
            "base_units": whole("CMS base units", 0, 30),
            "is_time_based": flag("paid by base and time units"),
            "successor": text("codes that took its place", nullable=True),
            "effective_from": starts(),
            "effective_to": ends(),
        },
        ("procedure_code", "effective_from"),
    ),
    "modifiers": schema(
        {
            "modifier": text("two characters", shape="[0-9A-Z]{2}"),
            "kind": text(
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
            "short_name": text("own words"),
            "use_when": text("when it belongs on a line of anesthesia, in own words"),
            "billed_by": text("who bills it", among=("physician", "crna", "either", "surgeon", "facility")),
            "care_model": text("of a pricing modifier", nullable=True, among=CARE_MODELS),
            "share": number("share of the case it prices (contract, section 5)", 0, 1, nullable=True),
            "physical_status_units": whole(
                "units where a payer pays them; never billed_units", 0, 3, nullable=True
            ),
            "exclusive_group": text("at most one of a group on a line", nullable=True),
            "pairs_with": text("modifiers of the case's other line, blank-separated", nullable=True),
            "expected_position": text("where it stands", among=("1", "2", "2+", "any", "-")),
            "is_repeat": flag("says the service was done again (76, 77)"),
            "is_impossible": flag("cannot stand on a line in scope"),
        },
        ("modifier",),
    ),
    "places_of_service": schema(
        {
            "place_of_service": text("two digits", shape="[0-9]{2}"),
            "site_name": text("own short words"),
            "setting": text("CMS's setting", among=("facility", "non_facility")),
            "expectation": text(
                "how the code in scope meets it",
                among=("common", "possible", "uncommon", "rare", "implausible", "impossible", "unlisted"),
            ),
            "is_impossible": flag("cannot stand on a line in scope"),
        },
        ("place_of_service",),
    ),
    "carc": schema(
        {
            "carc": text("claim adjustment reason code", shape=CARC),
            "short_meaning": text("own words"),
            "treatment": text("what the pipeline does with it", among=TREATMENTS),
            "is_denial": flag("outside the list of non-denials of contract 4.9"),
            "denial_category": text("kind of denial; empty for non-denials", nullable=True),
            "is_prior_authorization": flag("prior-authorization denial of contract 4.9"),
            "adds_to_allowed": text(
                "when it joins a derived allowed amount (contract 4.8)",
                among=("never", "group_pr", "any_group"),
            ),
        },
        ("carc",),
    ),
    "denial_categories": schema(
        {
            "denial_category": text("kind of denial"),
            "category_name": text("own short words"),
            "meaning": text("what the payer says by it, in own words"),
            "usual_cure": text("what usually helps, in own words"),
        },
        ("denial_category",),
    ),
    "rarc": schema(
        {
            "rarc": text("remittance advice remark code", shape=RARC),
            "short_meaning": text("own words"),
            "topic": text("why it matters here"),
            "start_date": day("first date on the list"),
        },
        ("rarc",),
    ),
    "network_codes": schema(
        {
            "code_system": text("list the code is on", among=("RARC", "CARC")),
            "group_code": text("group it must stand under; empty: any", nullable=True, among=("CO", "PR")),
            "code": text("the code", shape=f"{RARC}|{CARC}"),
            "network": text("what it tells (contract 4.10)", among=("nsa", "out_of_network")),
        },
        ("code_system", "group_code", "code"),
    ),
    "icd10_regions": schema(
        {
            "icd10_prefix": text("start of an ICD-10-CM code without the dot; longest fit decides"),
            "short_name": text("own words"),
            "theme": text("kind of trouble, of the table clinical_themes"),
            "region": text(
                "part of the spine it speaks of", among=("cervical_thoracic", "lumbar_sacral", "any")
            ),
            "fits_codes": text("codes in scope it fits, blank-separated"),
            "is_valid_code": flag("a billable code as it stands; false for a prefix"),
        },
        ("icd10_prefix",),
    ),
    "clinical_themes": schema(
        {
            "theme": text("kind of trouble"),
            "theme_name": text("own short words"),
            "meaning": text("what brings a patient of this kind here, in own words"),
            "position": whole("order in which themes are listed", 1, 99),
        },
        ("theme",),
    ),
    "code_facts": schema(
        {
            "topic": text("what is told of 01939"),
            "position": whole("order in which facts are listed", 1, 99),
            "title": text("own short words"),
            "text": text("the fact, in own words"),
        },
        ("topic",),
    ),
    "surgical_codes": schema(
        {
            "surgical_procedure_code": text("CPT code", shape=CPT),
            "short_name": text("own words"),
            "region": text("part of the spine", among=REGIONS),
            "expected_anesthesia_codes": text("codes it goes with, blank-separated", nullable=True),
            "pairing": text("how well it goes with 01939", among=("yes", "possible", "doubtful", "no")),
        },
        ("surgical_procedure_code",),
    ),
    "plausibility_anchors": schema(
        {
            "anchor": text("name of the figure"),
            "value": text("figure or range as published"),
            "unit": text("its unit", nullable=True),
            "scope": text("what it is of", nullable=True),
            "measure": text(
                "measure of a run that it is held against; empty: none", nullable=True, among=MEASURES
            ),
            "payer": text("payer of the row that is checked", nullable=True, among=(*PAYERS, "all")),
            "line_of_business": text("line of that row", nullable=True, among=(*LINES_OF_BUSINESS, "all")),
            "low": number("least plausible value of the measure", 0, 1000, nullable=True),
            "high": number("greatest plausible value of the measure", 0, 1000, nullable=True),
        },
        ("anchor",),
    ),
}
