"""Four published tables over resolved lines, counted one cell at a time (contract, section 6).

No suppression. Money is Decimal dollars; other numbers are rounded half-even to four decimals.
`allowed_per_unit_payer_rules_p50` is left out: it needs the payers' own rules.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

Row = dict[str, Any]
ALL = "all"
MATURE_DAYS = 90
ADJUDICATED = ("paid", "denied", "zero_pay_other")
Values = list[Fraction]


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

Cell = tuple[str, str, str, str, date]


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


def population(lines: list[Row]) -> Row:
    """N: distinct counts."""
    return {
        "claims": len({row["claim_key"] for row in lines}),
        "service_lines": len(lines),
        "cases": len({(r["patient_key"], r["service_date"], r["procedure_code"]) for r in lines}),
        "patients": len({row["patient_key"] for row in lines}),
        "billing_providers": len({row["billing_provider_npi"] for row in lines}),
    }


def with_state(lines: list[Row], *states: str) -> list[Row]:
    return [row for row in lines if row["adjudication_state"] in states]


def unit_price_percentiles(lines: list[Row], *percents: int) -> Row:
    values = present([row for row in lines if row["is_unit_priced"]], "allowed_per_unit")
    return {f"allowed_per_unit_p{p}": published(percentile(values, p)) for p in percents}


def medicare(lines: list[Row]) -> tuple[Fraction, Fraction, int]:
    """(allowed, Medicare's price, lines) over unit-priced lines with both, in dollars."""
    both = [row for row in lines if row["is_unit_priced"] and row["medicare_allowed"] is not None]
    return (
        sum(cents_in_dollars(both, "allowed_cents"), Fraction(0)),
        sum(present(both, "medicare_allowed"), Fraction(0)),
        len(both),
    )


# --- tables --------------------------------------------------------------------------------------


def utilization(lines: list[Row], others: list[Row]) -> Row:
    """`others` are the lines of the cell that are not current primary lines."""
    minutes = present(lines, "anesthesia_minutes")
    units = [value / 10 for value in present(lines, "billed_unit_tenths")]
    adjudicated = with_state(lines, *ADJUDICATED)
    return {
        **population(lines),
        "rendering_providers": len({row["rendering_provider_npi"] for row in lines} - {None}),
        "minutes_sum": published(sum(minutes, Fraction(0))) if minutes else None,
        "minutes_mean": mean(minutes),
        **{f"minutes_p{p}": published(percentile(minutes, p)) for p in (25, 50, 75)},
        "billed_units_sum": published(sum(units, Fraction(0))) if units else None,
        "billed_units_mean": mean(units),
        "charge_sum": dollars(row["charge_cents"] for row in lines),
        "adjudicated_lines": len(adjudicated),
        "adjudicated_share": ratio(len(adjudicated), len(lines)),
        "pending_lines": len(with_state(lines, "pending", "awaiting_readjudication")),
        "reversed_lines": len(with_state(lines, "reversed")),
        "suspect_minutes_lines": sum(bool(row["minutes_suspect"]) for row in lines),
        "secondary_lines": sum(row["standing"] == "secondary" for row in others),
        "voided_claims": sum(row["voided_claim"] for row in others),
        "replaced_claims": sum(row["replaced_claim"] for row in others),
    }


def payment(lines: list[Row]) -> Row:
    priced = [row for row in lines if row["is_priced"]]
    unit_priced = [row for row in lines if row["is_unit_priced"]]
    paid_lines = [row for row in lines if row["is_paid_line"]]
    allowed = cents_in_dollars(priced, "allowed_cents")
    paid = cents_in_dollars(priced, "paid_cents")
    of_patient = ("deductible", "coinsurance", "copay")
    allowed_of_both, medicare_of_both, both = medicare(lines)
    charged = sum(cents_in_dollars(priced, "charge_cents"), Fraction(0))
    return {
        **population(priced),
        "unit_priced_lines": len(unit_priced),
        "national_price_lines": sum(bool(row["medicare_is_national"]) for row in unit_priced),
        "out_of_network_lines": sum(row["network"] == "out_of_network" for row in paid_lines),
        "nsa_lines": sum(row["network"] == "nsa" for row in paid_lines),
        "charge_sum": dollars(row["charge_cents"] for row in priced),
        "allowed_sum": dollars(row["allowed_cents"] for row in priced),
        "paid_sum": dollars(row["paid_cents"] for row in priced),
        "patient_responsibility_sum": dollars(row[f"{name}_cents"] for row in priced for name in of_patient),
        **{f"{name}_sum": dollars(row[f"{name}_cents"] for row in priced) for name in of_patient},
        "allowed_mean": mean(allowed),
        **{f"allowed_p{p}": published(percentile(allowed, p)) for p in (10, 25, 50, 75, 90)},
        "paid_mean": mean(paid),
        "paid_p50": published(percentile(paid, 50)),
        "allowed_per_unit_mean": mean(present(unit_priced, "allowed_per_unit")),
        **unit_price_percentiles(lines, 10, 25, 50, 75, 90),
        "medicare_allowed_sum": Decimal(int(round(medicare_of_both * 100))).scaleb(-2) if both else None,
        "ratio_to_national_medicare": ratio(allowed_of_both, medicare_of_both),
        "allowed_to_charge": ratio(sum(allowed, Fraction(0)), charged),
    }


def median_per_billed_unit(lines: list[Row]) -> Fraction | None:
    """Median of allowed / billed units over unit-priced lines: the share is left in."""
    values = [
        Fraction(row["allowed_cents"], 100) / Fraction(row["billed_unit_tenths"], 10)
        for row in lines
        if row["is_unit_priced"]
    ]
    return percentile(values, 50)


def care_model(lines: list[Row], model: str) -> Row:
    """One care model of a cell, beside the cell's other lines."""
    own = [row for row in lines if row["care_model"] == model]
    whole_case = [row for row in lines if row["care_model"] == "personally_performed"]
    own_price, whole_price = median_per_billed_unit(own), median_per_billed_unit(whole_case)
    allowed_of_both, medicare_of_both, _ = medicare(own)
    return {
        "care_model": model,
        **population(own),
        "share_of_lines": ratio(len(own), len(lines)),
        "priced_lines": sum(row["is_priced"] for row in own),
        **unit_price_percentiles(own, 25, 50, 75),
        "observed_share": None if own_price is None or not whole_price else ratio(own_price, whole_price),
        "ratio_to_national_medicare": ratio(allowed_of_both, medicare_of_both),
        "minutes_p50": published(percentile(present(own, "anesthesia_minutes"), 50)),
    }


def denials(lines: list[Row]) -> Row:
    adjudicated = with_state(lines, *ADJUDICATED)
    denied = with_state(adjudicated, "denied")
    initially = [row for row in adjudicated if row["initially_denied"]]
    return {
        **population(adjudicated),
        "denied_lines": len(denied),
        "denial_rate": ratio(len(denied), len(adjudicated)),
        "initially_denied_lines": len(initially),
        "initial_denial_rate": ratio(len(initially), len(adjudicated)),
        "overturned_lines": len(with_state(initially, "paid")),
        "prior_auth_denied_lines": sum(bool(row["prior_authorization_denial"]) for row in denied),
        "denied_charge_sum": dollars(row["charge_cents"] for row in denied),
        "zero_pay_other_lines": len(with_state(adjudicated, "zero_pay_other")),
    }


def tables(lines: list[Row], as_of: date) -> dict[str, list[Row]]:
    """utilization, payment, care_models and denials of resolved lines, each sorted by its keys."""
    current = [row for row in lines if row["standing"] == "current"]
    others = [row for row in lines if row["standing"] != "current"]
    rolling = rolling_start(current, as_of)
    cells, other_cells = into_cells(current, rolling), into_cells(others, rolling)
    made: dict[str, list[Row]] = {"utilization": [], "payment": [], "care_models": [], "denials": []}
    for cell in sorted(cells):
        keys, members = keys_of(cell, as_of), cells[cell]
        made["utilization"].append({**keys, **utilization(members, other_cells.get(cell, []))})
        for model in sorted({row["care_model"] for row in members}):
            made["care_models"].append({**keys, **care_model(members, model)})
        if any(row["is_paid_line"] for row in members):
            made["payment"].append({**keys, **payment(members)})
        if with_state(members, *ADJUDICATED):
            made["denials"].append({**keys, **denials(members)})
    return made
