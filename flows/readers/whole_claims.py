"""Files whose rows are read by help of other rows of their key: filled down, or numbered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

import polars as pl

from flows.readers.text_rows import TextRows
from transforms.intake.fill_down import fillings, keys_within, reads_whole_claims
from transforms.intake.layout_rules import Made, plain, said
from transforms.intake.layouts import Layout, canonical_texts, is_of_kind
from transforms.intake.scope_filter import is_replacing, may_be_kept

ROWS_TOGETHER: Final = 20_000
"""Rows, about, of the keys that are read at a time."""
NUMBER: Final = "row_number"


def in_whole_claims(text: TextRows, layout: Layout, scope: tuple[str, ...]) -> TextRows:
    """Of such a file the keys that have a row which may be kept, whole and filled down: only their rows are
    held in memory. Any other file as it is.

    The file is read twice: for its keys and the number of its rows, then for the rows of these keys.
    """
    if not reads_whole_claims(layout):
        return text
    found = _names(text)
    keys = {f"_key_{at}": said(found, name) for at, name in enumerate(keys_within(layout))}
    totals, wanted = _looked_through(text, layout, scope, keys)
    of_key = [key.is_in(wanted[name].drop_nulls().unique().implode()) for name, key in keys.items()]
    of_these = pl.any_horizontal(pl.col(NUMBER).is_in(wanted[NUMBER].implode()), *of_key)
    held = [piece.filter(of_these) for piece in chain([text.no_rows()], text.pieces())]
    rows = pl.concat(held).sort(NUMBER)
    together = next(iter(keys.values())) if len(keys) == 1 else pl.lit("")

    def pieces() -> Iterator[pl.DataFrame]:
        parts = len(rows) // ROWS_TOGETHER + 1
        place = together.fill_null("").hash() % parts
        for part in range(parts):
            piece = rows.filter(place == part)
            for filling in fillings(layout, found):
                piece = filling.filled(piece)
            yield piece

    return replace(text, pieces=pieces, totals=totals, is_held=True)


def _looked_through(
    text: TextRows, layout: Layout, scope: tuple[str, ...], keys: dict[str, pl.Expr]
) -> tuple[tuple[int, ...], pl.DataFrame]:
    """How many rows the file has of each kind (those of none count with the first), and the keys and numbers
    of rows that may be kept.

    Which kind a row is of may be filled down too. A code that is filled down is that of a row of its key.
    """
    found, parts = _names(text), layout.parts()
    kinds = [is_of_kind(part, found) for part in parts]
    carried = fillings(layout, found, frozenset(plain(name) for part in parts for name in part.tells_kind()))
    counts, wanted = [0] * len(parts), []
    for piece in chain([text.no_rows()], text.pieces()):
        for filling in carried:
            piece = filling.filled(piece)
        mine = piece.select(kind.alias(str(at)) for at, kind in enumerate(kinds))
        of_none = int((~mine.select(pl.any_horizontal(pl.all())).to_series()).sum())
        for at, part in enumerate(parts):
            rows = piece.filter(mine[str(at)])
            counts[at] += len(rows) if layout.partner else len(piece)
            wanted.append(_wanted(rows, part, scope, text, keys))
        counts[0] += of_none if layout.partner else 0
    return tuple(counts), pl.concat(wanted)


def _wanted(
    rows: pl.DataFrame, layout: Layout, scope: tuple[str, ...], text: TextRows, keys: dict[str, pl.Expr]
) -> pl.DataFrame:
    """Keys and numbers of the rows of one kind that may be kept."""
    made = {name: Made(()) if rule.number_within else rule for name, rule in layout.made.items()}
    texts, _ = canonical_texts(replace(layout, made=made), _names(text))
    keep = may_be_kept(layout, scope, text.is_ragged) | is_replacing(layout)
    told = rows.select(**{**texts, **keys}, row_number=NUMBER, field_count_ok="field_count_ok")
    return told.filter(keep).select(*keys, NUMBER)


def _names(text: TextRows) -> dict[str, str]:
    return {plain(name): name for name in reversed(text.header)}
