"""Rows that are read by help of the other rows of their key: columns that only its first row fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.intake.layout_rules import FoundHeaders, plain_header, said
from transforms.intake.layouts import Layout

_KEY: Final = "_key"


def reads_whole_claims(layout: Layout) -> bool:
    """Whether a row is read by help of the other rows of its key: filled down, or numbered."""
    return bool(keys_within(layout))


def keys_within(layout: Layout) -> tuple[str, ...]:
    """The columns of theirs whose texts hold rows together."""
    parts = layout.parts()
    filled = [layout.fill_down[0]] if layout.fill_down else []
    numbered = [rule.number_within for part in parts for rule in part.made.values() if rule.number_within]
    return tuple(dict.fromkeys(plain_header(name) for name in (*filled, *numbered)))


def filling(layout: Layout, found: FoundHeaders, only: frozenset[str] | None = None) -> FilledDown | None:
    """What a layout fills down, the same for both its kinds; `only`: these of their columns."""
    if layout.fill_down is None:
        return None
    key, names = (plain_header(layout.fill_down[0]), [plain_header(name) for name in layout.fill_down[1]])
    columns = tuple(found[name] for name in names if name in found and (only is None or name in only))
    return FilledDown(found[key], columns) if columns and key in found else None


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
        found = {plain_header(name): name for name in (self.key, *self.columns)}
        texts = {name: said(found, name) for name in self.columns}
        told = piece.select(**texts, **{_KEY: said(found, self.key)})
        before = told.clear() if self._known is None else self._known
        before = before.join(told.select(_KEY), on=_KEY, how="semi", maintain_order="left")
        whole = pl.concat([before, told]).select(_KEY, pl.col(self.columns).forward_fill().over(_KEY))
        self._remember(told)
        has_key = told[_KEY].is_not_null()
        mine = whole.tail(len(told))
        return piece.with_columns(
            pl.when(has_key).then(mine[name]).otherwise(pl.col(name)).alias(name) for name in self.columns
        )

    def _remember(self, told: pl.DataFrame) -> None:
        says = pl.any_horizontal(pl.col(self.columns).is_not_null())
        last = (
            told.filter(pl.col(_KEY).is_not_null() & says)
            .group_by(_KEY, maintain_order=True)
            .agg(pl.col(self.columns).drop_nulls().last())
            .select(told.columns)
        )
        self._known = last if self._known is None else self._known.extend(last)
