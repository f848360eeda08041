"""The private store: files named by their content, written once, and one snapshot that says which count."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from flows.errors import ProductError
from flows.store.edition import Edition
from flows.store.files import (
    FLUSHING,
    as_json,
    digest,
    flush_folder,
    move_private,
    private_folder,
    read_json,
    write_atomically,
)
from flows.store.objects import Changed, ObjectPath, Tag, put_all
from flows.store.place import Place, folders_in, sources
from flows.store.publish import read_manifest
from schemas.accepted import (
    ACCEPTED_CLAIM_LINE,
    ACCEPTED_REMIT_LINE,
    CLAIM_LINKS,
    CLAIM_SUBMISSION,
    LINE_BESIDE,
    REMIT_LINKS,
    ROW_ORIGIN,
)
from schemas.columns import Column, names, polars_schema
from schemas.resolved import RESOLVED_LINE, RESOLVED_REMIT

FORMAT: Final = 7
_NAME_DIGITS: Final = 16
"""Hex digits of its content's sha256 in a file's name."""
ROOMS: Final = (
    "store/ledger",
    "store/accepted/claim_lines",
    "store/accepted/remit_lines",
    "store/accepted/lines_beside",
    "store/accepted/quality",
    "store/resolved/lines",
    "store/resolved/remits",
    "store/tables",
    "quarantine",
)
"""Folders of the files that a snapshot names."""


@dataclass(frozen=True)
class BatchFiles:
    """What one batch of inbound files left: names relative to the data folder.

    `files` are the keys of the inbound files in it, `retired` those of them that count no more, `size` the
    bytes of what it left.
    """

    files: tuple[str, ...] = ()
    claim_lines: str | None = None
    remit_lines: str | None = None
    quality: str | None = None
    quarantine: str | None = None
    lines_beside: str | None = None
    retired: tuple[str, ...] = ()
    size: int = 0

    def names(self) -> Iterator[str]:
        """Names of the batch's files."""
        named = (self.claim_lines, self.remit_lines, self.quality, self.quarantine, self.lines_beside)
        return (name for name in named if name)

    def retire(self, keys: set[str]) -> BatchFiles | None:
        """The batch without these files; None when nothing of it counts any more."""
        retired = tuple(sorted({*self.retired, *(keys & set(self.files))}))
        return None if self.files and set(retired) >= set(self.files) else replace(self, retired=retired)


@dataclass(frozen=True)
class PartitionFiles:
    """The resolved files of one payer and service month, and the rows of each."""

    lines: str | None = None
    remits: str | None = None
    rows: int = 0
    remit_rows: int = 0


@dataclass(frozen=True)
class Built:
    """Tables before disclosure control: file by part (`table/year`, `table/rolling_12`; `table`: whole), and
    what each period was made of, by a digest.

    Kept for speed alone: a snapshot counts without them.
    """

    files: Mapping[str, str]
    made_of: Mapping[str, str]
    as_of: str


@dataclass(frozen=True)
class Snapshot:
    """Everything that counts at one moment. Holds no clock: the same inputs make the same snapshot.

    `releases`: of each audience the folders kept under store/releases, the last one is what its readers see;
    `made_of`: what that one was made of (see `basis`).
    `edition`: what `shared` has told. `built`: tables of the last run. `token`: in an object store a random
    number of each writing; on a disk there is none, because the lock of the kernel parts the writers.
    """

    key_id: str
    fingerprint: str = ""
    as_of: str | None = None
    ledger: str | None = None
    batches: tuple[BatchFiles, ...] = ()
    partitions: Mapping[str, PartitionFiles] = field(default_factory=dict)
    releases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made_of: Mapping[str, str] = field(default_factory=dict)
    edition: Edition | None = None
    built: Built | None = None
    token: str = field(default="", compare=False)

    def release(self, audience: str) -> str | None:
        """Folder name of the audience's release that belongs to this snapshot, under store/releases."""
        return next(reversed(self.releases.get(audience, ())), None)

    @property
    def basis(self) -> str:
        """Digest of everything that tables are made of: files are named by their content."""
        batches = [asdict(batch) for batch in self.batches]
        partitions = {key: asdict(files) for key, files in self.partitions.items()}
        facts = [self.fingerprint, self.as_of, batches, partitions]
        return hashlib.sha256(as_json(facts)).hexdigest()[:_NAME_DIGITS]

    def names(self) -> set[str]:
        """Names of all files that are kept, releases apart."""
        return self.needed() | set(self.built.files.values() if self.built else ())

    def needed(self) -> set[str]:
        """Names of the files that the snapshot cannot do without."""
        partitions = {
            name for files in self.partitions.values() for name in (files.lines, files.remits) if name
        }
        batches = {name for batch in self.batches for name in batch.names()}
        return partitions | batches | ({self.ledger} if self.ledger else set())

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for snapshot.json."""
        told = {"format": FORMAT, **asdict(self)}
        return told if self.token else {name: value for name, value in told.items() if name != "token"}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Snapshot:
        """The snapshot in snapshot.json; E_STORE_FORMAT when another version wrote it."""
        if (written := int(raw["format"])) != FORMAT:
            raise ProductError("E_STORE_FORMAT", f"its format is {written}, that of this program {FORMAT}")
        rest = {name: value for name, value in raw.items() if name != "format"}
        rest["batches"] = tuple(
            BatchFiles(**{**batch, "files": tuple(batch["files"]), "retired": tuple(batch["retired"])})
            for batch in raw["batches"]
        )
        rest["partitions"] = {key: PartitionFiles(**files) for key, files in raw["partitions"].items()}
        rest["releases"] = {audience: tuple(kept) for audience, kept in raw["releases"].items()}
        rest["edition"] = Edition.of(raw["edition"]) if raw.get("edition") else None
        rest["built"] = Built(**raw["built"]) if raw.get("built") else None
        return cls(**rest)


def name_of(file: Path, room: str, stem: str) -> str:
    """Name in the store of a finished file, made of its content."""
    return f"{room}/{stem}{'-' if stem else ''}{digest(file)[:_NAME_DIGITS]}{file.suffix}"


def key_id(key: bytes) -> str:
    """Names a key without telling it: 16 hex digits of a keyed hash of a constant."""
    return hmac.digest(key, b"cpt01939 key id", "sha256").hex()[:16]


class Store:
    """Reader and writer of one data folder, as of one snapshot.

    Adding files changes nothing until `commit`.
    """

    def __init__(self, data: Place, snapshot: Snapshot) -> None:
        self.data = data
        self.snapshot = snapshot

    @classmethod
    def open(cls, data: Place, key: str | None = None) -> Store:
        """The store of a data folder.

        E_SNAPSHOT when damaged, E_KEY_OTHER when `key` (a key id) is not the store's.
        """
        snapshot = read_snapshot(data) or Snapshot(key_id=key or "")
        if key is not None and not hmac.compare_digest(snapshot.key_id, key):
            raise ProductError("E_KEY_OTHER")
        return cls(data, snapshot)

    def with_snapshot(self, **changes: Any) -> Store:
        """The same folder as of a snapshot with these changes, not yet committed."""
        return Store(self.data, replace(self.snapshot, **changes))

    def path(self, name: str) -> Place:
        """Where a file of the snapshot stands; Polars reads from it."""
        return self.data / name

    def is_intact(self, name: str) -> bool:
        """Whether a file is there with the content it is named by."""
        try:
            return self.path(name).stem.endswith(digest(self.path(name))[:_NAME_DIGITS])
        except FileNotFoundError:
            return False

    def damaged(self) -> list[str]:
        """Files that count but are gone or have another content. Reads all of them."""
        return sorted(name for name in self.snapshot.names() if not self.is_intact(name))

    def check_files(self) -> None:
        """E_SNAPSHOT when a file that counts is gone."""
        names = self.snapshot.needed()
        if isinstance(self.data, ObjectPath):
            # what a listing shows is there; what it does not show yet is asked for
            listed = (found for room in ROOMS for found in (self.data / room).listed())
            names = names - {found.path.relative_to(self.data).as_posix() for found in listed}
        if missing := [name for name in names if not self.path(name).is_file()]:
            raise ProductError("E_SNAPSHOT", f"{len(missing)} files are gone")

    def adopt(self, file: Path, room: str, stem: str = "") -> str:
        """Move a finished file into a room of the store under its content's name; gives that name."""
        return self.adopt_all([(file, room, stem)])[0]

    def adopt_all(self, files: Sequence[tuple[Path, str, str]]) -> list[str]:
        """Adopt files (file, room, stem) together: the disk is waited for on several threads, and once per
        room.
        """
        data, finished = self.data, [file for file, _, _ in files]
        with ThreadPoolExecutor(FLUSHING) as pool:
            names = list(pool.map(lambda file: name_of(*file), files))
            if isinstance(data, ObjectPath):
                put_all({data / name: file for name, file in zip(names, finished, strict=True)})
                for file in finished:
                    file.unlink()
                return names
            folders = [private_folder(data / room) for room in sorted({room for _, room, _ in files})]
            list(pool.map(move_private, finished, [data / name for name in names]))
        for folder in folders:
            flush_folder(folder)
        return names

    def commit(self) -> Store:
        """Make this snapshot the one that counts: flushed, then replaced atomically; gives the store then.

        E_OVERTAKEN where another run has written the snapshot of an object store since.
        """
        self.check_files()
        if isinstance(self.data, ObjectPath):
            return self._replaced(self.data / "store" / "snapshot.json")
        folder = private_folder(self.data / "store")
        write_atomically(folder / "snapshot.json", as_json(self.snapshot.as_dict()), folder)
        return self

    def begun(self) -> Store:
        """The store for a run that begins; E_SNAPSHOT when a file that counts is gone.

        In an object store it writes the snapshot anew under its own token: whatever a run from before, which
        may only have been slow, commits later is refused.
        """
        if isinstance(self.data, ObjectPath):
            return self.commit()
        self.check_files()
        return self

    def check_own(self) -> None:
        """E_OVERTAKEN when the snapshot of an object store is no longer the one that this run wrote."""
        if isinstance(self.data, ObjectPath):
            there = read_snapshot(self.data)
            if there is None or there.token != self.snapshot.token:
                raise ProductError("E_OVERTAKEN")

    def _replaced(self, path: ObjectPath) -> Store:
        tag: Tag | None = None
        with contextlib.suppress(FileNotFoundError):
            content, tag = path.read_tagged()
            if json.loads(content).get("token", "") != self.snapshot.token:
                raise ProductError("E_OVERTAKEN")
        after = self.with_snapshot(token=secrets.token_hex(16))
        try:
            path.put_if(as_json(after.snapshot.as_dict()), tag)
        except Changed:
            raise ProductError("E_OVERTAKEN") from None
        return after

    def claim_lines(self) -> pl.LazyFrame:
        """Accepted claim lines that count; grain: ACCEPTED_CLAIM_LINE."""
        return self._accepted("claim_lines", ACCEPTED_CLAIM_LINE)

    def remit_lines(self) -> pl.LazyFrame:
        """Accepted remit lines that count; grain: ACCEPTED_REMIT_LINE."""
        return self._accepted("remit_lines", ACCEPTED_REMIT_LINE)

    def claim_links(self) -> pl.LazyFrame:
        """What accepted claim lines that count are linked by, and whether they are in scope.

        Grain: ROW_ORIGIN; CLAIM_LINKS beside it.
        """
        return self._accepted("claim_lines", ROW_ORIGIN + CLAIM_SUBMISSION[:1] + CLAIM_LINKS)

    def remit_links(self) -> pl.LazyFrame:
        """What accepted remit lines that count are linked by; grain: ROW_ORIGIN and REMIT_LINKS."""
        return self._accepted("remit_lines", ROW_ORIGIN + REMIT_LINKS)

    def lines_beside(self) -> pl.LazyFrame:
        """Lines beside accepted claim lines, or beside what may yet come; grain: LINE_BESIDE."""
        return self._accepted("lines_beside", LINE_BESIDE)

    def quality(self) -> pl.LazyFrame:
        """Quality counts of every file that counts."""
        return self._accepted("quality", ())

    def resolved_lines(self, only: Iterable[str] | None = None) -> pl.LazyFrame:
        """Resolved lines of all partitions, or of those named 'payer/YYYY-MM'; grain: RESOLVED_LINE."""
        return self._resolved("lines", RESOLVED_LINE, only)

    def resolved_remits(self, only: Iterable[str] | None = None) -> pl.LazyFrame:
        """Resolved remits of all partitions, or of those named 'payer/YYYY-MM'; grain: RESOLVED_REMIT."""
        return self._resolved("remits", RESOLVED_REMIT, only)

    def accepted_of(self, room: str) -> Iterator[pl.LazyFrame]:
        """Rows that count, batch by batch; `room`: one of the kinds of files in BatchFiles."""
        for batch in self.snapshot.batches:
            if name := getattr(batch, room):
                rows = pl.scan_parquet(self.path(name))
                yield rows.filter(~pl.col("file_key").is_in(list(batch.retired))) if batch.retired else rows

    def _accepted(
        self,
        room: Literal["claim_lines", "remit_lines", "lines_beside", "quality"],
        columns: Sequence[Column],
    ) -> pl.LazyFrame:
        frames = list(self.accepted_of(room))
        if not frames:
            return pl.LazyFrame(schema=polars_schema(columns))
        return pl.concat(frames).select(names(columns) if columns else pl.all())

    def _resolved(
        self, room: Literal["lines", "remits"], columns: Iterable[Column], only: Iterable[str] | None
    ) -> pl.LazyFrame:
        keys = sorted(self.snapshot.partitions) if only is None else sorted(set(only))
        files = [self.snapshot.partitions[key] for key in keys if key in self.snapshot.partitions]
        found = [name for entry in files if (name := getattr(entry, room))]
        if not found:
            return pl.LazyFrame(schema=polars_schema(columns))
        return pl.scan_parquet(sources(map(self.path, found)))


def read_snapshot(data: Place) -> Snapshot | None:
    """The committed snapshot, None before the first.

    E_SNAPSHOT when it can't be read, or is gone although the release of it stands: to begin anew would sweep
    away all that was taken in.
    """
    try:
        raw = read_json(data / "store" / "snapshot.json")
        if raw is not None:
            return Snapshot.from_dict(raw)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ProductError("E_SNAPSHOT") from None
    kept = {folder.name.partition("-")[0] for folder in folders_in(data / "store" / "releases")}
    for folder in folders_in(data / "benchmarks"):
        manifest = read_manifest(folder)
        if manifest and manifest["release_id"] in kept:
            raise ProductError("E_SNAPSHOT", "snapshot.json is gone")
    return None
