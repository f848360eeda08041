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
from test_layouts_worked_examples import REMIT, taken_in, texts

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
