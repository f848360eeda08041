"""The state of a data folder, read without the lock and without changing anything."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import polars as pl

from flows.settings import Settings
from flows.steps.admission import read_ledger
from flows.store.ledger import seen
from flows.store.lock import is_held, read_note
from flows.store.publish import is_published, read_manifest, readers_folder
from flows.store.snapshot import Store, keep_spills_inside
from schemas.rules import AUDIENCES


def state_of(settings: Settings) -> dict[str, Any]:
    """Releases, run, files, quarantine and freshness as plain values: counts, codes and shown names only."""
    data = settings.data
    keep_spills_inside(data)
    store = Store.open(data)
    note = read_note(data)
    ledger = read_ledger(store)
    outcomes = ledger.group_by("outcome").agg(pl.len().alias("files")).sort("outcome")
    new, waiting = _landing(settings, ledger)
    return {
        "data": str(data),
        "releases": releases(settings, store),
        "run": {**asdict(note), "going_on": is_held(data)} if note else None,
        "files": dict(outcomes.iter_rows()),
        "new": new,
        "waiting": waiting,
        "rejected": [
            {"file": name, "code": code}
            for name, code in ledger.filter(pl.col("outcome") == "rejected")
            .select("shown_name", "reason")
            .iter_rows()
        ],
        "quarantined": int(ledger.filter(pl.col("outcome") == "accepted")["quarantined"].sum()),
        "freshness": freshness(store),
    }


def releases(settings: Settings, store: Store) -> dict[str, dict[str, Any]]:
    """What the readers of each audience see; is_stale: no run publishes for it any more, is_pending: the next
    run completes its publishing.
    """
    told: dict[str, dict[str, Any]] = {}
    for audience in AUDIENCES:
        manifest = read_manifest(readers_folder(settings.data, audience))
        release = store.snapshot.release(audience)
        is_chosen = audience in settings.audiences
        pending = is_chosen and release is not None and not is_published(settings.data, release)
        if manifest or pending:
            names = ("release_id", "as_of", "published_at")
            facts = {name: (manifest or {}).get(name) for name in names}
            told[audience] = {**facts, "is_stale": not is_chosen, "is_pending": pending}
    return told


def freshness(store: Store) -> list[dict[str, Any]]:
    """Per payer and service month: lines taken in, latest submission and latest final answer."""
    rows = (
        store.resolved_lines()
        .group_by("payer", "service_month")
        .agg(
            pl.len().alias("lines"),
            pl.col("submitted_on").max().alias("submitted_to"),
            pl.col("final_remit_on").max().alias("answered_to"),
        )
        .sort("payer", "service_month")
        .collect()
    )
    return [
        {
            "payer": row["payer"],
            "month": f"{row['service_month']:%Y-%m}",
            "lines": row["lines"],
            "submitted_to": row["submitted_to"].isoformat(),
            "answered_to": row["answered_to"].isoformat() if row["answered_to"] else None,
        }
        for row in rows.iter_rows(named=True)
    ]


def _landing(settings: Settings, ledger: pl.DataFrame) -> tuple[int, int]:
    """Files in landing/ not seen before, and files still growing.

    Shown names are keyed: without a key all count as new.
    """
    from flows.readers.landing import discover

    landing = settings.data / "landing"
    if not landing.is_dir() or settings.hmac_key is None:
        return 0, 0
    looked = discover(landing, settings)
    known = seen(ledger)
    new = [
        file
        for file in looked.files
        if (file.shown_name, file.size, file.path.stat().st_mtime_ns) not in known
    ]
    return len(new), len(looked.waiting)
