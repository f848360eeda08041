"""The shipped layout of BCDA's ExplanationOfBenefit on a sample made for the test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_layouts_nested import one_line
from test_layouts_payer_side import run_on
from test_layouts_worked_examples import CLAIM, taken_in, texts

CMS = "https://bluebutton.cms.gov/fhir"


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def supporting(category: str, **value: Any) -> dict[str, Any]:
    return {"category": coded(f"{CMS}/CodeSystem/Supporting-Information", category), **value}


def amount(code: str, dollars: float) -> dict[str, Any]:
    return {"category": coded(f"{CMS}/CodeSystem/Adjudication", code), "amount": {"value": dollars}}


def extension(name: str, **value: Any) -> dict[str, Any]:
    return {"url": f"{CMS}/StructureDefinition/{name}", **value}


def explanation(**changes: Any) -> dict[str, Any]:
    """A claim with one line in scope, its Patient contained."""
    item = {
        "sequence": 2,
        "careTeamSequence": [2],
        "diagnosisSequence": [2],
        "productOrService": coded("http://www.ama-assn.org/go/cpt", "01939"),
        "modifier": [
            coded("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", code) for code in ("AA", "QS")
        ],
        "servicedPeriod": {"start": "2025-03-04"},
        "locationCodeableConcept": coded("https://www.cms.gov/Place_of_Service_Code_Set", "24"),
        "quantity": {"value": 1},
        "extension": [
            extension("CLM-MTUS-IND-CD", valueCoding={"code": "2"}),
            extension("CLM-LINE-PRFNL-MTUS-CNT", valueDecimal=2.1),
            extension("CLM-PRCNG-LCLTY-CD", valueCoding={"code": "09"}),
            extension("CLM-PRCSG-IND-CD", valueCoding={"code": "A"}),
        ],
        "adjudication": [
            amount("CLM_LINE_SBMT_CHRG_AMT", 845.00),
            amount("CLM_LINE_ALOWD_CHRG_AMT", 240.00),
            amount("CLM_LINE_CVRD_PD_AMT", 188.16),
            amount("CLM_LINE_MDCR_COINSRNC_AMT", 48.00),
        ],
    }
    npi = {"identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1234567893"}]}
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-mbi", "value": "1S00E00AA00"}],
        "birthDate": "1950-05-17",
        "gender": "female",
    }
    found = {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "type": coded("http://terminology.hl7.org/CodeSystem/claim-type", "professional"),
        "identifier": [
            {"type": coded("", "uc"), "value": "V1"},
            {"system": "https://bluebutton.cms.gov/identifiers/CLM-CNTL-NUM", "value": "ICN500"},
        ],
        "contained": [{"resourceType": "Practitioner", "id": "billing", **npi}, patient],
        "patient": {"reference": "Patient/1"},
        "provider": {"reference": "#billing"},
        "careTeam": [
            {"sequence": n, "provider": {"identifier": {"value": value}}}
            for n, value in ((1, "1234567893"), (2, "1003000126"))
        ],
        "diagnosis": [
            {"sequence": n, "diagnosisCodeableConcept": coded("http://hl7.org/fhir/sid/icd-10-cm", code)}
            for n, code in ((1, "G89.4"), (2, "M47.812"))
        ],
        "supportingInfo": [
            supporting("clmrecvddate", timingDate="2025-03-10"),
            supporting("CLM_NCH_WKLY_PROC_DT", timingDate="2025-04-02"),
            supporting("CLM_CNTRCTR_NUM", code=coded(f"{CMS}/CodeSystem/CLM-CNTRCTR-NUM", "04412")),
            supporting("STATE", code=coded(f"{CMS}/CodeSystem/US-FIPS-STATE-CODES", "48")),
            supporting("CLM_ADJSTMT_TYPE_CD", code=coded(f"{CMS}/CodeSystem/CLM-ADJSTMT-TYPE-CD", "0")),
        ],
        "item": [item],
    }
    return {**found, **changes}


def test_an_explanation_of_benefit_is_a_claim_and_its_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = taken_in(tmp_path, monkeypatch, {"eob.ndjson": one_line(explanation())})
    assert found.only["outcome"] == "accepted", found.only
    assert (found.only["kind"], found.only["accepted"]) == ("claim_lines+remit_lines", 2)
    claim = {
        **CLAIM,
        "payer_name": "MEDICARE",
        "unit_basis": "UN",
        "age_at_service": "74",
        "line_number": "2",
        "billing_provider_state": "TX",
        "medicare_contractor": "04412",
        "medicare_locality": "09",
        "rendering_provider_npi": "1003000126",
        "patient_sex": "F",
        "diagnosis_1": "M47812",
        "unit_count_thousandths": "2100",
    }
    assert texts(found.claim_lines, claim) == [claim]
    answer = {
        "payment_date": "2025-04-02",
        "claim_status_code": "1",
        "modifier_2": "QS",
        "paid_cents": "18816",
        "allowed_given_cents": "24000",
        "adjustments": "CO-253:384|CO-45:60500|PR-2:4800",
    }
    assert texts(found.remit_lines, answer) == [answer]


@pytest.mark.parametrize("how", ["status", "type"])
def test_a_cancelled_explanation_is_a_reversal_and_no_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    kind = supporting("CLM_ADJSTMT_TYPE_CD", code=coded("", "1"))
    info = [one for one in explanation()["supportingInfo"] if "TYPE_CD" not in json.dumps(one)]
    undone = explanation(status="cancelled") if how == "status" else explanation(supportingInfo=[*info, kind])
    found = taken_in(tmp_path, monkeypatch, {"eob.ndjson": one_line(undone)})
    assert found.claim_lines.is_empty()
    told = {
        "claim_status_code": "22",
        "charge_cents": "-84500",
        "paid_cents": "-18816",
        "adjustments": "CO-253:-384|CO-45:-60500|PR-2:-4800",
    }
    assert texts(found.remit_lines, told) == [told]


def test_a_version_that_comes_only_as_cancelled_costs_the_price_and_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A documented limit of the layout: the reversal takes back an answer that was never delivered."""
    newer = explanation(id="carrier--2", created="2025-05-10")
    lines = one_line(explanation(status="cancelled")) + one_line(newer)
    found = run_on(tmp_path, monkeypatch, {"eob.ndjson": lines})
    used = found.cell("utilization")
    assert (used["service_lines"], used["reversed_lines"], used["voided_claims"]) == (1, 1, 0)
    assert not found.cell("payment")
