"""What remit rows say once: copies of a row that was delivered again, and the CLP loop that each row is of.

Source: TRN02, CLP01, CLP02, CLP07, SVC; contract section 4.5; rules in docs/resolution.md, section 4.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from schemas.accepted import REMIT_CONTENT
from schemas.columns import names
from transforms.resolve.ordering import dense_rank, identifiers

STATED = ("trace_key", "number", "payer_claim_key", "claim_status_code")
"""What a loop is in an extract, whatever file its rows lie in."""
SAID = ("billed_code", "adjudicated_code", "service_date", "charge_cents", "paid_cents")
"""What copies of a row have in common besides STATED."""
LATE = timedelta(days=7)
"""A copy by another route may bear a payment date that is later by this."""
REVERSED = "22"
HASHED = ("line_control_key", "original_payer_claim_key")
VALUES = tuple(names(REMIT_CONTENT))
_CONTENT = tuple(name for name in VALUES if name not in HASHED)


def with_loops(remits: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Give each remit row its loop, and tell the copies. Grain unchanged.

    Adds number (the loose claim number), billed_code, loop, is_copy, place (order of the row in its loop)
    and other_controls (further line control numbers, where copies differ in nothing else). The payment date
    is the earliest of the copies. `claims`: claim rows placed in submissions.
    """
    rows = remits.with_columns(
        number=loose_number(),
        billed_code=pl.coalesce("submitted_procedure_code", "procedure_code"),
        adjudicated_code=pl.coalesce("procedure_code", "submitted_procedure_code"),
    ).pipe(identifiers, STATED, "stated")
    several = pl.len().over("stated") > 1
    told = _told_apart(rows.filter(several), rows, claims)
    alone = rows.filter(~several).with_columns(
        is_copy=pl.lit(False),
        place="service_sequence",
        other_controls=pl.lit(None, pl.List(pl.Int64)),
        loop=pl.int_range(pl.len(), dtype=pl.Int64) + len(told) + 1,
    )
    return pl.concat([told.select(alone.columns), alone]).sort("row")


def loose_number() -> pl.Expr:
    """The claim number without punctuation and leading zeros; one that has nothing else stands for itself."""
    return pl.coalesce("loose_number_key", -1 - pl.col("claim_number_key"))


def _told_apart(rows: pl.DataFrame, everything: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    return (
        rows.pipe(_with_spans, everything)
        .pipe(identifiers, ("stated", "span", *SAID), "same")
        .pipe(_with_times, claims)
        .pipe(identifiers, ("same", "time"), "said")
        .pipe(_with_standing_copy)
        .pipe(_with_loop_numbers)
    )


def _with_spans(rows: pl.DataFrame, everything: pl.DataFrame) -> pl.DataFrame:
    """Part what was stated on several days: within a week of the first, and with no reversal between, it may
    be said again; what comes later is said anew.
    """
    days = rows.select("stated", "payment_date", "payer_claim_key", "claim_status_code").unique()
    backs = everything.filter(pl.col("claim_status_code") == REVERSED)
    taken_back = pl.concat(
        backs.select(payer_claim_key=name, taken_back_on="payment_date").drop_nulls()
        for name in ("payer_claim_key", "original_payer_claim_key")
    ).unique()
    open_days = days
    spans: list[pl.DataFrame] = []
    while len(open_days):
        begun = open_days.with_columns(start=pl.col("payment_date").min().over("stated"))
        ends = (
            begun.filter(pl.col("payment_date") == pl.col("start"), pl.col("claim_status_code") != REVERSED)
            .join(taken_back, on="payer_claim_key")
            .filter(pl.col("taken_back_on") > pl.col("start"))
            .group_by("stated")
            .agg(end=pl.col("taken_back_on").min())
        )
        begun = begun.join(ends, on="stated", how="left", validate="m:1").with_columns(
            again=(pl.col("payment_date") <= pl.col("start") + LATE)
            & (pl.col("payment_date") <= pl.col("end")).fill_null(True)
        )
        spans.append(begun.filter("again").select("stated", "payment_date", span=pl.lit(len(spans))))
        open_days = begun.filter(~pl.col("again")).select(days.columns)
    empty = rows.select("stated", "payment_date").clear().with_columns(span=pl.lit(0))
    return rows.join(pl.concat([empty, *spans]), on=["stated", "payment_date"], how="left", validate="m:1")


def _with_times(rows: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Number the rows that say the same, from 1: the k-th by sequence is a copy of every other k-th.

    A loop of an X12 file numbers its own rows; the rows of extracts are numbered together, in part files as
    they may lie.
    """
    of_x12, numbered = pl.col("loop_number").is_not_null(), pl.col("service_sequence").is_not_null()
    x12 = rows.filter(of_x12).with_columns(
        time=pl.col("service_sequence")
        .fill_null(0)
        .rank("ordinal")
        .over("same", "file_key", "loop_number")
        .cast(pl.Int64)
    )
    counts = _counts(rows, x12).pipe(_with_fitting, claims)
    in_order = _numbered_times(rows.filter(~of_x12, numbered), counts)
    told = pl.concat([x12, in_order]).group_by("same").agg(told=pl.col("time").max())
    bare = _bare_times(rows.filter(~of_x12, ~numbered), counts, told)
    numbered_rows = pl.concat([x12, in_order]).with_columns(apart=pl.lit(False))
    return pl.concat([numbered_rows, bare.select(numbered_rows.columns)])


def _counts(rows: pl.DataFrame, x12: pl.DataFrame) -> pl.DataFrame:
    """How often each row was said: one row per `same`, with what the others of its code and date charge.

    In extracts: distinct sequence numbers over all files (numbers) and at most in one (numbers_of_file), rows
    without a sequence over all files (bare) and at most in one (bare_of_file).
    """
    sequence = pl.col("service_sequence")
    of_files = (
        rows.filter(pl.col("loop_number").is_null())
        .group_by("same", "file_key")
        .agg(numbers=sequence.drop_nulls().unique(), bare=sequence.is_null().sum().cast(pl.Int64))
        .group_by("same")
        .agg(
            numbers=pl.col("numbers").explode().n_unique().cast(pl.Int64),
            numbers_of_file=pl.col("numbers").list.len().max().cast(pl.Int64),
            bare=pl.col("bare").sum(),
            bare_of_file=pl.col("bare").max(),
        )
        .with_columns(numbers=pl.when(pl.col("numbers_of_file") > 0).then("numbers").otherwise(0))
    )
    said = (
        rows.unique("same")
        .join(of_files, on="same", how="left", validate="1:1")
        .join(x12.group_by("same").agg(loops=pl.col("time").max()), on="same", how="left", validate="1:1")
        .with_columns(pl.col("numbers", "numbers_of_file", "bare", "bare_of_file", "loops").fill_null(0))
        .with_columns(
            numbered=pl.max_horizontal("loops", "numbers"),
            charge=pl.col("charge_cents").abs(),
            # an answer without a code is all that its loop says: the same again is a copy
            bare_of_file=pl.when(pl.col("billed_code").is_null())
            .then(pl.min_horizontal("bare_of_file", 1))
            .otherwise("bare_of_file"),
        )
    )
    times = pl.when(pl.col("numbered") > 0).then("numbered").otherwise("bare_of_file")
    return said.with_columns(charged=pl.col("charge") * times).with_columns(
        others=pl.col("charged").sum().over("stated", "span", "billed_code", "service_date")
        - pl.col("charged")
    )


def _with_fitting(counts: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Add `fitting`: how often a row may count so that the rows of its code and date make what one submission
    billed (null where nothing is in doubt), and `apart`: it makes that alone, and not with the others.
    """
    several = (pl.col("bare") > 1) | ((pl.col("bare") > 0) & (pl.col("others") > 0))
    doubt = (pl.col("numbers") > pl.col("numbers_of_file")) | several
    asked = counts.filter(doubt, pl.col("charge") > 0).with_columns(procedure_code="billed_code")
    billed = (
        claims.filter(pl.col("row_standing") == "line")
        .with_columns(number=loose_number())
        .join(asked.select("number").unique(), on="number", how="semi")
        .group_by("submission", "number", "billing_provider_npi", "procedure_code", "service_date")
        .agg(billed=pl.col("charge_cents").sum())
        .drop("submission")
    )
    of_payee = pl.col("payee_npi").is_null() | (pl.col("payee_npi") == pl.col("billing_provider_npi"))
    rest = pl.col("billed") - pl.col("others")
    fits = (rest % pl.col("charge") == 0) & (rest > 0)
    service = ("number", "procedure_code", "service_date")
    fitting = (
        asked.select("same", *service, "payee_npi", "charge", "charged", "others")
        .join(billed, on=list(service))
        .filter(of_payee)
        .group_by("same")
        .agg(
            fitting=(rest // pl.col("charge")).filter(fits).unique(),
            apart=(pl.col("billed") == pl.col("charge")).any() & ~(rest == pl.col("charged")).any(),
        )
    )
    return counts.join(fitting, on="same", how="left", validate="1:1").with_columns(
        pl.col("apart").fill_null(False)
    )


def _fits(name: str) -> pl.Expr:
    return pl.col("fitting").list.contains(pl.col(name)).fill_null(False)


def _numbered_times(rows: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Number rows by their distinct sequence numbers; in each file anew where only that makes the charge:
    two exports number their rows each in its own way.
    """
    in_files = counts.select("same", in_files=_fits("numbers_of_file") & ~_fits("numbers"))
    sequence = pl.col("service_sequence")
    return (
        rows.join(in_files, on="same", how="left", validate="m:1")
        .with_columns(
            time=pl.when("in_files")
            .then(sequence.rank("dense").over("same", "file_key"))
            .otherwise(sequence.rank("dense").over("same"))
            .cast(pl.Int64)
        )
        .drop("in_files")
    )


def _bare_times(rows: pl.DataFrame, counts: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Number equal rows without a sequence: as many as make the billed charge, else as stand in one file."""
    possible = (
        counts.select("same", "bare", "fitting")
        .explode("fitting")
        .filter(pl.col("fitting") <= pl.col("bare"))
        .group_by("same")
        .agg(largest=pl.col("fitting").max())
    )
    of_file = pl.when(_fits("bare_of_file")).then("bare_of_file")
    times = (
        counts.join(told, on="same", how="left", validate="1:1")
        .join(possible, on="same", how="left", validate="1:1")
        .select(
            "same",
            "bare",
            "apart",
            times=pl.max_horizontal("told", pl.coalesce(of_file, "largest", "bare_of_file")),
        )
    )
    rival = pl.col("bare") > 1
    placed = rows.join(times, on="same", how="left", validate="m:1")
    ranked = placed.filter(rival).with_columns(content=dense_rank(_CONTENT))
    alone = placed.filter(~rival).with_columns(content=pl.lit(1, pl.Int64))
    return (
        pl.concat([ranked, alone])
        .sort("same", "content", "row")
        .with_columns(place_among=pl.int_range(pl.len(), dtype=pl.Int64).over("same"))
        .with_columns(time=pl.col("place_among") * pl.col("times") // pl.col("bare") + 1)
    )


def _with_standing_copy(rows: pl.DataFrame) -> pl.DataFrame:
    """Mark all but one of the copies of a row: it stands under their earliest date and in their order."""
    of_x12, sequence = pl.col("loop_number").is_not_null(), pl.col("service_sequence")
    standing = _best_copies(rows).select(
        "said",
        "row",
        stands=pl.lit(True),
        other_controls=pl.when(pl.col("controls").list.len() > 1).then("controls"),
        one_original=pl.col("originals") == 1,
    )
    return (
        rows.with_columns(
            payment_date=pl.col("payment_date").min().over("said"),
            place=pl.coalesce(
                sequence.filter(of_x12).min().over("said"), sequence.filter(~of_x12).min().over("said")
            ),
        )
        .join(standing, on=["said", "row"], how="left", validate="1:1")
        .with_columns(
            is_copy=pl.col("stands").is_null(),
            original_payer_claim_key=pl.when("one_original").then("original_payer_claim_key"),
        )
    )


def _best_copies(rows: pl.DataFrame) -> pl.DataFrame:
    """Of the copies of a row those with most values, of these the greatest content: hashes break no tie.

    One row per `said`: the first row, and the control numbers and numbers of originals of all the best.
    """
    filled = pl.sum_horizontal(
        (pl.col(name).cast(pl.String).fill_null("") != "").cast(pl.Int64) for name in VALUES
    )
    fullest = rows.with_columns(filled=filled).filter(pl.col("filled") == pl.col("filled").max().over("said"))
    rival = pl.len().over("said") > 1
    greatest = (
        fullest.filter(rival)
        .with_columns(content=dense_rank(_CONTENT))
        .filter(pl.col("content") == pl.col("content").max().over("said"))
    )
    return (
        pl.concat([fullest.filter(~rival), greatest.drop("content")])
        .group_by("said")
        .agg(
            pl.col("row").min(),
            controls=pl.col("line_control_key").drop_nulls().unique(),
            originals=pl.col("original_payer_claim_key").n_unique(),
        )
    )


def _with_loop_numbers(rows: pl.DataFrame) -> pl.DataFrame:
    """Number the loops: as X12 tells them; in extracts what is said otherwise under one sequence number is of
    another loop, and where there are none, what has the whole charge again.
    """
    x12 = rows.filter(pl.col("loop_number").is_not_null())
    loops = (
        x12.sort("said")
        .group_by("stated", "span", "file_key", "loop_number", maintain_order=True)
        .agg("said", size=pl.len(), signature=pl.col("said").cast(pl.String).str.zfill(10).str.join("|"))
    )
    of_x12 = (
        loops.explode("said")
        .sort("said", "size", "signature")
        .group_by("said", maintain_order=True)
        .agg(signature=pl.col("signature").last())
    )
    ordinal = (
        rows.unique("said")
        .join(of_x12, on="said", how="anti")
        .select(
            "said",
            ordinal=pl.when(pl.col("place").is_not_null())
            .then(pl.col("said").rank("dense").over("stated", "span", "place"))
            .when("apart")
            .then(pl.col("said").rank("dense").over("stated", "span", "billed_code", "service_date"))
            .otherwise(1)
            .cast(pl.Int64),
        )
    )
    return (
        rows.join(of_x12, on="said", how="left", validate="m:1")
        .join(ordinal, on="said", how="left", validate="m:1")
        .pipe(identifiers, ("stated", "span", "signature", "ordinal"), "loop")
    )
