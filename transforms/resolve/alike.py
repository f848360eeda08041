"""Lines of a claim that are alike in code, date and charge: rows of a loop meet them in the order of the SVC.

Source: contract section 4.5; 005010X221A1 loop 2110 (SVC); rules in docs/resolution.md, section 4.
"""

from __future__ import annotations

import polars as pl

BILL = ("loop", "billed_code", "service_date", "charge")
ANSWER = ("paid_cents", "allowed_given_cents", "adjustments", "claim_adjustments", "remark_codes")


def in_order_of_lines(tied: pl.DataFrame, settled: pl.DataFrame, live: pl.DataFrame) -> pl.DataFrame:
    """(row, slot) of rows whose lines can be told by their order.

    `tied`: row, instance, slot of the candidates that are equally strong. `settled`: row, instance, slot of
    rows that met one line. Lines that a row of the loop met with their whole charge are taken. As many rows
    as lines must be left; rows without an order must all say the same.
    """
    said = live.select(
        "row", "loop", "billed_code", "service_date", "place", *ANSWER, charge=pl.col("charge_cents").abs()
    )
    group = ["instance", *BILL]
    options = tied.join(said, on="row", validate="m:1")
    taken = settled.select("row", "instance", "slot").join(said, on="row").select(*group, "slot").unique()
    options = options.join(taken, on=[*group, "slot"], how="anti", nulls_equal=True)
    rows = (
        options.unique("row")
        .join(
            options.group_by("row").agg(slots=pl.col("slot").sort(), claims=pl.col("instance").n_unique()),
            on="row",
        )
        .filter(pl.col("claims") == 1)
        .with_columns(
            count=pl.len().over(group),
            kinds=pl.struct("slots").n_unique().over(group),
            in_order=pl.col("place").is_not_null().all().over(group)
            & (pl.col("place").n_unique().over(group) == pl.len().over(group)),
            alike=pl.struct(ANSWER).n_unique().over(group) == 1,
        )
        .filter(
            pl.col("kinds") == 1,
            pl.col("slots").list.len() == pl.col("count"),
            pl.col("in_order") | pl.col("alike"),
        )
        .sort("place", "row")
        .with_columns(turn=pl.int_range(pl.len()).over(group))
    )
    return rows.select("row", slot=pl.col("slots").list.get(pl.col("turn")))
