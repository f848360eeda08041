"""The first and the final adjudication of each current line, over its chain.

Rules in docs/resolution.md, section 8.
"""

from __future__ import annotations

import polars as pl

from transforms.resolve.adjudications import SLOT

FINAL_COLUMNS = (
    "adjudication_state",
    "zero_pay_reason",
    "denial_group",
    "denial_carc",
    "denial_category",
    "prior_authorization_denial",
    "remark_codes",
    "allowed_cents",
    "allowed_source",
    "allowed_conflict",
    "deductible_cents",
    "coinsurance_cents",
    "copay_cents",
    "network",
    "claim_level_adjusted",
    "unbalanced",
    "role_assumed_primary",
    "adjudicated_codes",
)


def chain_adjudications(slots: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """One row per slot of a standing claim and adjudication of its chain, in order (column `sequence`).

    An adjudication whose only reason is 18 or B13 is left out while the chain has another that is no
    reversal.
    """
    joined = slots.join(
        adjudications,
        left_on=["chain_instance", "chain_slot"],
        right_on=list(SLOT),
        how="inner",
    )
    another = (~pl.col("is_reversal") & ~pl.col("duplicate_answer")).any().over(*SLOT)
    return joined.with_columns(
        left_out=pl.col("duplicate_answer") & ~pl.col("is_reversal") & another,
    ).sort("sequence")


def line_adjudications(chain: pl.DataFrame) -> pl.DataFrame:
    """One row per slot: its first, first paid and final adjudication, and what its reversals left undone."""
    answers = chain.filter(~pl.col("is_reversal"), ~pl.col("left_out"))
    first = answers.unique(SLOT, keep="first", maintain_order=True).select(
        *SLOT,
        first_remit_on="payment_date",
        first_paid="paid_or_allowed",
        initially_denied=pl.col("adjudication_state") == "denied",
        first_denial_group="denial_group",
        first_denial_carc="denial_carc",
    )
    paid = (
        answers.filter("paid_or_allowed")
        .unique(SLOT, keep="first", maintain_order=True)
        .select(*SLOT, first_paid_on="payment_date")
    )
    final = (
        answers.filter(pl.col("cancelled_on").is_null())
        .filter(pl.col("paid_or_allowed") | ~pl.col("paid_or_allowed").any().over(*SLOT))
        .unique(SLOT, keep="last", maintain_order=True)
        .select(
            *SLOT,
            *FINAL_COLUMNS,
            final_remit_on="payment_date",
            final_charge_cents="charge_cents",
            paid_cents="paid_total",
            final_filing_code="remit_filing_code",
        )
    )
    every = chain.group_by(SLOT, maintain_order=True).agg(
        reversal_amount_mismatch=pl.col("amount_mismatch").any(),
        latest_filing_code=pl.col("remit_filing_code").last(),
    )
    return (
        every.join(first, on=list(SLOT), how="left", validate="1:1")
        .join(paid, on=list(SLOT), how="left", validate="1:1")
        .join(final, on=list(SLOT), how="left", validate="1:1")
        .with_columns(remit_filing_code=pl.coalesce("final_filing_code", "latest_filing_code"))
        .drop("final_filing_code", "latest_filing_code")
    )
