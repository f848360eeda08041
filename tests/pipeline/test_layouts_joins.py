"""The joins and views of docs/layouts.md give files that the pipeline reads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import duckdb
import polars as pl
import pytest
from test_layouts_bcda import explanation
from test_layouts_payer_side import TUVA, as_pipes, rif
from test_layouts_worked_examples import CLAIM, PAGE, REMIT, taken_in, texts

BLOCKS = re.findall(r"```(sql|python)\n(.*?)```", PAGE, re.DOTALL)
SQL = [text for language, text in BLOCKS if language == "sql"]
BORN = {"BENE_BIRTH_DT", "BENE_SEX_IDENT_CD"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "landing").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def delivered(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> pl.DataFrame:
    content = (folder / "landing" / name).read_bytes()
    found = taken_in(folder / "taken", monkeypatch, {name: content})
    assert (found.only["outcome"], found.only["quarantined"]) == ("accepted", 0), found.only
    return found.claim_lines


def test_the_beneficiary_joined_to_carrier_lines(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    row = rif(0, 30, 2)
    (folder / "carrier.csv").write_bytes(as_pipes([{k: v for k, v in row.items() if k not in BORN}]))
    beneficiary = {name: row[name] for name in ("BENE_ID", *sorted(BORN))}
    (folder / "beneficiary.csv").write_bytes(as_pipes([beneficiary]))
    duckdb.sql(SQL[0])
    (folder / "taken").mkdir()
    assert delivered(folder, monkeypatch, "carrier.csv")["age_at_service"].to_list() == [74]


def test_eligibility_joined_to_medical_claims(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claim = pl.DataFrame([{k: v for k, v in TUVA.items() if k not in ("birth_date", "gender")}])
    claim.write_parquet(folder / "medical_claim.parquet")
    months = [{"person_id": "P1", "birth_date": "1961-05-17", "gender": "female"}] * 2
    pl.DataFrame(months).write_parquet(folder / "eligibility.parquet")
    duckdb.sql(SQL[1])
    (folder / "taken").mkdir()
    lines = delivered(folder, monkeypatch, "tuva.parquet")
    assert lines.select("age_at_service", "patient_sex").rows() == [(63, "F")]


def test_the_patient_put_into_an_explanation(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = explanation()
    patient = next(one for one in whole["contained"] if one["resourceType"] == "Patient")
    alone = explanation(contained=[one for one in whole["contained"] if one is not patient])
    (folder / "ExplanationOfBenefit.ndjson").write_text(json.dumps(alone) + "\n")
    (folder / "Patient.ndjson").write_text(json.dumps({**patient, "id": "1"}) + "\n")
    (script,) = [text for language, text in BLOCKS if language == "python"]
    exec(compile(script, "docs/layouts.md", "exec"), {})
    (folder / "taken").mkdir()
    assert delivered(folder, monkeypatch, "eob.ndjson")["age_at_service"].to_list() == [74]


EPIC = """
create table SVC_LN_INFO as select 1 RECORD_ID, 1 LINE, timestamp '2025-03-04' LN_FROM_DT, 'HC' LN_PROC_QUAL,
  '01939' LN_PROC_CD, 'AA,QS' LN_PROC_MOD, 'MJ' LN_QTY_QUAL, 32 LN_QTY, 845.00 LN_AMT, '24' LN_POS_CD,
  '1003000126' LN_REND_NPI;
create table CLM_VALUES as select 1 RECORD_ID, 'PCN1001' INV_NUM, date '2025-03-10' SUBMITTED_DATE,
  '1' FREQUENCY_CODE, 'AETNA' PAYER_NAME, 'P' PAYER_RESPONSIBILITY, 'W1' MEMBER_ID,
  '1234567893' BIL_PROV_NPI, 'Z1' PAT_ID;
create table CLM_VALUES_2 as select 1 RECORD_ID, 'AUTH1' AUTH_NUM;
create table PATIENT as select 'Z1' PAT_ID, date '1961-05-17' BIRTH_DATE;
create table CL_REMIT as select 'I1' IMAGE_ID, 'EFT900' CHECK_NUM, date '2025-04-02' PAYMENT_DATE,
  'AETNA' PAYER_NAME;
create table CL_RMT_CLM_INFO as select 'I1' IMAGE_ID, 'PCN1001' INV_NO,
  'Processed as Primary' CLM_STAT_CD_C_NAME, 'ICN500' ICN_NO;
create table CL_RMT_SVCE_LN_INF as select 'I1' IMAGE_ID, 1 SERVICE_LINE, 'HC:01939:AA' PROC_IDENTIFIER,
  null::varchar SUBM_PROC_IDENT, 845.00 LINE_ITEM_CHG_AMT, 210.00 PROV_PAYMENT_AMT;
create table CL_RMT_SVC_DAT_INF as select 'I1' IMAGE_ID, 1 SERVICE_LN, 'Service' SVC_DATE_QUAL_C_NAME,
  date '2025-03-04' SERVICE_DATE;
create table CL_RMT_SVC_AMT_INF as select 'I1' IMAGE_ID, 1 AMT_SVC_LN,
  'Allowed - Actual' SVC_AMT_QUAL_C_NAME, 240.00 SVC_SUPPL_AMT;
create table CL_RMT_SVC_LVL_ADJ as select * from (values
  ('I1', 1, 'Contractual Obligation', '45', 605.00), ('I1', 1, 'Patient Responsibility', '2', 30.00))
  t(IMAGE_ID, CAS_SERVICE_LINE, SVC_CAS_GRP_CODE_C_NAME, SVC_ADJ_REASON_CD, SVC_ADJ_AMT);
"""


def test_the_views_on_epic_give_canonical_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {}
    with duckdb.connect() as base:
        base.execute(EPIC + SQL[2])
        for name in ("claim_lines", "remit_lines"):
            target = tmp_path / f"{name}.csv"
            base.execute(f"copy (select * from cpt01939_{name}) to '{target}' (header)")
            files[target.name] = target.read_bytes()
    (tmp_path / "taken").mkdir()
    found = taken_in(tmp_path / "taken", monkeypatch, files)
    assert {row["outcome"] for row in found.ledger.values()} == {"accepted"}, found.ledger
    assert texts(found.claim_lines, CLAIM) == [CLAIM]
    assert texts(found.remit_lines, REMIT) == [REMIT]
