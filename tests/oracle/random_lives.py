"""Seeded random claim lives: small worlds in which everything that can collide does.

`random_world(seed, size)` gives accepted claim and remit rows (schemas/accepted.py) of about `size` lives.
Claim numbers, patients, providers, dates, charges and payer claim numbers come from small pools.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from random_answers import CHARGES, FILING_CODES, PAYERS, Answers, Bill, Life, Row

from schemas.accepted import ACCEPTED_CLAIM_LINE
from schemas.columns import names

CLAIM_COLUMNS = names(ACCEPTED_CLAIM_LINE)
CODES = ["01939"] * 6 + ["01940", "01941", "01937"]
NPIS = ["1234567893", "1003000126"]
SERVICE_DATES = [date(2024, 3, 7), date(2024, 3, 8), date(2024, 3, 9), date(2025, 12, 30), date(2026, 1, 5)]
MODIFIERS = ["AA", "AA", "AA", "QZ", "QK", "QY", "QX", "AD", "QS", "P3", "76", "23"]


class Generator(Answers):
    """Makes one world; all randomness comes from one seed."""

    def __init__(self, seed: int, quirks: bool) -> None:
        super().__init__(seed)
        self.quirks = quirks
        self.claim_rows: list[Row] = []
        self.payer_of: dict[Any, tuple[str, str]] = {}
        pick = self.random
        self.numbers = [f"N{i}" for i in range(pick.randint(1, 5))]
        self.patients = [f"patient{i}" for i in range(pick.randint(1, 3))]
        self.payers = pick.sample(PAYERS, pick.randint(1, 3))
        self.dates = pick.sample(SERVICE_DATES, pick.randint(1, 3))

    # --- claims ---------------------------------------------------------------------------------

    def new_life(self) -> Life:
        pick = self.random
        number, npi, patient = pick.choice(self.numbers), pick.choice(NPIS), pick.choice(self.patients)
        role = pick.choices(["P", "S", "T"], [12, 3, 1])[0]
        key = (number, npi, patient, role)
        payer = self.payer_of.setdefault(key, pick.choice(self.payers))
        if self.quirks and self.chance(0.2):
            payer = pick.choice(self.payers)
        return Life(number, npi, patient, role, payer, pick.choice(self.dates))

    def new_line(self, life: Life, line_number: int) -> Row:
        pick = self.random
        modifiers: list[str | None] = pick.sample(MODIFIERS, pick.choices([0, 1, 2, 3], [1, 6, 3, 1])[0])
        if "76" in modifiers and self.chance(0.6):
            modifiers.remove("76")
        modifiers = [*dict.fromkeys(modifiers), None, None, None, None][:4]
        basis = pick.choices(["MJ", "UN"], [8, 2])[0]
        minutes = pick.choice([32, 32, 45, 60, 15, 4, 5, 300, 301, 7.5, 36.75, 1440])
        count = int(minutes * 1000) if basis == "MJ" else pick.choice([3000, 2100, 8000, 1500, 90000])
        line = dict.fromkeys(CLAIM_COLUMNS)
        line.update(
            line_number=line_number,
            procedure_code=pick.choice(CODES),
            service_date=life.day if self.chance(0.9) else pick.choice(self.dates),
            charge_cents=pick.choice(CHARGES) if self.chance(0.95) else 0,
            unit_basis=basis,
            unit_count_thousandths=count,
            un_means=pick.choice([None, "time", "base_plus_time"]) if basis == "UN" else None,
            place_of_service=pick.choice(["22", "24"]),
            claim_filing_code=pick.choice(FILING_CODES),
            rendering_provider_npi=pick.choice([None, "1003000134"]),
            billing_provider_state=pick.choice([None, "TX", "CA"]),
            service_facility_state=pick.choice([None, None, "OK"]),
            age_at_service=pick.choice([44, 70]),
            patient_sex=pick.choice(["F", "M", None]),
            diagnosis_1=pick.choice([None, "M4712", "G893"]),
            surgical_procedure_code=pick.choice([None, "64633"]),
            has_prior_authorization=self.chance(0.3),
            line_control_key=pick.choice([None, None, f"lc:{life.number}-{line_number}", "lc:1", "lc:2"]),
            line_number_key=f"lc:{line_number}",
            **{f"modifier_{i + 1}": modifiers[i] for i in range(4)},
        )
        return line

    def changed(self, line: Row) -> Row:
        """A line as a later version may bill it."""
        line = dict(line)
        match self.random.randint(0, 5):
            case 0:
                line["charge_cents"] = self.random.choice(CHARGES)
            case 1:
                line["modifier_1"] = self.random.choice(["AA", "QZ", "QK", None])
            case 2:
                line["unit_count_thousandths"] = 47000
            case 3:
                line["line_number"] = self.random.randint(1, 3)
                line["line_number_key"] = f"lc:{line['line_number']}"
            case 4:
                line["service_date"] = self.random.choice(self.dates)
            case _:
                line["charge_cents"], line["modifier_1"] = self.random.choice(CHARGES), "AA"
        return line

    def version_lines(self, life: Life) -> list[Row]:
        """Lines of the next submission of a life: new, the same again, changed, more or fewer."""
        if not life.bills or self.chance(0.1):
            count = self.random.choices([1, 2, 3], [7, 2, 1])[0]
            start = self.random.choice([1, 1, 1, 2])
            return [self.new_line(life, start + i) for i in range(count)]
        before = self.random.choice(life.bills[-2:]).lines
        lines = [dict(line) for line in before]
        kind = self.random.randint(0, 9)
        if kind <= 5 and lines:
            lines = [self.changed(line) if self.chance(0.7) else line for line in lines]
            lines = list({line["line_number"]: line for line in lines}.values())
        elif kind == 6:
            lines.append(self.new_line(life, max([line["line_number"] for line in lines], default=0) + 1))
        elif kind == 7 and len(lines) > 1:
            lines.pop(self.random.randrange(len(lines)))
        return lines

    def original_number(self, life: Life, frequency: str) -> str | None:
        if frequency == "1":
            return None
        own = [row["payer_claim_key"] for answer in life.answers for row in answer]
        if own and self.chance(0.5):
            return str(self.random.choice(own))
        if self.payer_claim_keys and self.chance(0.4):
            return self.random.choice(self.payer_claim_keys)
        return None

    def submit(
        self, life: Life, frequency: str, submitted_on: date, lines: list[Row], original: str | None
    ) -> None:
        """Write the rows of a submission; for replacements and voids perhaps only a header."""
        common = {
            "claim_number_key": life.number,
            "patient_key": life.patient,
            "member_key": f"member of {life.patient}",
            "birth_key": f"birth of {life.patient}",
            "billing_provider_npi": life.npi,
            "role": life.role,
            "submitted_on": submitted_on,
            "claim_frequency_code": frequency,
            "original_claim_key": original,
            "payer_id": life.payer[0],
            "payer_name": life.payer[1],
        }
        header = frequency != "1" and self.chance(0.15)
        if header and self.chance(0.7):
            lines = []
        out_of_scope = 1 if header or self.chance(0.15) else 0
        rows = [
            {**line, **common, "in_scope": True, "claim_line_count": len(lines) + out_of_scope}
            for line in lines
        ]
        if header:
            rows.append({**dict.fromkeys(CLAIM_COLUMNS), **common, "in_scope": False})
        if rows and self.chance(0.06):
            rows.append(dict(self.random.choice(rows)))
        if lines and self.chance(0.05):
            rows.append(
                {**self.random.choice(rows[: len(lines)]), "charge_cents": self.random.choice(CHARGES)}
            )
        self.claim_rows.extend(rows)
        life.bills.append(Bill(submitted_on, lines, frequency))

    # --- lives ----------------------------------------------------------------------------------

    def denied_and_billed_again(self) -> None:
        """A denial, then the same service under other claim numbers."""
        first = self.new_life()
        first.role = "P"
        first.payer = self.payer_of.setdefault((first.number, first.npi, first.patient, "P"), first.payer)
        lines = self.version_lines(first)[:2]
        day = max(self.dates) + timedelta(days=1)
        life = first
        for again in range(self.random.randint(2, 3)):
            self.submit(life, "1", day, [dict(line) for line in lines], None)
            for row in self.denial(life, lines, day + timedelta(days=self.random.randint(1, 9))):
                if again and self.chance(0.5):
                    row["paid_cents"], row["adjustments"] = row["charge_cents"], None
            day += timedelta(days=self.random.choice([0, 10, 10]))
            life = self.resubmit(first)
            if (life.npi, life.patient, life.role) != (first.npi, first.patient, first.role):
                return

    def live(self, life: Life) -> None:
        """A first bill, then whatever happens to claims."""
        day = max(self.dates) + timedelta(days=self.random.randint(0, 4))
        first = self.random.choices(["1", "7", "8"], [16, 2, 1])[0]
        self.submit(life, first, day, self.version_lines(life), self.original_number(life, first))
        for _ in range(self.random.choices([0, 1, 2, 3, 4, 6], [1, 4, 5, 4, 3, 1])[0]):
            day += timedelta(days=self.random.choice([0, 0, 1, 5, 20]))
            what = self.random.choices(["answer", "reverse", "submit"], [6, 2, 3])[0]
            if what == "answer":
                self.answer(life, day)
            elif what == "reverse":
                self.reverse(life, day)
            else:
                frequency = self.random.choices(["1", "6", "7", "8"], [3, 1, 5, 2])[0]
                frequency = "7" if frequency == "6" else frequency
                lines = self.version_lines(life)
                self.submit(life, frequency, day, lines, self.original_number(life, frequency))

    def resubmit(self, life: Life) -> Life:
        """The same service under another claim number."""
        number = self.random.choice(self.numbers)
        key = (number, life.npi, life.patient, life.role)
        if self.payer_of.setdefault(key, life.payer) != life.payer:
            return self.new_life()
        again = Life(number, life.npi, life.patient, life.role, life.payer, life.day)
        again.bills = [bill for bill in life.bills if bill.lines][-1:]
        return again

    def world(self, size: int) -> tuple[list[Row], list[Row]]:
        lives: list[Life] = []
        for _ in range(size):
            life = self.resubmit(self.random.choice(lives)) if lives and self.chance(0.4) else self.new_life()
            self.live(life)
            lives.append(life)
            if self.chance(0.15):
                self.denied_and_billed_again()
        return self.spread_claims(), self.spread_remits()

    def spread_claims(self) -> list[Row]:
        """Rows over three files, numbered in a random order."""
        self.random.shuffle(self.claim_rows)
        counts: dict[str, int] = {}
        for row in self.claim_rows:
            row["file_key"] = f"{self.random.randint(1, 3):016x}"
            row["row_number"] = counts[row["file_key"]] = counts.get(row["file_key"], 0) + 1
        return self.claim_rows

    def spread_remits(self) -> list[Row]:
        """Loops over three files."""
        self.random.shuffle(self.loops)
        rows: list[Row] = []
        counts: dict[str, int] = {}
        for loop in self.loops:
            file_key = f"{self.random.randint(11, 13):016x}"
            for row in loop:
                row["file_key"] = file_key
                row["row_number"] = counts[file_key] = counts.get(file_key, 0) + 1
                rows.append(row)
        return rows


def random_world(seed: int, size: int, quirks: bool = False) -> tuple[list[Row], list[Row]]:
    """Claim rows and remit rows of about `size` lives.

    With quirks, claims of one key may name different payers.
    """
    return Generator(seed, quirks).world(size)
