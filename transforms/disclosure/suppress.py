"""Suppress all tables of a release for an audience."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from schemas.rules import DisclosureRules
from schemas.table_columns import TableSpec
from schemas.tables import TABLES
from transforms.disclosure.gate import protect
from transforms.disclosure.primary import apply_mask, primary_mask
from transforms.disclosure.quantities import SHARES_OF, quantities_of
from transforms.disclosure.relations import rows_of_base
from transforms.disclosure.withheld import Withheld

Masks = dict[str, pl.DataFrame]
CODE: Final = "procedure_code"
POSITION: Final = "_position"


def suppress(tables: dict[str, pl.DataFrame], rules: DisclosureRules) -> dict[str, pl.DataFrame]:
    """Published tables for an audience, in the columns of their specs: helper columns are dropped.

    `internal`: nothing is withheld. Others: primary suppression; with `complementary` also whatever else
    must go so that nothing withheld can be worked out (GateRefused when no amount of suppression is enough).
    Tables about rules have nothing to withhold.
    """
    masks = release_masks(tables, rules)
    return {name: _published(frame, TABLES[name], masks.get(name)) for name, frame in tables.items()}


def release_masks(tables: dict[str, pl.DataFrame], rules: DisclosureRules, people_told: bool = True) -> Masks:
    """What is withheld of every table: primary, complementary, and shares of withheld wholes.

    `people_told`: distinct counts of the rows not withheld are published, too.
    """
    primary = primary_masks(tables, rules)
    if not (primary and rules.complementary):
        return primary
    linked = _unlinked_parts({name: tables[name] for name in primary})
    parts = [_protected(part, primary, rules, people_told) for part in linked]
    return {
        name: pl.concat([part[name] for part in parts if name in part]).sort(POSITION).drop(POSITION)
        for name in primary
    }


def _unlinked_parts(tables: dict[str, pl.DataFrame]) -> list[dict[str, pl.DataFrame]]:
    """Tables of one procedure code each, and those without a code: nothing adds up from one to another."""
    numbered = {name: frame.with_row_index(POSITION) for name, frame in tables.items()}
    coded = {name: frame for name, frame in numbered.items() if CODE in frame.columns}
    others = {name: frame for name, frame in numbered.items() if name not in coded}
    codes = sorted({code for frame in coded.values() for code in frame.get_column(CODE).unique()})
    of_codes = [{name: frame.filter(pl.col(CODE) == code) for name, frame in coded.items()} for code in codes]
    return [part for part in ([*of_codes, others] if codes else [numbered]) if part]


def _protected(
    tables: dict[str, pl.DataFrame], primary: Masks, rules: DisclosureRules, people_told: bool
) -> Masks:
    """Masks of tables that are linked, with the position of each row in the whole table."""
    positions = {name: frame.get_column(POSITION) for name, frame in tables.items()}
    withheld = Withheld.of({name: primary[name][rows] for name, rows in positions.items()})
    protect(tables, withheld, rules, people_told)
    withhold_shares(tables, withheld)
    return {name: mask.with_columns(positions[name]) for name, mask in withheld.masks().items()}


def primary_masks(tables: dict[str, pl.DataFrame], rules: DisclosureRules) -> Masks:
    """Primary mask of every table that has something to withhold; none for the internal audience."""
    if rules.audience == "internal":
        return {}
    return {
        name: primary_mask(frame, TABLES[name], rules)
        for name, frame in tables.items()
        if not TABLES[name].plain
    }


def withhold_shares(tables: dict[str, pl.DataFrame], withheld: Withheld) -> None:
    """Withhold shares of a whole that another table withholds: a count over its share is the whole."""
    for name in withheld.columns:
        spec = TABLES[name]
        own = {column for q in quantities_of(spec) for column in q.columns}
        for helper, (base, column) in SHARES_OF.items():
            shares = [m.name for m in spec.measures if helper in m.rests_on and m.name not in own]
            if not shares or base not in withheld.columns:
                continue
            whole, part = rows_of_base(tables[name], tables[base])
            gone = np.zeros(tables[name].height, dtype=bool)
            gone[part] = (withheld.columns[base][column] | withheld.rows[base])[whole]
            for share in shares:
                withheld.columns[name][share] |= gone


def _published(frame: pl.DataFrame, spec: TableSpec, mask: pl.DataFrame | None) -> pl.DataFrame:
    if mask is None:
        return frame.select(column.name for column in spec.columns)
    return apply_mask(frame, mask, spec)
