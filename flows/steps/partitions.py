"""Writing the resolved rows of payers' months into the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.run import Run
from flows.steps.affected import COLUMNS_READ, Affected, touched_of
from flows.steps.resolve import COMPRESSION, MONTH_OF, resolved_rows
from flows.store.files import private_folder
from flows.store.snapshot import PartitionFiles, Store
from transforms.resolve.affected_claims import ROW

_FILE = "_file"
ROWS_WRITTEN = 300_000
"""Resolved rows of the payers' months that one task writes."""
TOUCHED = dict(zip(MONTH_OF, COLUMNS_READ, strict=True))


@dataclass(frozen=True)
class PayerMonths:
    """Partitions 'payer/YYYY-MM' that are written together, and the groups that have rows of them."""

    names: tuple[str, ...]
    groups: tuple[str, ...]

    @property
    def label(self) -> str:
        """What they are called in the name of a task run."""
        first, last = (name.replace("/", "-") for name in (self.names[0], self.names[-1]))
        return first if first == last else f"{first}-to-{last}"


@dataclass(frozen=True)
class Written:
    """Files in the store, by partition: name of the lines, name of the remits, rows of each."""

    partitions: tuple[tuple[str, PartitionFiles], ...]


def payer_months(run: Run, groups: Sequence[str]) -> list[PayerMonths]:
    """The payers' months that the resolved groups have rows in, those of few rows together."""
    if not groups:
        return []
    counts = pl.concat(
        rows.group_by(name=_partition(kind), group=_group(kind)).len()
        for kind in MONTH_OF
        if (rows := resolved_rows(run, kind, groups, _FILE)) is not None
    ).collect(engine="streaming")
    by_name = counts.group_by("name").agg(pl.col("len").sum(), pl.col("group").unique()).sort("name")
    total = by_name["len"].cum_sum() - by_name["len"]
    parts = by_name.with_columns(part=total // ROWS_WRITTEN).partition_by("part", maintain_order=True)
    return [
        PayerMonths(tuple(part["name"]), tuple(part["group"].explode().unique().sort())) for part in parts
    ]


def write_partitions(run: Run, months: PayerMonths, affected: Affected, store: Store) -> Written:
    """Write these payers' months: their resolved rows, and what stood there and was not touched."""
    room = private_folder(run.work / "partitions")
    made: list[tuple[str, str, Path, int]] = []
    for kind in MONTH_OF:
        for name, rows in _rows(run, kind, months, affected, store):
            path = room / f"{kind}-{name.replace('/', '-')}.parquet"
            rows.write_parquet(path, compression=COMPRESSION, statistics=False)
            made.append((name, kind, path, len(rows)))
    places = [(path, f"store/resolved/{kind}/{name[:-8]}", name[-7:]) for name, kind, path, _ in made]
    files = {
        (name, kind): (file, rows)
        for (name, kind, _, rows), file in zip(made, store.adopt_all(places), strict=True)
    }
    return Written(tuple((name, _entry(name, files, affected, store)) for name in months.names))


def _entry(
    name: str, files: dict[tuple[str, str], tuple[str, int]], affected: Affected, store: Store
) -> PartitionFiles:
    """The files of a partition; of which only one half was written, the other stands as it did."""
    before = PartitionFiles() if affected.is_all else store.snapshot.partitions.get(name, PartitionFiles())
    lines, rows = files.get((name, "lines"), (before.lines, before.rows))
    remits, remit_rows = files.get((name, "remits"), (before.remits, before.remit_rows))
    return PartitionFiles(lines, remits, rows, remit_rows)


def _rows(
    run: Run, kind: str, months: PayerMonths, affected: Affected, store: Store
) -> Iterator[tuple[str, pl.DataFrame]]:
    """The whole rows of each partition, in order."""
    found = resolved_rows(run, kind, months.groups)
    if found is None:
        return
    first, last = months.names[0][:-8], months.names[-1][:-8]
    near = found.filter(pl.col("payer").is_between(pl.lit(first), pl.lit(last)))
    rows = near.filter(_partition(kind).is_in(list(months.names))).collect(engine="streaming")
    touched = touched_of(run, affected, TOUCHED[kind])
    # one chunk: to sort rows scattered over many buffers costs several times as much
    for part in _runs(rows.rechunk().sort("payer", MONTH_OF[kind], *ROW), ["payer", MONTH_OF[kind]]):
        name = f"{part['payer'][0]}/{part[MONTH_OF[kind]][0]:%Y-%m}"
        if touched is None or name not in store.snapshot.partitions:
            yield name, part
            continue
        stood = store.resolved_lines([name]) if kind == "lines" else store.resolved_remits([name])
        untouched = stood.collect().join(touched, on=ROW, how="anti")
        yield name, pl.concat([untouched, part]).sort(ROW)


def _partition(kind: str) -> pl.Expr:
    return pl.concat_str("payer", pl.col(MONTH_OF[kind]).dt.strftime("%Y-%m"), separator="/")


def _group(kind: str) -> pl.Expr:
    """The group whose file a resolved row is in."""
    return pl.col(_FILE).str.extract(rf"{kind}-([^/]*)\.parquet$")


def _runs(rows: pl.DataFrame, columns: list[str]) -> Iterator[pl.DataFrame]:
    """Sorted rows in runs of equal values of some columns."""
    start = 0
    for length in rows.select(pl.struct(columns).rle_id()).to_series().rle().struct.field("len"):
        yield rows.slice(start, length)
        start += length
