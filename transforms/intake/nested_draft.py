"""A draft for nested documents: which lists make their rows, and the paths of values on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from transforms.intake.nested import Nesting

CODE_KEY: Final = re.compile(r"(?i)proc|cpt|hcpcs|prcdr")
"""Keys that speak of a procedure: the list that holds one holds service lines."""
DEEPEST: Final = 12
Chain = tuple[str, ...]
"""Paths of lists from the document on, each relative to an element of the one before."""


def likely_nesting(documents: Sequence[Any]) -> Nesting | None:
    """The lists of service lines, the deepest where several may be; None where no list holds objects."""
    found = {chain: keys for document in documents for chain, keys in _chains(document)}
    if not found:
        return None
    best = max(found, key=lambda chain: (any(map(CODE_KEY.search, found[chain])), len(chain), chain))
    each: list[tuple[str, str]] = []
    for path in best:
        name = _name(path, {taken for taken, _ in each})
        each.append((name, f"{each[-1][0]}.{path}" if each else path))
    return Nesting(tuple(each))


def leaf_paths(documents: Sequence[Any], nesting: Nesting) -> list[str]:
    """Paths of values: of the document, and of the elements of each list. Other lists are left out."""
    found: dict[str, None] = {}
    for document in documents:
        level: list[Any] = [document]
        prefix = ""
        for name, path in (*nesting.each, ("", "")):
            for element in level:
                found |= dict.fromkeys(f"{prefix}{leaf}" for leaf in _leaves(element))
            keys = path.removeprefix(prefix).split(".")
            level, prefix = [one for element in level for one in _elements(element, keys)], f"{name}."
    return list(found)


def _chains(value: Any, before: Chain = (), depth: int = 0) -> Iterator[tuple[Chain, tuple[str, ...]]]:
    if not isinstance(value, dict) or depth > DEEPEST:
        return
    for path, elements in _lists(value):
        chain = (*before, path)
        for element in elements[:3]:
            yield chain, tuple(_leaves(element))
            yield from _chains(element, chain, depth + 1)


def _lists(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    for key, child in value.items():
        if isinstance(child, list) and any(isinstance(one, dict) for one in child):
            yield f"{prefix}{key}", [one for one in child if isinstance(one, dict)]
        elif isinstance(child, dict):
            yield from _lists(child, f"{prefix}{key}.")


def _leaves(value: Any, prefix: str = "") -> Iterator[str]:
    if not isinstance(value, dict):
        return
    for key, child in value.items():
        if isinstance(child, dict):
            yield from _leaves(child, f"{prefix}{key}.")
        elif not isinstance(child, list) or not any(isinstance(one, (dict, list)) for one in child):
            yield f"{prefix}{key}"


def _elements(value: Any, keys: Sequence[str]) -> list[Any]:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, list) else []


def _name(path: str, taken: set[str]) -> str:
    name = path.rpartition(".")[2]
    name = name[:-1] if name.endswith("s") and len(name) > 2 else name
    return name if name not in taken else f"{name}_{len(taken) + 1}"
