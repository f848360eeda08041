"""Seeded random answers of payers to the bills of random lives, as canonical remit lines."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random_truth import Life

Row = dict[str, Any]
CHARGES = [66000, 66000, 80000, 45000, 2704]
PAYERS = [
    ("60054", "AETNA"),
    ("", "AETNA"),
    ("87726", "UNITEDHEALTHCARE"),
    ("62308", "CIGNA"),
    ("", "HUMANA"),
    ("99999", "SOME OTHER PLAN"),
]
DENIALS = ["197", "50", "16", "29", "B7", "B15", "96", "31", "97", "302"]
OTHER_ADJUSTMENTS = [("CO", "24"), ("OA", "18"), ("CO", "B13"), ("CO", "45"), ("CO", "131"), ("PR", "45")]
REMARKS = ["", "", "", "N115", "N830", "MA130|N864"]


@dataclass(eq=False)
class Unit:
    """Rows that were sent together: one CLM or one CLP."""

    number: str
    rows: list[Row]


def dollars(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def cents(text: str) -> int:
    return round(float(text) * 100)


def packed(items: list[tuple[str, str, int]]) -> str:
    return "|".join(f"{group}-{reason}:{dollars(amount)}" for group, reason, amount in items if amount)


def negated(text: str, sign: int) -> str:
    items = [item.rpartition(":") for item in text.split("|") if item]
    return "|".join(f"{code}:{dollars(sign * cents(amount))}" for code, _, amount in items)


class Payments:
    """Makes the answers of one world."""

    def __init__(self, chance: random.Random, ordinal: int) -> None:
        self.random = chance
        self.ordinal = ordinal
        self.units = 0
        self.remits: list[Unit] = []
        self.payer_numbers: list[str] = []

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def new_unit(self, rows: list[Row]) -> Unit:
        self.units += 1
        name = f"{self.ordinal}-{self.units}"
        return Unit(name, [{**row, "_unit": name} for row in rows])

    def amounts(self, charge: int, denied: bool) -> tuple[int, int | None, list[tuple[str, str, int]]]:
        """(paid, allowed given, adjustments) that balance a charge, most of the time."""
        pick = self.random
        if denied:
            carc, part = pick.choice(DENIALS), charge // 3
            split = [("CO", carc, part), (pick.choice(["PR", "CO"]), pick.choice(DENIALS), charge - part)]
            return (
                0,
                None,
                split if self.chance(0.3) and split[0][:2] != split[1][:2] else [("CO", carc, charge)],
            )
        kind = pick.choices(["paid", "zero", "withheld", "network", "patient", "odd"], [9, 2, 3, 1, 1, 1])[0]
        if kind == "zero":
            return 0, None, [(*pick.choice(OTHER_ADJUSTMENTS), charge)]
        allowed = charge * pick.choice([20, 20, 50, 33]) // 100
        items = [
            ("PR" if kind == "network" else "CO", "45", charge - allowed),
            ("PR", "2", pick.choice([0, allowed // 5])),
        ]
        if kind == "withheld":
            items += [
                ("CO", "253", pick.choice([206, 52])),
                ("CO", pick.choice(["144", "237", "104", "59"]), pick.choice([-11, 11])),
            ]
        elif kind == "patient":
            items.append(("PR", pick.choice(["100", "66", "1", "3"]), 70))
        paid = charge - sum(amount for _, _, amount in items)
        given = pick.choice([None, None, allowed, allowed + 2, 0, charge + 100])
        return paid + (pick.choice([-1, 1, 100]) if kind == "odd" else 0), given, items

    def payer_number(self, life: Life) -> str:
        """A new payer claim number, or one that is in use."""
        own = [unit.rows[0]["payer_claim_number"] for unit in life.answers]
        if own and self.chance(0.6):
            return str(self.random.choice(own))
        if self.payer_numbers and self.chance(0.06):
            return self.random.choice(self.payer_numbers)
        self.payer_numbers.append(f"P{self.ordinal}N{len(self.payer_numbers)}")
        return self.payer_numbers[-1]

    def head(self, life: Life, day: date, status: str, payer: tuple[str, str]) -> Row:
        pick = self.random
        number = life.number
        if self.chance(0.08):
            number = number.replace("-", "").lstrip("0")
        return {
            "payment_trace": f"T{self.ordinal}A{self.units}",
            "payment_date": day.isoformat(),
            "payer_id": payer[0],
            "payer_name": payer[1],
            "payee_npi": pick.choice(["", life.npi, life.npi]),
            "claim_id": number,
            "claim_status_code": status,
            "remit_filing_code": pick.choice(["", "", "12", "HM"]),
            "payer_claim_number": self.payer_number(life),
        }

    def answer(self, life: Life, day: date) -> None:
        """A CLP about one of the life's bills."""
        pick = self.random
        lines = pick.choice([life.bills[-1], life.bills[-1], pick.choice(life.bills)])
        if len(lines) > 1 and self.chance(0.15):
            lines = lines[:1]
        status = pick.choice(
            {"P": ["1"] * 8 + ["19", "4", "2", "23"], "S": ["2", "20", "4"], "T": ["3", "21"]}[life.role]
        )
        payer = life.payer if self.chance(0.93) else pick.choice(PAYERS)
        head = self.head(life, day, status, payer)
        carc_23 = life.role != "P" and self.chance(0.7)
        denied = status == "4" or self.chance(0.35)
        rows = [row for line in lines for row in self.services(head, line, carc_23, denied)]
        of_claim = ""
        if self.chance(0.12):
            amount = pick.choice([500, -300])
            of_claim = packed([(pick.choice(["CO", "PR"]), pick.choice(["45", "1", "253"]), amount)])
            if self.chance(0.5):
                rows[0]["paid_amount"] = dollars(cents(rows[0]["paid_amount"]) - amount)
        for sequence, row in enumerate(rows, start=1):
            row.update(service_sequence=str(sequence), claim_adjustments=of_claim)
        if self.chance(0.12):
            rows = [self.of_whole_claim(rows)]
        self.deliver(life, rows)

    def of_whole_claim(self, rows: list[Row]) -> Row:
        """The same without SVC."""
        emptied = {name: "" for name in rows[0] if name.startswith("modifier_")}
        return {
            **rows[0],
            **emptied,
            **dict.fromkeys(("service_sequence", "procedure_code", "submitted_procedure_code"), ""),
            **dict.fromkeys(("line_control_number", "allowed_amount", "remark_codes"), ""),
            "charge_amount": dollars(sum(cents(row["charge_amount"]) for row in rows)),
            "paid_amount": dollars(sum(cents(row["paid_amount"]) for row in rows)),
            "adjustments": "",
            "claim_adjustments": "|".join(row["adjustments"] for row in rows if row["adjustments"]),
        }

    def services(self, head: Row, line: Row, carc_23: bool, denied: bool) -> list[Row]:
        """One or two SVC of a billed line."""
        pick = self.random
        charge = cents(line["charge_amount"])
        first = pick.choice([charge // 2, charge // 3])
        parts = [first, charge - first] if self.chance(0.1) else [charge]
        rows = []
        dated = self.chance(0.9)
        returned = self.chance(0.7)
        for part in parts:
            paid, given, items = self.amounts(part, denied)
            if carc_23:
                items, paid = [*items, ("OA", "23", 100)], paid - 100
            rows.append(
                {
                    **head,
                    **{f"modifier_{i}": line[f"modifier_{i}"] if returned else "" for i in range(1, 5)},
                    "line_control_number": pick.choice(
                        ["", line["line_control_number"], line["line_number"]]
                    ),
                    "service_date": line["service_date"] if dated else "",
                    "procedure_code": line["procedure_code"],
                    "charge_amount": dollars(part),
                    "paid_amount": dollars(paid),
                    "allowed_amount": "" if given is None else dollars(given),
                    "adjustments": packed(items),
                    "remark_codes": pick.choice(REMARKS),
                }
            )
        kind = pick.randint(0, 39)
        for row in rows:
            if kind == 0:
                row.update(submitted_procedure_code=row["procedure_code"], procedure_code="01942")
            elif kind == 1:
                row["procedure_code"] = "01942"
        return rows

    def secondary_answer(self, life: Life, day: date) -> None:
        """Another payer's answer, with or without CARC 23."""
        pick = self.random
        payer = pick.choice(PAYERS)
        head = self.head(life, day, pick.choice(["2", "2", "1", "3", "20"]), payer)
        rows = [
            row
            for line in life.bills[-1]
            for row in self.services(head, line, self.chance(0.4), self.chance(0.2))
        ]
        for sequence, row in enumerate(rows, start=1):
            row.update(service_sequence=str(sequence), claim_adjustments="")
        self.deliver(life, rows)

    def reverse(self, life: Life, day: date) -> None:
        """A status 22 of an earlier answer: signed, unsigned, of another amount, of the claim as a whole."""
        pick = self.random
        answers = [unit for unit in life.answers if unit.rows[0]["claim_status_code"] != "22"]
        if not answers:
            return
        taken = pick.choice(answers)
        sign = -1 if self.chance(0.8) else 1
        off = pick.choice([1000, -1000]) if self.chance(0.1) else 0
        rows = [
            {
                **row,
                "claim_status_code": "22",
                "payment_date": day.isoformat(),
                "payment_trace": f"T{self.ordinal}R{self.units}",
                "charge_amount": dollars(sign * cents(row["charge_amount"])),
                "paid_amount": dollars(sign * cents(row["paid_amount"]) + off),
                "allowed_amount": "",
                "adjustments": negated(row["adjustments"], sign),
                "claim_adjustments": negated(row["claim_adjustments"], sign),
            }
            for row in taken.rows
        ]
        if self.chance(0.1):
            fresh = f"P{self.ordinal}Q{len(self.payer_numbers)}"
            rows = [
                {**row, "payer_claim_number": fresh, "original_payer_claim_number": row["payer_claim_number"]}
                for row in rows
            ]
        if self.chance(0.1) and rows[0]["procedure_code"]:
            rows = [self.of_whole_claim(rows)]
        self.deliver(life, rows)
        if self.chance(0.4):
            self.answer(life, day + timedelta(days=pick.choice([0, 0, 6])))

    def deliver(self, life: Life, rows: list[Row]) -> None:
        """One CLP; now and then by a second route, which leaves out what is not money."""
        unit = self.new_unit(rows)
        life.answers.append(unit)
        self.remits.append(unit)
        if self.chance(0.08):
            later = date.fromisoformat(rows[0]["payment_date"]) + timedelta(
                days=self.random.choice([0, 0, 2])
            )
            lacking = dict.fromkeys(("line_control_number", "allowed_amount", "remark_codes"), "")
            copies = [{**row, **lacking, "payment_date": later.isoformat()} for row in rows]
            self.remits.append(self.new_unit(copies))
