"""Denied claims that come back under a new number without naming the old one.

Source: CLM05-3, SV101-3..6, SV102, SV104; rules in docs/resolution.md, section 6.
"""

from __future__ import annotations

import polars as pl

_EDGES = pl.Schema({"instance": pl.Int64(), "older": pl.Int64()})
SERVICE = (
    "billing_provider_npi",
    "patient_key",
    "payer",
    "role",
    "service_date",
    "procedure_code",
    "care_model",
)
_MODIFIERS = [f"modifier_{i}" for i in range(1, 5)]
_STOPPED = ["53", "73", "74"]
"""The service was stopped or cancelled: what comes after it is another one."""
DONE_AGAIN = ["76", "77", "78", "79"]
"""The service was done again: the claim is no repeat of a bill."""
DISTINCT = ["59", "XE", "XP", "XS", "XU"]
"""The service is distinct from another; added alone it is the usual cure of a bundling denial."""


def inferred_candidates(
    claims: pl.DataFrame, detail: pl.DataFrame, instances: pl.DataFrame, adjudications: pl.DataFrame
) -> pl.DataFrame:
    """EDGES, one row per denied and never paid claim and later first submission of the same service.

    `instances`: with standing_version, first_frequency, first_submitted_on, is_void, named.
    """
    lines = _lines(claims, detail, _live(instances, adjudications))
    denied = lines.filter("denied_never_paid", ~pl.col("stopped"), ~pl.col("again"))
    later = lines.filter(pl.col("first_frequency") == "1", ~pl.col("again"))
    told = ("first_submitted_on", "charge_cents", "quantity", "distinct", "plain")
    pairs = (
        later.select("instance", *SERVICE, *told)
        .join(
            denied.select(*SERVICE, older="instance", **{f"older_{name}": name for name in told}),
            on=list(SERVICE),
        )
        .filter(pl.col("first_submitted_on") > pl.col("older_first_submitted_on"))
    )
    return (
        pairs.with_columns(allowed=_distinct_is_a_cure())
        .group_by("instance", "older")
        .agg(pl.col("allowed").all())
        .filter("allowed")
        .select(_EDGES.names())
    )


def _distinct_is_a_cure() -> pl.Expr:
    """No line is marked distinct; or the later one is, beside the same modifiers, minutes and charge."""
    none = (pl.col("distinct").list.len() == 0) & (pl.col("older_distinct").list.len() == 0)
    added = pl.col("older_distinct").list.set_difference("distinct").list.len() == 0
    more = pl.col("distinct").list.len() > pl.col("older_distinct").list.len()
    same = (
        (pl.col("plain") == pl.col("older_plain"))
        & (pl.col("quantity") == pl.col("older_quantity"))
        & (pl.col("charge_cents") == pl.col("older_charge_cents"))
    )
    return none | (added & more & same)


def _live(instances: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """Claims that stand, and whether they were denied and never paid, cancelled answers too."""
    answered = (
        adjudications.filter(~pl.col("is_reversal"))
        .group_by("instance")
        .agg(
            denied_never_paid=(pl.col("adjudication_state") == "denied").any()
            & ~pl.col("paid_or_allowed").any()
        )
    )
    return (
        instances.filter(~pl.col("is_void"), ~pl.col("named"), pl.col("standing_version").is_not_null())
        .join(answered, on="instance", how="left", validate="1:1")
        .select(
            "instance",
            "first_frequency",
            "first_submitted_on",
            pl.col("denied_never_paid").fill_null(False),
            version="standing_version",
        )
    )


def _lines(claims: pl.DataFrame, detail: pl.DataFrame, live: pl.DataFrame) -> pl.DataFrame:
    """Lines of standing versions of the patients that a denied claim has, with what their modifiers say."""
    patients = claims.join(live.filter("denied_never_paid"), on="instance", how="semi").select("patient_key")
    lines = (
        claims.filter(pl.col("row_standing") == "line")
        .join(patients.unique(), on="patient_key", how="semi")
        .join(live, on=["instance", "version"], how="inner")
    )
    modifiers = pl.concat_list(_MODIFIERS).list.drop_nulls().list.unique()
    told = detail.select("unit_basis", "unit_count_thousandths", "cannot_answer")[lines["row"]]
    answers = ~told["cannot_answer"].fill_null("").str.split("|").list.contains("resubmissions")
    quantity = pl.struct(told.select("unit_basis", "unit_count_thousandths"))
    return (
        lines.with_columns(quantity=quantity, modifiers=modifiers)
        .filter(answers)
        .with_columns(
            distinct=pl.col("modifiers").list.set_intersection(DISTINCT),
            plain=pl.col("modifiers").list.set_difference(DISTINCT).list.sort(),
        )
        .with_columns(
            stopped=(pl.col("modifiers").list.set_intersection(_STOPPED).list.len() > 0)
            .any()
            .over("instance"),
            again=(pl.col("modifiers").list.set_intersection(DONE_AGAIN).list.len() > 0)
            .any()
            .over("instance"),
        )
    )
