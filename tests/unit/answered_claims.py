"""Accepted claim and remit rows made by hand, and what the product resolves them to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import polars as pl

from flows.readers.reference_files import read_reference
from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE
from schemas.columns import Column, names, polars_schema
from schemas.reference import ReferenceTables
from schemas.rules import Rules
from transforms.resolve import resolve_lines

Row = dict[str, Any]
SERVICE = date(2026, 1, 5)
PAID_ON = date(2026, 1, 20)
CLAIM_REQUIRED = set(names(ACCEPTED_CLAIM_LINE))
REMIT_REQUIRED = set(names(ACCEPTED_REMIT_LINE))


def days(count: int) -> date:
    """A day after the payment date."""
    return PAID_ON + timedelta(days=count)


def claim(**values: Any) -> Row:
    """An Aetna claim line of 30 minutes for 900.00, billed the day after the service."""
    number = values.get("claim_number_key", "A1")
    row = {
        **dict.fromkeys(names(ACCEPTED_CLAIM_LINE)),
        "file_key": "claims",
        "in_scope": True,
        "claim_number_key": number,
        "loose_number_key": f"loose {number}",
        "patient_key": "patient",
        "member_key": "member",
        "birth_key": "birth",
        "billing_provider_npi": "1234567893",
        "role": "P",
        "submitted_on": date(2026, 1, 6),
        "claim_frequency_code": "1",
        "line_number": 1,
        "line_number_key": f"lc:{values.get('line_number', 1)}",
        "procedure_code": "01939",
        "modifier_1": "AA",
        "service_date": SERVICE,
        "charge_cents": 90000,
        "unit_basis": "MJ",
        "unit_count_thousandths": 30000,
        "place_of_service": "24",
        "payer_id": "60054",
        "payer_name": "AETNA",
        "has_prior_authorization": False,
        "claim_line_count": 1,
        **values,
    }
    return {name: value for name, value in row.items() if name in CLAIM_REQUIRED}


def remit(**values: Any) -> Row:
    """Aetna allows 420.00 of 900.00 and pays 336.00; 84.00 coinsurance."""
    number = values.get("claim_number_key", "A1")
    row = {
        **dict.fromkeys(names(ACCEPTED_REMIT_LINE)),
        "file_key": "remits",
        "claim_number_key": number,
        "loose_number_key": f"loose {number}",
        "trace_key": "trace 1",
        "payment_date": PAID_ON,
        "payer_claim_key": "P1",
        "claim_status_code": "1",
        "payee_npi": "1234567893",
        "payer_id": "60054",
        "payer_name": "AETNA",
        "service_sequence": 1,
        "service_date": SERVICE,
        "procedure_code": "01939",
        "modifier_1": "AA",
        "charge_cents": 90000,
        "paid_cents": 33600,
        "adjustments": "CO-45:48000|PR-2:8400",
        "adjustments_unread": False,
        **values,
    }
    return {name: value for name, value in row.items() if name in REMIT_REQUIRED}


def denial(carc: str = "16", **values: Any) -> Row:
    """The same line denied."""
    return remit(**{"paid_cents": 0, "adjustments": f"CO-{carc}:90000", **values})


def reversal(**values: Any) -> Row:
    """The payment taken back twelve days later."""
    back = {
        "claim_status_code": "22",
        "trace_key": "trace 2",
        "payment_date": days(12),
        "charge_cents": -90000,
        "paid_cents": -33600,
        "adjustments": "CO-45:-48000|PR-2:-8400",
    }
    return remit(**{**back, **values})


def correction(**values: Any) -> Row:
    """A new payment of that day: 375.00 allowed, 300.00 paid."""
    anew = {
        "trace_key": "trace 2",
        "payment_date": days(12),
        "paid_cents": 30000,
        "adjustments": "CO-45:52500|PR-2:7500",
    }
    return remit(**{**anew, **values})


@dataclass(frozen=True)
class Resolved:
    """lines and remits as resolved, in the order in which the rows were given."""

    lines: list[Row]
    remits: list[Row]

    @property
    def line(self) -> Row:
        """The only current line."""
        (line,) = [line for line in self.lines if line["standing"] == "current"]
        return line

    @property
    def outcomes(self) -> list[str]:
        """Outcome of each remit row."""
        return [row["outcome"] for row in self.remits]

    def states(self) -> list[str | None]:
        """Adjudication state of each claim line."""
        return [line["adjudication_state"] for line in self.lines]


@lru_cache(maxsize=1)
def reference() -> ReferenceTables:
    """The reference data as shipped."""
    return read_reference()


def frame(rows: Iterable[Row], columns: tuple[Column, ...]) -> pl.LazyFrame:
    """Rows as accepted, numbered in their order."""
    numbered = [{**row, "row_number": place} for place, row in enumerate(rows, start=1)]
    return pl.DataFrame(numbered, schema=polars_schema(columns), orient="row").lazy()


def resolve(claims: list[Row], remits: list[Row], **rules: Any) -> Resolved:
    """Resolve rows by hand."""
    found = resolve_lines(
        frame(claims, ACCEPTED_CLAIM_LINE), frame(remits, ACCEPTED_REMIT_LINE), reference(), Rules(**rules)
    )
    lines, answers = (part.sort("row_number").collect().to_dicts() for part in (found.lines, found.remits))
    return Resolved(lines, answers)


def told(found: Resolved) -> list[Row]:
    """What is said of the lines, without where the rows stood."""
    apart = ("file_key", "row_number", "final_file_key", "final_row_number")
    rows = [{name: value for name, value in line.items() if name not in apart} for line in found.lines]
    return sorted(rows, key=lambda row: repr(sorted(row.items(), key=lambda item: item[0])))


def answered(*answers: Row) -> list[Row]:
    """What is said of lines that had one answer each, of claims of their own with the answer's charge."""
    claims, remits = [], []
    for place, answer in enumerate(answers):
        number = f"N{place:03d}"
        who = {name: f"{name} {number}" for name in ("patient_key", "member_key", "birth_key")}
        own = {"claim_number_key": number, "loose_number_key": number}
        claims.append(claim(charge_cents=answer["charge_cents"], **own, **who))
        remits.append({**answer, **own, "payer_claim_key": f"P{number}"})
    return resolve(claims, remits).lines
