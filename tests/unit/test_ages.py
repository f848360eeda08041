"""Age at service: every day of a year, every edge of a published age band (contract, sections 6 and 7)."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from transforms.intake.ages import age_at

BAND_EDGES = (0, 18, 40, 65, 75, 90)


def ages(pairs: list[tuple[date, date]]) -> list[int | None]:
    frame = pl.DataFrame(pairs, schema={"served": pl.Date, "born": pl.Date}, orient="row")
    return frame.select(age_at(pl.col("served"), pl.col("born"))).to_series().to_list()


def years_between(served: date, born: date) -> int:
    return min(served.year - born.year - ((served.month, served.day) < (born.month, born.day)), 90)


@pytest.mark.parametrize("born", [date(1958, 12, 31), date(1960, 2, 29), date(1985, 1, 1), date(1940, 11, 2)])
def test_every_day_of_a_year_of_service(born: date) -> None:
    days = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
    assert ages([(day, born) for day in days]) == [years_between(day, born) for day in days]


@pytest.mark.parametrize(
    "served", [date(2025, 1, 1), date(2025, 2, 28), date(2024, 2, 29), date(2025, 12, 31)]
)
def test_every_day_of_a_year_of_birth(served: date) -> None:
    births = [date(1960, 1, 1) + timedelta(days=n) for n in range(366)]
    assert ages([(served, born) for born in births]) == [years_between(served, born) for born in births]


@pytest.mark.parametrize("edge", BAND_EDGES)
@pytest.mark.parametrize(("month", "day"), [(1, 1), (2, 28), (6, 30), (10, 1), (12, 31)])
def test_the_birthday_is_the_edge_of_a_band(edge: int, month: int, day: int) -> None:
    served = date(2025, month, day)
    birthday = date(2025 - edge, month, day)
    assert ages([(served, birthday), (served, birthday + timedelta(days=1))]) == [edge, edge - 1]


def test_ninety_stands_for_ninety_and_over() -> None:
    served = date(2025, 6, 2)
    assert ages([(served, date(1935, 6, 2)), (served, date(1915, 1, 1))]) == [90, 90]
    assert ages([(served, date(1935, 6, 3))]) == [89]


def test_an_age_without_a_birth_date_is_null() -> None:
    frame = pl.DataFrame(
        {"served": [date(2025, 6, 2)], "born": [None]}, schema={"served": pl.Date, "born": pl.Date}
    )
    assert frame.select(age_at(pl.col("served"), pl.col("born"))).to_series().to_list() == [None]
