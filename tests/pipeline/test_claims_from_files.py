"""From files in a landing folder to published cells: what is one claim, and what continues what.

Each life is lived in a month of its own, so that one run publishes a row for each. Contract 4.1 to 4.3.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from inbound_rows import Row, as_csv, claim, remit
from small_runs import run_nightly

NURSE, RELIEF = "1316944218", "1003000126"
LIVES: dict[str, tuple[Callable[[Life], None], dict[str, float]]] = {}


class Life:
    """Bills and answers of one month; days count from the service."""

    def __init__(self, month: int) -> None:
        self.service = date(2023 + month // 12, 1 + month % 12, 4)
        self.number = f"ACCT{month:03d}"
        self.member = f"W{month:08d}"
        self.claims: list[Row] = []
        self.remits: list[Row] = []

    def on(self, day: int) -> str:
        return str(self.service + timedelta(days=day))

    def bill(self, day: int = 5, frequency: str = "1", suffix: str = "", **changes: str) -> None:
        """900.00 for 30 minutes, sent so many days after the service."""
        row = {
            "claim_id": self.number + suffix,
            "submitted_on": self.on(day),
            "claim_frequency_code": frequency,
            "member_id": self.member,
            "service_date": self.on(0),
            "charge_amount": "900.00",
            "unit_count": "30",
            "line_control_number": "",
            **changes,
        }
        self.claims.append(claim(**row))

    def paid(self, day: int = 30, suffix: str = "", payer_number: str = "P1", **changes: str) -> None:
        """420.00 of 900.00 allowed."""
        row = {
            "claim_id": self.number + suffix,
            "payment_trace": f"T{self.number}{len(self.remits)}",
            "payment_date": self.on(day),
            "payer_claim_number": f"{self.number}{payer_number}",
            "service_date": self.on(0),
            "line_control_number": "",
            "charge_amount": "900.00",
            "paid_amount": "336.00",
            "allowed_amount": "420.00",
            "adjustments": "CO-45:480.00|PR-2:84.00",
            "remark_codes": "",
            **changes,
        }
        self.remits.append(remit(**row))

    def denied(self, day: int = 30, suffix: str = "", payer_number: str = "P1", **changes: str) -> None:
        row = {"paid_amount": "0.00", "allowed_amount": "", "adjustments": "CO-16:900.00", **changes}
        self.paid(day, suffix, payer_number, **row)

    def names(self, payer_number: str = "P1") -> dict[str, str]:
        return {"original_claim_number": f"{self.number}{payer_number}"}


def life(**expected: float) -> Callable[[Callable[[Life], None]], Callable[[Life], None]]:
    """Register a life with what its month is to say."""

    def registered(lived: Callable[[Life], None]) -> Callable[[Life], None]:
        LIVES[lived.__name__] = (lived, expected)
        return lived

    return registered


OVERTURNED = {
    "lines": 1,
    "patients": 1,
    "allowed": 420,
    "initially_denied": 1,
    "overturned": 1,
    "replaced": 1,
}


@life(**OVERTURNED)
def member_id_corrected_by_a_replacement(life: Life) -> None:
    life.bill()
    life.denied(adjustments="CO-31:900.00")
    life.bill(50, "7", member_id=life.member + "9")
    life.paid(70, payer_number="P2")


@life(**OVERTURNED)
def birth_date_corrected_by_a_replacement(life: Life) -> None:
    life.bill()
    life.denied(adjustments="CO-31:900.00")
    life.bill(50, "7", patient_birth_date="1961-05-18")
    life.paid(70, payer_number="P2")


@life(**OVERTURNED)
def member_id_corrected_by_a_first_submission(life: Life) -> None:
    life.bill()
    life.denied(adjustments="CO-31:900.00")
    life.bill(50, member_id=life.member + "9")
    life.paid(70, payer_number="P2")


@life(**OVERTURNED)
def corrected_twice_one_half_at_a_time(life: Life) -> None:
    life.bill()
    life.denied(adjustments="CO-31:900.00")
    life.bill(50, "7", member_id=life.member + "9")
    life.bill(60, "7", member_id=life.member + "9", patient_birth_date="1961-05-18")
    life.paid(70, payer_number="P2")


@life(lines=1, patients=1, claims=1, allowed=420, replaced=1)
def workers_compensation_without_a_member_id(life: Life) -> None:
    life.bill(member_id="")
    life.bill(8, "7", member_id="", unit_count="45")
    life.paid()


@life(lines=2, patients=2, claims=2, allowed=840, replaced=0)
def two_patients_of_workers_compensation_born_on_one_day(life: Life) -> None:
    for suffix in "12":
        life.bill(member_id="", suffix=suffix)
        life.paid(suffix=suffix, payer_number=f"P{suffix}")


@life(**OVERTURNED)
def a_denial_whose_number_lost_its_punctuation(life: Life) -> None:
    life.bill(suffix="-0-")
    life.denied(suffix="0", adjustments="CO-31:900.00")
    life.bill(50, suffix="-0-", member_id=life.member + "9")
    life.paid(70, suffix="0", payer_number="P2")


@life(lines=2, patients=2, replaced=0)
def both_halves_are_another_patient(life: Life) -> None:
    life.bill()
    life.bill(50, "7", member_id=life.member + "9", patient_birth_date="1970-01-01", charge_amount="910.00")
    life.paid()


@life(lines=2, claims=2, allowed=410, complete=1, unpaired=0, replaced=0, patients=1)
def a_directed_case_under_one_account_number(life: Life) -> None:
    for place, (modifier, npi, amount) in enumerate((("QK", RELIEF, "210.00"), ("QX", NURSE, "200.00"))):
        life.bill(modifier_1=modifier, rendering_provider_npi=npi, charge_amount="450.00")
        rest = f"CO-45:{450 - float(amount):.2f}"
        life.paid(modifier_1=modifier, charge_amount="450.00", allowed_amount=amount, paid_amount=amount,
                  adjustments=rest, payer_number=f"P{place}")  # fmt: skip


@life(lines=1, claims=1, voided=1, allowed=210)
def the_nurse_s_bill_of_it_is_voided(life: Life) -> None:
    a_directed_case_under_one_account_number(life)
    life.bill(60, "8", modifier_1="QX", rendering_provider_npi=NURSE, charge_amount="450.00")


@life(lines=2, claims=2, denied=1, allowed=420, replaced=0)
def the_other_half_of_a_denied_bill(life: Life) -> None:
    life.bill(modifier_1="AD", rendering_provider_npi=RELIEF)
    life.denied(modifier_1="AD")
    life.bill(50, modifier_1="QX", rendering_provider_npi=NURSE)
    life.paid(70, modifier_1="QX", payer_number="P2")


@life(lines=2, claims=2, allowed=790, replaced=0)
def relief_under_one_account_number(life: Life) -> None:
    life.bill(modifier_1="QZ", rendering_provider_npi=NURSE)
    life.bill(modifier_1="QZ", rendering_provider_npi=RELIEF, charge_amount="800.00", unit_count="25")
    life.paid(modifier_1="QZ")
    life.paid(modifier_1="QZ", charge_amount="800.00", allowed_amount="370.00", paid_amount="370.00",
              adjustments="CO-45:430.00", payer_number="P2")  # fmt: skip


@life(lines=1, claims=1, priced=1, allowed=420, paid=336, replaced=2)
def replaced_twice_and_answered_under_the_first_number(life: Life) -> None:
    life.bill()
    life.denied()
    life.bill(40, "7", "B", modifier_2="QS", **life.names("P1"))
    life.denied(60, payer_number="P2")
    life.bill(70, "7", "C", modifier_2="QS", modifier_3="P3", **life.names("P2"))
    life.paid(90, payer_number="P3")


@life(lines=2, claims=2, priced=1, allowed=420, paid=336, replaced=1)
def two_replacements_that_name_one_claim(life: Life) -> None:
    life.bill()
    life.denied()
    life.bill(40, "7", "B", modifier_2="QS", **life.names("P1"))
    life.bill(41, "7", "C", modifier_2="P3", **life.names("P1"))
    life.paid(90, payer_number="P3")


@life(lines=0, priced=0)
def voided_under_a_new_number(life: Life) -> None:
    life.bill()
    life.paid()
    life.bill(40, "8", "V", **life.names("P1"))


@life(lines=2, patients=2, voided=1, allowed=840)
def a_payer_number_that_three_patients_share(life: Life) -> None:
    for place in "123":
        life.bill(suffix=place, member_id=life.member + place)
        life.paid(suffix=place)
    life.bill(40, "8", "V", member_id=life.member + "2", **life.names("P1"))


@life(lines=2, patients=1, voided=0, allowed=840, ambiguous_originals=1)
def a_payer_number_that_two_claims_of_a_patient_share(life: Life) -> None:
    for place, modifier in (("1", "AA"), ("2", "QZ")):
        life.bill(suffix=place, modifier_1=modifier)
        life.paid(suffix=place, modifier_1=modifier)
    life.bill(40, "8", "V", **life.names("P1"))


@life(lines=2, denied=1, overturned=0, allowed=420, replaced=0)
def stopped_and_given_later_that_day(life: Life) -> None:
    life.bill(modifier_2="53", unit_count="12")
    life.denied(adjustments="CO-97:900.00")
    life.bill(6, suffix="B", modifier_2="59", unit_count="40")
    life.paid(suffix="B", modifier_2="59", payer_number="P2")


@life(**OVERTURNED)
def a_bundling_denial_cured_by_a_modifier(life: Life) -> None:
    life.bill()
    life.denied(adjustments="CO-97:900.00")
    life.bill(50, suffix="B", modifier_2="XU")
    life.paid(70, suffix="B", modifier_2="XU", payer_number="P2")


@life(lines=1, allowed=420, replaced=1, initially_denied=0)
def a_replacement_that_failed(life: Life) -> None:
    life.bill()
    life.paid()
    life.bill(50, "7", "B", unit_count="45", **life.names("P1"))
    life.denied(70, payer_number="P2")


@pytest.fixture(scope="module")
def months(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each month says, by the name of its life: the same at once and over three nights."""
    together, by_night = tmp_path_factory.mktemp("together"), tmp_path_factory.mktemp("nights")
    lives = {name: Life(month) for month, name in enumerate(LIVES)}
    for name, (lived, _) in LIVES.items():
        lived(lives[name])
    rows = [("claims", [row for life in lives.values() for row in life.claims]),
            ("remits", [row for life in lives.values() for row in life.remits])]  # fmt: skip
    for folder, nights in ((together, 1), (by_night, 3)):
        for night in range(nights):
            for kind, all_rows in rows:
                part = all_rows[-1 - night :: -nights]
                path = folder / "landing" / f"{kind}{night}.csv"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(as_csv(part))
            run_nightly(folder, audiences=("internal",))
    said = {name: month_says(together, life) for name, life in lives.items()}
    assert {name: month_says(by_night, life) for name, life in lives.items()} == said
    return said


def month_says(data: Path, life: Life) -> dict[str, Any]:
    """The published numbers of a life's month, all payers; 0 where there is no row."""
    keys = {
        "procedure_code": "01939",
        "payer": "all",
        "line_of_business": "all",
        "period_type": "month",
        "period_start": life.service.replace(day=1),
    }

    def row(table: str, **keys: Any) -> dict[str, Any]:
        frame = pl.read_parquet(data / "benchmarks" / "internal" / f"{table}.parquet").filter(**keys)
        assert len(frame) <= 1
        return frame.row(0, named=True) if len(frame) else {}

    volume, price, denials, cases = (
        row(table, **keys) for table in ("utilization", "payment", "denials", "case_payment")
    )
    of_month = {key: keys[key] for key in ("payer", "period_start")}
    quality = row("data_quality", **of_month, source="claim_lines", rule_code="all")
    columns = {
        "lines": (volume, "service_lines"), "claims": (volume, "claims"), "patients": (volume, "patients"),
        "replaced": (volume, "replaced_claims"), "voided": (volume, "voided_claims"),
        "priced": (price, "service_lines"), "allowed": (price, "allowed_sum"), "paid": (price, "paid_sum"),
        "denied": (denials, "denied_lines"), "initially_denied": (denials, "initially_denied_lines"),
        "overturned": (denials, "overturned_lines"), "complete": (cases, "complete_cases"),
        "unpaired": (cases, "unpaired_directed_cases"),
        "ambiguous_originals": (quality, "original_ambiguous"),
    }  # fmt: skip
    return {name: float(found.get(column) or 0) for name, (found, column) in columns.items()}


@pytest.mark.parametrize("name", LIVES)
def test_a_life_from_files_to_cells(name: str, months: dict[str, dict[str, Any]]) -> None:
    expected = LIVES[name][1]
    assert {key: months[name][key] for key in expected} == expected
