"""No mean, percentile, share, sum or ratio tells of how many lines it is (contract section 6).

A reader may know the two prices that the lines of a cell have. Cells are made of every number of lines that
is published alike and of every split of them; what is published of one must be published of others, too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date

import pytest
from table_lines import NPIS, paid, tables_of

from schemas.rules import DisclosureRules
from transforms.protect.audience_tables import protect_tables

Row = dict[str, object]
TABLES = (
    *("payment", "utilization", "timeliness", "case_payment", "denials", "care_models", "states", "sites"),
    *("collections", "price_trend", "modifiers", "diagnoses", "clinical_themes", "demographics"),
    "authorizations",
)
APART = (
    *("period_start", "paid_through", "is_mature", "days_in_receivables"),
    *("allowed_per_unit_p50_year_ago", "change_on_year"),
)
"""Columns that differ because the cells stand in months of their own, with other days and years before."""
UNITS = 6


def of_rates(low: float, high: float) -> Callable[[bool], Row]:
    """Lines of six units at one of two contract rates."""
    return lambda is_high: paid(round(UNITS * 100 * (high if is_high else low)))


def of_copay(cents: int) -> Callable[[bool], Row]:
    """Lines with or without a fixed copay."""
    return lambda has: paid(36_000, copay_cents=cents * has, paid_cents=36_000 - cents * has)


def of_charges(low: int, high: int) -> Callable[[bool], Row]:
    """Lines with one of two charges."""
    return lambda is_high: paid(36_000, charge_cents=high if is_high else low)


def counts_that_fit(line: Callable[[bool], Row], counts: range) -> dict[tuple[int, int], set[int]]:
    """Of cells of n lines, k of them of the second kind: every n of cells that are published the same."""
    cells = [(n, k) for n in counts for k in range(n + 1)]
    days = {cell: date(2010 + i // 12, i % 12 + 1, 1) for i, cell in enumerate(cells)}
    rows = []
    for (n, k), day in days.items():
        dates = dict.fromkeys(("service_date", "first_submitted_on", "first_remit_on", "first_paid_on"), day)
        for i in range(n):
            rows.append(line(i < k) | dates | {"final_remit_on": day, "billing_provider_npi": NPIS[i % 4]})
    shown = protect_tables(tables_of(rows), DisclosureRules.of("standard"))
    cell_of = {day: cell for cell, day in days.items()}
    told: dict[tuple[int, int], list[str]] = defaultdict(list)
    for name in TABLES:
        months = shown[name].filter(payer="aetna", line_of_business="commercial", period_type="month")
        for row in months.iter_rows(named=True):
            seen = {column: value for column, value in row.items() if column not in APART}
            told[cell_of[row["period_start"]]].append(f"{name} {seen}")
    alike: dict[str, set[int]] = defaultdict(set)
    for (n, _), what in told.items():
        alike[str(what)].add(n)
    return {cell: alike[str(what)] for cell, what in told.items()}


@pytest.mark.parametrize(
    "line",
    [
        of_rates(68, 74),
        of_rates(60, 80),
        of_rates(20.32, 71.11),
        of_rates(64, 66),
        of_copay(4_000),
        of_charges(66_000, 71_000),
        of_charges(66_000, 116_000),
    ],
    ids=["near rates", "rates", "Medicare's and another", "close rates", "copay", "grid", "far charges"],
)
def test_no_cell_of_two_prices_tells_its_count(line: Callable[[bool], Row]) -> None:
    """11 to 17 lines: five of the seven counts fit at the least, nearly always all of them."""
    fitting = counts_that_fit(line, range(11, 18))
    assert len(fitting) == 105
    assert min(map(len, fitting.values())) >= 5
    assert sum(len(counts) == 7 for counts in fitting.values()) >= 94


def test_no_larger_cell_of_two_prices_does() -> None:
    """18 to 22 lines: all five counts fit."""
    fitting = counts_that_fit(of_rates(61, 73), range(18, 23))
    assert min(map(len, fitting.values())) == 5
