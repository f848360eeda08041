"""What lines are expected to bring, and tables that rest on it (contract, section 6)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from oracle_breakdowns import grouped
from oracle_cells import (
    ADJUDICATED,
    MONTHS_OF,
    WAITING,
    Cell,
    Row,
    dollars,
    month_after,
    percentile,
    population,
    ratio,
    unit_prices,
    with_state,
)

OF_PATIENT = ("deductible", "coinsurance", "copay")


def price_key(row: Row) -> tuple[Any, ...]:
    """The payer's own median is that of code, payer, line of business and calendar year."""
    names = ("procedure_code", "payer", "line_of_business")
    return (*(row[name] for name in names), row["service_date"].year)


def fill_expected(current: list[Row]) -> None:
    """Give each line what it would be allowed at its payer's own median price, in cents; None without one.

    The median has four decimals. Units x share x median is rounded half to even.
    """
    for row in current:
        row["expected"] = None
    for lines in grouped(current, lambda row: [price_key(row)]).values():
        median = percentile(unit_prices(lines), 50)
        for row in lines:
            if median is not None and row["billed_tenths"] is not None and row["share"] is not None:
                units = Fraction(row["billed_tenths"], 10) * row["share"]
                row["expected"] = round(round(median, 4) * units * 100)


def expected_of(lines: list[Row]) -> int:
    """Cents at the payer's own median price, of lines that have one."""
    return sum(row["expected"] or 0 for row in lines)


def collections(lines: list[Row], cell: Cell) -> Row:
    """What was expected, paid and stands open, in one cell."""
    adjudicated = with_state(lines, *ADJUDICATED)
    unanswered = [row for row in lines if row["adjudication_state"] not in ADJUDICATED]
    paid_lines = [row for row in lines if row["is_paid_line"]]
    expected = sum(row["allowed"] for row in adjudicated) + expected_of(unanswered)
    outstanding = expected_of(with_state(lines, *WAITING))
    paid = sum(row["paid"] for row in paid_lines)
    owed = sum(row[name] for row in paid_lines for name in OF_PATIENT)
    *_, period_type, start = cell
    days = (month_after(start, MONTHS_OF[period_type]) - start).days
    return {
        **population(lines),
        "expected_allowed_sum": dollars([expected]),
        "paid_sum": dollars([paid]),
        "patient_responsibility_sum": dollars([owed]),
        "net_collection_rate": ratio(paid, expected - owed),
        "open_allowed_sum": dollars([outstanding]),
        "days_in_receivables": ratio(outstanding * days, expected),
        "reversed_paid_sum": dollars(row["reversed_paid"] for row in lines if row["reversed_paid"] > 0),
    }


def dollars_of_denials(lines: list[Row]) -> Row:
    """Denied and recovered dollars at the payer's own median price: beside the counts of `denials`."""
    adjudicated = with_state(lines, *ADJUDICATED)
    overturned = with_state([row for row in adjudicated if row["initially_denied"]], "paid")
    return {
        "denied_allowed_sum": dollars([expected_of(with_state(adjudicated, "denied"))]),
        "recovered_allowed_sum": dollars([expected_of(overturned)]),
    }
