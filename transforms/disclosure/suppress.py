"""Suppress all tables of a release for an audience."""

from __future__ import annotations

import polars as pl

from schemas.rules import DisclosureRules
from schemas.table_columns import TableSpec
from schemas.tables import TABLES
from transforms.disclosure.primary import apply_mask, primary_mask

Masks = dict[str, pl.DataFrame]


def suppress(tables: dict[str, pl.DataFrame], rules: DisclosureRules) -> dict[str, pl.DataFrame]:
    """Published tables for an audience, in the columns of their specs: helper columns are dropped.

    `internal`: nothing is withheld. Others: primary suppression. Tables about rules have nothing to withhold.
    """
    masks = primary_masks(tables, rules)
    return {name: _published(frame, TABLES[name], masks.get(name)) for name, frame in tables.items()}


def primary_masks(tables: dict[str, pl.DataFrame], rules: DisclosureRules) -> Masks:
    """Primary mask of every table that has something to withhold; none for the internal audience."""
    if rules.audience == "internal":
        return {}
    return {
        name: primary_mask(frame, TABLES[name], rules)
        for name, frame in tables.items()
        if not TABLES[name].plain
    }


def _published(frame: pl.DataFrame, spec: TableSpec, mask: pl.DataFrame | None) -> pl.DataFrame:
    if mask is None:
        return frame.select(column.name for column in spec.columns)
    return apply_mask(frame, mask, spec)
