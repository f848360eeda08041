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
from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE, LINE_BESIDE
from schemas.columns import names, polars_schema
from transforms.resolve.affected_claims import ROW, RowSet, affected_claims
from transforms.resolve.claim_groups import PLACE, claim_groups

ROWS_PER_GROUP = 150_000
"""Accepted rows resolved at a time: what bounds the memory of a task."""
ROWS_LAID = 150_000
"""Accepted rows held while they are laid out in groups."""
ROWS_READ: Final = 16_384
"""Rows that are read together: of a group that begins among them a few rows too many."""
LINKS_HELD = 1_000_000
"""Accepted rows up to which their links are read once and held."""
BESIDE_AT_ONCE = 2_000_000
"""Lines beside that are laid out together."""
_GROUP: Final = "_group"
COLUMNS_READ: Final = {"claim_lines": ACCEPTED_CLAIM_LINE, "remit_lines": ACCEPTED_REMIT_LINE}
"""Kinds of accepted rows, and the columns that resolution reads."""
LAID: Final = {**COLUMNS_READ, "lines_beside": LINE_BESIDE}
"""What lies in the work folder, in files of neighboring groups: `<kind>-<first>-<last group>-<...>`."""


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
    claims, remits = _held(store.claim_links()), _held(store.remit_links())
    places: list[np.ndarray | None] = [None, None]
    is_all = plan.everything or not store.snapshot.partitions
    if not is_all:
        touched = affected_claims(claims, remits, _seed(store, taken.new, only))
        _keep_touched(folder, touched)
        places = [rows[PLACE].to_numpy() for rows in (touched.claims, touched.remits)]
        claims, remits = touched.claims.drop(PLACE).lazy(), touched.remits.drop(PLACE).lazy()
    found = claim_groups(claims, remits, ROWS_PER_GROUP)
    for kind, where, groups in zip(COLUMNS_READ, places, found, strict=True):
        for name, rows in _laid(store, kind, where, groups):
            _lay(folder, kind, name, rows)
    for part, rows in enumerate(_beside(store, claims, found.claims)):
        _lay(folder, "lines_beside", f"{part:05d}", rows)
    count = max((int(groups.max()) for groups in found if len(groups)), default=-1) + 1
    return Affected(tuple(map(Group, range(count))), is_all)


def group_rows(run: Run, kind: str, group: Group) -> pl.DataFrame:
    """Accepted rows of a kind in a group, one chunk each: scattered strings are slow to gather.

    Grain: ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE or LINE_BESIDE.
    """
    files = [path for path in sorted((run.work / "affected").glob(f"{kind}-*")) if _may_hold(path, group)]
    if not files:
        return pl.DataFrame(schema=polars_schema(LAID[kind]))
    laid = pl.scan_parquet(files).filter(pl.col(_GROUP) == group.number).drop(_GROUP)
    return laid.collect(engine="streaming").sort(ROW).rechunk()


def _lay(folder: Path, kind: str, name: str, rows: pl.DataFrame) -> None:
    """Write rows by their groups; the name of the file tells which."""
    rows = rows.sort(_GROUP, maintain_order=True)
    first, last = rows.item(0, _GROUP), rows.item(-1, _GROUP)
    path = folder / f"{kind}-{first:07d}-{last:07d}-{name}.parquet"
    rows.write_parquet(path, compression="lz4", row_group_size=ROWS_READ)


def _may_hold(path: Path, group: Group) -> bool:
    first, last = path.name.split("-")[1:3]
    return int(first) <= group.number <= int(last)


def _held(links: pl.LazyFrame) -> pl.LazyFrame:
    """Links of few rows are read once: they are looked at several times."""
    few = int(links.select(pl.len()).collect().item()) <= LINKS_HELD
    return links.collect().lazy() if few else links


def touched_of(run: Run, affected: Affected, kind: str) -> pl.DataFrame | None:
    """Rows of a kind that are resolved anew; None: all of them. Grain: ROW."""
    return None if affected.is_all else pl.read_parquet(run.work / "affected" / f"touched-{kind}.parquet")


def _keep_touched(folder: Path, touched: RowSet) -> None:
    for kind, rows in zip(COLUMNS_READ, (touched.claims, touched.remits), strict=True):
        rows.select(ROW).write_parquet(folder / f"touched-{kind}.parquet", compression="lz4")


def _laid(
    store: Store, kind: str, places: np.ndarray | None, groups: np.ndarray
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of a kind that are in a group, some at a time. `places`: where they stand (none: all rows)."""
    start = 0
    for batch, every in enumerate(store.accepted_of(kind)):
        rows = every.select(names(COLUMNS_READ[kind]))
        height = int(rows.select(pl.len()).collect().item())
        for offset in range(0, height, ROWS_LAID):
            first, last = start + offset, start + min(offset + ROWS_LAID, height)
            if places is None:
                here, told = np.arange(last - first), groups[first:last]
            else:
                some = slice(*np.searchsorted(places, [first, last]))
                here, told = places[some].astype(np.int64) - first, groups[some]
            here, told = here[told >= 0], told[told >= 0]
            if len(here):
                near = rows.slice(offset + int(here[0]), int(here[-1] - here[0]) + 1).collect()
                near = near if len(near) == len(here) else near[here - here[0]]
                yield f"{batch:05d}-{offset:09d}", near.with_columns(pl.Series(_GROUP, told))
        start += height


def _beside(store: Store, claims: pl.LazyFrame, groups: np.ndarray) -> Iterator[pl.DataFrame]:
    """Lines beside accepted claim lines, with the groups of these, some at a time."""
    lines = store.lines_beside()
    height = int(lines.select(pl.len()).collect().item())
    numbered = claims.select("link_submission").with_row_index(PLACE)
    for offset in range(0, height, BESIDE_AT_ONCE):
        some = lines.slice(offset, BESIDE_AT_ONCE).collect()
        wanted = some["link_submission"].unique().implode()
        theirs = numbered.filter(pl.col("link_submission").is_in(wanted)).collect(engine="streaming")
        group = pl.Series(_GROUP, groups[theirs[PLACE].to_numpy()], dtype=pl.Int32)
        of_groups = theirs.select("link_submission", group).filter(pl.col(_GROUP) >= 0).unique()
        found = some.join(of_groups, on="link_submission")
        if len(found):
            yield found


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
