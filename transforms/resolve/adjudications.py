"""Adjudications of slots: what one CLP loop says of one slot, and which of them reversals cancel.

Source: CLP, SVC, CAS; CLP02 = 22 (x12.org RFI 2442, 227); rules in docs/resolution.md, sections 4 and 5.
"""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from transforms.resolve.amounts import adjudication_amounts, unpacked
from transforms.resolve.ordering import dense_rank, identifiers

SLOT = ("instance", "slot")
CONTENT = (
    "paid_total",
    "allowed_cents",
    "charge_cents",
    "adjustments_text",
    "remark_codes",
    "adjudicated_codes",
    "remit_filing_code",
    "allowed_given_cents",
    "claim_level_adjusted",
    "role_assumed_primary",
)


def adjudications_of(linked: pl.DataFrame, claims: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """One row per CLP loop and slot, amounts and adjustments summed, with allowed, state and network.

    `linked`: remit rows with outcome linked. `claims`: claim rows with instance and slot.
    """
    rows = linked.pipe(identifiers, ("loop", *SLOT), "adjudication")
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


CARRIED = (*SLOT, "loop", "payment_date", "claim_status_code", "payer_claim_key", "remit_filing_code")


ZERO = r":-?0(?:\||$)"
"""An adjustment of nothing in packed adjustments."""


def _summed(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of one loop that meet one slot, summed. Grain: one row per adjudication."""
    shared = (
        "adjudication",
        *CARRIED,
        "original_payer_claim_key",
        "charge_cents",
        "paid_cents",
        "allowed_given_cents",
        "adjudicated_codes",
        "remark_codes",
        "role_assumed_primary",
        "has_claim_adjustments",
        "first_row",
        "adjustments_text",
    )
    marked = rows.with_columns(
        has_claim_adjustments=pl.col("claim_adjustments").fill_null("") != "", first_row="row"
    )
    split = pl.len().over("adjudication") > 1
    # an adjudication of one row has its adjustments in order already; null: to be packed anew
    packed = pl.col("adjustments").fill_null("")
    whole = marked.filter(~split).with_columns(
        adjudicated_codes=pl.col("procedure_code"),
        adjustments_text=pl.when(~packed.str.contains(ZERO)).then(packed),
    )
    parts = (
        marked.filter(split)
        .sort("adjudication", "service_sequence", "row", nulls_last=False)
        .group_by("adjudication", maintain_order=True)
        .agg(
            *(pl.col(name).first() for name in CARRIED),
            pl.col("original_payer_claim_key").drop_nulls().first(),
            pl.col("charge_cents").sum(),
            pl.col("paid_cents").sum(),
            allowed_given_cents=pl.when(pl.col("allowed_given_cents").is_not_null().all()).then(
                pl.col("allowed_given_cents").sum()
            ),
            adjudicated_codes=_joined(pl.col("procedure_code")),
            remark_codes=_joined(pl.col("remark_codes").str.split("|").explode()),
            role_assumed_primary=pl.col("role_assumed_primary").any(),
            has_claim_adjustments=pl.col("has_claim_adjustments").any(),
            first_row=pl.col("first_row").min(),
            adjustments_text=pl.lit(None, pl.String),
        )
    )
    return pl.concat([whole.select(shared), parts.select(shared)])


def _joined(codes: pl.Expr) -> pl.Expr:
    """Distinct codes in order, joined by |; null where there are none."""
    return codes.drop_nulls().unique().sort().str.join("|").replace("", None)


def _sole_lines(claims: pl.DataFrame) -> pl.DataFrame:
    """Whether an instance has one line in all, in every version."""
    return (
        claims.filter(pl.col("row_standing") == "line")
        .group_by("instance")
        .agg(sole_line=(pl.col("slot").n_unique() == 1) & (pl.col("claim_line_count").max() == 1))
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
    return rows.with_columns(content_order=dense_rank(CONTENT))


def with_cancellations(adjudications: pl.DataFrame) -> pl.DataFrame:
    """Match reversals with what they cancel, slot by slot, in order of date and content; those that name no
    other payer claim number come first. The row of origin breaks ties that change no number.

    Adds cancelled_on (null: stands) to adjudications, and to reversals `unmatched` and `amount_mismatch`.
    """
    reversals = adjudications.filter("is_reversal").sort(
        *SLOT,
        "payment_date",
        "content_order",
        pl.col("original_payer_claim_key").is_not_null(),
        "first_row",
    )
    reversals = reversals.with_columns(turn=pl.int_range(pl.len()).over(*SLOT))
    standing = adjudications.filter(~pl.col("is_reversal")).join(reversals, on=list(SLOT), how="semi")
    cancelled: list[pl.DataFrame] = []
    for turn in sorted(reversals["turn"].unique()):
        found = _cancelled_in_turn(reversals.filter(pl.col("turn") == turn), standing)
        standing = standing.join(found, on="adjudication", how="anti")
        cancelled.append(found)
    empty = pl.DataFrame(
        schema={
            "adjudication": pl.Int64,
            "reversal": pl.Int64,
            "cancelled_on": pl.Date,
            "amount_mismatch": pl.Boolean,
        }
    )
    matches = pl.concat([empty, *cancelled])
    return (
        adjudications.join(
            matches.select("adjudication", "cancelled_on"), on="adjudication", how="left", validate="1:1"
        )
        .join(
            matches.select(
                adjudication="reversal",
                reversal_mismatch="amount_mismatch",
                matched=pl.lit(True),
            ),
            on="adjudication",
            how="left",
            validate="1:1",
        )
        .with_columns(
            unmatched=pl.col("is_reversal") & pl.col("matched").is_null(),
            amount_mismatch=pl.col("reversal_mismatch").fill_null(False),
        )
        .drop("matched", "reversal_mismatch")
        .pipe(_with_order)
    )


def _cancelled_in_turn(reversals: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """What each reversal of one turn cancels: what it negates first, else the only earlier one."""
    pairs = standing.join(
        reversals.select(
            *SLOT,
            reversal="adjudication",
            reversed_on="payment_date",
            reversed_key="payer_claim_key",
            reversed_original="original_payer_claim_key",
            reversed_charge="charge_cents",
            reversed_paid="paid_total",
        ),
        on=list(SLOT),
        how="inner",
    ).filter(
        (pl.col("payer_claim_key") == pl.col("reversed_key"))
        | (pl.col("payer_claim_key") == pl.col("reversed_original")).fill_null(False)
    )
    negates = (pl.col("charge_cents").abs() == pl.col("reversed_charge").abs()) & (
        pl.col("paid_total").abs() == pl.col("reversed_paid").abs()
    )
    earlier = pl.col("payment_date") < pl.col("reversed_on")
    same_day = pl.col("payment_date") == pl.col("reversed_on")
    return (
        pairs.with_columns(
            negates=negates, earlier=earlier, own=pl.col("payer_claim_key") == pl.col("reversed_key")
        )
        .filter(pl.col("earlier") | (same_day & pl.col("negates")))
        .with_columns(
            any_negated=pl.col("negates").any().over("reversal"),
            candidates=pl.len().over("reversal"),
        )
        .filter(
            pl.when("any_negated").then(pl.col("negates")).otherwise(pl.col("candidates") == 1),
        )
        .sort("reversal", "earlier", "payment_date", "content_order", "own", "first_row")
        .group_by("reversal", maintain_order=True)
        .last()
        .select(
            "adjudication",
            "reversal",
            cancelled_on="reversed_on",
            amount_mismatch=~pl.col("any_negated"),
        )
    )


def _with_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort so that row order is the order of adjudications of a slot: date, what was negated that day,
    content.
    """
    negated_that_day = (pl.col("cancelled_on") == pl.col("payment_date")).fill_null(False)
    return rows.sort("payment_date", ~negated_that_day, "content_order", "first_row").with_row_index(
        "sequence"
    )
