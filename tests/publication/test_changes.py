"""Up and down are said only where the data carry it; what a payer says is compared only inside its rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from small_tables import WINDOW, months, published

from transforms.publication.change import index_moved, is_comparable, level_break, rate_moved
from transforms.publication.headlines import price_change, rate_change
from transforms.publication.parts import page_text
from transforms.publication.payer_prices import said_sentences
from transforms.publication.published import Published, PublishedRow

NOW, BEFORE = dt.date(2025, 7, 1), dt.date(2024, 7, 1)


def row(is_exact: bool = True, **values: Any) -> PublishedRow:
    return PublishedRow("denials", {}, {"is_mature": True, **values}, is_exact)


@pytest.mark.parametrize(
    ("now", "before", "moved"),
    [
        ((120, 1000), (80, 1000), 1),
        ((80, 1000), (120, 1000), -1),
        ((100, 1000), (95, 1000), 0),  # less than a point
        ((12, 100), (8, 100), 0),  # four points, but |z| is 0.9
    ],
)
def test_a_rate_moved_by_a_point_and_by_two_proportions(
    now: tuple[int, int], before: tuple[int, int], moved: int
) -> None:
    rows = [row(denied=part, lines=whole) for part, whole in (now, before)]
    assert rate_moved(rows[0], rows[1], "denied", "lines") == moved


def test_a_rounded_rate_moved_only_if_it_does_at_both_ends_of_its_counts() -> None:
    pair = [{"denied": 37, "lines": 300}, {"denied": 22, "lines": 300}]
    assert rate_moved(*(row(True, **values) for values in pair), "denied", "lines") == 1
    assert rate_moved(*(row(False, **values) for values in pair), "denied", "lines") == 0


def test_an_index_moved_where_intervals_lie_apart_by_two_percent() -> None:
    def index(level: float, half: float) -> PublishedRow:
        return row(price_index=level, price_index_low=level - half, price_index_high=level + half)

    assert index_moved(index(104, 1), index(100, 1)) == 1
    assert index_moved(index(96, 1), index(100, 1)) == -1
    assert index_moved(index(104, 3), index(100, 3)) == 0
    assert index_moved(index(101.5, 0.1), index(100, 0.1)) == 0


@pytest.mark.parametrize(
    ("now", "before", "reason"),
    [
        ({"is_mature": False}, {}, "not yet mature"),
        ({"service_lines": 29}, {}, "too few lines to compare"),
        ({}, {"service_lines": None}, "no figure from a year ago"),
        ({"service_lines": None}, {}, "not shown in this period"),
        ({}, {}, ""),
    ],
)
def test_periods_that_may_not_be_compared(now: dict[str, Any], before: dict[str, Any], reason: str) -> None:
    rows = [row(**{"service_lines": 100, **values}) for values in (now, before)]
    assert is_comparable(rows[0], rows[1], "service_lines") == reason


def test_a_level_breaks_after_two_months_under_half_of_the_six_before() -> None:
    def series(*rates: float) -> list[PublishedRow]:
        return [row(rate=rate) for rate in rates]

    steady = (0.11, 0.12, 0.10, 0.11, 0.12, 0.11)
    broken = series(*steady, 0.03, 0.02, 0.02)
    assert level_break(broken, "rate") is broken[6]
    assert level_break(series(*steady, 0.03, 0.11, 0.12), "rate") is None
    doubled = series(*steady, 0.24, 0.25)
    assert level_break(doubled, "rate") is doubled[6]


def denials(now: int, before: int, broken: bool = False) -> Published:
    """Denials of a payer in a quarter and the same of a year before, and by month."""
    quarters = [
        {"payer": "aetna", "period_type": "quarter", "period_start": start, "service_lines": 1000}
        | {"initially_denied_lines": count, "initial_denial_rate": count / 1000}
        for start, count in ((NOW, now), (BEFORE, before))
    ]
    by_month = [
        {"payer": "aetna", "period_type": "month", "period_start": day, "service_lines": 300}
        | {"initial_denial_rate": 0.02 if broken and place > 9 else 0.1}
        for place, day in enumerate(months(dt.date(2024, 10, 1), 12))
    ]
    used = [
        {"payer": payer, "period_type": kind, "period_start": start}
        for payer in ("aetna", "all")
        for kind, start in [("quarter", NOW), ("quarter", BEFORE), ("rolling_12", WINDOW)]
    ] + [{"period_type": "month", "period_start": day} for day in months(dt.date(2024, 10, 1), 12)]
    return published("internal", utilization=used, denials=[*quarters, *by_month])


def test_a_change_of_denials_names_both_figures_and_the_span() -> None:
    told = page_text(rate_change(denials(140, 100), "aetna", False))
    assert told == "Denied at first: up from a year ago (10.0 % to 14.0 %; Q3 2024 to Q3 2025)."
    assert "little changed" in page_text(rate_change(denials(104, 100), "aetna", False))


def test_no_change_is_told_where_files_are_late_or_the_level_breaks() -> None:
    assert "files are late" in page_text(rate_change(denials(140, 100), "aetna", True))
    assert page_text(rate_change(denials(140, 100, True), "aetna", False)).startswith("Check the files")


def test_no_change_is_told_without_an_earlier_year() -> None:
    used = [{"period_type": "quarter", "period_start": NOW}, {}]
    release = published("internal", utilization=used, denials=[{"payer": "aetna"}])
    assert "not shown" in page_text(rate_change(release, "aetna", False))
    assert "not shown" in page_text(price_change(release, "aetna", False))


def said(effective_from: dt.date | None, seen: float | None, is_mature: bool = True) -> str:
    """What is told of a payer that says 85 %."""
    rule = {"payer": "uhc", "rule": "qz_percent", "scope_plan": "all", "scope_state": "all"}
    rule |= {"scope_lob": "commercial", "effective_from": effective_from, "value": "0.85", "applied": True}
    model = {"payer": "uhc", "line_of_business": "commercial", "care_model": "crna_alone"}
    model |= {"observed_share": seen, "priced_lines": 40, "is_mature": is_mature}
    release = published("standard", payer_rules=[rule], care_models=[model])
    return " ".join(page_text(sentence) for sentence in said_sentences(release, "uhc"))


def test_what_is_said_is_compared_only_with_a_period_inside_the_rule() -> None:
    assert "in line" in said(dt.date(2024, 10, 1), 0.86)
    assert "14 points apart" in said(dt.date(2024, 10, 1), 0.99)
    assert "no full period lies under this rule yet" in said(dt.date(2024, 10, 2), 0.99)
    assert "not yet mature, so not compared" in said(dt.date(2024, 10, 1), 0.99, is_mature=False)


def test_no_rule_is_not_called_none() -> None:
    told = page_text(said_sentences(published("standard"), "cigna")[0])
    assert told.startswith("We found no rule")
