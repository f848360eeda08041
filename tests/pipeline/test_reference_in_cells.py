"""Reference facts from a landing folder to published cells: payers, ages, prices, contracts, anchors.

Contract sections 5 and 6: what a payer's name, a birth date, a state and a payer's own rule do to a number.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from inbound_rows import Row, as_csv, claim, remit
from small_runs import run_nightly

from flows.settings import config_folder
from flows.store.snapshot import Store
from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS
from transforms.synthetic.world import synthetic_claims

INTERNAL = {"audiences": ("internal",)}


def bill(number: int, **values: str) -> tuple[Row, Row]:
    """A paid line of 6.0 units: what a claim and its remittance share is said once."""
    own = {"claim_id": f"PCN{number:04d}", "line_control_number": f"LC{number}"}
    shared = {
        name: value for name, value in values.items() if name in ("payer_id", "payer_name", "modifier_1")
    }
    of_remit = {name: value for name, value in values.items() if name in ("paid_amount", "adjustments")}
    of_claim = {name: value for name, value in values.items() if name not in of_remit}
    amounts = {"paid_amount": "360.00", "adjustments": "CO-45:485.00", "allowed_amount": ""}
    member = {"member_id": f"W{number:06d}", "unit_count": "30", "prior_authorization_number": ""}
    return (
        claim(**own, **member, **of_claim),
        remit(
            **own,
            **shared,
            **amounts | of_remit,
            payer_claim_number=f"ICN{number}",
            paid_units="",
            remit_filing_code="",
        ),
    )


def run_on(data: Path, bills: list[tuple[Row, Row]], **settings: object) -> tuple[str, ...]:
    landing = data / "landing"
    landing.mkdir(parents=True)
    (landing / "claims.csv").write_bytes(as_csv([claim for claim, _ in bills]))
    (landing / "remits.csv").write_bytes(as_csv([remit for _, remit in bills]))
    summary = run_nightly(data, **settings)
    assert summary.rows["quarantined"] == 0
    return summary.left_anchors


def table(data: Path, name: str, **keys: object) -> pl.DataFrame:
    """Rows of a published table of internal, of the month in question."""
    [path] = [path for path in (data / "benchmarks").rglob(f"{name}.parquet") if "releases" not in path.parts]
    wanted = {"period_type": "month", "procedure_code": "01939"} | keys
    frame = pl.read_parquet(path)
    return frame.filter(pl.col(name) == value for name, value in wanted.items() if name in frame.columns)


@pytest.fixture
def internal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("CPT01939_AUDIENCE", "CPT01939_AUDIENCES"):
        monkeypatch.delenv(name, raising=False)
    yield


NAMES = [
    # payer name, SBR09 -> payer, line of business
    ("NATIONAL GOVT SERVICES", "MB", "medicare", "medicare_ffs"),
    ("PGBA", "MB", "medicare", "medicare_ffs"),
    ("CMS", "MB", "medicare", "medicare_ffs"),
    ("FIRST STRANGERS FUND", "MB", "other", "medicare_ffs"),
    ("MEDICAL MUTUAL OF OHIO", "CI", "other", "commercial"),
    ("AETNA MEDICAL", "CI", "aetna", "commercial"),
    ("GOLDEN RULE INSURANCE", "CI", "uhc", "commercial"),
    ("HEALTHKEEPERS INC", "HM", "bcbs", "commercial"),
]


@pytest.mark.usefixtures("internal")
def test_names_of_payers_reach_their_rows(tmp_path: Path) -> None:
    bills = [
        bill(n, payer_id="", payer_name=name, claim_filing_code=code)
        for n, (name, code, *_) in enumerate(NAMES)
    ]
    run_on(tmp_path, bills, **INTERNAL)
    for payer in ("medicare", "other", "aetna", "uhc", "bcbs"):
        for line in ("medicare_ffs", "commercial"):
            lines = table(tmp_path, "utilization", payer=payer, line_of_business=line)["service_lines"].sum()
            assert lines == sum((payer, line) == (p, b) for _, _, p, b in NAMES), (payer, line)
    quality = table(tmp_path, "data_quality", payer="all", source="claim_lines", rule_code="all")
    assert quality["doubtful_line_of_business_lines"].sum() == 1
    assert quality["sequestration_off_lines"].sum() == 3  # Medicare paid all of what it allowed


BIRTHS = [
    # of a service on 2025-03-04
    ("1960-03-05", "40-64"),
    ("1960-03-04", "65-74"),
    ("1960-12-31", "40-64"),
    ("1959-12-31", "65-74"),
    ("2007-03-05", "0-17"),
    ("2007-03-04", "18-39"),
    ("1985-03-05", "18-39"),
    ("1985-03-04", "40-64"),
    ("1950-03-05", "65-74"),
    ("1950-03-04", "75+"),
]


@pytest.mark.usefixtures("internal")
def test_a_birthday_is_the_edge_of_a_band_of_demographics(tmp_path: Path) -> None:
    run_on(tmp_path, [bill(n, patient_birth_date=born) for n, (born, _) in enumerate(BIRTHS)], **INTERNAL)
    found = table(tmp_path, "demographics", payer="aetna", line_of_business="commercial")
    counted = dict(found.select("age_band", "patients").iter_rows())
    assert counted == Counter(band for _, band in BIRTHS)


@pytest.mark.usefixtures("internal")
def test_lines_at_the_national_price_are_counted(tmp_path: Path) -> None:
    nowhere = {"medicare_contractor": "", "medicare_locality": ""}
    bills = [
        bill(1, service_facility_state="NV", **nowhere),
        bill(2, service_facility_state="TX", **nowhere),
        bill(3, service_facility_state="TX"),
    ]
    run_on(tmp_path, bills, **INTERNAL, medicare_basis="locality")
    row = table(tmp_path, "payment", payer="aetna", line_of_business="commercial").row(0, named=True)
    assert (row["unit_priced_lines"], row["national_price_lines"]) == (3, 1)
    # 6 units at the factors of 2025 of Nevada, of the nation, and of Brazoria (04412, 09)
    assert float(row["medicare_allowed_sum"]) == pytest.approx(6 * (20.11 + 20.3178 + 20.29), abs=0.01)


@pytest.mark.usefixtures("internal")
def test_a_nurse_anesthetist_at_85_percent_is_not_underpaid_at_cigna(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(config_folder(), tmp_path / "config")
    monkeypatch.setenv("CPT01939_CONFIG", str(tmp_path / "config"))
    (tmp_path / "config" / "contracts.csv").write_text(
        "payer,line_of_business,dollars_per_unit,effective_from,effective_to\ncigna,,60.00,2025-01-01,\n"
    )
    cigna = {"payer_id": "62308", "payer_name": "CIGNA", "modifier_1": "QZ"}
    bills = [bill(1, **cigna, paid_amount="306.00", adjustments="CO-45:539.00")]
    run_on(tmp_path, bills, **INTERNAL)
    row = table(tmp_path, "contract_variance", payer="cigna", line_of_business="commercial").row(
        0, named=True
    )
    assert (row["underpaid_lines"], row["overpaid_lines"]) == (0, 0)
    assert float(row["expected_allowed_sum"]) == 306.00


@pytest.mark.usefixtures("internal")
def test_of_all_lives_only_those_without_the_cut_are_off(tmp_path: Path) -> None:
    """Quality pay (144), penalties (237), odd amounts and reversals are no missing sequestration."""
    world = synthetic_claims(7, 300)
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "claims.csv").write_bytes(world.claims.select(MADE_CLAIM_COLUMNS).write_csv().encode())
    (landing / "remits.csv").write_bytes(world.remits.select(MADE_REMIT_COLUMNS).write_csv().encode())
    assert run_nightly(tmp_path, **INTERNAL).left_anchors == ()
    lives = world.claims.select("_scenario").with_row_index("row_number", offset=1)
    off = Store.open(tmp_path).resolved_lines().filter("sequestration_off").collect()
    told = off.join(lives.with_columns(pl.col("row_number").cast(pl.Int64)), on="row_number")
    assert set(told["_scenario"]) == {"sequestration_forgotten"}


@pytest.mark.usefixtures("internal")
def test_a_run_that_leaves_an_anchor_says_so(tmp_path: Path) -> None:
    medicare = {"payer_id": "04412", "payer_name": "MEDICARE PART B", "claim_filing_code": "MB"}
    told = run_on(tmp_path, [bill(n, **medicare) for n in range(30)], **INTERNAL)
    assert [text.split(" is ")[0] for text in told] == [
        "ratio_to_national_medicare of medicare, medicare_ffs"
    ]
