"""Primary suppression: what of one table is withheld for its own smallness, before any subtraction is
thought of.

Works on masks: a frame with the rows of the table, one Boolean column per measure (true: withheld), `_row`
(the whole row is withheld) and `_reason`. Later steps make masks larger, never smaller; `apply_mask` does
what a mask says.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import polars as pl

from schemas.rules import DisclosureRules
from schemas.table_columns import PEOPLE, Measure, TableSpec, basis_columns

SMALL_CELL = "small_cell"
COMPLEMENTARY = "complementary"
FEW_PROVIDERS = "few_providers"
DOMINANT_PROVIDER = "dominant_provider"


def primary_mask(frame: pl.DataFrame, spec: TableSpec, rules: DisclosureRules) -> pl.DataFrame:
    """What to withhold of each row of a table as its builder gives it (helper columns included).

    A row whose N has 1 to 10 claims, lines, cases or patients is withheld whole. A count is withheld when it
    or its complement is 1 to 10, and with it what rests on it; prices also need enough lines and providers,
    none dominant.
    """
    row = any_of(_small(name, rules) for name in _people(spec))
    withheld = _counts_withheld(spec, rules)
    exprs = {m.name: row | _measure_withheld(m, withheld, rules) for m in spec.measures}
    prices = spec.measures_of("price", "price_tail")
    bases = dict.fromkeys(basis for m in prices for basis in m.bases)
    few = any_of(_few_providers(basis, rules) for basis in bases)
    dominant = any_of(_dominated(basis, rules) for basis in bases)
    reason = (
        pl.when(row)
        .then(pl.lit(SMALL_CELL))
        .when(few)
        .then(pl.lit(FEW_PROVIDERS))
        .when(dominant)
        .then(pl.lit(DOMINANT_PROVIDER))
    )
    return frame.select(
        *(expr.fill_null(False).alias(name) for name, expr in exprs.items()),
        row.fill_null(False).alias("_row"),
        reason.alias("_reason"),
    )


def apply_mask(frame: pl.DataFrame, mask: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    """The published columns of a table with everything that the mask withholds made null."""
    published = [column.name for column in spec.columns]
    measures = [m.name for m in spec.measures]
    shown = [
        pl.when(~(mask.get_column(name) | mask.get_column("_row"))).then(pl.col(name)).alias(name)
        for name in measures
    ]
    return frame.with_columns(
        *shown,
        mask.get_column("_row").alias("suppressed"),
        mask.get_column("_reason").alias("suppression_reason"),
    ).select(published)


def any_of(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """At least one of some conditions; false where there is none."""
    return reduce(lambda one, other: one | other, conditions, pl.lit(False))


def _people(spec: TableSpec) -> list[str]:
    present = {m.name for m in spec.measures_of("population")}
    return [name for name in PEOPLE if name in present]


def small(count: pl.Expr, rules: DisclosureRules) -> pl.Expr:
    """A count of people or of their lines that may not be shown: above 0 and below the minimum."""
    return ((count > 0) & (count < rules.minimum_count)).fill_null(False)


def _small(name: str, rules: DisclosureRules) -> pl.Expr:
    return small(pl.col(name), rules)


def _counts_withheld(spec: TableSpec, rules: DisclosureRules) -> dict[str, pl.Expr]:
    """Condition under which each count (helpers too) is withheld: it or its complement is small."""
    withheld: dict[str, pl.Expr] = {}
    for m in (*spec.measures, *spec.helpers):
        if m.kind == "population":
            # N is withheld together: its parts are nearly the same people
            own = any_of(_small(name, rules) for name in _people(spec))
            withheld[m.name] = own | _complement_small("service_lines", m.of, rules)
        elif m.kind == "count":
            withheld[m.name] = _small(m.name, rules) | _complement_small(m.name, m.of, rules)
    return withheld


def _complement_small(name: str, of: str, rules: DisclosureRules) -> pl.Expr:
    if not of:
        return pl.lit(False)
    return small(pl.col(of) - pl.col(name), rules)


def _measure_withheld(m: Measure, counts: dict[str, pl.Expr], rules: DisclosureRules) -> pl.Expr:
    if m.kind in ("population", "count"):
        return counts[m.name]
    if m.kind in ("providers", "fact"):
        return pl.lit(False)
    rests = any_of(counts[name] for name in m.rests_on) | any_of(_small(name, rules) for name in m.needs)
    if m.kind.endswith("_tail"):
        # where N is withheld its tails would tell on which side of their minimum it is
        rests |= counts.get("service_lines", pl.lit(False))
    if m.kind == "statistic_tail":
        return rests | any_of(_below(name, rules.minimum_tail_lines) for name in m.needs)
    if m.kind not in ("price", "price_tail"):
        return rests
    enough = rules.minimum_tail_lines if m.kind == "price_tail" else rules.minimum_priced_lines
    unfit = any_of(_basis_unfit(basis, enough, rules) for basis in m.bases)
    return rests | unfit


def _below(name: str, least: int) -> pl.Expr:
    return (pl.col(name) > 0) & (pl.col(name) < least)


def _basis_unfit(basis: str, least_lines: int, rules: DisclosureRules) -> pl.Expr:
    lines = basis_columns(basis)[0]
    return _below(lines, least_lines) | _few_providers(basis, rules) | _dominated(basis, rules)


def _few_providers(basis: str, rules: DisclosureRules) -> pl.Expr:
    lines, providers, *_ = basis_columns(basis)
    return (pl.col(lines) > 0) & (pl.col(providers) < rules.minimum_providers)


def _dominated(basis: str, rules: DisclosureRules) -> pl.Expr:
    lines, _, top_lines, top_cents, cents = basis_columns(basis)
    by_lines = pl.col(top_lines) > pl.col(lines) * rules.dominance
    if not rules.dominance_of_dollars:
        return by_lines
    return by_lines | (pl.col(top_cents) > pl.col(cents) * rules.dominance)
