"""The X12 reader on small files written out, and on synthetic ones with known rows."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
import x12_corpus as corpus
from x12_segments import CLAIM, CLP, HEAD, LINE, PAYMENT, PROVIDER, SCOPE, SUBSCRIBER, SVC, file, read

from transforms.x12.reader import X12Batch, X12Rejected, read_x12, sniff
from transforms.x12.rows import CLAIM_EXTRA, REMIT_EXTRA, X12_CLAIM_COLUMNS, X12_REMIT_COLUMNS


def line(*segments: str) -> dict[str, object]:
    """The one claim line of a file."""
    claims, _, _ = read(file(*segments))
    assert claims.height == 1
    return claims.row(0, named=True)


def remit(*segments: str) -> dict[str, object]:
    """The one remit line of a file."""
    _, remits, _ = read(file(*segments, kind="835"))
    assert remits.height == 1
    return remits.row(0, named=True)


def rows(batches: list[X12Batch]) -> list[dict[str, str]]:
    found = []
    for batch in batches:
        for frame in (batch.claim_lines, batch.remit_lines):
            found += [{k: str(v) for k, v in row.items() if v is not None} for row in frame.to_dicts()]
    return found


@pytest.mark.parametrize("maker", [corpus.professional, corpus.remittance])
@pytest.mark.parametrize("share", [0.0, 0.03, 0.3, 1.0])
@pytest.mark.parametrize("piece", [2000, 4 << 20])
def test_rows_are_those_of_the_synthetic_file(maker: Any, share: float, piece: int) -> None:
    made = maker(300, share=share, seed=11, per_set=130)
    batches = list(read_x12([made.data], SCOPE, piece_bytes=piece))
    assert rows(batches) == [{k: v for k, v in row.items() if v is not None} for row in made.rows]
    assert sum(batch.claim_rows_read + batch.remit_rows_read for batch in batches) == made.lines
    severities = {severity for batch in batches for severity in batch.findings["severity"]}
    assert severities <= {"warning"}


def test_claim_line_takes_every_column_from_its_loop() -> None:
    found = line(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, *LINE)
    expected = {
        "claim_id": "PCN1", "line_number": "1", "submitted_on": "2025-02-15", "claim_frequency_code": "1",
        "payer_id": "60054", "payer_name": "AETNA", "payer_responsibility": "P", "claim_filing_code": "CI",
        "member_id": "W1", "patient_birth_date": "1960-02-29",
        "patient_sex": "F",
        "billing_provider_npi": "1234567893", "billing_provider_state": "TX",
        "rendering_provider_npi": "1987654320", "place_of_service": "24", "procedure_code": "01939",
        "modifier_1": "QK", "modifier_2": "P3", "charge_amount": "500", "unit_basis": "MJ",
        "unit_count": "45",
        "diagnosis_1": "G894", "diagnosis_2": "M5416", "service_date": "2025-01-10", "row_number": 1,
    }  # fmt: skip
    assert {key: value for key, value in found.items() if value is not None} == expected


def test_frames_have_the_canonical_columns_even_without_rows() -> None:
    claims, remits, _ = read(file(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, "LX*1", "SV1*HC:99213*500*UN*1***1"))
    assert claims.columns == [*X12_CLAIM_COLUMNS, *CLAIM_EXTRA]
    assert remits.columns == [*X12_REMIT_COLUMNS, *REMIT_EXTRA]
    assert claims.height == remits.height == 0
    assert claims.schema["claim_id"] == pl.String
    assert claims.schema["row_number"] == pl.Int64


def test_dependent_has_his_own_birth_date_and_his_subscribers_member_id() -> None:
    dependent = ["HL*3*2*23*0", "PAT*19", "NM1*QC*1*ALPHA*PSI", "DMG*D8*20100505*M"]
    insured = [segment.replace("HL*2*1*22*0", "HL*2*1*22*1").replace("P*18", "P*") for segment in SUBSCRIBER]
    found = line(*HEAD, *PROVIDER, *insured, *dependent, *CLAIM, *LINE)
    assert (found["patient_birth_date"], found["patient_sex"], found["member_id"]) == (
        "2010-05-05",
        "M",
        "W1",
    )


def test_context_never_leaks_from_one_subscriber_into_the_next() -> None:
    bare = ["HL*3*1*22*0", "SBR*S*18", "NM1*IL*1*GAMMA"]
    second = [*bare, "CLM*PCN2*500***24:B:1", *LINE]
    claims, _, _ = read(file(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, *LINE, *second))
    leaked = claims.filter(pl.col("claim_id") == "PCN2").select(
        "member_id",
        "patient_birth_date",
        "payer_id",
        "claim_filing_code",
        "rendering_provider_npi",
        "diagnosis_1",
    )
    assert leaked.row(0) == (None,) * 6
    assert claims["payer_responsibility"].to_list() == ["P", "S"]


def test_levels_hang_on_their_parent_and_not_on_the_last_provider() -> None:
    other = ["HL*2**20*1", "NM1*85*2*OTHER*****XX*1999999984", "N4*DALLAS*OH*1"]
    people = [segment.replace("HL*2*1*22*0", "HL*3*1*22*0") for segment in SUBSCRIBER]
    found = line(*HEAD, *PROVIDER, *other, *people, *CLAIM, *LINE)
    assert (found["billing_provider_npi"], found["billing_provider_state"]) == ("1234567893", "TX")


def test_other_payers_loops_do_not_overwrite_the_destination_payer() -> None:
    other = ["SBR*S*01*******MB", "OI***Y***Y", "NM1*IL*1*X*Y****MI*OTHER", "NM1*PR*2*MEDICARE*****PI*04412",
             "REF*F8*OTHERICN", "NM1*82*1******XX*1999999984"]  # fmt: skip
    paid = ["SVD*04412*5*HC:01939**45", "CAS*CO*45*495", "DTP*573*D8*20250201"]
    found = line(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, *other, *LINE, *paid)
    assert (found["payer_id"], found["member_id"], found["payer_responsibility"]) == ("60054", "W1", "P")
    assert found["original_claim_number"] is None
    assert found["rendering_provider_npi"] == "1987654320"
    assert found["service_date"] == "2025-01-10"


def test_the_line_wins_over_the_claim() -> None:
    above = ["REF*G1*CLAIMAUTH", "NM1*77*2*SITE", "N4*RENO*NV*1"]
    below = ["REF*G1*LINEAUTH", "REF*6R*CTRL", "NM1*82*1*RHO*****XX*1999999984", "NM1*77*2*SITE", "N4*X*LA*1"]
    sited = [LINE[0], "SV1*HC:01939*500*MJ*45*22**1", LINE[2]]
    found = line(*HEAD, *PROVIDER, *SUBSCRIBER, CLAIM[0], *above, *sited, *below)
    assert found["prior_authorization_number"] == "LINEAUTH"
    assert found["rendering_provider_npi"] == "1999999984"
    assert (found["service_facility_state"], found["place_of_service"]) == ("LA", "22")
    assert found["line_control_number"] == "CTRL"


@pytest.mark.parametrize(
    ("segment", "first"),
    [("DTP*472*RD8*20250110-20250111", "2025-01-10"), ("DTP*472*DT*202501101200", "2025-01-10")],
)
def test_a_period_counts_by_its_first_day(segment: str, first: str) -> None:
    assert line(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, *LINE[:2], segment)["service_date"] == first


@pytest.mark.parametrize(
    ("codes", "found"), [("HI*BP:62323*BO:64483", "62323"), ("HI*BO:64483", "64483"), ("HI*BG:17", None)]
)
def test_surgical_procedure_is_bp_else_bo(codes: str, found: str | None) -> None:
    got = line(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM[:2], codes, *LINE)
    assert got["surgical_procedure_code"] == found
    assert got["diagnosis_1"] == "G894"


@pytest.mark.parametrize(
    ("note", "count"), [("START 0800 STOP 0845", 0), ("Start time: 8:00 Stop time: 9:30", 1), ("NO TIMES", 0)]
)
def test_note_times_are_compared_and_never_override_the_minutes(note: str, count: int) -> None:
    claims, _, findings = read(file(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, *LINE, f"NTE*ADD*{note}"))
    assert claims["unit_count"].to_list() == ["45"]
    assert findings.filter(pl.col("rule_code") == "note_time_differs").height == count


def test_replacements_keep_every_line() -> None:
    replaced = [CLAIM[0].replace("24:B:1", "24:B:7").replace("500", "700"), "REF*F8*ICN9"]
    claims, _, _ = read(
        file(
            *HEAD,
            *PROVIDER,
            *SUBSCRIBER,
            *replaced,
            *LINE,
            "LX*2",
            "SV1*HC:99213*200*UN*1",
            "DTP*472*D8*20250110",
        )
    )
    assert claims["procedure_code"].to_list() == ["01939", "99213"]
    assert claims["original_claim_number"].to_list() == ["ICN9", "ICN9"]


def test_a_claim_with_a_line_in_scope_keeps_its_other_lines_and_they_are_not_checked_for_times() -> None:
    """That there are several says that an answer without a code is not of the line in scope alone."""
    other = ["LX*2", "SV1*HC:00790:AD*200*MJ*30", "DTP*472*D8*20250110", "NTE*ADD*START 0800 STOP 0900"]
    third = ["CLM*PCN2*7***24:B:1*Y*A*Y*Y", "LX*1", "SV1*HC:99213*7*UN*1", "DTP*472*D8*20250110"]
    bill = [CLAIM[0].replace("500", "700"), *CLAIM[1:], *LINE, *other]
    claims, _, findings = read(file(*HEAD, *PROVIDER, *SUBSCRIBER, *bill, *third))
    kept = claims.select("claim_id", "line_number", "procedure_code", "modifier_1", "rendering_provider_npi")
    npi = "1987654320"
    assert kept.rows() == [("PCN1", "1", "01939", "QK", npi), ("PCN1", "2", "00790", "AD", npi)]
    assert findings.height == 0


@pytest.mark.parametrize("code", ["O1939", "1939", "01939.0", "1.939E3"])
def test_codes_like_one_in_scope_are_kept_by_the_pattern(code: str) -> None:
    data = file(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, LINE[0], f"SV1*HC:{code}*500*MJ*45", LINE[2])
    pattern = r"^O?1939$|^01939\.0$|^1\.939E3$"
    assert read(data, keep_pattern=pattern)[0]["procedure_code"].to_list() == [code]
    assert read(data)[0].height == 0


@pytest.mark.parametrize(
    ("rule", "segments"),
    [
        ("line_without_service", [*CLAIM, "LX*1", "DTP*472*D8*20250110"]),
        ("line_without_service", [*CLAIM, *LINE, "SV1*HC:01939*500*MJ*45"]),
        ("line_number_repeated", [*CLAIM, *LINE, *LINE]),
        ("segment_repeated", [*CLAIM, *LINE, LINE[2]]),
        ("bad_amount", ["CLM*PCN1*5OO***24:B:1", *LINE]),
        ("element_missing", ["CLM**500***24:B:1", *LINE]),
        ("bad_number", [*CLAIM, "LX*1", "SV1*HC:01939*500*MJ*4x", LINE[2]]),
        ("bad_date", [*CLAIM, *LINE[:2], "DTP*472*D8*20250230"]),
        ("unknown_segment_in_claim", ["CLM*PCN1*600***24:B:1", *LINE, "QQQ*1"]),
        ("context_doubtful", [*CLAIM, *LINE, "SBR*P*18", "NM1*IL*1*LOST", "CLM*PCN2*500***24:B:1", *LINE]),
        ("line_without_claim", LINE),
    ],
)
def test_a_bad_segment_quarantines_its_claim(rule: str, segments: list[str]) -> None:
    good = ["HL*3*1*22*0", *SUBSCRIBER[1:], "CLM*GOOD*500***24:B:1", *LINE]
    claims, _, findings = read(file(*HEAD, *PROVIDER, *SUBSCRIBER, *segments, *good))
    assert claims["claim_id"].to_list() == ["GOOD"]
    mine = findings.filter(pl.col("rule_code") == rule)
    assert mine["severity"].unique().to_list() == ["quarantined"]
    lines = sum(segment.startswith("SV1") for segment in segments)
    assert findings["line_rows"].sum() == lines
    assert findings["position"].min() > 3  # type: ignore[operator]


@pytest.mark.parametrize("lost", ["HL*1**20*1", "HL*2*1*22*0"])
def test_a_claim_without_its_levels_is_quarantined(lost: str) -> None:
    segments = [segment for segment in [*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, *LINE] if segment != lost]
    claims, _, findings = read(file(*segments))
    assert claims.height == 0
    assert set(findings["rule_code"]) <= {"hl_parent_missing", "context_missing"}
    assert findings["line_rows"].sum() == 1


def test_remit_line_takes_every_column_from_its_loop() -> None:
    more = ["REF*6R*CTRL", "AMT*B6*150", "LQ*HE*N130", "LQ*HE*M15"]
    found = remit(*PAYMENT, *CLP[:2], "REF*F8*OLD", CLP[2], *SVC, *more)
    expected = {
        "payment_trace": "EFT1", "payment_date": "2025-03-01", "payer_id": "60054", "payer_name": "AETNA",
        "payee_npi": "1234567893", "claim_id": "PCN1", "claim_status_code": "1", "remit_filing_code": "12",
        "payer_claim_number": "ICN1", "original_payer_claim_number": "OLD", "service_sequence": "1",
        "line_control_number": "CTRL", "service_date": "2025-01-11", "procedure_code": "01939",
        "modifier_1": "QK", "charge_amount": "500", "paid_amount": "100", "paid_units": "45",
        "allowed_amount": "150", "adjustments": "CO-45:350|PR-2:50", "remark_codes": "N130|M15",
        "row_number": 1, "loop_ordinal": 1,
    }  # fmt: skip
    assert {key: value for key, value in found.items() if value is not None} == expected


def test_six_triplets_and_repeats_are_packed_in_order_at_both_levels() -> None:
    six = "*".join(f"{40 + number}*{number}*1" for number in range(6))
    at_claim = ["CAS*CO*A2*-7", "CAS*OA*23*7"]
    found = remit(*PAYMENT, CLP[0], *at_claim, *CLP[1:], *SVC[:2], f"CAS*CO*{six}", "CAS*CO*97*385")
    packed = "|".join(f"CO-{40 + number}:{number}" for number in range(6))
    assert found["adjustments"] == f"{packed}|CO-97:385"
    assert found["claim_adjustments"] == "CO-A2:-7|OA-23:7"


@pytest.mark.parametrize(
    ("segments", "day"),
    [
        (["DTM*150*20250112", "DTM*151*20250113"], "2025-01-12"),
        ([], "2025-01-10"),
        (["DTM*472*20250111"], "2025-01-11"),
    ],
)
def test_service_date_is_472_else_150_else_the_claims(segments: list[str], day: str) -> None:
    assert remit(*PAYMENT, *CLP, SVC[0], *segments, *SVC[2:])["service_date"] == day


def test_recoded_line_is_kept_by_the_code_billed() -> None:
    found = remit(*PAYMENT, *CLP, "SVC*HC:99199*500*100**45*HC:01939:QK", *SVC[1:])
    assert (found["procedure_code"], found["submitted_procedure_code"]) == ("99199", "01939")


def test_payer_id_falls_back_to_the_payers_second_number() -> None:
    header = [segment.replace("N1*PR*AETNA*XV*60054", "N1*PR*AETNA") for segment in PAYMENT]
    header.insert(3, "REF*2U*62308")
    assert remit(*header, *CLP, *SVC)["payer_id"] == "62308"


def test_claim_payment_without_lines_is_a_line_without_a_code() -> None:
    _, remits, findings = read(file(*PAYMENT, CLP[0], "CAS*CO*45*400", *CLP[1:], kind="835"))
    row = remits.row(0, named=True)
    assert (row["procedure_code"], row["charge_amount"], row["paid_amount"]) == (None, "500", "100")
    assert (row["claim_adjustments"], row["service_date"]) == ("CO-45:400", "2025-01-10")
    assert findings["rule_code"].to_list() == ["claim_level_payment"]


@pytest.mark.parametrize(
    ("rule", "segments"),
    [
        ("bad_adjustment", [*CLP, *SVC[:2], "CAS*CO*45"]),
        ("bad_adjustment", [*CLP, *SVC[:2], "CAS*CO*45*x"]),
        ("bad_adjustment", [*CLP, *SVC[:2], "CAS**45*1"]),
        ("segment_out_of_place", [*CLP, "DTM*472*20250111", "CAS*CO*45*350"]),
        ("segment_out_of_place", [*CLP, *SVC, "NM1*QC*1*LOST", "SVC*HC:01939*5*5"]),
        ("element_missing", ["CLP*PCN1", *SVC]),
        ("element_missing", [*CLP, "SVC*HC:01939*500"]),
        ("unknown_segment_in_claim", [*CLP, "SV*HC:01939*500*100"]),
        ("segment_repeated", [*CLP, *SVC, SVC[1]]),
        ("bad_date", [*CLP[:2], "DTM*232*2025011", *SVC]),
    ],
)
def test_a_bad_segment_quarantines_its_claim_payment(rule: str, segments: list[str]) -> None:
    good = ["CLP*GOOD*1*500*100**12*ICN2", *SVC]
    _, remits, findings = read(file(*PAYMENT, *segments, *good, kind="835"))
    assert remits["claim_id"].to_list() == ["GOOD"]
    assert "quarantined" in findings.filter(pl.col("rule_code") == rule)["severity"].to_list()
    lines = max(1, sum(segment.startswith("SVC") for segment in segments))
    assert findings["line_rows"].sum() == lines


@pytest.mark.parametrize(
    ("segments", "rules"),
    [
        ([*CLP, SVC[0], *SVC[1:3]], {"line_unbalanced", "claim_unbalanced"}),
        ([CLP[0], "CAS*CO*A2*5", *CLP[1:], *SVC], {"claim_unbalanced"}),
        ([*CLP, *SVC, "PLB*1234567893*20251231*WO:1*25"], {"payment_unbalanced", "provider_adjustment"}),
        ([*CLP, *SVC], set()),
    ],
)
def test_balance_is_checked_per_line_claim_and_payment(segments: list[str], rules: set[str]) -> None:
    _, remits, findings = read(file(*PAYMENT, *segments, kind="835"))
    assert remits.height == 1
    assert set(findings["rule_code"]) == rules


def test_a_set_longer_than_a_piece_keeps_its_header_and_its_balance() -> None:
    for maker in (corpus.professional, corpus.remittance):
        made = maker(400, share=0.5, seed=4, per_set=400)
        batches = list(read_x12([made.data], SCOPE, piece_bytes=8000))
        assert rows(batches) == [{k: v for k, v in row.items() if v is not None} for row in made.rows]
        codes = {code for batch in batches for code in batch.findings["rule_code"]}
        assert codes <= {"claim_level_payment", "provider_adjustment"}


def test_both_kinds_in_one_file_are_read() -> None:
    data = file(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, *LINE) + file(*PAYMENT, *CLP, *SVC, kind="835")
    claims, remits, findings = read(
        data.replace(b"000000001", b"000000002", 1).replace(b"IEA*1*000000001", b"IEA*1*000000002", 1)
    )
    assert (claims.height, remits.height, findings.height) == (1, 1, 0)


def test_letters_isa_inside_a_name_start_no_interchange() -> None:
    people = [segment.replace("ALPHA", "ISAAC") for segment in SUBSCRIBER]
    claims, _, findings = read(file(*HEAD, *PROVIDER, *people, *CLAIM, *LINE))
    assert (claims.height, findings.height) == (1, 0)


def test_same_control_number_with_other_content_is_reported_and_read() -> None:
    first = file(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, *LINE)
    claims, _, findings = read(first + first.replace(b"PCN1", b"PCN2"))
    assert claims["claim_id"].to_list() == ["PCN1", "PCN2"]
    assert claims["row_number"].to_list() == [1, 2]
    assert findings["rule_code"].to_list() == ["interchange_control_reused"]


@pytest.mark.parametrize(
    ("version", "code", "name"),
    [("005010X223A2", "837", "837I"), ("005010X224A2", "837", "837D"), ("004010X098A1", "837", "837P 4010"),
     ("005010X220A1", "834", "834"), ("005010X279A1", "270", "270")],
)  # fmt: skip
def test_other_sets_are_named_and_refused(version: str, code: str, name: str) -> None:
    data = file(*HEAD, *PROVIDER, *SUBSCRIBER, *CLAIM, *LINE)
    data = data.replace(b"005010X222A1", version.encode()).replace(b"ST*837", b"ST*" + code.encode())
    assert sniff(data[:600]) == name
    with pytest.raises(X12Rejected) as caught:
        list(read_x12([data], SCOPE))
    assert (caught.value.code, caught.value.position) == ("wrong_transaction_set", 3)
    assert name in str(caught.value)


def test_sniff_names_our_sets_and_nothing_else() -> None:
    assert sniff(file(*HEAD)[:700]) == "837P"
    assert sniff(b"\xef\xbb\xbf  " + file(*PAYMENT, kind="835")[:700]) == "835"
    assert sniff(b"claim_id,line_number\n") is None
    assert sniff(b"") is None
