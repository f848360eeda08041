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

from transforms.resolve.claim_groups import PLACE

_Frame = TypeVar("_Frame", pl.DataFrame, pl.LazyFrame)
ROW = ["file_key", "row_number"]
SPREAD = (7_046_029_254_386_353_131, 2_862_933_555_777_941_757)
"""Odd factors: sums of products, which wrap around, are distinct for distinct keys but by chance."""
ROLES = {"P": 1, "S": 2, "T": 3}


@dataclass(frozen=True)
class RowSet:
    """Rows by file_key and row_number: claim rows and remit rows, and what else is told of them."""

    claims: pl.DataFrame
    remits: pl.DataFrame


def affected_claims(claims: pl.LazyFrame, remits: pl.LazyFrame, seed: RowSet) -> RowSet:
    """The rows that `seed` touches through any number of links; the seed itself is among them.

    Takes rows with their links (`with_claim_links`, `with_remit_links`) and gives those touched, in their
    order, with `PLACE`: the number of a row among all given. Each step reads all rows and holds what it
    found. Links are numbers: two keys that meet by chance make the set larger, and it is closed all the same.
    """
    sides = (claims.with_row_index(PLACE), remits.with_row_index(PLACE))
    found = _collected(
        [_seeded(rows, wanted) for rows, wanted in zip(sides, (seed.claims, seed.remits), strict=True)]
    )
    new = found
    unnamed = remits.filter(pl.col("link_number").is_null()).select("link_claim")
    is_unnamed = bool(unnamed.head(1).collect(engine="streaming").height)
    while any(map(len, new)):
        near = _near(new[0], new[1], unnamed if is_unnamed else unnamed.clear())
        met = _collected([rows.filter(links) for rows, links in zip(sides, near, strict=True)])
        new = [rows.join(known, on=PLACE, how="anti") for rows, known in zip(met, found, strict=True)]
        found = [pl.concat([known, rows]) for known, rows in zip(found, new, strict=True)]
    return RowSet(*(rows.sort(PLACE) for rows in found))


def _collected(rows: list[pl.LazyFrame]) -> list[pl.DataFrame]:
    return pl.collect_all(rows, engine="streaming")


def _near(claims: pl.DataFrame, remits: pl.DataFrame, unnamed: pl.LazyFrame) -> tuple[pl.Expr, pl.Expr]:
    """Whether a claim row or a remit row shares a link with one of these.

    `unnamed`: claim numbers of answers that name no payee; they are of any provider's claim.
    """
    numbers = _told([claims["link_number"], remits["link_number"]])
    anywhere = _told([claims["link_claim"], remits["link_claim"]])
    anywhere = unnamed.filter(_among("link_claim", anywhere)).collect(engine="streaming")["link_claim"]
    shared = _among("link_number", numbers) | _among("link_claim", anywhere.unique())
    payer_claims = _told([claims["link_replaces"], remits["link_payer_claim"], remits["link_takes_back"]])
    of_claims = shared | _among("link_replaces", payer_claims)
    for name in ("link_member", "link_birth"):
        of_claims = of_claims | _among(name, _told([claims[name]]))
    of_remits = shared | _among("link_payer_claim", payer_claims) | _among("link_takes_back", payer_claims)
    return of_claims, of_remits


def with_claim_links(claims: _Frame) -> _Frame:
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


def with_remit_links(remits: _Frame) -> _Frame:
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


def _seeded(links: pl.LazyFrame, seed: pl.DataFrame) -> pl.LazyFrame:
    of_files = links.filter(pl.col("file_key").is_in(seed["file_key"].unique().implode()))
    return of_files.join(seed.lazy().select(ROW).unique(), on=ROW, how="semi")


def _told(keys: list[pl.Series]) -> pl.Series:
    return pl.concat([key.alias("key") for key in keys]).drop_nulls().unique()


def _among(name: str, keys: pl.Series) -> pl.Expr:
    return pl.col(name).is_in(keys.implode())
