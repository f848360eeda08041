"""Collects what is wrong with claims, and turns it into findings that remove each claim's lines once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from transforms.x12.findings import Finding, quarantining
from transforms.x12.segments import Mask, Positions, Segments


@dataclass(slots=True)
class Issues:
    """Issues of the claims of a piece: claim number, rule and segment number (of the piece), in any order."""

    claims: list[Positions] = field(default_factory=list)
    segments: list[Positions] = field(default_factory=list)
    rules: list[npt.NDArray[np.str_]] = field(default_factory=list)

    def add(self, rule: str, claims: Positions, segments: Positions, where: Mask | None = None) -> None:
        """Note `rule` for each claim at its segment, where the mask says so."""
        if where is not None:
            claims, segments = claims[where], segments[where]
        if len(claims):
            self.claims.append(np.asarray(claims, dtype=np.int64))
            self.segments.append(np.asarray(segments, dtype=np.int64))
            self.rules.append(np.full(len(claims), rule))

    def bad(self, count: int) -> Mask:
        """Which of `count` claims have an issue."""
        mask = np.zeros(count, dtype=np.bool_)
        for claims in self.claims:
            mask[claims] = True
        return mask

    def findings(self, segments: Segments, lines: Positions, relevant: Mask) -> list[Finding]:
        """One finding per relevant claim, rule and segment; the first of a claim removes its lines."""
        if not self.claims:
            return []
        claims, at = np.concatenate(self.claims), np.concatenate(self.segments)
        rules = np.concatenate(self.rules)
        order = np.lexsort((rules, at, claims))
        found: list[Finding] = []
        last = (-1, -1, "")
        for index in order.tolist():
            claim, segment, rule = int(claims[index]), int(at[index]), str(rules[index])
            if not relevant[claim] or (claim, segment, rule) == last:
                continue
            rows = int(lines[claim]) if claim != last[0] else 0
            found.append(quarantining(rule, segments.segment_id(segment), segment, rows))
            last = (claim, segment, rule)
        return found
