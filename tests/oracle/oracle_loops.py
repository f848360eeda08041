"""What was delivered once: copies of remit rows, and the CLP loops that they make (contract, 4.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from oracle_claims import LinePosition, nulls_first, origin

Row = dict[str, Any]
A_WEEK = timedelta(days=7)
LOOP = ("trace", "loose", "payer_number", "status")
SAME_LINE = ("procedure_code", "submitted_procedure_code", "service_date", "charge", "paid")
VALUES = (
    *("given", "adjustments", "claim_adjustments", "remarks", "remit_filing_code", "payee_npi"),
    *("payer_id", "payer_name", "sequence", "modifier_1", "modifier_2", "modifier_3", "modifier_4"),
    *("number", "original", "line_control"),
)
"""What a copy may lack, in the order in which ties between copies are broken."""


@dataclass(eq=False)
class RemitLine:
    """One service payment line, delivered once or more often."""

    row: Row
    copies: list[Row]
    loop: Loop
    outcome: str = ""
    line_position: LinePosition | None = None
    candidates: list[LinePosition] = field(default_factory=list)

    @property
    def status(self) -> str:
        return str(self.row["status"])

    @property
    def is_reversal(self) -> bool:
        return self.status == "22"

    @property
    def billed_code(self) -> str | None:
        return self.row["submitted_procedure_code"] or self.row["procedure_code"]

    @property
    def controls(self) -> set[str]:
        """Line control numbers of the copies that differ in nothing else."""
        rest = [name for name in VALUES if name != "line_control"]
        same = [copy for copy in self.copies if all(copy[name] == self.row[name] for name in rest)]
        return {copy["line_control"] for copy in same} - {None}

    @property
    def has_carc_23(self) -> bool:
        return any(
            carc == "23" for name in ("adjustments", "claim_adjustments") for _, carc, _ in self.row[name]
        )


@dataclass(eq=False)
class Loop:
    """One CLP."""

    lines: list[RemitLine] = field(default_factory=list)

    @property
    def first(self) -> Row:
        return self.lines[0].row

    @property
    def paid_on(self) -> date:
        return min(line.row["paid_on"] for line in self.lines)


def loops_of(remits: list[Row], claims: list[Row]) -> list[Loop]:
    """CLP loops, each delivered row once; lines of a loop stand in the order of their SVC."""
    groups: dict[Any, list[Row]] = {}
    for row in sorted(remits, key=origin):
        groups.setdefault(tuple(row[name] for name in LOOP), []).append(row)
    reversals = [row for row in remits if row["status"] == "22"]
    return [loop for group in groups.values() for loop in loops_of_group(group, reversals, claims)]


def loops_of_group(group: list[Row], reversals: list[Row], claims: list[Row]) -> list[Loop]:
    """The loops of one trace, claim number, payer claim number and status."""
    delivered: list[list[Row]] = []
    for payment in payments_of(group, reversals):
        alike: dict[Any, list[Row]] = {}
        for row in payment:
            alike.setdefault(tuple(row[name] for name in SAME_LINE), []).append(row)
        for rows in alike.values():
            others = [row for row in payment if row not in rows]
            delivered.extend(copies_of(rows, others, claims))
    lines = [RemitLine(best_copy(copies), copies, Loop()) for copies in delivered]
    parts = by_clp(lines) or by_sequence(lines)
    loops = []
    for part in parts:
        loop = Loop(sorted(part, key=line_order))
        for line in loop.lines:
            line.loop = loop
        loops.append(loop)
    return loops


def payments_of(rows: list[Row], reversals: list[Row]) -> list[list[Row]]:
    """Rows apart where their dates lie more than a week apart or a reversal lies between."""
    ordered = sorted(rows, key=lambda row: row["paid_on"])
    parts = [[ordered[0]]]
    for row in ordered[1:]:
        first = parts[-1][0]
        is_taken_back = any(
            takes_back(reversal, first) and first["paid_on"] < reversal["paid_on"] < row["paid_on"]
            for reversal in reversals
        )
        if row["paid_on"] - first["paid_on"] > A_WEEK or is_taken_back:
            parts.append([row])
        else:
            parts[-1].append(row)
    return parts


def takes_back(reversal: Row, row: Row) -> bool:
    return row["status"] != "22" and row["payer_number"] in (reversal["payer_number"], reversal["original"])


def copies_of(rows: list[Row], others: list[Row], claims: list[Row]) -> list[list[Row]]:
    """The k-th row by sequence of every delivery is the k-th row of all."""
    found: dict[int, list[Row]] = {}
    for delivery in deliveries_of(rows, others, claims):
        for rank, copies in enumerate(delivery):
            found.setdefault(rank, []).extend(copies)
    return [found[rank] for rank in sorted(found)]


def deliveries_of(rows: list[Row], others: list[Row], claims: list[Row]) -> Iterable[list[list[Row]]]:
    """Deliveries as ordered lists of rows that are one: each CLP of an X12 file; the numbered rows of
    extracts together; their unnumbered rows."""
    clps: dict[Any, list[Row]] = {}
    numbered: dict[int, list[Row]] = {}
    unnumbered: list[Row] = []
    for row in rows:
        if row["_loop"] is not None:
            clps.setdefault((row["_file"], row["_loop"]), []).append(row)
        elif row["sequence"] is not None:
            numbered.setdefault(row["sequence"], []).append(row)
        else:
            unnumbered.append(row)
    for clp in clps.values():
        yield [[row] for row in sorted(clp, key=lambda row: row["sequence"] or 0)]
    yield [numbered[sequence] for sequence in sorted(numbered)]
    if unnumbered:
        count = how_often(unnumbered, others, claims)
        yield [unnumbered[rank::count] for rank in range(count)]


def how_often(rows: list[Row], others: list[Row], claims: list[Row]) -> int:
    """Equal rows without numbers: as often as makes the billed charge, else the most often in one file; once
    what answers a claim as a whole."""
    first = rows[0]
    code = first["submitted_procedure_code"] or first["procedure_code"]
    if code is None:
        return 1
    beside = {
        tuple(row[name] for name in SAME_LINE): abs(row["charge"])
        for row in others
        if (row["submitted_procedure_code"] or row["procedure_code"]) == code
        and row["service_date"] == first["service_date"]
    }
    bills: dict[Any, int] = {}
    for claim in claims:
        is_of_it = (
            claim["number"] == first["number"] and claim["procedure_code"] == code and claim["in_scope"]
        )
        if is_of_it and first["service_date"] in (None, claim["service_date"]):
            which = (
                claim["submitted_on"],
                claim["npi"],
                claim["role"],
                claim["frequency"],
                claim["original"] or "",
            )
            bills[which] = bills.get(which, 0) + claim["charge"]
    for _, charge in sorted(bills.items(), reverse=True):
        left = charge - sum(beside.values())
        if first["charge"] and left > 0 and left % abs(first["charge"]) == 0:
            count = left // abs(first["charge"])
            if count <= len(rows):
                return int(count)
    return max(Counter(row["_file"] for row in rows).values())


def best_copy(copies: list[Row]) -> Row:
    """The copy with most values, then the greatest content; the earliest date of all."""
    best = max(
        copies,
        key=lambda row: (
            sum(row[name] not in (None, (), []) for name in VALUES),
            tuple(nulls_first(row[name]) for name in VALUES),
        ),
    )
    return {**best, "paid_on": min(row["paid_on"] for row in copies)}


def line_order(line: RemitLine) -> tuple[Any, ...]:
    """The order of the SVC; rows that have no number stand by content."""
    row = line.row
    rest = tuple(nulls_first(row[name]) for name in (*SAME_LINE, *VALUES))
    return (nulls_first(row["sequence"]), rest)


def by_clp(lines: list[RemitLine]) -> list[list[RemitLine]]:
    """Lines by the CLP that they stand in; nothing where some line stands in none."""
    parts: list[tuple[set[Any], list[RemitLine]]] = []
    for line in lines:
        clps = {(row["_file"], row["_loop"]) for row in line.copies if row["_loop"] is not None}
        if not clps:
            return []
        mine = [part for part in parts if part[0] & clps]
        parts = [part for part in parts if part not in mine]
        ids = clps.union(*(part[0] for part in mine))
        parts.append((ids, [*(other for part in mine for other in part[1]), line]))
    return [part[1] for part in parts]


def by_sequence(lines: list[RemitLine]) -> list[list[RemitLine]]:
    """The k-th line of a sequence number belongs to the k-th loop."""
    parts: dict[int, list[RemitLine]] = {}
    seen: Counter[int] = Counter()
    for line in sorted(lines, key=lambda line: (line.row["paid_on"], line_order(line))):
        sequence = line.row["sequence"]
        rank = 0
        if sequence is not None:
            rank = seen[sequence]
            seen[sequence] += 1
        parts.setdefault(rank, []).append(line)
    return list(parts.values())
