"""The state of a data folder, read without the lock and without changing anything."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import asdict
from typing import Any, Final

import polars as pl

from flows import waiting
from flows.clock import clock_doubt
from flows.settings import Settings
from flows.store.known import read_ledger
from flows.store.lock import is_held, read_note
from flows.store.place import keep_spills_inside
from flows.store.publish import is_published, read_manifest, readers_folder
from flows.store.quarantined_rows import bad_rows
from flows.store.snapshot import Store
from schemas.rules import AUDIENCES
from transforms.tables.answering import can_answer

LATE_AFTER_DAYS: Final = 2
"""Days past the day on which a payer's file was to come: a weekend is no reason to look."""


def state_of(settings: Settings, today: dt.date | None = None) -> dict[str, Any]:
    """Releases, run, files, quarantine and freshness as plain values: counts, codes and shown names only.

    What can't be known (without the store's key) is None, and never 0.
    """
    data = settings.data
    keep_spills_inside(data)
    store = Store.open(data)
    note = read_note(data)
    ledger = read_ledger(store)
    landing = waiting.look(settings, store, ledger)
    outcomes = ledger.group_by("outcome").agg(pl.len().alias("files")).sort("outcome")
    rules = _rules_by_file(store)
    now = today or dt.date.today()
    return {
        "data": str(data),
        "releases": releases(settings, store),
        "run": {**asdict(note), "going_on": is_held(data)} if note else None,
        "files": dict(outcomes.iter_rows()),
        "new": landing.new,
        "waiting": landing.waiting,
        "landing": landing.as_dict(),
        "rejected": [_rejected(row, landing, rules) for row in _rows(ledger, "rejected")],
        "quarantined": int(ledger.filter(pl.col("outcome") == "accepted")["quarantined"].sum()),
        "quarantine": [
            {"file": row["shown_name"], "rows": row["quarantined"], "rules": rules.get(row["shown_name"], [])}
            for row in _rows(ledger, "accepted")
            if row["quarantined"]
        ],
        "freshness": _freshness(store),
        "sources": freshness_of_sources(store, now),
        "clock": clock_doubt(data, store.snapshot.as_of, now),
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


def _freshness(store: Store) -> list[dict[str, Any]]:
    """Per payer and service month: lines taken in, latest submission and latest final answer."""
    rows = (
        store.resolved_lines()
        .group_by("payer", "service_month")
        .agg(
            pl.len().alias("lines"),
            pl.col("submitted_on").filter(can_answer("timeliness")).max().alias("submitted_to"),
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
            "submitted_to": row["submitted_to"].isoformat() if row["submitted_to"] else None,
            "answered_to": row["answered_to"].isoformat() if row["answered_to"] else None,
        }
        for row in rows.iter_rows(named=True)
    ]


def freshness_of_sources(store: Store, today: dt.date) -> list[dict[str, Any]]:
    """Per kind of file and payer: the latest dates, and when the next file is to be expected by their rhythm.

    From table `freshness` of the last run, compared with today (the table itself knows no clock).
    """
    name = store.snapshot.built and store.snapshot.built.files.get("freshness")
    if not name or not store.is_intact(name):
        return []
    return [_source(row, today) for row in pl.read_parquet(store.path(name)).iter_rows(named=True)]


def _source(row: dict[str, Any], today: dt.date) -> dict[str, Any]:
    days = ("last_service_date", "last_submitted_on", "last_payment_date")
    latest: dt.date | None = row["last_payment_date"] or row["last_submitted_on"]
    usual: float | None = row["usual_days_between"]
    due = latest + dt.timedelta(days=math.ceil(usual)) if latest and usual else None
    overdue = max((today - due).days, 0) if due else None
    return {
        **{name: row[name] for name in ("source", "payer", "files", "usual_days_between")},
        **{name: row[name].isoformat() if row[name] else None for name in days},
        "expected_on": due.isoformat() if due else None,
        "overdue_days": overdue,
        "is_overdue": None if overdue is None else overdue > LATE_AFTER_DAYS,
    }


def _rows(ledger: pl.DataFrame, outcome: str) -> list[dict[str, Any]]:
    return ledger.filter(pl.col("outcome") == outcome).to_dicts()


def _rejected(
    row: dict[str, Any], landing: waiting.Waiting, rules: dict[str, list[dict[str, Any]]]
) -> dict[str, Any]:
    """A file of which nothing enters: the whole reason, its parts, and whether it still lies in landing/."""
    name, (code, _, where) = row["shown_name"], row["reason"].partition(":")
    again = {entry["file"] for entry in landing.files if entry["why"] == "again"}
    return {
        "file": name,
        "code": row["reason"],
        "rule": code,
        "where": where or None,
        "rules": rules.get(name, []),
        "in_landing": name in landing.there if landing.new is not None else None,
        "is_tried_again": name in again if landing.new is not None else None,
    }


def _rules_by_file(store: Store) -> dict[str, list[dict[str, Any]]]:
    """Rules that rows of a file break, with column and rows; the most frequent first."""
    counts = bad_rows(store).group_by("shown_name", "rule_code", "column").len("rows")
    found: dict[str, list[dict[str, Any]]] = {}
    order = ["shown_name", "rows", "rule_code", "column"]
    for row in counts.sort(order, descending=[False, True, False, False]).iter_rows(named=True):
        told = {"rule": row["rule_code"], "column": row["column"] or None, "rows": row["rows"]}
        found.setdefault(row["shown_name"], []).append(told)
    return found
