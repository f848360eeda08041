"""Lines of a claim that are alike in code, date and charge: rows of a loop meet them in the order of the SVC.

Source: contract section 4.5; 005010X221A1 loop 2110 (SVC); rules in docs/resolution.md, section 4.
"""

from __future__ import annotations

import polars as pl

_GROUP = ("instance", "loop", "billed_code", "charge")
"""Rows that may mean the same lines. A date that is missing tells no rows apart: lines that another date fits
are no option of theirs.
"""
_ANSWER = ("paid_cents", "allowed_given_cents", "adjustments", "claim_adjustments", "remark_codes")
_OPEN = pl.Schema({"row": pl.Int64(), "line_position": pl.Int64()})


def in_order_of_lines(met: pl.DataFrame, evidence: pl.DataFrame, live: pl.DataFrame) -> pl.DataFrame:
    """(row, line_position) of rows whose lines are told by their order.

    `met`: what each row met, and how many lines were equally strong. `evidence`: rows and the lines they may
    mean. `live`: the rows. Open are rows that several lines of one claim fit alike, and rows that crowd one
    line with its whole charge each, because they repeat its modifiers. Lines that another row of the loop met
    with their whole charge are taken. As many rows as lines must be left; rows without an order must all say
    the same.
    """
    tied = met.filter(pl.col("best_count") > 1, pl.col("by_bill")).select("row")
    whole = met.filter(pl.col("best_count") == 1, pl.col("by_whole"))
    several = whole.filter(pl.struct("instance", "line_position").is_duplicated()).select("instance").unique()
    if not len(tied) and not len(several):
        return pl.DataFrame(schema=_OPEN)
    said = live.select("row", "loop", "billed_code", "place", *_ANSWER, charge=pl.col("charge_cents").abs())
    told = whole.filter(~pl.col("by_control")).join(several, on="instance", how="semi")
    crowded = _crowded(told.join(said, on="row", validate="1:1"))
    # a CLP speaks of one claim: lines of several are not told apart by what its other rows met
    strongest = (
        evidence.join(tied, on="row", how="semi")
        .filter(pl.col("strength") == pl.col("strength").max().over("row"))
        .filter(pl.col("instance").n_unique().over("row") == 1)
    )
    fitting = evidence.filter("by_whole").join(crowded, on=["row", "instance"], how="semi")
    options = pl.concat(
        part.select("row", "instance", "line_position") for part in (strongest, fitting)
    ).join(said, on="row", validate="m:1")
    taken = (
        whole.join(crowded, on="row", how="anti")
        .join(said, on="row")
        .select(*_GROUP, "line_position")
        .unique()
    )
    return _in_order(options.join(taken, on=[*_GROUP, "line_position"], how="anti", nulls_equal=True))


def _crowded(whole: pl.DataFrame) -> pl.DataFrame:
    """(row, instance) of the rows of a loop of which several met one line, each with its whole charge."""
    crowd = pl.len().over(*_GROUP, "line_position") > 1
    return whole.filter(crowd.any().over(_GROUP)).select("row", "instance")


def _in_order(options: pl.DataFrame) -> pl.DataFrame:
    """Give the k-th row of those with the same options the k-th line, where as many lines are left."""
    order = pl.col("place")
    alike = (*_GROUP, "line_positions")
    return (
        options.group_by("row")
        .agg(
            pl.col(*_GROUP, "place", *_ANSWER).first(),
            line_positions=pl.col("line_position").sort(),
        )
        .with_columns(
            count=pl.len().over(alike),
            in_order=order.is_not_null().all().over(alike)
            & (order.n_unique().over(alike) == pl.len().over(alike)),
            say_the_same=pl.struct(_ANSWER).n_unique().over(alike) == 1,
        )
        .filter(
            pl.col("line_positions").list.len() == pl.col("count"),
            pl.col("in_order") | pl.col("say_the_same"),
        )
        .sort("place", "row")
        .with_columns(turn=pl.int_range(pl.len()).over(alike))
        .select(pl.col("row"), line_position=pl.col("line_positions").list.get(pl.col("turn")))
    )
