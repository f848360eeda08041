"""Who pays a line, and under which line of business (contract, section 5)."""

from __future__ import annotations

from datetime import date as Date

import polars as pl

from schemas.reference import PAYERS, ReferenceTables

_OTHER = "other"
_CODES_SINCE = Date(2022, 1, 1)
"""The code in scope begins here: a line without a date is read as of this day."""


def normalised_name(column: str) -> pl.Expr:
    """A name in capitals: forms folded (NFKC), dots and apostrophes dropped, other signs one blank."""
    return (
        pl.col(column)
        .fill_null("")
        .str.normalize("NFKC")
        .str.to_uppercase()
        .str.replace_all(r"[.'\u{2019}`]", "")
        .str.replace_all(r"[^A-Z0-9]+", " ")
        .str.strip_chars()
    )


def with_payer(
    lines: pl.LazyFrame, reference: ReferenceTables, on_date: str = "service_date"
) -> pl.LazyFrame:
    """Add `payer`: the first payer rule in force on the date that fits id and name, else `other`.

    Needs payer_id (NM1*PR 09 / N104), payer_name (NM1*PR 03 / N102) and the date column. Grain unchanged.
    A line without a date is read as of the first day of the code in scope.
    """
    rules = reference.payers.sort("priority")
    changes = _change_dates(rules)
    eras = lines.with_columns(_era(on_date, changes).alias("_era"))
    keys = ["payer_id", "payer_name", "_era"]
    contractors = reference.medicare_contractors["contractor_number"].to_list()
    decision = pl.coalesce(
        *(
            pl.when(_payer_rule_fits(rule, contractors) & _in_force(rule, changes)).then(
                pl.lit(rule["payer"])
            )
            for rule in rules.iter_rows(named=True)
        ),
        pl.lit(_OTHER),
    )
    mapped = (
        eras.select(keys)
        .unique()
        .with_columns(_id=_identifier("payer_id"), _name=normalised_name("payer_name"))
        .select(*keys, decision.alias("payer"))
    )
    return eras.join(
        mapped, on=keys, how="left", nulls_equal=True, validate="m:1", maintain_order="left"
    ).drop("_era")


def with_line_of_business(lines: pl.LazyFrame, reference: ReferenceTables) -> pl.LazyFrame:
    """Add `line_of_business`, `line_of_business_source` and `line_of_business_doubtful`.

    Needs payer, payer_id, payer_name, claim_filing_code (SBR09) and remit_filing_code (CLP06). The first
    that decides: plan name, a specific CLP06, SBR09, a general CLP06, the payer. Doubtful: SBR09 and CLP06
    point to different lines, a specific code points elsewhere than the plan name, any of them elsewhere than
    medicare_ffs for a Medicare contractor, or Medicare's own code under a name that is not mapped. Grain
    unchanged.
    """
    keys = ["payer", "payer_id", "payer_name", "claim_filing_code", "remit_filing_code"]
    # few rows and many expressions: planning these lazily takes longer than evaluating them
    combinations = lines.select(keys).unique().collect()
    pointed = (
        combinations.with_columns(_id=_identifier("payer_id"), _name=normalised_name("payer_name"))
        .with_columns(_by_name=_line_of_name(reference), _is_mapped=_is_mapped(reference))
        .with_columns(
            _sbr=_line_of_code("claim_filing_code", reference, ("specific", "general")),
            _sbr_specific=_line_of_code("claim_filing_code", reference, ("specific",)),
            _clp_specific=_line_of_code("remit_filing_code", reference, ("specific",)),
            _clp_general=_line_of_code("remit_filing_code", reference, ("general",)),
        )
    )
    decided = pointed.select(
        *keys,
        pl.coalesce("_by_name", "_clp_specific", "_sbr", "_clp_general", _line_without_code()).alias(
            "line_of_business"
        ),
        _source_of_line().alias("line_of_business_source"),
        (_sources_disagree() | _stranger_bills_medicare()).alias("line_of_business_doubtful"),
    )
    return lines.join(
        decided.lazy(), on=keys, how="left", nulls_equal=True, validate="m:1", maintain_order="left"
    )


def _identifier(column: str) -> pl.Expr:
    return pl.col(column).fill_null("").str.strip_chars().str.to_uppercase()


def _code(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_uppercase().replace("", None)


def _change_dates(rules: pl.DataFrame) -> list[Date]:
    """Days on which the set of rules in force changes, in order."""
    ends = rules["effective_to"].drop_nulls().dt.offset_by("1d")
    return sorted(set(rules["effective_from"].drop_nulls().to_list()) | set(ends.to_list()))


def _era(date: str, changes: list[Date]) -> pl.Expr:
    """How many changes lie on or before the date: rules are matched once per name and era, not per day."""
    day = pl.col(date).fill_null(_CODES_SINCE)
    passed = [(day >= pl.lit(change)).cast(pl.Int32) for change in changes]
    return pl.sum_horizontal(pl.lit(0, dtype=pl.Int32), *passed)


def _in_force(rule: dict[str, object], changes: list[Date]) -> pl.Expr:
    start, end = rule["effective_from"], rule["effective_to"]
    in_force = pl.lit(True)
    if isinstance(start, Date):
        in_force &= pl.col("_era") > changes.index(start)
    if isinstance(end, Date):
        in_force &= pl.col("_era") <= sum(change <= end for change in changes)
    return in_force


def _payer_rule_fits(rule: dict[str, object], contractors: list[str]) -> pl.Expr:
    by_id = pl.col("_id") == pl.lit(rule["payer_id"])
    by_name = pl.col("_name").str.contains(str(rule["name_pattern"]))
    if rule["match_kind"] == "medicare_contractor":
        return pl.col("_id").is_in(contractors)
    if rule["match_kind"] == "id":
        return by_id
    return by_name if rule["match_kind"] == "name" else by_id & by_name


def _line_of_name(reference: ReferenceTables) -> pl.Expr:
    """Line of the first plan name rule that fits, else null."""
    branches = []
    for rule in reference.plan_name_lines.sort("priority").iter_rows(named=True):
        fits = pl.col("_name").str.contains(rule["name_pattern"])
        if rule["scope_payer"] is not None:
            fits &= pl.col("payer").is_in(rule["scope_payer"].split())
        if rule["payer_id"] is not None:
            fits &= pl.col("_id") == rule["payer_id"]
        branches.append(pl.when(fits).then(pl.lit(rule["line_of_business"])))
    return pl.coalesce(*branches)


def _line_of_code(column: str, reference: ReferenceTables, kinds: tuple[str, ...]) -> pl.Expr:
    """Line a claim filing code of these kinds points to for its payer, else null."""
    codes = reference.claim_filing_codes.filter(pl.col("specificity").is_in(list(kinds)))

    def of(target: str) -> pl.Expr:
        lines = dict(codes.select("claim_filing_code", target).iter_rows())
        return _code(column).replace_strict(lines, default=None, return_dtype=pl.String)

    names_medicare = pl.col("_is_mapped") & pl.col("_name").str.contains(r"\bMEDICARE\b")
    is_medicare_plan = names_medicare | (pl.col("_by_name") == "medicare_advantage").fill_null(False)
    return (
        pl.when(pl.col("payer") == "medicare")
        .then(of("line_of_medicare_contractor"))
        .when(is_medicare_plan)
        .then(of("line_of_medicare_plan"))
        # a name that nobody knows may be a contractor's: its Medicare codes mean Medicare itself
        .when(~pl.col("_is_mapped"))
        .then(of("line_of_medicare_contractor"))
        .otherwise(of("line_of_business"))
    )


def _is_mapped(reference: ReferenceTables) -> pl.Expr:
    """Whether the payer is a named one, or a name that some rule knows to be another's, on whatever date."""
    known = reference.payers.filter((pl.col("payer") == _OTHER) & pl.col("name_pattern").is_not_null())
    names = [pl.col("_name").str.contains(pattern) for pattern in known["name_pattern"]]
    return pl.any_horizontal(pl.col("payer") != _OTHER, *names)


def _stranger_bills_medicare() -> pl.Expr:
    """Original Medicare by a code alone, under a name that is not mapped (contract, section 5)."""
    codes = pl.coalesce("_by_name", "_clp_specific", "_sbr")
    return ~pl.col("_is_mapped") & (codes == "medicare_ffs").fill_null(False)


def _has_code() -> pl.Expr:
    return _code("claim_filing_code").is_not_null() | _code("remit_filing_code").is_not_null()


def _line_without_code() -> pl.Expr:
    """A code that decides nothing leaves `other`; no code at all leaves it to the payer."""
    commercial = [payer for payer in PAYERS if payer != "medicare"]
    return (
        pl.when(_has_code())
        .then(pl.lit(_OTHER))
        .when(pl.col("payer") == "medicare")
        .then(pl.lit("medicare_ffs"))
        .when(pl.col("payer").is_in(commercial))
        .then(pl.lit("commercial"))
        .otherwise(pl.lit(_OTHER))
    )


def _source_of_line() -> pl.Expr:
    return (
        pl.when(pl.col("_by_name").is_not_null())
        .then(pl.lit("plan_name"))
        .when(pl.col("_clp_specific").is_not_null())
        .then(pl.lit("remit_specific"))
        .when(pl.col("_sbr").is_not_null())
        .then(pl.lit("claim_filing"))
        .when(pl.col("_clp_general").is_not_null())
        .then(pl.lit("remit_general"))
        .when(_code("claim_filing_code").is_not_null())
        .then(pl.lit("claim_filing"))
        .when(_code("remit_filing_code").is_not_null())
        .then(pl.lit("remit_general"))
        .otherwise(pl.lit("default"))
    )


def _sources_disagree() -> pl.Expr:
    """Beside a plan name only specific codes speak: a general one (HM, 12) names a form, not a line."""
    contractor = pl.when(pl.col("payer") == "medicare").then(pl.lit("medicare_ffs"))
    named = pl.concat_list("_by_name", "_sbr_specific", "_clp_specific", contractor)
    coded = pl.concat_list("_sbr", pl.coalesce("_clp_specific", "_clp_general"), contractor)
    sources = pl.when(pl.col("_by_name").is_not_null()).then(named).otherwise(coded)
    return sources.list.drop_nulls().list.n_unique() > 1
