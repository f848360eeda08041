"""Whether a run's main figures lie where public figures would put them (table plausibility_anchors)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from schemas.reference import ReferenceTables
from transforms.tables.periods import ROLLING

FOUND_IN: Final = {
    "ratio_to_national_medicare": ("payment", "unit_priced_lines"),
    "allowed_per_unit_p50": ("payment", "unit_priced_lines"),
    "minutes_p50": ("utilization", "service_lines"),
    "denial_rate": ("denials", "service_lines"),
}
"""Measure -> table that holds it, count of the lines behind it."""
FEWEST_LINES: Final = 30
"""Of fewer lines a figure may lie anywhere."""


@dataclass(frozen=True)
class Departure:
    """A figure of the rolling twelve months outside its anchor. Holds no figure of the run."""

    anchor: str
    measure: str
    payer: str
    line_of_business: str
    bound: float
    is_above: bool

    def __str__(self) -> str:
        side = "above" if self.is_above else "below"
        cell = f"{self.payer}, {self.line_of_business}"
        return f"{self.measure} of {cell} is {side} {self.bound:g} ({self.anchor})"


def departures(
    tables: Mapping[str, pl.DataFrame], reference: ReferenceTables, procedure_code: str
) -> tuple[Departure, ...]:
    """Anchors that exact tables of a run leave, in the order of the reference table.

    Looks at the rolling window of one code, where at least 30 lines stand behind the figure.
    """
    held = reference.plausibility_anchors.filter(pl.col("measure").is_not_null())
    found = []
    for anchor in held.iter_rows(named=True):
        table, count = FOUND_IN[anchor["measure"]]
        rows = tables[table].filter(
            pl.col("procedure_code") == procedure_code,
            pl.col("period_type") == ROLLING,
            pl.col("payer") == anchor["payer"],
            pl.col("line_of_business") == anchor["line_of_business"],
            pl.col(count) >= FEWEST_LINES,
        )
        value = rows[anchor["measure"]].drop_nulls().cast(pl.Float64).to_list()
        if value and not anchor["low"] <= value[0] <= anchor["high"]:
            is_above = value[0] > anchor["high"]
            told = {name: anchor[name] for name in ("anchor", "measure", "payer", "line_of_business")}
            found.append(Departure(**told, bound=anchor["high" if is_above else "low"], is_above=is_above))
    return tuple(found)
