"""What each audience may see of the tables."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from flows.run import Run
from flows.steps.build_tables import read_built
from flows.steps.due import ReleaseTables, last_release
from flows.store.edition import Edition
from flows.store.files import as_json, private_folder
from flows.store.snapshot import Store
from schemas.rules import SCHEMA_VERSION, Audience, DisclosureRules
from transforms.editions import in_periods, told_periods, with_kept
from transforms.protect.audience_tables import protect_tables
from transforms.protect.shown_counts import counts_added, published_counts

COUNTS = "counts.json"
"""Rows and lines published, beside the tables of an audience in the work folder."""
EDITION = "edition.json"


@dataclass(frozen=True)
class Shown:
    """The work folder that holds what an audience may see."""

    audience: Audience
    folder: Path


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
    for name, frame in shown.items():
        frame.write_parquet(folder / f"{name}.parquet", compression="lz4", statistics=False)
    return Shown(audience, folder)


def _edition(
    run: Run, store: Store, built: ReleaseTables, shown: ReleaseTables, rules: DisclosureRules
) -> tuple[Edition, ReleaseTables]:
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
    counts = counts_added(edition.counts, published_counts(there, told))
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
