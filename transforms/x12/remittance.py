"""835 (005010X221): remit lines of a piece, in the canonical columns of remit lines."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.x12.adjustments import Adjustments, read_adjustments
from transforms.x12.claims import ClaimSegments, remittance_claims
from transforms.x12.element_values import (
    Span,
    at_rows,
    code,
    either,
    filled,
    nothing,
    qualifiers,
    texts_joined,
)
from transforms.x12.findings import Finding
from transforms.x12.issues import Issues
from transforms.x12.loops import Loops
from transforms.x12.professional import loose_lines, unknown_segments
from transforms.x12.rows import REMIT_EXTRA, X12_REMIT_COLUMNS, PartRows, Spots, empty_rows, frame_of
from transforms.x12.scan import CodeTest, Sets, running
from transforms.x12.segments import UNKNOWN, Mask, Positions, Segments

_DATES = ("payment_date", "service_date")
NO_PROCEDURE = [code(text) for text in (b"NU", b"N4", b"N6", b"UI")]
"""SVC01-1 of revenue codes, drugs and devices."""
LINE_ONLY: tuple[tuple[str, bytes | None], ...] = (
    ("DTM", b"472"), ("DTM", b"150"), ("DTM", b"151"), ("REF", b"6R"), ("AMT", b"B6"), ("LQ", None),
)  # fmt: skip
"""Segments that stand in a service line only: met before any SVC they tell that an SVC was lost."""


def read_remittance(segments: Segments, sets: Sets, test: CodeTest) -> PartRows:
    """Remit lines of the 835 sets of a piece: one row per kept SVC, and per CLP that has no SVC."""
    claims = remittance_claims(segments, sets, test)
    lines = np.flatnonzero(claims.counted)
    findings = loose_lines(segments, claims, "SVC", lines)
    spots = unknown_segments(segments, sets, "835")
    if not claims.wanted.any():
        empty = empty_rows(X12_REMIT_COLUMNS, (*REMIT_EXTRA, "origin"))
        return PartRows(empty, findings, spots, lines, claims.first)
    rows, more, seen = _RemitReader(segments, sets, claims).read()
    return PartRows(rows, findings + more, spots + seen, lines, claims.first)


class _RemitReader:
    """Reads the wanted claim payments of one piece. Arrays are by claim (wanted ones) or by line (SVC)."""

    def __init__(self, segments: Segments, sets: Sets, claims: ClaimSegments) -> None:
        self.segments, self.claims = segments, claims
        self.chosen = np.flatnonzero(claims.wanted)
        self.loops = Loops(
            segments, claims.first[self.chosen], [sets.first[claims.set_number[self.chosen]]], "SVC"
        )
        self.header = self.loops.head_zones[0]
        self.first = self.loops.picked.zone_first[self.loops.claim_zone]
        self.owner = self.loops.claim_of[self.loops.lines]
        self.single = self.claims.alone[self.chosen]
        self.issues = Issues()

    def read(self) -> tuple[pl.DataFrame, list[Finding], list[Spots]]:
        """The kept rows in file order, and what was found on the way."""
        loops, chosen, owner = self.loops, self.chosen, self.owner
        kept = self.claims.kept[loops.picked.origin[loops.lines]]
        adjustments = read_adjustments(loops)
        holder = loops.claim_of[adjustments.segment]
        at = loops.picked.origin[adjustments.segment]
        self.issues.add("bad_adjustment", holder, at, adjustments.bad & (holder >= 0))
        above = self._above(adjustments)
        lines_off = self._check_lines(adjustments)
        claims_off = self._check_claims(above, adjustments)
        relevant = (np.bincount(owner, weights=kept, minlength=len(chosen)) > 0) | self.single
        held = np.maximum(self.claims.lines[chosen], 1)
        findings = self.issues.findings(self.segments, held, relevant)
        good = relevant & ~self.issues.bad(len(chosen))
        rows = np.flatnonzero(kept & good[owner])
        alone = np.flatnonzero(self.single & good)
        origin = loops.picked.origin
        spots = [
            Spots("line_unbalanced", "SVC", origin[loops.lines[rows][lines_off[rows]]]),
            Spots("claim_unbalanced", "CLP", origin[self.first[claims_off & good]]),
            Spots("claim_level_payment", "CLP", origin[self.first[alone]]),
        ]
        frame = self._lines(rows, above, adjustments)
        if len(alone):
            frame = pl.concat([frame, self._payments(alone, above)]).sort("origin")
        return frame, findings, spots

    def _above(self, adjustments: Adjustments) -> dict[str, Span]:
        """Values of the set's header (BPR, TRN, N1) and of loop 2100, by claim; dates are checked."""
        loops, issues, zone, header = self.loops, self.issues, self.loops.claim_zone, self.header
        claim, origin, data = (
            np.arange(len(self.chosen)),
            np.append(loops.picked.origin, -1),
            loops.picked.data,
        )
        payment, trace = loops.first("BPR")[header], loops.first("TRN")[header]
        # some senders lose an empty element of BPR: the production date is then the date of the payment
        produced = loops.first("DTM", b"405")[header]
        payer, payee = loops.first("N1", b"PR")[header], loops.first("N1", b"PE")[header]
        second = loops.first("REF", b"2U", owner=b"PR")[header]
        is_npi = qualifiers(data, loops.span(payee, 3)) == code(b"XX")
        days = {q: loops.first("DTM", q)[zone] for q in (b"232", b"233")}
        values = {
            "payment_trace": loops.span(trace, 2),
            "payment_date": either(loops.span(payment, 16), loops.span(produced, 2)),
            "payer_id": either(either(loops.span(payer, 4), loops.span(second, 2)), loops.span(trace, 3)),
            "payer_name": loops.span(payer, 2),
            "payee_npi": loops.span(np.where(is_npi, payee, -1), 4),
            "claim_id": loops.span(self.first, 1),
            "claim_status_code": loops.span(self.first, 2),
            "charge_amount": loops.span(self.first, 3),
            "paid_amount": loops.span(self.first, 4),
            "remit_filing_code": loops.span(self.first, 6),
            "payer_claim_number": loops.span(self.first, 7),
            "original_payer_claim_number": loops.span(loops.first("REF", b"F8")[zone], 2),
            "service_date": either(loops.span(days[b"232"], 2), loops.span(days[b"233"], 2)),
        }
        issues.add("bad_date", claim, origin[payment], loops.bad_dates(values["payment_date"]))
        for at in days.values():
            issues.add("bad_date", claim, origin[at], loops.bad_dates(loops.span(at, 2)))
        in_heading = np.where(loops.heading[adjustments.segment], loops.claim_of[adjustments.segment], -1)
        self.claim_adjustments = adjustments.packed(in_heading, len(self.chosen))
        return values

    def _check_lines(self, adjustments: Adjustments) -> Mask:
        """Note what is wrong with service lines; which of them are out of balance (SVC02 - CAS = SVC03)."""
        loops, issues, owner = self.loops, self.issues, self.owner
        lines, origin = loops.lines, np.append(loops.picked.origin, -1)
        allowed = loops.first_in_line("AMT", b"B6")
        charge, paid = loops.span(lines, 2), loops.span(lines, 3)
        issues.add("element_missing", owner, origin[lines], ~(filled(charge) & filled(paid)))
        charged, bad_charge = loops.units(charge)
        settled, bad_paid = loops.units(paid)
        issues.add("bad_amount", owner, origin[lines], bad_charge | bad_paid)
        issues.add("bad_number", owner, origin[lines], loops.units(loops.span(lines, 5))[1])
        issues.add("bad_amount", owner, origin[allowed], loops.units(loops.span(allowed, 2))[1])
        for qualifier in (b"472", b"150"):
            at = loops.matching("DTM", qualifier)
            issues.add("segment_repeated", owner, origin[lines], loops.per_line(at) > 1)
            day = loops.first_in_line("DTM", qualifier)
            issues.add("bad_date", owner, origin[day], loops.bad_dates(loops.span(day, 2)))
        for stray in (loops.matching("NM1"), loops.matching("MOA"), loops.matching("MIA")):
            stray = stray[loops.line_of[stray] >= 0]
            issues.add("segment_out_of_place", loops.claim_of[stray], origin[stray])
        taken = adjustments.summed(loops.line_of[adjustments.segment], len(lines))
        unbalanced: Mask = charged - taken != settled
        return unbalanced

    def _check_claims(self, above: dict[str, Span], adjustments: Adjustments) -> Mask:
        """Note what is wrong with claims; which are out of balance (CLP03 - every CAS = CLP04)."""
        loops, issues = self.loops, self.issues
        claim, first = np.arange(len(self.chosen)), self.claims.first[self.chosen]
        needed = ("claim_id", "claim_status_code", "charge_amount", "paid_amount")
        missing = ~np.logical_and.reduce([filled(above[name]) for name in needed])
        issues.add("element_missing", claim, first, missing)
        charged, bad_charge = loops.units(above["charge_amount"])
        settled, bad_paid = loops.units(above["paid_amount"])
        issues.add("bad_amount", claim, first, bad_charge | bad_paid)
        no_header = (loops.first("BPR")[self.header] < 0) | (loops.first("TRN")[self.header] < 0)
        nobody = self.single & (loops.first("NM1", b"QC")[loops.claim_zone] < 0)
        issues.add("context_missing", claim, first, no_header | nobody)
        for segment_id, qualifier in LINE_ONLY:
            at = loops.matching(segment_id, qualifier)
            at = at[(loops.claim_of[at] >= 0) & loops.heading[at]]
            issues.add("segment_out_of_place", loops.claim_of[at], loops.picked.origin[at])
        taken = adjustments.summed(loops.claim_of[adjustments.segment], len(self.chosen))
        unbalanced: Mask = charged - taken != settled
        unknown = np.flatnonzero((loops.picked.kinds == UNKNOWN) & (loops.claim_of >= 0))
        holder = loops.claim_of[unknown]
        doubtful = unbalanced[holder] | self.single[holder]
        issues.add("unknown_segment_in_claim", holder, loops.picked.origin[unknown], doubtful)
        return unbalanced

    def _lines(self, rows: Positions, above: dict[str, Span], adjustments: Adjustments) -> pl.DataFrame:
        """The canonical columns of the service lines `rows`."""
        loops, owner = self.loops, self.owner[rows]
        at = loops.lines[rows]
        values = {name: at_rows(span, owner) for name, span in above.items()}
        day, start = (
            loops.span(loops.first_in_line("DTM", qualifier)[rows], 2) for qualifier in (b"472", b"150")
        )
        kind, procedure, *modifiers = loops.parts(at, 1, 6)
        billed = loops.parts(at, 6, 2)[1]
        # A revenue code or a drug is no procedure that was adjudicated instead of the one billed.
        is_other = np.isin(qualifiers(loops.picked.data, kind), NO_PROCEDURE) & filled(billed)
        procedure = (procedure[0], np.where(is_other, procedure[0], procedure[1]))
        values |= {
            "line_control_number": loops.span(loops.first_in_line("REF", b"6R")[rows], 2),
            "service_date": either(either(day, start), values["service_date"]),
            "procedure_code": procedure,
            **{f"modifier_{number}": span for number, span in enumerate(modifiers, start=1)},
            "submitted_procedure_code": billed,
            "charge_amount": loops.span(at, 2),
            "paid_amount": loops.span(at, 3),
            "paid_units": loops.span(at, 5),
            "allowed_amount": loops.span(loops.first_in_line("AMT", b"B6")[rows], 2),
        }
        before = np.searchsorted(self.owner, np.arange(len(self.chosen)))
        columns = {
            "service_sequence": pl.Series(rows - before[owner] + 1).cast(pl.String),
            "adjustments": adjustments.packed(loops.line_of[adjustments.segment], len(loops.lines)).gather(
                rows
            ),
            "remark_codes": self._remarks().gather(rows),
        }
        return self._frame(values, columns, owner, loops.picked.origin[at])

    def _payments(self, alone: Positions, above: dict[str, Span]) -> pl.DataFrame:
        """Claim payments without service lines, as remit lines without a code."""
        values = {name: at_rows(span, alone) for name, span in above.items()}
        return self._frame(values, {}, alone, self.claims.first[self.chosen[alone]])

    def _frame(
        self, values: dict[str, Span], columns: dict[str, pl.Series], owner: Positions, origin: Positions
    ) -> pl.DataFrame:
        """Rows of the claims `owner` and segments `origin` in the canonical columns, absent ones null."""
        days = {name: self.loops.dates(values.pop(name)) for name in _DATES}
        absent = dict.fromkeys(X12_REMIT_COLUMNS, nothing(len(owner)))
        found = absent | {
            **self.loops.texts(values),
            **days,
            **columns,
            "claim_adjustments": self.claim_adjustments.gather(owner),
            "loop_ordinal": pl.Series(self.chosen[owner] + 1),
            "row_number": pl.Series(running(self.claims.counted)[origin].astype(np.int64) + 1),
            "origin": pl.Series(origin),
        }
        return frame_of(found, (*X12_REMIT_COLUMNS, *REMIT_EXTRA, "origin"))

    def _remarks(self) -> pl.Series:
        """LQ*HE codes of each service line, joined by `|`."""
        loops = self.loops
        at = loops.matching("LQ", b"HE")
        remark = loops.span(at, 2)
        own = np.flatnonzero((loops.line_of[at] >= 0) & filled(remark))
        lines, picked = loops.line_of[at[own]], loops.picked
        return texts_joined(picked.data, [at_rows(remark, own)], lines, len(loops.lines), picked.blanks)
