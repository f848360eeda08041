"""Adjudications of line positions: what one CLP loop says of one line position, its rows summed.

Source: CLP, SVC, CAS; contract section 4.5; rules in docs/resolution.md, section 4.
"""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from transforms.resolve.amounts import adjudication_amounts, unpacked
from transforms.resolve.ordering import dense_rank, identifiers

LINE_POSITION = ("instance", "line_position")
_CONTENT = (
    "paid_total",
    "allowed_cents",
    "charge_cents",
    "adjustments_text",
    "remark_codes",
    "adjudicated_codes",
    "remit_filing_code",
    "allowed_given_cents",
    "claim_level_adjusted",
    "claim_status_code",
)
"""What tells adjudications of one date apart, in this order."""


def adjudications_of(linked: pl.DataFrame, claims: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """One row per CLP loop and line position, amounts and adjustments summed, with allowed, state and
    network.

    `linked`: remit rows that met a line position. `claims`: claim rows with instance and line position.
    """
    # adjustments of the claim stand on each row of its loop, unless a copy lacks them
    rows = linked.with_columns(pl.col("claim_adjustments").max().over("loop")).pipe(
        identifiers, ("loop", *LINE_POSITION), "adjudication"
    )
    sole = _sole_lines(claims)
    base = (
        _summed(rows)
        .join(sole, on="instance", how="left", validate="m:1")
        .with_columns(
            claim_level_adjusted=pl.col("has_claim_adjustments") & ~pl.col("sole_line"),
            adjustments_text=pl.when(~(pl.col("has_claim_adjustments") & pl.col("sole_line"))).then(
                "adjustments_text"
            ),
        )
    )
    adjustments = _adjustments(rows, base)
    packed = (
        adjustments.join(base.filter(pl.col("adjustments_text").is_null()), on="adjudication", how="semi")
        .group_by("adjudication", "group", "carc")
        .agg(pl.col("cents").sum())
        .sort("adjudication", "group", "carc")
        .group_by("adjudication", maintain_order=True)
        .agg(packed=pl.format("{}-{}:{}", "group", "carc", "cents").str.join("|"))
    )
    return (
        adjudication_amounts(base, adjustments, reference)
        .join(packed, on="adjudication", how="left", validate="1:1")
        .with_columns(
            pl.coalesce("adjustments_text", "packed", pl.lit("")),
            is_reversal=pl.col("claim_status_code") == "22",
        )
        .pipe(_with_content_order)
    )


OF_LOOP = (
    *LINE_POSITION,
    "loop",
    "number",
    "claim_status_code",
    "payer_claim_key",
    "payer",
    "other_name",
    "slot_role",
)
"""What every row of an adjudication says alike."""
FLAGS = ("same_payer", "prior_payer", "has_secondary_claim")

OF_ADJUDICATION = (
    "adjudication",
    *OF_LOOP,
    *FLAGS,
    "payment_date",
    "remit_filing_code",
    "original_payer_claim_key",
    "charge_cents",
    "paid_cents",
    "allowed_given_cents",
    "adjudicated_codes",
    "remark_codes",
    "has_claim_adjustments",
    "adjustments_unread",
    "first_row",
    "adjustments_text",
)
"""Columns of an adjudication, whether one row or several make it."""


_ZERO = r":-?0(?:\||$)"
"""An adjustment of nothing in packed adjustments."""


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one loop that meet one line position, summed. Grain: one row per adjudication."""
    marked = rows.with_columns(
        has_claim_adjustments=pl.col("claim_adjustments").fill_null("") != "", first_row="row"
    )
    split = pl.len().over("adjudication") > 1
    # an adjudication of one row has its adjustments in order already; null: to be packed anew
    packed = pl.col("adjustments").fill_null("")
    whole = marked.filter(~split).with_columns(
        adjudicated_codes=pl.col("procedure_code"),
        adjustments_text=pl.when(~packed.str.contains(_ZERO)).then(packed),
    )
    parts = (
        marked.filter(split)
        .sort("adjudication", "place", "charge_cents", "paid_cents", "row", nulls_last=False)
        .group_by("adjudication", maintain_order=True)
        .agg(
            pl.col(OF_LOOP).first(),
            pl.col("same_payer").all(),
            pl.col("prior_payer", "has_secondary_claim", "has_claim_adjustments", "adjustments_unread").any(),
            pl.col("payment_date").min(),
            pl.col("remit_filing_code").max(),
            pl.col("original_payer_claim_key").drop_nulls().first(),
            pl.col("charge_cents").sum(),
            pl.col("paid_cents").sum(),
            allowed_given_cents=pl.when(pl.col("allowed_given_cents").is_not_null().all()).then(
                pl.col("allowed_given_cents").sum()
            ),
            adjudicated_codes=_joined(pl.col("procedure_code")),
            remark_codes=_joined(pl.col("remark_codes").str.split("|").explode()),
            first_row=pl.col("first_row").min(),
            adjustments_text=pl.lit(None, pl.String),
        )
    )
    return pl.concat([whole.select(OF_ADJUDICATION), parts.select(OF_ADJUDICATION)])


def _joined(codes: pl.Expr) -> pl.Expr:
    """Distinct codes in order, joined by |; null where there are none."""
    return codes.drop_nulls().unique().sort().str.join("|").replace("", None)


def _sole_lines(claims: pl.DataFrame) -> pl.DataFrame:
    """Whether an instance has one line in all, in every version."""
    return (
        claims.filter(pl.col("row_standing") == "line")
        .group_by("instance")
        .agg(sole_line=(pl.col("line_position").n_unique() == 1) & (pl.col("claim_line_count").max() == 1))
    )


def _adjustments(rows: pl.DataFrame, base: pl.DataFrame) -> pl.DataFrame:
    """One row per adjudication, level, group and reason; what sums to zero vanishes.

    Claim-level adjustments stand on each row of a loop: they are taken once, and only where the claim has one
    line.
    """
    sole = base.filter("sole_line").select("adjudication")
    claim = (
        rows.join(sole, on="adjudication", how="semi")
        .filter(pl.col("claim_adjustments").fill_null("") != "")
        .group_by("adjudication")
        .agg(pl.col("claim_adjustments").max())
    )
    return (
        pl.concat(
            [
                unpacked(rows, "adjudication", "adjustments").with_columns(level=pl.lit("line")),
                unpacked(claim, "adjudication", "claim_adjustments").with_columns(level=pl.lit("claim")),
            ]
        )
        .group_by("adjudication", "level", "group", "carc")
        .agg(pl.col("cents").sum())
        .filter(pl.col("cents") != 0)
    )


def _with_content_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Rank adjudications by paid, allowed, charge, adjustments (then remarks and codes): the order of those
    of one date.
    """
    return rows.with_columns(content_order=dense_rank(_CONTENT))
