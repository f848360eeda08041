"""What runs through one file from piece to piece: ordinals, envelope, payments, interchanges met before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from transforms.x12.audit import Audit
from transforms.x12.findings import QUARANTINED, Finding, findings_frame, merge_warnings, warning
from transforms.x12.payments import SetPayment
from transforms.x12.piece_reader import PieceRows
from transforms.x12.pieces import Piece
from transforms.x12.rows import (
    CLAIM_EXTRA,
    REMIT_EXTRA,
    X12_CLAIM_COLUMNS,
    X12_REMIT_COLUMNS,
    PartRows,
    empty_rows,
)


@dataclass(frozen=True)
class X12Batch:
    """Rows of a part of a file, in file order, and what was found in it.

    `claim_lines`: one row per 837P service line of a kept claim, the canonical columns as String and
    `row_number` as Int64. `remit_lines`: one row per kept 835 service payment (or claim payment without
    lines), canonical columns, `row_number` and `loop_ordinal`. Ordinals run through the file from 1. The
    counts are of all service lines read, kept or not. Batches of several small files carry `file_ordinal`
    in every frame and `files`: one row per file with its two counts. The last batch of a file has its
    `sets`: how many of each name, and how many `interchanges`, `segments`, `claims` (CLM) and
    `claim_payments` (CLP).
    """

    claim_lines: pl.DataFrame
    remit_lines: pl.DataFrame
    findings: pl.DataFrame
    claim_rows_read: int
    remit_rows_read: int
    files: pl.DataFrame | None = None
    sets: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Interchange:
    """An interchange of the file, and its rows held back while it might be a repetition."""

    identity: bytes
    position: int
    held: list[X12Batch] = field(default_factory=list)


@dataclass(slots=True)
class FileState:
    """What runs through a file from piece to piece: ordinals, envelope, payments, interchanges met."""

    audit: Audit = field(default_factory=Audit)
    segments: int = 0
    claim_lines: int = 0
    remit_lines: int = 0
    claims: int = 0
    loops: int = 0
    unended: bool = False
    payment: SetPayment | None = None
    current: int = 0
    suspects: dict[int, _Interchange] = field(default_factory=dict)
    identities: dict[int, bytes] = field(default_factory=dict)
    known: set[bytes] = field(default_factory=set)
    digests: dict[bytes, set[bytes]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def take(self, piece: Piece, read: PieceRows) -> Iterator[X12Batch]:
        """Batches that are final after this piece."""
        base = self.segments - read.context + 1
        self.audit.feed(read.envelopes, read.set_names, base, read.acknowledgements)
        found = [*self._moved(read, base), *self._balance(read, base), *read.findings]
        found += self._start_interchanges(piece, read, base)
        bounds = [read.context, *read.interchanges, read.segments] if read.interchanges else []
        if self.suspects and bounds:
            batches = self._held(read, found, bounds)
        else:
            batches = [(self.current, self._batch(read, found, 0, read.segments))]
        self._advance(read)
        for number, batch in batches:
            if number in self.suspects:
                self.suspects[number].held.append(batch)
            else:
                yield batch
        yield from self._settle(piece)

    def _advance(self, read: PieceRows) -> None:
        self.segments += read.segments - read.context
        self.claim_lines += len(read.claims.line_segments)
        self.remit_lines += len(read.remits.line_segments)
        self.claims += len(read.claims.loop_segments)
        self.loops += len(read.remits.loop_segments)
        self.unended = read.unended
        self.findings = []

    def _start_interchanges(self, piece: Piece, read: PieceRows, base: int) -> list[Finding]:
        """Note the interchanges that start in the piece; those seen before are suspects until they end."""
        found: list[Finding] = []
        for start, segment in zip(piece.starts, read.interchanges, strict=False):
            self.identities[start.ordinal] = start.identity
            position = base + segment
            if start.identity in self.known:
                self.suspects[start.ordinal] = _Interchange(start.identity, position)
            self.known.add(start.identity)
            found += [warning(rule, "ISA", position) for rule in start.findings]
        return found

    def _held(self, read: PieceRows, found: list[Finding], bounds: list[int]) -> list[tuple[int, X12Batch]]:
        """The piece's rows by interchange; the findings go with the first part."""
        out: list[tuple[int, X12Batch]] = []
        number = self.current
        for place, (first, stop) in enumerate(zip(bounds[:-1], bounds[1:], strict=True)):
            number += place > 0
            if stop > first:
                out.append((number, self._batch(read, [] if out else found, first, stop)))
        return out

    def _batch(self, read: PieceRows, found: list[Finding], first: int, stop: int) -> X12Batch:
        claims, remits = (
            empty_rows(X12_CLAIM_COLUMNS, CLAIM_EXTRA),
            empty_rows(X12_REMIT_COLUMNS, REMIT_EXTRA),
        )
        whole = first == 0 and stop == read.segments
        if read.claims.rows.height:
            rows = read.claims.rows if whole else _between(read.claims.rows, first, stop)
            claims = rows.select(*X12_CLAIM_COLUMNS, pl.col("row_number") + self.claim_lines)
        if read.remits.rows.height:
            rows = read.remits.rows if whole else _between(read.remits.rows, first, stop)
            ordinals = (pl.col("row_number") + self.remit_lines, pl.col("loop_ordinal") + self.loops)
            remits = rows.select(*X12_REMIT_COLUMNS, *ordinals)
        return X12Batch(
            claims,
            remits,
            findings_frame(merge_warnings(found)),
            _count(read.claims, first, stop),
            _count(read.remits, first, stop),
        )

    def _moved(self, read: PieceRows, base: int) -> list[Finding]:
        """Findings of the piece at their ordinals in the file."""
        found: list[Finding] = []
        for part in (read.claims, read.remits):
            found += [
                Finding(f.rule_code, f.severity, f.segment_id, base + f.position, f.line_rows, f.count)
                for f in part.findings
            ]
            found += [
                warning(spot.rule_code, spot.segment_id, base + int(spot.segments[0]), len(spot.segments))
                for spot in part.spots
                if len(spot.segments)
            ]
        return found

    def _balance(self, read: PieceRows, base: int) -> list[Finding]:
        """Payments that ended in this piece and do not add up, and provider adjustments met."""
        found: list[Finding] = []
        for payment in read.payments:
            if payment.provider_adjustments:
                found.append(
                    warning(
                        "provider_adjustment", "PLB", base + payment.adjusted_at, payment.provider_adjustments
                    )
                )
            payment.position += base
            if self.payment is not None and not payment.opened:
                self.payment.add(payment)
            else:
                self.payment = payment
            if payment.closed:
                if not self.payment.balanced:
                    found.append(warning("payment_unbalanced", "BPR", self.payment.position))
                self.payment = None
        return found

    def _settle(self, piece: Piece) -> Iterator[X12Batch]:
        """Close the interchanges that ended in this piece: a suspect with known content is a duplicate."""
        self.current = max([self.current, *(start.ordinal for start in piece.starts)])
        for number, digest in piece.digests.items():
            identity = self.identities.pop(number, b"")
            known = self.digests.setdefault(identity, set())
            suspect = self.suspects.pop(number, None)
            if suspect is not None:
                yield from self._judge(suspect, duplicate=digest in known)
            known.add(digest)

    def _judge(self, suspect: _Interchange, duplicate: bool) -> Iterator[X12Batch]:
        if not duplicate:
            self.findings.append(warning("interchange_control_reused", "ISA", suspect.position))
            yield from suspect.held
            return
        rows = sum(batch.claim_lines.height + batch.remit_lines.height for batch in suspect.held)
        finding = Finding("interchange_duplicate", QUARANTINED, "ISA", suspect.position, rows, 1)
        for batch in suspect.held:
            findings = findings_frame([finding]) if finding is not None else findings_frame([])
            yield X12Batch(
                batch.claim_lines.clear(),
                batch.remit_lines.clear(),
                pl.concat([batch.findings, findings]),
                batch.claim_rows_read,
                batch.remit_rows_read,
            )
            finding = None  # type: ignore[assignment]

    def finish(self, odd: list[Finding]) -> X12Batch:
        """A last batch without rows: what was found about the file as a whole."""
        found = self.audit.finish(self.segments, self.unended)
        findings = findings_frame(merge_warnings([*odd, *self.findings, *found]))
        claims, remits = (
            empty_rows(X12_CLAIM_COLUMNS, CLAIM_EXTRA),
            empty_rows(X12_REMIT_COLUMNS, REMIT_EXTRA),
        )
        counts = {
            "interchanges": self.audit.interchanges,
            "segments": self.segments,
            "claims": self.claims,
            "claim_payments": self.loops,
        }
        return X12Batch(claims, remits, findings, 0, 0, None, counts | self.audit.names)


def _between(rows: pl.DataFrame, first: int, stop: int) -> pl.DataFrame:
    return rows.filter(pl.col("origin").is_between(first, stop, closed="left"))


def _count(part: PartRows, first: int, stop: int) -> int:
    lines = part.line_segments
    return int(np.searchsorted(lines, stop) - np.searchsorted(lines, first))
