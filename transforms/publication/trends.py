"""Charts over time: bands and lines that break where a period is left out, shaded where it is not mature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from transforms.publication.charts import Mark
from transforms.publication.published import PublishedRow
from transforms.publication.shown_edition import SHORT_MONTHS, ShownPeriod
from transforms.publication.svg import (
    WIDTH,
    Drawing,
    circle,
    line,
    nice_top,
    polygon,
    polyline,
    rect,
    svg_text,
    tick_text,
)

LEFT: Final = 42
_RIGHT: Final = 20
_TOP: Final = 16
FOOT: Final = 24
HEIGHT: Final = 158
SPARK_WIDTH: Final = 130
SPARK_HEIGHT: Final = 30


@dataclass(frozen=True)
class Series:
    """One line: its column, its class, whether a band of two columns stands behind it."""

    column: str
    css: str
    band: tuple[str, str] | None = None


class Times:
    """Scales of a chart over periods."""

    def __init__(self, periods: Sequence[ShownPeriod], top: float, unit: str) -> None:
        self.periods, self.unit = periods, unit
        self.top, self.ticks = nice_top(top)

    def x(self, place: float) -> float:
        """Where a period lies."""
        room = WIDTH - LEFT - _RIGHT - 8
        return LEFT + 6 + room * (place / max(len(self.periods) - 1, 1))

    def y(self, number: float) -> float:
        """Where a value lies."""
        return HEIGHT - FOOT - (HEIGHT - FOOT - _TOP) * min(number / self.top, 1.0)

    def base(self, rows: Sequence[PublishedRow]) -> list[str]:
        """Shade of what is not mature, grid, axis labels, a cross for each period left out."""
        foot = self.y(0)
        shapes = self._shade([place for place, row in enumerate(rows) if not row.is_mature])
        for tick in self.ticks:
            shapes.append(line(LEFT, self.y(tick), WIDTH - _RIGHT, self.y(tick), "grid"))
            shapes.append(svg_text(LEFT - 6, self.y(tick) + 4, tick_text(tick, self.unit), "tick end"))
        every = max(len(self.periods) // 4, 1)
        for place in range(0, len(self.periods), every):
            if place > len(self.periods) - every and place != len(self.periods) - 1:
                continue
            shapes.append(svg_text(self.x(place), foot + 15, _label(self.periods[place]), "tick mid"))
        return shapes

    def _shade(self, young: Sequence[int]) -> list[str]:
        if not young:
            return []
        half = (self.x(1) - self.x(0)) / 2 if len(self.periods) > 1 else 6
        left = max(self.x(young[0]) - half, LEFT)
        words = "not yet mature"
        shapes = [rect(left, _TOP - 4, WIDTH - _RIGHT - left, self.y(0) - _TOP + 4, "shade")]
        return [*shapes, svg_text(left - 3, _TOP - 5, f"{words} ▸", "none end")]


def _label(period: ShownPeriod) -> str:
    if period.kind == "quarter":
        return f"Q{(period.start.month + 2) // 3} {period.start.year % 100:02}"
    return f"{SHORT_MONTHS[period.start.month - 1]} {period.start.year % 100:02}"


def trend_chart(
    periods: Sequence[ShownPeriod],
    rows: Sequence[PublishedRow],
    series: Sequence[Series],
    unit: str,
    tone: str,
    top: float = 0.0,
    mark: Mark | None = None,
) -> Drawing:
    """Lines over periods; `top` gives small multiples a common scale."""
    columns = [column for one in series for column in (one.column, *(one.band or ()))]
    greatest = top or max(
        [0.0, *(float(row[column]) for row in rows for column in columns if row[column] is not None)]
    )
    times = Times(periods, max(greatest, mark.at if mark else 0.0) * 1.02, unit)
    shapes = times.base(rows)
    if mark is not None:
        shapes.append(line(LEFT, times.y(mark.at), WIDTH - _RIGHT, times.y(mark.at), "across"))
        if mark.label:
            shapes.append(svg_text(LEFT + 4, times.y(mark.at) - 4, mark.label, "none"))
    for place, row in enumerate(rows):
        if all(row[one.column] is None for one in series):
            shapes.append(svg_text(times.x(place), times.y(0) - 3, "×", "none mid"))
    for one in series:
        shapes += _drawn(times, rows, one, f"p-{tone} {one.css}")
    return Drawing(HEIGHT, tuple(shapes))


def _drawn(times: Times, rows: Sequence[PublishedRow], one: Series, css: str) -> list[str]:
    shapes = []
    for run in runs([row[one.column] is not None for row in rows]):
        if one.band:
            shapes += _band(times, rows, one.band, run, css)
        points = [(times.x(place), times.y(float(rows[place][one.column]))) for place in run]
        if len(points) > 1:
            shapes.append(polyline(points, f"{css} path"))
        for place, (x, y) in zip(run, points, strict=True):
            shapes.append(circle(x, y, 2.6, f"{css} {'dot' if rows[place].is_mature else 'open'}"))
    return shapes


def _band(
    times: Times, rows: Sequence[PublishedRow], band: tuple[str, str], run: Sequence[int], css: str
) -> list[str]:
    low, high = band
    there = [place for place in run if rows[place][low] is not None and rows[place][high] is not None]
    shapes = []
    for part in runs([place in there for place in range(len(rows))]):
        over = [(times.x(place), times.y(float(rows[place][high]))) for place in part]
        under = [(times.x(place), times.y(float(rows[place][low]))) for place in reversed(part)]
        if len(part) > 1:
            shapes.append(polygon([*over, *under], f"{css} band"))
    return shapes


def runs(present: Sequence[bool]) -> list[list[int]]:
    """Stretches of periods without a gap: a line never crosses what is left out."""
    found: list[list[int]] = []
    for place, is_there in enumerate(present):
        if not is_there:
            continue
        if found and found[-1][-1] == place - 1:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def spark(rows: Sequence[PublishedRow], column: str) -> str:
    """A small line for a card, without axes: shape only, from zero."""
    numbers = [None if row[column] is None else float(row[column]) for row in rows]
    top = max([number for number in numbers if number is not None], default=0.0) or 1.0
    step = (SPARK_WIDTH - 6) / max(len(rows) - 1, 1)
    shapes = []
    for run in runs([number is not None for number in numbers]):
        points = [
            (3 + step * place, SPARK_HEIGHT - 3 - (SPARK_HEIGHT - 6) * (numbers[place] or 0) / top)
            for place in run
        ]
        mature = [point for place, point in zip(run, points, strict=True) if rows[place].is_mature]
        young = points[max(len(mature) - 1, 0) :]
        if len(mature) > 1:
            shapes.append(polyline(mature, "p-all path"))
        if len(young) > 1:
            shapes.append(polyline(young, "p-all path dashed"))
        if len(points) == 1:
            shapes.append(circle(*points[0], 1.6, "p-all dot"))
    return "".join(shapes)
