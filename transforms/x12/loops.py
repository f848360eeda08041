"""Loops of the picked zones: which line a segment lies in, which entity it describes, whose payer it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from transforms.x12.element_values import Span, bad_dates, code, dates, qualifiers, text_columns, units
from transforms.x12.picked import Picked, pick
from transforms.x12.scan import running
from transforms.x12.segments import FIRST_BOUNDARY, KIND, Mask, Positions, Segments


class Loops:
    """Zones of a piece (set headers, levels, claims) with their segments named.

    `claims` are first segments of the claims wanted, `heads` those of other zones (-1: none). A zone ends at
    the next loop start. `line_id` starts a service line inside a claim (LX in 837P, SVC in 835).
    Results by zone have one entry more, for zone -1, that is always "none".
    """

    def __init__(self, segments: Segments, claims: Positions, heads: list[Positions], line_id: str) -> None:
        starts = np.unique(np.concatenate([*heads, claims]))
        starts = starts[starts >= 0]
        boundary = np.flatnonzero(segments.kinds >= FIRST_BOUNDARY)
        if line_id == "SVC":
            # LX only numbers the claims of an 835: it ends a set header.
            boundary = np.flatnonzero(segments.kinds >= KIND["LX"])
        boundary = np.append(boundary, len(segments))
        stops = boundary[np.searchsorted(boundary, starts, side="right")]
        self.picked: Picked = pick(segments, starts, stops)
        self.zones = len(starts)
        self.claim_zone = np.searchsorted(starts, claims)
        self.claim_of_zone = np.full(self.zones + 1, -1, dtype=np.int64)
        self.claim_of_zone[self.claim_zone] = np.arange(len(claims))
        self.head_zones = [np.where(head >= 0, np.searchsorted(starts, head), -1) for head in heads]
        self.claim_of = self.claim_of_zone[self.picked.zone]
        self._name_lines(line_id)
        self._name_entities("NM1" if line_id == "LX" else "N1")

    def _name_lines(self, line_id: str) -> None:
        """Number the service lines, and tell claim headings from other payers' loops (2320) behind them."""
        picked = self.picked
        lines = picked.where(line_id)
        self.lines = lines[self.claim_of[lines] >= 0]
        starts_line = np.zeros(len(picked.kinds), dtype=np.bool_)
        starts_line[self.lines] = True
        number = np.cumsum(starts_line) - 1
        inside = number >= 0
        if len(self.lines):
            inside &= picked.zone[self.lines[np.maximum(number, 0)]] == picked.zone
        self.line_of = np.where(inside, number, -1)
        self.zone_start = picked.zone_first[picked.zone]
        heading = self.line_of < 0
        if line_id == "LX":
            others = running(picked.kinds == KIND["SBR"])
            heading &= (self.claim_of < 0) | (others[1:] == others[self.zone_start])
        self.heading = heading

    def _name_entities(self, entity_id: str) -> None:
        """Note the segments that name an entity (NM1, or N1 in a remittance's header): others follow them."""
        picked = self.picked
        self._names = picked.where(entity_id)
        self._name_codes = np.append(picked.first_codes(entity_id), np.uint32(0))
        self._names_above = running(picked.kinds == KIND[entity_id])

    def entity(self, at: Positions) -> npt.NDArray[np.uint32]:
        """The qualifier of the last name at or above each segment in its zone, 0 for none."""
        place = self._names_above[at + 1] - 1
        owner = np.append(self._names, -1)[place]
        codes: npt.NDArray[np.uint32] = self._name_codes[np.where(owner >= self.zone_start[at], place, -1)]
        return codes

    def matching(
        self, segment_id: str, qualifier: bytes | None = None, owner: bytes | None = None
    ) -> Positions:
        """Segments of one kind, by their first element and by the entity that they describe."""
        at = self.picked.where(segment_id)
        if qualifier is not None:
            at = at[self.picked.first_codes(segment_id) == code(qualifier)]
        if owner is not None:
            at = at[self.entity(at) == code(owner)]
        return at

    def first(self, segment_id: str, qualifier: bytes | None = None, owner: bytes | None = None) -> Positions:
        """The first such segment of each zone, outside lines and other payers' loops; -1 for none."""
        at = self.matching(segment_id, qualifier, owner)
        at = at[self.heading[at]]
        return np.append(self.picked.first_per(at, self.picked.zone[at], self.zones), -1)

    def first_own(self, segment_id: str, qualifier: bytes) -> Positions:
        """As `first`, but not what follows an insured's or payer's name: that tells of another payer."""
        at = self.matching(segment_id, qualifier)
        entity = self.entity(at)
        at = at[self.heading[at] & (entity != code(b"IL")) & (entity != code(b"PR"))]
        return np.append(self.picked.first_per(at, self.picked.zone[at], self.zones), -1)

    def first_in_line(
        self, segment_id: str, qualifier: bytes | None = None, owner: bytes | None = None
    ) -> Positions:
        """The first such segment of each service line, -1 for none."""
        at = self.matching(segment_id, qualifier, owner)
        at = at[self.line_of[at] >= 0]
        return self.picked.first_per(at, self.line_of[at], len(self.lines))

    def per_line(self, at: Positions) -> Positions:
        """How many of these segments each service line holds."""
        lines = self.line_of[at]
        return np.bincount(lines[lines >= 0], minlength=len(self.lines))

    def span(self, at: Positions, element: int) -> Span:
        """Bounds of an element of each segment (-1: empty)."""
        return self.picked.element(at, element)

    def parts(self, at: Positions, element: int, count: int) -> list[Span]:
        """Bounds of the first `count` components of an element of each segment (-1: empty)."""
        return self.picked.components(self.picked.element(at, element), count)

    def texts(self, spans: dict[str, Span]) -> dict[str, pl.Series]:
        """Values as named text columns, null where absent."""
        return text_columns(self.picked.data, spans, self.picked.blanks)

    def dates(self, span: Span) -> pl.Series:
        """First days as `YYYY-MM-DD`, null where there is no date."""
        return dates(self.picked.data, span, self.picked.blanks)

    def bad_dates(self, span: Span) -> Mask:
        """Which of the filled values are no date."""
        return bad_dates(self.picked.data, span, self.picked.blanks)

    def units(self, span: Span) -> tuple[npt.NDArray[np.int64], Mask]:
        """Amounts as whole ten-thousandths (absent: 0), and which of the filled ones are no number."""
        return units(self.picked.data, span, self.picked.blanks)

    def npi(self, at: Positions) -> Span:
        """NM109 of each NM1 where NM108 says that it is an NPI (XX)."""
        is_npi = qualifiers(self.picked.data, self.picked.element(at, 8)) == code(b"XX")
        return self.span(np.where(is_npi, at, -1), 9)
