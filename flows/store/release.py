"""Staging a release in the store: release id, Parquet files, dictionary, manifest; checked and flushed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from flows.store.files import FLUSHING, as_json, digest, flush_file, flush_folder, private_folder
from flows.store.parquet_out import write_table
from flows.store.publish import MANIFEST, PUBLISHED_AT
from schemas.columns import Column
from schemas.rules import SCHEMA_VERSION, DisclosureRules, Rules
from transforms.protect.published import withheld_rows

DICTIONARY: Final = "data_dictionary.md"
OUTSIDE_THE_ID: Final = frozenset({"data_quality", "release_changes"})
"""Tables that tell about a run and the last release.

The release id does not depend on them (contract section 6).
"""


@dataclass(frozen=True)
class Terms:
    """What a release was made under."""

    rules: Rules
    disclosure: DisclosureRules
    reference: Mapping[str, str]
    fingerprint: str
    as_of: str
    inputs: tuple[str, ...]

    @property
    def suppression(self) -> str:
        """The suppression rule in one sentence, for the file metadata."""
        rules = self.disclosure
        if rules.audience == "internal":
            return "internal: exact; not to be passed on"
        return (
            f"{rules.audience}: rows of fewer than {rules.minimum_count} patients, cases, claims or lines "
            f"are left out, counts and what rests on them are rounded; prices need "
            f"{rules.minimum_priced_lines} lines and {rules.minimum_providers} billing providers, none above "
            f"{rules.dominance:.0%}; tails need {rules.minimum_tail_lines} lines"
        )


def release_id(digests: Mapping[str, str], terms: Terms) -> str:
    """16 hex digits over the digest of every table's content, schema version, rules and audience.

    Same content, same id.
    """
    facts = {
        "tables": {name: told for name, told in digests.items() if name not in OUTSIDE_THE_ID},
        "schema_version": SCHEMA_VERSION,
        "rules": asdict(terms.rules),
        "disclosure": asdict(terms.disclosure),
        "reference": dict(terms.reference),
    }
    return hashlib.sha256(as_json(facts)).hexdigest()[:16]


def stage_release(
    tables: Mapping[str, pl.DataFrame],
    columns: Mapping[str, Sequence[Column]],
    identity: str,
    dictionary: str,
    terms: Terms,
    data: Path,
    scratch: Path,
    late: Callable[[], Mapping[str, pl.DataFrame]] = dict,
) -> str:
    """Write a release into store/releases and give its folder's name.

    <release_id>-<8 digits of the manifest's hash>.

    The same tables under the same terms make the same folder, byte for byte. `late` gives further tables,
    made while the others are being written.
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
    manifest = manifest_of(
        identity, entries, _entry(draft / DICTIONARY), terms, withheld_rows({**tables, **further})
    )
    (draft / MANIFEST).write_bytes(as_json(manifest))
    for path in (draft / DICTIONARY, draft / MANIFEST):
        path.chmod(0o600)
        flush_file(path)
    flush_folder(draft)
    return _place(draft, private_folder(data / "store" / "releases"), identity)


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
    terms: Terms,
    withheld: Mapping[str, float],
) -> dict[str, Any]:
    """The manifest before it is published; `withheld`: share of all rows by reason."""
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
        "withheld": dict(withheld),
        "tables": dict(tables),
        "dictionary": dict(dictionary),
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


def _place(draft: Path, releases: Path, identity: str) -> str:
    """Move the draft to its place; a folder of that name that is whole already is the same release."""
    name = f"{identity}-{digest(draft / MANIFEST)[:8]}"
    home = releases / name
    if home.is_dir():
        if all(
            (home / path.name).is_file() and digest(home / path.name) == digest(path)
            for path in draft.iterdir()
        ):
            shutil.rmtree(draft)
            return name
        home.rename(draft.with_name("damaged"))
    draft.rename(home)
    flush_folder(releases)
    return name
