"""Amounts and state of one adjudication: balance, allowed, paid or denied and why, network.

Source: 835 CAS, SVC03, AMT*B6, LQ*HE (005010X221A1; x12.org RFI 888, 2601, 2606). Money is integer cents.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.reference import ReferenceTables

PAID_TO_PATIENT = "100"
"""CARC of a payment that went to the patient: it counts as paid where its group is PR."""
ABOVE_CHARGE = "94"
"""CARC that explains an allowed amount above the charge."""


@dataclass(frozen=True)
class Reasons:
    """Lists of claim adjustment reason codes by what they do (reference table `carc`)."""

    patient_part_of_price: tuple[str, ...]
    price_neutral: tuple[str, ...]
    sequestration: tuple[str, ...]
    not_a_denial: tuple[str, ...]
    duplicate: tuple[str, ...]
    capitation: tuple[str, ...]
    written_off: tuple[str, ...]

    @classmethod
    def of(cls, reference: ReferenceTables) -> Reasons:
        """The lists as the reference table has them."""
        carc = reference.carc

        def codes(condition: pl.Expr) -> tuple[str, ...]:
            return tuple(carc.filter(condition)["carc"])

        treatment = pl.col("treatment")
        return cls(
            patient_part_of_price=codes(pl.col("adds_to_allowed") == "group_pr"),
            price_neutral=codes(pl.col("adds_to_allowed") == "any_group"),
            sequestration=tuple(reference.sequestration["carc"].drop_nulls().unique()),
            not_a_denial=codes(~pl.col("is_denial")),
            duplicate=codes(treatment == "duplicate"),
            capitation=codes(treatment == "capitation"),
            written_off=codes(treatment.is_in(["contractual", "information"])),
        )


def unpacked(rows: pl.DataFrame, key: str, column: str) -> pl.DataFrame:
    """Packed adjustments `GROUP-REASON:CENTS|...` as one row per key and adjustment (group, carc, cents)."""
    part = pl.col(column).str.extract_groups(r"^([A-Z]{2})-([0-9A-Z]+):(-?\d+)$").struct
    return (
        rows.filter(pl.col(column).is_not_null() & (pl.col(column) != ""))
        .select(key, pl.col(column).str.split("|"))
        .explode(column)
        .select(
            key,
            group=part.field("1"),
            carc=part.field("2"),
            cents=part.field("3").cast(pl.Int64),
        )
    )


def adjudication_amounts(
    adjudications: pl.DataFrame, adjustments: pl.DataFrame, reference: ReferenceTables
) -> pl.DataFrame:
    """Add balance, allowed, state, denial reason and network to adjudications.

    Grain: one row per adjudication (column `adjudication`). `adjustments` has one row per adjudication, group
    and reason (cents not 0)
    with `level` line or claim. Unbalanced: charge less adjustments is not paid, to the cent.
    """
    reasons = Reasons.of(reference)
    parts = _adjustment_parts(adjustments, reasons, reference)
    summed = {name: pl.col(name).fill_null(0) for name in parts.columns if name.endswith("_cents")}
    flags = [pl.col(name).fill_null(False) for name, kind in parts.schema.items() if kind == pl.Boolean]
    return (
        adjudications.join(parts, on="adjudication", how="left", validate="1:1")
        .with_columns(**summed)
        .with_columns(*flags)
        .with_columns(_paid_net())
        .with_columns(
            unbalanced=pl.col("charge_cents") - pl.col("line_level_cents") - pl.col("claim_level_cents")
            != pl.col("paid_net"),
            paid_total=pl.col("paid_net") + pl.col("to_patient_cents"),
            derived=pl.col("paid_net") + pl.col("patient_part_cents") + pl.col("price_neutral_cents"),
        )
        .pipe(_with_allowed)
        .pipe(_with_state)
        .join(_denial_reasons(adjustments, reasons, reference), on="adjudication", how="left", validate="1:1")
        .with_columns(
            pl.when(pl.col("adjudication_state") == "denied").then(pl.col(name)).alias(name)
            for name in ("denial_group", "denial_carc", "denial_category", "prior_authorization_denial")
        )
        .with_columns(_network(reference))
    )


def _adjustment_parts(
    adjustments: pl.DataFrame, reasons: Reasons, reference: ReferenceTables
) -> pl.DataFrame:
    carc, patient, line = pl.col("carc"), pl.col("group") == "PR", pl.col("level") == "line"
    sums = {
        "line_level_cents": line,
        "claim_level_cents": ~line,
        "to_patient_cents": patient & (carc == PAID_TO_PATIENT),
        "patient_part_cents": patient & carc.is_in(reasons.patient_part_of_price),
        "price_neutral_cents": carc.is_in(reasons.price_neutral),
        "other_neutral_cents": carc.is_in(reasons.price_neutral) & ~carc.is_in(reasons.sequestration),
        "deductible_cents": patient & (carc == "1"),
        "coinsurance_cents": patient & (carc == "2"),
        "copay_cents": patient & (carc == "3"),
    }
    flags = {
        "above_charge": carc == ABOVE_CHARGE,
        "has_denial": ~carc.is_in(reasons.not_a_denial),
        "capitated": carc.is_in(reasons.capitation),
        "duplicate_reason": carc.is_in(reasons.duplicate),
        "written_off": ~patient & carc.is_in(reasons.written_off),
        "out_of_network": _out_of_network(reference),
    }
    kinds = adjustments.select("level", "group", "carc").unique().with_columns(**sums, **flags)
    return (
        adjustments.join(kinds, on=["level", "group", "carc"], how="left", validate="m:1")
        .with_columns(pl.when(name).then("cents").otherwise(0).alias(name) for name in sums)
        .group_by("adjudication")
        .agg(pl.col(*sums).sum(), pl.col(*flags).any(), duplicate_answer=pl.col("duplicate_reason").all())
    )


def _out_of_network(reference: ReferenceTables) -> pl.Expr:
    """Whether an adjustment in its proper group says that the provider is outside the network."""
    codes = reference.network_codes.filter(
        pl.col("code_system") == "CARC", pl.col("network") == "out_of_network"
    )
    return pl.any_horizontal(
        (pl.col("carc") == row["code"])
        & (pl.lit(True) if row["group_code"] is None else pl.col("group") == row["group_code"])
        for row in codes.iter_rows(named=True)
    )


def _paid_net() -> pl.Expr:
    """Paid after claim-level adjustments: they reduce it unless the payer's paid amount has them already."""
    already = pl.col("charge_cents") - pl.col("line_level_cents") != pl.col("paid_cents")
    return (
        pl.when(already | (pl.col("claim_level_cents") == 0))
        .then(pl.col("paid_cents"))
        .otherwise(pl.col("paid_cents") - pl.col("claim_level_cents"))
        .alias("paid_net")
    )


def _with_allowed(rows: pl.DataFrame) -> pl.DataFrame:
    """Allowed as given unless it can't be, else derived from paid and the signed adjustments."""
    given = pl.col("allowed_given_cents")
    share = pl.col("deductible_cents") + pl.col("coinsurance_cents") + pl.col("copay_cents")
    impossible = (
        ((given == 0) & (pl.col("paid_total") > 0))
        | ((given > pl.col("charge_cents")) & ~pl.col("above_charge"))
        | (given < pl.col("paid_total") + share)
    )
    return rows.with_columns(
        allowed_cents=pl.when(given.is_null() | impossible).then(pl.col("derived")).otherwise(given),
        allowed_source=pl.when(given.is_null())
        .then(pl.lit("derived"))
        .when(impossible)
        .then(pl.lit("given_rejected"))
        .otherwise(pl.lit("given")),
        allowed_conflict=((given - pl.col("derived")).abs() > 1).fill_null(False),
    )


def _with_state(rows: pl.DataFrame) -> pl.DataFrame:
    """Exactly one of paid, denied, zero_pay_other; CLP02 plays no part."""
    state = (
        pl.when(pl.col("allowed_cents") > 0)
        .then(pl.lit("paid"))
        .when((pl.col("allowed_cents") == 0) & (pl.col("charge_cents") > 0) & pl.col("has_denial"))
        .then(pl.lit("denied"))
        .otherwise(pl.lit("zero_pay_other"))
    )
    reason = (
        pl.when("capitated")
        .then(pl.lit("capitation"))
        .when("duplicate_reason")
        .then(pl.lit("duplicate"))
        .when(pl.col("charge_cents") <= 0)
        .then(pl.lit("no_charge"))
        .when("written_off")
        .then(pl.lit("full_write_off"))
        .when("adjustments_unread")
        .then(pl.lit("unread"))
        .otherwise(pl.lit("other"))
    )
    return rows.with_columns(
        adjudication_state=state,
        paid_or_allowed=(pl.col("allowed_cents") > 0) | (pl.col("paid_total") > 0),
    ).with_columns(zero_pay_reason=pl.when(pl.col("adjudication_state") == "zero_pay_other").then(reason))


def _denial_reasons(adjustments: pl.DataFrame, reasons: Reasons, reference: ReferenceTables) -> pl.DataFrame:
    """The denial adjustment with the largest amount; ties: lowest code, numbers before letters."""
    return (
        adjustments.filter(~pl.col("carc").is_in(reasons.not_a_denial))
        .group_by("adjudication", "group", "carc")
        .agg(pl.col("cents").sum())
        .sort(
            "adjudication",
            -pl.col("cents"),
            pl.col("carc").str.contains("[A-Z]"),
            pl.col("carc").str.zfill(5),
            "group",
        )
        .group_by("adjudication", maintain_order=True)
        .agg(denial_group=pl.col("group").first(), denial_carc=pl.col("carc").first())
        .join(
            reference.carc.select(
                "denial_category",
                denial_carc="carc",
                prior_authorization_denial="is_prior_authorization",
            ),
            on="denial_carc",
            how="left",
            validate="m:1",
        )
        .with_columns(
            pl.col("denial_category").fill_null("unclassified"),
            pl.col("prior_authorization_denial").fill_null(False),
        )
    )


def _network(reference: ReferenceTables) -> pl.Expr:
    nsa = reference.network_codes.filter(
        (pl.col("network") == "nsa") & (pl.col("code_system") == "RARC")
    ).get_column("code")
    has_nsa = (
        pl.col("remark_codes")
        .fill_null("")
        .str.split("|")
        .list.eval(pl.element().is_in(nsa.implode()))
        .list.any()
    )
    return (
        pl.when(has_nsa)
        .then(pl.lit("nsa"))
        .when("out_of_network")
        .then(pl.lit("out_of_network"))
        .otherwise(pl.lit("in_or_unknown"))
        .alias("network")
    )
