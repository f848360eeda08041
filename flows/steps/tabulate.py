"""From resolved lines to staged releases: the tables are made once, and each audience's release from them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from flows.readers.reference_files import read_reference, reference_digests
from flows.run import Run
from flows.steps.admission import read_ledger
from flows.steps.build_tables import read_built, rolling_window, with_built
from flows.store.files import as_json, private_folder, read_json
from flows.store.place import Place
from flows.store.publish import is_whole, read_manifest, staged_folder
from flows.store.release import Terms, release_id, stage_release
from flows.store.snapshot import Edition, Snapshot, Store
from schemas.dictionary import data_dictionary
from schemas.rules import SCHEMA_VERSION, Audience, DisclosureRules
from schemas.tables import TABLES
from transforms.editions import in_periods, told_periods, with_kept
from transforms.protect.published import added, published_counts, whole_percents
from transforms.protect.tables import protect_tables
from transforms.tables.canonical import canonical_digest
from transforms.tables.release_changes import causes_of, changed_lines, release_changes

Tables = dict[str, pl.DataFrame]
CHANGES = "release_changes"
COUNTS = "counts.json"
"""Rows and lines published, beside the tables of an audience in the work folder."""
EDITION = "edition.json"
READING = 2
"""Tables read at a time: one alone leaves a core idle."""


@dataclass(frozen=True)
class Shown:
    """The work folder that holds what an audience may see."""

    audience: Audience
    folder: Path


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


def build_tables(run: Run, store: Store) -> Store:
    """Build the tables of every period; gives the store as of a snapshot that names them, unprotected."""
    return with_built(run, store)


def protect(run: Run, audience: Audience, store: Store) -> Shown:
    """What an audience may see of the tables, in a work folder of its own."""
    rules, built = run.settings.disclosure_of(audience), read_built(store)
    folder = private_folder(private_folder(run.work / "shown") / audience)
    shown = protect_tables(built, rules)
    if audience == "shared":
        edition, shown = _edition(run, store, built, shown, rules)
        (folder / EDITION).write_bytes(as_json(asdict(edition)))
    elif audience != "internal":
        (folder / COUNTS).write_bytes(as_json(published_counts(built, shown)))
    _write_frames(folder, shown)
    return Shown(audience, folder)


def _edition(
    run: Run, store: Store, built: Tables, shown: Tables, rules: DisclosureRules
) -> tuple[Edition, Tables]:
    """What `shared` has told with this release, and its tables: new periods beside those told before."""
    made_under = hashlib.sha256(as_json([SCHEMA_VERSION, asdict(rules)])).hexdigest()[:16]
    before, kept = store.snapshot.edition, last_release(run, "shared")
    because = _new_edition(before, made_under, kept is not None)
    if because:
        number = before.number + 1 if before else 1
        edition, kept = Edition(number, because, made_under), {}
    else:
        edition = before or Edition()
    as_of = dt.date.fromisoformat(store.snapshot.as_of or "")
    new = sorted(set(told_periods(built, as_of, rules.minimum_age_months)) - set(edition.periods))
    made = with_kept(shown, kept or {}, new)
    told = {name: in_periods(made[name], new) for name in made if "period_type" in made[name].columns}
    there = {name: in_periods(built[name], new) for name in told}
    counts = added(edition.counts, published_counts(there, told))
    return replace(edition, periods=tuple(sorted({*edition.periods, *new})), counts=counts), made


def _new_edition(before: Edition | None, made_under: str, has_last: bool) -> str | None:
    """Why an edition of `shared` begins, or None: what has been told stands."""
    if before is None:
        return "first"
    if not before.made_under:
        return "retraction"
    if before.made_under != made_under:
        return "schema or thresholds"
    return None if has_last else "the last release was lost"


def stage(run: Run, shown: Shown, store: Store) -> Staged:
    """Write the release of an audience into the store; where nothing has changed, it keeps the one it has."""
    audience, folder = shown.audience, shown.folder
    edition = Edition.of(told) if (told := read_json(folder / EDITION)) else None
    tables = _read_frames(folder)
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


def _changes(run: Run, store: Store, audience: Audience, tables: Tables, terms: Terms) -> pl.DataFrame:
    """How the numbers moved since the audience's last release of the same thresholds and edition."""
    before, old = last_release(run, audience), run.store.snapshot.edition
    if before is None or (terms.edition and old and terms.edition["number"] != old.number):
        return release_changes({}, tables)
    least = 1 if audience == "internal" else run.settings.disclosure_of(audience).minimum_count
    made_under = _made_under(run, store)
    lines = run.once("changed lines", lambda: _changed_lines(run, store))
    causes = causes_of(lines.lazy(), made_under, rolling_window(store), least)
    return release_changes(before, tables, causes, made_under)


def _changed_lines(run: Run, store: Store) -> pl.DataFrame:
    """What changed the lines since the last snapshot."""
    partitions = moved_partitions(run.store, store)
    sides = [each.resolved_lines(partitions) for each in (run.store, store)]
    return changed_lines(*sides).collect()


def moved_partitions(before: Store, after: Store) -> list[str]:
    """Partitions whose lines are not those of the last snapshot: files are named by their content."""
    old, new = before.snapshot.partitions, after.snapshot.partitions
    lines = {
        key: tuple(part[key].lines if key in part else None for part in (old, new)) for key in {*old, *new}
    }
    return sorted(key for key, (was, now) in lines.items() if was != now)


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


def last_release(run: Run, audience: Audience) -> Tables | None:
    """The audience's last release in the store, when it is whole and was made under the same thresholds.

    What other thresholds let through must not be told as the number before.
    """
    name = run.store.snapshot.release(audience)
    if name is None:
        return None
    folder = staged_folder(run.data, name)
    manifest = read_manifest(folder)
    if manifest is None or not is_whole(folder, manifest):
        return None
    if not _same_thresholds(run, audience, manifest):
        return None
    return _read_tables({name: folder / entry["file"] for name, entry in sorted(manifest["tables"].items())})


def audiences_due(run: Run, store: Store) -> list[Audience]:
    """Audiences without a whole release of this store under today's thresholds."""
    return [audience for audience in run.settings.audiences if _is_due(run, store, audience)]


def _is_due(run: Run, store: Store, audience: Audience) -> bool:
    if store.snapshot.made_of.get(audience) != store.snapshot.basis:
        return True
    name = store.snapshot.release(audience)
    folder = staged_folder(run.data, name or "")
    manifest = read_manifest(folder) if name else None
    if manifest is None or not is_whole(folder, manifest):
        return True
    return not _same_thresholds(run, audience, manifest)


def _same_thresholds(run: Run, audience: Audience, manifest: Mapping[str, Any]) -> bool:
    """Whether a release was made under today's thresholds; compared as JSON, which knows no tuples."""
    return as_json(manifest["rules"]["disclosure"]) == as_json(asdict(run.settings.disclosure_of(audience)))


def _write_frames(folder: Path, frames: Mapping[str, pl.DataFrame]) -> Path:
    private_folder(folder)
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="lz4", statistics=False)
    return folder


def _read_frames(folder: Path) -> Tables:
    return _read_tables({path.stem: path for path in sorted(folder.glob("*.parquet"))})


def _read_tables(files: Mapping[str, Place]) -> Tables:
    with ThreadPoolExecutor(READING) as pool:
        return dict(zip(files, pool.map(pl.read_parquet, files.values()), strict=True))
