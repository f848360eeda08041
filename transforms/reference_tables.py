"""Reference tables: text as read from their files in, validated and typed tables out."""

from __future__ import annotations

import polars as pl

from schemas.reference import (
    APPLICABLE_CONFIDENCE,
    OVERLAP_KEYS,
    SCHEMAS,
    ReferenceTables,
    dtypes,
    file_columns,
)

_FIRST_DAY = pl.date(1, 1, 1)
_LAST_DAY = pl.date(9999, 12, 31)


class ReferenceError(ValueError):
    """A reference table breaks a rule; names the table and the rule, which no claim data can be in."""

    def __init__(self, table: str, rule: str) -> None:
        super().__init__(f"reference table {table}: {rule}")
        self.table = table
        self.rule = rule


def parse_reference(raw: dict[str, pl.DataFrame]) -> ReferenceTables:
    """Cast and validate every reference table.

    Takes table -> frame with all columns text, as read from the CSV files. Raises ReferenceError for a
    missing or unknown table or column, a value of the wrong type, a broken schema, a repeated key, or
    two rows of one key in force on one date.
    """
    for table in sorted(set(raw) ^ set(SCHEMAS)):
        raise ReferenceError(table, "missing" if table in SCHEMAS else "not a known table")
    tables = {table: _parse_table(table, raw[table]) for table in SCHEMAS}
    _check_across(tables)
    return ReferenceTables(**tables)


def check_no_overlap(table: str, frame: pl.DataFrame, keys: tuple[str, ...]) -> None:
    """Raise ReferenceError when two rows of a key are in force on one date, or a row ends before it starts.

    Both dates are inclusive; an empty start reaches back for ever and an empty end on for ever.
    """
    dated = frame.select(
        *keys,
        start=pl.col("effective_from").fill_null(_FIRST_DAY),
        end=pl.col("effective_to").fill_null(_LAST_DAY),
    )
    if dated.filter(pl.col("start") > pl.col("end")).height:
        raise ReferenceError(table, "a row ends before it starts")
    previous_end = pl.col("end").shift(1)
    by_key = dated.sort(*keys, "start", "end").with_columns(
        overlaps=pl.col("start") <= (previous_end.over(list(keys)) if keys else previous_end)
    )
    if by_key.filter(pl.col("overlaps")).height:
        raise ReferenceError(table, "effective dates overlap")


def medicare_factors(reference: ReferenceTables, *, locality: bool, basis: str = "non_qp") -> pl.DataFrame:
    """The Medicare conversion factors of one basis, those of years without a split included.

    Grain: one row per period (national), or per contractor, locality and period. Dollars per unit.
    """
    table = reference.conversion_factors_locality if locality else reference.conversion_factors_national
    return table.filter(pl.col("basis").is_in(["all", basis]))


def _parse_table(table: str, raw: pl.DataFrame) -> pl.DataFrame:
    expected = file_columns(table)
    for column in sorted(set(expected) ^ set(raw.columns)):
        problem = "is missing" if column in expected else "is not known"
        raise ReferenceError(table, f"column {column} {problem}")
    types = dtypes(table)
    text = raw.select(
        pl.col(column).cast(pl.String).str.strip_chars().replace("", None) for column in expected
    )
    typed = text.select(_cast(column, types[column]).alias(column) for column in expected)
    for column in expected:
        if typed[column].null_count() != text[column].null_count():
            raise ReferenceError(table, f"column {column}: a value is not of type {types[column]}")
    if table == "payer_rules":
        typed = _with_applied(typed)
    if not SCHEMAS[table].keeps(typed):
        from schemas.pandera_schemas import broken_rules  # takes seconds to load, and seldom has to

        raise ReferenceError(table, broken_rules(typed, SCHEMAS[table]))
    if table in OVERLAP_KEYS:
        check_no_overlap(table, typed, OVERLAP_KEYS[table])
    return typed


def _cast(column: str, dtype: pl.DataType) -> pl.Expr:
    value = pl.col(column)
    if dtype == pl.Boolean:
        return value.replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
    if dtype == pl.Date:
        return value.str.to_date("%Y-%m-%d", strict=False)
    return value.cast(dtype, strict=False)


def _with_applied(rules: pl.DataFrame) -> pl.DataFrame:
    """Only a computable rule that is well founded is ever applied (contract, section 5)."""
    founded = pl.col("confidence").is_in(list(APPLICABLE_CONFIDENCE))
    applied = (founded & pl.col("machine_usable")).alias("applied")
    order = [name for name in SCHEMAS["payer_rules"].names if name != "applied"]
    position = SCHEMAS["payer_rules"].names.index("applied")
    return rules.select(*order[:position], applied, *order[position:])


def _check_across(tables: dict[str, pl.DataFrame]) -> None:
    """Rules that one column's check cannot see."""
    national = tables["conversion_factors_national"]
    for basis in ("non_qp", "qp"):
        both = national.filter(pl.col("basis").is_in(["all", basis]))
        check_no_overlap("conversion_factors_national", both, ())
    localities = tables["conversion_factors_locality"]
    for basis in ("non_qp", "qp"):
        both = localities.filter(pl.col("basis").is_in(["all", basis]))
        check_no_overlap("conversion_factors_locality", both, ("contractor_number", "locality"))
    places = ["contractor_number", "locality"]
    if tables["state_localities"].join(localities, on=places, how="anti").height:
        raise ReferenceError("state_localities", "a locality that has no conversion factor")
    for table in ("payers", "plan_name_lines"):
        if not tables[table]["priority"].is_unique().all():
            raise ReferenceError(table, "two rules share a priority")
        _check_patterns(table, tables[table], "name_pattern")
    _check_patterns("payer_rules", tables["payer_rules"], "plan_pattern")
    _check_known("icd10_regions", tables["icd10_regions"]["theme"], tables["clinical_themes"]["theme"])
    categories = tables["denial_categories"]["denial_category"]
    _check_known("carc", tables["carc"]["denial_category"].drop_nulls(), categories)
    anchors = tables["plausibility_anchors"].filter(pl.col("measure").is_not_null())
    bounds = anchors.select("payer", "line_of_business", "low", "high")
    if bounds.drop_nulls().height < anchors.height or anchors.filter(pl.col("low") > pl.col("high")).height:
        raise ReferenceError("plausibility_anchors", "a measure without payer, line of business or bounds")
    kinds = tables["payers"]
    needs_id = pl.col("match_kind").is_in(["id", "id_name"]) & pl.col("payer_id").is_null()
    needs_name = pl.col("match_kind").is_in(["name", "id_name"]) & pl.col("name_pattern").is_null()
    if kinds.filter(needs_id | needs_name).height:
        raise ReferenceError("payers", "a rule lacks the id or the name it matches")


def _check_known(table: str, used: pl.Series, known: pl.Series) -> None:
    if not used.is_in(known.implode()).all():
        raise ReferenceError(table, f"column {used.name}: not in the table of {known.name}")


def _check_patterns(table: str, frame: pl.DataFrame, column: str) -> None:
    for pattern in frame[column].drop_nulls():
        try:
            pl.Series([""]).str.contains(pattern)
        except pl.exceptions.ComputeError:
            raise ReferenceError(table, f"{column}: not a regular expression") from None
