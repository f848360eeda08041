"""What reading one inbound file leaves, before its rows are validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import polars as pl

from transforms.intake.layouts import Layout


class Kept(NamedTuple):
    """Rows of a file under one layout: those in or near scope, in parts of about equal length, and those out
    of scope that tell of a claim.
    """

    layout: Layout
    parts: list[pl.LazyFrame]
    outside: pl.DataFrame

    def rows(self) -> pl.DataFrame:
        """All rows in or near scope."""
        return pl.concat(part.collect() for part in self.parts)


@dataclass
class FileResult:
    """What one file left before validation: its ledger row, and for an accepted one the rows kept by layout.

    `lost`: kind, rule_code, rows and where of claims that the reader could not read (raw X12). `raw`: the
    content of a
    small X12 file that is still to be read, together with others.
    """

    row: dict[str, Any]
    kept: list[Kept] = field(default_factory=list)
    rows_read: dict[str, int] = field(default_factory=dict)
    lost: pl.DataFrame | None = None
    raw: bytes | None = None
