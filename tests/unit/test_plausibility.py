"""Figures of a run held against public ones (table plausibility_anchors, which names the sources)."""

from __future__ import annotations

import polars as pl
import pytest
import table_lines

from transforms.plausibility import FEWEST_LINES, FOUND_IN, departures

PLAUSIBLE = {
    "ratio_to_national_medicare": 1.0,
    "allowed_per_unit_p50": 74.59,
    "minutes_p50": 40.0,
    "denial_rate": 0.01,
}


def tables(lines: int = FEWEST_LINES, **odd: float | None) -> dict[str, pl.DataFrame]:
    """Tables in which Medicare's row has the figures of `odd`, every other one plausible ones."""
    made: dict[str, list[dict[str, object]]] = {"payment": [], "utilization": [], "denials": []}
    cells = [
        ("medicare", "medicare_ffs"),
        ("all", "medicare_advantage"),
        ("all", "commercial"),
        ("all", "all"),
    ]
    for payer, line in cells:
        figures: dict[str, float | None] = dict(PLAUSIBLE)
        if line == "commercial":
            figures["ratio_to_national_medicare"] = 3.5
        if payer == "medicare":
            figures |= odd
        keys = {"procedure_code": "01939", "payer": payer, "line_of_business": line}
        for table, rows in made.items():
            counts = {"service_lines": lines, "unit_priced_lines": lines}
            own = {name: figures[name] for name, (where, _) in FOUND_IN.items() if where == table}
            rows.append(keys | {"period_type": "rolling_12"} | counts | own)
            rows.append(keys | {"period_type": "month"} | counts | dict.fromkeys(own, 999.0))
    return {table: pl.DataFrame(rows, strict=False) for table, rows in made.items()}


def said(**odd: float | None) -> list[str]:
    return [str(found) for found in departures(tables(**odd), table_lines.reference(), "01939")]


def test_plausible_figures_say_nothing() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        (
            {"ratio_to_national_medicare": 1.41},
            "ratio_to_national_medicare of medicare, medicare_ffs is above 1.4",
        ),
        (
            {"ratio_to_national_medicare": 0.5},
            "ratio_to_national_medicare of medicare, medicare_ffs is below 0.9",
        ),
        ({"denial_rate": 0.4}, "denial_rate of medicare, medicare_ffs is above 0.1"),
    ],
)
def test_a_figure_outside_its_anchor_is_named_without_its_value(odd: dict[str, float], words: str) -> None:
    [found] = said(**odd)
    assert found.startswith(words)
    assert str(next(iter(odd.values()))) not in found.replace("1.4 ", "")


def test_few_lines_and_missing_figures_say_nothing() -> None:
    few = tables(FEWEST_LINES - 1, denial_rate=0.9)
    assert departures(few, table_lines.reference(), "01939") == ()
    assert said(ratio_to_national_medicare=None) == []
    assert departures(tables(denial_rate=0.9), table_lines.reference(), "01940") == ()


def test_every_anchored_measure_has_a_table() -> None:
    anchors = table_lines.reference().plausibility_anchors
    assert set(anchors["measure"].drop_nulls()) <= set(FOUND_IN)
