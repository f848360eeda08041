"""Answers of a payer after the first that met a primary claim: they are no answers of its lines.

Source: CLP02, CARC 23 (x12.org RFI 1696, 2143, 2535); contract section 4.4; docs/resolution.md, section 4.
"""

from __future__ import annotations

import polars as pl

PRIMARY = ("1", "19")
AFTER_ANOTHER = ("2", "3", "20", "21")
_REVERSAL = "22"
_FAMILY = ("instance", "same_payer", "payer", "other_name", "family")


def with_roles(adjudications: pl.DataFrame) -> pl.DataFrame:
    """Add is_crossover (an answer of a later payer at a primary claim) and role_assumed_primary.

    Answers of one payer that bear, or name, one payer claim number are a family: its reversals and
    corrections follow its first answer. Needs what `with_cancellations` adds. Grain unchanged.
    """
    status = pl.col("claim_status_code")
    at_primary = pl.col("slot_role") == "P"
    doubtful = at_primary & (pl.col("prior_payer") | ~pl.col("same_payer") | status.is_in(AFTER_ANOTHER))
    claims = adjudications.filter(doubtful).select("instance").unique()
    open_answers = adjudications.filter(at_primary).join(claims, on="instance", how="semi")
    decided = _decided(_with_family(open_answers))
    return (
        adjudications.join(decided, on="adjudication", how="left", validate="1:1")
        .with_columns(pl.col("is_crossover").fill_null(False))
        .with_columns(role_assumed_primary=at_primary & status.is_in(AFTER_ANOTHER) & ~pl.col("is_crossover"))
    )


def _with_family(answers: pl.DataFrame) -> pl.DataFrame:
    """Number the families of each claim: payer claim numbers that are named by one another are of one."""
    whose = [name for name in _FAMILY if name != "family"]
    numbers = answers.select(*whose, number="payer_claim_key").unique().with_columns(family="number")
    links = (
        answers.select(*whose, one="payer_claim_key", other="original_payer_claim_key")
        .drop_nulls("other")
        .unique()
    )
    links = pl.concat([links, links.select(*whose, one="other", other="one")])
    while True:
        reached = (
            links.join(numbers, left_on=[*whose, "other"], right_on=[*whose, "number"], nulls_equal=True)
            .group_by(*whose, number="one")
            .agg(nearer=pl.col("family").min())
        )
        joined = numbers.join(reached, on=[*whose, "number"], how="left", nulls_equal=True).with_columns(
            family=pl.min_horizontal("family", "nearer")
        )
        if joined["family"].equals(numbers["family"]):
            break
        numbers = joined.select(numbers.columns)
    return answers.join(
        numbers,
        left_on=[*whose, "payer_claim_key"],
        right_on=[*whose, "number"],
        how="left",
        nulls_equal=True,
    )


def _decided(answers: pl.DataFrame) -> pl.DataFrame:
    """(adjudication, is_crossover) of the answers to primary claims of which another payer may speak."""
    status = pl.col("claim_status_code")
    answers = answers.with_columns(
        stated=status.is_in(PRIMARY) & ~pl.col("prior_payer"), after=status.is_in(AFTER_ANOTHER)
    ).pipe(_with_first_answer)
    own = pl.col("same_payer")
    corrections = (pl.col("stated") & pl.col("corrects")).sum().over(_FAMILY)
    assumed = ~pl.col("has_secondary_claim") & (
        pl.col("stated").sum().over("instance", "same_payer") == corrections
    )
    of_first = pl.col("first_prior") | (pl.col("first_after") & ~assumed)
    not_first = pl.col("after") & ~pl.col("corrects") & ~pl.col("first_after")
    answers = answers.with_columns(
        is_crossover=pl.col("prior_payer") | (~pl.col("stated") & (of_first | not_first))
    )
    own_paid = (
        (own & ~pl.col("is_crossover") & ~pl.col("is_reversal") & pl.col("paid_or_allowed"))
        .any()
        .over("instance")
    )
    goes_along = ~pl.col("stated") & (pl.col("first_prior") | pl.col("first_after"))
    of_another = pl.col("prior_payer") | pl.col("after") | own_paid | goes_along
    answers = answers.with_columns(is_crossover=pl.when(own).then("is_crossover").otherwise(of_another))
    cancelled = answers.select(cancels="adjudication", of_cancelled="is_crossover")
    return answers.join(cancelled, on="cancels", how="left", validate="m:1").select(
        "adjudication", is_crossover=pl.coalesce("of_cancelled", "is_crossover")
    )


def _with_first_answer(answers: pl.DataFrame) -> pl.DataFrame:
    """Add what the first answer of each family says of its role; whether a row corrects a reversed one."""
    speaks = pl.col("claim_status_code").is_in((*PRIMARY, *AFTER_ANOTHER))
    first = (
        answers.filter(speaks)
        .sort("payment_date", ~pl.col("stated"), "prior_payer", "content_order")
        .group_by(_FAMILY, maintain_order=True)
        .agg(first_after=pl.col("after").first(), first_prior=pl.col("prior_payer").first())
    )
    backs = (
        answers.filter(pl.col("claim_status_code") == _REVERSAL)
        .group_by(_FAMILY)
        .agg(taken_back_on=pl.col("payment_date").min())
    )
    return (
        answers.join(first, on=_FAMILY, how="left", nulls_equal=True, validate="m:1")
        .join(backs, on=_FAMILY, how="left", nulls_equal=True, validate="m:1")
        .with_columns(
            pl.col("first_after", "first_prior").fill_null(False),
            corrects=(pl.col("taken_back_on") <= pl.col("payment_date")).fill_null(False),
        )
    )
