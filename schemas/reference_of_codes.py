"""Reference tables of codes and what they mean here, one schema each."""

from __future__ import annotations

from schemas.frame_schema import FrameSchema
from schemas.reference_columns import (
    CARC,
    CARE_MODELS,
    CPT_CODE,
    LINES_OF_BUSINESS,
    PAYERS,
    RARC,
    REGIONS,
    TREATMENTS,
    day_field,
    ends,
    flag_field,
    number_field,
    schema,
    starts,
    text_field,
    whole_field,
)

MEASURES = ("ratio_to_national_medicare", "allowed_per_unit_p50", "minutes_p50", "denial_rate")
"""Published measures that an anchor can be held against."""

CODE_TABLES: dict[str, FrameSchema] = {
    "anesthesia_codes": schema(
        {
            "procedure_code": text_field("CPT code", shape=CPT_CODE),
            "short_name": text_field("own words"),
            "family": text_field(
                "scope, predecessor or contrast", among=("scope", "predecessor", "contrast")
            ),
            "region": text_field("part of the spine", among=(*REGIONS, "cervical", "lumbar", "head_neck")),
            "base_units": whole_field("CMS base units", 0, 30),
            "is_time_based": flag_field("paid by base and time units"),
            "successor": text_field("codes that took its place", nullable=True),
            "effective_from": starts(),
            "effective_to": ends(),
        },
        ("procedure_code", "effective_from"),
    ),
    "modifiers": schema(
        {
            "modifier": text_field("two characters", shape="[0-9A-Z]{2}"),
            "kind": text_field(
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
            "short_name": text_field("own words"),
            "use_when": text_field("when it belongs on a line of anesthesia, in own words"),
            "billed_by": text_field(
                "who bills it", among=("physician", "crna", "either", "surgeon", "facility")
            ),
            "care_model": text_field("of a pricing modifier", nullable=True, among=CARE_MODELS),
            "share": number_field("share of the case it prices (contract, section 5)", 0, 1, nullable=True),
            "physical_status_units": whole_field(
                "units where a payer pays them; never billed_units", 0, 3, nullable=True
            ),
            "exclusive_group": text_field("at most one of a group on a line", nullable=True),
            "pairs_with": text_field("modifiers of the case's other line, blank-separated", nullable=True),
            "expected_position": text_field("where it stands", among=("1", "2", "2+", "any", "-")),
            "is_repeat": flag_field("says the service was done again (76, 77)"),
            "is_impossible": flag_field("cannot stand on a line in scope"),
        },
        ("modifier",),
    ),
    "places_of_service": schema(
        {
            "place_of_service": text_field("two digits", shape="[0-9]{2}"),
            "site_name": text_field("own short words"),
            "setting": text_field("CMS's setting", among=("facility", "non_facility")),
            "expectation": text_field(
                "how the code in scope meets it",
                among=("common", "possible", "uncommon", "rare", "implausible", "impossible", "unlisted"),
            ),
            "is_impossible": flag_field("cannot stand on a line in scope"),
        },
        ("place_of_service",),
    ),
    "carc": schema(
        {
            "carc": text_field("claim adjustment reason code", shape=CARC),
            "short_meaning": text_field("own words"),
            "treatment": text_field("what the pipeline does with it", among=TREATMENTS),
            "is_denial": flag_field("outside the list of non-denials of contract 4.9"),
            "denial_category": text_field("kind of denial; empty for non-denials", nullable=True),
            "is_prior_authorization": flag_field("prior-authorization denial of contract 4.9"),
            "adds_to_allowed": text_field(
                "when it joins a derived allowed amount (contract 4.8)",
                among=("never", "group_pr", "any_group"),
            ),
        },
        ("carc",),
    ),
    "denial_categories": schema(
        {
            "denial_category": text_field("kind of denial"),
            "category_name": text_field("own short words"),
            "meaning": text_field("what the payer says by it, in own words"),
            "usual_cure": text_field("what usually helps, in own words"),
        },
        ("denial_category",),
    ),
    "rarc": schema(
        {
            "rarc": text_field("remittance advice remark code", shape=RARC),
            "short_meaning": text_field("own words"),
            "topic": text_field("why it matters here"),
            "start_date": day_field("first date on the list"),
        },
        ("rarc",),
    ),
    "network_codes": schema(
        {
            "code_system": text_field("list the code is on", among=("RARC", "CARC")),
            "group_code": text_field(
                "group it must stand under; empty: any", nullable=True, among=("CO", "PR")
            ),
            "code": text_field("the code", shape=f"{RARC}|{CARC}"),
            "network": text_field("what it tells (contract 4.10)", among=("nsa", "out_of_network")),
        },
        ("code_system", "group_code", "code"),
    ),
    "icd10_regions": schema(
        {
            "icd10_prefix": text_field("start of an ICD-10-CM code without the dot; longest fit decides"),
            "short_name": text_field("own words"),
            "theme": text_field("kind of trouble, of the table clinical_themes"),
            "region": text_field(
                "part of the spine it speaks of", among=("cervical_thoracic", "lumbar_sacral", "any")
            ),
            "fits_codes": text_field("codes in scope it fits, blank-separated"),
            "is_valid_code": flag_field("a billable code as it stands; false for a prefix"),
        },
        ("icd10_prefix",),
    ),
    "clinical_themes": schema(
        {
            "theme": text_field("kind of trouble"),
            "theme_name": text_field("own short words"),
            "meaning": text_field("what brings a patient of this kind here, in own words"),
            "position": whole_field("order in which themes are listed", 1, 99),
        },
        ("theme",),
    ),
    "code_facts": schema(
        {
            "topic": text_field("what is told of 01939"),
            "position": whole_field("order in which facts are listed", 1, 99),
            "title": text_field("own short words"),
            "text": text_field("the fact, in own words"),
        },
        ("topic",),
    ),
    "surgical_codes": schema(
        {
            "surgical_procedure_code": text_field("CPT code", shape=CPT_CODE),
            "short_name": text_field("own words"),
            "region": text_field("part of the spine", among=REGIONS),
            "expected_anesthesia_codes": text_field("codes it goes with, blank-separated", nullable=True),
            "pairing": text_field("how well it goes with 01939", among=("yes", "possible", "doubtful", "no")),
        },
        ("surgical_procedure_code",),
    ),
    "plausibility_anchors": schema(
        {
            "anchor": text_field("name of the figure"),
            "value": text_field("figure or range as published"),
            "unit": text_field("its unit", nullable=True),
            "scope": text_field("what it is of", nullable=True),
            "measure": text_field(
                "measure of a run that it is held against; empty: none", nullable=True, among=MEASURES
            ),
            "payer": text_field("payer of the row that is checked", nullable=True, among=(*PAYERS, "all")),
            "line_of_business": text_field(
                "line of that row", nullable=True, among=(*LINES_OF_BUSINESS, "all")
            ),
            "low": number_field("least plausible value of the measure", 0, 1000, nullable=True),
            "high": number_field("greatest plausible value of the measure", 0, 1000, nullable=True),
        },
        ("anchor",),
    ),
}
