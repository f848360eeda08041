"""Distinct counts of a release against a reader who knows, row by row, which rows lie in which.

Written anew and slowly, from what is published: nothing here is taken from suppression but its result.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from math import inf
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.rules import DisclosureRules
from schemas.tables import TABLES
from transforms.disclosure.suppress import suppress

sys.path.insert(0, str(Path(__file__).parent))
from random_tables import random_tables  # noqa: E402

KINDS = ("patients", "cases", "claims")
WHOLE_TABLES = ("case_payment", "care_models", "modifiers", "sites", "diagnoses", "states", "demographics")
"""Whose rows hold, together, all lines of a row of utilization."""
Row = tuple[Any, ...]
"""Table, code, payer, line of business, period type, first day, further keys."""
Bounds = dict[Row, list[float]]
Parts = dict[tuple[Row, str], list[Row]]
SOME = "some"
"""Of a whole that has other lines, too."""


def rows_of(tables: dict[str, pl.DataFrame]) -> dict[Row, dict[str, Any]]:
    return {
        (name, *(row[key] for key in TABLES[name].key_names)): row
        for name, frame in tables.items()
        if set(KINDS) <= set(frame.columns)
        for row in frame.iter_rows(named=True)
    }


def wholes_of(row: Row, windows: set[date]) -> Iterator[tuple[Row, str]]:
    """Rows that hold all lines of a row; and a word for the rows that hold, together, all of theirs."""
    table, code, payer, lob, kind, first, *further = row
    if payer != "all":
        yield (table, code, "all", lob, kind, first, *further), "payers"
    if lob != "all":
        yield (table, code, payer, "all", kind, first, *further), "lines of business"
    if kind == "month":
        quarter = date(first.year, first.month - (first.month - 1) % 3, 1)
        yield (table, code, payer, lob, "quarter", quarter, *further), "months"
        for window in windows:
            if 0 <= (first.year - window.year) * 12 + first.month - window.month < 12:
                yield (table, code, payer, lob, "rolling_12", window, *further), "months"
    if kind == "quarter":
        yield (table, code, payer, lob, "year", date(first.year, 1, 1), *further), "quarters"
    if table != "utilization":
        yield ("utilization", code, payer, lob, kind, first), table if table in WHOLE_TABLES else SOME
    if table == "denial_reasons":
        yield ("denials", code, payer, lob, kind, first), SOME


def known_of(true: dict[Row, dict[str, Any]], told: dict[Row, dict[str, Any]], kind: str) -> Bounds:
    """What the release says of a kind of count in every row."""
    known = {}
    for row, published in told.items():
        if published[kind] is not None:
            known[row] = [published[kind], published[kind]]
        elif published["suppression_reason"] == "small_cell":
            known[row] = [1, 10 if kind == "patients" else inf]
        else:
            known[row] = [min(11, true[row][kind]), inf]
    return known


def narrowed(true: dict[Row, dict[str, Any]], told: dict[Row, dict[str, Any]]) -> list[Row]:
    """Withheld rows with a count above zero that has fewer than three possible values."""
    windows = {row[5] for row in told if row[4] == "rolling_12"}
    parts: Parts = defaultdict(list)
    for row in told:
        for whole, together in wholes_of(row, windows):
            if whole in told:
                parts[whole, together].append(row)
    bounds = {kind: known_of(true, told, kind) for kind in KINDS}
    while passed_on(parts, bounds):
        pass
    return [
        row
        for row, published in told.items()
        if published["patients"] is None
        and any(true[row][kind] > 0 and known[row][1] - known[row][0] < 2 for kind, known in bounds.items())
    ]


def passed_on(parts: Parts, bounds: dict[str, Bounds]) -> bool:
    """Tighten bounds once through everything; whether that changed one."""
    changed = False

    def tighten(known: Bounds, row: Row, low: float, high: float) -> None:
        nonlocal changed
        if low > known[row][0] or high < known[row][1]:
            known[row] = [max(low, known[row][0]), min(high, known[row][1])]
            changed = True

    for known in bounds.values():
        for (whole, word), rows in parts.items():
            for row in rows:
                others = sum(known[other][1] for other in rows if other != row)
                tighten(known, row, known[whole][0] - (inf if word == SOME else others), known[whole][1])
            together = sum(known[row][1] for row in rows)
            tighten(known, whole, max(known[row][0] for row in rows), inf if word == SOME else together)
    for row in bounds["patients"]:
        for more in ("cases", "claims"):
            tighten(bounds["patients"], row, -inf, bounds[more][row][1])
            tighten(bounds[more], row, bounds["patients"][row][0], inf)
    return changed


CUBES = [(300, 3, 1), (600, 6, 4), (1000, 4, 2)]


@pytest.mark.slow
@pytest.mark.parametrize(("lines", "months", "seed"), CUBES)
def test_no_distinct_count_is_left_fewer_than_three_values(lines: int, months: int, seed: int) -> None:
    tables = random_tables(lines, months, seed)
    told = rows_of(suppress(tables, replace(DisclosureRules.of("standard"), complementary=True)))
    assert sum(row["patients"] is None for row in told.values()) > 1_000
    assert narrowed(rows_of(tables), told) == []


def test_the_reader_finds_what_primary_suppression_leaves() -> None:
    tables = random_tables(600, 6, 4)
    told = rows_of(suppress(tables, replace(DisclosureRules.of("standard"), complementary=False)))
    assert len(narrowed(rows_of(tables), told)) > 20
