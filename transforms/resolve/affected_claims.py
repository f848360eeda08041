"""Which accepted rows belong together with new ones: what resolving them again can change, and no more.

Links: claim number and billing NPI; member id or birth date, NPI and date of a service; payer claim numbers.
Numbers are followed in their loose form: equal numbers have equal ones. Following all links until nothing is
added gives a set that resolves to the same rows alone as among all others; `claim_groups` divides rows by the
same links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import polars as pl

from schemas.accepted import CLAIM_LINKS, REMIT_LINKS
from schemas.columns import names

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
ROW = ["file_key", "row_number"]
SPREAD = (7_046_029_254_386_353_131, 2_862_933_555_777_941_757)
"""Odd factors: sums of products, which wrap around, are distinct for distinct keys but by chance."""
ROLES = {"P": 1, "S": 2, "T": 3}
PLACE = "_place"
"""Number of a row among all: what rows are told apart by, quicker than by ROW."""


@dataclass(frozen=True)
class RowSet:
    """Rows by file_key and row_number: claim rows and remit rows."""

    claims: pl.DataFrame
    remits: pl.DataFrame


def affected_claims(claims: pl.LazyFrame, remits: pl.LazyFrame, seed: RowSet) -> RowSet:
    """The rows that `seed` touches through any number of links; the seed itself is among them.

    Takes rows with their links (`with_claim_links`, `with_remit_links`). Grain of both frames: ROW, distinct.
    Links are numbers: two keys that meet by chance make the set larger, and it is closed all the same.
    """
    links = (claims.select(*ROW, *names(CLAIM_LINKS)), remits.select(*ROW, *names(REMIT_LINKS)))
    claim_links, remit_links = (rows.with_row_index(PLACE) for rows in pl.collect_all(links))
    everywhere = remit_links.filter(pl.col("link_number").is_null())["link_claim"].unique()
    found_claims, found_remits = _seeded(claim_links, seed.claims), _seeded(remit_links, seed.remits)
    new_claims, new_remits = found_claims, found_remits
    while len(new_claims) or len(new_remits):
        numbers = _told([new_claims["link_number"], new_remits["link_number"]])
        anywhere = _told([new_claims["link_claim"], new_remits["link_claim"]])
        shared = _among("link_number", numbers) | _among(
            "link_claim", anywhere.filter(anywhere.is_in(everywhere.implode()))
        )
        services = {name: _told([new_claims[name]]) for name in ("link_member", "link_birth")}
        payer_claims = _told(
            [new_claims["link_replaces"], new_remits["link_payer_claim"], new_remits["link_takes_back"]]
        )
        of_claims = shared | _among("link_replaces", payer_claims)
        for name, keys in services.items():
            of_claims = of_claims | _among(name, keys)
        of_remits = (
            shared | _among("link_payer_claim", payer_claims) | _among("link_takes_back", payer_claims)
        )
        # what is found is few rows, what there is are many: the latter are never copied
        new_claims = claim_links.filter(of_claims).join(found_claims, on=PLACE, how="anti")
        new_remits = remit_links.filter(of_remits).join(found_remits, on=PLACE, how="anti")
        found_claims = pl.concat([found_claims, new_claims])
        found_remits = pl.concat([found_remits, new_remits])
    return RowSet(found_claims.select(ROW), found_remits.select(ROW))


def with_claim_links(claims: Frame) -> Frame:
    """Accepted claim lines beside the numbers they are linked by (CLAIM_LINKS)."""
    claim, npi = _loose_digits(), _npi("billing_provider_npi")
    service = npi * SPREAD[0] + pl.col("service_date").to_physical().cast(pl.Int64) * SPREAD[1]
    return claims.with_columns(
        link_submission=submission_link(),
        link_number=claim + npi * SPREAD[0],
        link_claim=claim,
        link_member=_digits("member_key") + service,
        link_birth=_digits("birth_key") + service,
        link_replaces=_digits("original_claim_key"),
    )


def submission_link() -> pl.Expr:
    """A number made of all that tells an accepted claim line's submission, its payer apart."""
    parts = (
        _digits("claim_number_key"),
        _npi("billing_provider_npi"),
        pl.col("role").replace_strict(ROLES, return_dtype=pl.Int64),
        pl.col("submitted_on").to_physical().cast(pl.Int64),
        pl.col("claim_frequency_code").replace("6", "7").cast(pl.Int64, strict=False),
        _digits("original_claim_key"),
        _digits("member_key"),
        _digits("birth_key"),
    )
    mixed = pl.lit(0, pl.Int64)
    for part in parts:
        mixed = mixed * SPREAD[0] + part.fill_null(0) * SPREAD[1]
    return mixed


def with_remit_links(remits: Frame) -> Frame:
    """Accepted remit lines beside the numbers they are linked by (REMIT_LINKS)."""
    claim = _loose_digits()
    return remits.with_columns(
        link_number=claim + _npi("payee_npi") * SPREAD[0],
        link_claim=claim,
        link_payer_claim=_digits("payer_claim_key"),
        link_takes_back=_digits("original_payer_claim_key"),
    )


def _digits(key: str) -> pl.Expr:
    """The first sixty bits of a keyed hash: the same in every version of every library."""
    return pl.col(key).str.head(15).str.to_integer(base=16, dtype=pl.Int64)


def _loose_digits() -> pl.Expr:
    """Those of the loose claim number; a number of nothing but punctuation and zeros has its own."""
    return pl.coalesce(_digits("loose_number_key"), _digits("claim_number_key"))


def _npi(column: str) -> pl.Expr:
    """The NPI as a number; what is none (in header rows, which are not validated) is 0, nothing is null."""
    npi = pl.col(column)
    return pl.when(npi.is_not_null()).then(npi.cast(pl.Int64, strict=False).fill_null(0))


def _seeded(links: pl.DataFrame, seed: pl.DataFrame) -> pl.DataFrame:
    of_files = links.filter(pl.col("file_key").is_in(seed["file_key"].unique().implode()))
    return of_files.join(seed.select(ROW), on=ROW, how="semi")


def _told(keys: list[pl.Series]) -> pl.Series:
    return pl.concat([key.alias("key") for key in keys]).drop_nulls().unique()


def _among(name: str, keys: pl.Series) -> pl.Expr:
    return pl.col(name).is_in(keys.implode())
