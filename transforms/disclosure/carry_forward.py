"""Carry cells forward from an earlier release, so that the difference of two releases tells of no few people.

A cell may change only if the lines of no patient, or those of 11 or more, changed in it. What changed is
counted against the release that the cell was last new in (its basis): a cell carried twice still stands as it
stood at first, and the changes of both nights count together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from schemas.rules import DisclosureRules
from schemas.table_columns import STATUS_COLUMNS, TableSpec
from schemas.tables import TABLES
from transforms.disclosure.gate import GateRefused
from transforms.disclosure.primary import COMPLEMENTARY, any_of
from transforms.disclosure.suppress import release_masks

Tables = Mapping[str, pl.DataFrame]
CARRIED_SCHEMA: Final = pl.Schema({"table_name": pl.String(), "cell": pl.String(), "basis": pl.String()})
"""Cells that stand as in an earlier release: the name of that release is the basis."""
AGING: Final = frozenset({"open_claims"})
"""Tables whose cells people leave by the passing of days alone."""
SEPARATOR: Final = "|"


@dataclass(frozen=True)
class Changes:
    """What changed, as tables built of the changed lines alone, with their helper columns.

    `since`: by basis, the tables of the lines that are not as they were in that release. `last`: the basis of
    cells that were not carried. `every`: the tables of all those lines together. `carried`: CARRIED_SCHEMA.
    """

    since: Mapping[str, Tables]
    last: str
    every: Tables
    carried: pl.DataFrame


def carry_forward(
    before: Tables, after: Tables, changes: Changes, rules: DisclosureRules
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The tables to publish, and the cells that stand in them as in an earlier release (CARRIED_SCHEMA).

    `before` are the tables of the earlier release, `after` the new ones, both as an audience may see them. A
    row that may not change keeps all measures of the earlier release; a row that may not appear is left out,
    but in a rolling window that has moved: there it is withheld. With `complementary` rows go with others
    where the change of one would follow from those of the rest.
    """
    names = [name for name in after if name in before and not TABLES[name].plain]
    moved = {name: patients_changed(name, changes) for name in names}
    held = {name: _few(TABLES[name], before[name], after[name], moved[name], rules) for name in names}
    if rules.complementary:
        held = _with_company(held, changes.every, rules)
    window = _window(after)
    made = {
        name: _composed(TABLES[name], before[name], frame, held[name], window) if name in held else frame
        for name, frame in after.items()
    }
    parts = [_told(TABLES[name], rows, changes) for name, rows in held.items()]
    carried = pl.concat([pl.DataFrame(schema=CARRIED_SCHEMA), *parts]).sort(CARRIED_SCHEMA.names())
    return made, carried


def patients_changed(name: str, changes: Changes) -> pl.DataFrame:
    """Patients whose lines changed in each cell of a table, each cell against its own basis.

    Grain: the table's keys; column `patients`. A cell in which only lines outside N changed has 0.
    """
    keys = TABLES[name].key_names
    empty = pl.DataFrame(schema={c.name: c.dtype for c in TABLES[name].keys} | {"patients": pl.Int64()})
    parts = [
        tables[name].select(*keys, "patients").with_columns(pl.lit(basis).alias("_of"))
        for basis, tables in changes.since.items()
        if name in tables and "patients" in tables[name].columns
    ]
    if not parts:
        return empty
    own = changes.carried.filter(table_name=name).select("cell", "basis")
    return (
        pl.concat(parts)
        .with_columns(cell_of(keys))
        .join(own, on="cell", how="left", validate="m:1")
        .filter(pl.col("_of") == pl.col("basis").fill_null(changes.last))
        .select(*keys, "patients")
    )


def cell_of(keys: list[str]) -> pl.Expr:
    """The keys of a row as one text, `cell`."""
    texts = [pl.col(key).cast(pl.String).fill_null("") for key in keys]
    return pl.concat_str(texts, separator=SEPARATOR).alias("cell")


def _few(
    spec: TableSpec, before: pl.DataFrame, after: pl.DataFrame, moved: pl.DataFrame, rules: DisclosureRules
) -> pl.DataFrame:
    """Keys of the rows that may not change: 1 to 10 patients changed, or nobody did and a count tells of few.

    Lines outside N (a priced table's others) are people too: a row that has changed lines and none in N is
    taken for one of few.
    """
    keys = spec.key_names
    measures = [m.name for m in spec.measures]
    sides = before.select(*keys, *measures).join(
        after.select(*keys, *measures), on=keys, how="full", coalesce=True, suffix="_now", nulls_equal=True
    )
    both = sides.join(
        moved.rename({"patients": "_changed"}), on=keys, how="left", nulls_equal=True, validate="1:1"
    )
    counts = [m.name for m in spec.measures_of("population", "providers", "count")]
    steps = {name: (pl.col(f"{name}_now") - pl.col(name)).abs() for name in counts}
    little = any_of(step.is_between(1, rules.minimum_count - 1) for step in steps.values())
    if spec.name in AGING:
        differs = any_of(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in measures)
        much = any_of(step >= rules.minimum_count for step in steps.values())
        little = little | (differs & ~much.fill_null(False))
    few = (
        pl.when(pl.col("_changed").is_null()).then(little).otherwise(pl.col("_changed") < rules.minimum_count)
    )
    return both.filter(few.fill_null(False)).select(keys)


def _with_company(
    held: dict[str, pl.DataFrame], every: Tables, rules: DisclosureRules
) -> dict[str, pl.DataFrame]:
    """Further rows that may not change, so that no change held back follows from those that are shown.

    Changes add up as the tables do, so the rules that withhold numbers say which changes must be held back:
    a held row counts as small. Where no selection is enough, no changed row may change.
    """
    marked = {
        name: _marked(TABLES[name], frame, held[name])
        for name, frame in every.items()
        if name in held and "patients" in frame.columns
    }
    people = replace(rules, minimum_providers=0, minimum_priced_lines=0, minimum_tail_lines=0, dominance=1.0)
    try:
        # how many patients changed in a row is never told: no distinct count tells of another
        masks = release_masks(marked, people, people_told=False)
        rows = {name: marked[name].filter(mask.get_column("_row")) for name, mask in masks.items()}
    except GateRefused:
        rows = marked
    return {
        name: pl.concat([keys, rows[name].select(keys.columns)]).unique() if name in rows else keys
        for name, keys in held.items()
    }


def _marked(spec: TableSpec, frame: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The table with one patient in every row that is held."""
    marks = held.with_columns(pl.lit(True).alias("_held"))
    joined = frame.join(
        marks, on=spec.key_names, how="left", nulls_equal=True, validate="1:1", maintain_order="left"
    )
    one = pl.when(pl.col("_held")).then(pl.lit(1, dtype=pl.Int64)).otherwise("patients").alias("patients")
    return joined.with_columns(one).drop("_held")


def _composed(
    spec: TableSpec, before: pl.DataFrame, after: pl.DataFrame, held: pl.DataFrame, window: pl.Series
) -> pl.DataFrame:
    """Held rows as they were, the others as they are."""
    keys = spec.key_names
    elsewhere = (pl.col("period_type") == "rolling_12") & ~pl.col("period_start").is_in(window.implode())
    kept = before.join(held, on=keys, how="semi", nulls_equal=True).filter(~elsewhere)
    new = after.join(held, on=keys, how="anti", nulls_equal=True)
    started = (
        after.join(held, on=keys, how="semi", nulls_equal=True)
        .join(before, on=keys, how="anti", nulls_equal=True)
        .filter(period_type="rolling_12")
    )
    return pl.concat([kept, new, _withheld(spec, started)]).sort(keys, nulls_last=True)


def _withheld(spec: TableSpec, rows: pl.DataFrame) -> pl.DataFrame:
    status = (*spec.key_names, *STATUS_COLUMNS)
    nothing = [pl.lit(None, dtype=c.dtype).alias(c.name) for c in spec.columns if c.name not in status]
    return rows.with_columns(
        *nothing,
        pl.lit(True).alias("suppressed"),
        pl.lit(COMPLEMENTARY).alias("suppression_reason"),
    )


def _told(spec: TableSpec, held: pl.DataFrame, changes: Changes) -> pl.DataFrame:
    own = changes.carried.filter(table_name=spec.name).select("cell", "basis")
    return (
        held.select(pl.lit(spec.name).alias("table_name"), cell_of(spec.key_names))
        .join(own, on="cell", how="left", validate="1:1")
        .with_columns(pl.col("basis").fill_null(changes.last))
        .select(CARRIED_SCHEMA.names())
    )


def _window(after: Tables) -> pl.Series:
    return after["utilization"].filter(period_type="rolling_12").get_column("period_start").unique()
