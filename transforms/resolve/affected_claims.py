"""Which accepted rows belong together with new ones: what resolving them again can change, and no more.

Links: claim number and billing NPI; member id or birth date, NPI and date of a service (in shards its role
and code, too); payer claim numbers. Numbers are followed in their loose form: equal numbers have equal ones.
Following all links until nothing is added gives a set that resolves to the same rows alone as among all
others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl

from schemas.accepted import CLAIM_LINKS, REMIT_LINKS
from schemas.columns import names

Frame = TypeVar("Frame", pl.DataFrame, pl.LazyFrame)
NUMBER = ["number", "npi"]
SERVICE = ["npi", "role", "service_date", "procedure_code"]
HALVES_OF_PATIENT = ("member_key", "birth_key")
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


def _in_play(claim_keys: pl.DataFrame, remit_keys: pl.DataFrame) -> pl.DataFrame:
    """Claim rows that resolution can speak of: rows in scope, and header rows that share a claim number with
    one or name a payer claim number that a remittance has; the rest of the header rows change nothing.
    """
    in_scope, headers = claim_keys.filter("in_scope"), claim_keys.filter(~pl.col("in_scope"))
    of_number = pl.col("claim_number_key").is_in(in_scope["claim_number_key"].implode())
    of_name = pl.col("original_claim_key").is_in(remit_keys["payer_claim_key"].implode())
    return pl.concat([in_scope, headers.filter(of_number | of_name)])


NUMBER_FORM = pl.coalesce("loose_number_key", "claim_number_key")
"""The form of a claim number in which rows are followed."""


def _claim_keys(claims: pl.LazyFrame) -> pl.DataFrame:
    return claims.select(
        *ROW,
        "in_scope",
        "claim_number_key",
        *HALVES_OF_PATIENT,
        "role",
        "service_date",
        "procedure_code",
        "original_claim_key",
        npi="billing_provider_npi",
        number=NUMBER_FORM,
    ).collect()


def _remit_keys(remits: pl.LazyFrame) -> pl.DataFrame:
    return remits.select(
        *ROW, "payer_claim_key", "original_payer_claim_key", npi="payee_npi", number=NUMBER_FORM
    ).collect()


def shards(claims: pl.LazyFrame, remits: pl.LazyFrame, rows_per_shard: int) -> list[RowSet]:
    """All rows that resolution can speak of, in closed sets of about `rows_per_shard` rows.

    Each can be resolved alone, in any order, anywhere.
    """
    remit_keys = _remit_keys(remits)
    claim_keys = _in_play(_claim_keys(claims), remit_keys)
    if len(claim_keys) + len(remit_keys) <= rows_per_shard:
        return [RowSet(claim_keys.select(ROW), remit_keys.select(ROW))]
    component = _components(claim_keys, remit_keys)
    shard = (np.cumsum(np.bincount(component)) - 1) // max(rows_per_shard, 1)
    placed = pl.Series("shard", shard[component])
    of_claims = claim_keys.select(ROW).with_columns(placed.head(len(claim_keys)))
    of_remits = remit_keys.select(ROW).with_columns(placed.tail(len(remit_keys)))
    return [
        RowSet(*(rows.filter(pl.col("shard") == number).select(ROW) for rows in (of_claims, of_remits)))
        for number in placed.unique().sort()
    ]


def _components(claim_keys: pl.DataFrame, remit_keys: pl.DataFrame) -> np.ndarray:
    """Component of each row, claims first: rows that share a key are in one.

    Rows of one number and NPI come together first; then the links between such groups are followed. Keys are
    compared by their hashes: two that meet by chance make a component larger, and it is closed all the same.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = pl.concat([claim_keys, remit_keys], how="diagonal")
    everywhere = rows.filter(pl.col("npi").is_null())["number"].unique().implode()
    rows = rows.with_columns(
        (pl.struct(NUMBER).hash().rank("dense").cast(pl.Int64) - 1).alias("group"),
        pl.when(pl.col("number").is_in(everywhere)).then("number").alias("anywhere"),
    )
    payer_numbers = ("original_claim_key", "payer_claim_key", "original_payer_claim_key")
    pairs = [
        _pairs(rows, [["anywhere"]]),
        *(_pairs(rows, [[half, *SERVICE]]) for half in HALVES_OF_PATIENT),
        _pairs(rows, [[name] for name in payer_numbers]),
    ]
    one, other = (np.concatenate(side) for side in zip(*pairs, strict=True))
    groups = rows["group"].to_numpy()
    size = int(groups.max(initial=-1)) + 1
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(size, size))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return np.asarray(labels[groups])


def _pairs(rows: pl.DataFrame, keys: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of groups whose rows share a key; each of `keys` holds the same kind of key in other columns."""
    said = pl.concat(
        rows.select("group", *names).drop_nulls().select("group", key=pl.struct(names).hash())
        for names in keys
    ).sort("key")
    group, key = said["group"].to_numpy(), said["key"].to_numpy()
    shared = key[1:] == key[:-1]
    return group[1:][shared], group[:-1][shared]
