"""Seeded random lives of claims as canonical lines: small worlds in which everything that can collide does.

Each world has claim numbers, patients and payers of its own and its own month of service, so that a cell that
is wrong tells which world it comes from. A line knows the unit that it was sent in (`_unit`: one CLM or CLP).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from random_payments import CHARGES, PAYERS, Payments, Unit, dollars
from random_plain import plain_claims

Row = dict[str, Any]
FIRST_MONTH = date(2022, 1, 1)
CODES = ["01939"] * 6 + ["01940", "01941"]
NPIS = {"1234567893": "TX", "1003000126": "FL"}
RENDERING = ["1003000134", "1003000142", ""]
MODELS = ["AA", "AA", "AA", "QZ", "QK", "QY", "QX", "AD"]
MODIFIER_PLACES = ("modifier_1", "modifier_2", "modifier_3", "modifier_4")
DIAGNOSES = ["M47.816", "M4712", "G89.3", "G894", "C61", "M54.16", "M51.26", "M48.06", "Z79.891", "E119"]
"""Of several themes, under prefixes of several lengths, and of none; with and without the dot."""
SURGERY = ["64633", "64633", "62280", "62282", "64640", "99999", ""]
"""Procedures that go with 01939, with two codes, with another one, with none; one that is not listed."""
OTHERS = ["QS", "P3", "23", "59", "76", "53", "XU", "QS", "P3"]


@dataclass
class Life:
    """A claim number in use: whose, by whom, to whom, and what was billed and answered so far."""

    number: str
    npi: str
    patient: tuple[str, date]
    role: str
    payer: tuple[str, str]
    day: date
    rendering: str
    bills: list[list[Row]] = field(default_factory=list)
    answers: list[Unit] = field(default_factory=list)
    surgery: str = ""


class World(Payments):
    """One world; all randomness comes from its seed."""

    def __init__(self, seed: int, ordinal: int) -> None:
        super().__init__(random.Random(f"{seed}/{ordinal}"), ordinal)
        self.of_diagnoses = random.Random(f"{seed}/{ordinal}/diagnoses")
        pick = self.random
        self.month = date(FIRST_MONTH.year + ordinal // 12, ordinal % 12 + 1, 1)
        style = pick.choice(["AN-{}{}", "00{}{}", "PCN{}{}"])
        self.numbers = [style.format(ordinal + 10, letter) for letter in "ABCD"[: pick.randint(1, 4)]]
        self.patients = [
            (f"W{ordinal}{letter}", date(pick.randint(1930, 2005), pick.randint(1, 12), pick.randint(1, 28)))
            for letter in "XYZ"[: pick.randint(1, 3)]
        ]
        self.payers = pick.sample(PAYERS, pick.randint(1, 2))
        self.days = [self.month + timedelta(days=pick.randint(3, 20)) for _ in range(pick.randint(1, 2))]
        self.claims: list[Unit] = []
        self.sent: set[tuple[str, str, str, date]] = set()

    # --- bills ----------------------------------------------------------------------------------

    def new_life(self) -> Life:
        pick = self.random
        return Life(
            pick.choice(self.numbers),
            pick.choice(list(NPIS)) if self.chance(0.3) else next(iter(NPIS)),
            pick.choice(self.patients),
            pick.choices(["P", "S", "T"], [14, 2, 1])[0],
            pick.choice(self.payers),
            pick.choice(self.days),
            pick.choice(RENDERING),
            surgery=self.of_diagnoses.choice(SURGERY),
        )

    def new_line(self, life: Life, number: int) -> Row:
        pick = self.random
        modifiers = [pick.choice(MODELS)] if self.chance(0.93) else []
        modifiers += pick.sample(OTHERS, pick.choices([0, 1, 2], [6, 3, 1])[0])
        pick.shuffle(modifiers)
        basis = pick.choices(["MJ", "UN"], [9, 1])[0]
        return {
            "line_number": str(number),
            "line_control_number": pick.choice(["", "", f"LC{life.number}{number}", "1", "2"]),
            "procedure_code": pick.choice(CODES),
            **{f"modifier_{i}": code for i, code in enumerate([*modifiers, "", "", "", ""][:4], start=1)},
            "service_date": life.day.isoformat(),
            "charge_amount": dollars(pick.choice(CHARGES)),
            "unit_basis": basis,
            "unit_count": pick.choice(["32", "32", "45", "60", "15", "4", "300", "36.75"])
            if basis == "MJ"
            else "3",
            **self.diagnoses(),
        }

    def diagnoses(self) -> Row:
        """None to four diagnoses, in their order."""
        pick = self.of_diagnoses
        codes = pick.sample(DIAGNOSES, pick.choices(range(5), [2, 4, 3, 2, 1])[0])
        return {f"diagnosis_{i}": code for i, code in enumerate([*codes, "", "", "", ""][:4], start=1)}

    def lines_of_next_bill(self, life: Life) -> list[Row]:
        """New, the same again, or changed."""
        pick = self.random
        if not life.bills or self.chance(0.1):
            count = pick.choices([1, 2], [5, 1])[0]
            lines = [self.new_line(life, number) for number in range(1, count + 1)]
            if count == 2 and self.chance(0.3):
                lines[1].update({**lines[0], "line_number": "2", "line_control_number": ""})
            if self.chance(0.2):
                extra = self.new_line(life, count + 1)
                lines.append({**extra, "procedure_code": "99100", "charge_amount": "50.00"})
            return lines
        lines = [dict(line) for line in life.bills[-1]]
        kind = pick.randint(0, 9)
        line = pick.choice(lines)
        if kind <= 1:
            line["charge_amount"] = dollars(pick.choice(CHARGES))
        elif kind == 2:
            line["modifier_1"] = pick.choice(MODELS)
        elif kind == 3:
            line["unit_count"] = "47"
        elif kind == 4 and "59" not in line.values():
            line["modifier_4"] = "59"
        elif kind == 5:
            lines = [{**line, "service_date": pick.choice(self.days).isoformat()} for line in lines]
        if self.of_diagnoses.random() < 0.1:
            line.update(self.diagnoses())
            life.surgery = self.of_diagnoses.choice(SURGERY)
        return lines

    def submit(self, life: Life, frequency: str, day: date, original: str = "") -> None:
        """One CLM; a number is billed once a day, but for the two halves of a directed case."""
        pick = self.random
        lines = self.lines_of_next_bill(life)
        while (life.number, life.npi, life.role, day) in self.sent:
            day += timedelta(days=1)
        self.sent.add((life.number, life.npi, life.role, day))
        if frequency != "1" and self.chance(0.06):
            lines = [{**line, "procedure_code": "99100"} for line in lines]
        head = {
            "claim_id": life.number,
            "submitted_on": day.isoformat(),
            "claim_frequency_code": frequency,
            "original_claim_number": original,
            "payer_id": life.payer[0],
            "payer_name": life.payer[1],
            "payer_responsibility": life.role,
            "claim_filing_code": pick.choice(["", "", "CI", "12", "16"]),
            "member_id": life.patient[0],
            "patient_birth_date": life.patient[1].isoformat(),
            "patient_sex": pick.choice(["F", "F", "M"]),
            "billing_provider_npi": life.npi,
            "billing_provider_state": NPIS[life.npi],
            "rendering_provider_npi": life.rendering,
            "place_of_service": pick.choice(["22", "24"]),
            "surgical_procedure_code": life.surgery,
            "prior_authorization_number": pick.choice(["", "AUTH1"]),
        }
        unit = self.new_unit([{**head, **line} for line in lines])
        self.claims.append(unit)
        if any(line["procedure_code"] != "99100" for line in lines):
            life.bills.append(lines)

    def resubmit(self, life: Life, day: date) -> Life:
        """The next bill of a life: again, corrected, replaced, voided, or under a new number."""
        pick = self.random
        kind = pick.randint(0, 9)
        named = self.payer_number_of(life) if self.chance(0.5) else ""
        if kind <= 2:
            self.submit(life, pick.choice(["7", "7", "6", "8"]), day, named)
        elif kind <= 4:
            self.submit(life, "1", day)
        elif kind == 5:
            life.patient = (life.patient[0] + "9", life.patient[1])
            self.submit(life, pick.choice(["1", "7"]), day, named)
        elif kind == 6:
            life.patient = (life.patient[0], life.patient[1] + timedelta(days=31))
            self.submit(life, pick.choice(["1", "7"]), day, named)
        elif kind == 7:
            life.rendering = pick.choice(RENDERING)
            self.submit(life, pick.choice(["1", "7"]), day)
        else:
            again = replace(
                life,
                number=f"{life.number[:6]}{pick.choice('RST')}",
                bills=life.bills[-1:],
                answers=list(life.answers),
            )
            frequency = pick.choice(["1", "1", "7", "8"])
            self.submit(again, frequency, day, "" if frequency == "1" else self.payer_number_of(life))
            return again
        return life

    def payer_number_of(self, life: Life) -> str:
        if life.answers and self.chance(0.8):
            return str(self.random.choice(life.answers).rows[0]["payer_claim_number"])
        return self.random.choice(self.payer_numbers) if self.payer_numbers and self.chance(0.5) else ""

    # --- lives ----------------------------------------------------------------------------------

    def live(self) -> None:
        """A first bill, then whatever happens to claims."""
        life = self.new_life()
        day = max(self.days) + timedelta(days=self.random.randint(0, 4))
        self.submit(life, "1", day)
        if self.chance(0.15):
            self.directed_case(life, date.fromisoformat(self.claims[-1].rows[0]["submitted_on"]))
        for _ in range(self.random.choices([1, 2, 3, 4, 6], [4, 5, 4, 3, 1])[0]):
            day += timedelta(days=self.random.choice([0, 1, 5, 9, 20]))
            what = self.random.choices(["answer", "reverse", "submit", "other"], [6, 2, 3, 1])[0]
            if what == "answer":
                self.answer(life, day)
            elif what == "reverse":
                self.reverse(life, day)
            elif what == "other":
                self.secondary_answer(life, day)
            else:
                life = self.resubmit(life, day)

    def directed_case(self, life: Life, day: date) -> None:
        """The nurse anesthetist's claim of a directed case, under the same account number."""
        other = replace(life, rendering=RENDERING[1], bills=[], answers=[])
        other.bills = [[self.directed(line, "QX") for line in life.bills[-1]]]
        for line in [*life.bills[-1], *self.claims[-1].rows]:
            line.update(self.directed(line, "QK"))
        self.sent.discard((life.number, life.npi, life.role, day))
        self.submit(other, "1", day)
        for at in (life, other):
            if self.chance(0.7):
                self.answer(at, day + timedelta(days=9))

    def directed(self, line: Row, modifier: str) -> Row:
        """A line of one half of a directed case; the line out of scope says of which half it is."""
        others = MODIFIER_PLACES if line["procedure_code"] == "99100" else ()
        return {**line, **dict.fromkeys(others, ""), "modifier_1": modifier}


@dataclass
class Truth:
    """Claims and remits of many worlds, in units that were sent together."""

    claims: list[Unit] = field(default_factory=list)
    remits: list[Unit] = field(default_factory=list)


def random_truth(seed: int, worlds: int, only: int | None = None) -> Truth:
    """Some worlds of one seed, and months of plain claims; `only`: one of the worlds."""
    truth = Truth() if only is not None else Truth(*plain_claims(seed))
    for ordinal in range(worlds):
        if only is None or ordinal == only:
            world = World(seed, ordinal)
            for _ in range(world.random.randint(1, 4)):
                world.live()
            truth.claims.extend(world.claims)
            truth.remits.extend(world.remits)
    return truth
