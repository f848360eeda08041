"""Numbers, periods and cells of the oracle's tables (contract, section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
ALL = "all"
UNKNOWN = "unknown"
MATURE_DAYS = 90
ADJUDICATED = ("paid", "denied", "zero_pay_other")
WAITING = ("pending", "awaiting_readjudication")
Values = list[Fraction]
Cell = tuple[str, str, str, str, date]

# --- numbers -------------------------------------------------------------------------------------


def published(value: Fraction | None) -> float | None:
    """Rounded half-even to four decimals."""
    return None if value is None else float(round(value, 4))


def dollars(cents: Iterable[int]) -> Decimal:
    """An exact sum of cents in dollars."""
    return Decimal(sum(cents)).scaleb(-2)


def mean(values: Values) -> float | None:
    return published(sum(values, Fraction(0)) / len(values)) if values else None


def percentile(values: Values, percent: int) -> Fraction | None:
    """Linear interpolation between closest ranks (type 7)."""
    if not values:
        return None
    ordered = sorted(values)
    position = Fraction(percent, 100) * (len(ordered) - 1)
    below = int(position)
    if below + 1 == len(ordered):
        return ordered[below]
    return ordered[below] + (position - below) * (ordered[below + 1] - ordered[below])


def percentiles(stem: str, values: Values, *percents: int) -> Row:
    return {f"{stem}_p{percent}": published(percentile(values, percent)) for percent in percents}


def ratio(part: int | Fraction, whole: int | Fraction) -> float | None:
    return published(Fraction(part) / Fraction(whole)) if whole else None


def present(lines: list[Row], column: str) -> Values:
    """Values of a column, without nulls."""
    return [Fraction(row[column]) for row in lines if row[column] is not None]


def cents_in_dollars(lines: list[Row], column: str) -> Values:
    return [value / 100 for value in present(lines, column)]


# --- periods -------------------------------------------------------------------------------------


def month_after(month: date, months: int) -> date:
    """The first day of the month that lies some months after."""
    index = month.year * 12 + month.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def is_mature(period_start: date, months: int, as_of: date) -> bool:
    """The period ended at least so many days before."""
    last_day = month_after(period_start, months) - timedelta(days=1)
    return (as_of - last_day).days >= MATURE_DAYS


def rolling_start(current: list[Row], as_of: date) -> date | None:
    """First month of the one rolling window."""
    months = sorted({row["service_month"] for row in current})
    mature = [month for month in months if is_mature(month, 1, as_of)]
    if not months:
        return None
    return month_after(mature[-1] if mature else months[-1], -11)


MONTHS_OF = {"month": 1, "quarter": 3, "year": 12, "rolling_12": 12}


def periods_of(month: date, rolling: date | None) -> list[tuple[str, date]]:
    """The periods that a month of service is in."""
    found = [
        ("month", month),
        ("quarter", date(month.year, 3 * ((month.month - 1) // 3) + 1, 1)),
        ("year", date(month.year, 1, 1)),
    ]
    if rolling is not None and rolling <= month < month_after(rolling, 12):
        found.append(("rolling_12", rolling))
    return found


# --- cells ---------------------------------------------------------------------------------------


def cells_of(row: Row, rolling: date | None) -> list[Cell]:
    """The five keys of every cell that a line is in; lines without line of business: only of `all`."""
    lines_of_business = [ALL] if row["line_of_business"] is None else [row["line_of_business"], ALL]
    return [
        (row["procedure_code"], payer, line_of_business, period_type, period_start)
        for payer in (row["payer"], ALL)
        for line_of_business in lines_of_business
        for period_type, period_start in periods_of(row["service_month"], rolling)
    ]


def into_cells(lines: list[Row], rolling: date | None) -> dict[Cell, list[Row]]:
    cells: dict[Cell, list[Row]] = {}
    for row in lines:
        for cell in cells_of(row, rolling):
            cells.setdefault(cell, []).append(row)
    return cells


def keys_of(cell: Cell, as_of: date) -> Row:
    """The five keys, and what follows from them."""
    code, payer, line_of_business, period_type, period_start = cell
    return {
        "procedure_code": code,
        "payer": payer,
        "line_of_business": line_of_business,
        "period_type": period_type,
        "period_start": period_start,
        "is_rollup": ALL in (payer, line_of_business),
        "is_mature": is_mature(period_start, MONTHS_OF[period_type], as_of),
        "withheld": None,
    }


def case_of(row: Row) -> tuple[Any, ...]:
    return (row["patient"], row["service_date"], row["procedure_code"])


def population(lines: list[Row]) -> Row:
    """N: distinct counts."""
    return {
        "claims": len({id(row["claim"]) for row in lines}),
        "service_lines": len(lines),
        "cases": len({case_of(row) for row in lines}),
        "patients": len({row["patient"] for row in lines}),
        "billing_providers": len({row["npi"] for row in lines}),
    }


def with_state(lines: list[Row], *states: str) -> list[Row]:
    return [row for row in lines if row["adjudication_state"] in states]


def unit_prices(lines: list[Row]) -> Values:
    return present([row for row in lines if row["is_unit_priced"]], "allowed_per_unit")


def medicare(lines: list[Row]) -> tuple[Fraction, Fraction, int]:
    """(allowed, Medicare's price, lines) over unit-priced lines with both, in dollars."""
    both = [row for row in lines if row["is_unit_priced"] and row["medicare_allowed"] is not None]
    return (
        sum(cents_in_dollars(both, "allowed"), Fraction(0)),
        sum(present(both, "medicare_allowed"), Fraction(0)),
        len(both),
    )


def denied_of(lines: list[Row]) -> Row:
    """Denied lines, of adjudicated lines."""
    denied = with_state(lines, "denied")
    return {
        "denied_lines": len(denied),
        "denial_rate": ratio(len(denied), len(with_state(lines, *ADJUDICATED))),
    }
