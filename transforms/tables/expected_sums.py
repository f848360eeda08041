"""Sums at the payer's own median price, and the same at the median that protected audiences are shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from transforms.tables.cells import dollars


@dataclass(frozen=True)
class Expected:
    """Some lines, what each is expected to be allowed in cents, and what of that may be told."""

    lines: pl.Expr
    cents: pl.Expr = pl.col("expected_cents")
    told: pl.Expr = pl.col("published_expected_cents")


def expected_sums(stems: Mapping[str, Expected]) -> dict[str, pl.Expr]:
    """Sums behind `<stem>_allowed_sum`; `_<stem>_told_lines` counts the lines that it may be told of."""
    made: dict[str, pl.Expr] = {}
    for stem, expected in stems.items():
        made[f"_{stem}_cents"] = pl.when(expected.lines).then(expected.cents)
        made[f"_{stem}_told_cents"] = pl.when(expected.lines).then(expected.told)
        made[f"_{stem}_told_lines"] = expected.lines & expected.told.is_not_null()
    return made


def expected_parts(stems: Mapping[str, Expected]) -> dict[str, pl.Expr]:
    """What may be told of single lines in ten-thousandths of a dollar, by name of the sum."""
    return {
        f"{stem}_allowed_sum": pl.when(expected.lines).then(expected.told * 100)
        for stem, expected in stems.items()
    }


def told_cents(stem: str) -> pl.Expr:
    """What may be told of a sum; null where lines are expected something, but at no price that is shown."""
    hidden = (pl.col(f"_{stem}_told_lines") == 0) & (pl.col(f"_{stem}_cents") != 0)
    return pl.when(~hidden).then(pl.col(f"_{stem}_told_cents"))


def expected_columns(stems: Iterable[str]) -> list[pl.Expr]:
    """`<stem>_allowed_sum`, and what may be told of it."""
    made = []
    for stem in stems:
        hidden = told_cents(stem).is_null()
        made += [dollars(f"_{stem}_cents").alias(f"{stem}_allowed_sum")]
        told = pl.when(~hidden).then(dollars(f"_{stem}_told_cents"))
        made += [told.alias(f"_{stem}_allowed_sum_published")]
    return made
