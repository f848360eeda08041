"""Many small files in a few passes: those of one delimiter style are read as one piece."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from transforms.x12.audit import Audit
from transforms.x12.delimiters import BLANKS, Delimiters, IsaHeader, read_isa
from transforms.x12.file_state import X12Batch
from transforms.x12.findings import REJECTED, Finding, X12Rejected, findings_frame, merge_warnings, warning
from transforms.x12.piece_reader import PieceRows, read_piece
from transforms.x12.pieces import Piece
from transforms.x12.rows import CLAIM_EXTRA, REMIT_EXTRA, X12_CLAIM_COLUMNS, X12_REMIT_COLUMNS, empty_rows
from transforms.x12.scan import CodeTest
from transforms.x12.segments import PAD, Positions, pad

TOGETHER_BYTES = 8 << 20


@dataclass(frozen=True, slots=True)
class Rest:
    """How a file is read that needs a pass of its own."""

    read: Callable[[bytes], list[X12Batch]]


@dataclass(frozen=True, slots=True)
class _Plain:
    """A file of one interchange without any oddity of its bytes."""

    ordinal: int
    data: bytes
    header: IsaHeader


@dataclass(slots=True)
class _Gathered:
    """What the passes give: frames with `file_ordinal`, findings and counts by file."""

    claims: list[pl.DataFrame]
    remits: list[pl.DataFrame]
    findings: list[pl.DataFrame]
    counts: list[tuple[int, int, int]]


def read_together(files: Sequence[tuple[int, bytes]], test: CodeTest, rest: Rest) -> X12Batch:
    """See `reader.read_many_small`."""
    out = _Gathered([], [], [], [])
    groups: dict[Delimiters, list[_Plain]] = {}
    for ordinal, data in files:
        plain = _plain(ordinal, data)
        if plain is None:
            _alone(ordinal, data, rest, out)
        else:
            groups.setdefault(plain.header.delimiters, []).append(plain)
    for delimiters, members in groups.items():
        for part in _parts(members):
            _pass(delimiters, part, test, rest, out)
    return _batch(out)


def _plain(ordinal: int, data: bytes) -> _Plain | None:
    """The file as a plain one, None where it needs a pass of its own."""
    if b"\0" in data or not data.isascii():
        return None
    header = read_isa(data, 0)
    if header is None or "newline_as_terminator" in header.findings:
        return None
    terminator = bytes([header.delimiters.terminator])
    if not data.rstrip(BLANKS.replace(terminator, b"")).endswith(terminator):
        return None
    if terminator not in b"\r\n":
        breaks = data.count(b"\n")
        if breaks and breaks not in (data.count(terminator + b"\n"), data.count(terminator + b"\r\n")):
            return None
        if data.count(b"\r") not in (0, breaks):
            return None
    following = data.find(b"ISA", 3)
    while following >= 0:
        if read_isa(data, following) is not None:
            return None
        following = data.find(b"ISA", following + 3)
    return _Plain(ordinal, data, header)


def _parts(members: list[_Plain]) -> Iterator[list[_Plain]]:
    part: list[_Plain] = []
    size = 0
    for member in members:
        part.append(member)
        size += len(member.data)
        if size >= TOGETHER_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _alone(ordinal: int, data: bytes, rest: Rest, out: _Gathered) -> None:
    number = pl.lit(ordinal, dtype=pl.Int64).alias("file_ordinal")
    try:
        batches = rest.read(data)
    except X12Rejected as refused:
        found = findings_frame([Finding(refused.code, REJECTED, "", refused.position)])
        out.findings.append(found.select(number, pl.all()))
        out.counts.append((ordinal, 0, 0))
        return
    out.claims += [b.claim_lines.select(number, pl.all()) for b in batches if b.claim_lines.height]
    out.remits += [b.remit_lines.select(number, pl.all()) for b in batches if b.remit_lines.height]
    out.findings += [b.findings.select(number, pl.all()) for b in batches if b.findings.height]
    lines = (sum(b.claim_rows_read for b in batches), sum(b.remit_rows_read for b in batches))
    out.counts.append((ordinal, *lines))


def _pass(delimiters: Delimiters, members: list[_Plain], test: CodeTest, rest: Rest, out: _Gathered) -> None:
    """Read the members as one piece; each by itself where their interchanges can't be told apart."""
    data = pad(*(member.data for member in members))
    read = read_piece(Piece(memoryview(data), 0, len(data) - PAD, 0, delimiters), test, False)
    if len(read.interchanges) != len(members) or read.unended or read.findings or read.acknowledgements:
        for member in members:
            _alone(member.ordinal, member.data, rest, out)
        return
    first = np.array(read.interchanges, dtype=np.int64)
    stop = np.append(first[1:], read.segments)
    found, refused = _findings(read, members, first, stop)
    ordinals = np.array([member.ordinal for member in members], dtype=np.int64)
    kept = np.array([index not in refused for index in range(len(members))], dtype=np.bool_)
    starts = np.append(first, read.segments)
    claim_lines = np.searchsorted(read.claims.line_segments, starts)
    remit_lines = np.searchsorted(read.remits.line_segments, starts)
    loops = np.searchsorted(read.remits.loop_segments, starts)
    parts = (
        (out.claims, read.claims.rows, {"row_number": claim_lines}, (*X12_CLAIM_COLUMNS, *CLAIM_EXTRA)),
        (
            out.remits,
            read.remits.rows,
            {"row_number": remit_lines, "loop_ordinal": loops},
            (*X12_REMIT_COLUMNS, *REMIT_EXTRA),
        ),
    )
    for frames, rows, counted, columns in parts:
        member_of = np.searchsorted(first, rows["origin"].to_numpy(), side="right") - 1
        local = [pl.col(name) - pl.Series(before[member_of]) for name, before in counted.items()]
        numbered = rows.with_columns(pl.Series("file_ordinal", ordinals[member_of]), *local)
        frames.append(numbered.filter(pl.Series(kept[member_of])).select("file_ordinal", *columns))
    lines = np.column_stack([ordinals, np.diff(claim_lines), np.diff(remit_lines)])
    out.counts += [(int(a), int(b), int(c)) for a, b, c in lines]
    for index, findings in found.items():
        number = pl.lit(members[index].ordinal, dtype=pl.Int64).alias("file_ordinal")
        out.findings.append(findings_frame(merge_warnings(findings)).select(number, pl.all()))


def _findings(
    read: PieceRows, members: list[_Plain], first: Positions, stop: Positions
) -> tuple[dict[int, list[Finding]], set[int]]:
    """Findings by member at their ordinals in its file, and the members that are refused."""
    found: dict[int, list[Finding]] = {}
    refused: set[int] = set()

    def note(segment: int, finding: Finding) -> None:
        index = int(np.searchsorted(first, segment, side="right")) - 1
        position = segment - int(first[index]) + 1
        local = Finding(
            finding.rule_code,
            finding.severity,
            finding.segment_id,
            position,
            finding.line_rows,
            finding.count,
        )
        found.setdefault(index, []).append(local)

    for part in (read.claims, read.remits):
        for finding in part.findings:
            note(finding.position, finding)
        for spot in part.spots:
            for segment in spot.segments.tolist():
                note(segment, warning(spot.rule_code, spot.segment_id, 0))
    for payment in read.payments:
        if payment.provider_adjustments:
            count = payment.provider_adjustments
            note(payment.adjusted_at, warning("provider_adjustment", "PLB", 0, count))
        if payment.closed and not payment.balanced:
            note(payment.position, warning("payment_unbalanced", "BPR", 0))
    at = names_at = 0
    for index, member in enumerate(members):
        found.setdefault(index, []).extend(warning(rule, "ISA", 1) for rule in member.header.findings)
        begin = at
        while at < len(read.envelopes) and read.envelopes[at].segment < stop[index]:
            at += 1
        envelopes = read.envelopes[begin:at]
        opened = sum(envelope.segment_id == "ST" for envelope in envelopes)
        names, names_at = read.set_names[names_at : names_at + opened], names_at + opened
        audit = Audit()
        try:
            audit.feed(envelopes, names, 1 - int(first[index]))
            found[index] += audit.finish(int(stop[index] - first[index]), False)
        except X12Rejected as error:
            refused.add(index)
            found[index] = [Finding(error.code, REJECTED, "", error.position)]
    return {index: items for index, items in found.items() if items}, refused


def _batch(out: _Gathered) -> X12Batch:
    """The gathered parts as one batch, files in order of their ordinals."""
    numbered = {"file_ordinal": pl.Int64}
    claims = empty_rows(X12_CLAIM_COLUMNS, CLAIM_EXTRA).select(
        pl.lit(0, pl.Int64).alias("file_ordinal"), pl.all()
    )
    remits = empty_rows(X12_REMIT_COLUMNS, REMIT_EXTRA).select(
        pl.lit(0, pl.Int64).alias("file_ordinal"), pl.all()
    )
    findings = findings_frame([]).select(pl.lit(0, pl.Int64).alias("file_ordinal"), pl.all())
    schema = numbered | {"claim_rows_read": pl.Int64, "remit_rows_read": pl.Int64}
    files = pl.DataFrame(out.counts, schema=schema, orient="row").sort("file_ordinal")
    return X12Batch(
        pl.concat([claims, *out.claims]).sort("file_ordinal", "row_number"),
        pl.concat([remits, *out.remits]).sort("file_ordinal", "row_number"),
        pl.concat([findings, *out.findings]).sort("file_ordinal", "position", maintain_order=True),
        int(files["claim_rows_read"].sum()),
        int(files["remit_rows_read"].sum()),
        files,
    )
