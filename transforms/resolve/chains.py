"""Which claim continues which: named replacements and voids, failed ones, resubmissions under a new number.

Source: CLM05-3, REF*F8, CLP07; rules in docs/resolution.md, section 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transforms.resolve.adjudications import LINE_POSITION
from transforms.resolve.failed_claims import failed_instances, failed_versions
from transforms.resolve.first_submissions import first_submissions
from transforms.resolve.named_links import NamedLinks, named_links
from transforms.resolve.resubmissions import inferred_candidates

VOID = "8"


@dataclass(frozen=True)
class Chains:
    """instances: one row per instance with its standing version and what became of it. line_positions: one
    row per line_position of a standing instance and each line_position it continues (itself too). ambiguous:
    (submission) that names a payer claim number which several claims share.
    """

    instances: pl.DataFrame
    line_positions: pl.DataFrame
    ambiguous: pl.DataFrame


def chains_of(
    claims: pl.DataFrame,
    detail: pl.DataFrame,
    versions: pl.DataFrame,
    names: pl.DataFrame,
    adjudications: pl.DataFrame,
    infer_resubmissions: bool,
) -> Chains:
    """Find what supersedes what. A claim has one successor: named before inferred.

    `claims`: claim rows with instance, line position, version, payer, care_model; `detail`: what they say in
    full. `names`: submissions that name an original claim number.
    """
    failed = failed_versions(claims, versions, adjudications)
    names = names.join(failed, on=["instance", "version"], how="anti")
    named = _named(claims, detail, versions, names, adjudications)
    lost = failed_instances(named.edges, claims, versions, adjudications)
    if len(lost):
        names = names.join(lost, on="instance", how="anti")
        named = _named(claims, detail, versions, names, adjudications)
    standing = _standing_versions(versions, failed, lost)
    removed = named.edges.select(
        instance="older",
        removed_by_void=pl.col("claim_frequency_code") == VOID,
        named=pl.lit(True),
    )
    instances = (
        standing.join(removed, on="instance", how="left", validate="1:1")
        .with_columns(pl.col("removed_by_void", "named").fill_null(False))
        .with_columns(
            is_void=((pl.col("standing_frequency") == VOID) | pl.col("removed_by_void")).fill_null(False)
        )
    )
    edges = [named.edges.select("instance", "older", source=pl.lit("named"))]
    if infer_resubmissions:
        inferred = _inferred(claims, detail, versions, instances, adjudications)
        edges.append(inferred.select("instance", "older", source=pl.lit("inferred")))
    found = pl.concat(edges)
    return Chains(
        _with_chain_source(instances, found), _chain_line_positions(claims, instances, found), named.ambiguous
    )


def _named(
    claims: pl.DataFrame,
    detail: pl.DataFrame,
    versions: pl.DataFrame,
    names: pl.DataFrame,
    adjudications: pl.DataFrame,
) -> NamedLinks:
    """Named links among the claims that name and those that were answered under such a number."""
    answered = adjudications.join(names, left_on="payer_claim_key", right_on="original_claim_key", how="semi")
    concerned = pl.concat([names["instance"], answered["instance"]]).unique()
    order = first_submissions(claims, detail, versions, adjudications, concerned)
    return named_links(claims, names, adjudications, order)


def _inferred(
    claims: pl.DataFrame,
    detail: pl.DataFrame,
    versions: pl.DataFrame,
    instances: pl.DataFrame,
    adjudications: pl.DataFrame,
) -> pl.DataFrame:
    """(instance, older): of several claims that could continue one, that at whose charge it was answered
    afterwards, then the earliest, then by content.
    """
    candidates = inferred_candidates(claims, detail, instances, adjudications)
    order = first_submissions(claims, detail, versions, adjudications, candidates["instance"].unique())
    charges = (
        claims.filter(pl.col("row_standing") == "line")
        .join(candidates, on="instance", how="semi")
        .select("instance", "charge_cents")
        .unique()
    )
    answered = (
        adjudications.filter(~pl.col("is_reversal"))
        .select("payment_date", older="instance", charge_cents=pl.col("charge_cents").abs())
        .join(candidates, on="older")
        .join(charges, on=["instance", "charge_cents"], how="semi")
        .join(order, on="instance")
        .filter(pl.col("payment_date") >= pl.col("first_submitted_on"))
        .select("instance", "older", answered=pl.lit(True))
        .unique()
    )
    return (
        candidates.join(order, on="instance", validate="m:1")
        .join(answered, on=["instance", "older"], how="left", validate="1:1")
        .sort("older", pl.col("answered").fill_null(False), "turn", descending=[False, True, False])
        .unique("older", keep="first", maintain_order=True)
        .select("instance", "older")
    )


def _standing_versions(
    versions: pl.DataFrame, failed: pl.DataFrame, failed_instances: pl.DataFrame
) -> pl.DataFrame:
    """One row per instance: its last version that has not failed (null: the instance failed)."""
    kept = (
        versions.join(failed, on=["instance", "version"], how="anti")
        .join(failed_instances, on="instance", how="anti")
        .sort("instance", "version")
        .group_by("instance", maintain_order=True)
        .agg(
            standing_version=pl.col("version").last(),
            standing_frequency=pl.col("claim_frequency_code").last(),
        )
    )
    return (
        versions.sort("instance", "version")
        .group_by("instance", maintain_order=True)
        .agg(
            role=pl.col("role").first(),
            first_submitted_on=pl.col("submitted_on").min(),
            first_frequency=pl.col("claim_frequency_code").first(),
            version_count=pl.len(),
        )
        .join(kept, on="instance", how="left", validate="1:1")
    )


def _with_chain_source(instances: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """Add whether an instance was superseded, and how it came by its chain."""
    superseded = edges.select(instance="older", is_superseded=pl.lit(True)).unique()
    sources = edges.group_by("instance").agg(
        by_inference=(pl.col("source") == "inferred").any(), by_name=(pl.col("source") == "named").any()
    )
    return (
        instances.join(superseded, on="instance", how="left", validate="1:1")
        .join(sources, on="instance", how="left", validate="1:1")
        .with_columns(pl.col("is_superseded", "by_inference", "by_name").fill_null(False))
        .with_columns(
            chain_source=pl.when("by_inference")
            .then(pl.lit("inferred"))
            .when("by_name")
            .then(pl.lit("named"))
            .when(pl.col("version_count") > 1)
            .then(pl.lit("same_claim"))
            .otherwise(pl.lit("none"))
        )
    )


def _chain_line_positions(claims: pl.DataFrame, instances: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """(instance, line_position, chain_instance, chain_line_position): every line_position and all it
    continues, through any number of claims.

    The standing line of a line position continues the line positions with its number in any version of a
    superseded claim, else the single line position of a claim where it is the single line position of its
    own. A line_position is continued by one line: that with its latest number, else the first.
    """
    line_positions = claims.filter("in_scope").select(LINE_POSITION).unique()
    superseded = _superseded(edges)
    concerned = pl.concat([superseded.select("instance"), superseded.select(instance="older")]).unique()
    lines = claims.filter(pl.col("row_standing") == "line", pl.col("version").is_not_null()).join(
        concerned, on="instance", how="semi"
    )
    counted = line_positions.with_columns(single=pl.len().over("instance") == 1)
    newer = (
        lines.join(
            instances.select("instance", version="standing_version"), on=["instance", "version"], how="semi"
        )
        .select(*LINE_POSITION, "line_number")
        .join(counted, on=list(LINE_POSITION))
    )
    older = lines.group_by(
        older="instance", older_line_position="line_position", older_number="line_number"
    ).agg(latest=pl.col("version").max())
    single = counted.filter("single").select(older="instance", older_line_position="line_position")
    met = superseded.join(newer, on="instance")
    by_number = met.join(older, left_on=["older", "line_number"], right_on=["older", "older_number"])
    by_being_single = met.filter("single").join(single, on="older")
    of_chain = {"older": "chain_instance", "older_line_position": "chain_line_position"}
    step = [*LINE_POSITION, *of_chain, "latest"]
    continued = (
        pl.concat(
            [by_number.select(step), by_being_single.with_columns(latest=pl.lit(0, pl.Int64)).select(step)]
        )
        .rename(of_chain)
        .sort("latest", "line_position", descending=[True, False])
        .unique(["instance", "chain_instance", "chain_line_position"], keep="first", maintain_order=True)
        .drop("latest")
    )
    itself = line_positions.with_columns(chain_instance="instance", chain_line_position="line_position")
    return pl.concat([itself, continued])


def _superseded(edges: pl.DataFrame) -> pl.DataFrame:
    """(instance, older): each claim and all that it supersedes, itself or through others."""
    steps = edges.select("instance", "older").unique()
    reached = frontier = steps
    while len(frontier):
        frontier = (
            frontier.join(steps, left_on="older", right_on="instance", suffix="_next")
            .select("instance", older="older_next")
            .unique()
            .join(reached, on=["instance", "older"], how="anti")
        )
        reached = pl.concat([reached, frontier])
    return reached.filter(pl.col("instance") != pl.col("older"))
