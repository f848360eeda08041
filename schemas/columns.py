"""One definition per column: type, unit, meaning, source element, sensitivity."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

Sensitivity = Literal["public", "provider", "keyed", "phi"]

CENTS = "cents"
"""Unit of exact money inside the pipeline: integer cents."""


@dataclass(frozen=True)
class Column:
    """A column as every layer sees it; dictionary, pandera schema and Parquet metadata are made from it."""

    name: str
    dtype: pl.DataType
    description: str
    unit: str = ""
    source: str = ""
    sensitivity: Sensitivity = "public"
    nullable: bool = True
    example: str = ""

    def required(self) -> Column:
        """The same column where a null is an error."""
        return replace(self, nullable=False)


def text(name: str, description: str, source: str = "", sensitivity: Sensitivity = "public") -> Column:
    """A text column."""
    return Column(name, pl.String(), description, source=source, sensitivity=sensitivity)


def date(name: str, description: str, source: str = "") -> Column:
    """A calendar date without a time zone."""
    return Column(name, pl.Date(), description, unit="date", source=source)


def whole(name: str, description: str, unit: str = "count", source: str = "") -> Column:
    """A 64-bit whole number."""
    return Column(name, pl.Int64(), description, unit=unit, source=source)


def cents(name: str, description: str, source: str = "") -> Column:
    """An exact amount of money in integer cents."""
    return Column(name, pl.Int64(), description, unit=CENTS, source=source)


def flag(name: str, description: str, source: str = "") -> Column:
    """A yes or no."""
    return Column(name, pl.Boolean(), description, source=source)


def real(name: str, description: str, unit: str, source: str = "") -> Column:
    """A 64-bit float: ratios, units, statistics; never an exact sum of money."""
    return Column(name, pl.Float64(), description, unit=unit, source=source)


def polars_schema(columns: Iterable[Column]) -> pl.Schema:
    """Names and dtypes, in order."""
    return pl.Schema({column.name: column.dtype for column in columns})


def names(columns: Iterable[Column]) -> list[str]:
    """Column names, in order."""
    return [column.name for column in columns]
