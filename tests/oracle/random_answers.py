"""Seeded random answers of payers to the bills of random claim lives: accepted remit rows."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from schemas.accepted import ACCEPTED_REMIT_LINE
from schemas.columns import names

Row = dict[str, Any]
REMIT_COLUMNS = names(ACCEPTED_REMIT_LINE)
CHARGES = [66000, 66000, 80000, 45000, 2704]
PAYERS = [
    ("60054", "AETNA"),
    ("87726", "UNITEDHEALTHCARE"),
    ("87726", "UHC MEDICARE ADVANTAGE"),
    ("04412", "NOVITAS SOLUTIONS"),
    ("84980", "BCBS TEXAS"),
    ("62308", "CIGNA"),
    ("99999", "HUMANA"),
]
FILING_CODES = [None, None, "12", "16", "MB", "MC", "CI", "HM", "ZZ", "QQ"]
DENIALS = ["197", "50", "16", "29", "B7", "B15", "96", "9999"]


@dataclass
class Bill:
    """One submission as the generator remembers it."""

    submitted_on: date
    lines: list[Row]
    frequency: str


@dataclass
class Life:
    """A claim number in use: who, to whom, and what was billed and answered so far."""

    number: str
    npi: str
    patient: str
    role: str
    payer: tuple[str, str]
    day: date
    bills: list[Bill] = field(default_factory=list)
    answers: list[list[Row]] = field(default_factory=list)


class Answers:
    """Makes the answers of one world; all randomness comes from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.loops: list[list[Row]] = []
        self.payer_claim_keys: list[str] = []

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def amounts(self, charge: int) -> tuple[int, int | None, list[tuple[str, str, int]]]:
        """(paid, allowed given, adjustments) that balance a charge, most of the time."""
        pick = self.random
        kind = pick.choices(
            ["paid", "denied", "zero", "withheld", "network", "patient", "odd"], [8, 7, 2, 3, 1, 1, 1]
        )[0]
        if charge == 0:
            return 0, pick.choice([None, 0]), []
        allowed = charge * pick.choice([20, 20, 50]) // 100
        coinsurance = pick.choice([0, allowed // 5])
        adjustments = [("CO", "45", charge - allowed), ("PR", "2", coinsurance)]
        given: int | None = pick.choice([None, None, allowed, allowed + 1, allowed + 2, 0, charge + 100])
        if kind == "denied":
            carc = pick.choice(DENIALS)
            part = charge // 3
            split = [("CO", carc, part), (pick.choice(["PR", "CO"]), pick.choice(DENIALS), charge - part)]
            return 0, pick.choice([None, None, 0, 500]), pick.choice([[("CO", carc, charge)], split])
        if kind == "zero":
            group, carc = pick.choice(
                [
                    ("CO", "24"),
                    ("OA", "18"),
                    ("CO", "B13"),
                    ("CO", "45"),
                    ("CO", "131"),
                    ("PR", "45"),
                    ("OA", "94"),
                ]
            )
            return 0, pick.choice([None, 0]), [(group, carc, charge)]
        if kind == "withheld":
            adjustments += [
                ("CO", "253", 206),
                ("CO", pick.choice(["144", "237", "104", "59"]), pick.choice([-11, 11])),
            ]
        elif kind == "network":
            adjustments[0] = ("PR", "45", charge - allowed)
        elif kind == "patient":
            adjustments.append(("PR", pick.choice(["100", "66", "1", "3"]), 700))
        paid = charge - sum(cents for _, _, cents in adjustments)
        if kind == "odd":
            paid += pick.choice([-1, 1, 100])
        return paid, given, adjustments

    @staticmethod
    def packed(adjustments: list[tuple[str, str, int]]) -> str | None:
        sums: dict[str, int] = {}
        for group, carc, cents in adjustments:
            sums[f"{group}-{carc}"] = sums.get(f"{group}-{carc}", 0) + cents
        return "|".join(sorted(f"{code}:{cents}" for code, cents in sums.items() if cents)) or None

    def payer_claim_key(self, life: Life) -> str:
        """A new payer claim number, or one that is in use."""
        own = [row["payer_claim_key"] for answer in life.answers for row in answer]
        if own and self.chance(0.6):
            return str(self.random.choice(own))
        if self.payer_claim_keys and self.chance(0.08):
            return self.random.choice(self.payer_claim_keys)
        fresh = f"pcn{len(self.payer_claim_keys)}"
        self.payer_claim_keys.append(fresh)
        return fresh

    def answer(self, life: Life, paid_on: date) -> None:
        """An 835's loop about one of the life's bills."""
        pick = self.random
        bills = [bill for bill in life.bills if bill.lines]
        if not bills:
            return
        lines = pick.choice([bills[-1], bills[-1], pick.choice(bills)]).lines
        if len(lines) > 1 and self.chance(0.2):
            lines = lines[:1]
        role_status = {"P": ["1"] * 6 + ["19", "4", "2", "23", "25"], "S": ["2", "20", "4"], "T": ["3", "21"]}
        status = pick.choice(role_status[life.role])
        payer = life.payer if self.chance(0.9) else pick.choice(PAYERS)
        head = {
            **dict.fromkeys(REMIT_COLUMNS),
            "claim_number_key": life.number,
            "trace_key": f"trace{pick.randint(0, 3)}",
            "payment_date": paid_on,
            "payer_claim_key": self.payer_claim_key(life),
            "claim_status_code": status,
            "payee_npi": pick.choice([None, life.npi, life.npi]),
            "payer_id": payer[0],
            "payer_name": payer[1],
            "remit_filing_code": pick.choice(FILING_CODES),
        }
        secondary = life.role != "P" and self.chance(0.8) or self.chance(0.04)
        rows: list[Row] = []
        for line in lines:
            rows.extend(self.answer_line(head, line, secondary))
        of_claim = self.claim_adjustment(rows)
        for sequence, row in enumerate(rows, start=1):
            row["service_sequence"], row["claim_adjustments"] = sequence, of_claim
        self.deliver(life, rows)

    def claim_adjustment(self, rows: list[Row]) -> str | None:
        """Claim-level adjustments; sometimes already taken from a line's payment."""
        if not self.chance(0.07):
            return None
        cents = self.random.choice([500, -300])
        if self.chance(0.5):
            rows[0]["paid_cents"] -= cents
        return self.packed(
            [(self.random.choice(["CO", "PR"]), self.random.choice(["45", "1", "97", "253"]), cents)]
        )

    def answer_line(self, head: Row, line: Row, secondary: bool) -> list[Row]:
        """One or two SVC of a billed line."""
        pick = self.random
        charge = line["charge_cents"] if self.chance(0.93) else pick.choice(CHARGES)
        parts = [charge]
        if charge and self.chance(0.1):
            first = pick.choice([charge // 2, charge // 3])
            parts = [first, charge - first]
        rows = []
        for part in parts:
            paid, given, adjustments = self.amounts(part)
            if secondary:
                adjustments = [*adjustments, ("OA", "23", 100)]
                paid -= 100
            rows.append(
                {
                    **head,
                    **{f"modifier_{i}": line[f"modifier_{i}"] for i in range(1, 5)},
                    "line_control_key": pick.choice(
                        [None, line["line_control_key"], line["line_number_key"]]
                    ),
                    "service_date": line["service_date"] if self.chance(0.85) else None,
                    "procedure_code": line["procedure_code"],
                    "charge_cents": part,
                    "paid_cents": paid,
                    "allowed_given_cents": given,
                    "adjustments": self.packed(adjustments),
                    "remark_codes": pick.choice([None, None, None, "N115", "N830", "MA130|N864"]),
                    "adjustments_unread": False,
                }
            )
        self.recode(rows)
        return rows

    def recode(self, rows: list[Row]) -> None:
        """Another code, no code, or the billed code beside the adjudicated one."""
        kind = self.random.randint(0, 29)
        for row in rows:
            if kind == 0:
                row["submitted_procedure_code"], row["procedure_code"] = row["procedure_code"], "01940"
            elif kind == 1:
                row["procedure_code"] = "01941"
            elif kind == 2:
                row["procedure_code"] = None
            elif kind == 3:
                row["submitted_procedure_code"] = row["procedure_code"]
            elif kind == 4:
                row["modifier_1"] = None

    def reverse(self, life: Life, paid_on: date) -> None:
        """A status 22 of an earlier answer: signed, unsigned, of another amount, or of another number."""
        pick = self.random
        answers = [a for a in life.answers if a[0]["claim_status_code"] != "22"]
        if not answers:
            return
        sign = -1 if self.chance(0.8) else 1
        off = pick.choice([1000, -1000]) if self.chance(0.15) else 0
        number = pick.choice(self.payer_claim_keys) if self.chance(0.15) else None
        rows = []
        for row in pick.choice(answers):
            packed = "|".join(
                f"{code}:{sign * int(cents)}"
                for code, _, cents in (
                    item.rpartition(":") for item in (row["adjustments"] or "").split("|") if item
                )
            )
            given = row["allowed_given_cents"]
            changed = {
                **row,
                "claim_status_code": "22",
                "payment_date": paid_on,
                "trace_key": f"trace{pick.randint(0, 3)}",
                "charge_cents": sign * row["charge_cents"],
                "paid_cents": sign * row["paid_cents"] + off,
                "allowed_given_cents": None if given is None else sign * given,
                "adjustments": packed or None,
                "claim_adjustments": self.negated(row["claim_adjustments"], sign),
            }
            if number is not None:
                changed["payer_claim_key"] = number
                changed["original_payer_claim_key"] = pick.choice([row["payer_claim_key"], None])
            rows.append(changed)
        if number is not None:
            for row in rows:
                row["original_payer_claim_key"] = rows[0]["original_payer_claim_key"]
        self.deliver(life, rows)

    @staticmethod
    def negated(packed: str | None, sign: int) -> str | None:
        items = [item.rpartition(":") for item in (packed or "").split("|") if item]
        return "|".join(sorted(f"{code}:{sign * int(cents)}" for code, _, cents in items)) or None

    def deliver(self, life: Life, rows: list[Row]) -> None:
        """Put a loop into the world, now and then twice."""
        for row in rows:
            row["adjustments"] = self.negated(row["adjustments"], 1)
        life.answers.append(rows)
        copies = 2 if self.chance(0.08) else 1
        for _ in range(copies):
            self.loops.append([dict(row) for row in rows])

    def denial(self, life: Life, lines: list[Row], paid_on: date) -> list[Row]:
        """A delivered loop that denies every line."""
        rows = [
            {
                **dict.fromkeys(REMIT_COLUMNS),
                "claim_number_key": life.number,
                "trace_key": "trace9",
                "payment_date": paid_on,
                "payer_claim_key": self.payer_claim_key(life),
                "claim_status_code": "1",
                "payer_id": life.payer[0],
                "payer_name": life.payer[1],
                "service_sequence": sequence,
                "service_date": line["service_date"],
                "procedure_code": line["procedure_code"],
                "charge_cents": line["charge_cents"],
                "paid_cents": 0,
                "adjustments": f"CO-16:{line['charge_cents']}" if line["charge_cents"] else None,
                "remark_codes": "MA130",
                "adjustments_unread": False,
            }
            for sequence, line in enumerate(lines, start=1)
        ]
        for row in rows:
            row["payer_claim_key"] = rows[0]["payer_claim_key"]
        life.answers.append(rows)
        self.loops.append(rows)
        return rows
