"""The shipped reference tables: shape, provenance, what the contract says of them, and that bad ones fail."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.reference import CONFIDENCE, SCHEMAS, ReferenceTables, file_columns
from transforms.payers import normalised_name
from transforms.reference_tables import ReferenceError, medicare_factors, parse_reference

FOLDER = Path(__file__).parents[2] / "data" / "reference"
SIDECAR_WORDS = {"table", "producer", "document", "date", "licence", "changes", "rows", "key"}


def read_raw() -> dict[str, pl.DataFrame]:
    return {path.stem: pl.read_csv(path, infer_schema=False) for path in sorted(FOLDER.glob("*.csv"))}


@pytest.fixture(scope="module")
def reference() -> ReferenceTables:
    return parse_reference(read_raw())


def codes(frame: pl.DataFrame, column: str, *conditions: pl.Expr) -> set[str]:
    return set(frame.filter(*conditions)[column].to_list())


def test_the_dataclass_and_the_schemas_name_the_same_tables() -> None:
    assert [field.name for field in dataclasses.fields(ReferenceTables)] == list(SCHEMAS)


@pytest.mark.parametrize("table", sorted(SCHEMAS))
def test_every_table_has_a_complete_sidecar(table: str, reference: ReferenceTables) -> None:
    sidecar = tomllib.loads((FOLDER / f"{table}.toml").read_text(encoding="utf-8"))
    frame: pl.DataFrame = getattr(reference, table)
    assert all(str(sidecar[word]).strip() for word in SIDECAR_WORDS)
    assert sidecar["table"] == table
    assert sidecar["rows"] == frame.height
    assert sidecar["key"] == list(SCHEMAS[table].unique)
    counted = dict(frame["confidence"].value_counts().iter_rows())
    assert sidecar["confidence"] == counted
    of_files = set(file_columns(table))
    described = {c.name: c.description for c in SCHEMAS[table].columns if c.name in of_files}
    assert sidecar["columns"] == described


@pytest.mark.parametrize("table", sorted(SCHEMAS))
def test_the_document_lists_the_columns_of_every_table(table: str) -> None:
    text = (FOLDER.parents[1] / "docs" / "reference.md").read_text(encoding="utf-8")
    [line] = [line for line in text.splitlines() if line.startswith(f"**{table}** (key: ")]
    assert re.findall(r"`(\w+)`", line) == SCHEMAS[table].names


def test_no_sidecar_stands_without_its_table() -> None:
    assert {path.stem for path in FOLDER.glob("*.toml")} == set(SCHEMAS)


@pytest.mark.parametrize("table", sorted(SCHEMAS))
def test_every_row_has_a_source_and_a_confidence(table: str, reference: ReferenceTables) -> None:
    frame: pl.DataFrame = getattr(reference, table)
    assert frame.filter(pl.col("source").str.len_chars() < 3).is_empty()
    assert set(frame["confidence"].to_list()) <= set(CONFIDENCE)


def test_codes_keep_their_leading_zeros(reference: ReferenceTables) -> None:
    assert "01939" in codes(reference.anesthesia_codes, "procedure_code")
    assert "02" in codes(reference.places_of_service, "place_of_service")
    assert "04412" in codes(reference.medicare_contractors, "contractor_number")


def test_base_units_of_the_scope(reference: ReferenceTables) -> None:
    scope = reference.anesthesia_codes.filter(pl.col("family") == "scope")
    units = dict(scope.select("procedure_code", "base_units").iter_rows())
    assert units == {"01937": 4, "01938": 4, "01939": 4, "01940": 4, "01941": 5, "01942": 5}
    assert scope["effective_from"].unique().to_list() == [date(2022, 1, 1)]


def test_care_models_and_shares_are_those_of_the_contract(reference: ReferenceTables) -> None:
    pricing = reference.modifiers.filter(pl.col("kind") == "pricing")
    assert {row[0]: row[1:] for row in pricing.select("modifier", "care_model", "share").iter_rows()} == {
        "AA": ("personally_performed", 1.0),
        "QZ": ("crna_alone", 1.0),
        "QK": ("directed_physician", 0.5),
        "QY": ("directed_physician", 0.5),
        "QX": ("directed_crna", 0.5),
        "AD": ("supervised", None),
    }
    assert codes(reference.modifiers, "modifier", pl.col("is_impossible")) == {"P6"}
    assert codes(reference.modifiers, "modifier", pl.col("is_repeat")) == {"76", "77"}
    assert codes(reference.places_of_service, "place_of_service", pl.col("is_impossible")) == {
        "02",
        "10",
        "81",
    }


def test_reason_codes_are_treated_as_the_contract_says(reference: ReferenceTables) -> None:
    carc = reference.carc
    neutral = {"104", "105", "137", "144", "161", "223", "225", "237", "253"}
    assert codes(carc, "carc", ~pl.col("is_denial")) == neutral | {
        "1",
        "2",
        "3",
        "18",
        "23",
        "24",
        "45",
        "94",
        "131",
        "B13",
    }
    assert codes(carc, "carc", pl.col("is_prior_authorization")) == {
        "39",
        "197",
        "198",
        "210",
        "243",
        "284",
        "296",
        "302",
    }
    assert codes(carc, "carc", pl.col("adds_to_allowed") == "any_group") == neutral
    assert codes(carc, "carc", pl.col("treatment") == "price_neutral") == neutral
    assert codes(carc, "carc", pl.col("adds_to_allowed") == "group_pr") == {"1", "2", "3", "66", "100"}
    assert codes(carc, "carc", pl.col("treatment") == "duplicate") == {"18", "B13"}
    assert codes(carc, "carc", pl.col("is_denial") & pl.col("denial_category").is_null()) == set()
    assert codes(carc, "carc", ~pl.col("is_denial") & pl.col("denial_category").is_not_null()) == set()


def test_network_codes_are_those_of_the_contract(reference: ReferenceTables) -> None:
    network = reference.network_codes
    nsa = {"N830", "N859", "N860", *(f"N{number}" for number in range(862, 880))}
    assert codes(network, "code", pl.col("network") == "nsa") == nsa
    outside = network.filter(pl.col("network") == "out_of_network")
    assert set(outside.select("group_code", "code").iter_rows()) == {("PR", "45"), (None, "242")}


def test_remarks_of_the_no_surprises_act_are_known(reference: ReferenceTables) -> None:
    assert {"N830", "N859", "N860", "N862", "N863", "N865", "N877"} <= codes(reference.rarc, "rarc")


def test_anesthesia_not_covered_and_authorization_expired_have_a_category(reference: ReferenceTables) -> None:
    categories = dict(reference.carc.select("carc", "denial_category").iter_rows())
    assert (categories["269"], categories["302"]) == ("coverage", "authorization")


@pytest.mark.parametrize("code", ["M530", "M531", "M533", "M461", "M5451", "G893", "M47812"])
def test_codes_that_stand_whole_in_icd_10_cm_are_billable(reference: ReferenceTables, code: str) -> None:
    listed = dict(reference.icd10_regions.select("icd10_prefix", "is_valid_code").iter_rows())
    assert listed[code] is True


@pytest.mark.parametrize("prefix", ["G89", "M50", "M543", "M545", "M5136", "C79"])
def test_heads_of_longer_codes_are_not_billable(reference: ReferenceTables, prefix: str) -> None:
    """M54.5 needs a fifth character since 2021-10, M51.36 a sixth since 2024-10 (ICD-10-CM)."""
    listed = dict(reference.icd10_regions.select("icd10_prefix", "is_valid_code").iter_rows())
    assert listed[prefix] is False


def test_every_reason_of_denial_has_a_named_category(reference: ReferenceTables) -> None:
    named = set(reference.denial_categories["denial_category"])
    assert set(reference.carc["denial_category"].drop_nulls()) < named
    assert "unclassified" in named


@pytest.mark.parametrize(
    ("code", "theme"),
    [
        ("G893", "cancer_pain"),
        ("C3490", "cancer_pain"),
        ("C50911", "cancer_pain"),
        ("G894", "chronic_pain_syndrome"),
        ("G8929", "other_chronic_pain"),
        ("M47812", "spondylosis"),
        ("M5412", "radiculopathy"),
        ("M961", "after_spine_surgery"),
        ("M542", "neck_pain"),
        ("B0229", "nerve_pain"),
    ],
)
def test_the_longest_listed_start_of_a_diagnosis_tells_its_theme(
    reference: ReferenceTables, code: str, theme: str
) -> None:
    listed = reference.icd10_regions.filter(pl.lit(code).str.starts_with(pl.col("icd10_prefix")))
    assert listed.sort(pl.col("icd10_prefix").str.len_chars())["theme"].to_list()[-1:] == [theme]


def test_every_theme_is_used_and_listed_in_order(reference: ReferenceTables) -> None:
    themes = reference.clinical_themes
    assert set(themes["theme"]) == set(reference.icd10_regions["theme"])
    assert themes["position"].to_list() == list(range(1, themes.height + 1))


def test_every_modifier_says_when_it_is_used(reference: ReferenceTables) -> None:
    modifiers = reference.modifiers
    assert modifiers["use_when"].null_count() == 0
    pairs = dict(modifiers.select("modifier", "pairs_with").drop_nulls().iter_rows())
    assert pairs["QK"] == pairs["QY"] == pairs["AD"] == "QX"
    assert pairs["QX"].split() == ["QK", "QY", "AD"]


def test_typical_sites_of_the_code(reference: ReferenceTables) -> None:
    common = reference.places_of_service.filter(pl.col("expectation") == "common")
    assert set(common["place_of_service"]) == {"22", "24"}


def test_modifier_51_belongs_to_the_surgeon(reference: ReferenceTables) -> None:
    row = reference.modifiers.filter(pl.col("modifier") == "51").row(0, named=True)
    assert (row["kind"], row["billed_by"], row["care_model"]) == ("not_on_anesthesia", "surgeon", None)


def test_medicare_asks_hospitals_for_authorization_of_facet_denervation(reference: ReferenceTables) -> None:
    rule = reference.payer_rules.filter(pl.col("rule_id") == "medicare_facet_prior_authorization")
    said = rule.select("payer", "rule", "scope_lob", "effective_from", "applied").row(0)
    assert said == ("medicare", "prior_auth", "medicare_ffs", date(2023, 7, 1), False)
    assert "anesthesia" in rule["note"].item()


@pytest.mark.parametrize(
    ("day", "factor"),
    [
        (date(2024, 3, 8), 20.4349),
        (date(2024, 3, 9), 20.7739),
        (date(2025, 12, 31), 20.3178),
        (date(2026, 1, 1), 20.4976),
    ],
)
def test_the_non_qp_factor_in_force(reference: ReferenceTables, day: date, factor: float) -> None:
    in_force = medicare_factors(reference, locality=False).filter(
        (pl.col("effective_from") <= day) & (pl.col("effective_to") >= day)
    )
    assert in_force["conversion_factor"].to_list() == [factor]


def test_the_houston_factor_of_the_worked_example(reference: ReferenceTables) -> None:
    houston = medicare_factors(reference, locality=True).filter(
        pl.col("contractor_number") == "04412",
        pl.col("locality") == "18",
        pl.col("effective_from") == date(2026, 1, 1),
    )
    factor = houston["conversion_factor"].item()
    assert round(6.1 * factor, 2) == 128.77


def test_only_well_founded_computable_rules_are_applied(reference: ReferenceTables) -> None:
    rules = reference.payer_rules
    weak = ~pl.col("confidence").is_in(["verified_official_file_or_text", "verified_secondary"])
    assert rules.filter(pl.col("applied") & (weak | ~pl.col("machine_usable"))).is_empty()
    applied = codes(rules, "rule_id", pl.col("applied"))
    assert {"cigna_qz", "uhc_qz", "medicare_time", "bcbs_regence_ma_time"} <= applied
    assert not applied & {"bcbs_anthem_qz", "aetna_time", "bcbs_anthem_base_minimum"}


def test_machine_usable_values_can_be_computed_with(reference: ReferenceTables) -> None:
    usable = reference.payer_rules.filter(pl.col("machine_usable"))
    shapes = {
        "time_rounding": r"^(tenth|floor|ceiling)$",
        "qz_percent": r"^[01]\.[0-9]{2}$",
        "physical_status_units": r"^(0|P3=[0-9] P4=[0-9] P5=[0-9])$",
    }
    assert set(usable["rule"].to_list()) == set(shapes)
    for rule, shape in shapes.items():
        assert usable.filter(pl.col("rule") == rule)["value"].str.contains(shape).all()


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("BCBS of Texas", {"bcbs_hcsc_physical_status"}),
        ("BCBS OK", {"bcbs_hcsc_physical_status"}),
        ("Blue Cross Blue Shield of IL", {"bcbs_hcsc_physical_status"}),
        ("Anthem Blue Cross", {"bcbs_anthem_time"}),
        ("Regence BlueShield of Oregon", {"bcbs_regence_physical_status", "bcbs_regence_ma_time"}),
        ("Highmark BCBS NENY", {"bcbs_highmark_neny_time"}),
        ("Highmark Delaware", set()),
        ("Independence Blue Cross", {"bcbs_ibx_physical_status"}),
        ("Blue Cross of Idaho", set()),
    ],
)
def test_applied_bcbs_rules_speak_of_their_plan_only(
    reference: ReferenceTables, name: str, rules: set[str]
) -> None:
    applied = reference.payer_rules.filter(pl.col("applied"), pl.col("payer") == "bcbs")
    assert applied["plan_pattern"].null_count() == 0
    form = pl.DataFrame({"name": [name]}).select(normalised_name("name")).to_series()
    patterns = dict(applied.select("rule_id", "plan_pattern").iter_rows())
    assert {rule for rule, pattern in patterns.items() if form.str.contains(pattern).item()} == rules


def with_cell(table: str, column: str, row: int, value: str) -> dict[str, pl.DataFrame]:
    raw = read_raw()
    values = raw[table][column].to_list()
    values[row] = value
    raw[table] = raw[table].with_columns(pl.Series(column, values, dtype=pl.String))
    return raw


@pytest.mark.parametrize(
    ("table", "column", "row", "value", "rule"),
    [
        ("modifiers", "share", 0, "1.5", "share: out of its bounds"),
        ("modifiers", "share", 0, "half", "not of type"),
        ("modifiers", "modifier", 1, "AA", "multiple_fields_uniqueness"),
        ("carc", "is_denial", 0, "yes", "not of type"),
        ("carc", "carc", 0, "2", "uniqueness"),
        ("sequestration", "effective_to", 1, "2022-04-01", "effective dates overlap"),
        ("sequestration", "effective_to", 0, "2013-03-31", "ends before it starts"),
        ("conversion_factors_national", "effective_to", 4, "2024-03-09", "effective dates overlap"),
        ("conversion_factors_locality", "effective_from", 0, "2020-02-30", "not of type"),
        ("payers", "priority", 1, "10", "share a priority"),
        ("payers", "name_pattern", 0, "(", "not a regular expression"),
        ("plan_name_lines", "line_of_business", 0, "dual", "line_of_business: not in its list"),
        ("places_of_service", "place_of_service", 0, "1", "place_of_service: not of its shape"),
        ("icd10_regions", "theme", 0, "sorrow", "column theme: not in the table of theme"),
        ("carc", "denial_category", 3, "sorrow", "column denial_category: not in the table"),
        ("plausibility_anchors", "low", 2, "99", "a measure without payer, line of business or bounds"),
        ("plausibility_anchors", "high", 2, "", "a measure without payer, line of business or bounds"),
    ],
)
def test_a_broken_table_names_itself_and_the_rule(
    table: str, column: str, row: int, value: str, rule: str
) -> None:
    with pytest.raises(ReferenceError, match=rule) as caught:
        parse_reference(with_cell(table, column, row, value))
    assert caught.value.table == table


def test_all_and_a_split_basis_may_not_be_in_force_together() -> None:
    raw = read_raw()
    national = raw["conversion_factors_national"]
    extra = national.tail(1).with_columns(basis=pl.lit("all"))
    raw["conversion_factors_national"] = pl.concat([national, extra])
    with pytest.raises(ReferenceError, match="effective dates overlap"):
        parse_reference(raw)


def test_a_missing_table_or_column_is_named() -> None:
    raw = read_raw()
    del raw["carc"]
    with pytest.raises(ReferenceError, match="carc: missing"):
        parse_reference(raw)
    raw = read_raw()
    raw["carc"] = raw["carc"].drop("treatment")
    with pytest.raises(ReferenceError, match="column treatment is missing"):
        parse_reference(raw)
    raw = read_raw()
    raw["carc"] = raw["carc"].with_columns(colour=pl.lit("red"))
    with pytest.raises(ReferenceError, match="column colour is not known"):
        parse_reference(raw)
