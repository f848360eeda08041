"""Small published tables for tests: rows by what matters in them, everything else filled in plausibly."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from schemas.columns import polars_schema
from schemas.tables import TABLES
from transforms.publication.published import Published
from transforms.publication.shown_edition import EditionTold

CODE = "01939"
AS_OF = dt.date(2025, 12, 31)
WINDOW = dt.date(2024, 10, 1)
"""First day of the twelve months to September 2025: 90 days before the as-of date and a little."""
COUNTS = ("claims", "service_lines", "cases", "patients")


def edition(audience: str = "standard", **changes: Any) -> EditionTold:
    """An edition of the tests."""
    return EditionTold(audience, "0123456789abcdef", AS_OF, CODE, **changes)


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """A published table of these rows; counts are 100 and the row is mature unless said otherwise."""
    spec = TABLES[name]
    columns = [column.name for column in spec.columns]
    filled = [{column: value_of(column, row) for column in columns} for row in rows]
    return pl.DataFrame(filled, schema=polars_schema(spec.columns))


def value_of(column: str, row: Mapping[str, Any]) -> Any:
    """A given value, else what is usual for the column."""
    usual: dict[str, Any] = {
        "procedure_code": CODE,
        "payer": "all",
        "line_of_business": "all",
        "period_type": "rolling_12",
        "period_start": WINDOW,
        "is_rollup": row.get("payer", "all") == "all",
        "is_mature": True,
        "billing_providers": 5,
        **dict.fromkeys(COUNTS, 100),
    }
    return row[column] if column in row else usual.get(column)


def months(first: dt.date, count: int) -> list[dt.date]:
    """First days of months in a row."""
    return [
        dt.date(first.year + (first.month - 1 + step) // 12, (first.month - 1 + step) % 12 + 1, 1)
        for step in range(count)
    ]


def published(audience: str = "standard", **rows: Sequence[Mapping[str, Any]]) -> Published:
    """A release of these tables; utilization has the window of every payer unless given."""
    payers = ("aetna", "medicare", "all")
    usual = {"utilization": [{"payer": payer} for payer in payers]}
    return Published(
        {name: table(name, given) for name, given in {**usual, **rows}.items()}, edition(audience)
    )
