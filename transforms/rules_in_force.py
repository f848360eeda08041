"""What each payer says it pays: expected share, expected units, and the price per unit under its own rules.

Only rules that can be computed with and are at least verified by a second source are applied, and only where
exactly one of a kind fits a line (contract of units and prices).
"""

from __future__ import annotations

from datetime import date as Date

import polars as pl

from schemas.reference import ReferenceTables
from transforms.payers import normalised_name

TENTHS_PER_UNIT = 10
MINUTES_THOUSANDTHS_PER_UNIT = 15_000
_MODIFIERS = [f"modifier_{i}" for i in range(1, 5)]

Rule = dict[str, object]


def with_expected(lines: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Add `expected_share`, `expected_unit_tenths` and `allowed_per_unit_payer_rules` (USD). Grain unchanged.

    Needs payer, payer_name, line_of_business, state, service_date, care_model, share, base_units,
    minutes_thousandths, modifiers and allowed_cents. The share of a nurse anesthetist alone (QZ) needs the
    payer's one rule; the others are those of the modifier. Units need the payer's one rounding rule, and its
    one rule of physical status where the line carries a status that some payers pay.
    """
    applied = reference.payer_rules.filter(pl.col("applied"))
    names = lines.select(pl.col("payer_name").unique().cast(pl.String))
    names = names.with_columns(_name=normalised_name("payer_name"))
    told = lines.with_columns(
        _only_value(applied, "qz_percent", names).cast(pl.Float64, strict=False).alias("_qz"),
        _only_value(applied, "time_rounding", names).alias("_rounding"),
        _physical_units(applied, names, reference).alias("_physical"),
    )
    units = pl.col("base_units") * TENTHS_PER_UNIT + _time_units() + pl.col("_physical")
    share = pl.when(pl.col("care_model") == "crna_alone").then("_qz").otherwise("share")
    expected = told.with_columns(
        share.alias("expected_share"), units.cast(pl.Int64).alias("expected_unit_tenths")
    ).drop("_qz", "_rounding", "_physical")
    divisor = pl.col("expected_unit_tenths") * pl.col("expected_share") * TENTHS_PER_UNIT
    return expected.with_columns(
        pl.when(divisor > 0).then(pl.col("allowed_cents") / divisor).alias("allowed_per_unit_payer_rules")
    )


def _only_value(rules: pl.DataFrame, kind: str, names: pl.DataFrame) -> pl.Expr:
    """Value of the one rule of a kind that fits a line; null where none or several fit."""
    kind_rules = list(rules.filter(pl.col("rule") == kind).iter_rows(named=True))
    if not kind_rules:
        return pl.lit(None, dtype=pl.String)
    fits = [_fits(rule, names) for rule in kind_rules]
    value = pl.coalesce(
        pl.when(fit).then(pl.lit(str(rule["value"]))) for fit, rule in zip(fits, kind_rules, strict=True)
    )
    return pl.when(pl.sum_horizontal(fit.cast(pl.Int32) for fit in fits) == 1).then(value)


def _fits(rule: Rule, names: pl.DataFrame) -> pl.Expr:
    """Whether a rule speaks of a line: payer, line of business, plan name, state, date."""
    fit = pl.col("payer") == pl.lit(rule["payer"])
    if rule["scope_lob"] is not None:
        fit &= pl.col("line_of_business") == pl.lit(rule["scope_lob"])
    if rule["plan_pattern"] is not None:
        meant = names.filter(pl.col("_name").str.contains(str(rule["plan_pattern"])))
        fit &= pl.col("payer_name").is_in(meant.get_column("payer_name").drop_nulls().to_list())
    if rule["scope_state"] is not None:
        fit &= _state_fits(str(rule["scope_state"]))
    start, end = rule["effective_from"], rule["effective_to"]
    if isinstance(start, Date):
        fit &= pl.col("service_date") >= start
    if isinstance(end, Date):
        fit &= pl.col("service_date") <= end
    return fit.fill_null(False)


def _state_fits(scope: str) -> pl.Expr:
    first, *rest = scope.split()
    if first == "except":
        return pl.col("state").is_not_null() & ~pl.col("state").is_in(rest)
    return pl.col("state").is_in([first, *rest])


def _time_units() -> pl.Expr:
    """Time units in tenths under a payer's rounding: tenth, floor or ceiling of 15-minute units."""
    rounding, thousandths = pl.col("_rounding"), pl.col("minutes_thousandths")
    whole_units = thousandths // MINUTES_THOUSANDTHS_PER_UNIT
    started = (thousandths % MINUTES_THOUSANDTHS_PER_UNIT > 0).cast(pl.Int64)
    return (
        pl.when(rounding == "tenth")
        .then(pl.col("time_unit_tenths"))
        .when(rounding == "floor")
        .then(whole_units * TENTHS_PER_UNIT)
        .when(rounding == "ceiling")
        .then((whole_units + started) * TENTHS_PER_UNIT)
    )


def _physical_units(rules: pl.DataFrame, names: pl.DataFrame, reference: ReferenceTables) -> pl.Expr:
    """Physical-status units in tenths; null where the line's status may be paid and no one rule tells."""
    statuses = reference.modifiers.filter(pl.col("physical_status_units") > 0).get_column("modifier")
    stands = {s: pl.any_horizontal(pl.col(_MODIFIERS).eq_missing(s)) for s in statuses.to_list()}
    if not stands:
        return pl.lit(0)
    kind_rules = list(rules.filter(pl.col("rule") == "physical_status_units").iter_rows(named=True))
    fits = [_fits(rule, names) for rule in kind_rules]
    paid = [
        pl.coalesce(
            *(pl.when(on).then(pl.lit(_units_of(str(rule["value"]), s))) for s, on in stands.items()),
            pl.lit(0),
        )
        for rule in kind_rules
    ]
    none = pl.lit(None, dtype=pl.Int64)
    chosen = pl.coalesce(*(pl.when(f).then(units) for f, units in zip(fits, paid, strict=True)), none)
    one = pl.sum_horizontal(pl.lit(0), *(fit.cast(pl.Int32) for fit in fits)) == 1
    return (
        pl.when(~pl.any_horizontal(*stands.values())).then(pl.lit(0)).when(one).then(chosen * TENTHS_PER_UNIT)
    )


def _units_of(value: str, status: str) -> int:
    """Units that a rule's value pays for a status: `0`, or pairs such as `P3=1 P4=2`."""
    pairs = dict(pair.split("=", 1) for pair in value.split() if "=" in pair)
    return int(pairs.get(status, "0"))
