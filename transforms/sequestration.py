"""Whether Medicare paid a line what is left after the patient's share and sequestration.

Source: cgsmedicare.com (reference table `sequestration`): the cut is taken from the payment, after deductible
and coinsurance, by date of service, and shows as CARC 253. Money is integer cents.
"""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from transforms.effective_dates import join_in_force

TEN_THOUSANDTHS = 10_000
_ROUNDING = 15_000
"""A cent and a half, in ten-thousandths: payers round the cut in their own way, by a cent at most."""


def with_sequestration_check(lines: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Add `sequestration_off`: what Medicare paid lies more than a cent beside what is due.

    Due: (allowed less patient share less other adjustments that leave the price alone) less the cut in force
    on the date of service. Paid lines of Medicare itself whose amounts are their own are looked at; others
    are false. Needs other_neutral_cents. Grain unchanged.
    """
    share = pl.col("deductible_cents") + pl.col("coinsurance_cents") + pl.col("copay_cents")
    cut = (pl.col("_reduction") * TEN_THOUSANDTHS).round().cast(pl.Int64)
    due = (pl.col("allowed_cents") - share - pl.col("other_neutral_cents")) * (TEN_THOUSANDTHS - cut)
    off = (pl.col("paid_cents") * TEN_THOUSANDTHS - due).abs() > _ROUNDING
    looked_at = (
        (pl.col("payer") == "medicare")
        & (pl.col("line_of_business") == "medicare_ffs")
        & (pl.col("adjudication_state") == "paid")
        & ~pl.col("claim_level_adjusted")
        & ~pl.col("recoded")
    )
    return (
        join_in_force(
            lines.lazy(),
            reference.sequestration,
            table="sequestration",
            on={},
            date="service_date",
            columns={"reduction": "_reduction"},
        )
        .with_columns(sequestration_off=(looked_at & off).fill_null(False))
        .drop("_reduction")
        .collect()
    )
