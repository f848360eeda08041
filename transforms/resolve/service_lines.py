"""Every accepted claim line with its standing, every current one with its final adjudication and prices.

The one entry: `resolve_lines`. Rules in docs/resolution.md, sections 7 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.columns import names, polars_schema
from schemas.reference import ReferenceTables
from schemas.resolved import RESOLVED_LINE, RESOLVED_REMIT
from schemas.rules import Rules
from transforms.payers import with_payer
from transforms.resolve.adjudications import LINE_POSITION, adjudications_of
from transforms.resolve.chains import VOID, Chains, chains_of
from transforms.resolve.coding import ROW_ORDER, in_codes
from transforms.resolve.current_lines import current_lines
from transforms.resolve.lines_in_all import with_lines_in_all
from transforms.resolve.linking import link_remits
from transforms.resolve.reversals import in_order, whole_reversals, with_cancellations
from transforms.resolve.roles import with_roles
from transforms.resolve.submissions import Claims, claims_of
from transforms.units import with_care_model


@dataclass(frozen=True)
class Resolved:
    """lines: RESOLVED_LINE, one row per accepted claim line in scope. remits: RESOLVED_REMIT, one row per
    remit line.
    """

    lines: pl.LazyFrame
    remits: pl.LazyFrame


def resolve_lines(
    claims: pl.LazyFrame,
    remits: pl.LazyFrame,
    reference: ReferenceTables,
    rules: Rules,
    beside: pl.LazyFrame | None = None,
) -> Resolved:
    """Resolve the lives of claims: what stands, what was said of it last, what it is worth.

    Takes accepted lines, and the lines beside them or beside others (schemas.accepted). The result depends on
    their content only, not on their order. Resolving a set of rows that is closed under the links of
    `transforms.resolve.affected_claims` gives the same rows as resolving everything.
    """
    known = with_care_model(_with_payer(claims, reference, "submitted_on"), reference)
    if beside is not None:
        known = with_lines_in_all(known, beside, reference)
    rows = in_codes(known, _with_payer(remits, reference, "payment_date"))
    placed = claims_of(rows.claims, rows.detail, rows.remits, reference)
    linked = link_remits(rows.remits, placed.rows, rules.scope)
    met = linked.filter(pl.col("line_position").is_not_null())
    answers, whole = with_cancellations(
        adjudications_of(met, placed.rows, reference), whole_reversals(linked)
    )
    answers = with_roles(answers)
    adjudications = in_order(answers.filter(~pl.col("is_crossover")))
    outcomes = _remit_outcomes(linked, answers, whole).with_columns(
        in_scope=pl.any_horizontal(
            pl.col(name).is_in(rules.scope).fill_null(False) for name in ("billed_code", "procedure_code")
        ),
        loosely_linked=pl.col("loosely") & (pl.col("outcome") == "linked"),
    )
    met = outcomes.filter(pl.col("outcome") == "linked", pl.col("line_position").is_not_null())
    chains = chains_of(
        placed.rows, rows.detail, placed.versions, placed.names, adjudications, rules.infer_resubmissions
    )
    standing = _with_standing(placed, chains)
    current = current_lines(
        standing.filter(pl.col("standing") == "current"),
        rows.detail,
        placed,
        chains,
        adjudications,
        _unmatched_instances(outcomes),
        reference,
        rules,
    )
    origin = remits.select(ROW_ORDER).sort(ROW_ORDER).with_row_index("row")
    return Resolved(_lines(standing, current, rows.detail, origin), _remits(outcomes, origin))


def _with_payer(rows: pl.LazyFrame, reference: ReferenceTables, otherwise: str) -> pl.DataFrame:
    """Rows with their payer, on the date of service or else another date."""
    dated = rows.with_columns(_dated=pl.coalesce("service_date", otherwise))
    return with_payer(dated, reference, on_date="_dated").drop("_dated").collect().rechunk()


def _lines(
    standing: pl.DataFrame, current: pl.DataFrame, detail: pl.DataFrame, origin: pl.LazyFrame
) -> pl.LazyFrame:
    """Standing and current columns beside what each row says. Grain: RESOLVED_LINE."""
    identity = standing.select(
        "row",
        "ordinal",
        "standing",
        "service_month",
        "replaced_claim",
        "voided_claim",
        "original_ambiguous",
    )
    final = origin.rename(
        {"row": "final_row", "file_key": "final_file_key", "row_number": "final_row_number"}
    )
    claim_key = pl.concat_str(
        pl.col("claim_number_key").str.head(16),
        "billing_provider_npi",
        "role",
        "ordinal",
        separator="-",
    )
    return (
        detail.lazy()
        .drop("care_model", "share")
        .join(identity.lazy(), on="row", how="inner", validate="1:1")
        .join(current.lazy(), on="row", how="left", validate="1:1")
        .join(final, on="final_row", how="left", validate="m:1")
        .with_columns(claim_key=claim_key)
        .select(names(RESOLVED_LINE))
        .cast(polars_schema(RESOLVED_LINE))  # type: ignore[arg-type]
    )


def _remits(outcomes: pl.DataFrame, origin: pl.LazyFrame) -> pl.LazyFrame:
    """Outcomes under the origin of each remit row. Grain: RESOLVED_REMIT."""
    month = pl.coalesce("service_date", "payment_date").dt.truncate("1mo")
    return (
        outcomes.lazy()
        .drop("file_key", "row_number")
        .join(origin, on="row", how="left", validate="1:1")
        .with_columns(remit_month=month)
        .select(names(RESOLVED_REMIT))
        .cast(polars_schema(RESOLVED_REMIT))  # type: ignore[arg-type]
    )


def _remit_outcomes(linked: pl.DataFrame, answers: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    """Remit rows with their fate; a reversal without a line position is unmatched unless it is a crossover.

    A reversal of a claim as a whole has the outcome of what it cancels.
    """
    fate = answers.select(
        "loop",
        *LINE_POSITION,
        "unmatched",
        "is_crossover",
        "role_assumed_primary",
        reversal_amount_mismatch="amount_mismatch",
    )
    of_whole = whole.join(
        answers.select(cancels="adjudication", whole_crossover="is_crossover"), on="cancels"
    ).select("loop", "whole_crossover", whole_instance="instance")
    rows = linked.join(fate, on=["loop", *LINE_POSITION], how="left", nulls_equal=False, validate="m:1").join(
        of_whole, on="loop", how="left", validate="m:1"
    )
    stands = pl.col("outcome") != "duplicate"
    crossover = pl.coalesce("is_crossover", "whole_crossover").fill_null(False)
    rows = rows.with_columns(
        outcome=pl.when(stands & crossover)
        .then(pl.lit("crossover"))
        .when(stands & pl.col("whole_crossover").is_not_null())
        .then(pl.lit("linked"))
        .otherwise("outcome"),
        instance=pl.coalesce("instance", pl.when(stands).then("whole_instance")),
    )
    return rows.with_columns(
        pl.col("reversal_amount_mismatch", "role_assumed_primary").fill_null(False),
        is_reversal=pl.col("claim_status_code") == "22",
        reversal_unmatched=(pl.col("claim_status_code") == "22")
        & pl.when(pl.col("whole_crossover").is_not_null())
        .then(False)
        .when(pl.col("outcome") == "linked")
        .then(pl.col("unmatched"))
        .otherwise(pl.col("outcome").is_in(["ambiguous", "unlinked"])),
    )


def _unmatched_instances(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Claims that a reversal without a counterpart speaks of: none of their lines carries a price."""
    return (
        outcomes.filter("reversal_unmatched")
        .select(chain_instance=pl.coalesce("instance", "sole_instance"))
        .drop_nulls()
        .unique()
        .with_columns(unmatched_reversal=pl.lit(True))
    )


def _with_standing(placed: Claims, chains: Chains) -> pl.DataFrame:
    """In-scope rows with standing, and one row per replaced and per voided primary claim flagged to count
    claims.
    """
    rows = placed.rows.filter("in_scope").join(
        chains.instances.drop("role", "first_submitted_on", "first_frequency"),
        on="instance",
        how="left",
        validate="m:1",
    )
    copies = (pl.col("row_standing") == "duplicate") | pl.col("is_duplicate")
    stands = (
        (pl.col("row_standing") == "line")
        & (pl.col("version") == pl.col("standing_version"))
        & ~pl.col("named")
        & ~pl.col("is_superseded")
    ).fill_null(False)
    standing = (
        pl.when(copies)
        .then(pl.lit("duplicate"))
        .when(pl.col("role") != "P")
        .then(pl.lit("secondary"))
        .when("is_void")
        .then(pl.lit("void"))
        .when(stands)
        .then(pl.lit("current"))
        .otherwise(pl.lit("superseded"))
    )
    rows = rows.with_columns(standing=standing)
    ordinals = (
        rows.select("key", "instance")
        .unique()
        .filter(pl.col("key").is_duplicated())
        .sort("key", "instance")
        .select("instance", ordinal=pl.int_range(1, pl.len() + 1).over("key"))
    )
    return (
        rows.join(ordinals, on="instance", how="left", validate="m:1")
        .join(_counted(rows, chains), on="row", how="left", validate="1:1")
        .with_columns(
            pl.col("ordinal").fill_null(1),
            pl.col("replaced_claim", "voided_claim", "original_ambiguous").fill_null(False),
            service_month=pl.col("service_date").dt.truncate("1mo"),
        )
    )


def _counted(rows: pl.DataFrame, chains: Chains) -> pl.DataFrame:
    """One row per replaced and per voided claim, and per submission that names one of several claims.

    A void under a number of its own is no claim that was voided.
    """
    void_alone = (pl.col("claim_frequency_code") == VOID).all().over("instance")
    first = rows.with_columns(void_alone=void_alone).sort(
        "service_date", "line_number", "submission_order", pl.col("row_standing") != "line", "row"
    )
    replaced = first.filter(pl.col("standing") == "superseded").unique(
        "instance", keep="first", maintain_order=True
    )
    voided = first.filter(pl.col("standing") == "void", ~pl.col("void_alone")).unique(
        "instance", keep="first", maintain_order=True
    )
    ambiguous = first.join(chains.ambiguous, on="submission", how="semi").unique(
        "submission", keep="first", maintain_order=True
    )
    told = {"replaced_claim": replaced, "voided_claim": voided, "original_ambiguous": ambiguous}
    return (
        pl.concat([found.select("row", said=pl.lit(name)) for name, found in told.items()])
        .group_by("row")
        .agg((pl.col("said") == name).any().alias(name) for name in told)
    )
