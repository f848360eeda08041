"""What lines can't answer because their extract does not tell it: it is null where no line of a cell can.

A payer's own extract shows no first denial, no submission and nothing that waits
(schemas.inbound.UNANSWERED).
Measures count the lines that can answer, in numerator and denominator.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

CANNOT: Final = "cannot_answer"
QUESTIONS: Final = {
    "answers_denials": ("denials",),
    "answers_first_denials": ("denials", "first_denials"),
    "answers_timeliness": ("timeliness",),
    "answers_open_claims": ("open_claims",),
}
"""Flag of a line -> what it must be able to answer."""


def can_answer(*questions: str) -> pl.Expr:
    """Whether a line can answer all of some questions."""
    told = pl.col(CANNOT).cast(pl.String).fill_null("").str.split("|")
    return ~pl.any_horizontal(told.list.contains(question) for question in questions)


def with_answers(lines: pl.DataFrame) -> pl.DataFrame:
    """Replace what lines can't answer by flags of what they can. Grain unchanged."""
    kinds = lines.select(pl.col(CANNOT).unique())
    flags = kinds.with_columns(can_answer(*asked).alias(flag) for flag, asked in QUESTIONS.items())
    joined = lines.join(flags, on=CANNOT, how="left", nulls_equal=True, maintain_order="left")
    return joined.drop(CANNOT)


def where_answered(names: Iterable[str], lines: str) -> list[pl.Expr]:
    """Measures of a cell; null where no line of it can answer (`lines` counts those that can)."""
    return [pl.when(pl.col(lines) > 0).then(pl.col(name)).alias(name) for name in names]
