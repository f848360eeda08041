"""Which adjudications reversals cancel: of a line, and of a claim as a whole.

Source: CLP02 = 22 (x12.org RFI 227, 578, 1733, 2442); contract section 4.6; docs/resolution.md, section 5.
"""

from __future__ import annotations

import polars as pl

from transforms.resolve.adjudications import LINE_POSITION

_REVERSAL = "22"
MATCHES = pl.Schema(
    {
        "adjudication": pl.Int64(),
        "reversal": pl.Int64(),
        "cancelled_on": pl.Date(),
        "amount_mismatch": pl.Boolean(),
    }
)
NAMED = ("payer_claim_key", "original_payer_claim_key")


def whole_reversals(linked: pl.DataFrame) -> pl.DataFrame:
    """Reversals of claims as a whole (no SVC) that met no single line. Grain: loop."""
    whole = linked.filter(
        pl.col("claim_status_code") == _REVERSAL,
        pl.col("billed_code").is_null(),
        pl.col("line_position").is_null(),
        ~pl.col("is_copy"),
    )
    return whole.unique("loop").select(
        "loop", "number", "payment_date", *NAMED, "charge_cents", paid_total="paid_cents"
    )


def with_cancellations(adjudications: pl.DataFrame, whole: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Match reversals with what they cancel, in order of date; what they negate comes before the rest.

    Adds cancelled_on (null: stands) to adjudications, and to reversals `unmatched`, `amount_mismatch` and
    `cancels`, the adjudication that they cancel. The second frame has a row per reversal of `whole` that
    cancelled something: loop, instance and `cancels`.
    """
    placed = _placed(whole, adjudications)
    reversals = _in_turn(adjudications, placed)
    standing = adjudications.filter(~pl.col("is_reversal")).join(
        reversals.select("instance").unique(), on="instance", how="semi"
    )
    found: list[pl.DataFrame] = [pl.DataFrame(schema=MATCHES)]
    for turn in sorted(reversals["turn"].unique()):
        now = reversals.filter(pl.col("turn") == turn)
        cancelled = pl.concat(
            [
                _of_lines(now.filter(~pl.col("is_whole")), standing),
                _of_claims(now.filter("is_whole"), standing),
            ]
        )
        standing = standing.join(cancelled, on="adjudication", how="anti")
        found.append(cancelled)
    matches = pl.concat(found)
    return _with_matches(adjudications, matches), _matched_whole(placed, matches)


def _with_matches(adjudications: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    of_reversal = matches.filter(pl.col("reversal") >= 0).select(
        "amount_mismatch", cancels="adjudication", adjudication="reversal"
    )
    return (
        adjudications.join(
            matches.select("adjudication", "cancelled_on"), on="adjudication", how="left", validate="1:1"
        )
        .join(of_reversal, on="adjudication", how="left", validate="1:1")
        .with_columns(
            pl.col("amount_mismatch").fill_null(False),
            unmatched=pl.col("is_reversal") & pl.col("cancels").is_null(),
        )
    )


def _matched_whole(placed: pl.DataFrame, matches: pl.DataFrame) -> pl.DataFrame:
    cancelled = matches.group_by("reversal").agg(cancels=pl.col("adjudication").min())
    return placed.join(cancelled, left_on="adjudication", right_on="reversal").select(
        "loop", "instance", "cancels"
    )


def _placed(whole: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """Reversals of claims beside the one claim whose answers bear their payer claim number; of several, the
    one of the same claim number. Their identifiers are negative.
    """
    answers = adjudications.filter(~pl.col("is_reversal")).select(
        "instance", "payer_claim_key", answer_number="number"
    )
    named = pl.concat(whole.select("loop", "number", payer_claim_key=name) for name in NAMED).drop_nulls()
    claims = (
        named.join(answers.unique(), on="payer_claim_key")
        .select("loop", "instance", same_number=pl.col("number") == pl.col("answer_number"))
        .unique()
        .filter(pl.col("same_number") | ~pl.col("same_number").any().over("loop"))
        .filter(pl.col("instance").n_unique().over("loop") == 1)
        .unique("loop")
    )
    return (
        whole.join(claims.select("loop", "instance"), on="loop", validate="1:1")
        .sort("payment_date", "paid_total", "charge_cents", "loop")
        .with_columns(adjudication=-1 - pl.int_range(pl.len(), dtype=pl.Int64))
    )


def _in_turn(adjudications: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Reversals in the order in which they choose: one at a time of a line position, or of a claim of which a
    reversal as a whole speaks. By date; those that negate something first; then content; then those that
    name no other payer claim number, which can cancel less.
    """
    of_lines = adjudications.filter("is_reversal")
    negating = _pairs(of_lines, adjudications.filter(~pl.col("is_reversal")), LINE_POSITION).filter(
        "negates"
    )["reversal"]
    columns = ("adjudication", *LINE_POSITION, "payment_date", *NAMED, "charge_cents", "paid_total")
    order = ("content_order", "first_row", "is_whole", "negates_one")
    lines = of_lines.with_columns(
        is_whole=pl.lit(False), negates_one=pl.col("adjudication").is_in(negating.unique().implode())
    ).select(*columns, *order)
    claims = placed.with_columns(
        line_position=pl.lit(None, lines.schema["line_position"]),
        content_order=pl.lit(0, lines.schema["content_order"]),
        first_row=pl.lit(0, lines.schema["first_row"]),
        is_whole=pl.lit(True),
        negates_one=pl.lit(False),
    ).select(lines.columns)
    whole = pl.col("instance").is_in(placed["instance"].unique().implode())
    return (
        pl.concat([lines, claims])
        .sort(
            "payment_date",
            ~pl.col("negates_one"),
            "content_order",
            pl.col("original_payer_claim_key").is_not_null(),
            "first_row",
            -pl.col("adjudication"),
        )
        .with_columns(of=pl.when(~whole).then("line_position"))
        .with_columns(turn=pl.int_range(pl.len()).over("instance", "of"))
    )


def _pairs(reversals: pl.DataFrame, standing: pl.DataFrame, on: tuple[str, ...]) -> pl.DataFrame:
    """Reversals beside the adjudications of their payer claim number that are not later than themselves.

    On one date an adjudication lies before a reversal that negates it, and after every other.
    """
    negates = (pl.col("charge_cents").abs() == pl.col("reversed_charge").abs()) & (
        pl.col("paid_total").abs() == pl.col("reversed_paid").abs()
    )
    return (
        standing.join(
            reversals.select(
                *on,
                reversal="adjudication",
                reversed_on="payment_date",
                reversed_key="payer_claim_key",
                reversed_original="original_payer_claim_key",
                reversed_charge="charge_cents",
                reversed_paid="paid_total",
            ),
            on=list(on),
            how="inner",
        )
        .with_columns(own=pl.col("payer_claim_key") == pl.col("reversed_key"))
        .filter(
            pl.col("own") | (pl.col("payer_claim_key") == pl.col("reversed_original")).fill_null(False),
            pl.col("payment_date") <= pl.col("reversed_on"),
        )
        .with_columns(negates=negates, earlier=pl.col("payment_date") < pl.col("reversed_on"))
    )


def _of_lines(reversals: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """What each reversal of one turn cancels: what it negates first, else the only earlier one."""
    return (
        _pairs(reversals, standing, LINE_POSITION)
        .filter(pl.col("earlier") | pl.col("negates"))
        .with_columns(
            any_negated=pl.col("negates").any().over("reversal"), candidates=pl.len().over("reversal")
        )
        .filter(pl.when("any_negated").then("negates").otherwise(pl.col("candidates") == 1))
        .sort("reversal", "earlier", "payment_date", "content_order", "own", "first_row")
        .group_by("reversal", maintain_order=True)
        .last()
        .select(
            "adjudication", "reversal", cancelled_on="reversed_on", amount_mismatch=~pl.col("any_negated")
        )
    )


def _of_claims(reversals: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """A reversal of a claim as a whole cancels every line of the latest loop of its payer claim number.

    Amounts tell only whether a loop of the same date lies before it: lines out of scope are not known. Such a
    loop is cancelled where there is none of an earlier day: with one, it is the correction that follows.
    """
    pairs = _pairs(reversals, standing, ("instance",))
    chosen = (
        pairs.group_by("reversal", "loop")
        .agg(
            pl.col("earlier").all(),
            pl.col("payment_date", "content_order").max(),
            pl.col("first_row").min(),
            negates=pl.col("paid_total").sum().abs() == pl.col("reversed_paid").first().abs(),
        )
        .filter(pl.col("earlier") | pl.col("negates"))
        .sort("reversal", "earlier", "payment_date", "negates", "content_order", "first_row")
        .group_by("reversal", maintain_order=True)
        .agg(pl.col("loop").last())
    )
    return pairs.join(chosen, on=["reversal", "loop"], how="semi").select(
        "adjudication", "reversal", cancelled_on="reversed_on", amount_mismatch=pl.lit(False)
    )


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort so that row order is the order of adjudications of a line position (`sequence`): date, what was
    negated that day, content.
    """
    negated_that_day = (pl.col("cancelled_on") == pl.col("payment_date")).fill_null(False)
    return rows.sort("payment_date", ~negated_that_day, "content_order", "first_row").with_row_index(
        "sequence"
    )
