"""Denials: what became of them, by reason, category, authorization and breakdown (contract section 6)."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from table_lines import denied, paid, tables_of

Row = dict[str, object]
LATER = {"final_remit_on": date(2024, 4, 1), "first_paid_on": date(2024, 4, 1)}


def won(chain_source: str, carc: str = "197") -> Row:
    """A line that was denied first and paid in the end, by a chain."""
    first: Row = {"initially_denied": True, "first_paid": False, "first_denial_group": "CO"}
    return paid(36_000, chain_source=chain_source, first_denial_carc=carc, **first, **LATER)


def cell(frame: pl.DataFrame, **keys: object) -> Row:
    wanted = {"payer": "aetna", "line_of_business": "commercial", "period_type": "month"} | keys
    found = frame.filter(**wanted)
    assert found.height == 1, found
    return found.row(0, named=True)


def test_how_denials_were_overturned_follows_from_the_chain() -> None:
    """Contract 6 `denials`, 4.2 (corrections), 4.3 (resubmissions): each overturned line has one way."""
    rows = [won("same_claim"), won("named"), won("inferred"), won("none"), won("none"), denied()]
    told = cell(tables_of([*rows, paid(36_000, chain_source="named")])["denials"])
    assert (told["initially_denied_lines"], told["overturned_lines"]) == (6, 5)
    ways = ("correction", "resubmission", "payer")
    assert [told[f"overturned_by_{way}_lines"] for way in ways] == [2, 1, 2]


def test_categories_gather_reasons() -> None:
    """Contract 6 `denial_categories`: 197 and 39 are authorization; 9999 is in no list."""
    rows = [
        denied(),
        denied(denial_carc="39", first_denial_carc="39"),
        denied(denial_carc="9999"),
        won("none"),
    ]
    made = tables_of(rows)
    told = cell(made["denial_categories"], denial_category="authorization")
    assert (told["service_lines"], told["share_of_denied"]) == (2, 0.6667)
    assert (told["initially_denied_lines"], told["overturned_lines"], told["overturn_rate"]) == (4, 1, 0.25)
    assert cell(made["denial_categories"], denial_category="unclassified")["service_lines"] == 1
    reasons = made["denial_reasons"]
    assert cell(reasons, carc="197")["carc_name"] not in ("", "not in the list")
    assert cell(reasons, carc="9999")["carc_name"] == "not in the list"
    assert [cell(reasons, carc="197")[name] for name in ("service_lines", "initially_denied_lines")] == [1, 3]


def test_the_most_frequent_remark_of_a_category_counts_once_per_line() -> None:
    """Contract 6 `top_rarc`; LQ*HE."""
    rows = [denied(remark_codes="N1|N1|M2"), denied(remark_codes="M2", denial_carc="39")]
    told = cell(tables_of(rows)["denial_categories"], denial_category="authorization")
    assert told["top_rarc"] == "M2"


def test_authorizations_are_over_adjudicated_lines() -> None:
    """Contract 6 `authorizations`; REF*G1."""
    rows = [
        denied(has_prior_authorization=True, prior_authorization_denial=False, denial_carc="16"),
        paid(36_000, has_prior_authorization=True),
        paid(36_000, has_prior_authorization=True),
        denied(has_prior_authorization=False),
        paid(36_000, has_prior_authorization=False),
        {"has_prior_authorization": False},
    ]
    made = tables_of(rows)["authorizations"]
    numbers = ("service_lines", "denied_lines", "denial_rate", "prior_auth_denied_lines")
    present, absent = cell(made, authorization="present"), cell(made, authorization="absent")
    assert [present[name] for name in numbers] == [3, 1, 0.3333, 0]
    assert [absent[name] for name in numbers] == [2, 1, 0.5, 1]
    assert (present["prior_auth_denial_rate"], absent["prior_auth_denial_rate"]) == (0.0, 0.5)


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("care_models", {"care_model": "personally_performed"}),
        ("modifiers", {"modifier": "AA"}),
        ("sites", {"place_of_service": "24"}),
        ("procedures", {"surgical_procedure_code": "64633"}),
        ("diagnoses", {"diagnosis": "M47"}),
        ("clinical_themes", {"theme": "spondylosis"}),
    ],
)
def test_breakdowns_tell_denials_of_adjudicated_lines(table: str, keys: dict[str, str]) -> None:
    """Contract 6 `sites`: denial_rate is of adjudicated lines, here and in every breakdown."""
    rows = [row | {"surgical_procedure_code": "64633"} for row in (denied(), paid(36_000), paid(1), {}, {})]
    told = cell(tables_of(rows)[table], **keys)
    assert (told["service_lines"], told["denied_lines"], told["denial_rate"]) == (5, 1, 0.3333)


def test_a_theme_is_of_the_first_diagnosis_that_has_one() -> None:
    """Contract 6 `clinical_themes`: Z00 is in no list, G89.3 is pain of a tumor."""
    rows: list[Row] = [
        {"diagnosis_1": "Z0000", "diagnosis_2": "G893", "diagnosis_3": "M47812"},
        {"diagnosis_1": "Z0000"},
        {"diagnosis_1": None, "diagnosis_2": "M47812"},
    ]
    made = tables_of(rows)["clinical_themes"].filter(
        payer="aetna", line_of_business="commercial", period_type="month"
    )
    assert made.get_column("theme").to_list() == ["cancer_pain", "spondylosis", "unknown"]
    assert made.get_column("share_of_lines").to_list() == [0.3333] * 3


def test_modifiers_have_names_of_our_own() -> None:
    """Contract 6 `modifiers`."""
    rows: list[Row] = [{}, {"modifier_1": "ZZ"}, {"modifier_1": None}]
    made = tables_of(rows)["modifiers"].filter(
        payer="aetna", line_of_business="commercial", period_type="month"
    )
    names = dict(made.select("modifier", "modifier_name").iter_rows())
    assert (names["ZZ"], names["unknown"]) == ("not in the list", "no modifier")
    assert names["AA"] not in ("", "not in the list")
