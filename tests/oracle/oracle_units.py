"""Care model, minutes and units of a claim line (contract, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from oracle_reference import OracleReference, OracleSettings

CARE_MODELS = {
    "AA": "personally_performed",
    "QZ": "crna_alone",
    "QK": "directed_physician",
    "QY": "directed_physician",
    "QX": "directed_crna",
    "AD": "supervised",
}
SHARES = {
    "personally_performed": Fraction(1),
    "crna_alone": Fraction(1),
    "directed_physician": Fraction(1, 2),
    "directed_crna": Fraction(1, 2),
}


Row = dict[str, Any]


@dataclass(frozen=True)
class Units:
    """Minutes and units of a line; None where it has none."""

    minutes: Fraction | None
    suspect: bool
    base_units: int | None
    time_tenths: int | None
    billed_tenths: int | None


def modifiers_of(row: Row) -> set[str]:
    """The modifiers of a line, in any position."""
    return {row[f"modifier_{i}"] for i in range(1, 5)} - {None, ""}


def care_model(row: Row) -> str:
    """From the pricing modifier; two different ones are a conflict."""
    pricing = modifiers_of(row) & set(CARE_MODELS)
    if not pricing:
        return "unspecified"
    if len(pricing) > 1:
        return "conflict"
    return CARE_MODELS[pricing.pop()]


def minutes_of(row: Row) -> Fraction | None:
    """Minutes, if the unit says minutes; what UN means stands in a layout, and canonical files have none."""
    return Fraction(row["unit_count"]) if row["unit_basis"] == "MJ" else None


def half_up(value: Fraction) -> int:
    """The nearest whole number, a tie goes up."""
    return int((value + Fraction(1, 2)).__floor__())


def time_tenths(minutes: Fraction) -> int:
    """Time units: minutes / 15 to one decimal, in tenths."""
    return half_up(minutes * 10 / 15)


def units_of(row: Row, reference: OracleReference, settings: OracleSettings) -> Units:
    """Minutes, base, time and billed units of a line."""
    base = reference.base_units(row["procedure_code"], row["service_date"])
    minutes = minutes_of(row)
    if minutes is None:
        return Units(None, False, base, None, None)
    plausible = 1 <= minutes <= 1440 and settings.minutes_low <= minutes <= settings.minutes_high
    if not plausible:
        return Units(None, True, base, None, None)
    tenths = time_tenths(minutes)
    return Units(minutes, False, base, tenths, None if base is None else base * 10 + tenths)
