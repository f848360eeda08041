"""What spreadsheets and databases do to a text, taken back where that is certain: `="123"`, NULL, N/A."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

_WORDS: Final = (
    "null",
    "(null)",
    "<null>",
    "[null]",
    "n/a",
    "#n/a",
    "na",
    "<na>",
    "nan",
    "nat",
    "none",
    "nil",
)
NOTHING: Final = (
    *("", "-", "--", "\u2013", "\u2014", "\\N", "NaN", "NaT"),
    *dict.fromkeys(form for word in _WORDS for form in (word, word.upper(), word.title())),
)
"""What stands for an empty field."""
FORMULA: Final = r'^="(.*)"$'
"""How a spreadsheet is kept from reading a text as a number."""


def is_nothing(text: pl.Expr) -> pl.Expr:
    """Whether a trimmed text is empty or a word for nothing."""
    return text.is_in(list(NOTHING))


def bare(rows: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Add `text_<column>`: the text without blanks around it and without a formula's wrapping; null where
    nothing is said. Grain unchanged.

    Columns in which no word stands for nothing, and which no formula wraps, are only trimmed: that is quick.
    """
    names = list(columns)
    trimmed = rows.with_columns(pl.col(name).str.strip_chars().alias(f"text_{name}") for name in names)
    texts = [f"text_{name}" for name in names]
    wrapped = _holding(trimmed, texts, lambda text: text.str.starts_with('="'))
    if wrapped:
        trimmed = trimmed.with_columns(
            pl.col(name).str.replace(FORMULA, "$1").str.strip_chars() for name in wrapped
        )
    empty = _holding(trimmed, texts, is_nothing)
    return trimmed.with_columns(pl.when(~is_nothing(pl.col(name))).then(pl.col(name)) for name in empty)


def _holding(rows: pl.DataFrame, columns: list[str], test: object) -> list[str]:
    """Columns with a text that passes the test."""
    found = rows.select(test(pl.col(name)).any().alias(name) for name in columns)  # type: ignore[operator]
    return [name for name in columns if found[name][0]]
