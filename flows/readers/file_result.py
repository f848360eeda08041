"""What reading one inbound file leaves, before its rows are validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import polars as pl

from transforms.intake.layouts import Layout


@dataclass
class FileResult:
    """What one file left before validation: its ledger row, and for an accepted one the rows kept by layout.

    `lost`: kind, rule_code, rows and where of claims that the reader could not read (raw X12). `raw`: the
    content of a
    small X12 file that is still to be read, together with others.
    """

    row: dict[str, Any]
    kept: list[tuple[Layout, pl.DataFrame, pl.DataFrame]] = field(default_factory=list)
    rows_read: dict[str, int] = field(default_factory=dict)
    lost: pl.DataFrame | None = None
    raw: bytes | None = None
