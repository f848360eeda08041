"""Charts: axes from zero, lines that break where a period is left out, text inside the picture."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from small_tables import months, published

from transforms.publication.charts import Item, Mark, bar_chart, pair_chart, spread_chart, stack_chart
from transforms.publication.published import PublishedRow
from transforms.publication.shown_edition import ShownPeriod
from transforms.publication.svg import LETTER, WIDTH, Drawing, nice_top, tick_text
from transforms.publication.trends import Series, runs, trend_chart

DAYS = months(dt.date(2025, 1, 1), 5)


def row(**values: object) -> PublishedRow:
    return PublishedRow("payment", {}, {"is_mature": True, **values}, False)


def texts(drawing: Drawing) -> list[tuple[str, float, str]]:
    """Class, x and words of every text."""
    found = re.findall(r'<text(?: class="([^"]*)")? x="([^"]*)" y="[^"]*"[^>]*>([^<]*)</text>', drawing.body)
    return [(css, float(x), words) for css, x, words in found]


def assert_drawn(drawing: Drawing) -> None:
    assert not re.search(r"nan|NaN|None|inf\b", drawing.body)
    for css, x, words in texts(drawing):
        width = len(words) * LETTER
        left = x - width if "end" in css else x - width / 2 if "mid" in css else x
        assert left >= -8 and left + width <= WIDTH + 14, words


@pytest.mark.parametrize(("value", "top"), [(92.7, 100), (0.146, 0.15), (44, 50), (187_000, 200_000), (3, 3)])
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    end, ticks = nice_top(value)
    assert end == pytest.approx(top)
    assert ticks[0] == 0 and ticks[-1] == pytest.approx(end)
    assert len(ticks) <= 6


def test_ticks_read_in_the_unit() -> None:
    assert [tick_text(20, "USD"), tick_text(0.05, "share"), tick_text(20_000, "USD")] == [
        "$20",
        "5 %",
        "$20k",
    ]


def test_a_line_never_crosses_a_period_that_is_left_out() -> None:
    assert runs([True, True, False, True, False, True, True]) == [[0, 1], [3], [5, 6]]
    rows = [row(price=value) for value in (70.0, 71.0, None, 72.0, 73.0)]
    periods = [ShownPeriod("month", day) for day in DAYS]
    drawing = trend_chart(periods, rows, (Series("price", ""),), "USD per unit", "aetna")
    assert drawing.body.count("<polyline") == 2
    assert [words for _, _, words in texts(drawing)].count("×") == 1
    assert_drawn(drawing)


def test_immature_periods_are_shaded_and_their_dots_open() -> None:
    rows = [row(price=70.0), row(price=71.0), row(price=72.0, is_mature=False)]
    periods = [ShownPeriod("month", day) for day in DAYS[:3]]
    drawing = trend_chart(periods, rows, (Series("price", ""),), "USD per unit", "aetna")
    assert 'class="shade"' in drawing.body
    assert len(re.findall(r'<circle class="[^"]*open"', drawing.body)) == 1
    assert any(words.startswith("not yet mature") for _, _, words in texts(drawing))


def test_a_band_needs_both_of_its_percentiles() -> None:
    rows = [row(low=60.0, price=70.0, high=80.0), row(low=None, price=71.0, high=80.0), row(price=72.0)]
    periods = [ShownPeriod("month", day) for day in DAYS[:3]]
    drawing = trend_chart(periods, rows, (Series("price", "", ("low", "high")),), "USD", "aetna")
    assert 'band"' not in drawing.body
    assert drawing.body.count("<circle") == 3


def test_a_spread_shows_what_is_there_and_says_what_is_not() -> None:
    whole = dict(zip(("p_p10", "p_p25", "p_p50", "p_p75", "p_p90"), (60, 65, 70, 75, 80), strict=True))
    items = [
        Item("Aetna", "aetna", row(**whole)),
        Item("UHC", "uhc", row(**{**whole, "p_p10": None, "p_p90": None})),
        Item("BCBS", "bcbs", PublishedRow("payment", {}, None, False)),
    ]
    drawing = spread_chart(items, "p", "USD per unit", "Dollars", Mark(20.0, "Medicare"))
    assert drawing.body.count('rule"') == 1
    assert drawing.body.count('box"') == 2
    assert "fewer than 11" in [words for _, _, words in texts(drawing)]
    assert_drawn(drawing)


def test_an_axis_of_a_range_begins_at_zero() -> None:
    items = [Item("Aetna", "aetna", row(p_p50=70.0))]
    labels = [words for css, _, words in texts(spread_chart(items, "p", "USD", "Dollars")) if "tick" in css]
    assert labels[0] == "$0"


def test_pairs_bars_and_stacks_draw_missing_values_as_words() -> None:
    items = [
        Item("Aetna", "aetna", row(a=0.1, b=0.05)),
        Item("UHC", "uhc", PublishedRow("denials", {}, None, True)),
    ]
    for drawing in (
        pair_chart(items, "a", "b", "share", "Share"),
        bar_chart(items, "a", "share", "Share", [True, False]),
        stack_chart(items, (("a", "s1", "at first"), ("b", "s2", "in the end")), "lines", "Lines"),
    ):
        assert "none" in [words for _, _, words in texts(drawing)]
        assert_drawn(drawing)


def test_labels_are_escaped() -> None:
    release = published(
        "standard", sites=[{"place_of_service": "99", "site_name": "<script>alert(1)</script>"}]
    )
    rows = release.view("v_sites")
    body = bar_chart(
        [Item(str(rows[0]["site_name"]), "all", rows[0])], "share_of_lines", "share", "Share"
    ).body
    assert "<script" not in body
    assert "&lt;script" in body
