"""The ways of counting agree, whichever the size of a table makes the fast one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import table_lines

import transforms.tables.cube as grid_module
import transforms.tables.facts as facts
import transforms.tables.measuring as measuring
from flows.steps.divide_lines import divided, kept_in_files
from schemas.rules import Rules
from transforms.tables.analysis_lines import dense, open_analysis
from transforms.tables.build import all_tables, tables_of_lines
from transforms.tables.periods import Calendar, first_day, is_mature, month_of


def build(lines: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    return all_tables(
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
    monkeypatch.setattr(facts, "LARGEST_TABLE", 0)
    monkeypatch.setattr(facts, "PACKED_BITS", 0)
    monkeypatch.setattr(measuring, "LARGEST_TABLE", 0)
    monkeypatch.setattr(measuring, "PACKED_BITS", 0)
    monkeypatch.setattr(grid_module, "LARGEST_MAP", 0)
    for name, frame in build(lines).items():
        assert frame.equals(laid_out[name]), name


def test_parts_without_a_patient_in_common_give_the_same_tables(tmp_path: Path) -> None:
    """Lines that are more than memory should hold are divided so; claims of several lines, too."""
    claims = (pl.int_range(pl.len()) // 3).over("patient_key").cast(pl.String)
    lines = table_lines.random_lines(900, seed=5, providers=9).with_columns(
        claim_key=pl.concat_str("patient_key", claims, separator="-")
    )
    lines = lines.collect().lazy()
    parts = divided(tmp_path, lines, at_a_time=200)
    assert len(parts) == 5
    reference, as_of = table_lines.reference(), date(2024, 12, 31)
    whole, of_parts = (
        tables_of_lines(open_analysis(lines, as_of, Rules(), reference, **given), reference)
        for given in ({}, {"parts": parts, "keep": kept_in_files(tmp_path)})
    )
    assert whole.keys() == of_parts.keys()
    for name, frame in whole.items():
        assert frame.equals(of_parts[name]), name


def test_few_lines_are_not_divided(tmp_path: Path) -> None:
    assert divided(tmp_path, table_lines.random_lines(50), at_a_time=50) == []


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
    numbers = dense(values.hash(0), values.hash(1))
    assert sorted(set(numbers.tolist())) == [0, 1, 2]
    assert len(set(zip(values.to_list(), numbers.tolist(), strict=True))) == 3


def test_values_that_share_a_hash_are_told_apart_by_the_other() -> None:
    same, other = (pl.Series(hashes, dtype=pl.UInt64) for hashes in ([7, 7, 5, 7], [1, 2, 1, 1]))
    assert len(set(zip(same, other, dense(same, other).tolist(), strict=True))) == 3


@pytest.mark.parametrize("largest", [10, 1 << 33, 1 << 55])
def test_sums_are_exact_beyond_what_floats_hold(largest: int) -> None:
    rng = np.random.default_rng(1)
    base, values = rng.integers(0, 5, 200), rng.integers(-largest, largest, 200)
    wanted = [sum(values[base == cell].tolist()) for cell in range(6)]
    assert facts.added(base, values, 6).tolist() == wanted


@pytest.mark.parametrize("largest", [10, 1 << 62])
def test_pairs_are_in_order_whether_they_fit_into_one_number_or_not(largest: int) -> None:
    rng = np.random.default_rng(1)
    first, second = rng.integers(0, 50, 500), rng.integers(-largest, largest, 500)
    found = facts.pairs_in_order(first, second)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == sorted(
        zip(first.tolist(), second.tolist(), strict=True)
    )


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
