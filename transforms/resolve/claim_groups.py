"""Divides accepted rows into groups of claims that nothing links: each is resolved alone, anywhere.

The links are those of `transforms.resolve.affected_claims`. They are read one at a time, and of many rows a
part of the keys at a time, so that what is held is four bytes for each row and what a part has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import polars as pl

_UNNAMED: Final = 1_181_783_497_276_652_981
"""Added to the claim number of an answer that names no payee: its group is of no provider's number."""
KEYS_AT_ONCE: Final = 4_000_000
"""Keys of one link that are sorted together."""
BINS: Final = 64
"""Bins of first rows in a group: groups begin and end at their edges."""
PLACE: Final = "_place"
LOW_BITS: Final = 0xFFFF
_Places = np.ndarray
Edges = tuple[np.ndarray, np.ndarray]


class ClaimGroups(NamedTuple):
    """Group of each claim row and of each remit row, in the order given; -1: a header row that changes
    nothing.
    """

    claims: np.ndarray
    remits: np.ndarray


def claim_groups(
    claims: pl.LazyFrame, remits: pl.LazyFrame, rows_per_group: int, keys_at_once: int = KEYS_AT_ONCE
) -> ClaimGroups:
    """Groups of about `rows_per_group` rows, numbered from 0; a claim is never divided.

    Takes rows with their links (CLAIM_LINKS and `in_scope`, REMIT_LINKS). Groups are numbered by their first
    claim rows: rows that came together are in few groups, and a group's rows lie near each other. Links are
    numbers: two keys that meet by chance make a group larger, and it is closed all the same.
    """
    heights = [int(rows.select(pl.len()).collect().item()) for rows in (claims, remits)]
    links = _Links(claims.with_row_index(PLACE), remits.with_row_index(PLACE, heights[0]), 1)
    if heights[0] + heights[1] > keys_at_once:
        links = _Links(links.claims, links.remits, -(-(heights[0] + heights[1]) // keys_at_once))
    in_play = _in_play(links, heights[0])
    if int(in_play.sum()) + heights[1] <= rows_per_group:
        return ClaimGroups(np.where(in_play, 0, -1), np.zeros(heights[1], dtype=np.int32))
    first = _first_rows(links, in_play, sum(heights))
    _merge(first, _edges(links, first))
    _number(first, rows_per_group)
    return ClaimGroups(*np.split(first, [heights[0]]))


@dataclass(frozen=True)
class _Links:
    """Linked rows with their places, claims first; keys are read in so many parts."""

    claims: pl.LazyFrame
    remits: pl.LazyFrame
    parts: int

    def of_parts(self, *sides: pl.LazyFrame) -> Iterator[list[pl.DataFrame]]:
        """The rows of each side (`key` and other columns), some of the keys at a time."""
        for part in range(self.parts):
            mine = (pl.col("key") & LOW_BITS) % self.parts == part if self.parts > 1 else pl.lit(True)
            told = [rows.filter(pl.col("key").is_not_null(), mine) for rows in sides]
            yield pl.collect_all(told, engine="streaming")

    def keys(self, claims: Sequence[str] = (), remits: Sequence[str] = ()) -> pl.LazyFrame:
        """(key, place) of rows by some of their links."""
        named = [(self.claims, name) for name in claims] + [(self.remits, name) for name in remits]
        return pl.concat(rows.select(PLACE, key=name) for rows, name in named)


def _in_play(links: _Links, height: int) -> np.ndarray:
    """Claim rows that resolution can speak of: rows in scope, and header rows that share a claim number with
    one or name a payer claim number that a remittance has; the rest of the header rows change nothing.
    """
    in_play = np.zeros(height, dtype=np.bool_)
    numbered = links.claims.select(PLACE, "in_scope", key="link_claim")
    for (rows,) in links.of_parts(numbered):
        wanted = rows.filter("in_scope").get_column("key").unique().implode()
        in_play[rows.filter(pl.col("key").is_in(wanted)).get_column(PLACE).to_numpy()] = True
    headers = links.claims.filter(~pl.col("in_scope")).select(PLACE, key="link_replaces")
    for replacing, answers in links.of_parts(headers, links.keys(remits=["link_payer_claim"])):
        answered = answers.get_column("key").unique().implode()
        in_play[replacing.filter(pl.col("key").is_in(answered)).get_column(PLACE).to_numpy()] = True
    return in_play


def _first_rows(links: _Links, in_play: np.ndarray, height: int) -> _Places:
    """The first row in play with the number and provider of each row: what stands for its claim. -1: none."""
    first = np.full(height, -1, dtype=np.int32)
    number = pl.coalesce("link_number", pl.col("link_claim") + _UNNAMED)
    for sides in links.of_parts(links.keys(["link_number"]), links.remits.select(PLACE, key=number)):
        key, place = _sorted(sides)
        plays = np.ones(len(place), dtype=np.bool_)
        of_claims = place < len(in_play)
        plays[of_claims] = in_play[place[of_claims]]
        key, place = key[plays], place[plays]
        begins = np.flatnonzero(_differs(key))
        first[place] = np.repeat(place[begins], np.diff(begins, append=len(place)))
    return first


def _edges(links: _Links, first: _Places) -> Edges:
    """Pairs of claims, by their first rows, that a link other than number and provider joins."""
    found: list[Edges] = []
    unnamed = links.remits.filter(pl.col("link_number").is_null()).select(key="link_claim")
    anyone = links.keys(["link_claim"], ["link_claim"])
    for names, rows in links.of_parts(unnamed, anyone) if _some(unnamed) else ():
        wanted = names.get_column("key").unique().implode()
        found.append(_pairs([rows.filter(pl.col("key").is_in(wanted))], first))
    others = (
        links.keys(["link_member"]),
        links.keys(["link_birth"]),
        links.keys(["link_replaces"], ["link_payer_claim", "link_takes_back"]),
    )
    found += [_pairs(sides, first) for link in others for sides in links.of_parts(link)]
    one, other = (np.concatenate(side) for side in zip(*found, strict=True))
    return one, other


def _some(rows: pl.LazyFrame) -> bool:
    return bool(rows.head(1).collect(engine="streaming").height)


def _sorted(sides: Iterable[pl.DataFrame]) -> tuple[np.ndarray, np.ndarray]:
    """Keys and places, in their order."""
    rows = pl.concat(side.select("key", PLACE) for side in sides).sort("key", PLACE)
    return rows.get_column("key").to_numpy(), rows.get_column(PLACE).to_numpy()


def _differs(key: np.ndarray) -> np.ndarray:
    new = np.ones(len(key), dtype=np.bool_)
    new[1:] = key[1:] != key[:-1]
    return new


def _pairs(sides: Iterable[pl.DataFrame], first: _Places) -> Edges:
    """Pairs of different claims whose rows share a key."""
    key, place = _sorted(sides)
    claim = first[place]
    key, claim = key[claim >= 0], claim[claim >= 0]
    shared = ~_differs(key)[1:] & (claim[1:] != claim[:-1])
    return claim[1:][shared], claim[:-1][shared]


def _merge(first: _Places, edges: Edges) -> None:
    """Let claims that edges join have one first row, the least of theirs."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends, at = np.unique(np.concatenate(edges), return_inverse=True)
    if not len(ends):
        return
    one, other = np.split(at, 2)
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(len(ends), len(ends)))
    component = connected_components(graph, directed=False)[1]
    least = ends[np.unique(component, return_index=True)[1]][component]
    for rows in _stretches(first):
        near = np.minimum(np.searchsorted(ends, rows), len(ends) - 1)
        joined = ends[near] == rows
        rows[joined] = least[near[joined]]


def _number(first: _Places, rows_per_group: int) -> None:
    """Put the number of its group in place of each row's first row."""
    width = max(rows_per_group // BINS, 1)
    rows_in = np.zeros(len(first) // width + 1, dtype=np.int64)
    for rows in _stretches(first):
        rows_in += np.bincount(rows[rows >= 0] // width, minlength=len(rows_in))
    filled = np.flatnonzero(rows_in)
    group = np.full(len(rows_in), -1, dtype=np.int32)
    group[filled] = np.unique(
        (np.cumsum(rows_in[filled]) - 1) // max(rows_per_group, 1), return_inverse=True
    )[1]
    for rows in _stretches(first):
        played = rows >= 0
        rows[played] = group[rows[played] // width]


def _stretches(places: _Places) -> Iterator[_Places]:
    """Views of some rows at a time."""
    for start in range(0, len(places), KEYS_AT_ONCE):
        yield places[start : start + KEYS_AT_ONCE]
