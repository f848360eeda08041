"""Resolving what new rows touch, and writing the payer-months that changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.reference_files import read_reference
from flows.settings import Settings
from flows.store import BatchFiles, Store
from transforms.closure import ROW, RowSet, closure, in_play, shards
from transforms.resolve import resolve_lines

Partition = tuple[str, str]
ROWS_PER_SHARD = 150_000
"""Accepted rows resolved at a time: what bounds the memory of a run."""
COMPRESSION: Final = "lz4"
"""Many small files are written: the cheapest codec to start."""
KINDS = {"lines": "service_month", "remits": "remit_month"}


@dataclass
class ResolutionReport:
    """partitions: 'payer/YYYY-MM' -> new files (paths in the work folder, None: empty) and rows. Only
    rewritten ones.
    """

    partitions: dict[str, dict[str, Any]] = field(default_factory=dict)


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
        touched = closure(claims, remits, _seed(store, new_batches, only))
        claims, remits = _rows(claims, touched.claims), _rows(remits, touched.remits)
    else:
        playing = work / "claims-in-play.parquet"
        in_play(claims, remits).sink_parquet(playing, compression=COMPRESSION)
        claims = pl.scan_parquet(playing)
    resolved = [
        _resolved_shard(claims, remits, shard, work / f"shard-{number:05d}", settings)
        for number, shard in enumerate(_shards(claims, remits, touched))
    ]
    report: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        files = [work / f"{shard}-{kind}.parquet" for shard in resolved]
        _write_partitions(kind, files, touched, store, work, report)
    for file in work.glob("shard-*.parquet"):
        file.unlink()
    return ResolutionReport(_with_unchanged_half(report, store, touched, work))


def _shards(claims: pl.LazyFrame, remits: pl.LazyFrame, touched: RowSet | None) -> list[RowSet]:
    """Closed sets to resolve one after another; what is touched is closed and mostly small enough alone."""
    if touched is not None and len(touched.claims) + len(touched.remits) <= ROWS_PER_SHARD:
        return [touched]
    return shards(claims, remits, ROWS_PER_SHARD)


def _resolved_shard(
    claims: pl.LazyFrame, remits: pl.LazyFrame, shard: RowSet, stem: Path, settings: Settings
) -> str:
    """Resolve one closed set of rows into two files beside each other."""
    resolved = resolve_lines(
        _rows(claims, shard.claims), _rows(remits, shard.remits), read_reference(), settings.rules
    )
    for kind in KINDS:
        getattr(resolved, kind).sink_parquet(f"{stem}-{kind}.parquet", compression="lz4")
    return stem.name


def _seed(store: Store, batches: Sequence[BatchFiles], only: Partition | None) -> RowSet:
    """Rows to start from: those of the new batches, and those of one partition."""
    claims = [pl.scan_parquet(store.path(b.claim_lines)).select(ROW) for b in batches if b.claim_lines]
    remits = [pl.scan_parquet(store.path(b.remit_lines)).select(ROW) for b in batches if b.remit_lines]
    if only:
        key = "/".join(only)
        claims.append(store.resolved_lines([key]).select(ROW))
        remits.append(store.resolved_remits([key]).select(ROW))
    empty = pl.LazyFrame(schema={"file_key": pl.String, "row_number": pl.Int64})
    return RowSet(pl.concat([empty, *claims]).collect(), pl.concat([empty, *remits]).collect())


def _rows(rows: pl.LazyFrame, wanted: pl.DataFrame) -> pl.LazyFrame:
    return rows.join(wanted.lazy(), on=ROW, how="semi")


def _write_partitions(
    kind: str,
    files: list[Path],
    touched: RowSet | None,
    store: Store,
    work: Path,
    report: dict[str, dict[str, Any]],
) -> None:
    """Write each partition that has a resolved row: those rows, and what stood there and was not touched.

    One payer at a time, so that memory is bounded by the largest payer.
    """
    if not files:
        return
    rows = pl.scan_parquet(files)
    month = pl.col(KINDS[kind]).dt.to_string("%Y-%m")
    for payer in rows.select("payer").unique().sort("payer").collect(engine="streaming")["payer"]:
        of_payer = (
            rows.filter(pl.col("payer") == payer)
            .with_columns(_month=month)
            .sort(ROW)
            .collect(engine="streaming")
        )
        parts = of_payer.partition_by("_month", as_dict=True, include_key=False)
        for (name,), part in sorted(parts.items()):
            partition = f"{payer}/{name}"
            old = _untouched(store, kind, partition, touched)
            whole = part if old is None else pl.concat([old, part]).sort(ROW)
            path = work / f"{kind}-{payer}-{name}.parquet"
            whole.write_parquet(path, compression=COMPRESSION)
            entry = report.setdefault(partition, {"lines": None, "remits": None, "rows": 0})
            entry[kind] = str(path)
            entry["rows"] += len(whole) if kind == "lines" else 0


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
                    path = work / f"{kind}-{name.replace('/', '-')}.parquet"
                    rows.write_parquet(path, compression=COMPRESSION)
                    entry[kind] = str(path)
                    entry["rows"] += len(rows) if kind == "lines" else 0
    return report
