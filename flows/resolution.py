"""Resolving what new rows touch, and writing the payer-months that changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from flows.reference_files import read_reference
from flows.settings import Settings
from flows.store import BatchFiles, Store
from transforms.closure import ROW, RowSet, closure
from transforms.resolve import Resolved, resolve_lines

Partition = tuple[str, str]
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
    reference = read_reference()
    if everything or not store.snapshot.partitions:
        resolved = resolve_lines(claims, remits, reference, settings.rules)
        return ResolutionReport(_written(resolved, None, store, work))
    touched = closure(claims, remits, _seed(store, new_batches, only))
    inside = Resolved(pl.LazyFrame(), pl.LazyFrame())
    if len(touched.claims) or len(touched.remits):
        inside = resolve_lines(
            _rows(claims, touched.claims), _rows(remits, touched.remits), reference, settings.rules
        )
        return ResolutionReport(_written(inside, touched, store, work))
    return ResolutionReport()


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


def _written(
    resolved: Resolved, touched: RowSet | None, store: Store, work: Path
) -> dict[str, dict[str, Any]]:
    """Write each partition that has a resolved row: those rows, and what stood there and was not touched."""
    report: dict[str, dict[str, Any]] = {}
    for kind, month in KINDS.items():
        rows = getattr(resolved, kind).collect()
        key = pl.concat_str("payer", pl.col(month).dt.to_string("%Y-%m"), separator="/")
        parts = rows.with_columns(_partition=key).partition_by("_partition", as_dict=True, include_key=False)
        for (name,), part in parts.items():
            old = _untouched(store, kind, str(name), touched)
            whole = pl.concat([old, part]).sort(ROW)
            path = work / f"{kind}-{str(name).replace('/', '-')}.parquet"
            whole.write_parquet(path, compression="zstd", statistics=True)
            entry = report.setdefault(str(name), {"lines": None, "remits": None, "rows": 0})
            entry[kind] = str(path)
            entry["rows"] += len(whole) if kind == "lines" else 0
    return _with_unchanged_half(report, store, touched, work)


def _untouched(store: Store, kind: str, partition: str, touched: RowSet | None) -> pl.DataFrame:
    """Rows of a partition as it stands that are outside the closed set."""
    rows = store.resolved_lines([partition]) if kind == "lines" else store.resolved_remits([partition])
    if touched is None:
        return rows.collect().clear()
    inside = touched.claims if kind == "lines" else touched.remits
    return rows.collect().join(inside, on=ROW, how="anti")


def _with_unchanged_half(
    report: dict[str, dict[str, Any]], store: Store, touched: RowSet | None, work: Path
) -> dict[str, dict[str, Any]]:
    """Where only lines or only remits of a partition were rewritten, carry the other half over as it stands."""
    if touched is None:
        return report
    for name, entry in report.items():
        for kind in KINDS:
            if entry[kind] is None:
                frame = store.resolved_lines([name]) if kind == "lines" else store.resolved_remits([name])
                rows = frame.collect()
                if len(rows):
                    path = work / f"{kind}-{name.replace('/', '-')}.parquet"
                    rows.write_parquet(path, compression="zstd", statistics=True)
                    entry[kind] = str(path)
                    entry["rows"] += len(rows) if kind == "lines" else 0
    return report
