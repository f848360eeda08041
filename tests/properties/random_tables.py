"""All tables of random claims that have something to withhold, of one procedure code."""

from __future__ import annotations

from datetime import date

import polars as pl
import table_lines

from schemas.rules import Rules
from schemas.tables import TABLES
from transforms.tables.build import all_tables


def random_tables(lines: int, months: int, seed: int) -> dict[str, pl.DataFrame]:
    """Tables as built, with their helper columns."""
    tables = all_tables(
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
