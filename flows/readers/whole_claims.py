"""Files whose rows are read by help of other rows of their key: filled down, or numbered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import Final

import numpy as np
import polars as pl

from flows.readers.text_rows import TextRows
from transforms.intake.block_rows import Words
from transforms.intake.fill_down import filling, keys_within, reads_whole_claims
from transforms.intake.layout_rules import FoundHeaders, Made, plain_header, said
from transforms.intake.layouts import Layout, are_of_kind, canonical_texts
from transforms.intake.prefilter import KnownHashes
from transforms.intake.scope_filter import is_replacing, may_be_kept

ROWS_TOGETHER: Final = 20_000
"""Rows, about, of the keys that are read at a time."""
_NUMBER: Final = "row_number"


def in_whole_claims(text: TextRows, layout: Layout, scope: tuple[str, ...]) -> TextRows:
    """Of such a file the keys that have a row which may be kept, whole and filled down: only their rows are
    held in memory. Any other file as it is.

    The file is read twice: for its keys and the number of its rows, then for the rows of these keys.
    """
    if not reads_whole_claims(layout):
        return text
    found = _names(text)
    keys = [_key(found, name) for name in keys_within(layout)]
    totals, wanted = _looked_through(text, layout, scope, keys)
    held = [_of_keys(piece, keys, wanted) for piece in chain([text.no_rows()], text.pieces())]
    rows = pl.concat(held)

    def pieces() -> Iterator[pl.DataFrame]:
        parts = len(rows) // ROWS_TOGETHER + 1 if len(keys) == 1 else 1
        for part in range(parts):
            piece = rows.filter(keys[0] % parts == part)
            fill = filling(layout, found)
            yield fill.filled(piece) if fill else piece

    return replace(text, pieces=pieces, totals=totals, is_held=True)


def _key(found: FoundHeaders, name: str) -> pl.Expr:
    """A number that the rows of a key share; a row without a key is one of its own."""
    key = said(found, name)
    return pl.when(key.is_not_null()).then(key.hash()).otherwise(pl.col(_NUMBER).hash(1))


def _of_keys(piece: pl.DataFrame, keys: list[pl.Expr], wanted: list[KnownHashes]) -> pl.DataFrame:
    asked = [
        known.has(piece.select(key).to_series().to_numpy()) for key, known in zip(keys, wanted, strict=True)
    ]
    return piece.filter(np.logical_or.reduce(asked))


def _looked_through(
    text: TextRows, layout: Layout, scope: tuple[str, ...], keys: list[pl.Expr]
) -> tuple[tuple[int, ...], list[KnownHashes]]:
    """How many rows the file has of each kind (those of none count with the first), and the keys of rows that
    may be kept.

    Which kind a row is of may be filled down too. A code that is filled down is that of a row of its key.
    """
    found, parts = _names(text), layout.parts()
    telling = frozenset(plain_header(name) for part in parts for name in part.tells_kind())
    fill = filling(layout, found, telling)
    counts = [0] * len(parts)
    wanted: list[list[Words]] = [[] for _ in keys]
    for piece in text.pieces():
        piece = fill.filled(piece) if fill else piece
        mine = [are_of_kind(piece, part, found) for part in parts]
        for at, part in enumerate(parts):
            counts[at] += int(mine[at].sum()) if layout.partner else len(piece)
            rows = _may_be_kept(piece.filter(mine[at]), part, scope, text)
            for hashes, key in zip(wanted, keys, strict=True):
                hashes.append(rows.select(key).to_series().unique().to_numpy())
        if layout.partner:
            counts[0] += int((~(mine[0] | mine[1])).sum())
    return tuple(counts), [KnownHashes(hashes) for hashes in wanted]


def _may_be_kept(rows: pl.DataFrame, layout: Layout, scope: tuple[str, ...], text: TextRows) -> pl.DataFrame:
    """The rows of one kind that may be kept."""
    made = {name: Made(()) if rule.number_within else rule for name, rule in layout.made.items()}
    texts, _ = canonical_texts(replace(layout, made=made), _names(text))
    keep = may_be_kept(layout, scope, text.is_ragged) | is_replacing(layout)
    told = rows.select(**texts, field_count_ok="field_count_ok")
    return rows.filter(told.select(keep.fill_null(False)).to_series())


def _names(text: TextRows) -> dict[str, str]:
    return {plain_header(name): name for name in reversed(text.header)}
