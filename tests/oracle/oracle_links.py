"""Which slot a remit line speaks of (docs/resolution.md, section 4)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from oracle_claims import Instance, Row, Slot, origin
from oracle_reference import OracleReference

from schemas.accepted import REMIT_CONTENT

MODIFIERS = ("modifier_1", "modifier_2", "modifier_3", "modifier_4")
LOOP_KEY = (
    "file_key",
    "trace_key",
    "payment_date",
    "claim_number_key",
    "payer_claim_key",
    "claim_status_code",
    "loop_ordinal",
)
SAME_LINE = ["payment_date"] + [column.name for column in REMIT_CONTENT if column.name != "payer_name"]
STATUS_ROLE = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}
IGNORED_STATUS = {"23", "25"}


@dataclass(eq=False)
class RemitLine:
    """A remit row with what was found out about it."""

    row: Row
    loop: Loop
    outcome: str = ""
    slot: Slot | None = None
    candidates: list[Slot] = field(default_factory=list)
    reversal_unmatched: bool = False
    reversal_amount_mismatch: bool = False

    @property
    def status(self) -> str:
        return str(self.row["claim_status_code"])

    @property
    def is_reversal(self) -> bool:
        return self.status == "22"

    @property
    def billed_code(self) -> str | None:
        return self.row["submitted_procedure_code"] or self.row["procedure_code"] or None

    @property
    def has_carc_23(self) -> bool:
        adjustments = [*parse(self.row["adjustments"]), *parse(self.row["claim_adjustments"])]
        return any(carc == "23" for _, carc, _ in adjustments)

    @property
    def role_assumed_primary(self) -> bool:
        """Secondary by its status, without CARC 23, and linked to a primary claim."""
        return (
            self.outcome == "linked"
            and self.slot is not None
            and self.slot.instance.role == "P"
            and STATUS_ROLE.get(self.status) in ("S", "T")
            and not self.has_carc_23
        )


@dataclass(eq=False)
class Loop:
    """One CLP loop of one file."""

    lines: list[RemitLine] = field(default_factory=list)

    @property
    def first(self) -> Row:
        return self.lines[0].row


def parse(adjustments: str | None) -> list[tuple[str, str, int]]:
    """(group, reason, cents) of a packed text."""
    parsed = []
    for item in (adjustments or "").split("|"):
        if item:
            code, _, amount = item.rpartition(":")
            group, _, reason = code.partition("-")
            parsed.append((group, reason, int(amount)))
    return parsed


def loops_of(rows: list[Row]) -> list[Loop]:
    """CLP loops, the lines of each in their order."""
    found: dict[tuple[Any, ...], Loop] = {}
    for row in sorted(rows, key=origin):
        loop = found.setdefault(tuple(row[name] for name in LOOP_KEY), Loop())
        loop.lines.append(RemitLine(row, loop))
    return list(found.values())


def without_duplicates(loops: list[Loop]) -> list[Loop]:
    """Loops delivered once; the lines of a loop delivered again are marked duplicate."""
    kept: dict[Any, Loop] = {}
    for loop in sorted(loops, key=lambda item: origin(item.first)):
        first = loop.first
        lines = Counter(tuple(line.row[name] for name in SAME_LINE) for line in loop.lines)
        which = (
            first["trace_key"],
            first["payer_claim_key"],
            first["claim_status_code"],
            first["claim_number_key"],
            frozenset(lines.items()),
        )
        if which in kept:
            for line in loop.lines:
                line.outcome = "duplicate"
        else:
            kept[which] = loop
    return list(kept.values())


def role_wanted(line: RemitLine, lines: list[RemitLine]) -> str:
    """P, S or T: whose claim the remit line speaks of."""
    if line.has_carc_23:
        return "T" if line.status in ("3", "21") else "S"
    if line.status in STATUS_ROLE:
        return STATUS_ROLE[line.status]
    numbers = {line.row["payer_claim_key"], line.row["original_payer_claim_key"]} - {None}
    roles = [
        role_wanted(other, [])
        for other in lines
        if other.status in STATUS_ROLE
        and other.row["claim_number_key"] == line.row["claim_number_key"]
        and other.row["payer_claim_key"] in numbers
    ]
    return min(roles, default="P")


def candidates_of(line: RemitLine, instances: list[Instance]) -> list[Slot]:
    """Slots of the claims with the number, and the NPI where the remit has one; CARC 23: S and T only."""
    return [
        slot
        for instance in instances
        if instance.claim_number == line.row["claim_number_key"]
        and line.row["payee_npi"] in (None, instance.npi)
        and (not line.has_carc_23 or instance.role in ("S", "T"))
        for slot in instance.slots
    ]


def line_control_agrees(line: RemitLine, slot: Slot) -> bool:
    """Evidence 1."""
    given = line.row["line_control_key"]
    keys = {row[name] for _, row in slot.lines for name in ("line_control_key", "line_number_key")}
    return line.billed_code is not None and given is not None and given in keys


def charges_of(line: RemitLine) -> set[int]:
    """The line's charge, and that of all lines of its loop with the same billed code and date."""
    group = [
        other.row["charge_cents"]
        for other in line.loop.lines
        if other.billed_code == line.billed_code and other.row["service_date"] == line.row["service_date"]
    ]
    return {abs(line.row["charge_cents"]), abs(sum(group))}


def bill_agrees(line: RemitLine, slot: Slot) -> bool:
    """Evidence 2: billed code, service date (where given) and charge are those of the slot in one version."""
    return any(
        row["procedure_code"] == line.billed_code
        and line.row["service_date"] in (None, row["service_date"])
        and row["charge_cents"] in charges_of(line)
        for _, row in slot.lines
    )


def is_single_line(line: RemitLine, slot: Slot, reference: OracleReference) -> bool:
    """Evidence 3."""
    codes = {line.billed_code, line.row["procedure_code"]}
    return bool(codes & reference.scope) and len(slot.instance.slots) == 1


def answers_whole_claim(line: RemitLine, slot: Slot) -> bool:
    """Evidence 4: no code at all, and the claim has one line in all."""
    return line.billed_code is None and slot.instance.has_one_line_in_all()


def remit_payer(row: Row, reference: OracleReference) -> str:
    """Payer of a remit row, as mapped on its date of service, else of payment."""
    return reference.payer(row["payer_id"], row["payer_name"], row["service_date"] or row["payment_date"])


def claim_payer(row: Row, reference: OracleReference) -> str:
    """Payer of a claim row, as mapped on its date of service; of a header row on that of submission."""
    return reference.payer(row["payer_id"], row["payer_name"], row["service_date"] or row["submitted_on"])


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
        int(slot.instance.role == wanted),
        int(first),
        int(second),
        int(third),
        max(repeated),
    )


def link(
    line: RemitLine, lines: list[RemitLine], instances: list[Instance], reference: OracleReference
) -> None:
    """Decide the outcome of a remit line that is not a duplicate."""
    if line.status in IGNORED_STATUS:
        line.outcome = "ignored"
        return
    line.candidates = candidates_of(line, instances)
    if line.has_carc_23 and not line.candidates:
        line.outcome = "crossover"
        return
    wanted = role_wanted(line, lines)
    ranked = [(rank(line, slot, wanted, reference), slot) for slot in line.candidates]
    scores = [score for score, _ in ranked if score is not None]
    best = [slot for score, slot in ranked if scores and score == max(scores)]
    if not best:
        line.outcome = "unlinked"
    elif len(best) > 1:
        line.outcome = "ambiguous"
    else:
        line.outcome = "linked"
        line.slot = best[0]


def link_remits(rows: list[Row], instances: list[Instance], reference: OracleReference) -> list[Loop]:
    """All loops of the remit rows; every line has an outcome, and its slot where it is linked."""
    loops = loops_of(rows)
    lines = [line for loop in loops for line in loop.lines]
    for loop in without_duplicates(loops):
        for line in loop.lines:
            link(line, lines, instances, reference)
    return loops
