"""The rows of a file that a run keeps, found piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from flows.machine_errors import shortage
from flows.readers.file_result import Kept
from flows.readers.read_tables import unreadable
from flows.readers.rejections import Rejected
from flows.readers.text_rows import TextRows
from flows.store.files import private_folder
from transforms.intake.layout_rules import plain_header
from transforms.intake.layouts import (
    Layout,
    are_of_kind,
    canonical_text,
    canonical_texts,
    joined_adjustments,
)
from transforms.intake.lines_beside import LinesBeside
from transforms.intake.scope_filter import (
    CODES,
    FREQUENCY,
    NEVER_EMPTY,
    NUMBER,
    SUBMISSION,
    is_kept,
    is_replacing,
    may_be_kept,
    says_header,
)

ROWS_AT_ONCE: Final = 50_000
"""Kept rows that are held, and later validated and pseudonymized, together."""


def kept_by_kind(
    text: TextRows, file_key: str, layout: Layout, scope: tuple[str, ...], aside: Path | None = None
) -> tuple[list[Kept], dict[str, int]]:
    """The kept rows of each kind that the file holds, and how many rows it has of each.

    `aside`: a folder that rows in or near scope are put into where they are many; without it they are held.

    Rows that are of no kind count with the first one; a row that is of both counts twice. Of a claim tell
    rows that replace or void it, and lines that may stand beside one in scope. In a file with rows of a wrong
    length, such a row is kept too when its code is gone or stands elsewhere. Rows of one line, each with
    another of its adjustments, are one row.
    """
    is_part = layout.partner is not None
    kinds = [_OfKind(text, file_key, part, scope, is_part, aside) for part in layout.parts()]
    of_none = 0
    try:
        for piece in text.pieces():
            mine = [kind.take(piece) for kind in kinds]
            of_none += int((~(mine[0] | mine[1])).sum()) if layout.partner else 0
        if any(kind.asks_again for kind in kinds):
            for piece in text.pieces():
                for kind in kinds:
                    kind.take_again(piece)
        kept = [kind.kept() for kind in kinds]
    except pl.exceptions.PolarsError as error:
        if shortage(error):
            raise
        raise unreadable(error) from None
    counted = text.totals or (kinds[0].total + of_none, *(kind.total for kind in kinds[1:]))
    joined = [kind.joined for kind in kinds]
    totals: dict[str, int] = {
        kind.layout.kind: total - less for kind, total, less in zip(kinds, counted, joined, strict=True)
    }
    return kept, totals


@dataclass
class _OfKind:
    """The rows of one kind; `is_part`: the file holds another kind too. `total`: rows seen of this one, else
    of the file; `joined`: rows that were found to be part of another.
    """

    text: TextRows
    file_key: str
    layout: Layout
    scope: tuple[str, ...]
    is_part: bool
    aside: Path | None
    total: int = 0
    joined: int = 0
    _found: list[pl.DataFrame] = field(default_factory=list)
    _parts: list[pl.LazyFrame] = field(default_factory=list)
    _outside: list[pl.DataFrame] = field(default_factory=list)
    _others: list[pl.DataFrame] = field(default_factory=list)
    _beside: LinesBeside = field(default_factory=LinesBeside)

    @property
    def asks_again(self) -> bool:
        """Whether lines beside others are still to be found; of remittances only what is in scope counts."""
        return self.layout.kind == "claim_lines" and self.text.beside is None

    def take(self, piece: pl.DataFrame) -> pl.Series:
        """Keep what is in or near scope, or replaces; which rows of the piece are of this kind."""
        is_mine = are_of_kind(piece, self.layout, self._names())
        mine = piece.filter(is_mine)
        self.total += len(mine) if self.is_part else len(piece)
        marked = self._marked(mine)
        if self.asks_again:
            self._beside.first_look(marked)
        # what the prefilter let through is judged as it is
        passed = marked["_passed"] if self.text.beside is None else pl.repeat(True, len(marked), eager=True)
        found = self._judged(self._canonical(mine, passed))
        if len(found.filter(says_header(self.layout))):
            raise Rejected("file_header_twice")
        if len(found):
            self._found.append(found.filter("_keep").drop("_keep"))
            if self.layout.kind == "claim_lines":
                self._outside.append(found.filter(~pl.col("_keep")).drop("_keep"))
        if self.aside and sum(map(len, self._found)) >= ROWS_AT_ONCE:
            self._put_aside(self.aside)
        return is_mine

    def _put_aside(self, folder: Path) -> None:
        path = private_folder(folder) / f"{self.layout.kind}-{len(self._parts):05d}.parquet"
        pl.concat(self._found).sort("row_number").write_parquet(path, compression="lz4")
        self._parts.append(pl.scan_parquet(path, glob=False))
        self._found = []

    def take_again(self, piece: pl.DataFrame) -> None:
        """Keep what may stand beside a line in scope."""
        if not self.asks_again:
            return
        mine = piece.filter(are_of_kind(piece, self.layout, self._names()))
        chosen = pl.Series(self._beside.second_look(self._marked(mine)))
        if chosen.any():
            self._others.append(self._canonical(mine, chosen))

    def kept(self) -> Kept:
        """The layout, its rows in or near scope, and rows out of scope that tell of a claim."""
        none = self._judged(self._canonical(self.text.no_rows(), None)).drop("_keep")
        outside = [none, *self._outside]
        if self.layout.kind == "claim_lines":
            outside += self._lines_beside()
        rest = pl.concat([none, *self._found]).sort("row_number")
        parts = [*self._parts, rest.lazy()]
        if self.layout.one_adjustment_a_row:
            rows = pl.concat(parts).collect()
            joined = joined_adjustments(rows)
            self.joined = len(rows) - len(joined)
            parts = [joined.lazy()]
        return Kept(self.layout, parts, pl.concat(outside))

    def _lines_beside(self) -> list[pl.DataFrame]:
        if self.text.beside is not None:
            return [self._canonical(self.text.beside, None)]
        marks = [rows.with_columns(self._marks()) for rows in self._others]
        chosen = [pl.Series(self._beside.are_beside(rows)) for rows in marks]
        return [rows.filter(those) for rows, those in zip(self._others, chosen, strict=True)]

    def _names(self) -> dict[str, str]:
        return {plain_header(name): name for name in reversed(self.text.header)}

    def _marks(self) -> list[pl.Expr]:
        keep = may_be_kept(self.layout, self.scope, self.text.is_ragged).fill_null(False)
        return [keep.alias("_keep"), (keep | is_replacing(self.layout).fill_null(False)).alias("_passed")]

    def _marked(self, mine: pl.DataFrame) -> pl.DataFrame:
        """The few canonical columns that tell, with `_keep`, may be in scope, and `_passed`, kept for that or
        because it replaces.

        A layout may make a column of many of theirs; on the many rows that are not kept these are made only.
        """
        texts, _ = canonical_texts(self.layout, self._names())
        telling = {*CODES[self.layout.kind], *NEVER_EMPTY[self.layout.kind]}
        if self.layout.kind == "claim_lines":
            telling |= {FREQUENCY, NUMBER, *SUBMISSION}
        telling = set(texts) if self.text.is_ragged else telling
        told = [texts[name].alias(name) for name in sorted(telling)]
        return mine.select(*told, "row_number", "field_count_ok").with_columns(self._marks())

    def _canonical(self, mine: pl.DataFrame, chosen: pl.Series | None) -> pl.DataFrame:
        """Chosen rows in canonical columns. Where a row is numbered among others, they are all made first."""
        held, rest = (None, chosen) if self.text.is_held else (chosen, None)
        rows = mine if held is None else mine.filter(held)
        keyed = rows.lazy().with_columns(file_key=pl.lit(self.file_key))
        made = canonical_text(keyed, self.layout, self.text.header).collect(engine="in-memory")
        return made if rest is None else made.filter(rest)

    def _judged(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with `_keep`, in or near scope by an exact look."""
        keep = may_be_kept(self.layout, self.scope, self.text.is_ragged).fill_null(False)
        return rows.with_columns(_keep=keep & is_kept(self.layout, self.scope))
