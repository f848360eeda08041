"""Replacements and voids that were denied while the payment of what they replace stands: they failed.

Source: CLM05-3, CLP02, CAS; rules in docs/resolution.md, section 6.
"""

from __future__ import annotations

import polars as pl

from transforms.resolve.adjudications import LINE_POSITION


def failed_versions(
    claims: pl.DataFrame, versions: pl.DataFrame, adjudications: pl.DataFrame
) -> pl.DataFrame:
    """(instance, version) of replacements and voids that were denied while the payment of an earlier version
    stands.
    """
    suspects = versions.filter(pl.col("claim_frequency_code") != "1", pl.col("version") > 1)
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


def failed_instances(
    edges: pl.DataFrame, claims: pl.DataFrame, versions: pl.DataFrame, adjudications: pl.DataFrame
) -> pl.DataFrame:
    """(instance) that names a claim whose payment stands, and was itself denied and paid nothing.

    Payers answer under the old number too: what was said there after the replacement was sent, at its charge
    or at no charge of the older claim, is said of the replacement.
    """
    standing = _standing(adjudications)
    first = versions.group_by("instance").agg(sent_on=pl.col("submitted_on").min())
    charges = (
        claims.filter(pl.col("row_standing") == "line")
        .group_by("instance")
        .agg(charges=pl.col("charge_cents").unique())
    )
    under_old = (
        edges.select("instance", "older")
        .join(first, on="instance")
        .join(charges, on="instance", how="left")
        .join(charges.rename({"instance": "older", "charges": "older_charges"}), on="older", how="left")
        .join(standing.rename({"instance": "older"}), on="older")
    )
    charge = pl.col("charge_cents").abs()
    of_newer = (
        (pl.col("payment_date") >= pl.col("sent_on"))
        & (pl.col("charges").list.contains(charge) | ~pl.col("older_charges").list.contains(charge))
    ).fill_null(False)
    columns = ("instance", "sequence", "adjudication_state", "paid_or_allowed")
    own = pl.concat(
        [
            standing.join(edges, on="instance", how="semi").select(columns),
            under_old.filter(of_newer).select(columns),
        ]
    )
    denied = _denied_and_unpaid(own, ["instance"])
    paid = under_old.filter(~of_newer, pl.col("paid_or_allowed")).select("instance").unique()
    return paid.join(denied, on="instance", how="semi")


def _owned(claims: pl.DataFrame, versions: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """Adjudications with the version they speak of: the latest submitted by then with the same charge, else
    the latest submitted by then, else the first.
    """
    several = versions.filter(pl.len().over("instance") > 1).select("instance").unique()
    alone = adjudications.join(several, on="instance", how="anti").with_columns(version=pl.lit(1, pl.Int64))
    contested = adjudications.join(several, on="instance", how="semi")
    charges = (
        claims.filter(pl.col("row_standing") == "line", pl.col("version").is_not_null())
        .group_by("instance", "line_position", "version")
        .agg(version_charge=pl.col("charge_cents").sum())
    )
    owner = (
        contested.select("adjudication", *LINE_POSITION, "payment_date", "charge_cents")
        .join(versions.select("instance", "version", "submitted_on"), on="instance")
        .join(charges, on=[*LINE_POSITION, "version"], how="left")
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
