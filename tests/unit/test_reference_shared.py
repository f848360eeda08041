"""The shipped tables say what the reference facts beside the checkout say; skipped where those are absent."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

CHECKOUT = Path(__file__).parents[2]
FACTS = CHECKOUT.parent / "shared" / "reference"
OURS = CHECKOUT / "data" / "reference"
STRENGTH = [
    "verified_official_file_or_text",
    "verified_secondary",
    "derived",
    "from_memory_unverified",
]

pytestmark = pytest.mark.skipif(not FACTS.is_dir(), reason="no shared reference facts beside the checkout")

# our table, its columns; their file, its columns
SAME_FACTS = [
    (
        "anesthesia_codes",
        ["procedure_code", "base_units", "effective_from", "effective_to", "region"],
        "ref_anesthesia_code_family.csv",
        ["cpt_code", "cms_base_units", "effective_from", "effective_to", "region"],
    ),
    (
        "conversion_factors_national",
        ["basis", "effective_from", "effective_to", "conversion_factor", "work_share", "malpractice_share"],
        "ref_medicare_anesthesia_cf_national.csv",
        ["apm_status", "effective_from", "effective_to", "national_anesthesia_cf", "work_share", "mp_share"],
    ),
    (
        "conversion_factors_locality",
        ["contractor_number", "locality", "basis", "effective_from", "effective_to", "conversion_factor"],
        "cms_anesthesia_cf_locality_2020_2026.csv",
        ["mac_contractor", "locality", "apm_status", "effective_from", "effective_to", "anesthesia_cf"],
    ),
    (
        "medicare_contractors",
        ["contractor_number", "area", "company", "jurisdiction"],
        "ref_mac_contractors.csv",
        ["contractor_number", "area", "mac", "jurisdiction"],
    ),
    ("places_of_service", ["place_of_service"], "place_of_service_cms.csv", ["pos_code"]),
    ("claim_filing_codes", ["claim_filing_code"], "ref_claim_filing_indicator.csv", ["code"]),
    (
        "sequestration",
        ["effective_from", "effective_to", "reduction", "carc", "group_code"],
        "ref_sequestration.csv",
        ["effective_from", "effective_to", "pct", "carc", "group"],
    ),
    (
        "plausibility_anchors",
        ["anchor", "value", "unit"],
        "ref_plausibility_anchors.csv",
        ["anchor", "value", "unit"],
    ),
    ("surgical_codes", ["surgical_procedure_code"], "ref_surgical_crosswalk_01939.csv", ["cpt"]),
]


def rows(folder: Path, name: str, columns: list[str]) -> list[tuple[str | None, ...]]:
    frame = (
        pl.read_csv(folder / name, infer_schema=False)
        .select(columns)
        .with_columns(pl.all().replace("", None))
    )
    return sorted(frame.iter_rows(), key=str)


def theirs(name: str) -> pl.DataFrame:
    return pl.read_csv(FACTS / name, infer_schema=False)


def ours(table: str) -> pl.DataFrame:
    return pl.read_csv(OURS / f"{table}.csv", infer_schema=False)


@pytest.mark.parametrize(("table", "columns", "file", "their_columns"), SAME_FACTS)
def test_facts_are_carried_over_unchanged(
    table: str, columns: list[str], file: str, their_columns: list[str]
) -> None:
    assert rows(OURS, f"{table}.csv", columns) == rows(FACTS, file, their_columns)


def test_modifiers_are_carried_over() -> None:
    mine = rows(OURS, "modifiers.csv", ["modifier", "expected_position", "exclusive_group"])
    facts = rows(FACTS, "ref_modifiers_01939.csv", ["modifier", "expected_field", "exclusive_group"])
    assert set(facts) <= set(mine)


def test_remark_codes_are_carried_over() -> None:
    assert set(rows(FACTS, "ref_rarc_benchmark_subset.csv", ["rarc", "start_date"])) <= set(
        rows(OURS, "rarc.csv", ["rarc", "start_date"])
    )
    dates = theirs("carc_rarc_codes_only_2024-06.csv").filter(pl.col("code_type") == "RARC")
    known = dict(dates.select("code", "start_date").iter_rows())
    assert {code: known[code] for code in ours("rarc")["rarc"]} == dict(
        ours("rarc").select("rarc", "start_date").iter_rows()
    )


def weakest(words: str) -> int:
    return max(index for index, word in enumerate(STRENGTH) if word in words)


@pytest.mark.parametrize(
    ("table", "key", "file", "their_key", "their_confidence"),
    [
        ("anesthesia_codes", "procedure_code", "ref_anesthesia_code_family.csv", "cpt_code", "confidence"),
        ("modifiers", "modifier", "ref_modifiers_01939.csv", "modifier", "confidence"),
        ("places_of_service", "place_of_service", "ref_place_of_service_01939.csv", "pos", "confidence"),
        ("rarc", "rarc", "ref_rarc_benchmark_subset.csv", "rarc", "confidence"),
        ("carc", "carc", "ref_carc_benchmark_subset.csv", "carc", "confidence"),
        (
            "surgical_codes",
            "surgical_procedure_code",
            "ref_surgical_crosswalk_01939.csv",
            "cpt",
            "confidence",
        ),
        (
            "medicare_contractors",
            "contractor_number",
            "ref_mac_contractors.csv",
            "contractor_number",
            "confidence",
        ),
        ("claim_filing_codes", "claim_filing_code", "ref_claim_filing_indicator.csv", "code", "confidence"),
        ("plausibility_anchors", "anchor", "ref_plausibility_anchors.csv", "anchor", "confidence"),
    ],
)
def test_no_fact_is_called_better_founded_than_it_is(
    table: str, key: str, file: str, their_key: str, their_confidence: str
) -> None:
    mine = dict(ours(table).select(key, "confidence").iter_rows())
    checked = 0
    for code, words in theirs(file).select(their_key, their_confidence).iter_rows():
        assert STRENGTH.index(mine[code]) >= weakest(words), code
        checked += 1
    assert checked > 0


def test_every_payer_rule_is_carried_over() -> None:
    names = {
        "Medicare": "medicare",
        "Aetna": "aetna",
        "Blue Cross Blue Shield": "bcbs",
        "Cigna Health": "cigna",
        "UnitedHealthcare": "uhc",
        "(all commercial)": "other",
    }
    facts = theirs("ref_payer_policy_rules.csv")
    # rules of our own finding stand behind those carried over
    mine = ours("payer_rules").head(facts.height)
    assert mine["payer"].to_list() == [names[payer] for payer in facts["payer"]]
    assert mine["source"].to_list() == facts["source"].to_list()
    assert mine["effective_to"].to_list() == facts["effective_to"].to_list()
    full_date = pl.col("effective_from").str.len_chars() == 10
    whole = facts.with_row_index("row").filter(full_date)
    assert mine["effective_from"].gather(whole["row"]).to_list() == whole["effective_from"].to_list()
    for mine_word, their_word in zip(mine["confidence"], facts["confidence"], strict=True):
        assert STRENGTH.index(mine_word) >= weakest(their_word)
        assert "weak" not in their_word or mine_word == STRENGTH[-1]


def test_every_diagnosis_keeps_its_side() -> None:
    mine = dict(ours("icd10_regions").select("icd10_prefix", "fits_codes").iter_rows())
    for code, check in theirs("ref_icd10_pairs_01939.csv").select("icd10cm", "region_check").iter_rows():
        fits = "01939" in mine[code.replace(".", "")].split()
        assert fits == (check == "match"), code


def test_codes_with_a_treatment_are_on_the_lists() -> None:
    known = theirs("carc_rarc_codes_only_2024-06.csv")
    carc = set(known.filter(pl.col("code_type") == "CARC")["code"])
    rarc = set(known.filter(pl.col("code_type") == "RARC")["code"])
    assert set(ours("carc")["carc"]) <= carc
    assert set(theirs("ref_carc_benchmark_subset.csv")["carc"]) <= set(ours("carc")["carc"])
    network = ours("network_codes")
    assert set(network.filter(pl.col("code_system") == "RARC")["code"]) <= rarc


def test_payer_ids_are_carried_over() -> None:
    facts = theirs("ref_payer_identifiers.csv").filter(pl.col("value").str.contains(r"^[0-9]{5}$"))
    mine = set(ours("payers")["payer_id"].drop_nulls())
    assert set(facts["value"]) <= mine
