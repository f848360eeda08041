"""The published tables of an audience: threshold and rounding (`standard`, `shared`), or every cell as it is.

Rows of few people are left out, every other count is rounded, and what rests on counts is made from the
rounded ones. Nothing is hunted for: a value depends on its own row alone, but for `data_quality`, which
stands by payer or by month, and `freshness`, which stands beside published rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

import polars as pl

from schemas.rules import DisclosureRules
from schemas.table_columns import PEOPLE, Basis, Measure, TableSpec, basis_columns
from schemas.tables import TABLES
from transforms.protect.quality import protected_freshness, protected_quality
from transforms.protect.rounding import (
    SPARE,
    STEPS,
    as_parts,
    is_telling,
    nearest,
    of_parts,
    rounded_count,
    rounded_value,
)

_Tables = dict[str, pl.DataFrame]
FEW_LINES = "few_lines"
FEW_PROVIDERS = "few_providers"
DOMINANT_PROVIDER = "dominant_provider"
_SHOWN = "_shown_"
"""Prefix of published values while the exact ones still stand beside them."""


def protect_tables(tables: Mapping[str, pl.DataFrame], rules: DisclosureRules) -> _Tables:
    """The tables as an audience may see them, in the columns of their specs.

    `tables` come from their builders, with helper columns, for all periods: what of `shared` is old enough to
    be published is decided by whoever knows the as-of date.
    """
    shown = {name: _protected(name, tables[name], rules) for name in tables if is_for(name, rules)}
    if rules.is_protected and "freshness" in shown:
        shown["freshness"] = protected_freshness(shown["freshness"], shown["utilization"])
    return {name: frame.select(c.name for c in TABLES[name].columns) for name, frame in shown.items()}


def is_for(table: str, rules: DisclosureRules) -> bool:
    """Whether an audience sees a table at all."""
    return not (rules.is_protected and (TABLES[table].internal_only or table in rules.left_out))


def _protected(name: str, frame: pl.DataFrame, rules: DisclosureRules) -> pl.DataFrame:
    spec = TABLES[name]
    if not rules.is_protected or spec.plain:
        return frame
    if rules.period_types and "period_type" in frame.columns:
        frame = frame.filter(pl.col("period_type").is_in(rules.period_types))
    return protect_cells(frame, spec, rules) if spec.has_n else protected_quality(frame, spec, rules)


def protect_cells(frame: pl.DataFrame, spec: TableSpec, rules: DisclosureRules) -> pl.DataFrame:
    """The rows that may be shown of a table with N, and what may be shown of them."""
    counts = [m for m in (*spec.measures, *spec.helpers) if m.kind in ("population", "count")]
    rates = [m for m in spec.measures if m.kind == "rate"]
    values = [m for m in spec.measures if m.kind in ("statistic", "providers", "fact")]
    sums = [m for m in spec.measures if m.kind == "sum"]
    ratios = [m for m in spec.measures if m.kind == "ratio"]
    shown = (
        frame.lazy()
        .filter(enough_people(spec, rules))
        .with_columns(_named(shown_count(m, rules), m) for m in counts)
        .with_columns(_named(_rate(m), m) for m in rates)
        .with_columns(_named(_value(m, rules), m) for m in values)
        .with_columns(_named(_sum(m, rules), m) for m in sums)
        .with_columns(_named(_ratio(m), m) for m in ratios)
        .with_columns(why_withheld(spec, rules).alias("withheld"))
    )
    measures = [pl.col(f"{_SHOWN}{m.name}").cast(m.column.dtype).alias(m.name) for m in spec.measures]
    return shown.with_columns(measures).select(c.name for c in spec.columns).collect()


def enough_people(spec: TableSpec, rules: DisclosureRules) -> pl.Expr:
    """Rule 1: a row is published only where each count of its N is at least 11."""
    people = [m.name for m in spec.measures if m.kind == "population" and m.name in PEOPLE]
    return pl.all_horizontal(pl.col(name) >= rules.minimum_count for name in people)


def shown_count(m: Measure, rules: DisclosureRules) -> pl.Expr:
    """Rule 2: a count, rounded; null where it, or what is left of its denominator, is 1 to 10.

    In rows that other rows add up to it is null up to 12. A count that is another table's N is shown there,
    as that is: so its 11 and 12 are, and what is left of its denominator does not matter.
    """
    count = pl.col(m.name)
    small = is_few(count, rules.minimum_count)
    if m.kind == "count" and not m.n_of:
        small = small | (_is_whole() & is_few(count, rules.minimum_count + SPARE))
    if m.of and not m.n_of:
        small = small | is_few(pl.col(m.of) - count, rules.minimum_count)
    return pl.when(~small).then(rounded_count(count, rules.is_shared))


def _is_whole() -> pl.Expr:
    """Whether other rows of the table add up to this one: a roll-up, or a period longer than a month."""
    return pl.col("is_rollup") | (pl.col("period_type") != "month")


def is_few(count: pl.Expr, least: int) -> pl.Expr:
    """A count above 0 and below a minimum."""
    return ((count > 0) & (count < least)).fill_null(False)


def _rate(m: Measure) -> pl.Expr:
    """Rule 3: shares and rates are made from the published counts."""
    part, whole = (pl.col(f"{_SHOWN}{name}") for name in m.parts)
    return pl.when(whole > 0).then((part / whole).round(4, mode="half_to_even"))


def _value(m: Measure, rules: DisclosureRules) -> pl.Expr:
    """Rules 2 to 4: counts of few providers, and statistics of few lines or unfit prices, are null."""
    value = pl.col(m.protected or m.name)
    if m.kind == "fact":
        return value
    if m.kind == "providers":
        return pl.when(value >= rules.minimum_providers).then(value)
    return pl.when(~is_unfit(m, rules)).then(rounded_value(value, m.rounding))


def _sum(m: Measure, rules: DisclosureRules) -> pl.Expr:
    """Rule 3: published mean x published count, money in whole dollars; of no line it is what it is."""
    lines, shown_lines = pl.col(m.count), pl.col(f"{_SHOWN}{m.count}")
    value = pl.col(m.protected or m.name)
    if m.mean:
        mean = as_parts(pl.col(f"{_SHOWN}{m.mean}"))
    else:
        mean = nearest(as_parts(value), m.rounding, lines) * STEPS[m.rounding]
    told = of_parts(mean * shown_lines)
    return pl.when(lines == 0).then(value).when(~is_unfit(m, rules)).then(told.cast(m.column.dtype))


def _ratio(m: Measure) -> pl.Expr:
    """Rule 3: a quotient of two published sums."""
    above, below = (pl.col(f"{_SHOWN}{name}").cast(pl.Float64) for name in m.parts)
    return pl.when(below > 0).then(rounded_value(above / below, m.rounding))


def is_unfit(m: Measure, rules: DisclosureRules) -> pl.Expr:
    """Rule 4: too few lines stand behind a statistic; or too few providers, or a dominant one, behind a
    price.
    """
    return any_of((_has_few_lines(m, rules), *(_unfit_providers(basis, rules) for basis in m.bases)))


def _has_few_lines(m: Measure, rules: DisclosureRules) -> pl.Expr:
    needed = [pl.col(name) for name in m.needs]
    if m.kind == "sum":
        needed.append(pl.col(m.count))
    priced = [pl.col(basis_columns(basis)[0]) for basis in m.bases]
    few = [is_few(count, rules.minimum_count) for count in needed]
    few += [is_few(count, rules.minimum_priced_lines) for count in priced]
    if m.is_tail:
        few += [is_few(count, rules.minimum_tail_lines) for count in (*needed, *priced)]
    if m.averaged:
        few.append(_tells_a_count(m))
    return any_of(few)


def _tells_a_count(m: Measure) -> pl.Expr:
    """Rule 3: a mean of few different values that lie far apart, for the lines that have them."""
    spread, kinds = (pl.col(name) for name in m.averaged)
    return is_telling(spread, kinds, pl.col(m.count or m.needs[0]), STEPS[m.rounding])


def _unfit_providers(basis: Basis, rules: DisclosureRules) -> pl.Expr:
    return _few_providers(basis, rules) | _dominated(basis, rules)


def _few_providers(basis: Basis, rules: DisclosureRules) -> pl.Expr:
    lines, providers, *_ = (pl.col(name) for name in basis_columns(basis))
    return (lines > 0) & (providers < rules.minimum_providers)


def _dominated(basis: Basis, rules: DisclosureRules) -> pl.Expr:
    """One provider has more of the lines (for `shared` also of the dollars) than it may, or two have."""
    lines, _, top, top_two, top_cents, cents = (pl.col(name) for name in basis_columns(basis))
    above = (top > lines * rules.dominance) | (top_two > lines * rules.dominance_of_two)
    return above | (top_cents > cents * rules.dominance) if rules.dominance_of_dollars else above


def why_withheld(spec: TableSpec, rules: DisclosureRules) -> pl.Expr:
    """Rule 4: why a price or statistic of the row is null though lines have it; null where none is.

    What takes all percentiles of some lines goes before what takes the 10th and 90th alone. A sum goes with
    the count beside it.
    """
    made = [m for m in spec.measures if m.kind == "statistic"]
    bases = dict.fromkeys(basis for m in spec.measures for basis in m.bases)
    return (
        pl.when(any_of(_has_few_lines(m, rules) for m in made if not m.is_tail))
        .then(pl.lit(FEW_LINES))
        .when(any_of(_few_providers(basis, rules) for basis in bases))
        .then(pl.lit(FEW_PROVIDERS))
        .when(any_of(_dominated(basis, rules) for basis in bases))
        .then(pl.lit(DOMINANT_PROVIDER))
        .when(any_of(_has_few_lines(m, rules) for m in made if m.is_tail))
        .then(pl.lit(FEW_LINES))
    )


def any_of(conditions: Iterable[pl.Expr]) -> pl.Expr:
    """At least one of some conditions; a null is none, and so is nothing."""
    return reduce(lambda one, other: one | other.fill_null(False), conditions, pl.lit(False))


def _named(value: pl.Expr, m: Measure) -> pl.Expr:
    return value.alias(f"{_SHOWN}{m.name}")
