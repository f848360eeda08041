"""Periods that `shared` tells, once and for all (contract section 6)."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from schemas.tables import TABLES
from transforms.editions import in_periods, told_periods, with_kept

KEYS = TABLES["utilization"].key_names
FIRST, SECOND = date(2025, 1, 1), date(2025, 4, 1)


def rows(*periods: tuple[str, date, int]) -> pl.DataFrame:
    """Rows of one payer: period type, first day, service lines."""
    fixed = {"procedure_code": "01939", "payer": "aetna", "line_of_business": "commercial"}
    made = [
        {**fixed, "period_type": kind, "period_start": first, "service_lines": lines}
        for kind, first, lines in periods
    ]
    schema = dict.fromkeys(KEYS, pl.String) | {"period_start": pl.Date, "service_lines": pl.Int64}
    return pl.DataFrame(made, schema=schema)


@pytest.mark.parametrize(
    ("kind", "first", "as_of", "is_told"),
    [
        ("quarter", FIRST, date(2025, 6, 29), False),
        ("quarter", FIRST, date(2025, 6, 30), True),
        ("year", FIRST, date(2026, 3, 30), False),
        ("year", FIRST, date(2026, 3, 31), True),
        ("month", FIRST, date(2030, 1, 1), False),
        ("rolling_12", FIRST, date(2030, 1, 1), False),
    ],
)
def test_quarters_and_years_are_told_three_months_after_their_end(
    kind: str, first: date, as_of: date, is_told: bool
) -> None:
    told = told_periods({"utilization": rows((kind, first, 1))}, as_of, 3)
    assert told == ([f"{kind}/{first}"] if is_told else [])


def test_a_period_told_before_keeps_its_rows_and_its_absent_rows() -> None:
    kept = {"utilization": rows(("quarter", FIRST, 40))}
    now = {"utilization": rows(("quarter", FIRST, 70), ("quarter", SECOND, 30))}
    made = with_kept(now, kept, ["quarter/2025-04-01"])["utilization"]
    assert made.get_column("service_lines").to_list() == [40, 30]
    nothing = {"utilization": rows()}
    again = with_kept(now, nothing, ["quarter/2025-04-01"])["utilization"]
    assert again.get_column("service_lines").to_list() == [30]


def test_rows_of_periods_are_told_by_kind_and_day() -> None:
    frame = rows(("quarter", FIRST, 1), ("year", FIRST, 2), ("quarter", SECOND, 3))
    assert in_periods(frame, ["year/2025-01-01"])["service_lines"].to_list() == [2]
    assert in_periods(frame, []).is_empty()


def test_tables_without_periods_stand_as_they_are_now() -> None:
    now = {"payer_rules": pl.DataFrame({"payer": ["aetna"], "value": ["2"]})}
    kept = {"payer_rules": pl.DataFrame({"payer": ["aetna"], "value": ["1"]})}
    assert with_kept(now, kept, [])["payer_rules"].equals(now["payer_rules"])
