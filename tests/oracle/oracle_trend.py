"""How the price per unit moves, and how it would at a fixed mix (contract, section 6; docs/tables.md, price
index).
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import date
from fractions import Fraction
from typing import Any

from oracle_breakdowns import grouped
from oracle_cells import (
    MONTHS_OF,
    UNKNOWN,
    Cell,
    Row,
    is_mature,
    percentile,
    population,
    published,
    unit_prices,
)

FIRST_PERIOD_LINES = 11
LEAST_COMMON = 0.5
NORMAL_95 = 1.959964
COARSE = 5
"""Decimals of the logarithms that variances are made of."""
NO_INDEX = dict.fromkeys(("price_index", "price_index_low", "price_index_high"))
Strata = dict[tuple[Any, ...], list[Row]]


def price_trend(cells: dict[Cell, list[Row]], as_of: date) -> dict[Cell, Row]:
    """One row for each cell with unit-priced lines, but for the rolling window."""
    families: dict[tuple[str, ...], dict[date, list[Row]]] = {}
    for (*family, start), lines in cells.items():
        own = [row for row in lines if row["is_unit_priced"]]
        if own and family[3] != "rolling_12":
            families.setdefault(tuple(family), {})[start] = own
    made: dict[Cell, Row] = {}
    for family, periods in families.items():
        code, payer, line_of_business, period_type = family
        mature = {start for start in periods if is_mature(start, MONTHS_OF[period_type], as_of)}
        index = index_of(periods, mature)
        medians = {start: round(percentile(unit_prices(own), 50) or 0, 4) for start, own in periods.items()}
        for start, own in periods.items():
            made[code, payer, line_of_business, period_type, start] = {
                **population(own),
                **moved_in_a_year(medians, start),
                **index.get(start, NO_INDEX),
            }
    return made


def moved_in_a_year(medians: dict[date, Fraction], start: date) -> Row:
    """The median, that of a year before, and the change between the two as they are published."""
    now, ago = medians[start], medians.get(start.replace(year=start.year - 1))
    return {
        "allowed_per_unit_p50": published(now),
        "allowed_per_unit_p50_year_ago": published(ago),
        "change_on_year": published(now / ago - 1) if ago else None,
    }


def index_of(periods: dict[date, list[Row]], mature: set[date]) -> dict[date, Row]:
    """Index and 95 % interval by period, from the first mature period with lines enough."""
    able = [start for start in periods if start in mature and len(periods[start]) >= FIRST_PERIOD_LINES]
    if not able:
        return {}
    first = min(able)
    strata = {start: by_stratum(own) for start, own in periods.items() if start >= first}
    weights = Counter(
        {
            stratum: sum(len(strata[start].get(stratum, [])) for start in strata if start in mature)
            for stratum in strata[first]
        }
    )
    whole = sum(len(periods[start]) for start in strata if start in mature)
    found = {}
    for start, own in strata.items():
        common = {stratum: weights[stratum] for stratum in own if stratum in strata[first]}
        if start == first or sum(common.values()) >= LEAST_COMMON * whole:
            found[start] = points(own, strata[first], common)
    return found


def by_stratum(lines: list[Row]) -> Strata:
    """Lines of one payer, line of business, care model and site."""
    names = ("payer", "line_of_business", "care_model")
    return grouped(lines, lambda row: [(*(row[name] for name in names), row["place_of_service"] or UNKNOWN)])


def points(own: Strata, first: Strata, weights: dict[tuple[Any, ...], int]) -> Row:
    """100 x exp of the mean change of logarithms, with 1.96 standard errors on either side."""
    held = sum(weights.values())
    moved = sum(w * (mean_log(own[s]) - mean_log(first[s])) for s, w in weights.items()) / held
    variances = pooled_variance(own), pooled_variance(first)
    row: Row = {**NO_INDEX, "price_index": as_index(moved)}
    if None not in variances:
        of_means = [
            w**2 * sum(v / len(side[s]) for v, side in zip(variances, (own, first), strict=True) if v)
            for s, w in weights.items()
        ]
        error = 0.0 if own is first else NORMAL_95 * math.sqrt(sum(of_means)) / held
        row |= {"price_index_low": as_index(moved - error), "price_index_high": as_index(moved + error)}
    return row


def as_index(moved: float) -> float:
    return round(100 * math.exp(moved), 4)


def log_price(row: Row) -> float:
    return math.log(row["allowed_per_unit"])


def mean_log(lines: list[Row]) -> float:
    return math.fsum(log_price(row) for row in lines) / len(lines)


def pooled_variance(strata: Strata) -> float | None:
    """Variance of logarithms within the strata of a period; None where no stratum has two lines."""
    free = sum(len(lines) - 1 for lines in strata.values())
    if not free:
        return None
    squares = []
    for lines in strata.values():
        logs = [round(log_price(row), COARSE) for row in lines]
        mean = math.fsum(logs) / len(logs)
        squares += [(value - mean) ** 2 for value in logs]
    return math.fsum(squares) / free
