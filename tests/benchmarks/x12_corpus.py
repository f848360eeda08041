"""Synthetic 837P files, with the claim lines that a reader has to find in them; and all that makes X12."""

from __future__ import annotations

import random

from x12_making import (
    DIAGNOSES,
    NAMES,
    OTHERS,
    PAYERS,
    SCOPE,
    Corpus,
    Maker,
    Row,
    Style,
    dates,
    iso,
    money,
    npi,
    render,
    repeated,
)
from x12_remittances import remittance

__all__ = ["SCOPE", "Corpus", "Style", "professional", "remittance", "render", "repeated"]


def _claim_set(size: int, number: int, share: float, rng: random.Random, out: Corpus) -> list[list[object]]:
    submitted = "20250215"
    body: list[list[object]] = [["BHT", "0019", "00", f"B{number}", submitted, "1200", "CH"]]
    body += [
        ["NM1", "41", "2", "OMEGA BILLING", "", "", "", "", "46", "S1"],
        ["PER", "IC", "OFFICE", "TE", "5550100"],
    ]
    body += [["NM1", "40", "2", "OMEGA PAYER", "", "", "", "", "46", "R1"]]
    level, billing = 0, 0
    context: Row = {}
    done = 0
    while done < size:
        if level == 0 or rng.random() < 0.02:
            level += 1
            billing = level
            provider, state = npi(rng.randrange(10**8)), rng.choice(["TX", "CA", "OH"])
            context = {"billing_provider_npi": provider, "billing_provider_state": state}
            context["submitted_on"] = iso(submitted)
            body += [
                ["HL", level, "", "20", "1"],
                ["NM1", "85", "2", "OMEGA GROUP", "", "", "", "", "XX", provider],
            ]
            body += [["N3", "1 GREEK ST"], ["N4", "HOUSTON", state, "770010001"], ["REF", "EI", "990000001"]]
        level, count = _subscriber(
            body, level, billing, context, min(rng.choice([1, 1, 1, 2]), size - done), rng, share, out
        )
        done += count
    return body


def _subscriber(
    body: list[list[object]],
    level: int,
    billing: int,
    context: Row,
    count: int,
    rng: random.Random,
    share: float,
    out: Corpus,
) -> tuple[int, int]:
    """One subscriber (or his dependent) with `count` claims; the last level used and the claims written."""
    dependent = rng.random() < 0.2
    payer, name, filing = rng.choice(PAYERS)
    member, birth, sex = (
        f"W{rng.randrange(10**8):08d}",
        f"19{rng.randint(30, 99)}0{rng.randint(1, 9)}11",
        rng.choice("FM"),
    )
    level += 1
    person = level
    body += [["HL", person, billing, "22", int(dependent)]]
    body += [["SBR", "P", "" if dependent else "18", "GRP1", "", "", "", "", "", filing]]
    body += [["NM1", "IL", "1", rng.choice(NAMES), rng.choice(NAMES), "", "", "", "MI", member]]
    if not dependent:
        body += [["N3", "2 GREEK ST"], ["N4", "HOUSTON", "TX", "77001"], ["DMG", "D8", birth, sex]]
    else:
        body += [["N3", "2 GREEK ST"], ["N4", "HOUSTON", "TX", "77001"], ["DMG", "D8", "19400101", "M"]]
    body += [["NM1", "PR", "2", name, "", "", "", "", "PI", payer]]
    if dependent:
        level += 1
        body += [
            ["HL", level, person, "23", "0"],
            ["PAT", "19"],
            ["NM1", "QC", "1", "OMICRON", rng.choice(NAMES)],
        ]
        body += [["N3", "2 GREEK ST"], ["N4", "HOUSTON", "TX", "77001"], ["DMG", "D8", birth, sex]]
    who: Row = context | {"payer_id": payer, "payer_name": name, "payer_responsibility": "P"}
    who |= {
        "claim_filing_code": filing,
        "member_id": member,
        "patient_birth_date": iso(birth),
        "patient_sex": sex,
    }
    for _ in range(count):
        _claim(body, who, rng, share, out)
    return level, count


def _claim(body: list[list[object]], who: Row, rng: random.Random, share: float, out: Corpus) -> None:
    scoped = rng.random() < share
    out.claims += 1
    lines = 1 if scoped else rng.choice([1, 2, 3])
    charges = [rng.randrange(5000, 90000) for _ in range(lines)]
    frequency = rng.choices(["1", "7", "8"], [96, 3, 1])[0] if share < 1 else "1"
    row: Row = who | {"claim_id": f"PCN{rng.randrange(10**9):09d}", "claim_frequency_code": frequency}
    diagnoses = rng.sample(DIAGNOSES, rng.randint(1, 4))
    row |= {f"diagnosis_{n}": code for n, code in enumerate(diagnoses, 1)}
    body.append(
        ["CLM", row["claim_id"], money(sum(charges)), "", "", ("11", "B", frequency), "Y", "A", "Y", "Y"]
    )
    if scoped and rng.random() < 0.3:
        row["prior_authorization_number"] = f"AUTH{rng.randrange(10**6)}"
        body.append(["REF", "G1", row["prior_authorization_number"]])
    if frequency != "1":
        row["original_claim_number"] = f"ICN{rng.randrange(10**9)}"
        body.append(["REF", "F8", row["original_claim_number"]])
    body.append(["HI", ("ABK", diagnoses[0]), *(("ABF", code) for code in diagnoses[1:])])
    if scoped:
        row["surgical_procedure_code"] = "62323"
        body.append(["HI", ("BP", "62323")])
    row["rendering_provider_npi"] = npi(rng.randrange(10**8))
    body.append(["NM1", "82", "1", "SIGMA", "TAU", "", "", "", "XX", row["rendering_provider_npi"]])
    body.append(["PRV", "PE", "PXC", "207L00000X"])
    if scoped and rng.random() < 0.3:
        row["service_facility_state"] = "LA"
        body += [["NM1", "77", "2", "OMEGA CENTER", "", "", "", "", "XX", npi(7)]]
        body += [["N3", "3 GREEK ST"], ["N4", "NEW ORLEANS", "LA", "701010001"]]
    other_payer = rng.random() < 0.1
    if other_payer:
        body += [
            ["SBR", "S", "18", "OTHER", "", "", "", "", "", "CI"],
            ["AMT", "D", "5"],
            ["OI", "", "", "Y", "", "", "Y"],
        ]
        body += [["NM1", "IL", "1", "PSI", "CHI", "", "", "", "MI", "OTHERMEMBER"]]
        body += [["NM1", "PR", "2", "OTHER PAYER", "", "", "", "", "PI", "99999"], ["REF", "F8", "OTHERICN"]]
    pointer = tuple(range(1, len(diagnoses) + 1))
    for number, charge in enumerate(charges, 1):
        _line(body, row, number, charge, scoped, pointer, other_payer, rng, out)


def _line(
    body: list[list[object]],
    claim: Row,
    number: int,
    charge: int,
    scoped: bool,
    pointer: tuple[int, ...],
    other_payer: bool,
    rng: random.Random,
    out: Corpus,
) -> None:
    out.lines += 1
    row: Row = dict(claim)
    day = dates(rng)
    modifiers = (
        rng.choice([("AA",), ("QK", "P3"), ("QX", "QS", "P2"), ("QZ",)])
        if scoped
        else rng.choice([(), ("25",)])
    )
    code = rng.choice(["01939"] * 6 + sorted(SCOPE)) if scoped else rng.choice(OTHERS)
    count = str(rng.randint(10, 60)) if scoped else "1"
    place = "24" if scoped else "11"
    row |= {"line_number": str(number), "procedure_code": code, "charge_amount": money(charge)}
    row |= {f"modifier_{n}": text for n, text in enumerate(modifiers, 1)}
    row |= {"unit_basis": "MJ" if scoped else "UN", "unit_count": count, "service_date": iso(day)}
    row |= {"place_of_service": place, "row_number": str(out.lines)}
    body.append(["LX", number])
    body.append(
        [
            "SV1",
            ("HC", code, *modifiers),
            money(charge),
            row["unit_basis"],
            count,
            place if scoped else "",
            "",
            pointer,
        ]
    )
    body.append(["DTP", "472", "RD8", f"{day}-{day}"] if rng.random() < 0.1 else ["DTP", "472", "D8", day])
    if rng.random() < 0.6:
        row["line_control_number"] = f"L{rng.randrange(10**7)}"
        body.append(["REF", "6R", row["line_control_number"]])
    if scoped and rng.random() < 0.1:
        row["rendering_provider_npi"] = npi(rng.randrange(10**8))
        body.append(["NM1", "82", "1", "RHO", "TAU", "", "", "", "XX", row["rendering_provider_npi"]])
        body.append(["PRV", "PE", "PXC", "207L00000X"])
    if other_payer:
        body += [
            ["SVD", "99999", "5", ("HC", code, *modifiers), "", "1"],
            ["CAS", "CO", "45", money(charge - 500)],
        ]
        body += [["DTP", "573", "D8", "20250110"]]
    if code in SCOPE or claim["claim_frequency_code"] != "1":
        out.rows.append(row)


professional = Maker("HC", _claim_set)
"""An 837P file: subscribers and dependents, several providers, COB loops, replacements and voids."""
