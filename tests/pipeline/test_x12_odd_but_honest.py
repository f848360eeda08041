"""Raw X12 as senders really write it: what the standard or a joined, saved or forwarded file does to it.

Each gives the accepted row of the plain file, in the pipeline's own intake, and a named finding where
something was odd (CONTRACT section 3; X12.5, 005010X221A1 2000A, 005010X222A1 2010BA).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from inbound_rows import TakenFiles, take_in
from polars.testing import assert_frame_equal
from x12_texts import (
    CLAIM,
    CLAIM_HEAD,
    PAYMENT,
    PAYMENT_HEAD,
    changed,
    claim_837,
    interchange,
    payment_835,
)

WITHOUT_CLAIMS = (
    "ST*835*0009~BPR*I*25*C*ACH************20250402~TRN*1*EFT9*1990000009~N1*PR*AETNA*XV*60054"
    "~N1*PE*INVENTED ANESTHESIA*XX*1234567893~PLB*1234567893*20251231*WO:ICN1*-25~SE*7*0009"
)
ACKNOWLEDGED = changed(
    interchange(["AK1*HC*1*005010X222A1", "AK2*837*0001", "IK5*A", "AK9*A*1*1*1"], "835", "000000301"),
    {"GS*HP*": "GS*FA*", "ST*835*": "ST*999*", "005010X221A1": "005010X231A1"},
)
"""A 999 in an interchange of its own."""


def written_otherwise(text: str) -> str:
    """The same with other separators and terminators."""
    return text.translate(str.maketrans("*:~", "|>'"))


SHARED = Path(__file__).parents[3] / "shared" / "cases" / "x12"
Damage = Callable[[str], bytes]


def findings(found: TakenFiles) -> dict[str, int]:
    """Rule -> how often, of findings that removed nothing."""
    told = found.quality.filter(pl.col("findings") > 0)
    return dict(told.select("rule_code", "findings").iter_rows())


def same(tmp_path: Path, odd: bytes, plain: str, *, but: tuple[str, ...] = ()) -> TakenFiles:
    """Take in the odd file and the plain one: the rows are the same, columns of `but` apart."""
    found = take_in(tmp_path / "odd", {"odd.x12": odd})
    other = take_in(tmp_path / "plain", {"plain.x12": plain.encode()})
    assert found.only["outcome"] == "accepted", found.only["reason"]
    for room in ("claim_lines", "remit_lines"):
        ours, theirs = getattr(found, room), getattr(other, room)
        left = [name for name in theirs.columns if name not in ("file_key", *but)]
        assert_frame_equal(
            ours.select(left) if len(ours) else ours, theirs.select(left) if len(theirs) else theirs
        )
    assert len(found.quarantine) == 0
    return found


def moved(segment: str, before: str) -> Damage:
    """The first segment that begins so stands before the first of the other kind."""

    def damage(text: str) -> bytes:
        segments = text.split("~")
        held = next(each for each in segments if each.startswith(segment))
        segments.remove(held)
        at = next(place for place, each in enumerate(segments) if each.startswith(before))
        return "~".join([*segments[:at], held, *segments[at:]]).encode()

    return damage


ODD_FILES: dict[str, tuple[Damage, dict[str, int]]] = {
    "TA1 before the group": (
        lambda t: changed(t, {"~GS*": "~TA1*000000101*250310*1200*A*000~GS*"}).encode(), {}),
    "blank before the terminator of the ISA": (
        lambda t: changed(t, {"*P*:~": "*P*: ~"}).encode(), {"isa_length": 1}),
    "text before the ISA": (lambda t: b"//BATCH 17\n" + t.encode(), {"bytes_before_interchange": 1}),
    "comma in the sender's id": (
        lambda t: changed(t, {"SENDER         ": "SENDER, INC    "}).encode(), {}),
    "byte order mark before the ISA": (lambda t: b"\xef\xbb\xbf" + t.encode(), {"byte_order_mark": 1}),
    "Control-Z at the end": (lambda t: t.encode() + b"\x1a", {}),
    "lines for segments, the last without its line break, another number in IEA02": (
        lambda t: changed(t.replace("~", "\n"), {"IEA*1*000000101": "IEA*1*7"}).strip().encode(),
        {"interchange_control_number": 1}),
    "the last terminator is missing, another number in IEA02": (
        lambda t: changed(t, {"IEA*1*000000101": "IEA*1*000000999"}).removesuffix("~").encode(),
        {"interchange_control_number": 1}),
    "blanks at the end of every segment": (lambda t: t.replace("~", " ~").encode(), {"isa_length": 1}),
    "carriage returns for segments": (lambda t: t.replace("~", "\r").encode(), {}),
    "carriage return and line feed for segments": (lambda t: t.replace("~", "\r\n").encode(), {}),
    "empty lines between segments, indented": (lambda t: t.replace("~", "~\n\n\t").encode(), {}),
    "elements of the ISA without their blanks": (
        lambda t: (re.sub(r" +(?=\*)", "", t[:106]) + t[106:]).encode(), {"isa_length": 1}),
    "a blank too few in the ISA": (lambda t: changed(t, {"SENDER  ": "SENDER "}).encode(), {"isa_length": 1}),
    "a blank too many in the ISA": (
        lambda t: changed(t, {"SENDER ": "SENDER  "}).encode(), {"isa_length": 1}),
    "the standards' letter of 4010 for the repetition separator": (
        lambda t: changed(t, {"*^*00501*": "*U*00401*"}).encode(), {}),
    "another separator of components": (lambda t: t.replace(":", ">").encode(), {}),
    "an empty group before": (
        lambda t: changed(t, {"~GS*": "~GS*HC*S*R*20250310*12*9*X*X~GE*0*9~GS*", "IEA*1": "IEA*2"}).encode(),
        {}),
    "one segment fewer in SE01": (lambda t: changed(t, {"SE*21*": "SE*20*"}).encode(), {"segment_count": 1}),
    "one segment more in SE01": (lambda t: changed(t, {"SE*21*": "SE*22*"}).encode(), {"segment_count": 1}),
    "one set more in GE01": (lambda t: changed(t, {"GE*1*1": "GE*2*1"}).encode(), {"set_count": 1}),
    "one group more in IEA01": (lambda t: changed(t, {"IEA*1*": "IEA*2*"}).encode(), {"group_count": 1}),
    "another control number in SE02": (
        lambda t: changed(t, {"SE*21*0001": "SE*21*0009"}).encode(), {"set_control_number": 1}),
    "no GE": (lambda t: changed(t, {"GE*1*1~": ""}).encode(), {"group_not_closed": 1}),
    "LS and LE around the lines": (
        lambda t: changed(t, {"~LX*1": "~LS*2400~LX*1", "~SE*21": "~LE*2400~SE*23"}).encode(), {}),
    "levels numbered from 101": (
        lambda t: changed(t, {"HL*1**20*1": "HL*101**20*1", "HL*2*1*22": "HL*102*101*22"}).encode(), {}),
    "the payer before the subscriber": (moved("NM1*PR", before="NM1*IL"), {}),
    "the birth date before the subscriber's name": (moved("DMG", before="NM1*IL"), {}),
    "the birth date after the payer": (moved("NM1*PR", before="DMG"), {}),
    "SBR after the subscriber's name": (moved("NM1*IL", before="SBR"), {}),
    "the rendering provider before the diagnoses": (moved("NM1*82", before="HI"), {}),
    "N4 before N3": (moved("N4", before="N3"), {}),
    "blanks around components and elements": (
        lambda t: changed(t, {"HC:01939:AA*845*MJ*32***1": "HC:01939 : AA * 845 *MJ* 32***1 "}).encode(), {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD_FILES)
def test_an_odd_but_honest_837p_gives_the_plain_rows(tmp_path: Path, kind: str) -> None:
    damage, expected = ODD_FILES[kind]
    found = same(tmp_path, damage(claim_837()), claim_837())
    assert findings(found) == expected


ODD_PAYMENTS: dict[str, tuple[Damage, dict[str, int]]] = {
    "the payee before the payer": (moved("N1*PE", before="N1*PR"), {}),
    "TRN before BPR": (moved("TRN", before="BPR"), {}),
    "amounts and adjustments before the date": (moved("DTM", before="AMT"), {}),
    "no LX": (lambda t: changed(t, {"LX*1~": "", "SE*14*": "SE*13*"}).encode(), {}),
    "LE after the last line": (lambda t: changed(t, {"~SE*14*": "~LE*1~SE*15*"}).encode(), {}),
    "a payment of provider adjustments alone before": (
        lambda t: changed(t, {"~ST*835*0001": f"~{WITHOUT_CLAIMS}~ST*835*0001", "GE*1*1": "GE*2*1"}).encode(),
        {"provider_adjustment": 1}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD_PAYMENTS)
def test_an_odd_but_honest_835_gives_the_plain_rows(tmp_path: Path, kind: str) -> None:
    damage, expected = ODD_PAYMENTS[kind]
    found = same(tmp_path, damage(payment_835()), payment_835())
    assert findings(found) == expected


def test_a_file_of_provider_adjustments_alone_is_one_without_rows(tmp_path: Path) -> None:
    """PLB pays or takes money of no claim (005010X221A1 table 3): nothing is missing."""
    alone = interchange(WITHOUT_CLAIMS.split("~")[1:-1], "835")
    found = take_in(tmp_path, {"plb.x12": alone.encode()})
    assert (found.only["outcome"], found.only["rows_read"], len(found.quarantine)) == ("accepted", 0, 0)
    assert findings(found) == {"provider_adjustment": 1}


@pytest.mark.parametrize("order", ["claims first", "payments first"])
@pytest.mark.parametrize("between", ["", ACKNOWLEDGED])
def test_claims_payments_and_acknowledgements_may_lie_in_one_file(
    tmp_path: Path, order: str, between: str
) -> None:
    """Interchanges with delimiters of their own, one after the other; a 999 says nothing of a claim."""
    claims, payments = claim_837(), written_otherwise(payment_835())
    parts = [claims, between, payments] if order == "claims first" else [payments, between, claims]
    found = take_in(tmp_path / "joined", {"joined.x12": "".join(parts).encode()})
    apart = take_in(tmp_path / "apart", {"c.x12": claim_837().encode(), "p.x12": payment_835().encode()})
    assert found.only["outcome"] == "accepted", found.only["reason"]
    for room in ("claim_lines", "remit_lines"):
        ours, theirs = (getattr(each, room).drop("file_key") for each in (found, apart))
        assert_frame_equal(ours, theirs)
    told = findings(found)
    assert told.pop("other_transaction_set", 0) == (1 if between else 0)
    assert set(told) == {"delimiters_changed"}


def test_groups_of_claims_and_payments_may_lie_in_one_interchange(tmp_path: Path) -> None:
    payment = payment_835().partition("~GS*")[2].partition("~IEA*")[0]
    text = changed(claim_837(), {"~IEA*1*": f"~GS*{payment}~IEA*2*"})
    found = take_in(tmp_path, {"both.x12": text.encode()})
    assert (len(found.claim_lines), len(found.remit_lines), findings(found)) == (1, 1, {})


def test_a_payment_in_a_group_of_claims_is_told(tmp_path: Path) -> None:
    """GS01 says what its sets are (X12.5): another set in it is not read, and a finding says so."""
    payment = payment_835().partition("~ST*")[2].partition("~GE*")[0]
    text = changed(claim_837(), {"~GE*1*": f"~ST*{payment}~GE*2*"})
    found = take_in(tmp_path, {"mixed.x12": text.encode()})
    assert (len(found.claim_lines), len(found.remit_lines)) == (1, 0)
    assert findings(found) == {"other_transaction_set": 1}


@pytest.mark.parametrize("place", ["~ST*", "~CLM*"])
def test_a_mark_inside_a_set_costs_its_claim_and_says_so(tmp_path: Path, place: str) -> None:
    text = changed(claim_837(), {place: f"~\ufeff{place[1:]}"})
    found = take_in(tmp_path, {"cut.x12": text.encode()})
    assert found.quarantine["rule_code"].to_list() == ["line_without_claim"]


@pytest.mark.parametrize("between", [b"\xef\xbb\xbf", b"\x1a", b"\x1a\r\n", b"\r\n\xef\xbb\xbf"])
@pytest.mark.parametrize("size", [1, 400])
def test_files_joined_with_their_marks_are_all_read(tmp_path: Path, between: bytes, size: int) -> None:
    """A byte order mark or Control-Z before a later ISA; the same in a file that is read in pieces."""
    many = [
        interchange([*CLAIM_HEAD, *CLAIM * size], control=f"{number:09d}").replace("PCN1001", f"PCN{number}")
        for number in (301, 302, 303)
    ]
    found = take_in(tmp_path, {"joined.x12": between.join(text.encode() for text in many)})
    assert found.only["outcome"] == "accepted", found.only["reason"]
    assert (found.only["rows_read"], found.only["accepted"]) == (3 * size, 3 * size)
    mark = "byte_order_mark" if b"\xef" in between else "end_of_file_mark"
    assert findings(found)[mark] == 2


def test_joined_copies_of_one_interchange_count_once(tmp_path: Path) -> None:
    twice = b"\xef\xbb\xbf".join([claim_837().encode()] * 2)
    found = take_in(tmp_path, {"joined.x12": twice})
    assert found.only["accepted"] == 1
    assert found.quarantine["rule_code"].to_list() == ["interchange_duplicate"]


def test_windows_quotation_marks_in_a_name_are_characters(tmp_path: Path) -> None:
    name = {"NM1*PR*2*AETNA*": "NM1*PR*2*AETNA\u2019S PLAN*"}
    text = changed(claim_837(), name)
    found = same(tmp_path, text.encode("cp1252"), text)
    assert found.claim_lines["payer_name"].to_list() == ["AETNA\u2019S PLAN"]
    assert findings(found) == {"latin1_bytes": 1}


def test_a_payer_with_a_name_and_no_id_goes_by_the_traces_originator(tmp_path: Path) -> None:
    """N104 and REF*2U are situational; TRN03 names the originating company (005010X221A1)."""
    no_id = payment_835({"N1*PR*AETNA*XV*60054": "N1*PR*AETNA"})
    found = same(tmp_path, no_id.encode(), payment_835(), but=("payer_id",))
    assert found.remit_lines["payer_id"].to_list() == ["1990000009"]
    nameless = changed(no_id, {"TRN*1*EFT900*1990000009": "TRN*1*EFT900"})
    alone = same(tmp_path / "name", nameless.encode(), payment_835(), but=("payer_id",))
    assert alone.remit_lines.select("payer_id", "payer_name").rows() == [(None, "AETNA")]


def test_a_payment_without_its_date_has_that_of_its_production(tmp_path: Path) -> None:
    """DTM*405 stands in the same header (005010X221A1 table 1)."""
    short = payment_835({"*5678*20250402": "*5678", "~N1*PR*": "~DTM*405*20250402~N1*PR*"})
    same(tmp_path, short.encode(), payment_835())


def test_a_revenue_code_is_not_taken_for_a_recoded_procedure(tmp_path: Path) -> None:
    """SVC01 with NU holds a revenue code; the billed procedure stands in SVC06 (005010X221A1 2110)."""
    by_revenue = payment_835({"SVC*HC:01939:AA*845*210**32": "SVC*NU:0370*845*210**32*HC:01939:AA"})
    found = same(
        tmp_path, by_revenue.encode(), payment_835(),
        but=("procedure_code", "modifier_1", "submitted_procedure_code"),
    )  # fmt: skip
    codes = found.remit_lines.select("procedure_code", "submitted_procedure_code", "modifier_1").rows()
    assert codes == [(None, "01939", None)]


def test_an_employer_who_is_the_subscriber_needs_no_member_id(tmp_path: Path) -> None:
    """Workers' compensation: 2010BA is the employer, the patient stands in 2010CA (005010X222A1)."""
    employer = [
        *CLAIM_HEAD[:5],
        "HL*2*1*22*1", "SBR*P********WC", "NM1*IL*2*INVENTED FOUNDRY", "NM1*PR*2*STATE FUND*****PI*SF001",
        "HL*3*2*23*0", "PAT*20", "NM1*QC*1*DOE*JANE", "DMG*D8*19610517*F",
    ]  # fmt: skip
    found = take_in(
        tmp_path, {"comp.x12": interchange([*employer, *CLAIM, *CLAIM]).replace("PCN1001", "WC1", 1).encode()}
    )
    assert (found.only["accepted"], found.only["quarantined"]) == (2, 0)
    # the patient is then the claim number and the birth date: two claims are not one patient
    assert found.claim_lines["patient_key"].n_unique() == 2


def test_a_payment_of_several_claims_keeps_its_loops_apart(tmp_path: Path) -> None:
    other = [segment.replace("PCN1001", "PCN1002") for segment in PAYMENT]
    text = interchange([*PAYMENT_HEAD, *PAYMENT, *other, *PAYMENT], "835")
    found = take_in(tmp_path, {"three.x12": text.encode()})
    assert found.remit_lines["loop_number"].to_list() == [1, 2, 3]


@pytest.mark.parametrize("folder", sorted(path.name for path in SHARED.glob("*")) or ["absent"])
def test_shared_inputs_are_taken_in_whole(tmp_path: Path, folder: str) -> None:
    if not SHARED.is_dir():
        pytest.skip("../shared is not here")
    files = {path.name: path.read_bytes() for path in sorted((SHARED / folder).glob("*.8*"))}
    if not files:
        pytest.skip("no X12 files")
    found = take_in(tmp_path, files)
    assert {row["outcome"] for row in found.ledger.values()} == {"accepted"}
    assert sum(row["quarantined"] for row in found.ledger.values()) == 0
    assert all(row["accepted"] >= 1 for row in found.ledger.values())
