"""One piece of a file read: pure, so that pieces may be read side by side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from transforms.stray_bytes import WINDOWS, stray_bytes
from transforms.x12.delimiters import BLANKS, BYTE_ORDER_MARK, END_OF_FILE, Delimiters
from transforms.x12.findings import Finding, warning
from transforms.x12.payments import SetPayment, set_payments
from transforms.x12.pieces import Piece
from transforms.x12.professional import read_professional
from transforms.x12.remittance import read_remittance
from transforms.x12.rows import PartRows
from transforms.x12.scan import CodeTest, Envelope, envelopes_of, sets_of
from transforms.x12.segments import Segments, index_segments, repair_line_breaks

CONTROL_LENGTH = 9
"""Characters of an interchange control number (ISA13, IEA02)."""


@dataclass(frozen=True, slots=True)
class PieceRows:
    """What one piece holds; positions are segment numbers in it, of which the first `context` repeat.

    `interchanges` are segment numbers of the ISA that start interchanges in the piece, in order.
    """

    segments: int
    context: int
    unended: bool
    envelopes: list[Envelope]
    set_names: list[str]
    acknowledgements: int
    interchanges: list[int]
    claims: PartRows
    remits: PartRows
    payments: list[SetPayment]
    findings: list[Finding]


def read_piece(piece: Piece, test: CodeTest, last: bool) -> PieceRows:
    """Read one piece: rows of both kinds, its envelopes, its payments, and what was odd about its bytes."""
    findings = list(piece.findings)
    tail = False
    if np.frombuffer(piece.data, dtype=np.uint8)[piece.start : piece.stop].max(initial=0) > 127:
        piece = _as_utf8(piece, findings)
    if last:
        piece, tail = _ended(piece)
    segments = index_segments(piece.data, piece.delimiters, piece.start, piece.stop)
    if segments.line_breaks_inside:
        piece = _repaired(piece, findings)
        segments = index_segments(piece.data, piece.delimiters, piece.start, piece.stop)
    repeated = int(np.searchsorted(segments.starts, piece.context))
    return _read(segments, repeated, tail, findings, test)


def _read(
    segments: Segments, repeated: int, tail: bool, findings: list[Finding], test: CodeTest
) -> PieceRows:
    envelopes = envelopes_of(segments)
    sets = sets_of(segments, envelopes, repeated)
    own = [envelope for envelope in envelopes if envelope.segment >= repeated]
    opened = sum(envelope.segment_id == "ST" for envelope in own)
    return PieceRows(
        segments=len(segments),
        context=repeated,
        unended=tail or segments.unended > 0,
        envelopes=own,
        set_names=sets.names[len(sets.names) - opened :],
        acknowledgements=len(segments.where("TA1")),
        interchanges=[e.segment for e in own if e.segment_id == "ISA"],
        claims=read_professional(segments, sets, test),
        remits=read_remittance(segments, sets, test),
        payments=set_payments(segments, sets),
        findings=findings,
    )


def _ended(piece: Piece) -> tuple[Piece, bool]:
    """The piece with the terminator that a last IEA may lack; and whether other bytes hang at its end."""
    body = piece.body
    terminator = bytes([piece.delimiters.terminator])
    if body.rstrip(BLANKS.replace(terminator, b"")).endswith(terminator):
        return piece, False
    start = body.rfind(terminator) + 1
    element = bytes([piece.delimiters.element])
    parts = body[start:].strip(BLANKS).split(element)
    control = parts[2].strip() if parts[0] == b"IEA" and len(parts) == 3 else b""
    # An editor drops a last line break as a matter of course; another number than that of the ISA is told.
    if len(control) == CONTROL_LENGTH or (terminator in b"\r\n" and control.isdigit()):
        return piece.replaced(piece.repeated, body.rstrip(BLANKS) + terminator), False
    return piece, bool(body[start:].strip(BLANKS + END_OF_FILE))


def _repaired(piece: Piece, findings: list[Finding]) -> Piece:
    """The piece without line breaks inside its segments."""
    body, ended, removed = repair_line_breaks(piece.body, piece.delimiters)
    if ended:
        findings.append(warning("newline_as_terminator", "", 0, ended))
    if removed:
        findings.append(warning("newline_in_segment", "", 0, removed))
    return piece.replaced(repair_line_breaks(piece.repeated, piece.delimiters)[0], body)


def _as_utf8(piece: Piece, findings: list[Finding]) -> Piece:
    """Bytes as UTF-8: separators above 127 become control characters, stray bytes are Windows characters."""
    delimiters = piece.delimiters
    marks = [delimiters.element, delimiters.component, delimiters.terminator]
    table = bytearray(range(256))
    for number, mark in enumerate(marks):
        if mark > 127:
            table[mark] = 0x1D + number
            marks[number] = 0x1D + number
    context, body = piece.repeated.translate(bytes(table)), piece.body.translate(bytes(table))
    # Files that were joined have it before each ISA; it is told where the interchange starts.
    body = body.replace(BYTE_ORDER_MARK + b"ISA", b"ISA")
    if stray := stray_bytes(body):
        findings.append(warning("latin1_bytes", "", 0, stray))
        body = body.decode("utf-8", WINDOWS).encode("utf-8")
    context = context.decode("utf-8", WINDOWS).encode("utf-8")
    return replace(piece.replaced(context, body), delimiters=Delimiters(*marks))
