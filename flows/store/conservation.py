"""Conservation of rows, checked before anything is committed: nothing is lost and nothing counted twice."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import polars as pl

from flows.errors import ProductError
from flows.store.snapshot import BatchFiles, Store
from schemas.resolved import STANDINGS

FINAL: Final = ["final_file_key", "final_row_number"]
COMPARED_AT_ONCE: Final = 4_000_000
"""Rows of which none may be like another, looked at together."""
_PARTS = ("out_of_scope", "accepted", "quarantined")


def check_files(store: Store, ledger: pl.DataFrame, batches: Sequence[BatchFiles]) -> None:
    """Per accepted file: rows read = out of scope + accepted + quarantined; the store holds what is said.

    E_CONSERVATION with counts and the file's shown name.
    """
    accepted = ledger.filter(pl.col("outcome") == "accepted")
    off = accepted.filter(pl.col("rows_read") != pl.sum_horizontal(_PARTS))
    if off.height:
        raise ProductError("E_CONSERVATION", f"{off.height} files; {_counts(off, ('rows_read', *_PARTS))}")
    stored = _stored(store, batches)
    short = accepted.join(stored, on="file_key", how="left").filter(
        pl.col("accepted") != pl.col("stored").fill_null(0)
    )
    if short.height:
        raise ProductError(
            "E_CONSERVATION", f"{short.height} files; {_counts(short, ('accepted', 'stored'))}"
        )


def quarantined_by_code(store: Store, ledger: pl.DataFrame, batches: Sequence[BatchFiles]) -> dict[str, int]:
    """Rows kept apart by rule code, over accepted files; E_CONSERVATION where the ledger says otherwise."""
    accepted = ledger.filter(pl.col("outcome") == "accepted")
    frames = [
        pl.scan_parquet(store.path(batch.quality)).filter(~pl.col("file_key").is_in(batch.retired))
        for batch in batches
        if batch.quality
    ]
    if not frames:
        return {}
    counts = (
        pl.concat(frames)
        .filter(pl.col("quarantined") > 0)
        .join(accepted.lazy().select("file_key").unique(), on="file_key", how="semi")
        .group_by("rule_code")
        .agg(pl.col("quarantined").sum())
        .sort("rule_code")
        .collect()
    )
    said, counted = int(accepted["quarantined"].sum()), int(counts["quarantined"].sum())
    if said != counted:
        raise ProductError("E_CONSERVATION", f"quarantined {said}; by code {counted}")
    return {str(code): int(count) for code, count in counts.iter_rows()}


def check_partitions(store: Store, written: Collection[str] | None = None) -> None:
    """Per partition: accepted lines = current + superseded + void + duplicates + secondary, each line once.

    Each accepted remit line has one outcome. `written`: the partitions that are new (none given: all). Of the
    others lines and remits count as the snapshot says: they were counted when they were new, and the name of
    a file is that of its content.

    E_CONSERVATION with the counts.
    """
    partitions = store.snapshot.partitions
    new = set(partitions) & set(partitions if written is None else written)
    lines = store.resolved_lines(new)
    by_standing = lines.group_by("payer", "service_month", "standing").agg(pl.len()).collect()
    counts = dict(by_standing.group_by("standing").agg(pl.col("len").sum()).iter_rows())
    elsewhere = sum(files.rows for key, files in partitions.items() if key not in new)
    accepted = _height(store.claim_lines().filter("in_scope"))
    resolved = sum(counts.values())
    as_said = _rows_of(by_standing) == {key: partitions[key].rows for key in new if partitions[key].rows}
    rows = lines.select(pl.col("file_key"), pl.col("row_number"))
    once = sum(_height(part.unique()) for part in _parts(rows, "row_number", resolved)) == resolved
    if set(counts) - set(STANDINGS) or not as_said or not once or resolved + elsewhere != accepted:
        told = [f"{name} {counts[name]}" for name in STANDINGS if name in counts]
        raise ProductError(
            "E_CONSERVATION",
            f"accepted lines {accepted}; {', '.join(told) or 'none resolved'}{_elsewhere(elsewhere)}",
        )
    remits, answered = _height(store.remit_lines()), _height(store.resolved_remits(new))
    said = sum(files.remit_rows for key, files in partitions.items() if key in new)
    elsewhere = sum(files.remit_rows for key, files in partitions.items() if key not in new)
    if answered != said or answered + elsewhere != remits:
        raise ProductError(
            "E_CONSERVATION",
            f"accepted remit lines {remits}; with an outcome {answered}{_elsewhere(elsewhere)}",
        )


def _rows_of(by_standing: pl.DataFrame) -> dict[str, int]:
    """Lines of each partition, whatever their standing."""
    rows = by_standing.group_by("payer", "service_month").agg(pl.col("len").sum())
    return {f"{payer}/{month:%Y-%m}": count for payer, month, count in rows.iter_rows()}


def check_money(store: Store, written: Collection[str] | None = None) -> None:
    """The money of one adjudication counts for one current line at most, over all partitions.

    `written`: the partitions that are new (none given: all); the others were compared when they were new.

    E_CONSERVATION with the counts.
    """
    partitions = store.snapshot.partitions
    new = set(partitions) & set(partitions if written is None else written)
    rows = sum(partitions[key].rows for key in new)
    mine, others = (_counted(store.resolved_lines(keys)) for keys in (new, set(partitions) - new))
    adjudications = lines = 0
    for part, elsewhere in zip(*(_parts(side, FINAL[1], rows) for side in (mine, others)), strict=True):
        counted = part.collect(engine="streaming")
        also = elsewhere.join(counted.lazy(), on=FINAL, how="semi").collect(engine="streaming")
        several = pl.concat([counted, also]).group_by(FINAL).len().filter(pl.col("len") > 1)
        adjudications, lines = adjudications + len(several), lines + int(several["len"].sum())
    if adjudications:
        raise ProductError("E_CONSERVATION", f"{adjudications} adjudications count for {lines} current lines")


def _counted(lines: pl.LazyFrame) -> pl.LazyFrame:
    """The adjudications that lines have their money from."""
    return lines.filter(pl.col(FINAL[0]).is_not_null()).select(FINAL)


def _parts(rows: pl.LazyFrame, number: str, height: int) -> Iterator[pl.LazyFrame]:
    """So many rows in parts that are compared each alone: equal rows are in one."""
    parts = -(-height // COMPARED_AT_ONCE) or 1
    for part in range(parts):
        yield rows if parts == 1 else rows.filter(pl.col(number) % parts == part)


def _elsewhere(rows: int) -> str:
    return f", of other months {rows}" if rows else ""


def _stored(store: Store, batches: Sequence[BatchFiles]) -> pl.DataFrame:
    """Rows in the store by file: grain file_key."""
    frames = [
        frame.filter(~pl.col("file_key").is_in(batch.retired)).select("file_key")
        for batch in batches
        for frame in (
            *(
                [pl.scan_parquet(store.path(batch.claim_lines)).filter("in_scope")]
                if batch.claim_lines
                else []
            ),
            *([pl.scan_parquet(store.path(batch.remit_lines))] if batch.remit_lines else []),
        )
    ]
    rows = pl.concat(frames) if frames else pl.LazyFrame(schema={"file_key": pl.String()})
    return rows.group_by("file_key").agg(pl.len().cast(pl.Int64).alias("stored")).collect()


def _height(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect().item())


def _counts(rows: pl.DataFrame, columns: Sequence[str]) -> str:
    first = rows.sort("shown_name").row(0, named=True)
    return f"first {first['shown_name']}: " + ", ".join(f"{name} {first[name]}" for name in columns)
