"""Rounding for protected audiences (contract section 6, "standard" 2 and 3, "shared")."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from schemas.table_columns import Rounding
from transforms.protect.rounding import rounded_count, rounded_value


def rounded(values: list[object], rounding: Rounding) -> list[object]:
    return (
        pl.DataFrame({"value": values}).select(rounded_value(pl.col("value"), rounding)).to_series().to_list()
    )


def counts(values: list[int], is_shared: bool = False) -> list[int]:
    frame = pl.DataFrame({"count": values})
    return frame.select(rounded_count(pl.col("count"), is_shared)).to_series().to_list()


def test_counts_are_rounded_to_the_nearest_5_and_15_stands_for_11_to_17() -> None:
    """Rule 2."""
    assert counts([*range(11, 18)]) == [15] * 7
    assert counts([18, 22, 23, 27, 28, 1002, 1003]) == [20, 20, 25, 25, 30, 1000, 1005]


def test_a_count_of_nobody_is_nobody() -> None:
    """Rule 2: 1 to 10 are null; 0 may be told."""
    assert counts([0]) == [0]
    assert counts([0], is_shared=True) == [0]


def test_shared_counts_are_rounded_half_up_to_10_from_those_of_standard() -> None:
    """ "shared": so that the two together tell no more: each of its values is made from standard's."""
    exact = list(range(11, 400))
    halved = [(count + 5) // 10 * 10 for count in counts(exact)]
    assert counts(exact, is_shared=True) == halved
    assert counts([11, 17, 18, 22, 23], is_shared=True) == [20, 20, 20, 20, 30]


@pytest.mark.parametrize(
    ("rounding", "values", "told"),
    [
        ("money_percentile", [251.64, 251.65, 0.04, 66.6], [251.6, 251.7, 0.0, 66.6]),
        ("money_mean", [5.0, 5.01, 395.0, 395.1, -5.01], [0.0, 10.0, 390.0, 400.0, -10.0]),
        ("owed_mean", [4.99, 5.0, 395.0], [0.0, 10.0, 400.0]),
        ("unit_price_mean", [66.5, 66.51, 20.3178], [66.0, 67.0, 20.0]),
        ("units", [6.65, 6.651, 7.0], [6.6, 6.7, 7.0]),
        ("whole", [34.5, 34.5001, 12.0], [34.0, 35.0, 12.0]),
        ("ratio", [0.395, 0.3951, 1.0], [0.39, 0.4, 1.0]),
        ("medicare_ratio", [3.3633, 3.365, 3.3651, 1.0], [3.36, 3.36, 3.37, 1.0]),
        ("index", [99.5, 99.6], [99.0, 100.0]),
        ("month", [date(2025, 3, 31), date(2025, 3, 1)], [date(2025, 3, 1)] * 2),
        ("none", ["N115"], ["N115"]),
    ],
)
def test_values_have_steps_by_what_they_are(
    rounding: Rounding, values: list[object], told: list[object]
) -> None:
    """Rule 3. Halves go down, where percentiles of nearest rank go; what patients owe goes the other way."""
    assert rounded(values, rounding) == told


def test_a_value_that_is_not_there_is_not_told() -> None:
    assert rounded([None, 1.0], "whole") == [None, 1.0]
