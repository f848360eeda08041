"""Cases worked by hand, each from files in a landing folder to published cells: oracle and pipeline alike."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from compare_tables import KEYS
from hand_cases import CASES, JANUARY, Case
from hand_rows import Row, write
from sides import Tables, by_oracle, by_pipeline

MONTHS = [date(year, month, 1) for year in range(2022, 2027) for month in range(1, 13)][:58]
"""Months that cases of one run are moved to, so that each has cells of its own."""
IDENTIFIERS = (
    *("claim_id", "member_id", "original_claim_number", "payment_trace"),
    *("payer_claim_number", "original_payer_claim_number"),
)
DATES = ("submitted_on", "service_date", "payment_date", "patient_birth_date")
APART = [case for case in CASES if case.settings or case.alone]
PLAIN = [case for case in CASES if case not in APART]


def cell(tables: Tables, name: str, month: date) -> Any:
    """`table.measure` of the row of the month, or of its row of a further key; None where there is none."""
    place, _, measure = name.partition(".")
    table, _, key = place.rstrip("]").partition("[")
    keys = ("all", "all", "month", month, "01939")
    names = ("payer", "line_of_business", "period_type", "period_start", "procedure_code")
    found = [
        row
        for row in tables.get(table, [])
        if tuple(row[name] for name in names) == keys
        and (not key or tuple(row[name] for name in KEYS[table]) == tuple(key.split("/")))
    ]
    assert len(found) <= 1, f"{table}: more than one row"
    return found[0][measure] if found else None


def moved(row: Row, number: int, month: date) -> Row:
    """A line with identifiers of its own, every date moved by the same number of days."""
    days = month - JANUARY
    changed = {name: f"{row[name]}K{number}" for name in IDENTIFIERS if row.get(name)}
    for name in DATES:
        if row.get(name):
            changed[name] = (date.fromisoformat(row[name]) + days).isoformat()
    return {**row, **changed}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Tables, date]]:
    """Name of a case -> the tables of the run that it is in, and its month there."""
    found: dict[str, tuple[Tables, date]] = {}
    for start in range(0, len(PLAIN), len(MONTHS)):
        data = tmp_path_factory.mktemp("cases")
        part = dict(zip(MONTHS, PLAIN[start : start + len(MONTHS)], strict=False))
        claims = [moved(row, n, month) for n, (month, case) in enumerate(part.items()) for row in case.claims]
        remits = [moved(row, n, month) for n, (month, case) in enumerate(part.items()) for row in case.remits]
        write(data / "landing", claims, remits)
        tables = by_pipeline(data)
        found |= {case.name: (tables, month) for month, case in part.items()}
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cells_of_the_oracle(case: Case, tmp_path: Path) -> None:
    write(tmp_path / "landing", case.claims, case.remits)

    tables = by_oracle(tmp_path, **case.settings)

    assert {name: cell(tables, name, JANUARY) for name in case.expected} == dict(case.expected)


@pytest.mark.parametrize("case", PLAIN, ids=lambda case: case.name)
def test_cells_of_the_pipeline(case: Case, published: dict[str, tuple[Tables, date]]) -> None:
    tables, month = published[case.name]

    assert {name: cell(tables, name, month) for name in case.expected} == dict(case.expected)


@pytest.mark.parametrize("case", APART, ids=lambda case: case.name)
def test_cells_of_the_pipeline_alone(case: Case, tmp_path: Path) -> None:
    write(tmp_path / "landing", case.claims, case.remits)

    tables = by_pipeline(tmp_path, **case.settings)

    assert {name: cell(tables, name, JANUARY) for name in case.expected} == dict(case.expected)
