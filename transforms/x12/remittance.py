"""835 (005010X221): remit lines of a piece, in the canonical columns of remit lines."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.x12.adjustments import Adjustments, read_adjustments
from transforms.x12.claims import Claims, remittance_claims
from transforms.x12.findings import Finding
from transforms.x12.issues import Issues
from transforms.x12.loops import Loops
from transforms.x12.professional import loose_lines, unknown_segments
from transforms.x12.rows import REMIT_COLUMNS, REMIT_EXTRA, PartRows, Spots, empty_rows
from transforms.x12.scan import CodeTest, Sets
from transforms.x12.segments import UNKNOWN, Mask, Positions, Segments
from transforms.x12.values import code, dates, units

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
        empty = empty_rows(REMIT_COLUMNS, (*REMIT_EXTRA, "origin"))
        return PartRows(empty, findings, spots, lines, claims.first)
    rows, more, seen = _RemitReader(segments, sets, claims).read()
    return PartRows(rows, findings + more, spots + seen, lines, claims.first)


class _RemitReader:
    """Reads the wanted claim payments of one piece. Arrays are by claim (wanted ones) or by line (SVC)."""

    def __init__(self, segments: Segments, sets: Sets, claims: Claims) -> None:
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
        parts = [self._lines(rows, above, adjustments), self._payments(alone, above)]
        frame = pl.concat(parts, how="diagonal").sort("origin")
        return frame.select(*REMIT_COLUMNS, *REMIT_EXTRA, "origin"), findings, spots

    def _above(self, adjustments: Adjustments) -> pl.DataFrame:
        """Columns of the set's header (BPR, TRN, N1) and of loop 2100, one row per claim."""
        loops, issues, zone, header = self.loops, self.issues, self.loops.claim_zone, self.header
        claim, origin = np.arange(len(self.chosen)), np.append(loops.picked.origin, -1)
        payment = loops.first("BPR")[header]
        payer, payee = loops.first("N1", b"PR")[header], loops.first("N1", b"PE")[header]
        second = loops.first("REF", b"2U", owner=b"PR")[header]
        is_npi = loops.picked.qualifiers(loops.picked.element(payee, 3)) == code(b"XX")
        paid_on, bad_paid_on = dates(loops.picked.data, loops.span(payment, 16))
        issues.add("bad_date", claim, origin[payment], bad_paid_on)
        columns = loops.texts(
            {
                "payment_trace": loops.span(loops.first("TRN")[header], 2),
                "payer_id": loops.span(payer, 4),
                "second_payer_id": loops.span(second, 2),
                "payer_name": loops.span(payer, 2),
                "payee_npi": loops.span(np.where(is_npi, payee, -1), 4),
                "claim_id": loops.span(self.first, 1),
                "claim_status_code": loops.span(self.first, 2),
                "claim_charge": loops.span(self.first, 3),
                "claim_paid": loops.span(self.first, 4),
                "remit_filing_code": loops.span(self.first, 6),
                "payer_claim_number": loops.span(self.first, 7),
                "original_payer_claim_number": loops.span(loops.first("REF", b"F8")[zone], 2),
            }
        )
        columns["payment_date"] = paid_on
        columns["payer_id"] = _either(columns["payer_id"], columns.pop("second_payer_id"))
        days = []
        for qualifier in (b"232", b"233"):
            at = loops.first("DTM", qualifier)[zone]
            day, bad = dates(loops.picked.data, loops.span(at, 2))
            issues.add("bad_date", claim, origin[at], bad)
            days.append(day)
        columns["claim_date"] = _either(*days)
        in_heading = np.where(loops.heading[adjustments.segment], loops.claim_of[adjustments.segment], -1)
        columns["claim_adjustments"] = adjustments.packed(in_heading, len(self.chosen))
        columns["loop_ordinal"] = pl.Series(self.chosen + 1, dtype=pl.Int64)
        return pl.DataFrame(columns)

    def _check_lines(self, adjustments: Adjustments) -> Mask:
        """Note what is wrong with service lines; which of them are out of balance (SVC02 - CAS = SVC03)."""
        loops, issues, owner = self.loops, self.issues, self.owner
        lines, origin = loops.lines, np.append(loops.picked.origin, -1)
        allowed = loops.first_in_line("AMT", b"B6")
        values = loops.texts(
            {
                "charge": loops.span(lines, 2),
                "paid": loops.span(lines, 3),
                "units": loops.span(lines, 5),
                "allowed": loops.span(allowed, 2),
            }
        )
        charge, paid = values["charge"], values["paid"]
        issues.add("element_missing", owner, origin[lines], (charge.is_null() | paid.is_null()).to_numpy())
        charged, bad_charge = units(charge)
        settled, bad_paid = units(paid)
        issues.add("bad_amount", owner, origin[lines], bad_charge | bad_paid)
        issues.add("bad_number", owner, origin[lines], units(values["units"])[1])
        issues.add("bad_amount", owner, origin[allowed], units(values["allowed"])[1])
        for qualifier in (b"472", b"150"):
            at = loops.matching("DTM", qualifier)
            issues.add("segment_repeated", owner, origin[lines], loops.per_line(at) > 1)
            day = loops.first_in_line("DTM", qualifier)
            issues.add("bad_date", owner, origin[day], dates(loops.picked.data, loops.span(day, 2))[1])
        for stray in (loops.matching("NM1"), loops.matching("MOA"), loops.matching("MIA")):
            stray = stray[loops.line_of[stray] >= 0]
            issues.add("segment_out_of_place", loops.claim_of[stray], origin[stray])
        taken = adjustments.summed(loops.line_of[adjustments.segment], len(lines))
        unbalanced: Mask = charged - taken != settled
        return unbalanced

    def _check_claims(self, above: pl.DataFrame, adjustments: Adjustments) -> Mask:
        """Note what is wrong with claims; which are out of balance (CLP03 - every CAS = CLP04)."""
        loops, issues = self.loops, self.issues
        claim, first = np.arange(len(self.chosen)), self.claims.first[self.chosen]
        needed = ("claim_id", "claim_status_code", "claim_charge", "claim_paid")
        missing = above.select(pl.any_horizontal(pl.col(name).is_null() for name in needed)).to_series()
        issues.add("element_missing", claim, first, missing.to_numpy())
        charged, bad_charge = units(above["claim_charge"])
        settled, bad_paid = units(above["claim_paid"])
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

    def _lines(self, rows: Positions, above: pl.DataFrame, adjustments: Adjustments) -> pl.DataFrame:
        """The canonical columns of the service lines `rows`."""
        loops = self.loops
        at = loops.lines[rows]
        owner = self.owner[rows]
        before = np.searchsorted(self.owner, np.arange(len(self.chosen)))
        days = [
            dates(loops.picked.data, loops.span(loops.first_in_line("DTM", qualifier)[rows], 2))[0]
            for qualifier in (b"472", b"150")
        ]
        origin = loops.picked.origin[at]
        spans = {
            "line_control_number": loops.span(loops.first_in_line("REF", b"6R")[rows], 2),
            "procedure_code": loops.span(at, 1, 2),
            **{f"modifier_{number}": loops.span(at, 1, 2 + number) for number in range(1, 5)},
            "submitted_procedure_code": loops.span(at, 6, 2),
            "charge_amount": loops.span(at, 2),
            "paid_amount": loops.span(at, 3),
            "paid_units": loops.span(at, 5),
            "allowed_amount": loops.span(loops.first_in_line("AMT", b"B6")[rows], 2),
        }
        columns = {
            **loops.texts(spans),
            "service_sequence": pl.Series(rows - before[owner] + 1).cast(pl.String),
            "service_date": _either(_either(*days), above["claim_date"].gather(owner)),
            "adjustments": adjustments.packed(loops.line_of[adjustments.segment], len(loops.lines)).gather(
                rows
            ),
            "remark_codes": self._remarks().gather(rows),
            "row_number": pl.Series(np.cumsum(self.claims.counted)[origin], dtype=pl.Int64),
            "origin": pl.Series(origin, dtype=pl.Int64),
        }
        return pl.concat([above[owner], pl.DataFrame(columns)], how="horizontal")

    def _payments(self, alone: Positions, above: pl.DataFrame) -> pl.DataFrame:
        """Claim payments without service lines, as remit lines without a code."""
        origin = self.claims.first[self.chosen[alone]]
        return above[alone].with_columns(
            pl.col("claim_date").alias("service_date"),
            pl.col("claim_charge").alias("charge_amount"),
            pl.col("claim_paid").alias("paid_amount"),
            pl.Series("row_number", np.cumsum(self.claims.counted)[origin], dtype=pl.Int64),
            pl.Series("origin", origin, dtype=pl.Int64),
        )

    def _remarks(self) -> pl.Series:
        """LQ*HE codes of each service line, joined by `|`."""
        loops = self.loops
        at = loops.matching("LQ", b"HE")
        frame = pl.DataFrame({"line": loops.line_of[at], "text": loops.text(at, 2)}).filter(
            (pl.col("line") >= 0) & pl.col("text").is_not_null()
        )
        joined = frame.group_by("line", maintain_order=True).agg(pl.col("text").str.join("|"))
        lines = pl.DataFrame({"line": np.arange(len(loops.lines), dtype=np.int64)})
        return lines.join(joined, on="line", how="left", maintain_order="left", validate="1:1")["text"]


def _either(first: pl.Series, second: pl.Series) -> pl.Series:
    """The first value, or the second where there is none."""
    return first.zip_with(first.is_not_null(), second)
