"""Which submission an answer speaks of, before it is known which submissions are one claim (contract, 4.1).

An answer is held against each submission of a claim key with its number; of equals it speaks of the latest
submitted by then. It is how a bill that was denied and never paid is known from one that was not.
"""

from __future__ import annotations

from typing import Any

from landing_rows import loose
from oracle_adjudications import Adjudication, total
from oracle_claims import Claim, Key, Row, Submission
from oracle_links import MODIFIERS, STATUS_ROLE, remit_payer
from oracle_loops import Loop, RemitLine
from oracle_reference import OracleReference

UNHEARD = {"22", "23", "25"}
Strength = tuple[int, ...]


class Spoken:
    """The answers to every submission."""

    def __init__(self, submissions: list[Submission], loops: list[Loop], reference: OracleReference) -> None:
        self.answers: dict[int, list[RemitLine]] = {}
        numbers = {submission.key[0] for submission in submissions}
        by_key: dict[Key, list[Submission]] = {}
        for submission in submissions:
            by_key.setdefault(submission.key, []).append(submission)
        for line in (line for loop in loops for line in loop.lines):
            for of_key in by_key.values():
                found = spoken_of(line, of_key, numbers, reference)
                if found is not None:
                    self.answers.setdefault(id(found), []).append(line)

    def of(self, claim: Claim) -> list[RemitLine]:
        return [line for s in claim.submissions for line in self.answers.get(id(s), [])]

    def is_denied(self, claim: Claim) -> bool:
        """Denied and never paid."""
        verdicts = [verdict(line) for line in self.of(claim)]
        return any(denied for denied, _ in verdicts) and not any(paid for _, paid in verdicts)

    def numbers_of(self, claim: Claim) -> set[str]:
        return {line.row["payer_number"] for line in self.of(claim)}


def verdict(line: RemitLine) -> tuple[bool, bool]:
    """(denied, paid or allowed) by one line alone."""
    items = total([*line.row["adjustments"], *line.row["claim_adjustments"]])
    line_position: Any = None
    alone = Adjudication(
        line_position,
        line.loop,
        [line],
        line.row["charge"],
        line.row["paid"],
        line.row["given"],
        items,
        False,
    )
    return alone.state == "denied", alone.paid_or_allowed


def spoken_of(
    line: RemitLine, submissions: list[Submission], numbers: set[str], reference: OracleReference
) -> Submission | None:
    """The submission with the strongest evidence; of equals the latest by then, else the first."""
    if line.status in UNHEARD:
        return None
    is_exact = line.row["number"] in numbers
    ranked: list[tuple[Strength, Submission]] = []
    for submission in submissions:
        number, npi, role = submission.key
        is_of_it = number == line.row["number"] if is_exact else loose(number) == loose(line.row["number"])
        is_paid_to = line.row["payee_npi"] in (None, npi) and not (line.has_carc_23 and role == "P")
        is_of_role = STATUS_ROLE.get(line.status, role) == role
        is_heard = is_of_role or remit_payer(line.row, reference) == submission.payer
        if is_of_it and is_paid_to and is_heard:
            found = [e for row in submission.lines if (e := evidence(line, row, submission, reference))]
            ranked += [(max(found), submission)] if found else []
    if not ranked:
        return None
    best = [submission for strength, submission in ranked if strength == max(ranked, key=lambda r: r[0])[0]]
    by_then = [submission for submission in best if submission.submitted_on <= line.row["paid_on"]]
    if by_then:
        return max(by_then, key=Submission.order)
    return min(best, key=Submission.order)


def evidence(
    line: RemitLine, row: Row, submission: Submission, reference: OracleReference
) -> Strength | None:
    """Payer, line control number, bill, being the only line, modifiers repeated."""
    control = bool(line.controls & {row["line_control"], str(row["line_number"])})
    bill = (
        line.billed_code == row["procedure_code"]
        and line.row["service_date"] in (None, row["service_date"])
        and abs(line.row["charge"]) == row["charge"]
    )
    single = len(submission.lines) == 1
    if not (control or bill or single):
        return None
    ours = {line.row[name] for name in MODIFIERS} - {None}
    return (
        int(remit_payer(line.row, reference) == submission.payer),
        int(control),
        int(bill),
        int(single),
        len(ours & {row[name] for name in MODIFIERS}),
    )
