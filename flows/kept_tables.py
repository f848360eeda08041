"""Tables kept in the store from one run to the next, and what their parts were made of.

Nothing rests on them: where one is missing or not what it was, there are none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from flows.files import private_folder
from flows.run import Run
from flows.store import Built, Store

Tables = Mapping[str, pl.DataFrame]
ROOM: Final = "store/tables"


@dataclass(frozen=True)
class Kept:
    """Tables of an earlier run, what each part of them was made of (a digest), and its as-of date."""

    tables: Tables = field(default_factory=dict)
    made_of: Mapping[str, str] = field(default_factory=dict)
    as_of: str = ""

    def same(self, made_of: Mapping[str, str]) -> set[str]:
        """The parts that are made of the same as now."""
        return {part for part, told in made_of.items() if self.made_of.get(part) == told}


def digest_of(facts: Iterable[str]) -> str:
    """Digest of what a part is made of."""
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


class Reading(Mapping[str, pl.DataFrame]):
    """Tables that are being read: each is waited for when it is asked for."""

    def __init__(self, waiting: Mapping[str, Future[pl.DataFrame]]) -> None:
        self._waiting = waiting

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self._waiting[name].result()

    def __iter__(self) -> Iterator[str]:
        return iter(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)


def read_kept(run: Run, store: Store, first: Sequence[str] = ()) -> Kept:
    """What an earlier run left, whole; it is read meanwhile, what is needed `first` before the rest."""
    built = store.snapshot.built
    if built is None or not all(map(store.is_intact, built.files.values())):
        return Kept()
    names = sorted(built.files, key=lambda name: name not in first)
    pool = ThreadPoolExecutor(run.settings.workers)
    reading = {name: pool.submit(pl.read_parquet, store.path(built.files[name])) for name in names}
    pool.shutdown(wait=False)
    return Kept(Reading(reading), built.made_of, built.as_of)


def keep(run: Run, store: Store, kept: Kept, tables: Tables, made_of: Mapping[str, str]) -> Store:
    """Put tables into the store; gives it as of a snapshot that names them.

    Those of an earlier run that are `kept` as they were have their files already.
    """
    work = private_folder(run.work / "built")

    def written(name: str) -> tuple[Path, str, str]:
        file = work / f"{name}.parquet"
        tables[name].rechunk().write_parquet(file, compression="lz4", statistics=False)
        return file, ROOM, name

    before = store.snapshot.built.files if store.snapshot.built else {}
    same = {name: before[name] for name, table in tables.items() if table is kept.tables.get(name)}
    new = [name for name in tables if name not in same]
    with ThreadPoolExecutor(run.settings.workers) as pool:
        files = same | dict(zip(new, store.adopt_all(list(pool.map(written, new))), strict=True))
    built = Built({name: files[name] for name in tables}, made_of, store.snapshot.as_of or "")
    return store.with_snapshot(built=built)
