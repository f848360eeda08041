"""Lines out of scope that may stand beside one in scope, found in two looks at the pieces of a file.

Between the looks only hashes are in memory: of the submissions that have a line in scope, and of those that
have a line other than the first whose first was not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from transforms.intake.block_rows import ByteFlags, Words
from transforms.intake.prefilter import KnownHashes
from transforms.intake.scope_filter import SUBMISSION, is_first_line

HASH: Final = "_submission"
_FIRST: Final = "_first"


@dataclass
class LinesBeside:
    """Give it each piece of a file twice, in any order: the rules are those of `Prefilter.beside`.

    A piece has the columns of SUBMISSION, the line number, `_keep` (may be in scope) and `_passed` (kept for
    that or another reason).
    """

    _wanted: list[Words] = field(default_factory=list)
    _loose: list[Words] = field(default_factory=list)
    _complete: list[Words] = field(default_factory=list)
    _known: tuple[KnownHashes, KnownHashes] | None = None

    def first_look(self, marked: pl.DataFrame) -> None:
        """Remember whose lines are asked for."""
        told = _told(marked)
        self._wanted.append(_hashes(told.filter("_keep")))
        others = told.filter(~pl.col("_passed"))
        firsts = others.filter(_FIRST).select(HASH).unique()
        self._loose.append(_hashes(others.filter(~pl.col(_FIRST)).join(firsts, on=HASH, how="anti")))

    def second_look(self, marked: pl.DataFrame) -> ByteFlags:
        """Rows of a piece that are asked for, as far as the pieces before tell."""
        if self._known is None:
            self._known = (KnownHashes(self._wanted), KnownHashes(self._loose))
        wanted, loose = self._known
        told = _told(marked)
        hashes, out = _hashes(told), ~told["_passed"].to_numpy()
        first = told[_FIRST].to_numpy()
        is_loose = loose.has(hashes)
        self._complete.append(hashes[out & first & is_loose])
        asked: ByteFlags = out & (wanted.has(hashes) | (is_loose & ~first))
        return asked

    def are_beside(self, marked: pl.DataFrame) -> ByteFlags:
        """Of rows that the second look asked for, those that stand beside a line that is or may be in scope,
        now that all pieces are known.
        """
        hashes = _hashes(_told(marked))
        wanted = self._known[0].has(hashes) if self._known else KnownHashes(()).has(hashes)
        return wanted | ~KnownHashes(self._complete).has(hashes)


def _told(marked: pl.DataFrame) -> pl.DataFrame:
    first = is_first_line() & ~pl.col("_passed")
    return marked.select("_keep", "_passed", pl.struct(SUBMISSION).hash().alias(HASH), first.alias(_FIRST))


def _hashes(told: pl.DataFrame) -> Words:
    return told[HASH].to_numpy()
