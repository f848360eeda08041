"""Current lines: their final adjudication, their units and their prices.

Rules in docs/resolution.md, section 8; units and prices after CMS Claims Processing Manual chapter 12 section
50.
"""

from __future__ import annotations

import polars as pl

from schemas.columns import names
from schemas.reference import ReferenceTables
from schemas.resolved import ADJUDICATED_STATES, CURRENT_LINE
from schemas.rules import Rules
from transforms.payers import with_line_of_business
from transforms.resolve.adjudications import LINE_POSITION
from transforms.resolve.chains import Chains
from transforms.resolve.final import SAID_BY_THE_FINAL, line_adjudications
from transforms.resolve.submissions import Claims
from transforms.sequestration import with_sequestration_check
from transforms.units import with_medicare_allowed, with_units

_AMOUNTS = (*SAID_BY_THE_FINAL, "paid_cents", "final_charge_cents", "recoded", "final_row")
"""Columns of the final adjudication that only an adjudicated line carries."""
SAID_OF_PAYER_AND_UNITS = (
    "payer_id",
    "payer_name",
    "claim_filing_code",
    "unit_basis",
    "unit_count_thousandths",
    "un_means",
    "service_facility_state",
    "billing_provider_state",
    "medicare_contractor",
    "medicare_locality",
    "share",
)


def current_lines(
    current: pl.DataFrame,
    detail: pl.DataFrame,
    placed: Claims,
    chains: Chains,
    adjudications: pl.DataFrame,
    marked: pl.DataFrame,
    reference: ReferenceTables,
    rules: Rules,
) -> pl.DataFrame:
    """Give current claim rows the columns of CURRENT_LINE. Grain: `current`, told apart by `row`.

    `final_row`: the first remit row of the adjudication whose amounts the line carries.
    `marked`: instances that a reversal without a counterpart speaks of.
    """
    line_positions = chains.line_positions.join(
        current.select(LINE_POSITION).unique(), on=list(LINE_POSITION), how="semi"
    )
    primary = chains.instances.filter(pl.col("role") == "P").select("instance")
    answered = line_adjudications(
        line_positions.join(primary, left_on="chain_instance", right_on="instance", how="semi"), adjudications
    )
    on = list(LINE_POSITION)
    return (
        current.join(answered, on=on, how="left", validate="m:1")
        .join(_first_submissions(line_positions, chains), on=on, how="left", validate="m:1")
        .join(
            _marked_line_positions(
                line_positions,
                marked.join(primary, left_on="chain_instance", right_on="instance", how="semi"),
            ),
            on=on,
            how="left",
            validate="m:1",
        )
        .join(_earlier_charges(line_positions, placed, chains), on=on, how="left", validate="m:1")
        .pipe(lambda lines: lines.hstack(detail.select(SAID_OF_PAYER_AND_UNITS)[lines["row"]]))
        .pipe(_with_final_state)
        .pipe(lambda frame: with_line_of_business(frame.lazy(), reference).collect())
        .pipe(with_units, reference, rules)
        .pipe(with_medicare_allowed, reference, rules)
        .pipe(_with_prices)
        .pipe(with_sequestration_check, reference)
        .select("row", "final_row", *names(CURRENT_LINE))
    )


def _first_submissions(line_positions: pl.DataFrame, chains: Chains) -> pl.DataFrame:
    """Earliest submission of each chain; that of an instance is its first version."""
    earliest = chains.instances.select("first_submitted_on", chain_instance="instance")
    return (
        line_positions.join(earliest, on="chain_instance")
        .group_by(LINE_POSITION)
        .agg(pl.col("first_submitted_on").min())
    )


def _marked_line_positions(line_positions: pl.DataFrame, marked: pl.DataFrame) -> pl.DataFrame:
    return (
        line_positions.join(marked, on="chain_instance")
        .group_by(LINE_POSITION)
        .agg(has_unmatched_reversal=pl.col("unmatched_reversal").any())
    )


def _earlier_charges(line_positions: pl.DataFrame, placed: Claims, chains: Chains) -> pl.DataFrame:
    """Charges of the versions of each chain before the one that stands; a later one that failed is none."""
    standing = chains.instances.select(chain_instance="instance", standing="standing_version")
    lines = placed.rows.filter(pl.col("row_standing") == "line", pl.col("version").is_not_null()).select(
        "version", "charge_cents", chain_instance="instance", chain_line_position="line_position"
    )
    replaced = (pl.col("chain_instance") != pl.col("instance")) | (pl.col("version") < pl.col("standing"))
    several = chains.instances.filter(pl.col("version_count") > 1).select(chain_instance="instance")
    continued = line_positions.filter(pl.col("chain_instance") != pl.col("instance"))
    once = line_positions.filter(pl.col("chain_instance") == pl.col("instance"))
    return (
        pl.concat([continued, once.join(several, on="chain_instance", how="semi")])
        .join(lines, on=["chain_instance", "chain_line_position"])
        .join(standing, on="chain_instance")
        .filter(replaced.fill_null(True))
        .group_by(LINE_POSITION)
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
    recoded = (pl.col("adjudicated_codes") != pl.col("procedure_code")).fill_null(False)
    lines = lines.with_columns(
        adjudication_state=state, recoded=recoded, initially_denied=pl.col("first_state") == "denied"
    )
    adjudicated = pl.col("adjudication_state").is_in(ADJUDICATED_STATES)
    return lines.with_columns(
        *(pl.when(adjudicated).then(pl.col(name)).alias(name) for name in _AMOUNTS),
        pl.col("has_unmatched_reversal", "reversal_amount_mismatch").fill_null(False),
        state=pl.coalesce("service_facility_state", "billing_provider_state"),
    )


def _with_prices(lines: pl.DataFrame) -> pl.DataFrame:
    """Which lines carry a price; allowed per unit = allowed / (billed units x share), USD, not rounded."""
    paid = pl.col("adjudication_state") == "paid"
    priced = (
        paid
        & (pl.col("network") == "in_or_unknown")
        & ~pl.col("recoded")
        & ~pl.col("claim_level_adjusted")
        & (~pl.col("adjustments_unread") | (pl.col("allowed_source") == "given"))
        & ~pl.col("has_unmatched_reversal")
    ).fill_null(False)
    has_units = pl.col("billed_unit_tenths").is_not_null() & pl.col("share").is_not_null()
    # cents / 100 / (tenths / 10 x share), as one division
    per_unit = pl.col("allowed_cents") / (pl.col("billed_unit_tenths") * pl.col("share") * 10)
    return lines.with_columns(
        is_paid_line=paid, is_priced=priced, is_unit_priced=priced & has_units
    ).with_columns(allowed_per_unit=pl.when("is_unit_priced").then(per_unit))
