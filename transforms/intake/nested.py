"""Nested documents (JSON, structs of Parquet) as flat rows: one row for each element of the innermost list.

A path names a value: keys joined by points, lists passed through. `[qualifier=F8]` takes the elements of a
list whose own path has that value (`*end` compares ends, `@path` another value of the row), `[2]` the second
of them. What several elements say is joined by `|`. `line[#]` is the place of the row's element in its list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final

_BETWEEN: Final = "|"
_STEP: Final = re.compile(r"(?P<key>[^.\[\]]+)(?P<picks>(?:\[[^\[\]]+\])*)(?:\.|$)")
PICK: Final = re.compile(r"\[([^\[\]]+)\]")
PLACE_IN_LIST: Final = "[#]"
_GROUP: Final = re.compile(r"[A-Za-z]{2}")
_Row = dict[str, Any]
"""The elements that a flat row stands for, by the names of their lists, and their places under the names with
[#]; the document itself under ''.
"""


@dataclass(frozen=True)
class Pick:
    """Elements of a list: the one at a place (from 1), or those whose path has a value."""

    place: int = 0
    path: tuple[Step, ...] = ()
    value: str = ""

    def takes(self, element: Any, row: _Row) -> bool:
        """Whether an element has the value asked for."""
        said = found(element, self.path, row)
        if self.value.startswith("*"):
            return any(text.endswith(self.value[1:]) for text in said)
        wanted = texts_at(row, self.value[1:]) if self.value.startswith("@") else [self.value]
        return any(text in wanted for text in said)


@dataclass(frozen=True)
class Step:
    """One key of a path, and which elements are taken where it holds a list."""

    key: str
    picks: tuple[Pick, ...] = ()


@dataclass(frozen=True)
class AdjustmentList:
    """A list of adjustments: `group`, `reason` and `amount` are keys of its elements.

    `numbered`: the keys of reason and amount are followed by 1 to this number, under one group.
    `carry_group`: a group that is none is that of the adjustment before it.
    """

    path: str
    group: str
    reason: str
    amount: str
    numbered: int = 0
    carry_group: bool = False


@dataclass(frozen=True)
class Nesting:
    """Which lists of a document make its rows: name -> path, each inside the one before.

    `lists`: paths whose value are packed adjustments (GROUP-REASON:AMOUNT, joined by `|`).
    """

    each: tuple[tuple[str, str], ...]
    lists: tuple[AdjustmentList, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()

    def generic(self, name: str) -> str:
        """A path as `known_paths` gives it: from the document on, without picks, in lower case."""
        heads: dict[str, str] = {}
        for each, path in self.each:
            heads[each.casefold()] = _from_document(path, heads)
        return _from_document(name, heads)


def _from_document(path: str, heads: Mapping[str, str]) -> str:
    head, point, rest = PICK.sub("", path).casefold().partition(".")
    return f"{heads.get(head, head)}{point}{rest}"


@lru_cache(maxsize=4096)
def parse_path(text: str) -> tuple[Step, ...]:
    """The steps of a path. Raises ValueError where it is none."""
    steps, at = [], 0
    while at < len(text):
        step = _STEP.match(text, at)
        if step is None:
            raise ValueError("it is no path")
        steps.append(Step(step["key"].strip(), tuple(_pick(one) for one in PICK.findall(step["picks"]))))
        at = step.end()
    if not steps or text.endswith("."):
        raise ValueError("it is no path")
    return tuple(steps)


def _pick(text: str) -> Pick:
    if text.isdigit() and int(text):
        return Pick(int(text))
    path, equals, value = text.partition("=")
    if not equals or not value:
        raise ValueError("a pick is a number, or a path = a value")
    return Pick(0, parse_path(path.strip()), value.strip())


_Column = tuple[int, Callable[[_Row], "str | None"]]
"""Where a value stands in a flat row, and how it is read."""


def flat_rows(document: Any, nesting: Nesting, names: Sequence[str]) -> Iterator[list[str | None]]:
    """The values of `names`, for each element of the innermost list; a list without elements leaves one row
    whose values of it are empty.
    """
    values: list[str | None] = [None] * len(names)
    levels = _levels(nesting, tuple(names))
    row = {"": document}
    _read(row, levels[0], values)
    return _rows(row, nesting.each, levels[1:], values)


def _rows(
    row: _Row, each: Sequence[tuple[str, str]], levels: Sequence[Sequence[_Column]], values: list[str | None]
) -> Iterator[list[str | None]]:
    if not each:
        yield list(values)
        return
    (name, path), *inner = each
    elements = elements_at(row, path)
    for place, element in enumerate(elements, start=1):
        one = {**row, name: element, f"{name}{PLACE_IN_LIST}": place}
        _read(one, levels[0], values)
        yield from _rows(one, inner, levels[1:], values)
    if not elements:
        none = {**row, name: None}
        _read(none, levels[0], values)
        yield from _rows(none, inner, levels[1:], values)


def _read(row: _Row, columns: Sequence[_Column], values: list[str | None]) -> None:
    for at, column in columns:
        values[at] = column(row)


@lru_cache(maxsize=64)
def _levels(nesting: Nesting, names: tuple[str, ...]) -> tuple[tuple[_Column, ...], ...]:
    """How each value is read, by the list whose elements it changes with; the document itself comes first."""
    order = ["", *(name for name, _ in nesting.each)]
    lists = {one.path: one for one in nesting.lists}
    levels: list[list[_Column]] = [[] for _ in order]
    for at, name in enumerate(names):
        path = name.removesuffix(PLACE_IN_LIST)
        steps = parse_path(path)
        level = max(_level(steps, order), default=0)
        if name in lists:
            read: Callable[[_Row], str | None] = partial(
                _packed, rule=lists[name], groups=dict(nesting.groups)
            )
        else:
            read = _reader(name, steps, order)
        levels[level].append((at, read))
    return tuple(tuple(level) for level in levels)


def _level(steps: Sequence[Step], order: Sequence[str]) -> Iterator[int]:
    """The lists that a path depends on: where it begins, and where the values it is compared with do."""
    yield order.index(steps[0].key) if steps[0].key in order[1:] else 0
    for pick in (pick for step in steps for pick in step.picks):
        if pick.value.startswith("@"):
            yield from _level(parse_path(pick.value[1:]), order)
        yield from (level for step in pick.path for one in step.picks for level in _level(one.path, order))


def _reader(name: str, steps: Sequence[Step], order: Sequence[str]) -> Callable[[_Row], str | None]:
    """Most paths are keys alone: these are followed without more ado until a list is met."""

    def read(row: _Row) -> str | None:
        return _joined(texts_at(row, name))

    if name.endswith(PLACE_IN_LIST) or any(step.picks for step in steps):
        return read
    start, keys = ("", steps) if steps[0].key not in order[1:] else (steps[0].key, steps[1:])
    followed = [step.key for step in keys]

    def quick(row: _Row) -> str | None:
        value = row[start]
        for key in followed:
            if type(value) is not dict:
                return read(row) if value is not None else None
            value = value.get(key)
        return value if type(value) is str else _joined(_texts(value)) if value is not None else None

    return quick


def _texts(value: Any) -> list[str]:
    told = [_text(one) for one in (value if isinstance(value, list) else [value])]
    return [text for text in told if text is not None]


def elements_at(row: _Row, path: str) -> list[Any]:
    """The elements of the list at a path of a row."""
    start, steps = _start(row, path)
    return _followed(start, steps, row)


def texts_at(row: _Row, path: str) -> list[str]:
    """What the path of a row says: no text, one or several."""
    if path.endswith(PLACE_IN_LIST):
        return [str(row[path])] if path in row else []
    start, steps = _start(row, path)
    return found(start, steps, row)


def _start(row: _Row, path: str) -> tuple[Any, tuple[Step, ...]]:
    first, *rest = parse_path(path)
    if first.key not in row:
        return row[""], (first, *rest)
    taken = [row[first.key]]
    for pick in first.picks:
        taken = _taken(taken, pick, row)
    return taken, tuple(rest)


def found(start: Any, steps: Sequence[Step], row: _Row) -> list[str]:
    """Texts at the end of the steps; what is no text, number or truth value is none."""
    texts = (_text(value) for value in _followed(start, steps, row))
    return [text for text in texts if text is not None]


def _followed(start: Any, steps: Sequence[Step], row: _Row) -> list[Any]:
    values = start if isinstance(start, list) else [start]
    for step in steps:
        inner: list[Any] = []
        for value in values:
            child = value.get(step.key) if isinstance(value, dict) else None
            if child is None:
                continue
            taken = child if isinstance(child, list) else [child]
            for pick in step.picks:
                taken = _taken(taken, pick, row)
            inner += taken
        values = inner
    return [value for value in values if value is not None]


def _taken(elements: list[Any], pick: Pick, row: _Row) -> list[Any]:
    if pick.place:
        return elements[pick.place - 1 : pick.place]
    return [element for element in elements if pick.takes(element, row)]


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if isinstance(value, (dict, list)) else str(value)


def _joined(texts: list[str]) -> str | None:
    if len(texts) == 1:
        return texts[0]
    return _BETWEEN.join(text for text in texts if text) or None


def _packed(row: _Row, rule: AdjustmentList, groups: Mapping[str, str]) -> str | None:
    """Packed adjustments of a list; what is missing of one is `?`, and a rule says so."""
    known = {theirs.casefold(): ours for theirs, ours in groups.items()}
    numbers = [str(n) for n in range(1, rule.numbered + 1)] or [""]
    told, group = [], ""
    for element in elements_at(row, rule.path):
        given = _of(element, rule.group)
        given = known.get(given.casefold(), given)
        if not rule.carry_group or _GROUP.fullmatch(given) or not group:
            group = given
        for number in numbers:
            reason, amount = _of(element, rule.reason + number), _of(element, rule.amount + number)
            if reason or amount.strip("-0."):
                told.append(f"{group or '?'}-{reason or '?'}:{amount or '?'}")
    return _BETWEEN.join(told) or None


def _of(element: Any, key: str) -> str:
    value = _text(element.get(key)) if isinstance(element, dict) and element.get(key) is not None else None
    return (value or "").strip()


def known_paths(documents: Sequence[Any]) -> set[str]:
    """Every path of some documents, without picks, in lower case; lists are passed through."""
    paths: set[str] = set()
    waiting = [("", document) for document in documents]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(path, element) for element in value]
        elif isinstance(value, dict):
            for key, child in value.items():
                inner = f"{path}.{key}" if path else key
                paths.add(inner.casefold())
                waiting.append((inner, child))
    return paths
