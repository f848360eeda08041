"""The ways of counting agree, whichever the size of a table makes the fast one."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
import table_lines

import transforms.tables.cube as grid_module
import transforms.tables.measuring as measuring
from schemas.rules import Rules
from transforms.tables.analysis_lines import dense
from transforms.tables.build import build_tables
from transforms.tables.periods import Calendar, first_day, is_mature, month_of


def build(lines: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    return build_tables(
        lines,
        table_lines.no_remits(),
        table_lines.no_quality(),
        date(2024, 12, 31),
        Rules(),
        table_lines.reference(),
    )


def test_small_and_large_ways_give_the_same_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = table_lines.random_lines(600, seed=3, providers=9).collect().lazy()
    laid_out = build(lines)
    monkeypatch.setattr(measuring, "LARGEST_TABLE", 0)
    monkeypatch.setattr(grid_module, "LARGEST_MAP", 0)
    for name, frame in build(lines).items():
        assert frame.equals(laid_out[name]), name


@pytest.mark.parametrize(
    "kept", [pl.lit(False), ~pl.col("initially_denied") & pl.col("denial_carc").is_null()]
)
def test_tables_are_built_where_some_have_no_row(kept: pl.Expr) -> None:
    lines = table_lines.random_lines(50, seed=3, providers=9).filter(kept.fill_null(True))
    made = build(lines.collect().lazy())
    assert made["denial_reasons"].height == 0
    assert (made["utilization"].height > 0) == (lines.collect().height > 0)


def test_dense_numbers_are_equal_exactly_where_values_are() -> None:
    values = pl.Series(["b", "a", "b", "c", "a", "b"])
    numbers = dense(values)
    assert sorted(set(numbers.tolist())) == [0, 1, 2]
    assert len(set(zip(values.to_list(), numbers.tolist(), strict=True))) == 3


@pytest.mark.parametrize("size", [10, 70_000])
def test_stable_order_is_that_of_a_plain_sort(size: int) -> None:
    numbers = np.random.default_rng(1).integers(0, size, 5_000)
    order = measuring._stable_order(numbers, size)
    assert (order == np.argsort(numbers, kind="stable")).all()


@pytest.mark.parametrize(
    ("as_of", "mature"), [(date(2024, 6, 28), False), (date(2024, 6, 29), True), (date(2024, 6, 30), True)]
)
def test_a_month_is_mature_ninety_days_after_its_last_day(as_of: date, mature: bool) -> None:
    assert is_mature(month_of(date(2024, 3, 15)), 1, as_of, 90) is mature  # 31 March and 90 days: 29 June


def test_months_fall_into_periods() -> None:
    calendar = Calendar(date(2024, 6, 30), 90, month_of(date(2023, 4, 1)))
    months = np.array([month_of(date(2023, 3, 1)), month_of(date(2024, 2, 1))])
    found = {
        p: [first_day(int(m)) if m >= 0 else None for m in calendar.period_of(months, p)]
        for p in grid_module.PERIOD_TYPES
    }
    assert found == {
        "month": [date(2023, 3, 1), date(2024, 2, 1)],
        "quarter": [date(2023, 1, 1), date(2024, 1, 1)],
        "year": [date(2023, 1, 1), date(2024, 1, 1)],
        "rolling_12": [None, date(2023, 4, 1)],
    }
