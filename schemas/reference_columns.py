"""Columns of reference tables: words they may hold, and how each kind of column is checked."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

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
CPT = r"[0-9]{4}[0-9A-Z]"
CARC = r"[0-9]{1,3}|[A-Z][0-9]{1,2}"
RARC = r"(?:M|MA|N)[0-9]{1,3}"


def text(
    description: str,
    *,
    nullable: bool = False,
    among: tuple[str, ...] | None = None,
    shape: str | None = None,
) -> pa.Column:
    checks = []
    if among is not None:
        checks.append(pa.Check.isin(list(among)))
    if shape is not None:
        checks.append(pa.Check.str_matches(f"^(?:{shape})$"))
    return pa.Column(pl.String, checks, nullable=nullable, description=description)


def number(description: str, low: float, high: float, *, nullable: bool = False) -> pa.Column:
    return pa.Column(pl.Float64, pa.Check.in_range(low, high), nullable=nullable, description=description)


def whole(description: str, low: int, high: int, *, nullable: bool = False) -> pa.Column:
    return pa.Column(pl.Int64, pa.Check.in_range(low, high), nullable=nullable, description=description)


def flag(description: str) -> pa.Column:
    return pa.Column(pl.Boolean, description=description)


def starts(*, nullable: bool = True) -> pa.Column:
    return pa.Column(pl.Date, nullable=nullable, description="first date in force; empty: no start known")


def ends() -> pa.Column:
    return pa.Column(
        pl.Date, nullable=True, description="last date in force, inclusive; empty: still in force"
    )


def schema(columns: dict[str, pa.Column], key: tuple[str, ...]) -> pa.DataFrameSchema:
    origin = {
        "source": text("where the fact is from"),
        "confidence": text("how well it is founded; the weaker word of a mixed fact", among=CONFIDENCE),
    }
    return pa.DataFrameSchema({**columns, **origin}, unique=list(key), strict=True, ordered=True)
