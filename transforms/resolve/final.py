"""The first and the final adjudication of each current line, over its chain.

Rules in docs/resolution.md, section 8.
"""

from __future__ import annotations

import polars as pl

from transforms.resolve.adjudications import LINE_POSITION

FIRST_COLUMNS = {
    "first_remit_on": "payment_date",
    "first_paid": "paid_or_allowed",
    "first_state": "adjudication_state",
    "first_denial_group": "denial_group",
    "first_denial_carc": "denial_carc",
}
SAID_BY_THE_FINAL = (
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
    "other_neutral_cents",
    "network",
    "claim_level_adjusted",
    "unbalanced",
    "adjustments_unread",
    "role_assumed_primary",
)
"""What a line has from its final adjudication as it stands there."""
FINAL_COLUMNS = {name: name for name in ("adjudication_state", *SAID_BY_THE_FINAL, "adjudicated_codes")} | {
    "final_remit_on": "payment_date",
    "final_charge_cents": "charge_cents",
    "paid_cents": "paid_total",
    "final_filing_code": "remit_filing_code",
    "final_row": "first_row",
}


def line_adjudications(line_positions: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """One row per line position of a standing claim that was answered: its first, first paid and final
    adjudication.

    `line_positions`: each line position beside the line positions of its chain. `adjudications`: in order,
    `sequence` is the row. An adjudication whose only reason is 18 or B13 is left out while the chain has
    another that is no reversal.
    """
    narrow = ("sequence", "is_reversal", "duplicate_answer", "cancelled_on", "paid_or_allowed", "paid_total")
    chain = line_positions.join(
        adjudications.select(*LINE_POSITION, *narrow, "amount_mismatch"),
        left_on=["chain_instance", "chain_line_position"],
        right_on=list(LINE_POSITION),
        how="inner",
    ).pipe(_with_left_out)
    answer = ~pl.col("is_reversal") & ~pl.col("left_out")
    cancelled = ~pl.col("is_reversal") & pl.col("cancelled_on").is_not_null()
    stands, paid = answer & pl.col("cancelled_on").is_null(), pl.col("paid_or_allowed")
    said = {"first": answer, "paid": answer & paid, "stands": stands, "stands_paid": stands & paid}
    places = (
        chain.with_columns(pl.when(is_said).then("sequence").alias(name) for name, is_said in said.items())
        .group_by(LINE_POSITION)
        .agg(
            pl.col("first", "paid").min(),
            pl.col("stands", "stands_paid").max(),
            latest=pl.col("sequence").max(),
            reversal_amount_mismatch=pl.col("amount_mismatch").any(),
            reversed_paid_cents=pl.when(cancelled).then("paid_total").sum(),
        )
    )
    places = places.with_columns(final=pl.coalesce("stands_paid", "stands"))
    told = pl.concat(
        [
            places.select(*LINE_POSITION, "reversal_amount_mismatch", "reversed_paid_cents"),
            _read(adjudications, places["first"], FIRST_COLUMNS),
            _read(adjudications, places["paid"], {"first_paid_on": "payment_date"}),
            _read(adjudications, places["final"], FINAL_COLUMNS),
            _read(adjudications, places["latest"], {"latest_filing_code": "remit_filing_code"}),
        ],
        how="horizontal",
    )
    return told.with_columns(remit_filing_code=pl.coalesce("final_filing_code", "latest_filing_code")).drop(
        "final_filing_code", "latest_filing_code"
    )


def _with_left_out(chain: pl.DataFrame) -> pl.DataFrame:
    """Mark repeated answers that do not count beside another answer of their line position."""
    repeats = pl.col("duplicate_answer")
    answers = chain.filter(~pl.col("is_reversal"))
    beside = answers.filter(repeats).join(answers.filter(~repeats), on=list(LINE_POSITION), how="semi")
    marked = beside.select(*LINE_POSITION, "sequence", left_out=pl.lit(True))
    return chain.join(marked, on=[*LINE_POSITION, "sequence"], how="left", validate="1:1").with_columns(
        pl.col("left_out").fill_null(False)
    )


def _read(rows: pl.DataFrame, places: pl.Series, names: dict[str, str]) -> pl.DataFrame:
    """Columns of the rows at these places under new names; null where there is no place."""
    return rows.select(pl.col(old).gather(places).alias(new) for new, old in names.items())
