"""Every measure says what protecting it needs: a new one without that fails here."""

from __future__ import annotations

import pytest

from schemas.table_columns import MONEY, PEOPLE, Measure, TableSpec, nearest_rank
from schemas.tables import TABLES
from transforms.protect.rounding import STEPS

MEASURES = [
    pytest.param(spec, m, id=f"{spec.name}.{m.name}")
    for spec in TABLES.values()
    if spec.has_n and not spec.internal_only
    for m in spec.measures
]
FROM_AMOUNTS = (
    "allowed",
    "paid_",
    "patient_responsibility",
    "deductible",
    "coinsurance",
    "copay",
    "medicare",
)
"""Beginnings of names of what is made from allowed or paid amounts (contract section 6, rule 4)."""


@pytest.mark.parametrize(("spec", "m"), MEASURES)
def test_a_measure_names_what_it_rests_on(spec: TableSpec, m: Measure) -> None:
    assert set(m.named_columns) <= {each.name for each in (*spec.measures, *spec.helpers)} | set(
        spec.helper_names
    )
    if m.kind == "rate":
        assert len(m.parts) == 2 and not m.bases, "a rate is made of two published counts"
    if m.kind == "ratio":
        sums = {each.name for each in spec.measures if each.kind == "sum"}
        assert len(m.parts) == 2 and set(m.parts) <= sums, "a ratio is made of two published sums"
    if m.kind == "sum":
        assert m.count, "a sum is mean x count"
    if m.kind == "statistic":
        assert m.needs or m.bases, "a statistic needs enough lines"


@pytest.mark.parametrize(("spec", "m"), MEASURES)
def test_a_measure_is_rounded_as_what_it_is(spec: TableSpec, m: Measure) -> None:
    """Rule 3, by the unit of the column."""
    unit, kind = m.column.unit, m.kind
    if kind in ("population", "count"):
        assert m.rounding == "count"
    if kind == "rate":
        assert m.rounding == "share"
    if m.column.dtype == MONEY:
        assert kind == "sum" and m.rounding in ("money_mean", "owed_mean")
    if unit in ("minutes", "days") and kind in ("statistic", "sum"):
        assert m.rounding == "whole"
    if unit == "date":
        assert m.rounding == "month"
    if kind in ("statistic", "sum", "ratio") and unit not in ("", "date"):
        assert m.rounding in STEPS, "a number has a step"


@pytest.mark.parametrize(("spec", "m"), MEASURES)
def test_a_percentile_is_the_value_of_a_line(spec: TableSpec, m: Measure) -> None:
    """Rule 3: nearest rank."""
    if m.kind == "statistic" and m.name[-4:-2] == "_p":
        assert m.protected == nearest_rank(m.name)


@pytest.mark.parametrize(("spec", "m"), MEASURES)
def test_what_is_made_from_amounts_is_a_price(spec: TableSpec, m: Measure) -> None:
    """Rule 4."""
    is_count = m.kind in ("population", "providers", "count", "rate", "fact")
    if not is_count and any(m.name.startswith(word) for word in FROM_AMOUNTS) and m.column.unit != "date":
        assert m.is_price
    if m.column.unit.startswith("USD") and "charge" not in m.name:
        assert m.is_price


@pytest.mark.parametrize("spec", [spec for spec in TABLES.values() if spec.has_n], ids=lambda spec: spec.name)
def test_n_has_all_its_counts(spec: TableSpec) -> None:
    assert {m.name for m in spec.measures if m.kind == "population"} == set(PEOPLE)
    assert all(not m.n_of or m.n_of in TABLES for m in spec.measures)
