"""Every accepted claim line with its standing, every current one with its final adjudication and prices.

The one entry: `resolve_lines`. Rules in docs/resolution.md, sections 7 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from schemas.columns import names, polars_schema
from schemas.reference import ReferenceTables
from schemas.resolved import ADJUDICATED_STATES, RESOLVED_LINE, RESOLVED_REMIT
from schemas.rules import Rules
from transforms.payers import with_line_of_business, with_payer
from transforms.resolve.adjudications import SLOT, adjudications_of, with_cancellations
from transforms.resolve.chains import Chains, chains_of
from transforms.resolve.final import chain_adjudications, line_adjudications
from transforms.resolve.linking import link_remits
from transforms.resolve.ordering import ROW_ORDER
from transforms.resolve.submissions import Claims, claims_of
from transforms.units import with_care_model, with_medicare_allowed, with_units

AMOUNTS = (
    "paid_cents",
    "allowed_cents",
    "allowed_source",
    "allowed_conflict",
    "deductible_cents",
    "coinsurance_cents",
    "copay_cents",
    "network",
    "recoded",
    "claim_level_adjusted",
    "unbalanced",
    "final_charge_cents",
    "remark_codes",
    "denial_group",
    "denial_carc",
    "denial_category",
    "prior_authorization_denial",
    "zero_pay_reason",
    "role_assumed_primary",
)
"""Columns of the final adjudication that only an adjudicated line carries."""


@dataclass(frozen=True)
class Resolved:
    """lines: RESOLVED_LINE, one row per accepted claim line in scope. remits: RESOLVED_REMIT, one row per
    remit line.
    """

    lines: pl.LazyFrame
    remits: pl.LazyFrame


def resolve_lines(
    claims: pl.LazyFrame, remits: pl.LazyFrame, reference: ReferenceTables, rules: Rules
) -> Resolved:
    """Resolve the lives of claims: what stands, what was said of it last, what it is worth.

    Takes accepted lines (schemas.accepted). The result depends on their content only, not on their order.
    Resolving a set of rows that is
    closed under the links of `transforms.closure` gives the same rows as resolving everything.
    """
    rows = (
        claims.with_columns(_dated=pl.coalesce("service_date", "submitted_on"))
        .pipe(with_payer, reference, on_date="_dated")
        .drop("_dated")
        .collect()
    )
    placed = claims_of(with_care_model(rows, reference))
    heard = (
        remits.with_columns(_dated=pl.coalesce("service_date", "payment_date"))
        .pipe(with_payer, reference, on_date="_dated")
        .drop("_dated")
        .collect()
    )
    linked = link_remits(heard, placed.rows, rules.scope)
    met = linked.filter(pl.col("outcome") == "linked")
    adjudications = with_cancellations(adjudications_of(met, placed.rows, reference))
    chains = chains_of(placed.rows, placed.versions, met, adjudications, rules.infer_resubmissions)
    outcomes = _remit_outcomes(linked, adjudications)
    marked = _unmatched_instances(outcomes)
    standing = _with_standing(placed, chains)
    lines = _with_current(standing, placed, chains, adjudications, marked, reference, rules)
    return Resolved(
        lines=lines.select(names(RESOLVED_LINE)).cast(polars_schema(RESOLVED_LINE)).lazy(),  # type: ignore[arg-type]
        remits=outcomes.with_columns(
            remit_month=pl.coalesce("service_date", "payment_date").dt.truncate("1mo")
        )
        .select(names(RESOLVED_REMIT))
        .cast(polars_schema(RESOLVED_REMIT))  # type: ignore[arg-type]
        .lazy(),
    )


def _remit_outcomes(linked: pl.DataFrame, adjudications: pl.DataFrame) -> pl.DataFrame:
    """Remit rows with what became of them; a reversal without a slot is unmatched unless it is a crossover."""
    fate = adjudications.select("loop", *SLOT, "unmatched", reversal_amount_mismatch="amount_mismatch")
    return linked.join(fate, on=["loop", *SLOT], how="left", nulls_equal=False, validate="m:1").with_columns(
        is_reversal=pl.col("claim_status_code") == "22",
        reversal_amount_mismatch=pl.col("reversal_amount_mismatch").fill_null(False),
        reversal_unmatched=(pl.col("claim_status_code") == "22")
        & pl.when(pl.col("outcome") == "linked")
        .then(pl.col("unmatched"))
        .otherwise(pl.col("outcome").is_in(["ambiguous", "unlinked"])),
    )


def _unmatched_instances(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Claims that a reversal without a counterpart speaks of: none of their lines carries a price."""
    return (
        outcomes.filter("reversal_unmatched")
        .select(chain_instance=pl.coalesce("instance", "sole_instance"))
        .drop_nulls()
        .unique()
        .with_columns(unmatched_reversal=pl.lit(True))
    )


def _with_standing(placed: Claims, chains: Chains) -> pl.DataFrame:
    """In-scope rows with standing, and one row per replaced and per voided primary claim flagged to count
    claims.
    """
    rows = placed.rows.filter("in_scope").join(
        chains.instances.drop("role", "first_submitted_on", "first_frequency"),
        on="instance",
        how="left",
        validate="m:1",
    )
    copies = (pl.col("row_standing") == "duplicate") | pl.col("is_duplicate")
    stands = (
        (pl.col("row_standing") == "line")
        & (pl.col("version") == pl.col("standing_version"))
        & ~pl.col("named")
        & ~pl.col("is_superseded")
    ).fill_null(False)
    standing = (
        pl.when(pl.col("role") != "P")
        .then(pl.lit("secondary"))
        .when(copies)
        .then(pl.lit("duplicate"))
        .when("is_void")
        .then(pl.lit("void"))
        .when(stands)
        .then(pl.lit("current"))
        .otherwise(pl.lit("superseded"))
    )
    rows = rows.with_columns(standing=standing).sort("service_date", "line_number", *ROW_ORDER)
    turn = pl.int_range(pl.len()).over("instance", "standing")
    return rows.with_columns(
        claim_key=pl.concat_str(
            pl.col("claim_number_key").str.head(16),
            pl.col("patient_key").str.head(16),
            "billing_provider_npi",
            "role",
            pl.col("instance").rank("dense").over("key"),
            separator="-",
        ),
        service_month=pl.col("service_date").dt.truncate("1mo"),
        replaced_claim=(pl.col("standing") == "superseded") & (turn == 0),
        voided_claim=(pl.col("standing") == "void") & (turn == 0),
    )


def _with_current(
    rows: pl.DataFrame,
    placed: Claims,
    chains: Chains,
    adjudications: pl.DataFrame,
    marked: pl.DataFrame,
    reference: ReferenceTables,
    rules: Rules,
) -> pl.DataFrame:
    """Give current lines their final adjudication, units and prices; other rows get nulls."""
    current = rows.filter(pl.col("standing") == "current")
    others = rows.filter(pl.col("standing") != "current")
    slots = chains.slots.join(current.select(SLOT).unique(), on=list(SLOT), how="semi")
    answered = line_adjudications(chain_adjudications(slots, adjudications))
    priced = (
        current.drop("remit_filing_code", strict=False)
        .join(answered, on=list(SLOT), how="left", validate="m:1")
        .join(_first_submissions(slots, placed), on=list(SLOT), how="left", validate="m:1")
        .join(_marked_slots(slots, marked), on=list(SLOT), how="left", validate="m:1")
        .join(_earlier_charges(slots, placed, chains), on=list(SLOT), how="left", validate="m:1")
        .pipe(_with_final_state)
        .pipe(lambda frame: with_line_of_business(frame.lazy(), reference).collect())
        .pipe(with_units, reference, rules)
        .pipe(with_medicare_allowed, reference, rules)
        .pipe(_with_prices)
    )
    lacking = {
        name: pl.lit(None, kind)
        for name, kind in polars_schema(RESOLVED_LINE).items()
        if name not in others.columns or name in ("care_model", "share", "chain_source")
    }
    return pl.concat(
        [
            priced.select(names(RESOLVED_LINE)).cast(polars_schema(RESOLVED_LINE)),  # type: ignore[arg-type]
            others.with_columns(**lacking).select(names(RESOLVED_LINE)).cast(polars_schema(RESOLVED_LINE)),  # type: ignore[arg-type]
        ]
    )


def _first_submissions(slots: pl.DataFrame, placed: Claims) -> pl.DataFrame:
    """Earliest submission of each chain, duplicates too."""
    earliest = placed.rows.group_by(chain_instance="instance").agg(
        first_submitted_on=pl.col("submitted_on").min()
    )
    return slots.join(earliest, on="chain_instance").group_by(SLOT).agg(pl.col("first_submitted_on").min())


def _marked_slots(slots: pl.DataFrame, marked: pl.DataFrame) -> pl.DataFrame:
    return (
        slots.join(marked, on="chain_instance")
        .group_by(SLOT)
        .agg(has_unmatched_reversal=pl.col("unmatched_reversal").any())
    )


def _earlier_charges(slots: pl.DataFrame, placed: Claims, chains: Chains) -> pl.DataFrame:
    """Charges of the versions of each chain that do not stand."""
    standing = chains.instances.select(chain_instance="instance", standing="standing_version")
    lines = placed.rows.filter(pl.col("row_standing") == "line", pl.col("version").is_not_null()).select(
        "version", "charge_cents", chain_instance="instance", chain_slot="slot"
    )
    replaced = (pl.col("chain_instance") != pl.col("instance")) | (pl.col("version") != pl.col("standing"))
    return (
        slots.join(lines, on=["chain_instance", "chain_slot"])
        .join(standing, on="chain_instance")
        .filter(replaced.fill_null(True))
        .group_by(SLOT)
        .agg(earlier_charges=pl.col("charge_cents").unique())
    )


def _with_final_state(lines: pl.DataFrame) -> pl.DataFrame:
    """pending, reversed, awaiting_readjudication, or the state of the final adjudication; amounts only with
    the last.
    """
    answered = pl.col("final_remit_on").is_not_null()
    other_bill = (
        (pl.col("final_charge_cents").abs() != pl.col("charge_cents"))
        & pl.col("earlier_charges").list.contains(pl.col("final_charge_cents").abs())
    ).fill_null(False)
    state = (
        pl.when(answered & other_bill)
        .then(pl.lit("awaiting_readjudication"))
        .when(answered)
        .then(pl.col("adjudication_state"))
        .when(pl.col("first_remit_on").is_not_null())
        .then(pl.lit("reversed"))
        .otherwise(pl.lit("pending"))
    )
    recoded = (
        pl.col("adjudicated_codes").list.eval(pl.element()).list.len()
        > pl.col("adjudicated_codes").list.set_intersection(pl.concat_list("procedure_code")).list.len()
    )
    lines = lines.with_columns(adjudication_state=state, recoded=recoded)
    adjudicated = pl.col("adjudication_state").is_in(ADJUDICATED_STATES)
    return lines.with_columns(
        *(pl.when(adjudicated).then(pl.col(name)).alias(name) for name in AMOUNTS),
        pl.col("has_unmatched_reversal", "reversal_amount_mismatch").fill_null(False),
        state=pl.coalesce("service_facility_state", "billing_provider_state"),
    )


def _with_prices(lines: pl.DataFrame) -> pl.DataFrame:
    """Which lines carry a price, and allowed per unit = allowed / (billed units x share), USD, not rounded."""
    paid = pl.col("adjudication_state") == "paid"
    priced = (
        paid
        & (pl.col("network") == "in_or_unknown")
        & ~pl.col("recoded")
        & ~pl.col("claim_level_adjusted")
        & ~pl.col("has_unmatched_reversal")
    ).fill_null(False)
    has_units = pl.col("billed_unit_tenths").is_not_null() & pl.col("share").is_not_null()
    # cents / 100 / (tenths / 10 x share), as one division
    per_unit = pl.col("allowed_cents") / (pl.col("billed_unit_tenths") * pl.col("share") * 10)
    return lines.with_columns(
        is_paid_line=paid, is_priced=priced, is_unit_priced=priced & has_units
    ).with_columns(allowed_per_unit=pl.when("is_unit_priced").then(per_unit))
