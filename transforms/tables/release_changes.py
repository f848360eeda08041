"""Table `release_changes`: how the published numbers moved since the release before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.resolved import LINE_COLUMNS
from schemas.rules import ALL
from schemas.table_columns import FIVE_KEYS, TableSpec
from schemas.tables import RELEASE_CHANGES, TABLES
from transforms.tables.cells import finish_table

_Tables = Mapping[str, pl.DataFrame]
_ROW = "row"
"""Stands in `measure` for the row as a whole."""
_ORIGIN = ["file_key", "row_number"]
NOW = "_now"
HERE = "_here"
CAUSES = ("new_claims", "late_remits", "corrections", "reference_data", "rules")
"""What can move a number; of causes with as many patients the first counts."""
_ANSWER = ("first_remit_on", "final_remit_on", "paid_cents", "final_charge_cents", "remark_codes")
"""What a line has from its remittances, whatever the rules."""
OPEN_STATES = ("pending", "awaiting_readjudication")
_FIVE = [column.name for column in FIVE_KEYS]


def changed_lines(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """Resolved lines that two releases do not have alike: rows of either that are not the same in the other.

    `_now`: the row is of the later release.
    """
    content = pl.struct(name for name in LINE_COLUMNS if name not in _ORIGIN).hash().alias("_content")
    keys = [*_ORIGIN, "_content"]
    old, new = before.with_columns(content), after.with_columns(content)
    gone = old.join(new.select(keys), on=keys, how="anti", nulls_equal=True)
    come = new.join(old.select(keys), on=keys, how="anti", nulls_equal=True)
    sides = [side.with_columns(pl.lit(now).alias(NOW)) for side, now in ((gone, False), (come, True))]
    return pl.concat(sides).select(*LINE_COLUMNS, NOW)


def release_changes(
    before: _Tables,
    after: _Tables,
    causes: pl.DataFrame | None = None,
    made_under: str | None = None,
) -> pl.DataFrame:
    """Numbers that moved from one release to the next, both as published. Grain: table, cell and measure.

    Nothing but published values is looked at. A row that only one release has is named as a whole, without
    values. `causes` (see causes_of) say why; `made_under` (reference_data, rules) says it of other cells.
    Tables that only one release has are left out.
    """
    found = [_changes_of(TABLES[name], before[name], after[name]) for name in _compared(before, after)]
    schema = {column.name: column.dtype for column in RELEASE_CHANGES.columns if column.name != "why"}
    whole = pl.concat([pl.DataFrame(schema=schema), *found])
    whole = whole.join(no_causes() if causes is None else causes, on=_FIVE, how="left", validate="m:1")
    why = pl.coalesce("why", pl.lit(made_under, dtype=pl.String))
    return finish_table(whole.with_columns(why.alias("why")), RELEASE_CHANGES)


def no_causes() -> pl.DataFrame:
    """Causes of nothing; grain: code, payer, line of business, period."""
    return pl.DataFrame(schema={column.name: column.dtype for column in FIVE_KEYS} | {"why": pl.String()})


def causes_of(
    changed: pl.LazyFrame, made_under: str | None, rolling_from: date | None, minimum: int = 1
) -> pl.DataFrame:
    """What changed most patients by code, payer (and all), line of business (and all) and period.

    Takes `changed_lines`, all at once; see `moved_lines`, `patients_moved` and `main_causes`.
    """
    return main_causes(patients_moved(moved_lines(changed, made_under), rolling_from), minimum)


def moved_lines(changed: pl.LazyFrame, made_under: str | None) -> pl.LazyFrame:
    """Counted lines of either release that moved, and why: code, payer, line of business, month, patient.

    `changed` are changed_lines, all of them or all of some rows. A line that only the later release has is a
    new claim, or a correction where it replaces, voids or is superseded; one that only the earlier has is a
    correction. Of others the first answer is a late remittance, another standing or answer a correction; the
    rest is what the release was `made_under` (reference_data or rules; none: a correction).
    """
    facts = ("standing", "adjudication_state", "claim_frequency_code", "first_submitted_on", *_ANSWER)
    sides = [changed.filter(pl.col(NOW) == now).select(*_ORIGIN, *facts) for now in (False, True)]
    told = sides[0].join(sides[1], on=_ORIGIN, how="full", coalesce=True, suffix="_now", validate="1:1")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in _ANSWER)
    waited = pl.col("adjudication_state").is_in(OPEN_STATES)
    answered = ~pl.col("adjudication_state_now").is_in(OPEN_STATES)
    stands = pl.col("standing_now").is_in(["current", "secondary"])
    cause = (
        pl.when(pl.col("standing").is_null() & stands & (pl.col("claim_frequency_code_now") == "1"))
        .then(pl.lit("new_claims"))
        .when(pl.col("standing").ne_missing(pl.col("standing_now")))
        .then(pl.lit("corrections"))
        .when(differs & waited & answered)
        .then(pl.lit("late_remits"))
        .when(differs | pl.col("first_submitted_on").ne_missing(pl.col("first_submitted_on_now")))
        .then(pl.lit("corrections"))
        .otherwise(pl.lit(made_under or "corrections"))
    )
    counted = changed.filter((pl.col("standing") == "current") & (pl.col("role") == "P"))
    lines = counted.join(told.select(*_ORIGIN, cause.alias("why")), on=_ORIGIN, how="left", validate="m:1")
    lob = pl.col("line_of_business").fill_null("other")
    return lines.select("procedure_code", "payer", lob, "service_month", "patient_key", "why")


def patients_moved(lines: pl.LazyFrame, rolling_from: date | None) -> pl.DataFrame:
    """Patients whose lines moved by cell of the five keys and cause. Takes `moved_lines`.

    What groups of patients give adds up, if no patient is in two of them.
    """
    return (
        _in_every_cell(lines, rolling_from)
        .group_by(*_FIVE, "why")
        .agg(pl.col("patient_key").n_unique().cast(pl.Int64).alias("patients"))
        .collect()
    )


def main_causes(patients: pl.DataFrame, minimum: int) -> pl.DataFrame:
    """The cause that most patients of a cell of the five keys moved by. Takes `patients_moved`.

    A cause of fewer than `minimum` patients of a cell is not told: it would say what befell one of them.
    """
    cells = patients.group_by(*_FIVE, "why").agg(pl.col("patients").sum())
    order = pl.col("why").replace_strict(list(CAUSES), range(len(CAUSES)), return_dtype=pl.Int8)
    enough = cells.filter(pl.col("patients") >= minimum)
    most = enough.sort(*_FIVE, -pl.col("patients"), order).unique(_FIVE, keep="first", maintain_order=True)
    return most.select(*_FIVE, "why")


def _in_every_cell(lines: pl.LazyFrame, rolling_from: date | None) -> pl.LazyFrame:
    """Each line once for each cell of the five keys that it counts in."""
    own = lines.select(
        "procedure_code",
        pl.concat_list("payer", pl.lit(ALL)).alias("payer"),
        pl.concat_list("line_of_business", pl.lit(ALL)).alias("line_of_business"),
        "service_month",
        "patient_key",
        "why",
    )
    every = own.explode("payer").explode("line_of_business")
    month = pl.col("service_month")
    periods = [("month", month), ("quarter", month.dt.truncate("1q")), ("year", month.dt.truncate("1y"))]
    parts = [every.with_columns(period_type=pl.lit(name), period_start=first) for name, first in periods]
    if rolling_from is not None:
        first = pl.lit(rolling_from)
        inside = every.filter(month.is_between(first, first.dt.offset_by("11mo")))
        parts.append(inside.with_columns(period_type=pl.lit("rolling_12"), period_start=first))
    return pl.concat(parts)


def _compared(before: _Tables, after: _Tables) -> list[str]:
    specs = [TABLES[name] for name in after if name in before and name in TABLES]
    return [spec.name for spec in specs if not spec.plain and spec.key_names[: len(_FIVE)] == _FIVE]


def _changes_of(spec: TableSpec, before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    keys = spec.key_names
    measures = [m.name for m in spec.measures]
    here = pl.lit(True).alias("_here")
    sides = _apart(before.select(*keys, *measures), after.select(*keys, *measures), keys)
    both = (
        sides[0]
        .with_columns(here)
        .join(sides[1].with_columns(here), on=keys, how="full", coalesce=True, suffix=NOW, validate="1:1")
    )
    was, stands = pl.col("_here").is_not_null(), pl.col(f"_here{NOW}").is_not_null()
    alone = pl.when(~was).then(pl.lit("appeared")).otherwise(pl.lit("disappeared"))
    parts = [_told(both.lazy().filter(~(was & stands)), spec, _ROW, None, alone)]
    shown = both.filter(was & stands)
    moved = {name: pl.col(name).ne_missing(pl.col(f"{name}{NOW}")) for name in measures}
    somewhere = shown.select(each.any().alias(name) for name, each in moved.items()).row(0, named=True)
    for m in spec.measures:
        if somewhere[m.name]:
            value = None if isinstance(m.column.dtype, (pl.String, pl.Date, pl.Boolean)) else m.name
            parts.append(_told(shown.lazy().filter(moved[m.name]), spec, m.name, value, _word(m.name)))
    return pl.concat(parts).collect()


def _apart(before: pl.DataFrame, after: pl.DataFrame, keys: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that are not alike on both sides, where the sides have the same keys in the same order.

    Most releases tell of the same cells, and few of them moved: joining those alone is what makes it quick.
    """
    if not before.select(keys).equals(after.select(keys)):
        return before, after
    columns = [name for name in before.columns if name not in keys]
    beside = pl.concat([before, after.select(pl.col(columns).name.suffix(NOW))], how="horizontal")
    differs = beside.select(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}{NOW}")) for name in columns)
    ).to_series()
    return before.filter(differs), after.filter(differs)


def _word(measure: str) -> pl.Expr:
    return (
        pl.when(pl.col(measure).is_null())
        .then(pl.lit("shown_now"))
        .when(pl.col(f"{measure}{NOW}").is_null())
        .then(pl.lit("withheld_now"))
        .otherwise(pl.lit("changed"))
    )


def _told(
    rows: pl.LazyFrame, spec: TableSpec, measure: str, value: str | None, change: pl.Expr
) -> pl.LazyFrame:
    """Rows of the table for one measure, or (`value` None) without values."""
    nothing = pl.lit(None, dtype=pl.Float64)
    further = [pl.format("{}={}", pl.lit(key), pl.col(key)) for key in spec.key_names[len(_FIVE) :]]
    return rows.select(
        pl.lit(spec.name).alias("table_name"),
        *_FIVE,
        (pl.concat_str(further, separator="|") if further else pl.lit("")).alias("further_keys"),
        pl.lit(measure).alias("measure"),
        (pl.col(value).cast(pl.Float64) if value else nothing).alias("before"),
        (pl.col(f"{value}{NOW}").cast(pl.Float64) if value else nothing).alias("after"),
        change.alias("change"),
    )
