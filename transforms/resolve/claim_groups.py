"""Divides accepted rows into groups of claims that nothing links: each is resolved alone, anywhere.

The links are those of `transforms.resolve.affected_claims`, read one at a time: what is held at once is a few
numbers for each row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from schemas.accepted import CLAIM_LINKS, REMIT_LINKS
from schemas.columns import names

UNNAMED = 1_181_783_497_276_652_981
"""Added to the claim number of an answer that names no payee: its group is of no provider's number."""


class ClaimGroups(NamedTuple):
    """Group of each claim row and of each remit row, in the order given; -1: a header row that changes
    nothing.
    """

    claims: np.ndarray
    remits: np.ndarray


def claim_groups(claims: pl.DataFrame, remits: pl.DataFrame, rows_per_group: int) -> ClaimGroups:
    """Groups of about `rows_per_group` rows, numbered from 0; a claim is never divided.

    Takes rows with their links (CLAIM_LINKS and `in_scope`, REMIT_LINKS). Links are numbers: two keys that
    meet by chance make a group larger, and it is closed all the same.
    """
    in_play = _in_play(claims, remits)
    claims = claims.select(names(CLAIM_LINKS)).filter(in_play)
    if len(claims) + len(remits) <= rows_per_group:
        return ClaimGroups(np.where(in_play.to_numpy(), 0, -1), np.zeros(len(remits), dtype=np.int64))
    component = _components(claims, remits.select(names(REMIT_LINKS)))
    group = ((np.cumsum(np.bincount(component)) - 1) // max(rows_per_group, 1))[component]
    group = np.unique(group, return_inverse=True)[1]
    of_claims = np.full(len(in_play), -1, dtype=np.int64)
    of_claims[in_play.to_numpy()] = group[: len(claims)]
    return ClaimGroups(of_claims, group[len(claims) :])


def _in_play(claims: pl.DataFrame, remits: pl.DataFrame) -> pl.Series:
    """Claim rows that resolution can speak of: rows in scope, and header rows that share a claim number with
    one or name a payer claim number that a remittance has; the rest of the header rows change nothing.
    """
    scope = claims.get_column("in_scope")
    numbers = claims.filter(scope).get_column("link_claim").unique().implode()
    answered = remits.get_column("link_payer_claim").unique().implode()
    told = pl.col("link_claim").is_in(numbers) | pl.col("link_replaces").is_in(answered).fill_null(False)
    return claims.select(pl.col("in_scope") | told).to_series()


def _components(claims: pl.DataFrame, remits: pl.DataFrame) -> np.ndarray:
    """Component of each row, claims first: rows that share a link are in one.

    Rows of one number and NPI come together first; then the links between such nodes are followed, of which
    few lead from one to another.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    unnamed = remits.filter(pl.col("link_number").is_null()).get_column("link_claim").unique()
    numbers = pl.concat(
        [
            claims.get_column("link_number"),
            remits.select(pl.coalesce("link_number", pl.col("link_claim") + UNNAMED)).to_series(),
        ]
    )
    node = (numbers.rank("dense").cast(pl.Int64) - 1).alias("node")
    of_claims, of_remits = node.head(len(claims)), node.tail(len(remits))
    sides = ((of_claims, claims), (of_remits, remits))
    linked = [
        _edges([(nodes, _among(rows["link_claim"], unnamed)) for nodes, rows in sides]),
        _edges([(of_claims, claims["link_member"])]),
        _edges([(of_claims, claims["link_birth"])]),
        _edges(
            [
                (of_claims, claims["link_replaces"]),
                (of_remits, remits["link_payer_claim"]),
                (of_remits, remits["link_takes_back"]),
            ]
        ),
    ]
    one, other = (np.concatenate(side) for side in zip(*linked, strict=True))
    size = node.n_unique()
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(size, size))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return np.asarray(labels[node.to_numpy()])


def _edges(keys: list[tuple[pl.Series, pl.Series]]) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of different nodes whose rows share a key. `keys`: nodes of rows, and their keys (or null)."""
    said = pl.concat(pl.DataFrame({"node": node, "key": key}).drop_nulls() for node, key in keys).sort("key")
    node, key = said["node"].to_numpy(), said["key"].to_numpy()
    shared = (key[1:] == key[:-1]) & (node[1:] != node[:-1])
    return node[1:][shared], node[:-1][shared]


def _among(keys: pl.Series, wanted: pl.Series) -> pl.Series:
    """The keys that are wanted; null for the others."""
    return keys.set(~keys.is_in(wanted.implode()), None)
