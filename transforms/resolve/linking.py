"""Remit lines meet claim line positions.

Source: CLP01, CLP02, CLP07, REF*6R, SVC01, SVC06; rules in docs/resolution.md, section 4.
"""

from __future__ import annotations

import polars as pl

from transforms.resolve.alike import in_order_of_lines
from transforms.resolve.coding import UNMAPPED
from transforms.resolve.deliveries import loose_number, with_loops

IGNORED_STATUSES = ("23", "25")
ROLE_OF_STATUS = {"1": "P", "19": "P", "2": "S", "20": "S", "3": "T", "21": "T"}
_PRIOR_PAYER = r"(?:^|\|)[A-Z]{2}-23:"
_MODIFIERS = [f"modifier_{i}" for i in range(1, 5)]
_WEIGHTS = {
    "same_payer": 256,
    "same_role": 128,
    "by_control": 64,
    "by_bill": 32,
    "by_being_single": 16,
    "repeated": 1,
}
"""What ranks the candidates of a remit row, as one number: each outweighs all that follow."""
OF_BEST = ("slot_role", "same_payer", "by_control", "by_bill", "by_whole", "loosely")
"""What is told of the line position that a row meets."""


def link_remits(remits: pl.DataFrame, claims: pl.DataFrame, scope: tuple[str, ...]) -> pl.DataFrame:
    """Give each remit row its loop, outcome, and the instance and line position it meets.

    Grain: one row per remit row. Adds the columns of `with_loops`, and outcome, wanted_role, prior_payer,
    has_secondary_claim, instance, line_position, OF_BEST, sole_instance (the only claim it can mean).
    A row of outcome crossover speaks of a payer after the first for whom no claim is there: where it
    has instance and line position, they are those of the primary claim.
    """
    rows = remits.pipe(with_loops, claims).pipe(_with_wanted_role)
    live = rows.filter(~pl.col("is_copy") & ~pl.col("claim_status_code").is_in(IGNORED_STATUSES))
    evidence = _evidence(_candidates(live, claims), scope)
    met = _with_alike_lines(_best(evidence), evidence, live)
    linked = pl.col("best_count") == 1
    return (
        rows.join(met, on="row", how="left", validate="1:1")
        .with_columns(_outcome(), pl.col("has_secondary_claim", "loosely").fill_null(False))
        .with_columns(pl.when(linked).then(name).alias(name) for name in ("instance", "line_position"))
    )


def _outcome() -> pl.Expr:
    return (
        pl.when("is_copy")
        .then(pl.lit("duplicate"))
        .when(pl.col("claim_status_code").is_in(IGNORED_STATUSES))
        .then(pl.lit("ignored"))
        .when(pl.col("prior_payer") & ~pl.col("has_secondary_claim").fill_null(False))
        .then(pl.lit("crossover"))
        .when(pl.col("best_count") == 1)
        .then(pl.lit("linked"))
        .when(pl.col("best_count") > 1)
        .then(pl.lit("ambiguous"))
        .otherwise(pl.lit("unlinked"))
        .alias("outcome")
    )


def _with_wanted_role(rows: pl.DataFrame) -> pl.DataFrame:
    """The role of the claim that a remit row speaks of (CLP02; CARC 23 makes it secondary whatever CLP02
    says).
    """
    prior = pl.any_horizontal(
        pl.col(name).fill_null("").str.contains(_PRIOR_PAYER) for name in ("adjustments", "claim_adjustments")
    )
    rows = rows.with_columns(prior_payer=prior).with_columns(
        stated_role=pl.when("prior_payer")
        .then(
            pl.when(pl.col("claim_status_code").is_in(["3", "21"])).then(pl.lit("T")).otherwise(pl.lit("S"))
        )
        .otherwise(pl.col("claim_status_code").replace_strict(ROLE_OF_STATUS, default=None))
    )
    speaking = (
        rows.filter(pl.col("claim_status_code").is_in(list(ROLE_OF_STATUS)) & ~pl.col("is_copy"))
        .group_by("number", pointed_key="payer_claim_key")
        .agg(pointed_role=pl.col("stated_role").min())
    )
    for pointer, role in (("payer_claim_key", "own_role"), ("original_payer_claim_key", "original_role")):
        rows = rows.join(
            speaking.rename({"pointed_key": pointer, "pointed_role": role}),
            on=["number", pointer],
            how="left",
            validate="m:1",
        )
    return rows.with_columns(
        wanted_role=pl.coalesce("stated_role", pl.min_horizontal("own_role", "original_role"), pl.lit("P"))
    ).drop("stated_role", "own_role", "original_role")


def _slot_lines(claims: pl.DataFrame) -> pl.DataFrame:
    """Every line of every version, with how many line positions and lines its instance has."""
    lines = claims.filter(pl.col("row_standing") == "line")
    instance = lines.group_by("instance").agg(
        single=pl.col("line_position").min() == pl.col("line_position").max(),
        most_lines=pl.col("claim_line_count").max(),
    )
    return lines.join(instance, on="instance", validate="m:1").select(
        "instance",
        "line_position",
        "claim_number_key",
        "billing_provider_npi",
        number=loose_number(),
        slot_role="role",
        slot_payer="payer",
        slot_payer_id="other_id",
        slot_payer_name="other_name",
        slot_code="procedure_code",
        slot_date="service_date",
        slot_charge="charge_cents",
        slot_control="line_control_key",
        slot_number="line_number_key",
        **{f"slot_{name}": pl.col(name) for name in _MODIFIERS},
        single="single",
        sole_line=pl.col("single") & (pl.col("most_lines") == 1),
    )


def _candidates(live: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Remit rows beside every claim line of the same number (and billing NPI where the remittance has it).

    Where no line has the number, the numbers are compared without punctuation and leading zeros. An answer
    after another payer's is no answer to a primary claim where one of its own role is there.
    """
    wanted = _wanted(live)
    lines = _slot_lines(claims)
    of_payee = pl.col("payee_npi").is_null() | (pl.col("payee_npi") == pl.col("billing_provider_npi"))
    exact = wanted.join(lines.drop("number"), on="claim_number_key", how="inner").filter(of_payee)
    rest = wanted.join(exact.select("row").unique(), on="row", how="anti")
    near = rest.join(lines.drop("claim_number_key"), on="number", how="inner").filter(of_payee)
    found = pl.concat(
        [
            exact.with_columns(loosely=pl.lit(False)),
            near.with_columns(loosely=pl.lit(True)).select(*exact.columns, "loosely"),
        ]
    )
    secondary = (pl.col("slot_role") != "P").any().over("row")
    return found.with_columns(has_secondary_claim=secondary).filter(
        ~pl.col("prior_payer") | ~pl.col("has_secondary_claim") | (pl.col("slot_role") != "P")
    )


def _wanted(live: pl.DataFrame) -> pl.DataFrame:
    """What is looked for: a remit row each, or several where its copies differ in the line control number."""
    rows = live.with_columns(charge=pl.col("charge_cents").abs())
    split = rows.filter(pl.col("loop").is_duplicated()).select(
        "row", loop_charge=pl.col("charge_cents").sum().over("loop", "billed_code", "service_date").abs()
    )
    wanted = rows.join(split, on="row", how="left", validate="1:1").select(
        "row",
        "number",
        "claim_number_key",
        "payee_npi",
        "payer",
        "other_id",
        "other_name",
        "wanted_role",
        "prior_payer",
        "line_control_key",
        "service_date",
        "billed_code",
        "procedure_code",
        "charge",
        *_MODIFIERS,
        "other_controls",
        loop_charge=pl.coalesce("loop_charge", "charge"),
    )
    once = pl.col("other_controls").is_null()
    further = wanted.filter(~once).with_columns(line_control_key="other_controls").explode("line_control_key")
    return pl.concat([wanted.filter(once), further]).drop("other_controls")


def _same_payer() -> pl.Expr:
    """Mapped to the same name; among `other`, known by the same name or id."""
    same = pl.col("payer") == pl.col("slot_payer")
    alike = (pl.col("other_id") == pl.col("slot_payer_id")).fill_null(False) | (
        pl.col("other_name") == pl.col("slot_payer_name")
    ).fill_null(False)
    return same & ((pl.col("payer") != UNMAPPED) | alike)


def _evidence(candidates: pl.DataFrame, scope: tuple[str, ...]) -> pl.DataFrame:
    """One row per remit row and line position, with what speaks for it in any version.

    Adds `alone`: the remit row meets no other line, so that nothing is left to compare or to sum up.
    """
    coded = pl.col("billed_code").is_not_null()
    control = pl.col("line_control_key")
    exact = ~pl.col("loosely")
    by_control = exact & coded & ((control == pl.col("slot_control")) | (control == pl.col("slot_number")))
    of_service = (pl.col("billed_code") == pl.col("slot_code")) & (
        (pl.col("service_date").is_null() & exact) | (pl.col("service_date") == pl.col("slot_date"))
    )
    by_whole = of_service & (pl.col("charge") == pl.col("slot_charge"))
    by_bill = by_whole | (of_service & (pl.col("loop_charge") == pl.col("slot_charge")))
    in_scope = pl.col("billed_code").is_in(scope) | pl.col("procedure_code").is_in(scope)
    by_being_single = pl.when(coded).then(pl.col("single") & in_scope).otherwise(pl.col("sole_line"))
    said = candidates.with_columns(
        by_control=by_control.fill_null(False),
        by_bill=by_bill.fill_null(False),
        by_whole=by_whole.fill_null(False),
        by_being_single=(exact & by_being_single).fill_null(False),
        same_payer=_same_payer(),
        same_role=pl.col("wanted_role") == pl.col("slot_role"),
    ).filter(exact | pl.col("by_bill"))
    said = said.with_columns(alone=pl.col("row").is_unique())
    shared = ("alone", "slot_role", "loosely", "has_secondary_claim")
    speaking = (*_WEIGHTS, "by_whole")
    columns = ("row", "instance", "line_position", *shared, *speaking)
    alone = said.filter("alone").with_columns(repeated=pl.lit(0, pl.UInt32)).select(columns)
    several = said.filter(~pl.col("alone")).with_columns(repeated=_repeated())
    grouped = several.group_by("row", "instance", "line_position").agg(
        pl.col(shared).first(), *(pl.col(name).max() for name in speaking)
    )
    return pl.concat([alone, grouped.select(columns)]).with_columns(
        strength=pl.when(pl.col("by_control") | pl.col("by_bill") | pl.col("by_being_single"))
        .then(pl.sum_horizontal(pl.col(name).cast(pl.Int64) * weight for name, weight in _WEIGHTS.items()))
        .otherwise(-1)
    )


def _repeated() -> pl.Expr:
    """Number of the line position's modifiers that the remittance repeats."""
    on_remit, on_slot = pl.concat_list(_MODIFIERS), pl.concat_list(f"slot_{name}" for name in _MODIFIERS)
    return on_remit.list.drop_nulls().list.set_intersection(on_slot).list.len().fill_null(0)


def _best(evidence: pl.DataFrame) -> pl.DataFrame:
    """The strongest line position of each remit row, how many are equally strong (0: no evidence at all), and
    its `sole_instance`, where the strongest are of one claim, or, without evidence, all candidates.
    """
    told = ("instance", "line_position", *OF_BEST)
    spoken_of = pl.col("instance").filter(pl.col("is_best") | ~pl.col("is_best").any())
    speaks = pl.col("strength") >= 0
    alone = evidence.filter("alone").select(
        "row",
        "has_secondary_claim",
        best_count=speaks.cast(pl.UInt32),
        sole_instance="instance",
        **{name: pl.when(speaks).then(name) for name in told},
    )
    several = (
        evidence.filter(~pl.col("alone"))
        .with_columns(best=pl.col("strength").max().over("row"))
        .with_columns(is_best=(pl.col("strength") == pl.col("best")) & speaks)
        .group_by("row")
        .agg(
            pl.col("has_secondary_claim").first(),
            best_count=pl.col("is_best").sum(),
            sole_instance=pl.when(spoken_of.min() == spoken_of.max()).then(spoken_of.first()),
            **{name: pl.col(name).filter("is_best").min() for name in told},
        )
    )
    return pl.concat([alone, several])


def _with_alike_lines(met: pl.DataFrame, evidence: pl.DataFrame, live: pl.DataFrame) -> pl.DataFrame:
    """Where several lines of one claim are alike, rows of one loop meet them in their order."""
    placed = in_order_of_lines(met, evidence, live).rename({"line_position": "placed"})
    if not len(placed):
        return met
    return (
        met.join(placed, on="row", how="left", validate="1:1")
        .with_columns(
            best_count=pl.when(pl.col("placed").is_not_null())
            .then(pl.lit(1, pl.UInt32))
            .otherwise("best_count"),
            line_position=pl.coalesce("placed", "line_position"),
        )
        .drop("placed")
    )
