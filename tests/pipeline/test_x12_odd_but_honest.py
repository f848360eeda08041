"""Raw X12 as senders really write it: what the standard or a joined, saved or forwarded file does to it.

Each gives the accepted row of the plain file, in the pipeline's own intake, and a named finding where
something was odd (CONTRACT section 3; X12.5, 005010X221A1 2000A, 005010X222A1 2010BA).
"""

from __future__ import annotations

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
    "blanks around components and elements": (
        lambda t: changed(t, {"HC:01939:AA*845*MJ*32***1": "HC:01939 : AA * 845 *MJ* 32***1 "}).encode(), {}),
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD_FILES)
def test_an_odd_but_honest_837p_gives_the_plain_rows(tmp_path: Path, kind: str) -> None:
    damage, expected = ODD_FILES[kind]
    found = same(tmp_path, damage(claim_837()), claim_837())
    assert findings(found) == expected


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
