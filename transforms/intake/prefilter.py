"""A prefilter for the bytes of a CSV: finds the lines that a run may keep without parsing the others.

It may let a line through that nobody wants, never hold one back: what passes is parsed and judged as any row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.intake.block_rows import (
    COMMA,
    WORD,
    BlockBytes,
    BlockRows,
    ByteFlags,
    Places,
    Unsievable,
    Words,
    check_utf8,
    line_bounds,
    separator_places,
)

TABLE_BITS: Final = 20
"""Size of the table that most rows of no interest are told by."""
NONE: Final = np.empty(0, dtype=np.uint64)

Test = Callable[[pl.Series], pl.Series]


@dataclass(frozen=True)
class PrefilterRules:
    """What lets a line of `fields` fields through: column numbers, each with a test of distinct texts.

    A line passes when a code or a status passes its test, when all its codes are `empty`, and when it has
    another number of fields. `submission`: columns that tell submissions apart; `number`: column of the line
    number, with a test of the first one. Lines beside others can be asked for afterwards.
    """

    fields: int
    codes: tuple[tuple[int, Test], ...]
    statuses: tuple[tuple[int, Test], ...]
    submission: tuple[int, ...]
    number: tuple[int, Test] | None
    empty: Test


@dataclass(frozen=True)
class _Block:
    """What is remembered of a block: where it stood, and per row its end, the hash of its submission, whether
    it passed, whether it did not and is the first line of a submission.
    """

    offset: int
    first_row: int
    ends: npt.NDArray[np.uint32]
    hashes: Words
    passed: ByteFlags
    is_first: ByteFlags

    def without_first(self) -> Places:
        """Rows that did not pass and are not the first line, where no row of the block is that of theirs."""
        starts = np.concatenate([[0], np.flatnonzero(self.hashes[1:] != self.hashes[:-1]) + 1])
        # lines of a submission mostly stand together
        near = np.logical_or.reduceat(self.is_first, starts)
        near = np.repeat(near, np.diff(starts, append=len(self.hashes)))
        rows = np.flatnonzero(~(self.passed | self.is_first | near))
        return rows[~np.isin(self.hashes[rows], self.hashes[self.is_first])] if len(rows) else rows


@dataclass
class Prefilter:
    """Takes a file block by block; keeps its header (row number 0), and lines that pass with their numbers.

    `rows`: rows seen, the header among them. `offset`: bytes seen. `passed`: bytes of the lines that passed.
    `ragged`: numbers of rows with another number of fields.
    """

    rules: PrefilterRules
    may_be_quoted: bool = True
    separator: int = COMMA
    head: bytes = b""
    rows: int = 0
    offset: int = 0
    passed: int = 0
    lines: list[bytes] = field(default_factory=list)
    numbers: list[Places] = field(default_factory=list)
    ragged: list[Places] = field(default_factory=list)
    _blocks: list[_Block] = field(default_factory=list)
    _wanted: list[Words] = field(default_factory=list)
    _codes: list[tuple[int, _Verdicts]] = field(default_factory=list)
    _statuses: list[tuple[int, _Verdicts]] = field(default_factory=list)
    _number: tuple[int, _Verdicts] | None = None

    def __post_init__(self) -> None:
        empty = self.rules.empty
        self._codes = [(column, _Verdicts(test, empty)) for column, test in self.rules.codes]
        self._statuses = [(column, _Verdicts(test, empty)) for column, test in self.rules.statuses]
        if self.rules.number is not None:
            self._number = (self.rules.number[0], _Verdicts(self.rules.number[1], empty))

    def take(self, buffer: bytearray, filled: int) -> int:
        """Look at the whole rows in the filled part of a buffer (with SLACK bytes behind it); how many bytes
        they have.

        Raises Unsievable.
        """
        last = buffer.rfind(b"\n", 0, filled)
        if last < 0:
            return 0
        data = np.frombuffer(buffer, dtype=np.uint8)
        found = separator_places(data[: last + 1], self.may_be_quoted, self.separator)
        if not found.lines:
            return 0
        size = int(found.places[-1]) + 1
        check_utf8(data[:size])
        rows = BlockRows(data, found, self.rules.fields)
        by_code, passed = self._judged(rows)
        if not self.rows:
            if not rows.is_whole[0]:
                raise Unsievable
            self.head = data[: rows.ends[0] + 1].tobytes()
            passed[0] = False
        self._keep(data, rows, by_code, passed)
        self.rows += len(passed)
        self.offset += size
        return size

    def _judged(self, rows: BlockRows) -> tuple[ByteFlags, ByteFlags]:
        """Rows whose code passes, and all that pass; over all rows of the block."""
        passes = np.zeros(len(rows.whole), dtype=bool)
        empty = np.ones(len(rows.whole), dtype=bool)
        for column, verdicts in self._codes:
            starts, sizes = rows.places(column)
            passed, is_empty = verdicts.on(rows.words(starts, sizes))
            passes |= passed | (sizes > WORD)
            empty &= is_empty & (sizes <= WORD)
        by_code = passes | empty
        passes = by_code.copy()
        for column, verdicts in self._statuses:
            starts, sizes = rows.places(column)
            passes |= verdicts.on(rows.words(starts, sizes))[0] | (sizes > WORD)
        if rows.is_regular:
            return by_code, passes
        passed = ~rows.is_whole
        passed[rows.whole] = passes
        return by_code, passed

    def _keep(self, data: BlockBytes, rows: BlockRows, by_code: ByteFlags, passed: ByteFlags) -> None:
        self.lines.append(line_bounds(data, rows.ends, passed))
        self.passed += len(self.lines[-1])
        self.numbers.append(self.rows + np.flatnonzero(passed))
        if not rows.is_regular:
            self.ragged.append(self.rows + np.flatnonzero(~rows.is_whole))
        if self._number is not None:
            self._remember(rows, by_code, passed, *self._number)

    def _remember(
        self, rows: BlockRows, by_code: ByteFlags, passed: ByteFlags, number: int, is_one: _Verdicts
    ) -> None:
        """What tells afterwards which lines stand beside others."""
        hashed = rows.hashes(self.rules.submission)
        starts, sizes = rows.places(number)
        first = is_one.on(rows.words(starts, sizes))[0] & (sizes <= WORD)
        self._wanted.append(hashed[by_code])
        if not rows.is_regular:
            hashed, first = (_spread(part, rows.whole, len(passed)) for part in (hashed, first))
        ends = rows.ends.astype(np.uint32)
        self._blocks.append(_Block(self.offset, self.rows, ends, hashed, passed, first & ~passed))

    def beside(self, read: Callable[[int, int], bytes]) -> Iterable[tuple[bytes, Places]]:
        """Lines, with their row numbers, that did not pass and may stand beside a line that is in scope.

        A line that passed by its code has their submission; or they are not the first line of theirs, and the
        first is none of those that did not pass: it stands in another file, and may be in scope. It may be
        more lines than that, never fewer.
        `read` gives so many bytes of the file from an offset, a line end behind its last line.
        """
        wanted = KnownHashes(self._wanted)
        without = [(block, block.without_first()) for block in self._blocks]
        loose = KnownHashes([block.hashes[rows] for block, rows in without])
        firsts = (block.hashes[block.is_first] for block in self._blocks)
        complete = KnownHashes([hashes[loose.has(hashes)] for hashes in firsts])
        for block, rows in without:
            chosen = np.zeros(len(block.passed), dtype=bool)
            chosen[rows[~complete.has(block.hashes[rows])]] = True
            chosen |= ~block.passed & wanted.has(block.hashes)
            if not block.first_row:
                chosen[0] = False  # the header is no line of a claim
            if chosen.any():
                data = np.frombuffer(read(block.offset, int(block.ends[-1]) + 1), dtype=np.uint8)
                places = block.first_row + np.flatnonzero(chosen)
                yield line_bounds(data, block.ends.astype(np.int64), chosen), places


def _spread(part: npt.NDArray[Any], whole: Places, rows: int) -> npt.NDArray[Any]:
    """What is told of whole rows, over all rows."""
    spread = np.zeros(rows, dtype=part.dtype)
    spread[whole] = part
    return spread


class KnownHashes:
    """A set of hashes in which many are looked up, most of them in vain."""

    def __init__(self, parts: Iterable[Words]) -> None:
        self._hashes = np.unique(np.concatenate([NONE, *parts]))
        self._table = np.zeros(1 << TABLE_BITS, dtype=bool)
        self._table[self._places(self._hashes)] = True

    @staticmethod
    def _places(hashes: Words) -> Words:
        return hashes >> np.uint64(64 - TABLE_BITS)

    def __len__(self) -> int:
        """How many hashes it has."""
        return len(self._hashes)

    def has(self, hashes: Words) -> ByteFlags:
        """Which of the hashes are in the set."""
        found: ByteFlags = self._table[self._places(hashes)]
        likely = np.flatnonzero(found)
        if len(likely):
            at = np.minimum(np.searchsorted(self._hashes, hashes[likely]), len(self._hashes) - 1)
            found[likely] = self._hashes[at] == hashes[likely]
        return found


class _Verdicts:
    """A test of texts of up to eight bytes, asked once for each distinct one; and whether it is empty."""

    def __init__(self, test: Test, empty: Test) -> None:
        self._test, self._is_empty = test, empty
        self._known = np.zeros(1, dtype=np.uint64)
        self._passes, self._empty = self._asked(self._known)

    def on(self, words: Words) -> tuple[ByteFlags, ByteFlags]:
        """Which of the words pass, and which say nothing."""
        at = np.searchsorted(self._known, words)
        at[at == len(self._known)] = 0
        news = words[self._known[at] != words]
        if len(news):
            self._learn(np.unique(news))
            return self.on(words)
        return self._passes[at], self._empty[at]

    def _learn(self, news: Words) -> None:
        known = np.concatenate([self._known, news])
        found, empty = self._asked(news)
        order = np.argsort(known)
        self._known = known[order]
        self._passes = np.concatenate([self._passes, found])[order]
        self._empty = np.concatenate([self._empty, empty])[order]

    def _asked(self, words: Words) -> tuple[ByteFlags, ByteFlags]:
        # a quote is left where one stood doubled in a quoted field: such a text is not judged here
        texts = [text.decode(errors="replace") for text in words.astype("<u8").view(f"S{WORD}").tolist()]
        asked = pl.Series(texts, dtype=pl.String)
        is_quoted = np.array(['"' in text for text in texts])
        return self._test(asked).to_numpy() | is_quoted, self._is_empty(asked).to_numpy()
