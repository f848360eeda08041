"""Which line of which claim a remit line speaks of (contract, 4.5)."""

from __future__ import annotations

from typing import Any

from landing_rows import loose
from oracle_claims import Claim, LinePosition, Row
from oracle_loops import Loop, RemitLine
from oracle_reference import OracleReference, normalised_name

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


def same_payer(line: RemitLine, row: Row, reference: OracleReference) -> bool:
    """Mapped to the same name; among `other`, known by the same name or id."""
    payer = remit_payer(line.row, reference)
    if payer != claim_payer(row, reference):
        return False
    names = {normalised_name(line.row["payer_name"]), normalised_name(row["payer_name"])}
    is_known = line.row["payer_id"] is not None and line.row["payer_id"] == row["payer_id"]
    return payer != "other" or is_known or len(names) == 1


def line_control_agrees(line: RemitLine, line_position: LinePosition) -> bool:
    """Evidence 1: REF*6R, or LX01 as text, of any version."""
    keys = {row["line_control"] for _, row in line_position.lines} | {
        str(row["line_number"]) for _, row in line_position.lines
    }
    return line.billed_code is not None and bool(line.controls & keys)


def charges_of(line: RemitLine) -> set[int]:
    """The line's charge, and that of all lines of its loop with the same billed code and date."""
    group = [
        other.row["charge"]
        for other in line.loop.lines
        if other.billed_code == line.billed_code and other.row["service_date"] == line.row["service_date"]
    ]
    return {abs(line.row["charge"]), abs(sum(group))}


def bill_agrees(line: RemitLine, line_position: LinePosition) -> bool:
    """Evidence 2: billed code, service date (where given) and charge are those of the line position in one
    version.
    """
    return any(
        row["procedure_code"] == line.billed_code
        and line.row["service_date"] in (None, row["service_date"])
        and row["charge"] in charges_of(line)
        for _, row in line_position.lines
    )


def is_single_line(line: RemitLine, line_position: LinePosition, reference: OracleReference) -> bool:
    """Evidence 3."""
    codes = {line.billed_code, line.row["procedure_code"]}
    return bool(codes & reference.scope) and len(line_position.claim.line_positions) == 1


def answers_whole_claim(line: RemitLine, line_position: LinePosition) -> bool:
    """Evidence 4: no code at all, and the claim has one line in all."""
    return line.billed_code is None and line_position.claim.has_one_line_in_all()


def rank(
    line: RemitLine, line_position: LinePosition, wanted: str, is_exact: bool, reference: OracleReference
) -> tuple[int, ...] | None:
    """How good a candidate is; None: no evidence. A number that was met loosely needs the whole bill."""
    first = is_exact and line_control_agrees(line, line_position)
    second = bill_agrees(line, line_position) and (is_exact or line.row["service_date"] is not None)
    third = is_exact and (
        is_single_line(line, line_position, reference) or answers_whole_claim(line, line_position)
    )
    if not (first or second or third):
        return None
    given = {line.row[name] for name in MODIFIERS} - {None}
    repeated = [len(given & {row[name] for name in MODIFIERS}) for _, row in line_position.lines]
    return (
        int(any(same_payer(line, row, reference) for _, row in line_position.lines)),
        int(line_position.claim.role == wanted),
        int(first),
        int(second),
        int(third),
        max(repeated),
    )


def best_line_positions(
    line: RemitLine, loops: list[Loop], claims: list[Claim], reference: OracleReference
) -> list[LinePosition]:
    """The candidates that nothing tells apart. Where no claim has the number exactly, numbers are compared
    without punctuation and leading zeros."""
    of_payee = [claim for claim in claims if line.row["payee_npi"] in (None, claim.npi)]
    exact = [claim for claim in of_payee if claim.number == line.row["number"]]
    near = [claim for claim in of_payee if loose(claim.number) == loose(line.row["number"])]
    found = exact or near
    secondary = [claim for claim in found if claim.role in ("S", "T")]
    if line.has_carc_23 and secondary:
        found = secondary
    line.candidates = [line_position for claim in found for line_position in claim.line_positions]
    wanted = role_wanted(line, loops)
    ranked = [
        (rank(line, line_position, wanted, bool(exact), reference), line_position)
        for line_position in line.candidates
    ]
    if not exact:  # a number that is met loosely alone says nothing
        line.candidates = [line_position for score, line_position in ranked if score is not None]
    scores = [score for score, _ in ranked if score is not None]
    return [line_position for score, line_position in ranked if scores and score == max(scores)]


def link_loop(loop: Loop, loops: list[Loop], claims: list[Claim], reference: OracleReference) -> None:
    """Decide the outcome of every line of a loop."""
    for line in loop.lines:
        if line.status in IGNORED_STATUS:
            line.outcome = "ignored"
            continue
        best = best_line_positions(line, loops, claims, reference)
        if len(best) == 1:
            line.outcome, line.line_position = "linked", best[0]
        elif len(best) > 1:
            line.outcome, line.candidates = "ambiguous", best
        else:
            line.outcome = "unlinked"
    meet_in_order(loop)


def meet_in_order(loop: Loop) -> None:
    """Lines of one claim alike in code, date and charge are met in the order of the SVC, if as many of both
    are left."""
    alike: dict[Any, list[RemitLine]] = {}
    for line in loop.lines:
        is_of_one_claim = len({id(line_position.claim) for line_position in line.candidates}) == 1
        if (
            line.outcome == "ambiguous"
            and is_of_one_claim
            and all(bill_agrees(line, s) for s in line.candidates)
        ):
            bill = (line.billed_code, line.row["charge"])
            alike.setdefault(
                (*bill, frozenset(id(line_position) for line_position in line.candidates)), []
            ).append(line)
    for (code, charge, _), lines in alike.items():
        taken = [
            line.line_position
            for line in loop.lines
            if line.line_position is not None
            and (line.billed_code, line.row["charge"]) == (code, charge)
            and has_whole_charge(line, line.line_position)
        ]
        left = [line_position for line_position in lines[0].candidates if line_position not in taken]
        if len(lines) == len(left) and (is_ordered(lines) or say_the_same(lines)):
            for line, line_position in zip(
                lines, sorted(left, key=lambda line_position: line_position.number), strict=True
            ):
                line.outcome, line.line_position = "linked", line_position


def has_whole_charge(line: RemitLine, line_position: LinePosition) -> bool:
    """Whether the line's own charge is that of the line position, and not a part of it."""
    return any(row["charge"] == abs(line.row["charge"]) for _, row in line_position.lines)


def is_ordered(lines: list[RemitLine]) -> bool:
    places = {line.row["sequence"] for line in lines}
    return None not in places and len(places) == len(lines)


def say_the_same(lines: list[RemitLine]) -> bool:
    names = ("paid", "given", "adjustments", "claim_adjustments", "remarks")
    return all(line.row[name] == lines[0].row[name] for line in lines for name in names)


def link_remits(loops: list[Loop], claims: list[Claim], reference: OracleReference) -> None:
    """Every line gets an outcome, and its line position where it is linked; what was linked before is
    forgotten.
    """
    for loop in loops:
        for line in loop.lines:
            line.outcome, line.line_position, line.candidates = "", None, []
    for loop in loops:
        link_loop(loop, loops, claims, reference)
