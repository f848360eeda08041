"""Reference tables of who pays and by what rules, one schema each."""

from __future__ import annotations

from schemas.frame_schema import FrameSchema
from schemas.reference_columns import (
    CONFIDENCE,
    CONTRACTOR,
    LINES_OF_BUSINESS,
    PAYERS,
    RULES,
    ends,
    flag_field,
    number_field,
    schema,
    starts,
    text_field,
    whole_field,
)

PAYER_TABLES: dict[str, FrameSchema] = {
    "payers": schema(
        {
            "rule_id": text_field("name of the rule"),
            "payer": text_field(
                "payer the rule decides on; `other` keeps a known name out", among=(*PAYERS, "other")
            ),
            "match_kind": text_field("what must fit", among=("id", "id_name", "name", "medicare_contractor")),
            "payer_id": text_field("payer id, exact; empty for name and contractor rules", nullable=True),
            "name_pattern": text_field("regular expression on the normalised payer name", nullable=True),
            "priority": whole_field("the lowest number that fits decides; no two rules share one", 1, 999),
            "effective_from": starts(),
            "effective_to": ends(),
        },
        ("rule_id",),
    ),
    "plan_name_lines": schema(
        {
            "rule_id": text_field("name of the rule"),
            "line_of_business": text_field("line the plan name decides on", among=LINES_OF_BUSINESS),
            "scope_payer": text_field("payers it speaks of, blank-separated; empty: any", nullable=True),
            "payer_id": text_field("payer id that must also fit, exact; empty: any", nullable=True),
            "name_pattern": text_field("regular expression on the normalised payer name"),
            "priority": whole_field("the lowest number that fits decides", 1, 999),
        },
        ("rule_id",),
    ),
    "claim_filing_codes": schema(
        {
            "claim_filing_code": text_field("SBR09 or CLP06", shape="[0-9A-Z]{2}"),
            "short_name": text_field("own words"),
            "in_sbr09": flag_field("used in the 837"),
            "in_clp06": flag_field("used in the 835"),
            "specificity": text_field(
                "specific: its CLP06 goes before SBR09; general: after; silent: decides nothing",
                among=("specific", "general", "silent"),
            ),
            "line_of_business": text_field("line it points to", among=LINES_OF_BUSINESS),
            "line_of_medicare_contractor": text_field(
                "the same, from a Medicare contractor", among=LINES_OF_BUSINESS
            ),
            "line_of_medicare_plan": text_field(
                "the same, under another payer's Medicare plan", among=LINES_OF_BUSINESS
            ),
        },
        ("claim_filing_code",),
    ),
    "medicare_contractors": schema(
        {
            "contractor_number": text_field("Part B contractor number", shape=CONTRACTOR),
            "area": text_field("state or part of one"),
            "company": text_field("contractor's name"),
            "jurisdiction": text_field("its jurisdiction"),
            "number_confidence": text_field("confidence of number and area alone", among=CONFIDENCE),
        },
        ("contractor_number",),
    ),
    "payer_rules": schema(
        {
            "rule_id": text_field("name of the rule"),
            "payer": text_field("payer it is of; `other`: several", among=(*PAYERS, "other")),
            "rule": text_field("what it rules", among=RULES),
            "scope_plan": text_field("plan or policy it speaks of; empty: every plan", nullable=True),
            "plan_pattern": text_field("names of that plan; empty: every name of the payer", nullable=True),
            "scope_state": text_field("states, blank-separated, or `except` and states", nullable=True),
            "scope_lob": text_field("line of business; empty: any", nullable=True, among=LINES_OF_BUSINESS),
            "effective_from": starts(),
            "effective_to": ends(),
            "value": text_field("what it says: a word or figure where `machine_usable`"),
            "machine_usable": flag_field("the value can be computed with"),
            "note": text_field("what to know about it", nullable=True),
            "applied": flag_field(
                "machine usable and at least verified_secondary; computed, not in the file"
            ),
        },
        ("rule_id",),
    ),
    "conversion_factors_national": schema(
        {
            "basis": text_field("who it is for; `all` before 2026", among=("all", "non_qp", "qp")),
            "effective_from": starts(nullable=False),
            "effective_to": ends(),
            "conversion_factor": number_field("dollars per anesthesia unit", 10, 60),
            "work_share": number_field("share of work in the locality formula", 0, 1),
            "practice_expense_share": number_field("share of practice expense", 0, 1),
            "malpractice_share": number_field("share of malpractice", 0, 1),
            "shares_confidence": text_field("confidence of the three shares", among=CONFIDENCE),
        },
        ("basis", "effective_from"),
    ),
    "conversion_factors_locality": schema(
        {
            "contractor_number": text_field("Part B contractor number", shape=CONTRACTOR),
            "locality": text_field("locality of that contractor", shape="[0-9]{2}"),
            "locality_name": text_field("CMS's name of it"),
            "basis": text_field("who it is for; `all` before 2026", among=("all", "non_qp", "qp")),
            "effective_from": starts(nullable=False),
            "effective_to": ends(),
            "conversion_factor": number_field("dollars per anesthesia unit", 10, 60),
        },
        ("contractor_number", "locality", "basis", "effective_from"),
    ),
    "state_localities": schema(
        {
            "state": text_field("state or territory with one Medicare locality", shape="[A-Z]{2}"),
            "contractor_number": text_field("Part B contractor number", shape=CONTRACTOR),
            "locality": text_field("the locality", shape="[0-9]{2}"),
        },
        ("state",),
    ),
    "sequestration": schema(
        {
            "effective_from": starts(nullable=False),
            "effective_to": ends(),
            "reduction": number_field("share taken off the payment, by service date", 0, 0.1),
            "carc": text_field("adjustment reason it shows as", nullable=True),
            "group_code": text_field("its group", nullable=True),
            "applies_to": text_field("what it is taken from", nullable=True),
        },
        ("effective_from",),
    ),
}
