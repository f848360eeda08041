"""Which submissions were denied and never paid: needed before it is known which of them are one claim.

An answer is held against the submissions of each claim key with its number, if it comes from their payer or
speaks of their role; of equals it speaks of the latest submitted by then. Source: CLP01, CLP02, SVC, CAS;
rules in docs/resolution.md, section 2.
"""

from __future__ import annotations

import polars as pl

from schemas.reference import ReferenceTables
from transforms.resolve.amounts import Reasons, unpacked
from transforms.resolve.linking import ROLE_OF_STATUS

UNHEARD = ("22", "23", "25")
"""Statuses that say neither yes nor no: reversals, and what another payer has to answer."""
_PRIOR_PAYER = r"(?:^|\|)[A-Z]{2}-23:"
_MODIFIERS = [f"modifier_{i}" for i in range(1, 5)]
_WEIGHTS = {"same_payer": 256, "by_control": 64, "by_bill": 32, "by_being_single": 16, "repeated": 1}
"""What ranks the submissions that an answer may speak of: each outweighs all that follow."""
ANSWERS = pl.Schema(
    {
        "submission": pl.Int64(),
        "denied": pl.Boolean(),
        "paid": pl.Boolean(),
        "payer_claims": pl.List(pl.Int64()),
    }
)


def answers_of(
    lines: pl.DataFrame, claims: pl.DataFrame, remits: pl.DataFrame, reference: ReferenceTables
) -> pl.DataFrame:
    """One row per answered submission: whether any answer denied it, any paid it, and under which payer claim
    numbers.

    `lines`: lines that stand of the submissions asked about, with `position`. `claims`: all claim rows: an
    answer whose number none of them has is held against loose numbers.
    """
    if lines.is_empty() or remits.is_empty():
        return pl.DataFrame(schema=ANSWERS)
    heard = remits.filter(~pl.col("claim_status_code").is_in(UNHEARD)).with_columns(
        billed_code=pl.coalesce("submitted_procedure_code", "procedure_code"),
        stated_role=pl.col("claim_status_code").replace_strict(ROLE_OF_STATUS, default=None),
        prior_payer=pl.any_horizontal(
            pl.col(name).fill_null("").str.contains(_PRIOR_PAYER)
            for name in ("adjustments", "claim_adjustments")
        ),
    )
    exact = heard.join(claims, on="claim_number_key", how="semi")
    loose = heard.join(claims, on="claim_number_key", how="anti")
    met = pl.concat([
        _spoken_of(exact, lines, "claim_number_key"), _spoken_of(loose, lines, "loose_number_key")
    ])  # fmt: skip
    return (
        met.join(_verdicts(heard.join(met, on="row", how="semi"), reference), on="row", validate="m:1")
        .group_by("submission")
        .agg(pl.col("denied", "paid").any(), payer_claims=pl.col("payer_claim_key").unique())
        .select(ANSWERS.names())
    )


def _spoken_of(remits: pl.DataFrame, lines: pl.DataFrame, number: str) -> pl.DataFrame:
    """(row, submission, payer_claim_key): the submission of each claim key that an answer speaks of."""
    pairs = remits.join(_line_positions(lines, number), on=number).filter(
        pl.col("payee_npi").is_null() | (pl.col("payee_npi") == pl.col("billing_provider_npi")),
        ~pl.col("prior_payer") | (pl.col("line_role") != "P"),
        (pl.col("payer") == pl.col("line_payer"))
        | (pl.col("stated_role").fill_null(pl.col("line_role")) == pl.col("line_role")),
    )
    control = pl.col("line_control_key")
    by_bill = (
        (pl.col("billed_code") == pl.col("line_code"))
        & (pl.col("service_date").is_null() | (pl.col("service_date") == pl.col("line_date")))
        & (pl.col("charge_cents").abs() == pl.col("line_charge"))
    )
    repeated = pl.concat_list(_MODIFIERS).list.drop_nulls().list.set_intersection("line_modifiers").list.len()
    evidence = pairs.with_columns(
        same_payer=pl.col("payer") == pl.col("line_payer"),
        by_control=((control == pl.col("line_control")) | (control == pl.col("line_number"))).fill_null(
            False
        ),
        by_bill=by_bill.fill_null(False),
        by_being_single=pl.col("single"),
        repeated=repeated.fill_null(0),
        by_then=pl.col("submitted_on") <= pl.col("payment_date"),
    ).filter(pl.any_horizontal("by_control", "by_bill", "by_being_single"))
    strength = pl.sum_horizontal(pl.col(name).cast(pl.Int64) * weight for name, weight in _WEIGHTS.items())
    return (
        evidence.with_columns(strength=strength)
        .filter(pl.col("strength") == pl.col("strength").max().over("row", "key"))
        # the latest submitted by then; where none was, the first
        .with_columns(turn=pl.when("by_then").then("position").otherwise(-1 - pl.col("position")))
        .sort("row", "turn")
        .unique(["row", "key"], keep="last", maintain_order=True)
        .select("row", "submission", "payer_claim_key")
    )


def _line_positions(lines: pl.DataFrame, number: str) -> pl.DataFrame:
    """What an answer is compared with: one row per line of a submission."""
    return lines.with_columns(single=pl.len().over("submission") == 1).select(
        number,
        "key",
        "submission",
        "position",
        "submitted_on",
        "billing_provider_npi",
        "single",
        line_role="role",
        line_payer="payer",
        line_code="procedure_code",
        line_date="service_date",
        line_charge="charge_cents",
        line_control="line_control_key",
        line_number="line_number_key",
        line_modifiers=pl.concat_list(_MODIFIERS),
    )


def _verdicts(rows: pl.DataFrame, reference: ReferenceTables) -> pl.DataFrame:
    """(row, denied, paid) of single answers: paid or allowed something; else denied for any reason that is a
    denial.
    """
    reasons = Reasons.of(reference)
    patient = pl.col("group") == "PR"
    adds = (patient & pl.col("carc").is_in([*reasons.patient_part_of_price, "100"])) | pl.col("carc").is_in(
        reasons.price_neutral
    )
    adjustments = (
        pl.concat(unpacked(rows, "row", column) for column in ("adjustments", "claim_adjustments"))
        .filter(pl.col("cents") != 0)
        .group_by("row")
        .agg(
            beside_paid=pl.col("cents").filter(adds).sum(),
            refused=(~pl.col("carc").is_in(reasons.not_a_denial)).any(),
        )
    )
    derived = pl.col("paid_cents") + pl.col("beside_paid").fill_null(0)
    allowed = pl.max_horizontal(derived, pl.col("allowed_given_cents").fill_null(0))
    nothing = pl.coalesce("allowed_given_cents", derived) == 0
    return (
        rows.join(adjustments, on="row", how="left", validate="1:1")
        .with_columns(paid=(pl.col("paid_cents") > 0) | (allowed > 0))
        .select(
            "row",
            "paid",
            denied=~pl.col("paid")
            & nothing
            & (pl.col("charge_cents") > 0)
            & pl.col("refused").fill_null(False),
        )
    )
