"""Shipped layouts of documented extracts, each on a sample made for the test (CONTRACT section 3)."""

from __future__ import annotations

from pathlib import Path

import pytest
from inbound_rows import as_csv
from test_layouts_worked_examples import CLAIM, REMIT, taken_in, texts

HDI_CLAIM = {
    "Id": "k1",
    "PatientControlNumber": "PCN1001",
    "TransactionCreationDateTime": "2025-03-10T10:23:00",
    "FrequencyTypeCode": "1",
    "SubscriberPayerIdentifier": "60054",
    "SubscriberPayerName": "AETNA",
    "SubscriberPayerResponsibilitySequence": "PRIMARY",
    "SubscriberIdentifier": "W123456789",
    "SubscriberBirthDate": "1961-05-17",
    "SubscriberGender": "FEMALE",
    "BillingProviderIdentifier": "1234567893",
    "BillingProviderAddressStateCode": "TX",
    "FacilityCode": "24",
    "Diag1Code": "M47812",
    "LineProcedureCode": "01939",
    "LineProcedureModifier1Code": "AA",
    "LineProcedureModifier2Code": "QS",
    "LineChargeAmount": "845",
    "LineUnitType": "MINUTES",
    "LineUnitCount": "32",
    "LineServiceDateFrom": "2025-03-04",
}
HDI_REMIT = {
    "Id": "k1",
    "CheckOrEftTraceNumber": "EFT900",
    "PaymentDate": "2025-04-02",
    "PayerIdentifier": "60054",
    "PayerName": "AETNA",
    "PayeeIdentifier": "1234567893",
    "PatientControlNumber": "PCN1001",
    "ClaimStatus": "PRIMARY",
    "PayerControlNumber": "ICN500",
    "LineServiceDateFrom": "2025-03-04",
    "LineProcedureCode": "01939",
    "LineProcedureModifier1Code": "AA",
    "LineChargeAmount": "845",
    "LinePaidAmount": "210",
    "LineAllowedAmount": "240",
    "LineRemarkCode1": "N115",
    "LineRemarkCode2": "",
    **{f"LineAdj{n}{part}": "" for n in range(3, 6) for part in ("Group", "ReasonCode", "Amount")},
    "LineAdj1Group": "CONTRACTUAL",
    "LineAdj1ReasonCode": "45",
    "LineAdj1Amount": "605",
    "LineAdj2Group": "PATIENT_RESPONSIBILITY",
    "LineAdj2ReasonCode": "2",
    "LineAdj2Amount": "30",
}


@pytest.mark.parametrize("repeated", [True, False])
def test_the_flat_837p_in_both_its_forms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, repeated: bool
) -> None:
    first = {**HDI_CLAIM, "LineProcedureCode": "99100", "LineUnitType": "UNIT", "LineUnitCount": "1"}
    second = {
        name: text if repeated or name == "Id" or name.startswith("Line") else ""
        for name, text in HDI_CLAIM.items()
    }
    found = taken_in(tmp_path, monkeypatch, {"export": as_csv([first, second])})
    assert texts(found.claim_lines, CLAIM) == [CLAIM]
    line = found.claim_lines.select("line_number", "unit_count_thousandths").row(0)
    assert line == (2, 32_000)


def test_the_flat_835(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = taken_in(tmp_path, monkeypatch, {"export": as_csv([HDI_REMIT])})
    assert texts(found.remit_lines, REMIT) == [REMIT]
    assert found.remit_lines["remark_codes"].to_list() == ["N115"]


@pytest.mark.parametrize(("total", "noticed"), [("635", 0), ("635.00", 0), ("647.50", 1), ("", 0)])
def test_a_sixth_adjustment_is_noticed_by_the_total_beside_the_five(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, total: str, noticed: int
) -> None:
    found = taken_in(tmp_path, monkeypatch, {"export": as_csv([{**HDI_REMIT, "LineTotalAdjAmount": total}])})
    assert texts(found.remit_lines, REMIT) == [REMIT]
    assert found.only["findings"].get("adjustments_incomplete:adjustments", 0) == noticed


def test_a_status_that_the_samples_do_not_show_quarantines_the_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = taken_in(tmp_path, monkeypatch, {"export": as_csv([{**HDI_REMIT, "ClaimStatus": "REVERSED"}])})
    assert (found.only["accepted"], found.only["quarantined"]) == (0, 1)


def test_a_group_that_the_samples_do_not_show_costs_the_adjustments_and_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = as_csv([{**HDI_REMIT, "LineAdj1Group": "CORRECTION"}])
    found = taken_in(tmp_path, monkeypatch, {"export": content})
    assert found.remit_lines["adjustments"].to_list() == [None]
    assert found.only["findings"] == {"optional_dropped:adjustments": 1}
