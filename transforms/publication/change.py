"""What may be said of a change on the year, and of a level that breaks: no more than the data carry."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Final

from transforms.publication.published import PublishedRow

_LEAST_LINES: Final = 30
LEAST_PRICE_CHANGE: Final = 0.02
LEAST_POINTS: Final = 0.01
LEAST_Z: Final = 1.96
ROUNDED_BY: Final = 2
"""A rounded count may be off by two."""
BREAK_MONTHS: Final = 2
BEFORE_MONTHS: Final = 6


def is_comparable(now: PublishedRow, before: PublishedRow, count: str) -> str:
    """Empty where two periods may be compared; else why not, in words."""
    if now.values is None or now[count] is None:
        return "not shown in this period"
    if before.values is None or before[count] is None:
        return "no figure from a year ago"
    if not (now.is_mature and before.is_mature):
        return "not yet mature"
    if min(now[count], before[count]) < _LEAST_LINES:
        return "too few lines to compare"
    return ""


def rate_moved(now: PublishedRow, before: PublishedRow, part: str, whole: str) -> int:
    """1 up, -1 down, 0 little changed.

    Two proportions apart by |z| >= 1.96 and a point, at both ends of what rounding leaves open.
    """
    gap = 0 if now.is_exact else ROUNDED_BY
    signs = {
        _proportions(now[part] + a, now[whole], before[part] + b, before[whole])
        for a in (-gap, gap)
        for b in (-gap, gap)
    }
    return signs.pop() if len(signs) == 1 else 0


def _proportions(part: float, whole: float, part_before: float, whole_before: float) -> int:
    rate, rate_before = part / whole, part_before / whole_before
    pooled = min(max((part + part_before) / (whole + whole_before), 0.0), 1.0)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / whole + 1 / whole_before))
    if spread == 0 or abs(rate - rate_before) < LEAST_POINTS or abs(rate - rate_before) / spread < LEAST_Z:
        return 0
    return 1 if rate > rate_before else -1


def index_moved(now: PublishedRow, before: PublishedRow) -> int:
    """1 up, -1 down, 0 little changed.

    The intervals of the index at fixed mix lie apart, and it moved by 2 % at least.
    """
    bounds = [row[name] for row in (now, before) for name in ("price_index_low", "price_index_high")]
    if any(bound is None for bound in (*bounds, now["price_index"], before["price_index"])):
        return 0
    low, high, low_before, high_before = bounds
    if abs(now["price_index"] / before["price_index"] - 1) < LEAST_PRICE_CHANGE:
        return 0
    return 1 if low > high_before else -1 if high < low_before else 0


def level_break(rows: Sequence[PublishedRow], column: str) -> PublishedRow | None:
    """The first of two mature months running under half, or over twice, the median of the six before.

    A level that breaks asks for a look at the files, not for a headline.
    """
    mature = [row for row in rows if row.is_mature and row[column] is not None]
    for place in range(BEFORE_MONTHS, len(mature) - BREAK_MONTHS + 1):
        level = median(float(row[column]) for row in mature[place - BEFORE_MONTHS : place])
        after = [float(row[column]) for row in mature[place : place + BREAK_MONTHS]]
        if level > 0 and (max(after) < level / 2 or min(after) > level * 2):
            return mature[place]
    return None
