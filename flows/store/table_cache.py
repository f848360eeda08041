"""Tables kept in the store from one run to the next in parts, and what their periods were made of.

Nothing rests on them: where a file is missing or not what it was, there are none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from flows.store.files import private_folder
from flows.store.snapshot import Built, Store

_ROOM: Final = "store/tables"


@dataclass(frozen=True)
class KeptTables:
    """What an earlier run left: file by part (`table/part`, or a table held whole), what each period was
    made of (a digest), and its as-of date.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    made_of: Mapping[str, str] = field(default_factory=dict)
    as_of: str = ""

    def same(self, made_of: Mapping[str, str]) -> set[str]:
        """The periods that are made of the same as now."""
        return {period for period, told in made_of.items() if self.made_of.get(period) == told}


def kept_by(store: Store) -> KeptTables:
    """What an earlier run left, if all of it is what it was."""
    built = store.snapshot.built
    if built is None or not all(map(store.is_intact, built.files.values())):
        return KeptTables()
    return KeptTables(built.files, built.made_of, built.as_of)


def files_of_table(files: Mapping[str, str], table: str) -> list[str]:
    """Files of all parts of a table, in the order of the parts."""
    return [file for part, file in sorted(files.items()) if part.split("/")[0] == table]


def digest_of(facts: Iterable[str]) -> str:
    """Digest of what a period is made of."""
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


class Reading(Mapping[str, pl.DataFrame]):
    """Parts that are read meanwhile: each is waited for when it is asked for."""

    def __init__(self, store: Store, files: Mapping[str, str], workers: int) -> None:
        pool = ThreadPoolExecutor(workers)
        self._waiting: dict[str, Future[pl.DataFrame]] = {
            part: pool.submit(pl.read_parquet, store.path(file)) for part, file in files.items()
        }
        pool.shutdown(wait=False)

    def __getitem__(self, part: str) -> pl.DataFrame:
        return self._waiting[part].result()

    def __iter__(self) -> Iterator[str]:
        return iter(self._waiting)

    def __len__(self) -> int:
        return len(self._waiting)


def keep(
    store: Store,
    same: Mapping[str, str],
    parts: Mapping[str, pl.DataFrame],
    made_of: Mapping[str, str],
    work: Path,
    workers: int,
) -> Store:
    """Put parts into the store beside the files of those that are the `same` as before.

    Gives the store as of a snapshot that names them all.
    """
    room = private_folder(work / "built")

    def written(part: str) -> tuple[Path, str, str]:
        stem = part.replace("/", "-")
        file = room / f"{stem}.parquet"
        parts[part].rechunk().write_parquet(file, compression="lz4", statistics=False)
        return file, _ROOM, stem

    with ThreadPoolExecutor(workers) as pool:
        new = store.adopt_all(list(pool.map(written, parts)))
    files = {**same, **dict(zip(parts, new, strict=True))}
    built = Built(dict(sorted(files.items())), made_of, store.snapshot.as_of or "")
    return store.with_snapshot(built=built)
