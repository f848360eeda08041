"""Horizontal charts: spreads, pairs of dots, bars, stacks. Axes begin at zero; every row has its label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from transforms.publication.published import PublishedRow
from transforms.publication.svg import (
    BOLD_LETTER,
    LETTER,
    WIDTH,
    Drawing,
    circle,
    diamond,
    line,
    nice_top,
    rect,
    svg_text,
    tick_text,
    value,
)
from transforms.publication.values import ShownValue, shown

LABEL_WIDTH: Final = 66
_RIGHT: Final = 20
_TOP: Final = 8
AXIS: Final = 34
_ROOM: Final = 40
"""Room left of zero for a figure that stands before its mark."""


@dataclass(frozen=True)
class Item:
    """A row of a chart: what it is of, the color of its payer, the published row behind it."""

    label: str
    tone: str
    row: PublishedRow


@dataclass(frozen=True)
class Mark:
    """A line across a chart that values are seen against."""

    at: float
    label: str


class _Frame:
    """Scale and rows of a horizontal chart."""

    def __init__(
        self, items: Sequence[Item], top: float, unit: str, title: str, is_above: bool, room: float = 0.0
    ) -> None:
        self.items, self.unit, self.title, self.is_above = items, unit, title, is_above
        self.top, self.ticks = nice_top(top)
        self.names = 6 if is_above else LABEL_WIDTH
        self.left = self.names + room
        self.step = 40 if is_above else 32
        self.height = _TOP + self.step * len(items) + AXIS

    def x(self, number: float) -> float:
        """Where a value lies."""
        return self.left + (WIDTH - _RIGHT - self.left) * min(number / self.top, 1.0)

    def y(self, place: int) -> float:
        """Middle of a row's marks."""
        return _TOP + self.step * place + (27 if self.is_above else 18)

    def base(self) -> list[str]:
        """Grid, axis labels and the names of the rows."""
        foot = self.height - AXIS
        shapes = []
        for tick in self.ticks:
            shapes.append(line(self.x(tick), _TOP, self.x(tick), foot, "grid"))
            anchor = "tick start" if tick == 0 and self.is_above else "tick mid"
            shapes.append(svg_text(self.x(tick), foot + 14, tick_text(tick, self.unit), anchor))
        shapes.append(svg_text((self.left + WIDTH - _RIGHT) / 2, foot + 29, self.title, "tick mid"))
        for place, item in enumerate(self.items):
            words = _shortened(item.label, WIDTH - 80 if self.is_above else LABEL_WIDTH)
            at = (
                (self.names, self.y(place) - 12, "name")
                if self.is_above
                else (self.names - 8, self.y(place) + 4, "name end")
            )
            shapes.append(svg_text(at[0], at[1], words, at[2]))
        return shapes

    def missing(self, place: int, told: ShownValue, words: str = "") -> str:
        """What stands in a row that has no value."""
        said = words or {"c": "fewer than 11", "p": "price withheld", "z": "does not apply", "0": "none"}.get(
            told.symbol, "no data"
        )
        return svg_text(self.x(0) + 4, self.y(place) + 4, said, "none")

    def across(self, mark: Mark | None) -> list[str]:
        """A dashed line at a value, with its label on top."""
        if mark is None:
            return []
        x = self.x(mark.at)
        return [line(x, _TOP - 2, x, self.height - AXIS, "across")]


def _shortened(words: str, width: float) -> str:
    letters = int(width / LETTER)
    return words if len(words) <= letters else words[: letters - 1].rstrip(" ,") + "…"


def _greatest(items: Sequence[Item], columns: Sequence[str]) -> float:
    numbers = [
        float(item.row[column]) for item in items for column in columns if item.row[column] is not None
    ]
    return max(numbers, default=0.0)


def spread_chart(
    items: Sequence[Item], stem: str, unit: str, title: str, mark: Mark | None = None, is_above: bool = False
) -> Drawing:
    """10th to 90th percentile as a thin rule, the middle half as a bar, the median as a diamond with text."""
    columns = [f"{stem}_p{percent}" for percent in (10, 25, 50, 75, 90)]
    top = max(_greatest(items, columns), mark.at if mark else 0.0)
    frame = _Frame(items, top * 1.02, unit, title, is_above)
    shapes = [*frame.base(), *frame.across(mark)]
    for place, item in enumerate(items):
        y, numbers = frame.y(place), [item.row[column] for column in columns]
        middle = shown(item.row, columns[2])
        if numbers[2] is None:
            shapes.append(frame.missing(place, middle))
            continue
        css = f"p-{item.tone}"
        if numbers[0] is not None and numbers[4] is not None:
            shapes.append(line(frame.x(numbers[0]), y, frame.x(numbers[4]), y, f"{css} rule"))
        if numbers[1] is not None and numbers[3] is not None:
            left, right = frame.x(numbers[1]), frame.x(numbers[3])
            shapes.append(rect(left, y - 5, max(right - left, 1), 10, f"{css} box"))
        shapes.append(diamond(frame.x(numbers[2]), y, 5, f"{css} dot"))
        shapes.append(_median_text(frame, place, numbers, middle))
    return Drawing(frame.height, tuple(shapes))


def _median_text(frame: _Frame, place: int, numbers: Sequence[float | None], middle: ShownValue) -> str:
    """The median in figures: over its mark, or beside the spread where the row's name stands above it."""
    there = [frame.x(number) for number in numbers if number is not None]
    if not frame.is_above:
        return value(_inside(frame.x(numbers[2] or 0), middle.text), frame.y(place) - 8, middle, "num mid")
    if max(there) + 8 + len(middle.text) * BOLD_LETTER < WIDTH:
        return value(max(there) + 8, frame.y(place) + 4, middle, "num")
    return value(min(there) - 8, frame.y(place) + 4, middle, "num end")


def _inside(x: float, words: str) -> float:
    half = len(words) * BOLD_LETTER / 2
    return min(max(x, half), WIDTH - half - 2)


def pair_chart(
    items: Sequence[Item], first: str, last: str, unit: str, title: str, is_above: bool = False
) -> Drawing:
    """An open dot and a filled one, joined: at first and in the end, or median and nine in ten."""
    frame = _Frame(items, _greatest(items, (first, last)) * 1.12, unit, title, is_above, _ROOM)
    shapes = frame.base()
    for place, item in enumerate(items):
        y, css = frame.y(place), f"p-{item.tone}"
        told = {column: shown(item.row, column) for column in (first, last)}
        there = [column for column in (first, last) if item.row[column] is not None]
        if not there:
            shapes.append(frame.missing(place, told[last]))
            continue
        at = {column: frame.x(float(item.row[column])) for column in there}
        if len(there) == 2:
            shapes.append(line(at[first], y, at[last], y, f"{css} rule"))
        for column in there:
            shapes.append(circle(at[column], y, 4.5, f"{css} {'open' if column == first else 'dot'}"))
        for column in there:
            is_left = at[column] == min(at.values()) and len(there) == 2
            anchor = "num end" if is_left else "num"
            shapes.append(value(at[column] + (-8 if is_left else 8), y + 4, told[column], anchor))
    return Drawing(frame.height, tuple(shapes))


def dot_chart(
    items: Sequence[Item], column: str, unit: str, title: str, said: Sequence[float | None] = ()
) -> Drawing:
    """A dot for what is seen, a tick for what is said."""
    top = max(_greatest(items, (column,)), max((tick for tick in said if tick is not None), default=0.0))
    frame = _Frame(items, top * 1.12, unit, title, True)
    shapes = frame.base()
    for place, item in enumerate(items):
        y, css, told = frame.y(place), f"p-{item.tone}", shown(item.row, column)
        tick = said[place] if place < len(said) else None
        if tick is not None:
            shapes.append(line(frame.x(tick), y - 9, frame.x(tick), y + 9, "said"))
        if item.row[column] is None:
            shapes.append(frame.missing(place, told))
            continue
        x = frame.x(float(item.row[column]))
        if tick is not None:
            shapes.append(line(x, y, frame.x(tick), y, f"{css} rule"))
        shapes.append(circle(x, y, 4.5, f"{css} dot"))
        is_right = tick is None or x >= frame.x(tick)
        at = min(x + 9, WIDTH - len(told.text) * BOLD_LETTER) if is_right else x - 9
        shapes.append(value(at, y + 4, told, "num" if is_right else "num end"))
    return Drawing(frame.height, tuple(shapes))


def bar_chart(
    items: Sequence[Item], column: str, unit: str, title: str, hatched: Sequence[bool] = ()
) -> Drawing:
    """Bars from zero with their label above and their value at the end; hatched: not as expected."""
    frame = _Frame(items, _greatest(items, (column,)) * 1.15, unit, title, True)
    shapes = frame.base()
    for place, item in enumerate(items):
        y, told = frame.y(place), shown(item.row, column)
        if item.row[column] is None:
            shapes.append(frame.missing(place, told))
            continue
        end = frame.x(float(item.row[column]))
        css = f"p-{item.tone} {'hatch' if place < len(hatched) and hatched[place] else 'bar'}"
        shapes.append(rect(frame.left, y - 7, end - frame.left, 13, css))
        shapes.append(value(min(end + 5, WIDTH - len(told.text) * BOLD_LETTER), y + 4, told, "num"))
    return Drawing(frame.height, tuple(shapes))


def stack_chart(
    items: Sequence[Item],
    parts: Sequence[tuple[str, str, str]],
    unit: str,
    title: str,
    tick: str = "",
) -> Drawing:
    """Parts of a whole, one after the other; `parts`: column, class, words. `tick`: column of a mark."""
    totals = [sum(float(item.row[column] or 0) for column, _, _ in parts) for item in items]
    top = max([*totals, _greatest(items, (tick,)) if tick else 0.0], default=0.0)
    frame = _Frame(items, top * 1.02, unit, title, True)
    shapes = frame.base()
    for place, item in enumerate(items):
        y, at = frame.y(place), 0.0
        if all(item.row[column] is None for column, _, _ in parts):
            shapes.append(frame.missing(place, shown(item.row, parts[0][0])))
            continue
        for column, css, _ in parts:
            amount = float(item.row[column] or 0)
            shapes.append(rect(frame.x(at), y - 7, frame.x(at + amount) - frame.x(at), 13, css))
            at += amount
        if tick and item.row[tick] is not None:
            x = frame.x(float(item.row[tick]))
            shapes.append(line(x, y - 10, x, y + 9, "said"))
    return Drawing(frame.height, tuple(shapes), tuple((css, words) for _, css, words in parts))
