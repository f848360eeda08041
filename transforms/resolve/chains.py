"""Which claim continues which: named replacements and voids, failed ones, resubmissions under a new number.

Source: CLM05-3, REF*F8, CLP07; rules in docs/resolution.md, section 6.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transforms.resolve.adjudications import SLOT

REPEAT_MODIFIERS = ("76", "77")
VOID = "8"


@dataclass(frozen=True)
class Chains:
    """instances: one row per instance with its standing version and what became of it. slots: one row per
    slot of a
    standing instance and each slot it continues (itself too)."""

    instances: pl.DataFrame
    slots: pl.DataFrame


def chains_of(
    claims: pl.DataFrame,
    versions: pl.DataFrame,
    names: pl.DataFrame,
    linked: pl.DataFrame,
    adjudications: pl.DataFrame,
    infer_resubmissions: bool,
) -> Chains:
    """Find what supersedes what.

    `claims`: claim rows with instance, slot, version, payer, care_model. `names`: submissions that name an
    original claim number. `linked`: remit rows that met a slot.
    """
    named = _named_edges(claims, names, linked)
    failed = _failed_versions(claims, versions, adjudications)
    failed_instances = _failed_instances(named, adjudications)
    standing = _standing_versions(versions, failed, failed_instances)
    named = named.join(failed, on=["instance", "version"], how="anti").join(
        failed_instances, on="instance", how="anti"
    )
    removed = named.group_by(instance="older").agg(
        removed_by_void=(pl.col("claim_frequency_code") == VOID).any(), named=pl.lit(True)
    )
    instances = (
        standing.join(removed, on="instance", how="left", validate="1:1")
        .with_columns(pl.col("removed_by_void", "named").fill_null(False))
        .with_columns(
            is_void=((pl.col("standing_frequency") == VOID) | pl.col("removed_by_void")).fill_null(False)
        )
    )
    inferred = (
        _inferred_edges(claims, instances, adjudications)
        if infer_resubmissions
        else pl.DataFrame(schema={"instance": pl.Int64, "older": pl.Int64})
    )
    edges = pl.concat(
        [
            named.select("instance", "older", source=pl.lit("named")),
            inferred.select("instance", "older", source=pl.lit("inferred")),
        ]
    ).unique()
    return Chains(_with_chain_source(instances, edges), _chain_slots(claims, instances, edges))


def _named_edges(claims: pl.DataFrame, names: pl.DataFrame, linked: pl.DataFrame) -> pl.DataFrame:
    """(instance, version, claim_frequency_code, older): a 7 or 8 names a payer claim number that met another
    claim.
    """
    named = names.filter(pl.col("claim_frequency_code").is_in(["7", VOID]))
    met = linked.select("payer_claim_key", older="instance").join(
        named, left_on="payer_claim_key", right_on="original_claim_key", how="semi"
    )
    concerned = claims.join(
        pl.concat([named.select("instance"), met.select(instance="older")]).unique(),
        on="instance",
        how="semi",
    )
    keys = concerned.select("instance", "key", "patient_key", "billing_provider_npi").unique("instance")
    payers = concerned.group_by("submission").agg(naming_payer=pl.col("payer").unique())
    older_payers = concerned.group_by(older="instance").agg(older_payers=pl.col("payer").unique())
    named = named.join(payers, on="submission")
    met = (
        met.unique()
        .join(keys.rename(lambda name: "older" if name == "instance" else f"older_{name}"), on="older")
        .join(older_payers, on="older")
    )
    return (
        named.join(keys, on="instance")
        .join(met, left_on="original_claim_key", right_on="payer_claim_key")
        .filter(
            pl.col("key") != pl.col("older_key"),
            (pl.col("patient_key") == pl.col("older_patient_key"))
            | (pl.col("billing_provider_npi") == pl.col("older_billing_provider_npi")),
            pl.col("naming_payer").list.set_intersection("older_payers").list.len() > 0,
        )
        .select("instance", "version", "claim_frequency_code", "older")
        .unique()
    )


def _owned(claims: pl.DataFrame, versions: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """Adjudications with the version they speak of: the latest submitted by then with the same charge, else
    the latest
    submitted by then, else the first."""
    several = versions.filter(pl.len().over("instance") > 1).select("instance").unique()
    alone = adjudications.join(several, on="instance", how="anti").with_columns(version=pl.lit(1, pl.Int64))
    contested = adjudications.join(several, on="instance", how="semi")
    charges = (
        claims.filter(pl.col("row_standing") == "line", pl.col("version").is_not_null())
        .group_by("instance", "slot", "version")
        .agg(version_charge=pl.col("charge_cents").sum())
    )
    owner = (
        contested.select("adjudication", *SLOT, "payment_date", "charge_cents")
        .join(versions.select("instance", "version", "submitted_on"), on="instance")
        .join(charges, on=[*SLOT, "version"], how="left")
        .with_columns(
            by_then=pl.col("submitted_on") <= pl.col("payment_date"),
            same_charge=(pl.col("version_charge") == pl.col("charge_cents").abs()).fill_null(False),
        )
        .group_by("adjudication")
        .agg(
            version=pl.coalesce(
                pl.col("version").filter(pl.col("by_then") & pl.col("same_charge")).max(),
                pl.col("version").filter("by_then").max(),
                pl.col("version").min(),
            )
        )
    )
    return pl.concat([alone, contested.join(owner, on="adjudication", validate="1:1")])


def _failed_versions(
    claims: pl.DataFrame, versions: pl.DataFrame, adjudications: pl.DataFrame
) -> pl.DataFrame:
    """(instance, version) of replacements and voids that were denied while the payment of an earlier version
    stands.
    """
    suspects = versions.filter(pl.col("claim_frequency_code").is_in(["7", VOID]), pl.col("version") > 1)
    standing = _standing(adjudications).join(suspects, on="instance", how="semi")
    owned = _owned(claims, versions, standing)
    denied = _denied_and_unpaid(owned, ["instance", "version"]).join(
        suspects.select("instance", "version"), on=["instance", "version"], how="semi"
    )
    paid = owned.filter("paid_or_allowed").select("instance", paid_version="version").unique()
    return (
        denied.join(paid, on="instance")
        .filter(pl.col("paid_version") < pl.col("version"))
        .select("instance", "version")
        .unique()
    )


def _failed_instances(named: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """(instance) that names a claim whose payment stands, and was itself denied and paid nothing."""
    standing = _standing(adjudications)
    denied = _denied_and_unpaid(standing.join(named, on="instance", how="semi"), ["instance"])
    paid = standing.filter("paid_or_allowed").select(older="instance").unique()
    return (
        named.join(paid, on="older", how="semi")
        .join(denied, on="instance", how="semi")
        .select("instance")
        .unique()
    )


def _standing(adjudications: pl.DataFrame) -> pl.DataFrame:
    return adjudications.filter(~pl.col("is_reversal"), pl.col("cancelled_on").is_null())


def _denied_and_unpaid(standing: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    """Groups of uncancelled adjudications of which the last is a denial and none paid or allowed anything."""
    return (
        standing.sort("sequence")
        .group_by(group, maintain_order=True)
        .agg(
            last_denied=pl.col("adjudication_state").last() == "denied",
            any_paid=pl.col("paid_or_allowed").any(),
        )
        .filter("last_denied", ~pl.col("any_paid"))
        .select(group)
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


def _inferred_edges(
    claims: pl.DataFrame, instances: pl.DataFrame, adjudications: pl.DataFrame
) -> pl.DataFrame:
    """(instance, older): the earliest later originals continue one of the same service, denied and never
    paid.
    """
    answered = (
        adjudications.filter(~pl.col("is_reversal"))
        .group_by("instance")
        .agg(
            denied_never_paid=(pl.col("adjudication_state") == "denied").any()
            & ~pl.col("paid_or_allowed").any()
        )
    )
    live = instances.filter(
        ~pl.col("is_void"), ~pl.col("named"), pl.col("standing_version").is_not_null()
    ).join(answered, on="instance", how="left")
    modifiers = pl.any_horizontal(
        pl.col(f"modifier_{i}").is_in(REPEAT_MODIFIERS).fill_null(False) for i in range(1, 5)
    )
    service = (
        "billing_provider_npi",
        "patient_key",
        "payer",
        "role",
        "service_date",
        "procedure_code",
        "care_model",
    )
    denied_patients = (
        claims.join(live.filter("denied_never_paid"), on="instance", how="semi")
        .select("patient_key")
        .unique()
    )
    lines = (
        claims.filter(pl.col("row_standing") == "line")
        .join(denied_patients, on="patient_key", how="semi")
        .join(
            live.select(
                "instance", "standing_version", "first_frequency", "denied_never_paid", "first_submitted_on"
            ),
            left_on=["instance", "version"],
            right_on=["instance", "standing_version"],
            how="inner",
        )
        .with_columns(repeats=modifiers.any().over("instance"))
    )
    denied = lines.filter("denied_never_paid")
    lines = lines.join(denied.select(service).unique(), on=list(service), how="semi")
    older = lines.filter("denied_never_paid").select(
        *service, older="instance", older_submitted_on="first_submitted_on"
    )
    later = lines.filter(~pl.col("repeats"), pl.col("first_frequency") == "1")
    return (
        older.join(later, on=list(service))
        .filter(pl.col("first_submitted_on") > pl.col("older_submitted_on"))
        .filter(pl.col("first_submitted_on") == pl.col("first_submitted_on").min().over("older"))
        .select("instance", "older")
        .unique()
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


def _chain_slots(claims: pl.DataFrame, instances: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    """(instance, slot, chain_instance, chain_slot): every slot and all it continues, through any number of
    claims.

    The standing line of a slot continues the slots with its number in any version of a superseded claim, else
    the single slot of a claim where it is the single slot of its own.
    """
    slots = claims.filter("in_scope").select(SLOT).unique()
    superseded = _superseded(edges)
    concerned = pl.concat([superseded.select("instance"), superseded.select(instance="older")]).unique()
    lines = claims.filter(pl.col("row_standing") == "line", pl.col("version").is_not_null()).join(
        concerned, on="instance", how="semi"
    )
    counted = slots.with_columns(single=pl.len().over("instance") == 1)
    newer = (
        lines.join(
            instances.select("instance", version="standing_version"), on=["instance", "version"], how="semi"
        )
        .select(*SLOT, "line_number")
        .join(counted, on=list(SLOT))
    )
    older = lines.select(older="instance", older_slot="slot", older_number="line_number").unique()
    single = counted.filter("single").select(older="instance", older_slot="slot")
    met = superseded.join(newer, on="instance")
    by_number = met.join(older, left_on=["older", "line_number"], right_on=["older", "older_number"])
    by_being_single = met.filter("single").join(single, on="older")
    step = (*SLOT, pl.col("older").alias("chain_instance"), pl.col("older_slot").alias("chain_slot"))
    return pl.concat(
        [
            slots.with_columns(chain_instance="instance", chain_slot="slot"),
            pl.concat([by_number.select(step), by_being_single.select(step)]).unique(),
        ]
    )


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
