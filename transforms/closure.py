"""Which accepted rows belong together with new ones: what resolving them again can change, and no more.

Links: claim number and billing NPI; patient, NPI, role, date and code of a service; payer claim numbers.
Following them until nothing is added
gives a set that resolves to the same rows alone as among all others.
"""

from __future__ import annotations

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

    Grain of both frames: ROW, distinct.
    """
    claim_keys = _claim_keys(claims).with_row_index(PLACE)
    remit_keys = _remit_keys(remits).with_row_index(PLACE)
    everywhere = remit_keys.filter(pl.col("npi").is_null()).select("claim_number_key").unique()
    found_claims = claim_keys.join(seed.claims.select(ROW), on=ROW, how="semi", nulls_equal=False)
    found_remits = remit_keys.join(seed.remits.select(ROW), on=ROW, how="semi")
    new_claims, new_remits = found_claims, found_remits
    while len(new_claims) or len(new_remits):
        numbers = pl.concat([new_claims.select(NUMBER), new_remits.select(NUMBER)]).drop_nulls().unique()
        anywhere = (
            pl.concat([new_claims.select("claim_number_key"), new_remits.select("claim_number_key")])
            .unique()
            .join(everywhere, on="claim_number_key", how="semi")
        )
        services = new_claims.select(SERVICE).drop_nulls().unique()
        payer_numbers = (
            pl.concat(
                [
                    new_claims.select(key="original_claim_key"),
                    new_remits.select(key="payer_claim_key"),
                    new_remits.select(key="original_payer_claim_key"),
                ]
            )
            .drop_nulls()
            .unique()
        )
        new_claims = _touched(claim_keys, numbers, anywhere, payer_numbers, ["original_claim_key"], services)
        new_remits = _touched(
            remit_keys, numbers, anywhere, payer_numbers, ["payer_claim_key", "original_payer_claim_key"]
        )
        # what is found is few rows, what there is are many: the latter are never copied
        new_claims = new_claims.join(found_claims, on=PLACE, how="anti")
        new_remits = new_remits.join(found_remits, on=PLACE, how="anti")
        found_claims = pl.concat([found_claims, new_claims])
        found_remits = pl.concat([found_remits, new_remits])
    return RowSet(found_claims.select(ROW), found_remits.select(ROW))


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


def _touched(
    rows: pl.DataFrame,
    numbers: pl.DataFrame,
    anywhere: pl.DataFrame,
    payer_numbers: pl.DataFrame,
    payer_number_columns: list[str],
    services: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Rows that share a key with the frontier."""
    parts = [
        rows.join(numbers, on=NUMBER, how="semi"),
        rows.join(anywhere, on="claim_number_key", how="semi"),
        *(
            rows.join(payer_numbers, left_on=name, right_on="key", how="semi")
            for name in payer_number_columns
        ),
    ]
    if services is not None:
        parts.append(rows.join(services, on=SERVICE, how="semi"))
    return pl.concat(parts).unique(PLACE)


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
