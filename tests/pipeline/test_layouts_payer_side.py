"""Shipped layouts of payers' own extracts, each on a sample made for the test, from file to cells.

What such a form can't answer is null; a cancelled answer is a reversal and no claim (contract section 3).
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from answer_runs import Published, published
from inbound_rows import KEY, as_csv, claim, remit
from test_layouts_worked_examples import taken_in, texts

from flows.readers.reference_files import read_reference
from flows.settings import shipped

pytestmark = pytest.mark.slow

CHARGE = 845.00
MINUTES = (30, 45, 33, 60, 24)
RIF: dict[str, str] = {
    "BENE_ID": "1001",
    "BENE_BIRTH_DT": "17-MAY-1950",
    "BENE_SEX_IDENT_CD": "2",
    "CLM_ID": "900001",
    "NCH_WKLY_PROC_DT": "28-MAR-2025",
    "CARR_CLM_ENTRY_CD": "1",
    "CARR_NUM": "04412",
    "CARR_CLM_PMT_DNL_CD": "2",
    "CARR_CLM_CNTL_NUM": "ICN1001",
    "CARR_CLM_BLG_NPI_NUM": "1234567893",
    "LINE_NUM": "1",
    "PRF_PHYSN_NPI": "1003000126",
    "PRVDR_STATE_CD": "45",
    "LINE_PLACE_OF_SRVC_CD": "24",
    "CARR_LINE_PRCNG_LCLTY_CD": "09",
    "LINE_1ST_EXPNS_DT": "04-MAR-2025",
    "HCPCS_CD": "01939",
    "HCPCS_1ST_MDFR_CD": "AA",
    "HCPCS_2ND_MDFR_CD": "QS",
    "LINE_NCH_PMT_AMT": "0",
    "LINE_BENE_PTB_DDCTBL_AMT": "0",
    "LINE_BENE_PRMRY_PYR_CD": "",
    "LINE_COINSRNC_AMT": "0",
    "LINE_SBMTD_CHRG_AMT": "845.00",
    "LINE_ALOWD_CHRG_AMT": "0",
    "LINE_PRCSG_IND_CD": "A",
    "CARR_LINE_MTUS_CNT": "2.0",
    "CARR_LINE_MTUS_CD": "2",
    "LINE_ICD_DGNS_CD": "M47812",
    "CARR_LINE_ANSTHSA_UNIT_CNT": "4",
}


def locality_factor() -> float:
    """Medicare's factor of the locality of the sample in March 2025."""
    factors = read_reference().conversion_factors_locality.filter(
        (pl.col("contractor_number") == "04412") & (pl.col("locality") == "09")
    )
    in_force = factors.filter(
        pl.col("effective_from") <= pl.date(2025, 3, 4),
        pl.col("effective_to").is_null() | (pl.col("effective_to") >= pl.date(2025, 3, 4)),
    )
    return float(in_force["conversion_factor"][0])


def medicare_amounts(minutes: float) -> dict[str, str]:
    """Allowed, coinsurance and payment of a line without deductible, with sequestration of 2 %."""
    cents = round((4 + minutes / 15) * locality_factor() * 100)
    share = round(cents * 0.2)
    held = round((cents - share) * 0.02)
    paid = cents - share - held
    return {"allowed": f"{cents / 100:.2f}", "share": f"{share / 100:.2f}", "paid": f"{paid / 100:.2f}"}


def rif(number: int, minutes: float, count: float, **changes: str) -> dict[str, str]:
    """A paid line of a beneficiary of its own."""
    amounts = medicare_amounts(minutes)
    own = {
        "BENE_ID": str(1001 + number),
        "CLM_ID": str(900001 + number),
        "CARR_CLM_CNTL_NUM": f"ICN{1001 + number}",
        "CARR_LINE_MTUS_CNT": f"{count:g}",
        "LINE_ALOWD_CHRG_AMT": amounts["allowed"],
        "LINE_COINSRNC_AMT": amounts["share"],
        "LINE_NCH_PMT_AMT": amounts["paid"],
    }
    return {**RIF, **own, **changes}


def denied(number: int) -> dict[str, str]:
    """A denied line."""
    return rif(
        number,
        30,
        2,
        LINE_PRCSG_IND_CD="N",
        LINE_ALOWD_CHRG_AMT="0",
        LINE_COINSRNC_AMT="0",
        LINE_NCH_PMT_AMT="0",
    )


def as_pipes(rows: list[dict[str, str]]) -> bytes:
    return as_csv(rows).replace(b",", b"|")


def files_of(rows: list[dict[str, str]]) -> dict[str, bytes]:
    return {"carrier.csv": as_pipes(rows)}


def run_on(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *nights: Mapping[str, bytes],
    off: tuple[str, ...] = (),
    **settings: Any,
) -> Published:
    config = folder / "config"
    shutil.copytree(shipped("config"), config)
    if off:
        tuva = config / "layouts" / "tuva_medical_claim.toml"
        tuva.write_text(tuva.read_text("utf-8").replace(*off), "utf-8")
    monkeypatch.setenv("CPT01939_CONFIG", str(config))
    monkeypatch.setenv("CPT01939_HMAC_KEY", KEY)
    return published(folder / "data", *nights, **settings)


def test_a_carrier_line_is_a_claim_and_its_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [rif(n, 30, 2) for n in range(30)]
    found = taken_in(tmp_path, monkeypatch, files_of(rows))
    assert (found.only["kind"], found.only["outcome"]) == ("claim_lines+remit_lines", "accepted")
    assert (found.only["accepted"], found.only["quarantined"]) == (60, 0)
    expected = {
        "service_date": "2025-03-04",
        "submitted_on": "2025-03-28",
        "claim_frequency_code": "1",
        "role": "P",
        "billing_provider_npi": "1234567893",
        "billing_provider_state": "TX",
        "patient_sex": "F",
        "modifier_1": "AA",
        "unit_basis": "MJ",
        "unit_count_thousandths": "30000",
        "age_at_service": "74",
        "cannot_answer": "first_denials|open_claims|timeliness",
    }
    assert texts(found.claim_lines.head(1), expected) == [expected]
    amounts = medicare_amounts(30)
    cents = {name: round(float(text) * 100) for name, text in amounts.items()}
    held = cents["allowed"] - cents["share"] - cents["paid"]
    packed = f"CO-253:{held}|CO-45:{84500 - cents['allowed']}|PR-2:{cents['share']}"
    assert found.remit_lines["adjustments"].unique().to_list() == [packed]
    assert found.remit_lines["claim_status_code"].unique().to_list() == ["1"]


@pytest.mark.parametrize(
    "per_unit", [1, 1.5, 10, 15], ids=["units", "tenths of ten minutes", "tenths", "minutes"]
)
def test_the_prices_of_a_file_tell_what_its_time_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, per_unit: float
) -> None:
    rows = [rif(n, minutes := MINUTES[n % 5], minutes / 15 * per_unit) for n in range(30)]
    found = taken_in(tmp_path, monkeypatch, files_of(rows))
    assert found.claim_lines["unit_basis"].unique().to_list() == ["MJ"]
    minutes = (found.claim_lines["unit_count_thousandths"] / 1000).round().cast(pl.Int64).to_list()
    assert minutes == [MINUTES[n % 5] for n in range(30)]
    assert found.only["findings"][f"time_scale:{per_unit:g}"] == 30


@pytest.mark.parametrize(
    ("lines", "per_unit", "code"),
    [(29, 1, "2"), (30, 5, "2"), (30, 1, "3")],
    ids=["few", "no scale", "services"],
)
def test_without_a_scale_there_are_no_minutes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lines: int, per_unit: float, code: str
) -> None:
    rows = [rif(n, 30, 2 * per_unit, CARR_LINE_MTUS_CD=code) for n in range(lines)]
    found = taken_in(tmp_path, monkeypatch, files_of(rows))
    assert found.claim_lines["unit_basis"].unique().to_list() == ["UN"]
    assert found.claim_lines["un_means"].null_count() == lines
    assert found.only["findings"].get("time_scale:none", 0) == (lines if code == "2" else 0)


def test_carrier_lines_in_the_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [rif(n, minutes := MINUTES[n % 5], minutes / 15) for n in range(38)] + [denied(38), denied(39)]
    found = run_on(tmp_path, monkeypatch, files_of(rows), medicare_basis="locality")
    year = {"payer": "medicare", "line_of_business": "medicare_ffs"}
    payment = found.cell("payment", **year)
    assert (payment["service_lines"], payment["unit_priced_lines"]) == (38, 38)
    assert payment["ratio_to_national_medicare"] == pytest.approx(1.0, abs=0.002)
    denials = found.cell("denials", **year)
    assert (denials["denied_lines"], denials["denial_rate"]) == (2, 0.05)
    assert (denials["initially_denied_lines"], denials["overturned_lines"]) == (None, None)
    assert found.cell("denial_reasons", carc="A1", **year)["service_lines"] == 2
    assert found.cell("denial_reasons", carc="A1", **year)["denial_category"] == "unclassified"
    times = found.cell("timeliness", **year)
    assert {times[name] for name in times if name.startswith(("days_", "first_"))} == {None}
    assert found.cell("utilization", **year)["pending_lines"] is None
    assert found.cell("collections", **year)["days_in_receivables"] is None
    assert found.counted("unbalanced_lines") == 0


def test_a_cancelled_line_is_a_reversal_and_no_claim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = [rif(n, 30, 2) for n in range(30)]
    later = {"NCH_WKLY_PROC_DT": "25-APR-2025"}
    cancels = rif(0, 30, 2, CARR_CLM_ENTRY_CD="3", CLM_ID="950000", **later)
    again = rif(0, 45, 3, CARR_CLM_ENTRY_CD="5", CLM_ID="950001", **later)
    undone = rif(1, 30, 2, CARR_CLM_ENTRY_CD="3", CLM_ID="950002", **later)
    found = run_on(tmp_path, monkeypatch, files_of([*first, cancels, again, undone]))
    used = found.cell("utilization")
    assert (used["service_lines"], used["reversed_lines"], used["voided_claims"]) == (30, 1, 0)
    assert found.counted("unmatched_reversals") == 0
    payment = found.cell("payment")
    assert payment["service_lines"] == 29
    dollars = 28 * float(medicare_amounts(30)["allowed"]) + float(medicare_amounts(45)["allowed"])
    assert float(str(payment["allowed_sum"])) == pytest.approx(dollars, abs=0.005)


TUVA: dict[str, str] = {
    "claim_id": "C1001",
    "claim_line_number": "1",
    "claim_type": "professional",
    "person_id": "P1",
    "member_id": "W123456789",
    "payer": "AETNA",
    "plan": "PPO",
    "birth_date": "1961-05-17",
    "gender": "female",
    "claim_line_start_date": "2025-03-04",
    "place_of_service_code": "24",
    "hcpcs_code": "01939",
    "hcpcs_modifier_1": "AA",
    "service_unit_quantity": "2",
    "rendering_npi": "1003000126",
    "billing_npi": "1234567893",
    "paid_date": "2025-04-02",
    "charge_amount": "845.00",
    "allowed_amount": "240.00",
    "paid_amount": "210.00",
    "coinsurance_amount": "30.00",
    "copayment_amount": "0",
    "deductible_amount": "",
    "diagnosis_code_1": "M47812",
    "in_network_flag": "1",
    "data_source": "aco",
}


LATER = {**TUVA, "paid_date": "2025-05-02"}
"""The same service of the same patient, paid after the denial of the bill."""


def test_a_line_of_tuva_tells_prices_and_nothing_of_denials_or_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        TUVA,
        {**TUVA, "claim_id": "C1002", "member_id": "W2", "in_network_flag": "0"},
        {**TUVA, "claim_id": "C1003", "claim_type": "institutional"},
        {**TUVA, "claim_id": "C1004", "member_id": "W4", "paid_date": "", "paid_amount": ""},
    ]
    found = run_on(tmp_path, monkeypatch, {"claims.csv": as_csv(rows)})
    used = found.cell("utilization")
    assert (used["service_lines"], used["minutes_sum"], used["pending_lines"]) == (3, None, None)
    paid = found.cell("payment")
    assert (paid["service_lines"], paid["out_of_network_lines"]) == (1, 1)
    assert (str(paid["allowed_sum"]), str(paid["coinsurance_sum"])) == ("240.00", "30.00")
    denials = found.cell("denials")
    assert (denials["service_lines"], denials["denied_lines"], denials["denial_rate"]) == (2, None, None)
    assert not found.cell("open_claims", age_band="unknown")
    assert found.cell("timeliness")["days_to_payment_p50"] is None
    quality = found.table("data_quality").filter(rule_code="assumed:payer_responsibility")
    assert quality["findings"].max() == 3


@pytest.mark.parametrize(("is_off", "lines"), [(True, 2), (False, 1)])
def test_a_claim_of_a_form_that_tells_no_resubmissions_continues_no_denied_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_off: bool, lines: int
) -> None:
    bill = claim()
    denial = remit(paid_amount="0", allowed_amount="", adjustments="CO-197:845.00", claim_status_code="4")
    night = {"bill.csv": as_csv([bill]), "denial.csv": as_csv([denial]), "tuva.csv": as_csv([LATER])}
    found = run_on(tmp_path, monkeypatch, night, off=() if is_off else ('"resubmissions", ', ""))
    assert found.cell("utilization")["service_lines"] == lines
    assert found.cell("denials")["overturned_by_resubmission_lines"] == (0 if is_off else None)
