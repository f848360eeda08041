"""837P (005010X222): claim lines of a piece, in the canonical columns of claim lines."""

from __future__ import annotations

import numpy as np
import polars as pl

from transforms.x12.claims import ClaimSegments, doubtful_claims, levels_above, professional_claims
from transforms.x12.diagnosis_codes import Diagnoses
from transforms.x12.element_values import Span, at_rows, either, filled, nothing, text_column
from transforms.x12.findings import Finding, quarantining
from transforms.x12.issues import Issues
from transforms.x12.loops import Loops
from transforms.x12.rows import CLAIM_EXTRA, X12_CLAIM_COLUMNS, PartRows, Spots, empty_rows, frame_of
from transforms.x12.scan import CodeTest, Sets, running
from transforms.x12.segments import UNKNOWN, Mask, Positions, Segments

NOTE_TIMES = (
    r"(?i)(?:START|BEGIN)[A-Z ]*[:=]? *(?<h1>\d{1,2}):?(?<m1>\d{2})[^\d]*"
    r"(?:STOP|END|FINISH)[A-Z ]*[:=]? *(?<h2>\d{1,2}):?(?<m2>\d{2})"
)
DAY_MINUTES = 1440
_DATES = ("submitted_on", "patient_birth_date", "service_date")


def read_professional(segments: Segments, sets: Sets, test: CodeTest) -> PartRows:
    """Claim lines of the 837P sets of a piece, one row per service line that is kept.

    Kept: every line of claims that have a code in scope or like it, or frequency 6, 7 or 8.
    """
    claims = professional_claims(segments, sets, test)
    lines = np.flatnonzero(claims.counted)
    findings = loose_lines(segments, claims, "SV1", lines)
    spots = unknown_segments(segments, sets, "837P")
    if not claims.wanted.any():
        empty = empty_rows(X12_CLAIM_COLUMNS, (*CLAIM_EXTRA, "origin"))
        return PartRows(empty, findings, spots, lines, claims.first)
    rows, more, seen = _ClaimReader(segments, sets, claims).read()
    return PartRows(rows, findings + more, spots + seen, lines, claims.first)


def unknown_segments(segments: Segments, sets: Sets, name: str) -> list[Spots]:
    """Segments of no known kind in sets of this name."""
    at = np.flatnonzero(segments.kinds == UNKNOWN)
    at = at[sets.named(name)[sets.of(at)] & (at >= sets.repeated)]
    return [Spots("unknown_segment", "?", at)] if len(at) else []


def loose_lines(segments: Segments, claims: ClaimSegments, line_id: str, lines: Positions) -> list[Finding]:
    """A finding for each service line that belongs to no claim."""
    if len(lines) == int(np.maximum(claims.lines, claims.alone).sum()):
        return []
    held = np.zeros(len(segments) + 1, dtype=np.int32)
    np.add.at(held, claims.first, 1)
    np.add.at(held, claims.stop, -1)
    outside = lines[np.cumsum(held[:-1])[lines] == 0]
    return [quarantining("line_without_claim", line_id, at, 1) for at in outside.tolist()]


class _ClaimReader:
    """Reads the wanted claims of one piece. Arrays are by claim (wanted ones) or by line (LX)."""

    def __init__(self, segments: Segments, sets: Sets, claims: ClaimSegments) -> None:
        self.segments, self.claims = segments, claims
        self.chosen = np.flatnonzero(claims.wanted)
        first, number = claims.first[self.chosen], claims.set_number[self.chosen]
        self.levels = levels_above(segments, sets, first, number)
        above = [sets.first[number], self.levels.billing, self.levels.subscriber, self.levels.patient]
        self.loops = Loops(segments, first, above, "LX")
        self.issues = Issues()
        self.owner = self.loops.claim_of[self.loops.lines]
        self.service = self.loops.first_in_line("SV1")

    def read(self) -> tuple[pl.DataFrame, list[Finding], list[Spots]]:
        """The kept rows, and what was found on the way."""
        chosen, owner = self.chosen, self.owner
        there = self.service >= 0
        kept = self.claims.kept[self.loops.picked.origin[np.maximum(self.service, 0)]]
        kept = there & (kept | self.claims.keep_all[chosen][owner])
        above = self._above() | self._own()
        unbalanced = self._check_claims(above, self._check_lines())
        whole = np.bincount(owner, weights=kept, minlength=len(chosen)) > 0
        relevant = whole | self.claims.odd[chosen]
        findings = self.issues.findings(self.segments, self.claims.lines[chosen], relevant)
        good = relevant & ~self.issues.bad(len(chosen))
        first = self.claims.first[chosen]
        spots = [Spots("hl_parent_assumed", "HL", first[self.levels.assumed & good])]
        spots += [Spots("claim_charge_unbalanced", "CLM", first[unbalanced & good])]
        rows = np.flatnonzero(there & (whole & good)[owner])
        frame = self._lines(rows, above)
        of_kept = kept[rows]
        return frame, findings, spots + self._notes(rows[of_kept], frame.filter(pl.Series(of_kept)))

    def _above(self) -> dict[str, Span]:
        """Values of what stands above each claim (2000A, 2000B, 2000C, BHT), by claim."""
        loops, issues = self.loops, self.issues
        header, billing, subscriber, patient = loops.head_zones
        claim = np.arange(len(self.chosen))
        begins = loops.first("BHT")[header]
        provider = loops.first("NM1", b"85")[billing]
        insured, payer = loops.first("NM1", b"IL")[subscriber], loops.first("NM1", b"PR")[subscriber]
        role = loops.first("SBR")[subscriber]
        # a level has one person: whatever party stands before its DMG, it is the person's
        born, member = loops.first("DMG"), np.where(insured >= 0, subscriber, -1)
        named = np.where(loops.first("NM1", b"QC")[patient] >= 0, patient, -1)
        person = born[np.where(patient >= 0, named, member)]
        values = {
            "submitted_on": loops.span(begins, 4),
            "payer_id": loops.span(payer, 9),
            "payer_name": loops.span(payer, 3),
            "payer_responsibility": loops.span(role, 1),
            "claim_filing_code": loops.span(role, 9),
            "member_id": loops.span(insured, 9),
            "patient_birth_date": loops.span(person, 2),
            "patient_sex": loops.span(person, 3),
            "billing_provider_npi": loops.npi(provider),
            "billing_provider_state": loops.span(loops.first("N4", owner=b"85")[billing], 2),
        }
        origin = np.append(loops.picked.origin, -1)
        for name, at in (("submitted_on", begins), ("patient_birth_date", person)):
            issues.add("bad_date", claim, origin[at], loops.bad_dates(values[name]))
        stray = np.where(patient < 0, loops.first("NM1", b"QC")[subscriber], -1)
        issues.add("segment_out_of_place", claim, origin[stray], stray >= 0)
        return values

    def _own(self) -> dict[str, Span]:
        """Values of loop 2300 and its 2310 loops, by claim."""
        loops, zone = self.loops, self.loops.claim_zone
        claim = loops.picked.zone_first[zone]
        place, _, frequency = loops.parts(claim, 5, 3)
        return {
            "claim_id": loops.span(claim, 1),
            "claim_charge": loops.span(claim, 2),
            "claim_frequency_code": frequency,
            "original_claim_number": loops.span(loops.first_own("REF", b"F8")[zone], 2),
            "place_of_service": place,
            "rendering_provider_npi": loops.npi(loops.first("NM1", b"82")[zone]),
            "service_facility_state": loops.span(loops.first("N4", owner=b"77")[zone], 2),
            "prior_authorization_number": loops.span(loops.first_own("REF", b"G1")[zone], 2),
        }

    def _check_lines(self) -> Positions:
        """Note what is wrong with service lines; the sum of charges of each claim, in ten-thousandths."""
        loops, issues, owner = self.loops, self.issues, self.owner
        origin = np.append(loops.picked.origin, -1)
        services = loops.matching("SV1")
        stray = services[(loops.claim_of[services] >= 0) & (loops.line_of[services] < 0)]
        issues.add("line_without_service", loops.claim_of[stray], origin[stray])
        issues.add("line_without_service", owner, origin[loops.lines], loops.per_line(services) != 1)
        apart = (self.service >= 0) & (self.service != loops.lines + 1)
        issues.add("segment_out_of_place", owner, origin[loops.lines + 1], apart)
        numbers, bad = loops.units(loops.span(loops.lines, 1))
        issues.add("bad_number", owner, origin[loops.lines], bad)
        again = np.zeros(len(owner), dtype=np.bool_)
        again[1:] = (owner[1:] == owner[:-1]) & (numbers[1:] <= numbers[:-1])
        issues.add("line_number_repeated", owner, origin[loops.lines], again)
        at, there = self.service, self.service >= 0
        charge, count = loops.span(at, 2), loops.span(at, 4)
        needed = (loops.parts(at, 1, 2)[1], charge, loops.span(at, 3), count)
        missing = there & ~np.logical_and.reduce([filled(span) for span in needed])
        issues.add("element_missing", owner, origin[at], missing)
        amount, bad = loops.units(charge)
        issues.add("bad_amount", owner, origin[at], bad)
        issues.add("bad_number", owner, origin[at], loops.units(count)[1])
        per_line = loops.per_line(loops.matching("DTP", b"472"))
        issues.add("segment_repeated", owner, origin[loops.lines], per_line > 1)
        day = loops.first_in_line("DTP", b"472")
        issues.add("bad_date", owner, origin[day], loops.bad_dates(loops.span(day, 3)))
        summed = np.zeros(len(self.chosen), dtype=np.int64)
        np.add.at(summed, owner, amount)
        return summed

    def _check_claims(self, own: dict[str, Span], summed: Positions) -> Mask:
        """Note what is wrong with claims; which of them have lines that do not add up to CLM02."""
        issues, claim, levels = self.issues, np.arange(len(self.chosen)), self.levels
        first = self.claims.first[self.chosen]
        issues.add("hl_parent_missing", claim, first, levels.orphan)
        alone = (levels.billing < 0) | (levels.subscriber < 0)
        issues.add("context_missing", claim, first, alone & ~levels.orphan)
        cause = doubtful_claims(self.segments, self.claims)[self.chosen]
        issues.add("context_doubtful", claim, cause, cause >= 0)
        total, bad = self.loops.units(own["claim_charge"])
        issues.add("bad_amount", claim, first, bad)
        missing = ~(filled(own["claim_charge"]) & filled(own["claim_id"]))
        issues.add("element_missing", claim, first, missing)
        unbalanced: Mask = total != summed
        unknown = np.flatnonzero((self.loops.picked.kinds == UNKNOWN) & (self.loops.claim_of >= 0))
        holder = self.loops.claim_of[unknown]
        issues.add("unknown_segment_in_claim", holder, self.loops.picked.origin[unknown], unbalanced[holder])
        return unbalanced

    def _lines(self, rows: Positions, above: dict[str, Span]) -> pl.DataFrame:
        """The canonical columns of the lines `rows`; `above` holds their claims' values."""
        loops, owner = self.loops, self.owner[rows]
        at, line = self.service[rows], loops.lines[rows]

        def nearest(segment_id: str, qualifier: bytes | None, owner: bytes | None = None) -> Positions:
            return loops.first_in_line(segment_id, qualifier, owner)[rows]

        values = {name: at_rows(span, owner) for name, span in above.items() if name != "claim_charge"}
        of_line = {
            "rendering_provider_npi": loops.npi(nearest("NM1", b"82")),
            "service_facility_state": loops.span(nearest("N4", None, b"77"), 2),
            "place_of_service": loops.span(at, 5),
            "prior_authorization_number": loops.span(nearest("REF", b"G1"), 2),
        }
        values |= {name: either(span, values[name]) for name, span in of_line.items()}
        diagnoses = Diagnoses(loops)
        _, procedure, *modifiers = loops.parts(at, 1, 6)
        values |= {
            "line_number": loops.span(line, 1),
            "line_control_number": loops.span(nearest("REF", b"6R"), 2),
            "procedure_code": procedure,
            **{f"modifier_{number}": span for number, span in enumerate(modifiers, start=1)},
            "charge_amount": loops.span(at, 2),
            "unit_basis": loops.span(at, 3),
            "unit_count": loops.span(at, 4),
            **{
                f"diagnosis_{number}": span
                for number, span in enumerate(diagnoses.pointed(owner, loops.span(at, 7)), start=1)
            },
            "surgical_procedure_code": diagnoses.surgical(owner),
            "service_date": loops.span(nearest("DTP", b"472"), 3),
        }
        days = {name: loops.dates(values.pop(name)) for name in _DATES}
        origin = loops.picked.origin[at] if len(rows) else np.zeros(0, dtype=np.int64)
        columns = {
            **loops.texts(values),
            **days,
            "medicare_contractor": nothing(len(rows)),
            "medicare_locality": nothing(len(rows)),
            "row_number": pl.Series(running(self.claims.counted)[origin].astype(np.int64) + 1),
            "origin": pl.Series(origin),
        }
        return frame_of(columns, (*X12_CLAIM_COLUMNS, *CLAIM_EXTRA, "origin"))

    def _notes(self, rows: Positions, frame: pl.DataFrame) -> list[Spots]:
        """Start and stop times in NTE02 (of the line, or of a claim of one line) against billed minutes."""
        loops = self.loops
        if not len(rows) or not len(loops.picked.where("NTE")):
            return []
        owner = self.owner[rows]
        single = self.claims.lines[self.chosen][owner] == 1
        of_claim = np.where(single, loops.first("NTE")[loops.claim_zone][owner], -1)
        of_line = loops.first_in_line("NTE")[rows]
        at = np.where(of_line >= 0, of_line, of_claim)
        found = (
            text_column(loops.picked.data, *loops.span(at, 2))
            .str.extract_groups(NOTE_TIMES)
            .struct.unnest()
            .cast(pl.Int64)
        )
        start, stop = found["h1"] * 60 + found["m1"], found["h2"] * 60 + found["m2"]
        minutes = (stop - start) % DAY_MINUTES
        billed = frame["unit_count"].cast(pl.Float64, strict=False)
        differs = (frame["unit_basis"] == "MJ") & ((billed - minutes).abs() > 1)
        wrong = np.flatnonzero(differs.fill_null(False).to_numpy())
        return [Spots("note_time_differs", "NTE", np.sort(loops.picked.origin[at[wrong]]))]
