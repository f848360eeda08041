"""How many lines a claim has in all: those accepted, and those out of scope that stand beside them.

Source: contract section 4.5 (a claim of one line in all); LX01; rules in docs/resolution.md, section 2.
"""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from transforms.resolve.affected_claims import ROW, submission_link
from transforms.units import with_care_model

SEVERAL = pl.lit(2, pl.Int64)
"""Lines that a claim has at least of which another line was seen; whether it has more is asked nowhere."""
UNTOLD = ("unspecified", "conflict")
"""Care models that tell no bills apart."""
TOLD_APART = (
    ("rendering_provider_npi", "beside_provider"),
    ("service_date", "beside_date"),
    ("care_model", "beside_model"),
)
"""What tells the bills of a submission apart, of a line in scope and of a line beside it."""


def with_lines_in_all(claims: pl.DataFrame, beside: pl.LazyFrame, reference: ReferenceTables) -> pl.DataFrame:
    """Accepted claim lines whose `claim_line_count` counts the lines beside them in. Grain unchanged.

    `claims`: with care_model. `beside`: LINE_BESIDE. A line beside others is of every bill of its submission
    from which its rendering provider, date of service and care model do not tell it apart, or of all where
    these tell it from each: one account number may carry several bills of a day. A line of raw X12 is told by
    the same three, not by its CLM, so that the form of a file changes no number.
    """
    clear = pl.when(~pl.col("care_model").is_in(UNTOLD)).then("care_model")
    linked = claims.filter("in_scope").select(
        *ROW, "rendering_provider_npi", "service_date", care_model=clear, link_submission=submission_link()
    )
    wanted = linked.lazy().select("link_submission").unique()
    others = with_care_model(beside.join(wanted, on="link_submission", how="semi").collect(), reference)
    if others.is_empty():
        return claims
    told = others.with_columns(care_model=clear).select(
        "link_submission", **{theirs: mine for mine, theirs in TOLD_APART}
    )
    alike = pl.all_horizontal(
        (pl.col(mine) == pl.col(theirs)) | pl.col(mine).is_null() | pl.col(theirs).is_null()
        for mine, theirs in TOLD_APART
    )
    several = (
        linked.join(told.unique().with_row_index("_line"), on="link_submission")
        .with_columns(alike=alike)
        .filter(pl.col("alike") | ~pl.col("alike").any().over("_line"))
        .select(ROW)
        .unique()
    )
    counted = claims.join(several.with_columns(_seen=SEVERAL), on=ROW, how="left", validate="1:1")
    return counted.with_columns(claim_line_count=pl.max_horizontal("claim_line_count", "_seen")).drop("_seen")
