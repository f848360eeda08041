"""How long protecting the tables takes: all audiences, and that it is linear (contract section 6)."""

from __future__ import annotations

import time
from datetime import date

import numpy as np
import polars as pl
import pytest
import table_lines

from schemas.rules import DisclosureRules, Rules
from transforms.protect.audience_tables import protect_tables
from transforms.tables.build import all_tables

CODES = ("01937", "01938", "01939", "01940", "01941", "01942")
AUDIENCES = ("internal", "standard", "shared")


def built(lines: int, months: int) -> dict[str, pl.DataFrame]:
    """Every table of random lines of six payers and six codes."""
    codes = np.random.default_rng(7).choice(CODES, lines)
    rows = table_lines.random_lines(lines, 1, months).collect()
    return all_tables(
        rows.with_columns(pl.Series("procedure_code", codes)).lazy(),
        table_lines.no_remits(),
        table_lines.no_quality(),
        date(2030, 1, 1),
        Rules(),
        table_lines.reference(),
    )


def seconds(tables: dict[str, pl.DataFrame]) -> float:
    """Time of protecting them for every audience, the best of three."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        for audience in AUDIENCES:
            protect_tables(tables, DisclosureRules.of(audience))
        times.append(time.perf_counter() - begin)
    return min(times)


@pytest.mark.parametrize(("lines", "months", "most"), [(20_000, 24, 1.0), (1_000_000, 60, 5.0)])
def test_protecting_all_audiences(lines: int, months: int, most: float) -> None:
    tables = built(lines, months)
    rows, spent = sum(frame.height for frame in tables.values()), seconds(tables)
    print(
        f"{lines:,} lines, {months} months: {rows:,} rows, {spent:.2f} s, {spent / rows * 1e6:.1f} us a row"
    )
    assert spent < most
