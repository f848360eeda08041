"""Columns of reference tables: words they may hold, and how each kind of column is checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from schemas.columns import Column
from schemas.frame_schema import FrameSchema, RowRule

PAYERS = ("aetna", "bcbs", "cigna", "uhc", "medicare")
"""The five named payers; anything else is `other` (contract, section 1)."""

LINES_OF_BUSINESS = ("commercial", "medicare_advantage", "medicare_ffs", "medicaid", "other")
CONFIDENCE = (
    "verified_official_file_or_text",
    "verified_secondary",
    "derived",
    "from_memory_unverified",
)
"""Strongest first; a mixed fact carries the weaker word."""
APPLICABLE_CONFIDENCE = CONFIDENCE[:2]
"""Only payer rules this well founded are ever applied (contract, section 5)."""
REGIONS = ("cervical_thoracic", "lumbar_sacral", "any", "other")
CARE_MODELS = (
    "personally_performed",
    "crna_alone",
    "directed_physician",
    "directed_crna",
    "supervised",
)
TREATMENTS = (
    "contractual",
    "patient_share",
    "price_neutral",
    "duplicate",
    "capitation",
    "prior_payer",
    "denial",
    "information",
)
RULES = (
    "time_rounding",
    "qz_percent",
    "physical_status_units",
    "base_units_minimum",
    "formula",
    "qualifying_circumstances",
    "combined_payment",
    "coverage",
    "audit",
    "modifier_position",
    "modifiers",
    "missing_modifier",
    "time_limits",
    "submission",
    "prior_auth",
)


CONTRACTOR = r"[0-9]{5}"
CPT_CODE = r"[0-9]{4}[0-9A-Z]"
CARC = r"[0-9]{1,3}|[A-Z][0-9]{1,2}"
RARC = r"(?:M|MA|N)[0-9]{1,3}"


@dataclass(frozen=True)
class Field:
    """A column of a reference table without its name: type, meaning, and what its values must be."""

    dtype: pl.DataType
    description: str
    nullable: bool = False
    among: tuple[str, ...] | None = None
    shape: str | None = None
    bounds: tuple[float, float] | None = None

    def column(self, name: str) -> Column:
        """The column of this name."""
        return Column(name, self.dtype, self.description, nullable=self.nullable)

    def rules(self, name: str) -> Iterator[RowRule]:
        """The rules that a value of the column keeps; a null keeps them."""
        value = pl.col(name)
        if self.among is not None:
            yield RowRule("not in its list", name, value.is_in(list(self.among)))
        if self.shape is not None:
            yield RowRule("not of its shape", name, value.str.contains(f"^(?:{self.shape})$"))
        if self.bounds is not None:
            yield RowRule("out of its bounds", name, value.is_between(*self.bounds))


def text_field(
    description: str,
    *,
    nullable: bool = False,
    among: tuple[str, ...] | None = None,
    shape: str | None = None,
) -> Field:
    return Field(pl.String(), description, nullable, among, shape)


def number_field(description: str, low: float, high: float, *, nullable: bool = False) -> Field:
    return Field(pl.Float64(), description, nullable, bounds=(low, high))


def whole_field(description: str, low: int, high: int, *, nullable: bool = False) -> Field:
    return Field(pl.Int64(), description, nullable, bounds=(low, high))


def flag_field(description: str) -> Field:
    return Field(pl.Boolean(), description)


def day_field(description: str, *, nullable: bool = False) -> Field:
    return Field(pl.Date(), description, nullable)


def starts(*, nullable: bool = True) -> Field:
    return day_field("first date in force; empty: no start known", nullable=nullable)


def ends() -> Field:
    return day_field("last date in force, inclusive; empty: still in force", nullable=True)


def schema(columns: dict[str, Field], key: tuple[str, ...]) -> FrameSchema:
    """The schema of a reference table: its columns, then source and confidence of every row."""
    origin = {
        "source": text_field("where the fact is from"),
        "confidence": text_field("how well it is founded; the weaker word of a mixed fact", among=CONFIDENCE),
    }
    fields = {**columns, **origin}
    rules = tuple(rule for name, field in fields.items() for rule in field.rules(name))
    return FrameSchema("reference", tuple(f.column(name) for name, f in fields.items()), rules, key)
