"""Files in an object store (S3 and what speaks like it, Google Cloud Storage, Azure), through obstore.

Objects are whole or absent, and there is no rename. What stands under a name that is made of its content is
put as it is; what changes is put on condition that it is still what was read. Credentials come from the
environment of whoever asks, and stand in no path, error or pickle.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import hashlib
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, TypeVar, cast

from flows.errors import ProductError

SCHEMES: Final = ("s3://", "gs://", "az://")
URL: Final = re.compile(
    r"(s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]+(/[A-Za-z0-9_=-][A-Za-z0-9._=-]*)*/?", re.ASCII
)
CREDENTIALS: Final = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
    "gs": ("GOOGLE_APPLICATION_CREDENTIALS",),
    "az": ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"),
}
"""What the environment must say."""
_CHUNK: Final = 8 << 20
PART = 64 << 20
"""Bytes of a request: a longer answer may not come in time over a slow line."""
AT_A_TIME: Final = 8
"""Requests at a time: what costs is waiting for the answer."""
_TRIES: Final = 3
OBJECT_RETRIES: Mapping[str, Any] = {
    "max_retries": 100,
    "retry_timeout": dt.timedelta(seconds=90),
    "backoff": {"init_backoff": dt.timedelta(seconds=0.5), "max_backoff": dt.timedelta(seconds=8), "base": 2},
}
"""Of a request that gets no answer, or a refusal for now: a store that restarts is away for some seconds."""
RETRIES_OF_POLARS: Final = {
    "POLARS_CLOUD_MAX_RETRIES": "100",
    "POLARS_CLOUD_RETRY_TIMEOUT_MS": "90000",
    "POLARS_CLOUD_RETRY_INIT_BACKOFF_MS": "500",
    "POLARS_CLOUD_RETRY_MAX_BACKOFF_MS": "8000",
}
"""The same of what Polars reads; what is set already stays."""
T = TypeVar("T")
Tag = Mapping[str, str]
"""What tells one writing of an object from another."""


class Changed(Exception):
    """An object is no longer what was read, or is there already: nothing was written."""


@dataclass(frozen=True)
class Listed:
    """An object as a listing tells of it; `modified` by the clock of the store."""

    path: ObjectPath
    size: int
    modified: dt.datetime


class ObjectPath(str):
    """A file or folder in an object store: its URL, with the methods of a `pathlib.Path` that are used here.

    A `str`, so that Polars reads from it as it is.
    """

    def __truediv__(self, name: str) -> ObjectPath:
        return ObjectPath(f"{self.rstrip('/')}/{name}")

    @property
    def bucket(self) -> str:
        """The bucket or container."""
        return self.split("/")[2]

    @property
    def key(self) -> str:
        """Name in the bucket."""
        return "/".join(self.rstrip("/").split("/")[3:])

    @property
    def parent(self) -> ObjectPath:
        """The folder that it is in."""
        return ObjectPath(self.rstrip("/").rpartition("/")[0])

    @property
    def name(self) -> str:
        """The last part of it."""
        return self.rstrip("/").rpartition("/")[2]

    @property
    def stem(self) -> str:
        """Its name without suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """From the last dot of its name."""
        return PurePosixPath(self.name).suffix

    def absolute(self) -> ObjectPath:
        """Itself."""
        return self

    def as_uri(self) -> str:
        """Its URL."""
        return str(self)

    def relative_to(self, folder: str | Path) -> PurePosixPath:
        """The rest of it below a folder."""
        return PurePosixPath(self.removeprefix(f"{str(folder).rstrip('/')}/"))

    def is_file(self) -> bool:
        """Whether there is an object of this name."""
        return self.tag() is not None

    def is_dir(self) -> bool:
        """Whether there is any object below this name."""
        return any(self._pages())

    def iterdir(self) -> Iterator[ObjectPath]:
        """The folders below this one, then the files in it."""
        found = _ask(_library().list_with_delimiter, self._client, self.key or None)
        keys = [*found["common_prefixes"], *(entry["path"] for entry in found["objects"])]
        return map(self._sibling, keys)

    def listed(self) -> list[Listed]:
        """Every object below this name. What consoles write to show an empty folder is none."""
        found = (
            Listed(self._sibling(entry["path"]), entry["size"], entry["last_modified"])
            for page in self._pages()
            for entry in page
        )
        return [each for each in found if each.size or each.path.is_file()]

    def read_bytes(self) -> bytes:
        """Its content; FileNotFoundError where there is none."""
        return self.read_tagged()[0]

    def read_tagged(self) -> tuple[bytes, Tag]:
        """Its content, and the tag to replace it by; FileNotFoundError where there is none."""

        def read() -> tuple[bytes, Tag]:
            got = _library().get(self._client, self.key)
            return bytes(got.bytes()), _tag_of(got.meta)

        return _ask(read)

    def tag(self) -> Tag | None:
        """The tag of it, None where there is no such object."""
        with contextlib.suppress(FileNotFoundError):
            return _tag_of(self._head())
        return None

    def modified(self) -> dt.datetime:
        """When it was written, by the clock of the store; FileNotFoundError."""
        return cast(dt.datetime, self._head()["last_modified"])

    def digest(self) -> str:
        """sha256 of its bytes, in hex; FileNotFoundError."""
        found = hashlib.sha256()
        self._read_into(found.update)
        return found.hexdigest()

    def download(self, path: Path) -> Listed:
        """Write its content to a local file; gives what was written. FileNotFoundError."""
        with path.open("wb") as target:
            return self._read_into(target.write)

    def put(self, content: bytes | Path) -> None:
        """Write it, whatever is there: for what is always the same under this name."""
        _ask(_library().put, self._client, self.key, content)

    def put_if(self, content: bytes, tag: Tag | None) -> Tag:
        """Write it if it is what `tag` says (None: if there is none); gives its tag. Changed.

        `content` is never written twice: it holds a random number. So where an answer is lost, or says that
        another write was first, what stands there tells whether it is this one.
        """
        for _ in range(_TRIES):
            written, refusal = self._put_if(content, tag)
            if written is not None:
                return written
            there = self._standing()
            if there is not None and there[0] == content:
                return there[1]
            if isinstance(refusal, Changed) or (there[1] if there else None) != tag:
                raise Changed
        raise refusal

    def copy_to(self, target: ObjectPath) -> None:
        """Have the store copy it; FileNotFoundError."""
        _ask(_library().copy, self._client, self.key, target.key)

    def unlink(self) -> None:
        """Remove it; nothing where there is none."""
        remove([self])

    @property
    def _client(self) -> Any:
        return client(self.split(":")[0], self.bucket)

    def _sibling(self, key: str) -> ObjectPath:
        return ObjectPath(f"{self.split(':')[0]}://{self.bucket}/{key}")

    def _head(self) -> Mapping[str, Any]:
        return cast(Mapping[str, Any], _ask(_library().head, self._client, self.key))

    def _pages(self) -> list[Any]:
        pages = _ask(lambda: list(_library().list(self._client, self.key or None)))
        return [page for page in pages if page]

    def _read_into(self, take: Callable[[bytes], object]) -> Listed:
        """Read it in parts that are of one writing, each a request that ends in time. FileNotFoundError."""

        def read() -> Listed:
            got = _library().get(self._client, self.key)
            size, same = got.meta["size"], {"if_match": got.meta["e_tag"]}
            if size <= PART:
                for chunk in got.stream(min_chunk_size=_CHUNK):
                    take(chunk)
            for start in range(0, size if size > PART else 0, PART):
                part = {**same, "range": (start, min(start + PART, size))}
                take(_library().get(self._client, self.key, options=part).bytes())
            return Listed(self, size, got.meta["last_modified"])

        try:
            return _ask(read)
        except ProductError as error:
            if error.detail != "PreconditionError":
                raise
        raise FileNotFoundError("no such object")

    def _put_if(self, content: bytes, tag: Tag | None) -> tuple[Tag | None, Exception]:
        exceptions, mode = _exceptions(), "create" if tag is None else dict(tag)
        try:
            return _tag_of(_library().put(self._client, self.key, content, mode=mode)), Changed()
        except (exceptions.AlreadyExistsError, exceptions.PreconditionError, FileNotFoundError):
            return None, Changed()
        except exceptions.BaseError as error:
            return None, store_error(error)

    def _standing(self) -> tuple[bytes, Tag] | None:
        try:
            return self.read_tagged()
        except FileNotFoundError:
            return None


def object_path(text: str) -> ObjectPath:
    """A place in an object store, as a person gives it; E_DATA_FOLDER, E_OBJECT_KEYS."""
    if not URL.fullmatch(text):
        raise ProductError("E_DATA_FOLDER", "not s3://bucket/prefix of plain letters, digits, . _ = -")
    return any_object(text.rstrip("/"))


def any_object(text: str) -> ObjectPath:
    """An object of any name; E_OBJECT_KEYS. Looks at the environment alone: without credentials the libraries
    would ask an address of the machine's network for some.
    """
    path = ObjectPath(text)
    missing = [name for name in CREDENTIALS[path.split(":")[0]] if not os.environ.get(name)]
    if missing:
        raise ProductError("E_OBJECT_KEYS", ", ".join(missing))
    for name, value in RETRIES_OF_POLARS.items():
        os.environ.setdefault(name, value)
    return path


def remove(paths: list[ObjectPath]) -> None:
    """Remove objects of one bucket; those that are gone already count as removed."""
    if paths:
        _ask(_library().delete, paths[0]._client, [path.key for path in paths])


def put_all(files: Mapping[ObjectPath, Path]) -> None:
    """Write local files, several at a time."""
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        list(pool.map(lambda entry: entry[0].put(entry[1]), files.items()))


def store_time(folder: ObjectPath) -> dt.datetime:
    """What the clock of the store says: the time of an object that is written for it, and removed."""
    probe = folder / f"clock-{secrets.token_hex(8)}"
    probe.put(b"")
    try:
        return probe.modified()
    finally:
        probe.unlink()


def store_error(error: BaseException) -> ProductError:
    """E_OBJECT_STORE with the kind of error. Its text is looked at and never shown: it may tell of keys."""
    kind = type(error).__name__
    known = {
        "NoSuchBucket": "no such bucket",
        "SignatureDoesNotMatch": "wrong credentials",
        "InvalidAccessKeyId": "wrong credentials",
        "Encountered object with invalid path": "a name there has a control character, // or ..",
    }
    told = next((words for sign, words in known.items() if sign in str(error)), kind)
    return ProductError("E_OBJECT_STORE", told)


@functools.cache
def client(scheme: str, bucket: str) -> Any:
    """The client of a bucket, made from the environment once in a process."""
    from obstore.store import AzureStore, GCSStore, S3Store

    allow_http = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("true", "1", "yes", "on")
    options: Any = {
        "client_options": {"timeout": "120s", "connect_timeout": "10s", "allow_http": allow_http},
        "retry_config": OBJECT_RETRIES,
    }
    kinds: dict[str, Any] = {"s3": S3Store, "gs": GCSStore, "az": AzureStore}
    return kinds[scheme](bucket, **options)


def _ask(request: Callable[..., T], *given: Any) -> T:
    """Ask the store; errors of the library leave as E_OBJECT_STORE, a missing object as FileNotFoundError.

    Raised outside the handler, so that the text of the library's error goes: it tells the names of objects.
    """
    problem: Exception
    try:
        return request(*given)
    except FileNotFoundError:
        problem = FileNotFoundError("no such object")
    except _exceptions().BaseError as error:
        problem = store_error(error)
    raise problem


def _tag_of(meta: Mapping[str, Any]) -> Tag:
    return {name: meta[name] for name in ("e_tag", "version") if meta.get(name)}


def _library() -> Any:
    import obstore

    return obstore


def _exceptions() -> Any:
    from obstore import exceptions

    return exceptions
