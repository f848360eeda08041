"""The 837P transaction set: hierarchy, claims, service lines (005010X222A1)."""

from __future__ import annotations

from itertools import groupby

from transforms.synthetic.records import Row
from transforms.synthetic.x12_envelope import (
    EnvelopeDelimiters,
    Transaction,
    address,
    cents_of,
    compact_date,
    organization,
    person,
    short_amount,
)

ClaimRows = list[Row]


def submission_set(day: str, claims: list[ClaimRows], marks: EnvelopeDelimiters, control: int) -> Transaction:
    """Write the claims submitted on one day as one transaction set; each inner list is one claim's lines."""
    out = Transaction(marks)
    out.add("BHT", "0019", "00", f"SYN{control:06d}{compact_date(day)}", compact_date(day), "0600", "CH")
    out.add("NM1", "41", "2", "SYNTHETIC SUBMITTER", None, None, None, None, "46", "SYNTHSENDER")
    out.add("PER", "IC", "HELP DESK", "TE", "5555550100")
    out.add("NM1", "40", "2", "SYNTHETIC RECEIVER", None, None, None, None, "46", "SYNTHRECEIVER")
    level = 0
    for npi, group in groupby(claims, key=lambda rows: rows[0]["billing_provider_npi"] or ""):
        level += 1
        billing_level = level
        members = list(group)
        _billing_provider(out, level, npi, members[0][0])
        for ordinal, rows in enumerate(members):
            level = _subscriber(out, level, billing_level, rows[0])
            _claim(out, rows, ordinal)
    return out


def _billing_provider(out: Transaction, level: int, npi: str, row: Row) -> None:
    out.add("HL", str(level), None, "20", "1")
    out.add("NM1", "85", "2", organization(npi), None, None, None, None, "XX", npi)
    address(out, row["billing_provider_state"])
    out.add("REF", "EI", f"99{npi[-7:]}")


def _subscriber(out: Transaction, level: int, billing_level: int, row: Row) -> int:
    dependent = row.get("_dependent") == "1"
    member = row["member_id"] or ""
    level += 1
    subscriber_level = level
    out.add("HL", str(level), str(billing_level), "22", "1" if dependent else "0")
    role = row["payer_responsibility"] or "P"
    relation = None if dependent else "18"
    out.add("SBR", role, relation, None, None, None, None, None, None, row["claim_filing_code"])
    last, first = person(member)
    out.add("NM1", "IL", "1", last, first, None, None, None, "MI", member)
    address(out, row["billing_provider_state"])
    if not dependent:
        _demographics(out, row)
    out.add("NM1", "PR", "2", row["payer_name"], None, None, None, None, "PI", row["payer_id"])
    if dependent:
        level += 1
        out.add("HL", str(level), str(subscriber_level), "23", "0")
        out.add("PAT", "19")
        last, first = person(member, relation=1)
        out.add("NM1", "QC", "1", last, first)
        address(out, row["billing_provider_state"])
        _demographics(out, row)
    return level


def _demographics(out: Transaction, row: Row) -> None:
    out.add("DMG", "D8", compact_date(row["patient_birth_date"] or ""), row["patient_sex"] or "U")


def _diagnoses(rows: ClaimRows) -> list[str]:
    codes = [(row[f"diagnosis_{at}"] or "").replace(".", "") for row in rows for at in range(1, 5)]
    return [code for code in dict.fromkeys(codes) if code]


def _total(rows: ClaimRows) -> str:
    cents = sum(cents_of(row["charge_amount"]) for row in rows)
    return short_amount(f"{cents // 100}.{cents % 100:02d}")


def _claim(out: Transaction, rows: ClaimRows, ordinal: int) -> None:
    row = rows[0]
    place = row["place_of_service"] or ""
    facility = out.composite(place, "B", row["claim_frequency_code"])
    out.add("CLM", row["claim_id"], _total(rows), None, None, facility, "Y", "A", "Y", "Y")
    if row["prior_authorization_number"]:
        out.add("REF", "G1", row["prior_authorization_number"])
    if row["original_claim_number"]:
        out.add("REF", "F8", row["original_claim_number"])
    codes = _diagnoses(rows)
    qualified = (out.composite("ABF" if at else "ABK", code) for at, code in enumerate(codes))
    if codes:
        out.add("HI", *qualified)
    if row["surgical_procedure_code"]:
        out.add("HI", out.composite("BP", row["surgical_procedure_code"]))
    renderers = {each["rendering_provider_npi"] for each in rows}
    at_claim = row["rendering_provider_npi"] if len(renderers) == 1 and ordinal % 3 else None
    if at_claim:
        _rendering(out, at_claim)
    if row["service_facility_state"]:
        out.add("NM1", "77", "2", "SYNTHETIC SURGERY CENTER")
        address(out, row["service_facility_state"])
    if row["payer_responsibility"] in ("S", "T"):
        _other_payer(out, row)
    for each in rows:
        _service_line(
            out, each, codes, always_place=ordinal % 2 == 0, claim_place=place, rendered=bool(at_claim)
        )


def _rendering(out: Transaction, npi: str) -> None:
    last, first = person(npi)
    out.add("NM1", "82", "1", last, first, None, None, None, "XX", npi)
    out.add("PRV", "PE", "PXC", "207L00000X")


def _other_payer(out: Transaction, row: Row) -> None:
    """Tell of the primary payer (loop 2320): what a reader must not take for the destination payer."""
    last, first = person(row["member_id"] or "")
    out.add("SBR", "P", "18", None, None, None, None, None, None, "MB")
    out.add("AMT", "D", "0")
    out.add("OI", None, None, "Y", None, None, "Y")
    out.add("NM1", "IL", "1", last, first, None, None, None, "MI", "0XX0XX0ZZ00")
    out.add("NM1", "PR", "2", "PRIOR PAYER", None, None, None, None, "PI", "99998")


def _service_line(
    out: Transaction, row: Row, codes: list[str], *, always_place: bool, claim_place: str, rendered: bool
) -> None:
    out.add("LX", row["line_number"])
    procedure = out.composite("HC", row["procedure_code"], *(row[f"modifier_{at}"] for at in range(1, 5)))
    own = [(row[f"diagnosis_{at}"] or "").replace(".", "") for at in range(1, 5)]
    pointers = out.composite(*(str(codes.index(code) + 1) for code in own if code))
    place = row["place_of_service"] if always_place or row["place_of_service"] != claim_place else None
    out.add(
        "SV1",
        procedure,
        short_amount(row["charge_amount"] or ""),
        row["unit_basis"],
        short_amount(row["unit_count"] or ""),
        place,
        None,
        pointers,
    )
    out.add("DTP", "472", "D8", compact_date(row["service_date"] or ""))
    if row["line_control_number"]:
        out.add("REF", "6R", row["line_control_number"])
    if row["rendering_provider_npi"] and not rendered:
        _rendering(out, row["rendering_provider_npi"])
