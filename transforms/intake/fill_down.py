"""Rows that are read by help of the other rows of their key: columns that only its first row fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.intake.layout_rules import Found, plain, said
from transforms.intake.layouts import Layout

KEY: Final = "_key"


def reads_whole_claims(layout: Layout) -> bool:
    """Whether a row is read by help of the other rows of its key: filled down, or numbered."""
    return bool(keys_within(layout))


def keys_within(layout: Layout) -> tuple[str, ...]:
    """The columns of theirs whose texts hold rows together."""
    parts = layout.parts()
    filled = [part.fill_down[0] for part in parts if part.fill_down]
    numbered = [rule.number_within for part in parts for rule in part.made.values() if rule.number_within]
    return tuple(dict.fromkeys(plain(name) for name in (*filled, *numbered)))


def fillings(layout: Layout, found: Found, only: frozenset[str] | None = None) -> list[FilledDown]:
    """What each kind of a layout fills down; `only`: these of their columns."""
    made = []
    for part in layout.parts():
        key, names = part.fill_down or ("", ())
        wanted = [plain(name) for name in names if only is None or plain(name) in only]
        columns = tuple(found[name] for name in wanted if name in found)
        if columns and plain(key) in found:
            made.append(FilledDown(found[plain(key)], columns))
    return made


@dataclass
class FilledDown:
    """Columns that only the first row of a key fills, filled in its later rows, piece by piece.

    Between the pieces of a file the last text of every key is in memory.
    """

    key: str
    columns: tuple[str, ...]
    _known: pl.DataFrame | None = None

    def filled(self, piece: pl.DataFrame) -> pl.DataFrame:
        """The rows that follow those before, filled. Grain and order unchanged."""
        found = {plain(name): name for name in (self.key, *self.columns)}
        texts = {name: said(found, name) for name in self.columns}
        told = piece.select(**texts, **{KEY: said(found, self.key)})
        before = told.clear() if self._known is None else self._known
        before = before.join(told.select(KEY), on=KEY, how="semi", maintain_order="left")
        whole = pl.concat([before, told]).select(KEY, pl.col(self.columns).forward_fill().over(KEY))
        self._remember(told)
        has_key = told[KEY].is_not_null()
        mine = whole.tail(len(told))
        return piece.with_columns(
            pl.when(has_key).then(mine[name]).otherwise(pl.col(name)).alias(name) for name in self.columns
        )

    def _remember(self, told: pl.DataFrame) -> None:
        says = pl.any_horizontal(pl.col(self.columns).is_not_null())
        last = (
            told.filter(pl.col(KEY).is_not_null() & says)
            .group_by(KEY, maintain_order=True)
            .agg(pl.col(self.columns).drop_nulls().last())
            .select(told.columns)
        )
        self._known = last if self._known is None else self._known.extend(last)
