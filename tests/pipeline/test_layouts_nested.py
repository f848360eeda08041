"""Shipped layouts of nested documents, each on a sample made for the test, and files that are none."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_layouts_worked_examples import CLAIM, REMIT, taken_in, texts

from flows.settings import load_settings
from flows.steps.drafting import drafted
from flows.steps.inspection import inspect

STEDI_LINE: dict[str, Any] = {
    "serviceDate": "20250304",
    "lineItemControlNumber": "LC1",
    "servicePaymentInformation": {
        "productOrServiceIDQualifierValue": "HC",
        "adjudicatedProcedureCode": "01939",
        "adjudicatedProcedureModifierCodes": ["AA", "QS"],
        "lineItemChargeAmount": "845",
        "lineItemProviderPaymentAmount": "210",
        "unitsOfServicePaidCount": "32",
    },
    "serviceAdjustments": [
        {"claimAdjustmentGroupCode": "CO", "adjustmentReasonCode1": "45", "adjustmentAmount1": "605"},
        {"claimAdjustmentGroupCode": "PR", "adjustmentReasonCode1": "2", "adjustmentAmount1": "30"},
    ],
    "serviceSupplementalAmounts": {"allowedActual": "240"},
    "healthCareCheckRemarkCodes": [
        {"codeListQualifierCode": "HE", "remarkCode": "N115"},
        {"codeListQualifierCode": "RX", "remarkCode": "75"},
        {"codeListQualifierCode": "HE", "remarkCode": "MA01"},
    ],
}
STEDI: dict[str, Any] = {
    "meta": {"transactionId": "t1"},
    "transactions": [
        {
            "paymentAndRemitReassociationDetails": {"checkOrEFTTraceNumber": "EFT900"},
            "financialInformation": {"checkIssueOrEFTEffectiveDate": "20250402"},
            "payer": {"name": "AETNA"},
            "payee": {"npi": "1234567893"},
            "detailInfo": [
                {
                    "paymentInfo": [
                        {
                            "claimPaymentInfo": {
                                "patientControlNumber": "PCN1001",
                                "claimStatusCode": "1",
                                "claimFilingIndicatorCode": "12",
                                "payerClaimControlNumber": "ICN500",
                                "totalClaimChargeAmount": "875",
                                "claimPaymentAmount": "210",
                            },
                            "serviceLines": [
                                {
                                    "serviceDate": "20250304",
                                    "servicePaymentInformation": {
                                        "adjudicatedProcedureCode": "99100",
                                        "lineItemChargeAmount": "30",
                                        "lineItemProviderPaymentAmount": "0",
                                    },
                                },
                                STEDI_LINE,
                            ],
                        }
                    ]
                }
            ],
        }
    ],
}


PAGE = (Path(__file__).parents[2] / "docs" / "layouts.md").read_text("utf-8")
DOCUMENTED = re.search(r"```text ndjson\n(?P<text>.*?)```\n\n```toml\n(?P<toml>.*?)```", PAGE, re.DOTALL)


def test_the_nested_document_of_the_docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert DOCUMENTED is not None
    found = taken_in(tmp_path, monkeypatch, {"export": DOCUMENTED["text"].encode()}, mine=DOCUMENTED["toml"])
    assert found.only["outcome"] == "accepted", found.only
    assert texts(found.remit_lines, REMIT) == [REMIT]
    assert found.remit_lines["original_payer_claim_key"].null_count() == 0


def one_line(document: Any) -> bytes:
    return json.dumps(document).encode() + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        one_line(STEDI),
        json.dumps(STEDI, indent=2).encode(),
        json.dumps([STEDI], indent=2).encode(),
        b"\xef\xbb\xbf" + one_line(STEDI).rstrip(b"\n"),
    ],
    ids=["one a line", "indented", "a list", "with a mark and no line end"],
)
def test_the_835_as_json_of_stedi_and_optum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    found = taken_in(tmp_path, monkeypatch, {"export": content})
    assert found.only["outcome"] == "accepted", found.only
    assert (found.only["rows_read"], found.only["out_of_scope"]) == (2, 1)
    assert texts(found.remit_lines, REMIT) == [REMIT]
    line = found.remit_lines.select("modifier_2", "remark_codes", "service_sequence", "allowed_given_cents")
    assert line.row(0) == ("QS", "MA01|N115", 2, 24000)


def test_a_claim_without_lines_is_one_row_with_its_own_charge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = json.loads(json.dumps(STEDI))
    payment = document["transactions"][0]["detailInfo"][0]["paymentInfo"]
    whole = {**payment[0]["claimPaymentInfo"], "claimStatusCode": "22", "totalClaimChargeAmount": "-875"}
    payment.append({"claimPaymentInfo": {**whole, "claimPaymentAmount": "-210"}})
    found = taken_in(tmp_path, monkeypatch, {"export": one_line(document)})
    undone = found.remit_lines.filter(claim_status_code="22")
    assert undone.select("charge_cents", "paid_cents", "procedure_code").row(0) == (-87500, -21000, None)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (one_line(STEDI) + b'{"transactions": [\n', "file_unreadable:line 2"),
        (one_line(STEDI) + b"[" * 200_000 + b"\n", "file_unreadable:line 2"),
        (b'{\n"transactions": [\n', "file_unreadable"),
        (one_line(STEDI).replace(b'"LC1"', b'"\\ud800"'), "file_encoding"),
    ],
)
def test_a_document_that_cannot_be_read_rejects_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, reason: str
) -> None:
    found = taken_in(tmp_path, monkeypatch, {"export": content})
    assert (found.only["outcome"], found.only["reason"]) == ("rejected", reason)


@pytest.mark.parametrize("content", [one_line(STEDI) * 2, json.dumps(STEDI, indent=2).encode()])
def test_a_document_that_does_not_fit_into_memory_rejects_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    monkeypatch.setattr("flows.readers.documents.LARGEST_DOCUMENT", 1000)
    found = taken_in(tmp_path, monkeypatch, {"export": content})
    assert (found.only["outcome"], found.only["reason"]) == ("rejected", "file_document_large")


def test_nested_parquet_is_read_as_json_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([STEDI]), out)
    found = taken_in(tmp_path, monkeypatch, {"export": out.getvalue()})
    assert texts(found.remit_lines, REMIT) == [REMIT]


def test_numbers_of_json_are_read_as_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (
        one_line(STEDI).replace(b'"605"', b"605.00").replace(b'"845"', b"845.0").replace(b'"210"', b"210")
    )
    found = taken_in(tmp_path, monkeypatch, {"export": content})
    assert texts(found.remit_lines, REMIT) == [REMIT]


DATABRICKS_835: dict[str, Any] = {
    "payment": {
        "trace_reference_id": "EFT900",
        "payment_date": "20250402",
        "trace_origin_company_id": "1998",
    },
    "payer": {"payer_name": "AETNA", "payer_primary_id": "2U", "payer_secondary_id": "60054"},
    "payee": {"payee_name": "A", "payee_npi": "XX", "payee_id_cd": "1234567893"},
    "claim": {
        "claim_id": "PCN1001",
        "claim_status_cd": "1",
        "claim_filing_cd": "12",
        "payer_claim_id": "ICN500",
        "claim_chrg_amt": "845",
        "claim_pay_amt": "210",
        "clm_refs": [{"id_code_qualifier": "F8", "id": "ICN400"}, {"id_code_qualifier": "EA", "id": "7"}],
        "date_references": [{"date_cd": "232", "date": "20250304"}, {"date_cd": "050", "date": "20250401"}],
        "service_adjustments": [],
        "claim_lines": [
            {
                "prcdr_cd": "HC:01939:AA:QS",
                "chrg_amt": "845",
                "paid_amt": "210",
                "units": "32",
                "original_prcdr_cd": "",
                "service_date_qualifier_cd": "050",
                "service_date": "20250401",
                "other_amts": [
                    {"amt_qualifier_cd": "KH", "amt": "9"},
                    {"amt_qualifier_cd": "B6", "amt": "240"},
                ],
                "remarks": [{"qualifier_cd": "HE", "remark_cd": "N115"}],
                "service_adjustments": [
                    {"adjustment_grp_cd": "CO", "adjustment_reason_cd": "45", "adjustment_amount": "605"},
                    {"adjustment_grp_cd": "PR", "adjustment_reason_cd": "1", "adjustment_amount": "10"},
                    {"adjustment_grp_cd": "1", "adjustment_reason_cd": "2", "adjustment_amount": "20"},
                ],
                "line_refs": [{"id_code_qualifier": "6R", "id": "LC1"}],
            }
        ],
    },
}
DATABRICKS_837P: dict[str, Any] = {
    "subscriber": {"subsciber_identifier": "W123456789", "dob": "19610517", "gender_cd": "F"},
    "patient": {"subsciber_identifier": "", "dob": "19610517", "gender_cd": "F"},
    "payer": {"payer_name": "AETNA", "payer_identifier": "60054"},
    "providers": {
        "billing": {"npi": "1234567893", "state": "TX", "entity_type": "Organization"},
        "servicing": {"npi": "1234567893", "entity_type": "Organization"},
    },
    "claim_header": {
        "claim_id": "PCN1001",
        "facility_type_code": "24:B:7",
        "clm_refs": [{"id_code_qualifier": "F8", "id": "ICN400"}, {"id_code_qualifier": "G1", "id": "AUTH1"}],
    },
    "diagnosis": {"principal_dx_cd": "M47812", "other_dx_cds": [{"dx_cd": "G894"}, {"dx_cd": "M5412"}]},
    "claim_lines": [
        {
            "claim_line_number": "2",
            "prcdr_cd": "01939",
            "modifier_cds": "AA,QS",
            "line_chrg_amt": "845",
            "units_measurement": "MJ",
            "units": "32",
            "place_of_service": "",
            "dg_cd_pntr": "3:1",
            "service_dates": [
                {"date_cd": "471", "date_format": "D8", "date": "20250301"},
                {"date_cd": "472", "date_format": "RD8", "date": "20250304-20250304"},
            ],
        }
    ],
}


def test_the_835_of_the_databricks_parser_without_its_four_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = taken_in(tmp_path, monkeypatch, {"export": one_line(DATABRICKS_835)})
    expected = {**REMIT, "adjustments": "CO-45:60500|PR-1:1000|PR-2:2000"}
    assert texts(found.remit_lines, expected) == [expected], found.only
    told = {
        "payer_id": "60054",
        "payee_npi": "1234567893",
        "service_date": "2025-03-04",
        "modifier_2": "QS",
        "remark_codes": "N115",
        "allowed_given_cents": "24000",
        "service_sequence": "1",
        "submitted_procedure_code": None,
    }
    assert texts(found.remit_lines, told) == [told]
    assert found.remit_lines["original_payer_claim_key"].null_count() == 0
    assert not found.only["findings"]


def test_the_837p_of_the_databricks_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([DATABRICKS_837P]), out)
    found = taken_in(
        tmp_path, monkeypatch, {"a.json": one_line(DATABRICKS_837P), "b.parquet": out.getvalue()}
    )
    expected = {**CLAIM, "submitted_on": "2025-03-04", "claim_frequency_code": "7"}
    assert texts(found.claim_lines, expected) == [expected, expected]
    told = {
        "line_number": "2",
        "rendering_provider_npi": None,
        "diagnosis_1": "M5412",
        "diagnosis_2": "M47812",
        "diagnosis_3": None,
        "has_prior_authorization": "true",
        "cannot_answer": "resubmissions|timeliness",
    }
    assert texts(found.claim_lines.head(1), told) == [told]
    assert found.ledger["a.json"]["findings"] == {"assumed:payer_responsibility": 1}


def renamed(old: str, new: str) -> bytes:
    return json.dumps(STEDI).replace(old, new).encode() + b"\n"


def test_inspect_names_the_nested_layout_that_comes_nearest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPT01939_HMAC_KEY", "a key of the tests, long enough for its purpose")
    path = tmp_path / "export"
    path.write_bytes(renamed("claimStatusCode", "state"))
    told = inspect(path, load_settings())
    assert (told.rejected, told.layout) == ("file_header_missing", "")
    assert told.nearest["layout"] == "stedi_optum_835_json"
    assert told.nearest["missing"] == ["transactions.detailinfo.paymentinfo.claimpaymentinfo.claimstatuscode"]


def test_a_draft_for_nested_documents_names_lists_and_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPT01939_HMAC_KEY", "a key of the tests, long enough for its purpose")
    path = tmp_path / "export"
    path.write_bytes(one_line(DATABRICKS_837P))
    found = drafted(path, load_settings())
    told = found.toml()
    assert found.nesting is not None
    assert found.nesting.each == (("claim_line", "claim_lines"),)
    for line in (
        'claim_id = "claim_header.claim_id"',
        'charge_amount = "claim_line.line_chrg_amt"',
        'procedure_code = "claim_line.prcdr_cd"',
        'payer_name = "payer.payer_name"',
    ):
        assert line in told, told
    assert not [value for value in ("PCN1001", "19610517", "1234567893") if value in told]


def test_a_nested_layout_with_a_mistake_stops_its_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DOCUMENTED is not None
    broken = DOCUMENTED["toml"].replace("claim_id =", "claim =")
    found = taken_in(tmp_path, monkeypatch, {"export": DOCUMENTED["text"].encode()}, mine=broken)
    assert found.only["reason"].startswith("E_LAYOUT:layout mine: line "), found.only
