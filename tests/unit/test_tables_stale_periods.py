"""Tables of some periods alone are those rows of the tables of all periods, and go together with the rest."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
import table_lines

from schemas.rules import Rules
from transforms.tables.analysis_lines import open_analysis
from transforms.tables.build import tables_of_lines
from transforms.tables.periods import Calendar, Period, first_day, month_of, months_of
from transforms.tables.stale_periods import (
    counted_months,
    joined,
    months_told,
    moving_periods,
    part_of,
    parts_of,
    whole_of,
)

AS_OF = date(2024, 12, 31)
ROLLING = date(2023, 10, 1)
N = ["service_lines", "claims", "cases", "patients", "billing_providers"]
Tables = dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def lines() -> pl.LazyFrame:
    return table_lines.random_lines(2000, seed=5, providers=9).collect().lazy()


def build(lines: pl.LazyFrame, only: frozenset[Period] | None = None, as_of: date = AS_OF) -> Tables:
    reference = table_lines.reference()
    return tables_of_lines(
        open_analysis(lines, as_of, Rules(), reference, rolling_from=ROLLING, only=only), reference
    )


def all_periods(lines: pl.LazyFrame) -> frozenset[Period]:
    return Calendar(AS_OF, 90, month_of(ROLLING)).periods_of(counted_months(lines).tolist())


def of_months(lines: pl.LazyFrame, periods: frozenset[Period]) -> pl.LazyFrame:
    """Lines of the years that periods lie in: a payer's own median price is of a year."""
    years = {month // 12 for period in periods for month in months_of(period)}
    return lines.filter(pl.col("service_month").dt.year().is_in(years))


def all_joined(earlier: Tables, stand: frozenset[Period], fresh: Tables) -> Tables:
    return {name: joined(name, earlier[name], stand, frame) for name, frame in fresh.items()}


def test_a_calendar_knows_the_periods_of_its_months() -> None:
    found = Calendar(AS_OF, 90, month_of(ROLLING)).periods_of([month_of(date(2024, 2, 1))])
    assert {(kind, first_day(start)) for kind, start in found} == {
        ("month", date(2024, 2, 1)),
        ("quarter", date(2024, 1, 1)),
        ("year", date(2024, 1, 1)),
        ("rolling_12", ROLLING),
    }


@pytest.mark.parametrize("nth", range(4))
def test_stale_periods_built_alone_complete_what_stands(lines: pl.LazyFrame, nth: int) -> None:
    whole, periods = build(lines), all_periods(lines)
    stale = frozenset(sorted(periods)[nth::4])
    fresh = build(of_months(lines, stale), stale)
    assert sum(frame.height for frame in fresh.values()) < sum(frame.height for frame in whole.values())
    together = all_joined(whole, periods - stale, fresh)
    for name, frame in whole.items():
        assert together[name].equals(frame), name
        assert together[name].schema == frame.schema, name


def test_a_table_of_which_nothing_moved_is_the_earlier_one(lines: pl.LazyFrame) -> None:
    whole, periods = build(lines), all_periods(lines)
    stale = frozenset(sorted(periods)[::4])
    dearer = lines.with_columns(pl.col("paid_cents") + 1)
    moved = build(dearer)
    together = all_joined(whole, periods - stale, build(of_months(dearer, stale), stale))
    same = {name for name, frame in together.items() if frame is whole[name]}
    assert {"utilization", "diagnoses"} <= same < set(whole)
    in_stale = pl.any_horizontal(
        (pl.col("period_type") == kind) & (pl.col("period_start") == first_day(start))
        for kind, start in stale
    )
    for name in set(whole) - same:
        rows = pl.when(in_stale)
        keys = [column for column in whole[name].columns if column not in ("period_type", "period_start")]
        merged = pl.concat([whole[name], moved[name].select(pl.all().name.suffix("_now"))], how="horizontal")
        told = merged.select(
            "period_type",
            "period_start",
            *(rows.then(pl.col(f"{key}_now")).otherwise(key).alias(key) for key in keys),
        )
        assert together[name].equals(told.select(whole[name].columns)), name


def test_periods_that_are_gone_go(lines: pl.LazyFrame) -> None:
    left = lines.filter(pl.col("service_month").dt.year() == 2024)
    stale = frozenset(
        period for period in all_periods(lines) if period[0] == "rolling_12" and period in all_periods(left)
    )
    together = all_joined(build(lines), all_periods(left) - stale, build(left, stale))
    for name, frame in build(left).items():
        assert together[name].equals(frame), name


def test_where_no_period_stands_all_is_built_anew(lines: pl.LazyFrame) -> None:
    whole = build(lines)
    for name, frame in all_joined(whole, frozenset(), whole).items():
        assert frame.equals(whole[name]), name


def test_a_table_is_its_parts_together(lines: pl.LazyFrame) -> None:
    names = {part_of(period) for period in all_periods(lines)}
    assert names == {"2023", "2024", "rolling_12"}
    for name, frame in build(lines).items():
        parts = parts_of(frame)
        assert set(parts) <= names
        for part, rows in parts.items():
            told = rows.select("period_type", "period_start").unique().iter_rows()
            assert {part_of((kind, month_of(start))) for kind, start in told} == {part}
        if parts:
            assert whole_of([parts[part] for part in sorted(parts)]).equals(frame), name


def test_months_with_a_row_are_told_by_the_table_of_them(lines: pl.LazyFrame) -> None:
    assert set(months_told(build(lines)["utilization"])) == set(counted_months(lines))
    assert counted_months(lines.filter(pl.lit(False))).size == 0


def test_only_periods_with_young_waiting_lines_move_with_the_as_of_date(lines: pl.LazyFrame) -> None:
    before, later = build(lines), build(lines, as_of=date(2025, 1, 20))
    moving = moving_periods(before["open_claims"])
    keys = ["period_type", "period_start"]
    rows = [(kind, first_day(start)) for kind, start in moving]
    young = pl.DataFrame(rows, {"period_type": pl.String, "period_start": pl.Date}, orient="row")
    assert 0 < len(moving) < len(all_periods(lines))
    settled = [tables["open_claims"].join(young, on=keys, how="anti") for tables in (before, later)]
    assert settled[0].drop("is_mature").equals(settled[1].drop("is_mature"))


def test_the_tables_wanted_are_those_among_all(lines: pl.LazyFrame) -> None:
    reference = table_lines.reference()
    analysis = open_analysis(lines, AS_OF, Rules(), reference, rolling_from=ROLLING)
    whole = build(lines)
    for wanted in (["denial_reasons", "payment"], ["utilization"], []):
        found = tables_of_lines(analysis, reference, wanted=wanted)
        assert sorted(found) == sorted(wanted)
        assert all(frame.equals(whole[name]) for name, frame in found.items())
