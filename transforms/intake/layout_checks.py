"""Mistakes in a layout file, each with its line."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, Final

import polars as pl

_A_DAY: Final = dt.datetime(2023, 12, 28, 10, 30)
"""Day, month and year can't be taken for each other."""


class Mistakes:
    """Collects mistakes. `text`: the layout file, from which lines are told."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.found: list[str] = []

    def add(self, what: str, key: str = "", section: str = "") -> None:
        """A mistake at a key, looked for behind the head of its section."""
        number = self._line(key, section) or self._line(section, "")
        told = f"line {number}: {what}" if number else what
        if told not in self.found:
            self.found.append(told)

    def check_pattern(self, pattern: object, groups: int, key: str, section: str) -> None:
        """Tell a regular expression that does not read, or has too few groups."""
        try:
            found = pl.select(pl.lit("").str.extract_groups(str(pattern))).to_series().dtype
        except pl.exceptions.PolarsError:
            self.add("a pattern is no regular expression", key, section)
            return
        if isinstance(found, pl.Struct) and len(found.fields) < groups:
            self.add(f"the pattern needs {groups} groups in brackets", key, section)

    def check_date_form(self, form: str, key: str) -> None:
        """Tell a form of dates in which a day can't be written and read again."""
        written = pl.lit(_A_DAY).dt.strftime(form)
        try:
            read = pl.select(written.str.to_date(form, strict=False)).item()
        except pl.exceptions.PolarsError:
            read = None
        if read != _A_DAY.date():
            self.add(f"{key} has {form}, which is no form of dates: write it as %m/%d/%Y", key)

    def _line(self, key: str, section: str) -> int:
        if not key:
            return 0
        head = re.compile(rf"\s*\[[^\]=]*\b{re.escape(section)}\]") if section else None
        name = re.compile(
            rf"\s*(?:\[[^\]=]*\b)?[\"']?{re.escape(key)}[\"']?\s*[=\]]|.*[{{,]\s*{re.escape(key)}\s*="
        )
        begun = head is None or not any(head.match(line) for line in self.lines)
        for number, line in enumerate(self.lines, start=1):
            begun = begun or bool(head and head.match(line))
            if begun and name.match(line):
                return number
        return 0


def texts(raw: Mapping[str, Any], key: str, mistakes: Mistakes) -> tuple[str, ...]:
    """A list of texts; what is none is a mistake."""
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        mistakes.add(f"{key} must be a list of texts", key)
        return ()
    return tuple(found)


def tables(raw: Mapping[str, Any], key: str, section: str, mistakes: Mistakes) -> list[dict[str, Any]]:
    """A list of tables; what is none is a mistake."""
    found = raw.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        mistakes.add(f"{key} must be a list of tables", key, section)
        return []
    return found
