"""Resolving what new rows touch, and writing the payer-months that changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.readers.reference_files import read_reference
from flows.run import Run
from flows.settings import Settings
from flows.steps.admission import Partition, TakenIn
from flows.steps.plan import Plan, as_of_day
from flows.steps.tabulate import audiences_due
from flows.store.conservation import check_money, check_partitions
from flows.store.snapshot import BatchFiles, PartitionFiles, Store
from schemas.reference import ReferenceTables
from schemas.rules import Audience, Rules
from transforms.resolve import resolve_lines
from transforms.resolve.affected_claims import ROW, RowSet, affected_claims, shards

Frame = pl.DataFrame | pl.LazyFrame
ROWS_PER_SHARD = 150_000
"""Accepted rows resolved at a time: what bounds the memory of a run."""
HELD_ROWS = 1_000_000
"""Accepted rows that are read once and kept in memory; of more rows each shard is read and spilled alone."""
COMPRESSION: Final = "lz4"
"""Many small files are written: the cheapest codec to start."""
KINDS = {"lines": "service_month", "remits": "remit_month"}
ROWS = {"lines": "line_rows", "remits": "remit_rows"}
NOTHING_WRITTEN: Final[Mapping[str, Any]] = {**dict.fromkeys(KINDS), **dict.fromkeys(ROWS.values(), 0)}


@dataclass
class ResolutionReport:
    """partitions: 'payer/YYYY-MM' -> new files (paths in the work folder, None: empty) and their rows. Only
    rewritten ones.
    """

    partitions: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Resolved:
    """The store with the rewritten payer-months in it, and the audiences that have no release of it yet.

    `is_empty`: nothing counts any more.
    """

    store: Store
    is_empty: bool
    audiences: tuple[Audience, ...]


def resolve(run: Run, taken: TakenIn, plan: Plan, only: Partition | None) -> Resolved:
    """Resolve what the new rows touch (or all of it) and put the rewritten partitions into the store.

    E_CONSERVATION when rows or money do not add up. Nothing is committed.
    """
    store = taken.store
    report = resolve_touched(
        store, list(taken.new), run.work, run.settings, everything=plan.everything, only=only
    )
    partitions = {} if plan.everything else dict(store.snapshot.partitions)
    written = _adopted(store, report.partitions)
    for key, entry in report.partitions.items():
        partitions[key] = PartitionFiles(
            lines=written.get((key, "lines")),
            remits=written.get((key, "remits")),
            rows=entry["line_rows"],
            remit_rows=entry["remit_rows"],
        )
    kept = {key: files for key, files in sorted(partitions.items()) if files.lines or files.remits}
    after = store.with_snapshot(partitions=kept, as_of=as_of_day(run, store))
    check_partitions(after, None if plan.everything else report.partitions)
    check_money(after)
    is_empty = after.snapshot.as_of is None
    return Resolved(after, is_empty, () if is_empty else tuple(audiences_due(run, after)))


def resolve_touched(
    store: Store,
    new_batches: Sequence[BatchFiles],
    work: Path,
    settings: Settings,
    everything: bool,
    only: Partition | None,
) -> ResolutionReport:
    """Resolve the closed set of rows that the new batches (or one partition) touch; write the partitions it
    lies in.

    The files have the same bytes as if everything were resolved anew.
    """
    claims, remits = store.claim_lines(), store.remit_lines()
    touched = None
    if not everything and store.snapshot.partitions:
        touched = affected_claims(store.claim_links(), store.remit_links(), _seed(store, new_batches, only))
    parts = _shards(claims, remits, touched)
    held = sum(len(part.claims) + len(part.remits) for part in parts) <= HELD_ROWS
    spills = [None if held else work / f"shard-{number:05d}" for number in range(len(parts))]
    rows = _rows_of_parts(claims, remits, parts, held)
    resolved = [
        _resolved_shard(*of_part, store.lines_beside(), spill, read_reference(), settings.rules)
        for of_part, spill in zip(rows, spills, strict=True)
    ]
    report: dict[str, dict[str, Any]] = {}
    for kind in KINDS if resolved else ():
        _write_partitions(kind, [shard.pop(kind) for shard in resolved], touched, store, work, report)
    for file in work.glob("shard-*.parquet"):
        file.unlink()
    return ResolutionReport(_with_unchanged_half(report, store, touched, work))


def _shards(claims: pl.LazyFrame, remits: pl.LazyFrame, touched: RowSet | None) -> list[RowSet]:
    """Closed sets to resolve one after another; what is touched is closed and mostly small enough alone."""
    if touched is None:
        return shards(claims, remits, ROWS_PER_SHARD)
    if len(touched.claims) + len(touched.remits) <= ROWS_PER_SHARD:
        return [touched]
    return shards(_rows(claims, touched.claims), _rows(remits, touched.remits), ROWS_PER_SHARD)


def _rows_of_parts(
    claims: pl.LazyFrame, remits: pl.LazyFrame, parts: list[RowSet], held: bool
) -> Iterator[tuple[pl.LazyFrame, pl.LazyFrame]]:
    """Claim and remit rows of each part, read once where they can be held."""
    if not held:
        yield from ((_rows(claims, part.claims), _rows(remits, part.remits)) for part in parts)
        return
    of_claims = _distributed(claims, [part.claims for part in parts])
    of_remits = _distributed(remits, [part.remits for part in parts])
    while of_claims:
        yield of_claims.pop().lazy(), of_remits.pop().lazy()


def _distributed(rows: pl.LazyFrame, parts: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Rows of each part, one chunk each: strings scattered over many buffers are slow to gather."""
    if len(parts) == 1:
        return [_rows(rows, parts[0]).collect().rechunk()]
    place = pl.concat(part.with_columns(_part=pl.lit(number)) for number, part in enumerate(parts))
    placed = rows.join(place.lazy(), on=ROW, how="inner").collect().rechunk()
    return [placed.filter(pl.col("_part") == number).drop("_part") for number in range(len(parts))]


def _resolved_shard(
    claims: pl.LazyFrame,
    remits: pl.LazyFrame,
    beside: pl.LazyFrame,
    spill: Path | None,
    reference: ReferenceTables,
    rules: Rules,
) -> dict[str, Frame]:
    """Resolve one closed set of rows, by kind: kept in memory, or in two files beside each other."""
    resolved = resolve_lines(claims, remits, reference, rules, beside)
    frames = {kind: getattr(resolved, kind) for kind in KINDS}
    if spill is None:
        return {kind: frame.collect() for kind, frame in frames.items()}
    for kind, frame in frames.items():
        frame.sink_parquet(f"{spill}-{kind}.parquet", compression=COMPRESSION)
    return {kind: pl.scan_parquet(f"{spill}-{kind}.parquet") for kind in KINDS}


def _seed(store: Store, batches: Sequence[BatchFiles], only: Partition | None) -> RowSet:
    """Rows to start from: those of the new batches, claim lines with a new line beside them, and those of one
    partition.
    """
    claims = [pl.scan_parquet(store.path(b.claim_lines)).select(ROW) for b in batches if b.claim_lines]
    remits = [pl.scan_parquet(store.path(b.remit_lines)).select(ROW) for b in batches if b.remit_lines]
    beside = [pl.scan_parquet(store.path(b.lines_beside)) for b in batches if b.lines_beside]
    if beside:
        of_claims = pl.concat(beside).select("link_submission").unique()
        claims.append(store.claim_links().join(of_claims, on="link_submission", how="semi").select(ROW))
    if only:
        key = "/".join(only)
        claims.append(store.resolved_lines([key]).select(ROW))
        remits.append(store.resolved_remits([key]).select(ROW))
    empty = pl.LazyFrame(schema={"file_key": pl.String, "row_number": pl.Int64})
    return RowSet(pl.concat([empty, *claims]).collect(), pl.concat([empty, *remits]).collect())


def _rows(rows: pl.LazyFrame, wanted: pl.DataFrame) -> pl.LazyFrame:
    # said of the files too: those that hold none of the rows are then not read
    of_files = rows.filter(pl.col("file_key").is_in(wanted["file_key"].unique().to_list()))
    return of_files.join(wanted.lazy(), on=ROW, how="semi")


def _write_partitions(
    kind: str,
    frames: list[Frame],
    touched: RowSet | None,
    store: Store,
    work: Path,
    report: dict[str, dict[str, Any]],
) -> None:
    """Write each partition that has a resolved row: those rows, and what stood there and was not touched.

    Memory is bounded by what is held, or by the largest payer.
    """
    month = KINDS[kind]
    for rows in _by_payer(frames):
        # one chunk: to sort rows scattered over many buffers costs several times as much
        for part in _runs(rows.rechunk().sort("payer", month, *ROW), ["payer", month]):
            partition = f"{part['payer'][0]}/{part[month][0]:%Y-%m}"
            old = _untouched(store, kind, partition, touched)
            whole = part if old is None else pl.concat([old, part]).sort(ROW)
            entry = report.setdefault(partition, dict(NOTHING_WRITTEN))
            entry[kind] = _written(kind, partition, whole, work)
            entry[ROWS[kind]] = len(whole)


def _by_payer(frames: list[Frame]) -> Iterator[pl.DataFrame]:
    """All rows at once where they are held in memory, else payer by payer."""
    held = [frame for frame in frames if isinstance(frame, pl.DataFrame)]
    if held:
        yield pl.concat(held)
        return
    rows = pl.concat(frame.lazy() for frame in frames)
    for payer in rows.select("payer").unique().sort("payer").collect(engine="streaming")["payer"]:
        yield rows.filter(pl.col("payer") == payer).collect(engine="streaming")


def _runs(rows: pl.DataFrame, columns: list[str]) -> Iterator[pl.DataFrame]:
    """Sorted rows in runs of equal values of some columns."""
    start = 0
    for length in rows.select(pl.struct(columns).rle_id()).to_series().rle().struct.field("len"):
        yield rows.slice(start, length)
        start += length


def _written(kind: str, partition: str, rows: pl.DataFrame, work: Path) -> str:
    path = work / f"{kind}-{partition.replace('/', '-')}.parquet"
    rows.write_parquet(path, compression=COMPRESSION, statistics=False)
    return str(path)


def _untouched(store: Store, kind: str, partition: str, touched: RowSet | None) -> pl.DataFrame | None:
    """Rows of a partition as it stands that are outside the closed set; None when all is resolved anew."""
    if touched is None:
        return None
    rows = store.resolved_lines([partition]) if kind == "lines" else store.resolved_remits([partition])
    inside = touched.claims if kind == "lines" else touched.remits
    return rows.collect().join(inside, on=ROW, how="anti")


def _with_unchanged_half(
    report: dict[str, dict[str, Any]], store: Store, touched: RowSet | None, work: Path
) -> dict[str, dict[str, Any]]:
    """Where only one half of a partition was rewritten, carry the other half over as it stands."""
    if touched is None:
        return report
    for name, entry in report.items():
        for kind in KINDS:
            if entry[kind] is None:
                frame = store.resolved_lines([name]) if kind == "lines" else store.resolved_remits([name])
                rows = frame.collect()
                if len(rows):
                    entry[kind] = _written(kind, name, rows, work)
                    entry[ROWS[kind]] = len(rows)
    return report


def _adopted(store: Store, partitions: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Names in the store of the files that were written, by partition and kind."""
    files = {
        (key, kind): Path(entry[kind])
        for key, entry in partitions.items()
        for kind in ("lines", "remits")
        if entry.get(kind)
    }
    rooms = [(key.split("/"), kind, file) for (key, kind), file in files.items()]
    names = store.adopt_all(
        [(file, f"store/resolved/{kind}/{payer}", month) for (payer, month), kind, file in rooms]
    )
    return dict(zip(files, names, strict=True))
