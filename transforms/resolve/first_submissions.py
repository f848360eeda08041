"""The order in which claims were first submitted: date, frequency, content, answers; rules in
docs/resolution.md, section 6.
"""

from __future__ import annotations

import polars as pl

from transforms.resolve.ordering import CLAIM_CONTENT_COLUMNS, dense_rank, signatures, with_content_rank


def first_submissions(
    claims: pl.DataFrame,
    detail: pl.DataFrame,
    versions: pl.DataFrame,
    adjudications: pl.DataFrame,
    wanted: pl.Series,
) -> pl.DataFrame:
    """(instance, first_submitted_on, order, turn) of the wanted claims.

    `order`: the earlier of two claims has the smaller; equal where first submissions say the same. `turn`:
    among those it goes by their answers, then by origin, which changes no number.
    """
    first = versions.filter(pl.col("version") == 1, pl.col("instance").is_in(wanted.implode()))
    lines = claims.filter(pl.col("row_standing") == "line", pl.col("version") == 1).join(
        first, on="instance", how="semi"
    )
    content = signatures(with_content_rank(lines, detail, CLAIM_CONTENT_COLUMNS), "instance", "line_number")
    answers = (
        adjudications.join(first, on="instance", how="semi")
        .sort("instance", "payment_date", "content_order")
        .group_by("instance", maintain_order=True)
        .agg(
            answers=pl.format(
                "{} {}", "payment_date", pl.col("content_order").cast(pl.String).str.zfill(10)
            ).str.join("|")
        )
    )
    origin = claims.join(first, on="instance", how="semi").group_by("instance").agg(pl.col("row").min())
    said = ("submitted_on", "claim_frequency_code", "signature")
    return (
        first.join(content, on="instance", how="left", validate="1:1")
        .join(answers, on="instance", how="left", validate="1:1")
        .join(origin, on="instance", how="left", validate="1:1")
        .select(
            "instance",
            first_submitted_on="submitted_on",
            order=dense_rank(said),
            turn=dense_rank((*said, "answers", "row")),
        )
    )
