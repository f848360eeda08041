"""The [columns] of a layout file, and its filters: what is renamed and what is made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from transforms.intake.layout_checks import Mistakes
from transforms.intake.layout_rules import ColumnTexts, Made

_SOURCES: Final = ("column", "first", "join", "number_within")
_KEYS: Final = (
    *_SOURCES,
    *("between", "split", "part", "part_at", "pattern", "map", "otherwise", "implied_decimals", "times"),
    "negative_where",
)
_NUMBER: Final = r"[0-9]{1,6}(?:\.[0-9]{1,4})?"


def read_columns(raw: Mapping[str, Any], mistakes: Mistakes) -> tuple[dict[str, str], dict[str, Made]]:
    """Canonical columns that are renamed, and those that are made."""
    renamed, made = {}, {}
    for name, told in raw.items():
        if isinstance(told, str) and told:
            renamed[name] = told
        elif isinstance(told, dict):
            made[name] = _made(name, told, mistakes)
        else:
            mistakes.add(f"{name} must be a name of theirs or a table", name, "columns")
    return renamed, made


def values(raw: Any, key: str, mistakes: Mistakes) -> ColumnTexts:
    """Columns of theirs, each with one text or several."""
    if not isinstance(raw, dict):
        mistakes.add(f"{key} must be a table of columns and texts", key)
        return ()
    found = []
    for name, told in raw.items():
        texts = [told] if isinstance(told, str) else told
        if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
            mistakes.add(f"{key} must give texts for each column", name, key)
            continue
        found.append((name, tuple(texts)))
    return tuple(found)


def _made(name: str, raw: Mapping[str, Any], mistakes: Mistakes) -> Made:
    for key in sorted(set(raw) - set(_KEYS)):
        mistakes.add(f"unknown key {key} of {name}", name, "columns")
    given = [key for key in _SOURCES if key in raw]
    if len(given) != 1:
        mistakes.add(f"{name} needs one of {', '.join(_SOURCES)}", name, "columns")
        return Made(())
    if given == ["number_within"]:
        return Made((), number_within=str(raw["number_within"]))
    sources = [raw["column"]] if given == ["column"] else raw[given[0]]
    if not isinstance(sources, list) or not sources or not all(isinstance(one, str) for one in sources):
        mistakes.add(f"{given[0]} of {name} must name columns of theirs", name, "columns")
        return Made(())
    how = {"column": "one", "first": "first", "join": "join"}[given[0]]
    part, decimals, times = raw.get("part", 1), raw.get("implied_decimals", 0), str(raw.get("times", ""))
    if not isinstance(part, int) or not 1 <= part <= 50 or ("part" in raw and not raw.get("split")):
        mistakes.add(f"part of {name} must be 1 to 50, with a split", name, "columns")
    if not isinstance(decimals, int) or not 0 <= decimals <= 4:
        mistakes.add(f"implied_decimals of {name} must be 0 to 4", name, "columns")
    if times and not re.fullmatch(_NUMBER, times):
        mistakes.add(f"times of {name} must be a number", name, "columns")
    if raw.get("pattern"):
        mistakes.check_pattern(raw["pattern"], 1, name, "columns")
    pointing = raw.get("part_at")
    if pointing is not None and not (isinstance(pointing, dict) and raw.get("split") and "part" not in raw):
        mistakes.add(
            f"part_at of {name} is a column made alike, with a split and without a part", name, "columns"
        )
        pointing = None
    mapped = raw.get("map", {})
    if not isinstance(mapped, dict) or not all(isinstance(ours, str) for ours in mapped.values()):
        mistakes.add(f"map of {name} must give a text for each text", name, "columns")
        mapped = {}
    return Made(
        tuple(sources),
        how,  # type: ignore[arg-type]
        between=str(raw.get("between", "")),
        split=str(raw.get("split", "")),
        part=part,
        part_at=_made(name, pointing, mistakes) if pointing else None,
        pattern=str(raw.get("pattern", "")),
        mapped=tuple(mapped.items()),
        otherwise=raw.get("otherwise"),
        implied_decimals=decimals,
        times=times,
        negative=values(raw.get("negative_where", {}), "negative_where", mistakes),
    )
