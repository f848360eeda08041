"""Submissions of a claim number, the claim instances they belong to, and the versions of each instance.

Source: CLM05-3, REF*F8, BHT04; rules in docs/resolution.md, sections 2 and 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.reference import ReferenceTables
from transforms.resolve.denied_submissions import answers_of
from transforms.resolve.ordering import (
    CLAIM_CONTENT_COLUMNS,
    identifiers,
    signatures,
    with_content_rank,
)
from transforms.resolve.same_claim import folded, with_sets

_CLAIM_KEY = ("claim_number_key", "billing_provider_npi", "role")
VERSION_COLUMNS = (
    "submission",
    "instance",
    "version",
    "submitted_on",
    "claim_frequency_code",
    "original_claim_key",
    "lines",
    "role",
)
PATIENT = ("member_key", "birth_key")
SUBMISSION_KEY = (
    *_CLAIM_KEY,
    "submitted_on",
    "claim_frequency_code",
    "original_claim_key",
    *PATIENT,
    "payer",
)
BILLS_APART = ("care_model", "rendering_provider_npi", "service_date", "procedure_code")
"""What tells bills of one day under one number apart, where they have lines of one number."""


@dataclass(frozen=True)
class Claims:
    """Claim rows placed in submissions, instances, versions and line positions.

    rows: one row per accepted claim row, with submission, instance, line_position, version (null: not a
    version) and `row_standing` ('line', 'duplicate', 'overruled', 'header'). versions: one row per version of
    an instance, numbered from 1. names: VERSION_COLUMNS again, one row per submission that names an original
    claim number; a duplicate names it for the version that it repeats.
    """

    rows: pl.DataFrame
    versions: pl.DataFrame
    names: pl.DataFrame


def claims_of(
    rows: pl.DataFrame, detail: pl.DataFrame, remits: pl.DataFrame, reference: ReferenceTables
) -> Claims:
    """Place coded claim rows in instances and versions; `detail` has what they say in full.

    `remits`: coded remit rows: what was denied and never paid is corrected where another claim would begin.
    """
    keyed = rows.with_columns(pl.col("claim_frequency_code").replace("6", "7")).pipe(
        identifiers, _CLAIM_KEY, "key"
    )
    alone = pl.len().over("key") == 1
    placed, versions, names = _placed(keyed, keyed.filter(~alone), detail, remits, reference)
    single = _placed_alone(keyed.filter(alone), first=len(placed))
    alone_versions = _as_versions(single)
    naming = alone_versions.filter(pl.col("original_claim_key").is_not_null())
    return Claims(
        pl.concat([placed, single.select(placed.columns)]),
        pl.concat([versions, alone_versions]),
        pl.concat([names, naming]),
    )


def _placed_alone(rows: pl.DataFrame, first: int) -> pl.DataFrame:
    """Rows that are all there is of their claim key: one submission, one version, one line position each."""
    number = pl.int_range(first, first + pl.len(), dtype=pl.Int64)
    return rows.with_columns(
        submission=number,
        row_standing=pl.when("in_scope").then(pl.lit("line")).otherwise(pl.lit("header")),
        instance=number,
        is_duplicate=pl.lit(False),
        submission_order=pl.lit(0, pl.Int64),
        version=pl.lit(1, pl.Int64),
        line_position=pl.col("line_number"),
    )


def _as_versions(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(lines=pl.col("in_scope").cast(pl.UInt32)).select(VERSION_COLUMNS)


def _placed(
    claims: pl.DataFrame,
    rows: pl.DataFrame,
    detail: pl.DataFrame,
    remits: pl.DataFrame,
    reference: ReferenceTables,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Rows of keys with several rows, placed; their versions; and what their submissions name."""
    placed = rows.pipe(_with_submissions).pipe(_with_line_counts).pipe(_with_row_standing, detail)
    submissions = placed.pipe(_ordered_submissions, detail)
    submissions = _with_instances(submissions, placed, claims, remits, reference)
    submissions = _with_duplicates(submissions, placed, detail)
    versions = _versions(submissions)
    joined = placed.join(
        submissions.select("submission", "instance", "is_duplicate", "submission_order"),
        on="submission",
        how="left",
        validate="m:1",
    ).join(versions.select("submission", "version"), on="submission", how="left", validate="m:1")
    # submission numbers of this part start at 0, as rows placed alone are numbered after them
    return (
        _with_line_positions(joined).with_columns(pl.col("submission") - 1),
        versions.with_columns(pl.col("submission") - 1).select(VERSION_COLUMNS),
        _names(submissions).with_columns(pl.col("submission") - 1).select(VERSION_COLUMNS),
    )


def _with_submissions(rows: pl.DataFrame) -> pl.DataFrame:
    """Number submissions: what was billed on one day under one number. Lines of one number that differ in who
    did it, in the care model, the day or the code are of several bills. `sent`: the submission undivided.
    """
    rows = rows.pipe(identifiers, SUBMISSION_KEY, "submission").with_columns(sent="submission")
    for name in BILLS_APART:
        clash = (
            rows.filter("in_scope")
            .group_by("submission", "line_number")
            .agg(pl.col(name).drop_nulls().n_unique() > 1)
            .filter(name)
            .select("submission")
        )
        if clash.is_empty():
            continue
        # a header row says nothing beside lines of its submission: it goes with any of them
        part = pl.when("in_scope").then(name).otherwise(pl.col(name).min().over("submission"))
        apart = pl.col("submission").is_in(clash["submission"].implode())
        rows = (
            rows.with_columns(part=pl.when(apart).then(part))
            .pipe(identifiers, ("submission", "part"), "submission")
            .drop("part")
        )
    return rows


def _with_line_counts(rows: pl.DataFrame) -> pl.DataFrame:
    """Lines of each submission in all, as far as any of its rows tells.

    A bill without a first line was sent with one that stands in another bill of its day. No row tells which
    one, so that each of these bills has several lines.
    """
    numbers = pl.col("line_number").filter("in_scope")
    first = numbers.min().over("submission")
    divided = pl.col("submission").min().over("sent") < pl.col("submission").max().over("sent")
    parted = divided & (first.max().over("sent") > 1)
    return rows.with_columns(
        pl.max_horizontal(
            pl.col("claim_line_count").max().over("submission"), pl.when(parted).then(pl.lit(2))
        )
    ).drop("sent")


def _with_row_standing(rows: pl.DataFrame, detail: pl.DataFrame) -> pl.DataFrame:
    """Where rows of one submission say different things of one line, the last by content stands."""
    rows = rows.with_columns(
        contested=pl.col("in_scope") & (pl.len().over("submission", "line_number") > 1),
    )
    calm = rows.filter(~pl.col("contested")).with_columns(
        row_standing=pl.when("in_scope").then(pl.lit("line")).otherwise(pl.lit("header"))
    )
    contested = with_content_rank(rows.filter("contested"), detail, CLAIM_CONTENT_COLUMNS)
    line = ("submission", "line_number")
    contested = (
        contested.sort("row")
        .with_columns(
            copy=pl.int_range(pl.len()).over(*line, "content_rank"),
            best=pl.col("content_rank").max().over(*line),
        )
        .with_columns(
            row_standing=pl.when(pl.col("copy") > 0)
            .then(pl.lit("duplicate"))
            .when(pl.col("content_rank") == pl.col("best"))
            .then(pl.lit("line"))
            .otherwise(pl.lit("overruled"))
        )
    )
    return pl.concat([calm.drop("contested"), contested.select(calm.drop("contested").columns)])


def _ordered_submissions(rows: pl.DataFrame, detail: pl.DataFrame) -> pl.DataFrame:
    """One row per submission, in the order of its key: date, frequency, content; `position` counts over all
    keys.
    """
    submissions = rows.group_by("submission").agg(
        *(pl.col(name).first() for name in ("key", *SUBMISSION_KEY)),
        pl.col("row").min(),
        lines=(pl.col("row_standing") == "line").sum(),
    )
    rival = pl.len().over("key", "submitted_on", "claim_frequency_code") > 1
    rivals = submissions.filter(rival).select("submission")
    lines = rows.filter(pl.col("row_standing") == "line").join(rivals, on="submission", how="semi")
    content = signatures(with_content_rank(lines, detail, CLAIM_CONTENT_COLUMNS), "submission", "line_number")
    return (
        submissions.join(content, on="submission", how="left")
        .join(
            detail.select("row", original_text="original_claim_key", patient_text="patient_key"),
            on="row",
            how="left",
            validate="m:1",
        )
        .sort(
            "key",
            "submitted_on",
            "claim_frequency_code",
            "signature",
            "original_text",
            "patient_text",
            *(pl.col(half).is_null() for half in PATIENT),
            "row",
            nulls_last=False,
        )
        .drop("signature", "original_text", "patient_text", "row")
        .with_row_index("position")
        .with_columns(
            pl.col("position").cast(pl.Int64),
            submission_order=pl.int_range(pl.len(), dtype=pl.Int64).over("key"),
        )
    )


def _with_instances(
    submissions: pl.DataFrame,
    rows: pl.DataFrame,
    claims: pl.DataFrame,
    remits: pl.DataFrame,
    reference: ReferenceTables,
) -> pl.DataFrame:
    """Put submissions of one key into claims, in version order; the first of a claim names the instance."""
    alone = pl.len().over("key") == 1
    several = submissions.filter(~alone)
    lines = rows.filter(pl.col("row_standing") == "line").join(
        several.select("submission", "position"), on="submission", how="inner", validate="m:1"
    )
    said = with_sets(several, lines)
    asked = lines.join(said.filter(~pl.col("alike")), on="submission", how="semi")
    instances = folded(said, answers_of(asked, claims, remits, reference))
    return (
        submissions.join(instances, on="position", how="left", validate="1:1")
        .with_columns(pl.coalesce("instance", "position").alias("instance"))
        .sort("position")
    )


def _with_duplicates(submissions: pl.DataFrame, rows: pl.DataFrame, detail: pl.DataFrame) -> pl.DataFrame:
    """Mark submissions that say the same again as the one before them in their instance (voids apart)."""
    shared = submissions.filter(pl.len().over("instance") > 1).select("submission")
    lines = rows.filter(pl.col("row_standing") == "line").join(shared, on="submission", how="semi")
    content = signatures(with_content_rank(lines, detail, CLAIM_CONTENT_COLUMNS), "submission", "line_number")
    living = pl.col("claim_frequency_code") != "8"
    return (
        submissions.join(content, on="submission", how="left")
        .sort("instance", "position")
        .with_columns(
            is_duplicate=(
                living
                & living.shift(1).over("instance")
                & (pl.col("signature") == pl.col("signature").shift(1).over("instance"))
                & pl.all_horizontal(
                    pl.col(half).eq_missing(pl.col(half).shift(1).over("instance")) for half in PATIENT
                )
            ).fill_null(False)
        )
        .drop("signature")
    )


def _versions(submissions: pl.DataFrame) -> pl.DataFrame:
    """One row per version: submissions that are no duplicates, numbered from 1 in each instance."""
    return (
        submissions.filter(~pl.col("is_duplicate"))
        .sort("instance", "position")
        .with_columns(version=pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("instance"))
    )


def _names(submissions: pl.DataFrame) -> pl.DataFrame:
    """One row per submission that names an original claim number, with the version it is or repeats."""
    return (
        submissions.sort("instance", "position")
        .with_columns(version=(~pl.col("is_duplicate")).cast(pl.Int64).cum_sum().over("instance"))
        .filter(pl.col("original_claim_key").is_not_null())
    )


def _with_line_positions(rows: pl.DataFrame) -> pl.DataFrame:
    """Number the line positions of an instance: by line number, or one line position where no submission has
    two lines.
    """
    lines_of_version = (
        rows.filter(pl.col("row_standing") == "line")
        .group_by("instance", "submission")
        .len()
        .group_by("instance")
        .agg(single=pl.col("len").max() <= 1)
    )
    smallest = rows.filter("in_scope").group_by("instance").agg(first_line=pl.col("line_number").min())
    return (
        rows.join(lines_of_version, on="instance", how="left")
        .join(smallest, on="instance", how="left")
        .with_columns(
            line_position=pl.when(~pl.col("in_scope"))
            .then(None)
            .when(pl.col("single"))
            .then(pl.col("first_line"))
            .otherwise(pl.col("line_number"))
        )
        .drop("first_line", "single")
    )
