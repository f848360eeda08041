"""The [nested] of a layout file and its lists of adjustments, each mistake with its line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from transforms.intake.layout_checks import Mistakes
from transforms.intake.nested import PLACE_IN_LIST, AdjustmentList, Nesting, parse_path

LIST_KEYS: Final = ("path", "group", "reason", "amount", "numbered", "carry_group")
MOST_NUMBERED: Final = 50


def read_nesting(raw: Any, mistakes: Mistakes) -> Nesting | None:
    """The lists that make the rows, each inside the one before; None where there is no [nested]."""
    if not raw:
        return None
    each = raw.get("each")
    for key in sorted(set(raw) - {"each"}):
        mistakes.add(f"unknown key {key} in [nested]", key, "nested")
    if not isinstance(each, dict) or not each or not all(isinstance(path, str) for path in each.values()):
        mistakes.add("[nested] needs each = { name = path of a list, ... }", "each", "nested")
        return None
    before = ""
    for name, path in each.items():
        if "." in name or "[" in name:
            mistakes.add(f"{name} is no name of a list", "each", "nested")
        check_path(path, "each", "nested", mistakes)
        if before and not path.startswith(f"{before}."):
            mistakes.add(f"the list {name} must lie inside {before}: {before}.…", "each", "nested")
        before = name
    return Nesting(tuple(each.items()))


def read_list(raw: Any, key: str, mistakes: Mistakes) -> AdjustmentList | None:
    """A list of adjustments: its path, and the keys of its elements."""
    if raw is None:
        return None
    needed = LIST_KEYS[:4]
    if not isinstance(raw, dict) or not all(isinstance(raw.get(name), str) for name in needed):
        mistakes.add(f"{key} needs {', '.join(needed)}", key, "adjustments")
        return None
    for name in sorted(set(raw) - set(LIST_KEYS)):
        mistakes.add(f"unknown key {name} in {key}", key, "adjustments")
    check_path(raw["path"], key, "adjustments", mistakes)
    numbered = raw.get("numbered", 0)
    if not isinstance(numbered, int) or not 0 <= numbered <= MOST_NUMBERED:
        mistakes.add(f"numbered must be 0 to {MOST_NUMBERED}", key, "adjustments")
        numbered = 0
    path, group, reason, amount = (raw[name] for name in needed)
    return AdjustmentList(path, group, reason, amount, numbered, raw.get("carry_group") is True)


def check_paths(
    names: Iterable[str], lists: Collection[str], told: Mapping[str, Any], mistakes: Mistakes
) -> None:
    """Tell every name of theirs that is no path; `told`: the columns as the file has them.

    `lists`: names of lists, of which an element has a place.
    """
    for name in sorted(names):
        keys = [ours for ours, theirs in told.items() if name in str(theirs)]
        if name.removesuffix(PLACE_IN_LIST) not in lists:
            check_path(name, keys[0] if keys else "columns", "columns" if keys else "", mistakes)


def check_path(path: str, key: str, section: str, mistakes: Mistakes) -> None:
    """Tell a path that can't be read."""
    try:
        parse_path(path)
    except ValueError:
        mistakes.add(f"{path} is no path (docs/layouts.md, Nested documents)", key, section)
