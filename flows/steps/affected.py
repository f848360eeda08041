"""Which accepted rows have to be resolved, laid out in groups that are resolved each alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from flows.run import Run
from flows.steps.admit import TakenIn
from flows.steps.plan import Plan
from flows.store.files import private_folder
from flows.store.known import Partition, partition_key
from flows.store.snapshot import BatchFiles, Store
from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE
from schemas.columns import names, polars_schema
from transforms.resolve.affected_claims import ROW, RowSet, affected_claims
from transforms.resolve.claim_groups import ClaimGroups, claim_groups

ROWS_PER_GROUP = 150_000
"""Accepted rows resolved at a time: what bounds the memory of a task."""
ROWS_LAID = 500_000
"""Accepted rows held while they are laid out in groups."""
ROWS_READ: Final = 16_384
"""Rows that are read together: of a group that begins among them a few rows too many."""
GROUP: Final = "_group"
BESIDE: Final = "lines-beside.parquet"
COLUMNS: Final = {"claim_lines": ACCEPTED_CLAIM_LINE, "remit_lines": ACCEPTED_REMIT_LINE}
"""Kinds of accepted rows, and the columns that resolution reads."""


@dataclass(frozen=True)
class Group:
    """Claims that nothing links to others: their rows lie together in the run's work folder."""

    number: int

    @property
    def label(self) -> str:
        """What the group is called in the name of a task run."""
        return f"group-{self.number:05d}"


@dataclass(frozen=True)
class Affected:
    """Groups of rows to resolve. `is_all`: every accepted row is in one of them."""

    groups: tuple[Group, ...]
    is_all: bool


def affected(run: Run, taken: TakenIn, plan: Plan, only: Partition | None) -> Affected:
    """Find the rows that new ones touch (or all of them) and lay them out in groups.

    A group is closed: it resolves to the same rows alone as among all others. With the rows of each kind in
    the work folder stands `touched`: which rows of what was resolved before are resolved anew.
    """
    store = taken.store
    folder = private_folder(run.work / "affected")
    claims, remits = pl.collect_all([store.claim_links(), store.remit_links()])
    touched = None
    if not plan.everything and store.snapshot.partitions:
        touched = affected_claims(claims.lazy(), remits.lazy(), _seed(store, taken.new, only))
        _keep_touched(folder, touched)
    found = _groups(claims, remits, touched)
    beside = store.lines_beside().join(claims.lazy(), on="link_submission", how="semi")
    beside.collect().write_parquet(folder / BESIDE)
    for kind, numbers in zip(COLUMNS, found, strict=True):
        for name, rows in _laid(store, kind, numbers):
            rows.write_parquet(folder / name, compression="lz4", row_group_size=ROWS_READ)
    count = max((int(numbers.max()) for numbers in found if len(numbers)), default=-1) + 1
    return Affected(tuple(map(Group, range(count))), touched is None)


def group_rows(run: Run, kind: str, group: Group) -> pl.DataFrame:
    """Accepted rows of a kind in a group, one chunk each: scattered strings are slow to gather.

    Grain: ACCEPTED_CLAIM_LINE or ACCEPTED_REMIT_LINE.
    """
    files = sorted((run.work / "affected").glob(f"{kind}-*.parquet"))
    if not files:
        return pl.DataFrame(schema=polars_schema(COLUMNS[kind]))
    laid = pl.scan_parquet(files).filter(pl.col(GROUP) == group.number).drop(GROUP)
    return laid.collect(engine="streaming").sort(ROW).rechunk()


def lines_beside_of(run: Run) -> pl.LazyFrame:
    """Lines beside accepted claim lines of any group. Grain: LINE_BESIDE."""
    return pl.scan_parquet(run.work / "affected" / BESIDE)


def touched_of(run: Run, affected: Affected, kind: str) -> pl.DataFrame | None:
    """Rows of a kind that are resolved anew; None: all of them. Grain: ROW."""
    return None if affected.is_all else pl.read_parquet(run.work / "affected" / f"touched-{kind}.parquet")


def _keep_touched(folder: Path, touched: RowSet) -> None:
    for kind, rows in zip(COLUMNS, (touched.claims, touched.remits), strict=True):
        rows.write_parquet(folder / f"touched-{kind}.parquet", compression="lz4")


def _groups(claims: pl.DataFrame, remits: pl.DataFrame, touched: RowSet | None) -> ClaimGroups:
    """The group of every accepted row, in the order of the batches; -1: not resolved."""
    if touched is None:
        return claim_groups(claims, remits, ROWS_PER_GROUP)
    sides = (claims, remits)
    wanted = [
        rows.select(ROW)
        .join(chosen.with_columns(_is=True), on=ROW, how="left", maintain_order="left", validate="1:1")["_is"]
        .fill_null(False)
        for rows, chosen in zip(sides, (touched.claims, touched.remits), strict=True)
    ]
    some = [rows.filter(mask) for rows, mask in zip(sides, wanted, strict=True)]
    found = claim_groups(some[0], some[1], ROWS_PER_GROUP)
    whole = [np.full(len(mask), -1, dtype=np.int64) for mask in wanted]
    for numbers, mask, of_some in zip(whole, wanted, found, strict=True):
        numbers[mask.to_numpy()] = of_some
    return ClaimGroups(*whole)


def _laid(store: Store, kind: str, numbers: np.ndarray) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of a kind that are in a group, some at a time, those of a group together."""
    start = 0
    for batch, every in enumerate(store.accepted_of(kind)):
        rows = every.select(names(COLUMNS[kind]))
        height = int(rows.select(pl.len()).collect().item())
        for offset in range(0, height, ROWS_LAID):
            told = numbers[start + offset : start + min(offset + ROWS_LAID, height)]
            if not (told >= 0).any():
                continue
            part = rows.slice(offset, len(told)).collect()
            placed = part.with_columns(pl.Series(GROUP, told)).filter(pl.col(GROUP) >= 0)
            yield f"{kind}-{batch:05d}-{offset:09d}.parquet", placed.sort(GROUP, maintain_order=True)
        start += height


def _seed(store: Store, batches: Sequence[BatchFiles], only: Partition | None) -> RowSet:
    """Rows to start from: those of the new batches, claim lines with a new line beside them, and those of one
    partition.
    """
    claims = [pl.scan_parquet(store.path(b.claim_lines)).select(ROW) for b in batches if b.claim_lines]
    remits = [pl.scan_parquet(store.path(b.remit_lines)).select(ROW) for b in batches if b.remit_lines]
    beside = [pl.scan_parquet(store.path(b.lines_beside)) for b in batches if b.lines_beside]
    if beside:
        new = pl.concat(beside).select("link_submission").unique()
        claims.append(store.claim_links().join(new, on="link_submission", how="semi").select(ROW))
    if only:
        key = partition_key(only)
        claims.append(store.resolved_lines([key]).select(ROW))
        remits.append(store.resolved_remits([key]).select(ROW))
    empty = pl.LazyFrame(schema={"file_key": pl.String, "row_number": pl.Int64})
    return RowSet(pl.concat([empty, *claims]).collect(), pl.concat([empty, *remits]).collect())
