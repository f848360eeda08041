"""One piece of a file read: pure, so that pieces may be read side by side."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

import numpy as np

from transforms.x12.delimiters import BLANKS, Delimiters
from transforms.x12.findings import Finding, warning
from transforms.x12.payments import SetPayment, set_payments
from transforms.x12.pieces import Piece
from transforms.x12.professional import read_professional
from transforms.x12.remittance import read_remittance
from transforms.x12.rows import PartRows
from transforms.x12.scan import CodeTest, Envelope, envelopes_of, sets_of
from transforms.x12.segments import Segments, index_segments, pad, repair_line_breaks


def _latin1(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("x12_latin1", _latin1)


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
    context, body, delimiters = piece.context, piece.body, piece.delimiters
    if not (body.isascii() and context.isascii()):
        context, body, delimiters = _as_utf8(context, body, delimiters, findings)
    body, tail = _ended(body, delimiters, last)
    segments = index_segments(pad(context, body), delimiters)
    if segments.line_breaks_inside:
        body, ended, removed = repair_line_breaks(body, delimiters)
        context = repair_line_breaks(context, delimiters)[0]
        if ended:
            findings.append(warning("newline_as_terminator", "", 0, ended))
        if removed:
            findings.append(warning("newline_in_segment", "", 0, removed))
        segments = index_segments(pad(context, body), delimiters)
    repeated = int(np.searchsorted(segments.starts, len(context)))
    return _read(segments, repeated, tail, findings, test)


def _read(
    segments: Segments, repeated: int, tail: bool, findings: list[Finding], test: CodeTest
) -> PieceRows:
    envelopes = envelopes_of(segments)
    sets = sets_of(segments, envelopes)
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
        payments=set_payments(segments, sets, repeated),
        findings=findings,
    )


def _ended(body: bytes, delimiters: Delimiters, last: bool) -> tuple[bytes, bool]:
    """The body with the terminator that a last IEA may lack; and whether other bytes hang at its end."""
    terminator = bytes([delimiters.terminator])
    if not last or body.rstrip(BLANKS.replace(terminator, b"")).endswith(terminator):
        return body, False
    start = body.rfind(terminator) + 1
    element = bytes([delimiters.element])
    parts = body[start:].strip(BLANKS).split(element)
    opened = body.rfind(b"ISA" + element)
    control = body[opened : opened + 400].split(element)[13:14] if opened >= 0 else []
    whole = parts[0] == b"IEA" and len(parts) == 3 and (not control or parts[2].strip() == control[0].strip())
    if whole and len(parts[2].strip()) == 9:
        return body.rstrip(BLANKS) + terminator, False
    return body, bool(body[start:].strip(BLANKS + b"\x1a"))


def _as_utf8(
    context: bytes, body: bytes, delimiters: Delimiters, findings: list[Finding]
) -> tuple[bytes, bytes, Delimiters]:
    """Bytes as UTF-8: separators above 127 become control characters, stray Latin-1 bytes are decoded."""
    marks = [delimiters.element, delimiters.component, delimiters.terminator]
    table = bytearray(range(256))
    for number, mark in enumerate(marks):
        if mark > 127:
            table[mark] = 0x1D + number
            marks[number] = 0x1D + number
    context, body = context.translate(bytes(table)), body.translate(bytes(table))
    delimiters = Delimiters(*marks)
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        mended = body.decode("utf-8", "x12_latin1")
        findings.append(warning("latin1_bytes", "", 0))
        body = mended.encode("utf-8")
    return context.decode("utf-8", "x12_latin1").encode("utf-8"), body, delimiters
