"""Remit lines meet claim slots.

Source: CLP01, CLP02, CLP07, REF*6R, SVC01, SVC06; rules in docs/resolution.md, section 4.
"""

from __future__ import annotations

import polars as pl

from transforms.resolve.ordering import (
    REMIT_CONTENT_COLUMNS,
    identifiers,
    signatures,
    with_content_rank,
)

LOOP_KEY = (
    "file_key",
    "trace_key",
    "payment_date",
    "claim_number_key",
    "payer_claim_key",
    "claim_status_code",
    "loop_ordinal",
)
DELIVERY_KEY = ("trace_key", "payer_claim_key", "claim_status_code", "claim_number_key")
IGNORED_STATUSES = ("23", "25")
ROLE_OF_STATUS = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}
PRIOR_PAYER = r"(?:^|\|)[A-Z]{2}-23:"
MODIFIERS = [f"modifier_{i}" for i in range(1, 5)]
WEIGHTS = {
    "same_payer": 256,
    "same_role": 128,
    "by_control": 64,
    "by_bill": 32,
    "by_being_single": 16,
    "repeated": 1,
}
"""What ranks the candidates of a remit row, as one number: each outweighs all that follow."""


def link_remits(remits: pl.DataFrame, claims: pl.DataFrame, scope: tuple[str, ...]) -> pl.DataFrame:
    """Give each remit row its loop, outcome, and the instance and slot it meets.

    Grain: one row per remit row. Adds loop, outcome, wanted_role, prior_payer, instance, slot, slot_role,
    role_assumed_primary,
    sole_instance (the one instance that has the claim number, where no slot was met).
    """
    rows = remits.pipe(_with_loops).pipe(_with_wanted_role)
    live = rows.filter(~pl.col("is_delivered_again") & ~pl.col("claim_status_code").is_in(IGNORED_STATUSES))
    met = _best(_evidence(_candidates(live, claims), scope))
    return (
        rows.join(met, on="row", how="left", validate="1:1")
        .with_columns(_outcome())
        .with_columns(
            role_assumed_primary=(
                (pl.col("outcome") == "linked")
                & ~pl.col("prior_payer")
                & pl.col("claim_status_code").is_in(["2", "3", "20", "21"])
                & (pl.col("slot_role") == "P")
            ).fill_null(False),
            instance=pl.when(pl.col("outcome") == "linked").then("instance"),
            slot=pl.when(pl.col("outcome") == "linked").then("slot"),
        )
    )


def _outcome() -> pl.Expr:
    known = pl.col("sole_instance").is_not_null() | pl.col("has_candidate").fill_null(False)
    return (
        pl.when("is_delivered_again")
        .then(pl.lit("duplicate"))
        .when(pl.col("claim_status_code").is_in(IGNORED_STATUSES))
        .then(pl.lit("ignored"))
        .when(pl.col("best_count") == 1)
        .then(pl.lit("linked"))
        .when(pl.col("best_count") > 1)
        .then(pl.lit("ambiguous"))
        .when(pl.col("prior_payer") & ~known)
        .then(pl.lit("crossover"))
        .otherwise(pl.lit("unlinked"))
        .alias("outcome")
    )


def _with_loops(rows: pl.DataFrame) -> pl.DataFrame:
    """Number CLP loops and mark the rows of loops that were delivered before."""
    rows = rows.pipe(identifiers, LOOP_KEY, "loop").pipe(identifiers, DELIVERY_KEY, "delivery")
    loops = (
        rows.group_by("loop")
        .agg(pl.col("delivery").first(), first_row=pl.col("row").min())
        .with_columns(rival=pl.len().over("delivery") > 1)
    )
    rows = rows.join(loops.select("loop", "rival"), on="loop", how="left", validate="m:1")
    contested = with_content_rank(rows.filter("rival"), rows, REMIT_CONTENT_COLUMNS)
    again = (
        signatures(contested, "loop", "content_rank")
        .join(loops, on="loop")
        .sort("first_row")
        .filter(pl.int_range(pl.len()).over("delivery", "signature") > 0)
        .select("loop", is_delivered_again=pl.lit(True))
    )
    return (
        rows.join(again, on="loop", how="left", validate="m:1")
        .with_columns(pl.col("is_delivered_again").fill_null(False))
        .drop("rival", "delivery")
    )


def _with_wanted_role(rows: pl.DataFrame) -> pl.DataFrame:
    """The role of the claim that a remit row speaks of (CLP02; CARC 23 makes it secondary whatever CLP02
    says).
    """
    prior = pl.any_horizontal(
        pl.col(name).fill_null("").str.contains(PRIOR_PAYER) for name in ("adjustments", "claim_adjustments")
    )
    rows = rows.with_columns(prior_payer=prior).with_columns(
        stated_role=pl.when("prior_payer")
        .then(
            pl.when(pl.col("claim_status_code").is_in(["3", "21"])).then(pl.lit("T")).otherwise(pl.lit("S"))
        )
        .otherwise(pl.col("claim_status_code").replace_strict(ROLE_OF_STATUS, default=None))
    )
    speaking = (
        rows.filter(pl.col("claim_status_code").is_in(list(ROLE_OF_STATUS)) & ~pl.col("is_delivered_again"))
        .group_by("claim_number_key", pointed_key="payer_claim_key")
        .agg(pointed_role=pl.col("stated_role").min())
    )
    for pointer, role in (("payer_claim_key", "own_role"), ("original_payer_claim_key", "original_role")):
        rows = rows.join(
            speaking.rename({"pointed_key": pointer, "pointed_role": role}),
            on=["claim_number_key", pointer],
            how="left",
            validate="m:1",
        )
    return rows.with_columns(
        wanted_role=pl.coalesce("stated_role", pl.min_horizontal("own_role", "original_role"), pl.lit("P"))
    ).drop("stated_role", "own_role", "original_role")


def _slot_lines(claims: pl.DataFrame) -> pl.DataFrame:
    """Every line of every version, with how many slots and lines its instance has."""
    lines = claims.filter(pl.col("row_standing") == "line")
    instance = lines.group_by("instance").agg(
        single=pl.col("slot").min() == pl.col("slot").max(), most_lines=pl.col("claim_line_count").max()
    )
    return lines.join(instance, on="instance", validate="m:1").select(
        "instance",
        "slot",
        "claim_number_key",
        "billing_provider_npi",
        slot_role="role",
        slot_payer="payer",
        slot_code="procedure_code",
        slot_date="service_date",
        slot_charge="charge_cents",
        slot_control="line_control_key",
        slot_number="line_number_key",
        **{f"slot_{name}": pl.col(name) for name in MODIFIERS},
        single="single",
        sole_line=pl.col("single") & (pl.col("most_lines") == 1),
    )


def _candidates(live: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Remit rows beside every claim line of the same number (and billing NPI where the remittance has it)."""
    billed = pl.coalesce("submitted_procedure_code", "procedure_code")
    coded = live.with_columns(billed_code=billed, charge=pl.col("charge_cents").abs())
    split = coded.filter(pl.col("loop").is_duplicated()).select(
        "row", loop_charge=pl.col("charge_cents").sum().over("loop", "billed_code", "service_date").abs()
    )
    wanted = coded.join(split, on="row", how="left", validate="1:1").select(
        "row",
        "claim_number_key",
        "payee_npi",
        "payer",
        "wanted_role",
        "prior_payer",
        "line_control_key",
        "service_date",
        "billed_code",
        "procedure_code",
        "charge",
        *MODIFIERS,
        loop_charge=pl.coalesce("loop_charge", "charge"),
    )
    return wanted.join(_slot_lines(claims), on="claim_number_key", how="inner").filter(
        pl.col("payee_npi").is_null() | (pl.col("payee_npi") == pl.col("billing_provider_npi")),
        ~pl.col("prior_payer") | (pl.col("slot_role") != "P"),
    )


def _evidence(candidates: pl.DataFrame, scope: tuple[str, ...]) -> pl.DataFrame:
    """One row per remit row and slot, with what speaks for it in any version.

    Adds `alone`: the remit row meets no other line, so that nothing is left to compare or to sum up.
    """
    coded = pl.col("billed_code").is_not_null()
    control = pl.col("line_control_key")
    by_control = coded & ((control == pl.col("slot_control")) | (control == pl.col("slot_number")))
    by_bill = (
        (pl.col("billed_code") == pl.col("slot_code"))
        & (pl.col("service_date").is_null() | (pl.col("service_date") == pl.col("slot_date")))
        & ((pl.col("charge") == pl.col("slot_charge")) | (pl.col("loop_charge") == pl.col("slot_charge")))
    )
    in_scope = pl.col("billed_code").is_in(scope) | pl.col("procedure_code").is_in(scope)
    by_being_single = pl.when(coded).then(pl.col("single") & in_scope).otherwise(pl.col("sole_line"))
    said = candidates.with_columns(
        by_control=by_control.fill_null(False),
        by_bill=by_bill.fill_null(False),
        by_being_single=by_being_single.fill_null(False),
        same_payer=pl.col("payer") == pl.col("slot_payer"),
        same_role=pl.col("wanted_role") == pl.col("slot_role"),
        alone=pl.col("row").is_unique(),
    )
    columns = ("row", "instance", "slot", "alone", "slot_role", *WEIGHTS)
    alone = said.filter("alone").with_columns(repeated=pl.lit(0, pl.UInt32)).select(columns)
    several = said.filter(~pl.col("alone")).with_columns(repeated=_repeated())
    grouped = several.group_by("row", "instance", "slot").agg(
        pl.col("alone", "slot_role").first(), *(pl.col(name).max() for name in WEIGHTS)
    )
    return pl.concat([alone, grouped.select(columns)])


def _repeated() -> pl.Expr:
    """Number of the slot's modifiers that the remittance repeats."""
    on_remit, on_slot = pl.concat_list(MODIFIERS), pl.concat_list(f"slot_{name}" for name in MODIFIERS)
    return on_remit.list.drop_nulls().list.set_intersection(on_slot).list.len().fill_null(0)


def _best(evidence: pl.DataFrame) -> pl.DataFrame:
    """The strongest slot of each remit row, how many are equally strong (0: no evidence at all), and its
    `sole_instance`, where all candidates are of one.
    """
    speaks = pl.col("by_control") | pl.col("by_bill") | pl.col("by_being_single")
    alone = evidence.filter("alone").select(
        "row",
        best_count=speaks.cast(pl.UInt32),
        has_candidate=pl.lit(True),
        sole_instance="instance",
        **{name: pl.when(speaks).then(name) for name in ("instance", "slot", "slot_role")},
    )
    strength = pl.sum_horizontal(pl.col(name).cast(pl.Int64) * weight for name, weight in WEIGHTS.items())
    several = (
        evidence.filter(~pl.col("alone"))
        .with_columns(strength=pl.when(speaks).then(strength).otherwise(-1))
        .with_columns(best=pl.col("strength").max().over("row"))
        .with_columns(is_best=(pl.col("strength") == pl.col("best")) & (pl.col("strength") >= 0))
        .group_by("row")
        .agg(
            best_count=pl.col("is_best").sum(),
            has_candidate=pl.lit(True),
            sole_instance=pl.when(pl.col("instance").min() == pl.col("instance").max()).then(
                pl.col("instance").first()
            ),
            **{name: pl.col(name).filter("is_best").min() for name in ("instance", "slot", "slot_role")},
        )
    )
    return pl.concat([alone, several])
