"""What a store knows: its ledger, and the payers and months that have been taken in."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from flows.errors import ProductError
from flows.store import ledger
from flows.store.place import Place
from flows.store.snapshot import Store, read_snapshot

Partition = tuple[str, str]
"""Payer and service month YYYY-MM."""


def partition_key(partition: Partition) -> str:
    """The name of a partition in the snapshot."""
    return "/".join(partition)


def known_partition(data: Place, partition: Partition) -> str:
    """The name of a partition that has been taken in, else E_NOTHING_TAKEN_IN."""
    snapshot = read_snapshot(data)
    name = partition_key(partition)
    if snapshot is None or name not in snapshot.partitions:
        raise ProductError("E_NOTHING_TAKEN_IN", name)
    return name


def read_ledger(store: Store) -> pl.DataFrame:
    """The ledger of a snapshot; grain: LEDGER.

    E_SNAPSHOT when it is not as it was written: files would be taken in again that are in already.
    """
    name = store.snapshot.ledger
    if name is None:
        return ledger.empty_ledger()
    if not store.is_intact(name):
        raise ProductError("E_SNAPSHOT", "the ledger is damaged or gone")
    return pl.read_parquet(store.path(name))


def write_ledger(store: Store, work: Path, rows: pl.DataFrame) -> str:
    """Put a ledger into the store; gives its name."""
    path = work / "ledger.parquet"
    rows.write_parquet(path)
    return store.adopt(path, "store/ledger")
