"""Payer and line of business: a table of cases after the contract, section 5."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from schemas.reference import LINES_OF_BUSINESS, PAYERS, ReferenceTables
from transforms.payers import normalised_name, with_line_of_business, with_payer
from transforms.reference_tables import parse_reference

FOLDER = Path(__file__).parents[2] / "data" / "reference"
DAY = date(2025, 6, 2)
TEXT = ("payer_id", "payer_name", "claim_filing_code", "remit_filing_code")


@pytest.fixture(scope="module")
def reference() -> ReferenceTables:
    return parse_reference(
        {path.stem: pl.read_csv(path, infer_schema=False) for path in FOLDER.glob("*.csv")}
    )


def lines(
    *rows: tuple[str | None, str | None, str | None, str | None], day: date | None = DAY
) -> pl.LazyFrame:
    frame = pl.DataFrame(list(rows), schema=dict.fromkeys(TEXT, pl.String), orient="row")
    return frame.with_columns(pl.lit(day, dtype=pl.Date).alias("service_date")).lazy()


PAYER_CASES = [
    ("60054", "AETNA", "aetna"),
    ("60054", None, "aetna"),
    (None, "Aetna Life Insurance Company", "aetna"),
    ("60054", "aetna medicare", "aetna"),
    ("12345", "AETNA BETTER HEALTH OF TEXAS", "aetna"),
    ("62308", "CIGNA HEALTH AND LIFE INSURANCE COMPANY", "cigna"),
    (" 62308 ", "", "cigna"),
    (None, "  cigna\thealthcare ", "cigna"),
    ("87726", "OPTUM", "uhc"),
    ("99999", "UNITED HEALTHCARE INSURANCE COMPANY", "uhc"),
    (None, "UnitedHealthcare", "uhc"),
    (None, "U.H.C.", "uhc"),
    (None, "United Health-Care Community Plan", "uhc"),
    (None, "AARP Medicare Complete", "uhc"),
    ("87726", "Humana", "other"),
    ("87726", "Aetna", "aetna"),
    ("00401", "BLUECROSS BLUESHIELD OF SOUTH CAROLINA", "bcbs"),
    ("00621", "Health Care Service Corporation", "bcbs"),
    ("00621", "Some Union Fund", "other"),
    (None, "BCBS TX", "bcbs"),
    (None, "B.C.B.S. of Michigan", "bcbs"),
    (None, "BlueCrossBlueShield", "bcbs"),
    (None, "Blue Cross/Blue Shield of Illinois", "bcbs"),
    (None, "ANTHEM BLUE CROSS", "bcbs"),
    (None, "Highmark", "bcbs"),
    (None, "Horizon", "bcbs"),
    (None, "Regence BlueShield", "bcbs"),
    (None, "Blue Cross Medicare Advantage", "bcbs"),
    (None, "FEP", "bcbs"),
    ("04412", "NOVITAS SOLUTIONS", "medicare"),
    ("04412", "PART B", "medicare"),
    ("04412", "UnitedHealthcare", "uhc"),
    ("4412", "PART B", "other"),
    (None, "Medicare", "medicare"),
    (None, "MEDICARE PART B", "medicare"),
    (None, "Medicare Part B - Texas", "medicare"),
    (None, "Medicare of Florida", "medicare"),
    (None, "PALMETTO GBA RRB", "medicare"),
    (None, "MEDICARE RAILROAD PALMETTO GBA", "medicare"),
    (None, "NGS Medicare", "medicare"),
    (None, "Noridian Healthcare Solutions", "medicare"),
    (None, "First Coast Service Options", "medicare"),
    (None, "WPS GHA", "medicare"),
    (None, "WPS Health Insurance", "other"),
    (None, "UnitedHealthcare Railroad", "uhc"),
    (None, "Humana Medicare", "other"),
    (None, "Medicare J15 Part B", "medicare"),
    (None, "Palmetto GBA JJ Part B", "medicare"),
    (None, "CGS Administrators, LLC", "medicare"),
    (None, "Texas Medicare", "medicare"),
    (None, "HMSA", "bcbs"),
    (None, "Humana Military TRICARE", "other"),
    (None, "United of Omaha", "other"),
    (None, "Medicare Supplement of Omaha", "other"),
    (None, "Medicare Advantage", "other"),
    (None, "TRICARE EAST", "other"),
    ("VACCN", "VA CCN Optum", "other"),
    (None, "Texas Medicaid", "other"),
    (None, None, "other"),
    ("", "  ", "other"),
    # names that hold a named payer's or a program's letters
    (None, "Medical Mutual of Ohio", "other"),
    (None, "AETNA MEDICAL", "aetna"),
    # Medicare's contractors as remittances write them
    (None, "NATIONAL GOVT SERVICES", "medicare"),
    (None, "NATIONAL GOVERNMENT SERVICES, INC.", "medicare"),
    (None, "NATIONAL GOVT SVCS", "medicare"),
    (None, "PGBA", "medicare"),
    (None, "PGBA, LLC", "medicare"),
    (None, "PGBA TRICARE", "other"),
    (None, "CMS", "medicare"),
    (None, "Centers for Medicare & Medicaid Services", "medicare"),
    (None, "NOVITAS", "medicare"),
    (None, "Novitas Solutions, Inc. JH", "medicare"),
    ("00882", "PALMETTO", "medicare"),
    ("00882", "RAILROAD", "medicare"),
    ("00882", None, "medicare"),
    # companies of the named payers
    (None, "Golden Rule Insurance Company", "uhc"),
    (None, "UMR", "uhc"),
    ("39026", None, "uhc"),
    (None, "Oxford Health Plans", "uhc"),
    (None, "OXFORD", "uhc"),
    (None, "Oxford Life Insurance", "other"),
    (None, "Health Plan of Nevada", "uhc"),
    (None, "Sierra Health and Life", "uhc"),
    (None, "Rocky Mountain Health Plans", "uhc"),
    (None, "Surest", "uhc"),
    (None, "MERITAIN HEALTH", "aetna"),
    ("41124", None, "aetna"),
    (None, "Coventry Health Care", "aetna"),
    (None, "Coventry Workers Comp Services", "other"),
    (None, "Great-West Healthcare", "cigna"),
    (None, "Connecticut General Life Insurance", "cigna"),
    (None, "Keystone Health Plan East", "bcbs"),
    (None, "HealthKeepers, Inc.", "bcbs"),
    (None, "HCSC", "bcbs"),
    (None, "Keystone First", "other"),
]


@pytest.mark.parametrize(("payer_id", "name", "payer"), PAYER_CASES)
def test_payer_of_id_and_name(
    reference: ReferenceTables, payer_id: str | None, name: str | None, payer: str
) -> None:
    mapped = with_payer(lines((payer_id, name, None, None)), reference).collect()
    assert mapped["payer"].to_list() == [payer]


@pytest.mark.parametrize(
    ("day", "payer"),
    [
        (date(2025, 3, 18), "cigna"),
        (date(2025, 3, 19), "other"),
        (date(2022, 1, 1), "cigna"),
        (date(2030, 1, 1), "other"),
        (None, "cigna"),
    ],
)
def test_a_plan_that_was_sold_changes_payer_on_the_day(
    reference: ReferenceTables, day: date | None, payer: str
) -> None:
    mapped = with_payer(lines((None, "HealthSpring", None, None), day=day), reference).collect()
    assert mapped["payer"].to_list() == [payer]


# payer id, payer name, SBR09, CLP06 -> line of business, source, doubtful
LINE_CASES = [
    ("60054", "AETNA", "CI", None, "commercial", "claim_filing", False),
    ("60054", "AETNA", "12", None, "commercial", "claim_filing", False),
    ("60054", "AETNA", "HM", None, "commercial", "claim_filing", False),
    ("60054", "AETNA", "16", None, "medicare_advantage", "claim_filing", False),
    ("60054", "AETNA", "MB", None, "medicare_advantage", "claim_filing", False),
    ("60054", "AETNA", "MA", None, "medicare_advantage", "claim_filing", False),
    ("60054", "AETNA", "MC", None, "medicaid", "claim_filing", False),
    ("60054", "AETNA", "ZZ", None, "other", "claim_filing", False),
    ("60054", "AETNA", "ZZ", "12", "commercial", "remit_general", False),
    ("60054", "AETNA", "Q9", None, "other", "claim_filing", False),
    ("60054", "AETNA", None, "ZZ", "other", "remit_general", False),
    ("60054", "AETNA", None, None, "commercial", "default", False),
    ("60054", "AETNA", "CI", "16", "medicare_advantage", "remit_specific", True),
    ("60054", "AETNA", "CI", "12", "commercial", "claim_filing", False),
    ("60054", "AETNA", "16", "12", "medicare_advantage", "claim_filing", True),
    ("60054", "AETNA", None, "HM", "commercial", "remit_general", False),
    ("60054", "AETNA", "CI", "MB", "medicare_advantage", "remit_specific", True),
    ("60054", "AETNA", "CI", "WC", "other", "remit_specific", True),
    ("60054", "AETNA", "wc", " ci ", "other", "claim_filing", True),
    ("60054", "Aetna Medicare", "HM", None, "medicare_advantage", "plan_name", False),
    ("60054", "Aetna Medicare", "MB", "MB", "medicare_advantage", "plan_name", False),
    ("60054", "Aetna Medicare", "CI", None, "medicare_advantage", "plan_name", False),
    ("60054", "Aetna Better Health", "MC", None, "medicaid", "plan_name", False),
    ("87726", "UnitedHealthcare Medicare Advantage", "16", "16", "medicare_advantage", "plan_name", False),
    ("87726", "UHC Dual Complete", "MC", None, "medicare_advantage", "plan_name", True),
    ("87726", "UHC Community Plan Dual Complete", None, None, "medicare_advantage", "plan_name", False),
    ("87726", "UHC Community Plan", "HM", "HM", "medicaid", "plan_name", False),
    ("87726", "UHC Community Plan", "HM", "16", "medicaid", "plan_name", True),
    ("87726", "AARP MedicareComplete", "16", None, "medicare_advantage", "plan_name", False),
    ("87726", "UHC Group Medicare PPO", None, "12", "medicare_advantage", "plan_name", False),
    ("62308", "Cigna Medicare", None, None, "medicare_advantage", "plan_name", False),
    (None, "Cigna Medicare Supplement", "CI", None, "other", "plan_name", False),
    (None, "BCBS FEP", "FI", None, "commercial", "plan_name", False),
    ("00402", "BCBS of South Carolina", None, None, "commercial", "plan_name", False),
    (None, "Blue Cross Federal Employee Program", "BL", "OF", "commercial", "plan_name", False),
    (None, "BCBS of Texas", "BL", None, "commercial", "claim_filing", False),
    (None, "Anthem BCBS VA", "BL", None, "commercial", "claim_filing", False),
    (None, "Anthem Medicare HMO", "HM", None, "medicare_advantage", "plan_name", False),
    (None, "Blue Cross D-SNP", None, None, "medicare_advantage", "plan_name", False),
    ("04412", "MEDICARE PART B", "MB", "MB", "medicare_ffs", "remit_specific", False),
    ("04412", "MEDICARE PART B", "MB", None, "medicare_ffs", "claim_filing", False),
    ("04412", "MEDICARE PART B", "MA", None, "medicare_ffs", "claim_filing", False),
    ("04412", "MEDICARE PART B", None, None, "medicare_ffs", "default", False),
    ("04412", "MEDICARE PART B", "16", "MB", "medicare_ffs", "remit_specific", True),
    ("04412", "MEDICARE PART B", "CI", None, "commercial", "claim_filing", True),
    (None, "RAILROAD MEDICARE", "MB", None, "medicare_ffs", "claim_filing", False),
    (None, "Humana", "16", None, "medicare_advantage", "claim_filing", False),
    (None, "Humana Medicare", "HM", None, "medicare_advantage", "plan_name", False),
    (None, "Regional Medicare Plan", "HM", None, "medicare_advantage", "plan_name", False),
    (None, "Unknown Fund", None, None, "other", "default", False),
    (None, "Unknown Fund", "CI", None, "commercial", "claim_filing", False),
    (None, "TRICARE EAST", "CH", "CH", "other", "plan_name", False),
    (None, "VA CCN Optum", "VA", None, "other", "plan_name", False),
    (None, "BCBS of Michigan Auto National", "BL", None, "commercial", "claim_filing", False),
    (None, "Acme Auto Insurance", None, "LM", "other", "plan_name", False),
    (None, "Cigna Dental, Limited Liability Company", "CI", None, "commercial", "claim_filing", False),
    (None, "UHC Comm & State", "MC", None, "medicaid", "plan_name", False),
    (None, "Texas Medicaid", "MC", None, "medicaid", "plan_name", False),
    (None, "Medi-Cal", None, None, "medicaid", "plan_name", False),
    (None, "Texas Mutual Worker's Comp", "WC", None, "other", "plan_name", False),
    (None, "Medical Mutual of Ohio", "CI", None, "commercial", "claim_filing", False),
    (None, "AETNA MEDICAL", "12", None, "commercial", "claim_filing", False),
    (None, "American Medical Security", None, None, "other", "default", False),
    (None, "Medi-Cal", "MC", None, "medicaid", "plan_name", False),
    # Medicare's own code: from a contractor, from a known other payer, from a name that is not mapped
    (None, "NATIONAL GOVT SERVICES", "MB", None, "medicare_ffs", "claim_filing", False),
    (None, "PGBA", "MB", "MB", "medicare_ffs", "remit_specific", False),
    (None, "PGBA", "CH", None, "other", "claim_filing", True),
    (None, "CMS", "MB", None, "medicare_ffs", "claim_filing", False),
    (None, "Centers for Medicare & Medicaid Services", "MB", None, "medicare_ffs", "plan_name", False),
    (None, "Humana", "MB", None, "medicare_advantage", "claim_filing", False),
    (None, "Unknown Fund", "MB", None, "medicare_ffs", "claim_filing", True),
    (None, "Unknown Fund", None, "MB", "medicare_ffs", "remit_specific", True),
    (None, "Unknown Fund", "CI", "MB", "medicare_ffs", "remit_specific", True),
    (None, None, "MB", None, "medicare_ffs", "claim_filing", True),
    (None, "Unknown Medicare Advantage", "MB", None, "medicare_advantage", "plan_name", False),
    (None, "Unknown Fund", "16", None, "medicare_advantage", "claim_filing", False),
    (None, "HealthKeepers Plus", None, None, "medicaid", "plan_name", False),
    (None, "Keystone 65", None, None, "medicare_advantage", "plan_name", False),
    ("00882", "Palmetto", None, None, "medicare_ffs", "default", False),
]


@pytest.mark.parametrize(("payer_id", "name", "sbr", "clp", "line", "source", "doubtful"), LINE_CASES)
def test_line_of_business(
    reference: ReferenceTables,
    payer_id: str | None,
    name: str | None,
    sbr: str | None,
    clp: str | None,
    line: str,
    source: str,
    doubtful: bool,
) -> None:
    decided = with_line_of_business(
        with_payer(lines((payer_id, name, sbr, clp)), reference), reference
    ).collect()
    found = decided.select("line_of_business", "line_of_business_source", "line_of_business_doubtful").row(0)
    assert found == (line, source, doubtful)


def test_rows_stay_as_many_and_in_order_and_every_one_is_mapped(reference: ReferenceTables) -> None:
    rows = [(payer_id, name, None, None) for payer_id, name, _ in PAYER_CASES] * 40
    before = lines(*rows).with_row_index("row")
    after = with_line_of_business(with_payer(before, reference), reference).collect()
    assert_frame_equal(after.select(before.collect_schema().names()), before.collect())
    assert after["payer"].to_list() == [payer for *_, payer in PAYER_CASES] * 40
    assert set(after["payer"].to_list()) == {*PAYERS, "other"}
    assert set(after["line_of_business"].to_list()) <= set(LINES_OF_BUSINESS)
    assert after["line_of_business_doubtful"].null_count() == 0


def test_no_lines_give_no_lines(reference: ReferenceTables) -> None:
    empty = with_line_of_business(with_payer(lines().filter(pl.lit(False)), reference), reference).collect()
    assert empty.height == 0
    assert empty.schema["payer"] == pl.String
    assert empty.schema["line_of_business_doubtful"] == pl.Boolean


def test_every_rule_can_be_reached(reference: ReferenceTables) -> None:
    """A plain example of each rule is not caught by an earlier one."""
    ids = reference.payers.filter(pl.col("match_kind") == "id_name").select("payer_id", "payer")
    for payer_id, payer in ids.iter_rows():
        mapped = with_payer(lines((payer_id, "Blue Plan", None, None)), reference).collect()
        assert mapped["payer"].to_list() == [payer]
        stranger = with_payer(lines((payer_id, "Acme Benefit Fund", None, None)), reference).collect()
        assert stranger["payer"].to_list() == ["other"]


@pytest.mark.parametrize("name", ["Medical Mutual of Ohio", "Aetna Medical", "Cigna Medical Plan"])
@pytest.mark.parametrize("code", [None, "CI"])
def test_a_name_with_the_word_medical_is_not_medicaid(
    reference: ReferenceTables, name: str, code: str | None
) -> None:
    decided = with_line_of_business(with_payer(lines((None, name, code, None)), reference), reference)
    assert "medicaid" not in decided.collect()["line_of_business"].to_list()


def test_names_are_read_in_one_form() -> None:
    names = pl.DataFrame(
        {"name": ["b.c.b.s.  of\u00a0Texas", "Worker\u2019s-Comp", "\uff21etna", None, " & "]}
    )
    found = names.select(normalised_name("name")).to_series().to_list()
    assert found == ["BCBS OF TEXAS", "WORKERS COMP", "AETNA", "", ""]
