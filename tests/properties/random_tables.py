"""All tables of random claims that have something to withhold, of one procedure code."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import polars as pl

from schemas.rules import Rules
from schemas.tables import TABLES
from transforms.tables.build import build_tables

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
import table_lines  # noqa: E402


def random_tables(lines: int, months: int, seed: int) -> dict[str, pl.DataFrame]:
    """Tables as built, with their helper columns."""
    tables = build_tables(
        table_lines.random_lines(lines, seed, months, 12),
        table_lines.no_remits(),
        table_lines.no_quality(),
        date(2024, 12, 31),
        Rules(),
        table_lines.reference(),
    )
    coded = {name: frame for name, frame in tables.items() if "procedure_code" in frame.columns}
    return {
        name: frame.filter(procedure_code="01939") for name, frame in coded.items() if not TABLES[name].plain
    }
