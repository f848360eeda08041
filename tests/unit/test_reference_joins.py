"""The dated and the plain reference join: what is in force, and that a line is never doubled."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from transforms.effective_dates import join_in_force, join_reference
from transforms.reference_tables import ReferenceError

FACTORS = pl.DataFrame(
    {
        "area": ["TX", "TX", "FL", "FL"],
        "effective_from": [date(2024, 1, 1), date(2024, 3, 9), None, date(2025, 1, 1)],
        "effective_to": [date(2024, 3, 8), date(2024, 12, 31), date(2024, 6, 30), None],
        "factor": [20.4, 20.8, 19.0, 21.0],
    }
)
LINES = pl.LazyFrame(
    {
        "row": [0, 1, 2, 3, 4, 5, 6, 7, 8],
        "state": ["TX", "TX", "TX", "FL", "FL", "FL", "GA", None, "TX"],
        "service_date": [
            date(2024, 3, 8),
            date(2024, 3, 9),
            date(2025, 1, 1),
            date(2001, 1, 1),
            date(2024, 7, 1),
            date(2031, 1, 1),
            date(2024, 3, 8),
            date(2024, 3, 8),
            None,
        ],
    }
)


def dated(facts: pl.DataFrame, lines: pl.LazyFrame = LINES) -> pl.DataFrame:
    return join_in_force(
        lines,
        facts,
        table="factors",
        on={"state": "area"},
        date="service_date",
        columns={"factor": "conversion_factor"},
    ).collect()


def test_the_fact_in_force_on_the_day_is_taken() -> None:
    assert dated(FACTORS)["conversion_factor"].to_list() == [
        20.4,
        20.8,
        None,
        19.0,
        None,
        21.0,
        None,
        None,
        None,
    ]


def test_the_lines_stay_as_they_are() -> None:
    many = pl.concat([LINES] * 50)
    assert_frame_equal(dated(FACTORS, many).drop("conversion_factor"), many.collect())


@pytest.mark.parametrize("start", [date(2024, 12, 31), date(2024, 3, 9), None])
def test_a_join_that_would_double_lines_fails(start: date | None) -> None:
    extra = FACTORS.head(1).with_columns(
        effective_from=pl.lit(start, dtype=pl.Date), effective_to=pl.lit(None, dtype=pl.Date)
    )
    with pytest.raises(ReferenceError, match="factors: effective dates overlap") as caught:
        dated(pl.concat([FACTORS, extra]))
    assert caught.value.table == "factors"


def test_facts_that_follow_day_on_day_do_not_overlap() -> None:
    next_day = FACTORS["effective_to"][1] + timedelta(days=1)
    extra = FACTORS.head(1).with_columns(
        effective_from=pl.lit(next_day), effective_to=pl.lit(None, dtype=pl.Date)
    )
    assert dated(pl.concat([FACTORS, extra]))["conversion_factor"].to_list()[2] == 20.4


def test_facts_without_a_key_are_in_force_for_all() -> None:
    national = FACTORS.filter(pl.col("area") == "TX").drop("area")
    joined = join_in_force(
        LINES, national, table="national", on={}, date="service_date", columns={"factor": "factor"}
    ).collect()
    assert joined["factor"].to_list() == [20.4, 20.8, None, None, 20.8, None, 20.4, 20.4, None]


def test_no_column_of_the_lines_is_overwritten() -> None:
    with pytest.raises(ReferenceError, match="row"):
        join_in_force(
            LINES,
            FACTORS,
            table="factors",
            on={"state": "area"},
            date="service_date",
            columns={"factor": "row"},
        )


NAMES = pl.DataFrame({"code": ["TX", "FL"], "name": ["Texas", "Florida"]})


def test_the_plain_join_keeps_the_lines() -> None:
    joined = join_reference(
        LINES, NAMES, table="names", on={"state": "code"}, columns={"name": "state_name"}
    ).collect()
    assert_frame_equal(joined.drop("state_name"), LINES.collect())
    assert joined["state_name"].to_list() == ["Texas"] * 3 + ["Florida"] * 3 + [None, None, "Texas"]


def test_a_plain_join_on_a_repeated_key_fails() -> None:
    twice = pl.concat([NAMES, NAMES.head(1)])
    with pytest.raises(ReferenceError, match="names: more than one row per key"):
        join_reference(LINES, twice, table="names", on={"state": "code"}, columns={"name": "state_name"})
