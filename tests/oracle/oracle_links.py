"""Which line of which claim a remit line speaks of (contract, 4.5)."""

from __future__ import annotations

from typing import Any

from landing_rows import loose
from oracle_claims import Claim, Row, Slot
from oracle_loops import Loop, RemitLine
from oracle_reference import OracleReference

MODIFIERS = ("modifier_1", "modifier_2", "modifier_3", "modifier_4")
STATUS_ROLE = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}
IGNORED_STATUS = {"23", "25"}


def remit_payer(row: Row, reference: OracleReference) -> str:
    """Payer of a remit row, as mapped on its date of service, else of payment."""
    return reference.payer_of(row, row["service_date"] or row["paid_on"])


def claim_payer(row: Row, reference: OracleReference) -> str:
    """Payer of a claim row, as mapped on its date of service; of a header row on that of submission."""
    return reference.payer_of(row, row["service_date"] or row["submitted_on"])


def role_wanted(line: RemitLine, loops: list[Loop]) -> str:
    """P, S or T: whose claim the remit line speaks of."""
    if line.has_carc_23:
        return "T" if line.status in ("3", "21") else "S"
    if line.status in STATUS_ROLE:
        return STATUS_ROLE[line.status]
    numbers = {line.row["payer_number"], line.row["original"]} - {None}
    roles = [
        role_wanted(other, [])
        for loop in loops
        for other in loop.lines
        if other.status in STATUS_ROLE
        and other.row["number"] == line.row["number"]
        and other.row["payer_number"] in numbers
    ]
    return min(roles, default="P")


def claims_of(line: RemitLine, claims: list[Claim]) -> list[Claim]:
    """Claims with the number, and the NPI where the remit has one; CARC 23: S and T only."""
    return [
        claim
        for claim in claims
        if claim.number == line.row["number"]
        and line.row["payee_npi"] in (None, claim.npi)
        and (not line.has_carc_23 or claim.role in ("S", "T"))
    ]


def line_control_agrees(line: RemitLine, slot: Slot) -> bool:
    """Evidence 1: REF*6R, or LX01 as text, of any version."""
    given = line.row["line_control"]
    keys = {row["line_control"] for _, row in slot.lines} | {str(row["line_number"]) for _, row in slot.lines}
    return line.billed_code is not None and given is not None and given in keys


def charges_of(line: RemitLine) -> set[int]:
    """The line's charge, and that of all lines of its loop with the same billed code and date."""
    group = [
        other.row["charge"]
        for other in line.loop.lines
        if other.billed_code == line.billed_code and other.row["service_date"] == line.row["service_date"]
    ]
    return {abs(line.row["charge"]), abs(sum(group))}


def bill_agrees(line: RemitLine, slot: Slot) -> bool:
    """Evidence 2: billed code, service date (where given) and charge are those of the slot in one version."""
    return any(
        row["procedure_code"] == line.billed_code
        and line.row["service_date"] in (None, row["service_date"])
        and row["charge"] in charges_of(line)
        for _, row in slot.lines
    )


def is_single_line(line: RemitLine, slot: Slot, reference: OracleReference) -> bool:
    """Evidence 3."""
    codes = {line.billed_code, line.row["procedure_code"]}
    return bool(codes & reference.scope) and len(slot.claim.slots) == 1


def answers_whole_claim(line: RemitLine, slot: Slot) -> bool:
    """Evidence 4: no code at all, and the claim has one line in all."""
    return line.billed_code is None and slot.claim.has_one_line_in_all()


def rank(line: RemitLine, slot: Slot, wanted: str, reference: OracleReference) -> tuple[int, ...] | None:
    """How good a candidate is; None: no evidence."""
    first = line_control_agrees(line, slot)
    second = bill_agrees(line, slot)
    third = is_single_line(line, slot, reference)
    if not (first or second or third or answers_whole_claim(line, slot)):
        return None
    payers = {claim_payer(row, reference) for _, row in slot.lines}
    given = {line.row[name] for name in MODIFIERS} - {None}
    repeated = [len(given & {row[name] for name in MODIFIERS}) for _, row in slot.lines]
    return (
        int(remit_payer(line.row, reference) in payers),
        int(slot.claim.role == wanted),
        int(first),
        int(second),
        int(third),
        max(repeated),
    )


def best_slots(
    line: RemitLine, loops: list[Loop], claims: list[Claim], reference: OracleReference
) -> list[Slot]:
    """The candidates that nothing tells apart."""
    found = claims_of(line, claims) if is_met_exactly(line, claims) else loosely_met(line, claims)
    line.candidates = [slot for claim in found for slot in claim.slots]
    wanted = role_wanted(line, loops)
    ranked = [(rank(line, slot, wanted, reference), slot) for slot in line.candidates]
    scores = [score for score, _ in ranked if score is not None]
    return [slot for score, slot in ranked if scores and score == max(scores)]


def is_met_exactly(line: RemitLine, claims: list[Claim]) -> bool:
    """Some claim has the number, and the NPI where the remit has one."""
    return any(
        claim.number == line.row["number"] and line.row["payee_npi"] in (None, claim.npi) for claim in claims
    )


def loosely_met(line: RemitLine, claims: list[Claim]) -> list[Claim]:
    """Where no claim has the number exactly: without punctuation and leading zeros, if that leaves one claim
    of which code, date and charge agree."""
    near = [
        claim
        for claim in claims
        if loose(claim.number) == loose(line.row["number"])
        and line.row["payee_npi"] in (None, claim.npi)
        and (not line.has_carc_23 or claim.role in ("S", "T"))
    ]
    is_dated = line.row["service_date"] is not None
    agreeing = [claim for claim in near if is_dated and any(bill_agrees(line, slot) for slot in claim.slots)]
    return agreeing if len(agreeing) == 1 else []


def link_loop(loop: Loop, loops: list[Loop], claims: list[Claim], reference: OracleReference) -> None:
    """Decide the outcome of every line of a loop."""
    for line in loop.lines:
        if line.status in IGNORED_STATUS:
            line.outcome = "ignored"
            continue
        best = best_slots(line, loops, claims, reference)
        if len(best) == 1:
            line.outcome, line.slot = "linked", best[0]
        elif len(best) > 1:
            line.outcome, line.candidates = "ambiguous", best
        else:
            line.outcome = "crossover" if line.has_carc_23 and not line.candidates else "unlinked"
    meet_in_order(loop)


def meet_in_order(loop: Loop) -> None:
    """Lines alike in code, date and charge are met in the order of the SVC: as many lines as SVC are left."""
    alike: dict[Any, list[RemitLine]] = {}
    for line in loop.lines:
        if line.outcome == "ambiguous":
            bill = (line.billed_code, line.row["service_date"], line.row["charge"])
            slots = frozenset(id(slot) for slot in line.candidates)
            alike.setdefault((*bill, slots), []).append(line)
    taken = [line.slot for line in loop.lines if line.slot is not None]
    for lines in alike.values():
        slots = [slot for slot in lines[0].candidates if slot not in taken]
        if len(lines) == len(slots) and len({id(slot.claim) for slot in slots}) == 1:
            for line, slot in zip(lines, sorted(slots, key=lambda slot: slot.number), strict=True):
                line.outcome, line.slot = "linked", slot


def link_remits(loops: list[Loop], claims: list[Claim], reference: OracleReference) -> None:
    """Every line gets an outcome, and its slot where it is linked; what was linked before is forgotten."""
    for loop in loops:
        for line in loop.lines:
            line.outcome, line.slot, line.candidates = "", None, []
    for loop in loops:
        link_loop(loop, loops, claims, reference)
