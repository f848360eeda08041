"""The release of an audience, written into the store: tables, what people look at, and the manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from flows.readers.reference_files import read_reference, reference_digests
from flows.run import Run
from flows.steps.due import ReleaseTables, last_release, read_frames
from flows.steps.moved_lines import moved_patients
from flows.steps.protect import COUNTS, EDITION, Shown
from flows.store.edition import Edition
from flows.store.files import read_json
from flows.store.known import read_ledger
from flows.store.publish import is_whole, read_manifest, staged_folder
from flows.store.release import Terms, release_id, stage_release
from flows.store.snapshot import Snapshot, Store
from schemas.dictionary import data_dictionary
from schemas.rules import Audience
from schemas.tables import TABLES
from transforms.protect.shown_counts import whole_percents
from transforms.tables.canonical import canonical_digest
from transforms.tables.release_changes import main_causes, release_changes

CHANGES = "release_changes"


@dataclass(frozen=True)
class Staged:
    """The folder name of an audience's release in the store, and the edition it belongs to."""

    audience: Audience
    release: str
    edition: Edition | None = None

    def in_snapshot(self, before: Snapshot, keep: int) -> dict[str, Any]:
        """What the snapshot says once this is the audience's last release; `keep` earlier ones stay."""
        earlier = tuple(name for name in before.releases.get(self.audience, ()) if name != self.release)
        changes: dict[str, Any] = {
            "releases": {**before.releases, self.audience: (*earlier[-keep:], self.release)},
            "made_of": {**before.made_of, self.audience: before.basis},
        }
        return changes | ({"edition": self.edition} if self.edition else {})


def stage(run: Run, shown: Shown, store: Store) -> Staged:
    """Write the release of an audience into the store; where nothing has changed, it keeps the one it has."""
    audience, folder = shown.audience, shown.folder
    edition = Edition.of(told) if (told := read_json(folder / EDITION)) else None
    tables = read_frames(folder)
    counts = edition.counts if edition else read_json(folder / COUNTS) or {}
    terms = terms_of(run, store, audience, edition, whole_percents(counts))
    digests = {name: canonical_digest(frame) for name, frame in tables.items()}
    identity, last = release_id(digests, terms), run.store.snapshot.release(audience)
    manifest = read_manifest(staged_folder(run.data, last)) if last else None
    if last and manifest and is_whole(staged_folder(run.data, last), manifest):
        told_on = manifest["as_of"] if audience == "shared" else terms.as_of
        if release_id(digests, replace(terms, as_of=told_on)) == manifest["release_id"]:
            return Staged(audience, last, edition)
    specs = {name: spec for name, spec in TABLES.items() if name in tables or name == CHANGES}
    columns = {name: spec.columns for name, spec in specs.items()}
    name = stage_release(
        *(tables, columns, identity, data_dictionary(specs.values(), audience), terms, run.data),
        run.work / f"release-{audience}",
        late=lambda: {CHANGES: _changes(run, store, audience, tables, terms)},
        beside=lambda folder: _publication(run, folder, identity, terms) if run.settings.publication else [],
    )
    return Staged(audience, name, edition)


def _publication(run: Run, folder: Path, identity: str, terms: Terms) -> list[Path]:
    """What people look at, written beside the tables of a release."""
    from flows.publication.make import edition_of, is_synthetic, make_publication

    facts = {
        "audience": terms.disclosure.audience,
        "release_id": identity,
        "as_of": terms.as_of,
        "rules": asdict(terms.rules),
        "published": terms.published,
    }
    return make_publication(folder, edition_of(facts, is_synthetic(run.data)), read_reference(), folder)


def _changes(run: Run, store: Store, audience: Audience, tables: ReleaseTables, terms: Terms) -> pl.DataFrame:
    """How the numbers moved since the audience's last release of the same thresholds and edition."""
    before, old = last_release(run, audience), run.store.snapshot.edition
    if before is None or (terms.edition and old and terms.edition["number"] != old.number):
        return release_changes({}, tables)
    least = 1 if audience == "internal" else run.settings.disclosure_of(audience).minimum_count
    made_under = _made_under(run, store)
    moved = run.once("moved patients", lambda: moved_patients(run, store, made_under))
    return release_changes(before, tables, main_causes(moved, least), made_under)


def _made_under(run: Run, store: Store) -> str | None:
    """What is not as it was when the last release was made: reference_data, rules, or neither."""
    if run.store.snapshot.fingerprint in ("", store.snapshot.fingerprint):
        return None
    names = [names[-1] for names in run.store.snapshot.releases.values() if names]
    manifest = read_manifest(staged_folder(run.data, names[0])) if names else None
    if manifest is None:
        return None
    return "rules" if manifest["reference"] == dict(reference_digests()) else "reference_data"


def terms_of(
    run: Run, store: Store, audience: Audience, edition: Edition | None, published: Mapping[str, Any]
) -> Terms:
    """What a release of this store is made under."""
    accepted = read_ledger(store).filter(pl.col("outcome") == "accepted")
    return Terms(
        rules=run.settings.rules,
        disclosure=run.settings.disclosure_of(audience),
        reference=reference_digests(),
        fingerprint=store.snapshot.fingerprint,
        as_of=store.snapshot.as_of or "",
        inputs=tuple(accepted["sha256"].unique().sort()),
        edition={"number": edition.number, "because": edition.because} if edition else {},
        published=published,
    )
