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


@dataclass(frozen=True)
class RowSet:
    """Rows by file_key and row_number: claim rows and remit rows."""

    claims: pl.DataFrame
    remits: pl.DataFrame


def in_play(claims: pl.LazyFrame, remits: pl.LazyFrame) -> pl.LazyFrame:
    """Claim rows that resolution can speak of: rows in scope, and header rows that share a claim number with
    one or name a
    payer claim number that a remittance has. Grain unchanged; the rest of the header rows change nothing.
    """
    in_scope = claims.filter("in_scope")
    headers = claims.filter(~pl.col("in_scope"))
    numbers = in_scope.select("claim_number_key").unique()
    named = remits.select(original_claim_key="payer_claim_key").unique()
    of_number = headers.join(numbers, on="claim_number_key", how="semi")
    of_name = headers.join(numbers, on="claim_number_key", how="anti").join(
        named, on="original_claim_key", how="semi"
    )
    return pl.concat([in_scope, of_number, of_name])


def closure(claims: pl.LazyFrame, remits: pl.LazyFrame, seed: RowSet) -> RowSet:
    """The rows that `seed` touches through any number of links; the seed itself is among them.

    Grain of both frames: ROW, distinct.
    """
    claim_keys, remit_keys = _claim_keys(claims), _remit_keys(remits)
    everywhere = remit_keys.filter(pl.col("npi").is_null()).select("claim_number_key").unique()
    found_claims = claim_keys.join(seed.claims.select(ROW), on=ROW, how="semi", nulls_equal=False)
    found_remits = remit_keys.join(seed.remits.select(ROW), on=ROW, how="semi")
    new_claims, new_remits = found_claims, found_remits
    claim_keys = claim_keys.join(found_claims, on=ROW, how="anti")
    remit_keys = remit_keys.join(found_remits, on=ROW, how="anti")
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
        claim_keys = claim_keys.join(new_claims, on=ROW, how="anti")
        remit_keys = remit_keys.join(new_remits, on=ROW, how="anti")
        found_claims = pl.concat([found_claims, new_claims])
        found_remits = pl.concat([found_remits, new_remits])
    return RowSet(found_claims.select(ROW), found_remits.select(ROW))


def _claim_keys(claims: pl.LazyFrame) -> pl.DataFrame:
    return claims.select(
        *ROW,
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
    return pl.concat(parts).unique(ROW)


def shards(claims: pl.LazyFrame, remits: pl.LazyFrame, rows_per_shard: int) -> list[RowSet]:
    """All rows in closed sets of about `rows_per_shard` rows: each can be resolved alone, in any order,
    anywhere.
    """
    claim_keys, remit_keys = _claim_keys(claims), _remit_keys(remits)
    rows = pl.concat(
        [
            claim_keys.select(*ROW, is_claim=pl.lit(True)),
            remit_keys.select(*ROW, is_claim=pl.lit(False)),
        ]
    )
    component = pl.Series("component", _components(claim_keys, remit_keys))
    sizes = (
        component.value_counts()
        .sort("component")
        .with_columns(shard=(pl.col("count").cum_sum() - 1) // max(rows_per_shard, 1))
    )
    placed = rows.with_columns(component).join(
        sizes.select("component", "shard"), on="component", how="left", validate="m:1"
    )
    parts = placed.partition_by("shard", as_dict=True)
    return [
        RowSet(part.filter("is_claim").select(ROW), part.filter(~pl.col("is_claim")).select(ROW))
        for _, part in sorted(parts.items())
    ]


def _components(claim_keys: pl.DataFrame, remit_keys: pl.DataFrame) -> np.ndarray:
    """Component of each row, claims first: rows that share a key are in one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count = len(claim_keys) + len(remit_keys)
    everywhere = remit_keys.filter(pl.col("npi").is_null())["claim_number_key"].unique().implode()
    remit_keys = remit_keys.with_columns(patient_key=pl.lit(None, pl.String), role=pl.lit(None, pl.String))
    remit_keys = remit_keys.with_columns(
        service_date=pl.lit(None, pl.Date), procedure_code=pl.lit(None, pl.String)
    )
    number = pl.col("claim_number_key")
    anywhere = pl.when(number.is_in(everywhere)).then(number).alias("anywhere")
    claim_keys, remit_keys = claim_keys.with_columns(anywhere), remit_keys.with_columns(anywhere)
    links: tuple[tuple[list[str], list[str]], ...] = (
        (NUMBER, NUMBER),
        (["anywhere"], ["anywhere"]),
        (SERVICE, SERVICE),
        (["original_claim_key"], ["payer_claim_key"]),
        (["original_claim_key"], ["original_payer_claim_key"]),
        ([], ["payer_claim_key"]),
        ([], ["original_payer_claim_key"]),
    )
    rows, nodes, first = [], [], count
    for group in (links[:1], links[1:2], links[2:3], links[3:]):
        said = pl.concat([_said(claim_keys, remit_keys, *link) for link in group])
        codes = _codes(said.drop("row"))
        rows.append(said["row"].to_numpy())
        nodes.append(codes.to_numpy() - 1 + first)
        first += int(codes.max() or 0)  # type: ignore[arg-type]
    pairs = (np.concatenate(rows), np.concatenate(nodes))
    graph = coo_array((np.ones(len(pairs[0]), dtype=np.int8), pairs), shape=(first, first))
    return np.asarray(connected_components(graph, directed=False)[1][:count])


def _codes(keys: pl.DataFrame) -> pl.Series:
    """A whole number from 1 per distinct combination of key columns."""
    coded = keys.select(
        pl.col(name).cast(pl.Categorical(pl.Categories.random())).to_physical()
        if kind == pl.String
        else pl.col(name)
        for name, kind in keys.schema.items()
    )
    return coded.select(pl.struct(pl.all()).rank("dense").cast(pl.Int64)).to_series()


def _said(
    claim_keys: pl.DataFrame, remit_keys: pl.DataFrame, of_claims: list[str], of_remits: list[str]
) -> pl.DataFrame:
    """(row, key columns) of the rows that have the key."""
    parts = []
    for keys, columns, start in ((claim_keys, of_claims, 0), (remit_keys, of_remits, len(claim_keys))):
        if columns:
            row = pl.int_range(start, start + pl.len(), dtype=pl.Int64).alias("row")
            named = [pl.col(name).alias(f"key_{place}") for place, name in enumerate(columns)]
            parts.append(keys.select(row, *named).drop_nulls())
    return pl.concat(parts)
