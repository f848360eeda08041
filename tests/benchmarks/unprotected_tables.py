"""Tables of a landing folder as built, before disclosure control, with their helper columns."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl

from flows.dag import nightly_run
from flows.readers.reference_files import read_reference
from flows.run import InProcess, open_run
from flows.settings import load_settings
from flows.store.snapshot import Store, key_id
from schemas.tables import TABLES
from transforms.synthetic.world import synthetic_claims
from transforms.tables.build import all_tables

KEY = "benchmark-key-of-more-than-thirty-two-bytes"
Tables = dict[str, pl.DataFrame]


def unprotected_tables(data: Path) -> Tables:
    """Take in data/landing and build every table."""
    settings = load_settings(
        data=data, hmac_key=KEY, settle_seconds=0.0, quarantine_ceiling=1.0, audiences=["internal"]
    )
    with open_run(settings, "nightly") as run:
        nightly_run(run, InProcess())
    store = Store.open(data, key_id(settings.key))
    as_of = dt.date.fromisoformat(store.snapshot.as_of or "")
    return all_tables(
        store.resolved_lines(),
        store.resolved_remits(),
        store.quality(),
        as_of,
        settings.rules,
        read_reference(),
    )


def of_two_years(data: Path, cases: int) -> Tables:
    """Those of a synthetic world of five payers and 24 months, with so many cases."""
    landing = data / "landing"
    landing.mkdir()
    made = synthetic_claims(1939, cases, dt.date(2023, 1, 1), 24)
    for name, rows in (("claims", made.claims), ("remits", made.remits)):
        plain = rows.select(column for column in rows.columns if not column.startswith("_"))
        plain.write_csv(landing / f"{name}.csv")
    return unprotected_tables(data)


def of_code(tables: Tables, code: str) -> Tables:
    """Those that have something to withhold, of one procedure code."""
    return {
        name: frame.filter(procedure_code=code)
        for name, frame in tables.items()
        if "procedure_code" in frame.columns and not TABLES[name].plain
    }
