"""A column of an inbound file: the `Column` that every layer has, with how its text is parsed and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from schemas.columns import Column, Sensitivity

Parsed = Literal["text", "code", "date", "cents", "whole", "thousandths", "adjustments", "name"]


@dataclass(frozen=True)
class InboundColumn(Column):
    """A canonical column: what it means, how it is parsed, and whether a row must have it (no nulls)."""

    parsed: Parsed = "text"
    shape: str | None = None
    longest: int | None = None

    @property
    def is_required(self) -> bool:
        """Whether a row without a value is quarantined."""
        return not self.nullable


_TYPES: Final[dict[Parsed, pl.DataType]] = {
    "text": pl.String(),
    "code": pl.String(),
    "name": pl.String(),
    "adjustments": pl.String(),
    "date": pl.Date(),
    "cents": pl.Int64(),
    "whole": pl.Int64(),
    "thousandths": pl.Int64(),
}
UNITS: Final[dict[Parsed, str]] = {"date": "date", "cents": "US dollars", "adjustments": "US dollars"}
"""Unit of a value as a file gives it; inside the pipeline money is integer cents."""


def column(
    name: str,
    parsed: Parsed,
    source: str,
    example: str,
    description: str,
    *,
    required: bool = False,
    unit: str = "",
    sensitivity: Sensitivity = "public",
    shape: str | None = None,
    longest: int | None = None,
) -> InboundColumn:
    """A canonical column: its type and unit follow from how it is parsed."""
    return InboundColumn(
        name,
        _TYPES[parsed],
        description,
        unit=unit or UNITS.get(parsed, ""),
        source=source,
        sensitivity=sensitivity,
        nullable=not required,
        example=example,
        parsed=parsed,
        shape=shape,
        longest=longest,
    )


def modifier_columns(element: str, first: int) -> tuple[InboundColumn, ...]:
    """The four modifiers of a line; `first` is the component of the first one."""
    examples = ("QK", "P3", "", "")
    return tuple(
        column(
            f"modifier_{i}",
            "code",
            f"{element}-{first + i - 1}",
            examples[i - 1],
            f"Modifier {i} of the line",
            shape=r"[0-9A-Z]{2}",
        )
        for i in range(1, 5)
    )


NPI = r"[0-9]{10}"
CPT = r"[0-9A-Z]{5}"
STATE = r"[A-Z]{2}"
ICD10 = r"[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?"
