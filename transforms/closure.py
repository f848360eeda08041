"""Which accepted rows belong together with new ones: what resolving them again can change, and no more.

Links: claim number and billing NPI; patient, NPI, role, date and code of a service; payer claim numbers.
Following them until nothing is added
gives a set that resolves to the same rows alone as among all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

NUMBER = ["claim_number_key", "npi"]
SERVICE = ["patient_key", "npi", "role", "service_date", "procedure_code"]
ROW = ["file_key", "row_number"]
PLACE = "_place"
"""Number of a row among all: what rows are told apart by, quicker than by ROW."""


@dataclass(frozen=True)
class RowSet:
    """Rows by file_key and row_number: claim rows and remit rows."""

    claims: pl.DataFrame
    remits: pl.DataFrame


def closure(claims: pl.LazyFrame, remits: pl.LazyFrame, seed: RowSet) -> RowSet:
    """The rows that `seed` touches through any number of links; the seed itself is among them.

    Grain of both frames: ROW, distinct. Keys are compared by their hashes: two that meet by chance make the
    set larger, and it is closed all the same.
    """
    links = pl.collect_all([_claim_links(claims), _remit_links(remits)])
    claim_links, remit_links = (rows.with_row_index(PLACE) for rows in links)
    everywhere = remit_links.filter("is_everywhere")["claim"].unique()
    found_claims, found_remits = _seeded(claim_links, seed.claims), _seeded(remit_links, seed.remits)
    new_claims, new_remits = found_claims, found_remits
    while len(new_claims) or len(new_remits):
        numbers = _told([new_claims["number"], new_remits["number"]])
        anywhere = _told([new_claims["claim"], new_remits["claim"]])
        shared = _among("number", numbers) | _among(
            "claim", anywhere.filter(anywhere.is_in(everywhere.implode()))
        )
        services = _told([new_claims["service"]])
        names = _told([new_claims["replaces"], new_remits["payer_claim"], new_remits["takes_back"]])
        of_claims = shared | _among("service", services) | _among("replaces", names)
        of_remits = shared | _among("payer_claim", names) | _among("takes_back", names)
        # what is found is few rows, what there is are many: the latter are never copied
        new_claims = claim_links.filter(of_claims).join(found_claims, on=PLACE, how="anti")
        new_remits = remit_links.filter(of_remits).join(found_remits, on=PLACE, how="anti")
        found_claims = pl.concat([found_claims, new_claims])
        found_remits = pl.concat([found_remits, new_remits])
    return RowSet(found_claims.select(ROW), found_remits.select(ROW))


def _claim_links(claims: pl.LazyFrame) -> pl.LazyFrame:
    """What a claim row can be linked by, hashed; null where it has no such key."""
    rows = claims.with_columns(npi="billing_provider_npi")
    links = {"number": NUMBER, "claim": ["claim_number_key"], "service": SERVICE}
    return _hashed(rows, {**links, "replaces": ["original_claim_key"]})


def _remit_links(remits: pl.LazyFrame) -> pl.LazyFrame:
    """What a remit row can be linked by, hashed; `is_everywhere`: it names no NPI."""
    rows = remits.with_columns(npi="payee_npi")
    names = {"payer_claim": ["payer_claim_key"], "takes_back": ["original_payer_claim_key"]}
    return _hashed(
        rows,
        {"number": NUMBER, "claim": ["claim_number_key"], **names},
        is_everywhere=pl.col("npi").is_null(),
    )


def _hashed(rows: pl.LazyFrame, links: Mapping[str, list[str]], **more: pl.Expr) -> pl.LazyFrame:
    whole = {
        name: pl.when(pl.all_horizontal(pl.col(keys).is_not_null())).then(pl.struct(keys).hash())
        for name, keys in links.items()
    }
    return rows.select(*ROW, **whole, **more)


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


def _claim_keys(claims: pl.LazyFrame) -> pl.DataFrame:
    return claims.select(
        *ROW,
        "in_scope",
        "claim_number_key",
        "patient_key",
        "role",
        "service_date",
        "procedure_code",
        "original_claim_key",
        npi="billing_provider_npi",
    ).collect()


def _remit_keys(remits: pl.LazyFrame) -> pl.DataFrame:
    return remits.select(
        *ROW, "claim_number_key", "payer_claim_key", "original_payer_claim_key", npi="payee_npi"
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
    everywhere = rows.filter(pl.col("npi").is_null())["claim_number_key"].unique().implode()
    rows = rows.with_columns(
        (pl.struct(NUMBER).hash().rank("dense").cast(pl.Int64) - 1).alias("group"),
        pl.when(pl.col("claim_number_key").is_in(everywhere)).then("claim_number_key").alias("anywhere"),
    )
    payer_numbers = ("original_claim_key", "payer_claim_key", "original_payer_claim_key")
    pairs = [
        _pairs(rows, [["anywhere"]]),
        _pairs(rows, [SERVICE]),
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
