"""Static SVG: shapes with classes, whose colors the style sheet gives (light, dark, print)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from transforms.publication.values import ShownValue

WIDTH: Final = 340
"""One natural width: legible on a telephone; wider screens stretch it a little."""
LETTER: Final = 6.4
"""Mean width of a letter at 12 px."""
BOLD_LETTER: Final = 7.6
"""The same of a figure in bold."""


def num(value: float) -> str:
    """A coordinate: one decimal at most."""
    return f"{round(value, 1):g}"


def line(x1: float, y1: float, x2: float, y2: float, css: str) -> str:
    """A straight line."""
    return f'<line class="{css}" x1="{num(x1)}" y1="{num(y1)}" x2="{num(x2)}" y2="{num(y2)}"/>'


def rect(x: float, y: float, width: float, height: float, css: str) -> str:
    """A rectangle."""
    return (
        f'<rect class="{css}" x="{num(x)}" y="{num(y)}" width="{num(max(width, 0))}" height="{num(height)}"/>'
    )


def circle(x: float, y: float, radius: float, css: str) -> str:
    """A dot."""
    return f'<circle class="{css}" cx="{num(x)}" cy="{num(y)}" r="{num(radius)}"/>'


def diamond(x: float, y: float, size: float, css: str) -> str:
    """A diamond."""
    points = [(x, y - size), (x + size, y), (x, y + size), (x - size, y)]
    return f'<polygon class="{css}" points="{_points(points)}"/>'


def polyline(points: Sequence[tuple[float, float]], css: str) -> str:
    """A line through points."""
    return f'<polyline class="{css}" points="{_points(points)}"/>'


def polygon(points: Sequence[tuple[float, float]], css: str) -> str:
    """A filled band."""
    return f'<polygon class="{css}" points="{_points(points)}"/>'


def svg_text(x: float, y: float, words: str, css: str = "") -> str:
    """Words; `end` and `mid` of the class say where they are anchored."""
    named = f' class="{css}"' if css else ""
    return f'<text{named} x="{num(x)}" y="{num(y)}">{escape(words)}</text>'


def value(x: float, y: float, told: ShownValue, css: str = "") -> str:
    """A published number as words in the picture, with where it stands in the tables."""
    if not told.table:
        return svg_text(x, y, told.text, css)
    named = f' class="{css}"' if css else ""
    return f'<text{named} x="{num(x)}" y="{num(y)}"{provenance(told)}>{escape(told.text)}</text>'


def provenance(told: ShownValue) -> str:
    """Attributes that name table, key and column of a number."""
    return (
        f' data-table="{escape(told.table)}" data-key="{escape(told.key)}" data-col="{escape(told.column)}"'
    )


@dataclass(frozen=True)
class Drawing:
    """A chart: its height at the natural width, and its shapes."""

    height: float
    shapes: tuple[str, ...]
    legend: tuple[tuple[str, str], ...] = ()
    """Class of a swatch and its words."""

    @property
    def body(self) -> str:
        """The shapes as SVG; every text in them is escaped."""
        return "".join(self.shapes)


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{num(x)},{num(y)}" for x, y in points)


def nice_top(value: float) -> tuple[float, list[float]]:
    """A round end of an axis from zero, and its ticks."""
    if value <= 0:
        return 1.0, [0.0, 1.0]
    for step in _steps(value):
        if value / step <= 5:
            count = int(-(-value // step))
            return count * step, [step * tick for tick in range(count + 1)]
    raise ValueError("no step fits")


def _steps(value: float) -> list[float]:
    power = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 10.0**-6
    if value < 1:
        while value / power >= 10:
            power *= 10
    return [power * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2, 5, 10)]


def tick_text(tick: float, unit: str) -> str:
    """An axis label in the unit of the measure."""
    if unit in ("USD", "USD per unit"):
        return f"${tick:,.0f}" if tick < 10_000 else f"${tick / 1000:,.0f}k"
    if unit == "share":
        return f"{tick * 100:g} %".replace(".0 ", " ")
    return f"{tick:,g}"
