"""Releases for `shared` over random nights: each cell against a reckoning of its own from the lines alone."""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.rules import ALL, DisclosureRules, Rules
from transforms.disclosure.carry_forward import CARRIED_SCHEMA, Changes, carry_forward
from transforms.disclosure.suppress import suppress
from transforms.tables.build import build_tables
from transforms.tables.release_changes import changed_lines

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import table_lines  # noqa: E402
from table_lines import NPIS, paid  # noqa: E402

Row = dict[str, Any]
Cell = tuple[str, str, date]
RULES = replace(DisclosureRules.of("shared"), complementary=False)
WINDOW = date(2024, 1, 1)
AS_OF = date(2024, 12, 31)
PAYERS = ("aetna", "cigna", "uhc")
NIGHTS = 6


def build(rows: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    none, quality = table_lines.no_remits(), table_lines.no_quality()
    return build_tables(rows, none, quality, AS_OF, Rules(), table_lines.reference(), rolling_from=WINDOW)


def world(chance: random.Random) -> list[Row]:
    """Lines of three payers in two months; some come only on a later night."""
    return [
        paid(
            30_000,
            row_number=number,
            claim_key=f"claim{number:04}",
            claim_number_key=f"claim{number:04}",
            patient_key=f"patient{number:04}",
            payer=chance.choice(PAYERS),
            billing_provider_npi=NPIS[number % 6],
            service_date=date(2024, chance.choice((1, 2)), 10),
            first_night=0 if number <= 170 else chance.choice((2, 4)),
        )
        for number in range(1, 200)
    ]


def changed(rows: list[Row], chance: random.Random, night: int) -> None:
    """Some lines are allowed more, or again what they were at first."""
    month, payer = chance.choice((1, 2)), chance.choice(PAYERS)
    for row in rows:
        if row["payer"] == payer and row["service_date"].month == month and chance.random() < 0.25:
            row["allowed_cents"] = 30_000 if chance.random() < 0.4 else 30_000 + 100 * night


def as_lines(rows: list[Row], night: int) -> pl.LazyFrame:
    there = [row for row in rows if row["first_night"] <= night]
    return table_lines.lines(*({k: v for k, v in row.items() if k != "first_night"} for row in there))


def content(rows: list[Row], night: int, cell: Cell) -> dict[str, int]:
    """Patient -> what their line of the cell says."""
    payer, period, first = cell
    months = {first.month} if period == "month" else set(range(1, 13))
    return {
        row["patient_key"]: row["allowed_cents"]
        for row in rows
        if row["first_night"] <= night
        and payer in (ALL, row["payer"])
        and row["service_date"].month in months
    }


def cells(tables: dict[str, pl.DataFrame]) -> dict[Cell, Row]:
    found = tables["payment"].filter(pl.col("period_type").is_in(["month", "year"]), line_of_business=ALL)
    return {(row["payer"], row["period_type"], row["period_start"]): row for row in found.to_dicts()}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_cell_is_new_or_as_it_was(seed: int) -> None:
    chance = random.Random(seed)
    rows = world(chance)
    published = suppress(build(as_lines(rows, 0)), RULES)
    carried = pl.DataFrame(schema=CARRIED_SCHEMA)
    bases = {"n0": as_lines(rows, 0)}
    history = {0: [dict(row) for row in rows]}
    basis = dict.fromkeys(cells(published), 0)
    seen = {"carried": 0, "new": 0, "same": 0}
    for night in range(1, NIGHTS):
        changed(rows, chance, night)
        history[night] = [dict(row) for row in rows]
        now, last = as_lines(rows, night), f"n{night - 1}"
        moved = {name: changed_lines(lines, now) for name, lines in bases.items()}
        since = {name: build(lines) for name, lines in moved.items()}
        every = build(pl.concat(moved.values()).unique())
        later = suppress(build(now), RULES)
        before = cells(published)
        published, carried = carry_forward(published, later, Changes(since, last, every, carried), RULES)
        bases = {name: lines for name, lines in bases.items() if name in set(carried["basis"])}
        bases[f"n{night}"] = now
        for cell, row in cells(published).items():
            then = content(history[basis.get(cell, night - 1)], basis.get(cell, night - 1), cell)
            here = content(rows, night, cell)
            patients = {p for p in then.keys() | here.keys() if then.get(p) != here.get(p)}
            if 1 <= len(patients) < RULES.minimum_count:
                assert row == before[cell], (night, cell, len(patients))
                basis.setdefault(cell, night - 1)
                seen["carried"] += 1
                continue
            assert row == cells(later)[cell], (night, cell, len(patients))
            seen["new" if patients else "same"] += 1
            basis[cell] = night
    assert min(seen.values()) > 0, seen
    assert len(bases) > 1
