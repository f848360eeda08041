"""The comparison of two sides misses no published table, no column and no row."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from compare_tables import FIVE, KEYS, NOT_COUNTED, OWN_KEYS, differences
from oracle_tables import COUNTED

from schemas.tables import TABLES

ROW = {
    "procedure_code": "01939",
    "payer": "all",
    "line_of_business": "all",
    "period_type": "month",
    "period_start": date(2026, 1, 1),
    "sex": "F",
    "age_band": "75+",
    "service_lines": 3,
}


def test_every_published_table_is_counted_or_named_with_the_reason() -> None:
    assert sorted([*COUNTED, *OWN_KEYS, *NOT_COUNTED]) == sorted(TABLES)


@pytest.mark.parametrize("table", COUNTED)
def test_rows_are_compared_by_the_keys_of_the_table(table: str) -> None:
    named = {"carc_name", "modifier_name", "site_name"}
    assert {*FIVE, *KEYS.get(table, ())} == set(TABLES[table].key_names) - named


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"demographics": [ROW]}, []),
        ({"demographics": [{**ROW, "service_lines": 4}]}, ["service_lines: oracle 3, pipeline 4"]),
        ({"demographics": []}, ["75+/F: only in the oracle"]),
        ({"demographics": [ROW, {**ROW, "sex": "M"}]}, ["75+/M: only in the pipeline"]),
        ({"demographics": [{**ROW, "minutes_p50": 1.0}]}, ["demographics.minutes_p50: not counted"]),
        ({"demographics": [ROW], "sites_by_age": [ROW]}, ["sites_by_age: not counted"]),
        ({"demographics": [ROW], "payer_rules": [ROW]}, []),
    ],
)
def test_what_differs_is_told(given: dict[str, list[dict[str, Any]]], told: list[str]) -> None:
    found = differences({"demographics": [ROW]}, given)
    assert len(found) == len(told)
    assert all(part in text for part, text in zip(told, found, strict=True))
