"""What spreadsheets and databases do to a text, taken back where that is certain: `="123"`, NULL, N/A."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
_WORD: Final = "word_"
FORMULA: Final = r'^="(.*)"$'
"""How a spreadsheet is kept from reading a text as a number."""


def is_nothing(text: pl.Expr) -> pl.Expr:
    """Whether a trimmed text is empty or a word for nothing."""
    return text.is_in(list(NOTHING))


def bare(rows: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Add `text_<column>`: the text without blanks around it and without a formula's wrapping; null where
    nothing is said. Grain unchanged.

    Where a word says so, `word_<column>` tells of which rows. Columns in which no word does, and which no
    formula wraps, are only trimmed: that is quick.
    """
    names = list(columns)
    trimmed = rows.with_columns(pl.col(name).str.strip_chars().alias(f"text_{name}") for name in names)
    wrapped = _holding(trimmed, names, lambda text: text.str.starts_with('="'))
    trimmed = trimmed.with_columns(
        pl.col(f"text_{name}").str.replace(FORMULA, "$1").str.strip_chars() for name in wrapped
    )
    empty = _holding(trimmed, names, is_nothing)
    marked = trimmed.with_columns(
        (is_nothing(pl.col(f"text_{name}")) & (pl.col(f"text_{name}") != "")).alias(f"word_{name}")
        for name in _holding(trimmed, empty, lambda text: is_nothing(text) & (text != ""))
    )
    return marked.with_columns(
        pl.when(~is_nothing(pl.col(f"text_{name}"))).then(pl.col(f"text_{name}")) for name in empty
    )


def words_for_nothing(rows: pl.DataFrame, row: str) -> pl.DataFrame:
    """(row, column) of every word that was read as nothing, of rows that `bare` has looked at."""
    marks = [name for name in rows.columns if name.startswith(_WORD)]
    found = [rows.filter(name).select(row, column=pl.lit(name.removeprefix(_WORD))) for name in marks]
    return pl.concat([rows.clear().select(row, column=pl.lit("", pl.String)), *found])


def _holding(rows: pl.DataFrame, columns: list[str], test: Callable[[pl.Expr], pl.Expr]) -> list[str]:
    """Columns with a text that passes the test."""
    found = rows.select(test(pl.col(f"text_{name}")).any().alias(name) for name in columns)
    return [name for name in columns if found[name][0]]
