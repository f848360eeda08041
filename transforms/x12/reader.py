"""Raw X12 to claim lines and remit lines: one file in blocks of bytes, memory bounded by a piece."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from transforms.x12.delimiters import sniff
from transforms.x12.file_state import FileState, X12Batch
from transforms.x12.findings import FINDINGS, X12Rejected
from transforms.x12.piece_reader import PieceRows, read_piece
from transforms.x12.pieces import PIECE_BYTES, Piece, PieceCutter
from transforms.x12.scan import CodeTest
from transforms.x12.small_files import Rest, read_together

__all__ = ["FINDINGS", "X12Batch", "X12Rejected", "read_many_small", "read_x12", "sniff"]

WORKERS = 2
DENSE_ROW_BYTES = 2000
"""A piece with a kept row in every so many bytes is dense."""
DENSE_PIECES = 6
"""Pieces that are kept whole take several times the memory of others: they are so many times smaller."""


def read_x12(
    blocks: Iterable[bytes],
    scope: frozenset[str],
    keep_pattern: str | None = None,
    *,
    piece_bytes: int = PIECE_BYTES,
    workers: int = WORKERS,
) -> Iterator[X12Batch]:
    """Read one decompressed X12 file, given in blocks of any size, as batches of rows (CONTRACT section 3).

    Kept are lines whose code is in `scope` or matches the regular expression `keep_pattern`, remit lines
    without a code, and every line of 837P claims with frequency 6, 7 or 8. Raises X12Rejected when the file
    can't be trusted as a whole, which for a truncated file is known at its end only: batches already given
    are then void.
    """
    cutter = PieceCutter(piece_bytes // DENSE_PIECES)
    state = FileState()
    test = CodeTest(scope, keep_pattern)
    waiting: deque[tuple[Piece, Future[PieceRows]]] = deque()
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="x12") as pool:
        try:
            before: Piece | None = None
            for piece in cutter.pieces(blocks):
                done = _next(waiting) if len(waiting) >= workers else None
                if before is not None:
                    waiting.append((before, pool.submit(read_piece, before, test, False)))
                before = piece
                if done is not None:
                    cutter.size = piece_bytes // DENSE_PIECES if _dense(*done) else piece_bytes
                    yield from state.take(*done)
            if before is not None:
                waiting.append((before, pool.submit(read_piece, before, test, True)))
            while waiting:
                yield from state.take(*_next(waiting))
        finally:
            for _, future in waiting:
                future.cancel()
    yield state.finish(cutter.findings)


def _dense(piece: Piece, read: PieceRows) -> bool:
    rows = read.claims.rows.height + read.remits.rows.height
    return rows * DENSE_ROW_BYTES > piece.stop - piece.start


def _next(waiting: deque[tuple[Piece, Future[PieceRows]]]) -> tuple[Piece, PieceRows]:
    piece, future = waiting.popleft()
    return piece, future.result()


def read_many_small(
    files: Sequence[tuple[int, bytes]], scope: frozenset[str], keep_pattern: str | None = None
) -> X12Batch:
    """Read small files (ordinal, decompressed bytes), those of one delimiter style in one pass.

    Every frame has `file_ordinal` first; `files` counts the lines read of each. A file that would be refused
    gives no rows but a finding of severity `rejected` with its rule and position.
    """

    def alone(data: bytes) -> list[X12Batch]:
        return list(read_x12([data], scope, keep_pattern, workers=1))

    return read_together(files, CodeTest(scope, keep_pattern), Rest(alone))
