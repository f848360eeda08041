"""Staging a release in the store: release id, Parquet files, dictionary, manifest; checked and flushed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.store.files import FLUSHING, as_json, digest, flush_file, flush_folder, private_folder
from flows.store.objects import ObjectPath, put_all
from flows.store.parquet_out import write_table
from flows.store.place import Place
from flows.store.publish import MANIFEST, PUBLISHED_AT, is_whole, read_manifest
from schemas.columns import Column
from schemas.rules import SCHEMA_VERSION, DisclosureRules, Rules

DICTIONARY: Final = "data_dictionary.md"
OUTSIDE_THE_ID: Final = frozenset({"release_changes"})
"""What tells of the release before: the release id does not depend on it (contract section 6)."""
NEVER_THE_SAME: Final = ".duckdb"
"""The engine writes a random number into every file: the content is that of the tables, the bytes are new."""


@dataclass(frozen=True)
class Terms:
    """What a release was made under.

    `edition`: number and reason of the edition of `shared`; empty for other audiences. `published`: whole
    percents of rows and lines by table and period type; empty for internal, which holds everything.
    """

    rules: Rules
    disclosure: DisclosureRules
    reference: Mapping[str, str]
    fingerprint: str
    as_of: str
    inputs: tuple[str, ...]
    edition: Mapping[str, Any] = field(default_factory=dict)
    published: Mapping[str, Any] = field(default_factory=dict)

    @property
    def suppression(self) -> str:
        """The rule of what is left out in one sentence, for the file metadata."""
        rules = self.disclosure
        if rules.audience == "internal":
            return "internal: every cell, exact; not to be passed on"
        return (
            f"{rules.audience}: rows of fewer than {rules.minimum_count} patients, cases, claims or lines "
            f"are left out, other counts are rounded; prices need {rules.minimum_priced_lines} lines and "
            f"{rules.minimum_providers} billing providers, none above {rules.dominance:.0%}; tails need "
            f"{rules.minimum_tail_lines} lines"
        )


def release_id(digests: Mapping[str, str], terms: Terms) -> str:
    """16 hex digits over the digest of every table's content, as-of date, schema version, rules and audience.

    Same content, same id.
    """
    facts = {
        "tables": {name: told for name, told in digests.items() if name not in OUTSIDE_THE_ID},
        "as_of": terms.as_of,
        "schema_version": SCHEMA_VERSION,
        "rules": asdict(terms.rules),
        "disclosure": asdict(terms.disclosure),
        "reference": dict(terms.reference),
        "edition": dict(terms.edition),
    }
    return hashlib.sha256(as_json(facts)).hexdigest()[:16]


def stage_release(
    tables: Mapping[str, pl.DataFrame],
    columns: Mapping[str, Sequence[Column]],
    identity: str,
    dictionary: str,
    terms: Terms,
    data: Place,
    scratch: Path,
    late: Callable[[], Mapping[str, pl.DataFrame]] = dict,
    beside: Callable[[Path], Sequence[Path]] = lambda _: (),
) -> str:
    """Write a release into store/releases and give its folder's name.

    <release_id>-<8 digits of the manifest's hash>.

    The same tables under the same terms make the same folder, byte for byte. `late` gives further tables,
    made while the others are being written; `beside` writes what people look at into the folder of the tables
    and gives the paths.
    """
    draft = scratch / "release"
    shutil.rmtree(draft, ignore_errors=True)
    private_folder(draft)

    def written(name: str, frame: pl.DataFrame) -> dict[str, Any]:
        path = draft / f"{name}.parquet"
        write_table(frame, columns[name], path, file_metadata(name, identity, terms))
        path.chmod(0o600)
        flush_file(path)
        return _checked(path, frame.height)

    with ThreadPoolExecutor(FLUSHING) as pool:
        writing = {name: pool.submit(written, name, tables[name]) for name in sorted(tables)}
        further = late()
        writing |= {name: pool.submit(written, name, frame) for name, frame in further.items()}
        entries = {name: writing[name].result() for name in sorted(writing)}
    (draft / DICTIONARY).write_text(dictionary, encoding="utf-8")
    further_files = sorted(beside(draft))
    files = [{**_entry(path), "file": path.relative_to(draft).as_posix()} for path in further_files]
    manifest = manifest_of(identity, entries, _entry(draft / DICTIONARY), files, terms)
    (draft / MANIFEST).write_bytes(as_json(manifest))
    for path in (draft / DICTIONARY, draft / MANIFEST, *further_files):
        path.chmod(0o600)
        flush_file(path)
    for folder in {path.parent for path in further_files} | {draft}:
        folder.chmod(0o700)
        flush_folder(folder)
    return _place(draft, data / "store" / "releases", identity)


def file_metadata(name: str, identity: str, terms: Terms) -> dict[str, str]:
    """What rides in a published file: never a clock, a path or a run."""
    return {
        "table": name,
        "schema_version": SCHEMA_VERSION,
        "release_id": identity,
        "audience": terms.disclosure.audience,
        "suppression": terms.suppression,
    }


def manifest_of(
    identity: str,
    tables: Mapping[str, Any],
    dictionary: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    terms: Terms,
) -> dict[str, Any]:
    """The manifest before it is published."""
    return {
        "release_id": identity,
        "schema_version": SCHEMA_VERSION,
        "audience": terms.disclosure.audience,
        "suppression": terms.suppression,
        "as_of": terms.as_of,
        "fingerprint": terms.fingerprint,
        "rules": {**asdict(terms.rules), "disclosure": asdict(terms.disclosure)},
        "reference": dict(terms.reference),
        "inputs": sorted(terms.inputs),
        **({"edition": dict(terms.edition)} if terms.edition else {}),
        **({"published": dict(terms.published)} if terms.published else {}),
        "tables": dict(tables),
        "dictionary": dict(dictionary),
        "files": [dict(entry) for entry in files],
        PUBLISHED_AT: "",
    }


def _entry(path: Path) -> dict[str, Any]:
    return {"file": path.name, "sha256": digest(path), "bytes": path.stat().st_size}


def _checked(path: Path, rows: int) -> dict[str, Any]:
    """Manifest entry of a table that was read back whole."""
    back = pl.read_parquet(path)
    if back.height != rows:
        raise OSError("a table was not written whole")
    return {**_entry(path), "rows": rows}


def _place(draft: Path, releases: Place, identity: str) -> str:
    """Move the draft to its place; a folder of that name that is whole already is the same release."""
    manifest = read_manifest(draft) or {}
    name = f"{identity}-{_digest_of(manifest)[:8]}"
    home = releases / name
    there = read_manifest(home)
    if there is not None and _digest_of(there) == _digest_of(manifest) and is_whole(home, there):
        shutil.rmtree(draft)
        return name
    if isinstance(home, ObjectPath):
        files = {
            home / path.relative_to(draft).as_posix(): path for path in draft.rglob("*") if path.is_file()
        }
        last = home / MANIFEST
        put_all({target: path for target, path in files.items() if target != last})
        put_all({last: draft / MANIFEST})
        return name
    private_folder(home.parent)
    if home.is_dir():
        home.rename(draft.with_name("damaged"))
    draft.rename(home)
    flush_folder(home.parent)
    return name


def _digest_of(manifest: Mapping[str, Any]) -> str:
    """Hash of what a manifest says, but for files whose bytes differ from writing to writing."""
    same = [entry for entry in manifest.get("files", ()) if not entry["file"].endswith(NEVER_THE_SAME)]
    return hashlib.sha256(as_json({**manifest, "files": same})).hexdigest()
