"""What lines can't answer because their extract does not tell it: it is null where no line of a cell can.

A payer's own extract shows no first denial, no submission and nothing that waits
(schemas.inbound.UNANSWERED).
Measures count the lines that can answer, in numerator and denominator.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

CANNOT = "cannot_answer"


def can_answer(*questions: str) -> pl.Expr:
    """Whether a line can answer all of some questions."""
    told = pl.col(CANNOT).fill_null("").str.split("|")
    return ~pl.any_horizontal(told.list.contains(question) for question in questions)


def answers() -> list[pl.Expr]:
    """Flags of a line: what it can answer."""
    return [
        can_answer("denials").alias("answers_denials"),
        can_answer("denials", "first_denials").alias("answers_first_denials"),
        can_answer("timeliness").alias("answers_timeliness"),
        can_answer("open_claims").alias("answers_open_claims"),
    ]


def where_answered(names: Iterable[str], lines: str) -> list[pl.Expr]:
    """Measures of a cell; null where no line of it can answer (`lines` counts those that can)."""
    return [pl.when(pl.col(lines) > 0).then(pl.col(name)).alias(name) for name in names]
