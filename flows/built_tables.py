"""The tables as built, before disclosure control: kept in the store, so that a run builds only the periods
whose lines changed.

Nothing rests on them: what is missing, damaged or made of other lines is built anew, and what comes out is
what building everything anew gives.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from flows.files import digest, private_folder
from flows.reference_files import provider_owners, read_contracts, read_reference
from flows.run import Run
from flows.store import Built, Store
from transforms.tables.book import old_enough, open_book
from transforms.tables.build import tables_of_lines
from transforms.tables.data_quality import data_quality
from transforms.tables.payer_rules import payer_rules
from transforms.tables.periods import Calendar, Period, first_day, month_of, months_of, rolling_start
from transforms.tables.standing import counted_months, is_of_lines, joined, months_told, moving_periods

Tables = dict[str, pl.DataFrame]
Sources = Mapping[int, Mapping[str, str]]
"""Month -> partition -> file of its lines."""
ROOM: Final = "store/tables"
QUALITY: Final = "data_quality"


def with_built(run: Run, store: Store) -> Store:
    """The store as of a snapshot that names the tables of every period, and what each period is made of."""
    sources = _sources(run, store)
    earlier = _earlier(run, store)
    kept = store.snapshot.built if earlier else None
    calendar = _calendar(run, store, sources, kept, earlier)
    made_of = {
        period: _made_of(store, sources, calendar, period) for period in sorted(calendar.periods_of(sources))
    }
    stand = _standing(store, made_of, kept, earlier)
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(_others, run, store)
        tables = _tables_of(run, store, sources, calendar, frozenset(made_of) - stand)
        if stand:
            tables = joined(earlier, stand, tables)
        tables |= others.result()
    return _kept(run, store, tables, {_name(period): told for period, told in made_of.items()})


def read_built(store: Store) -> Tables:
    """The tables that the snapshot names, as this run put them there."""
    built = store.snapshot.built
    return {name: pl.read_parquet(store.path(file)) for name, file in built.files.items()} if built else {}


def build_cells(
    run: Run,
    store: Store,
    lines: pl.LazyFrame,
    rolling_from: dt.date | None,
    only: frozenset[Period] | None = None,
) -> Tables:
    """Build every table whose rows are cells of service lines; of some periods, or all."""
    contracts = read_contracts()
    book = open_book(
        lines,
        _as_of(store),
        run.settings.rules,
        read_reference(),
        provider_owners(),
        run.settings.disclosure.minimum_age_months,
        rolling_from,
        only,
    )
    tables = tables_of_lines(book, read_reference(), contracts)
    return {
        name: frame for name, frame in tables.items() if contracts is not None or name != "contract_variance"
    }


def _as_of(store: Store) -> dt.date:
    return dt.date.fromisoformat(store.snapshot.as_of or "")


def _sources(run: Run, store: Store) -> Sources:
    """Months old enough to be told, and where their lines are."""
    months: dict[int, dict[str, str]] = defaultdict(dict)
    for key, files in sorted(store.snapshot.partitions.items()):
        if files.lines:
            months[month_of(dt.date.fromisoformat(f"{key[-7:]}-01"))][key] = files.lines
    days = pl.DataFrame({"service_month": [first_day(month) for month in months]}, {"service_month": pl.Date})
    least = run.settings.disclosure.minimum_age_months
    told = days.filter(old_enough(_as_of(store), least)) if least else days
    return {month: months[month] for month in map(month_of, told.to_series())}


def _calendar(run: Run, store: Store, sources: Sources, kept: Built | None, earlier: Tables) -> Calendar:
    """The calendar with the rolling window of the months that have a row now.

    Which have one, the earlier tables say of months whose lines are the same.
    """
    calendar = Calendar(_as_of(store), run.settings.mature_days, None)
    same = {
        month
        for month in sources
        if kept
        and kept.made_of.get(_name(("month", month))) == _made_of(store, sources, calendar, ("month", month))
    }
    changed = [key for month in sources if month not in same for key in sources[month]]
    told = [month for month in months_told(earlier["utilization"]) if month in same] if same else []
    months = np.array([*told, *counted_months(store.resolved_lines(changed))], dtype=np.int64)
    return Calendar(
        calendar.as_of, calendar.mature_days, rolling_start(months, calendar.as_of, calendar.mature_days)
    )


def _made_of(store: Store, sources: Sources, calendar: Calendar, period: Period) -> str:
    """Digest of everything that the cells of a period depend on, the age of waiting lines apart."""
    files = [name for month in months_of(period) for name in sources.get(month, {}).values()]
    facts = [store.snapshot.fingerprint, str(calendar.is_mature(period)), *files]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _name(period: Period) -> str:
    kind, first = period
    return f"{kind}/{first_day(first):%Y-%m}"


def _standing(
    store: Store, made_of: Mapping[Period, str], kept: Built | None, earlier: Tables
) -> frozenset[Period]:
    """Periods that are made of the same lines as before, and tell the same of lines that wait."""
    if kept is None:
        return frozenset()
    same = frozenset(period for period, told in made_of.items() if kept.made_of.get(_name(period)) == told)
    before, now = dt.date.fromisoformat(kept.as_of), _as_of(store)
    if before == now:
        return same
    return same - moving_periods(earlier["open_claims"]) if before < now else frozenset()


def _tables_of(
    run: Run, store: Store, sources: Sources, calendar: Calendar, stale: frozenset[Period]
) -> Tables:
    """The tables of some periods alone, from the lines of their months."""
    months = {month for period in stale for month in months_of(period)}
    keys = [key for month in sorted(months & set(sources)) for key in sources[month]]
    rolling = None if calendar.rolling is None else first_day(calendar.rolling)
    return build_cells(run, store, store.resolved_lines(keys), rolling, stale)


def _others(run: Run, store: Store) -> Tables:
    """The tables that are of no lines alone, and quick to build."""
    reference, as_of = read_reference(), _as_of(store)
    told = data_quality(
        store.resolved_lines(), store.resolved_remits(), store.quality(), as_of, run.settings.rules, reference
    )
    least = run.settings.disclosure.minimum_age_months
    if least:
        told = told.filter(old_enough(as_of, least, "period_start").fill_null(True))
    return {"payer_rules": payer_rules(reference), QUALITY: told}


def _earlier(run: Run, store: Store) -> Tables:
    """The tables of lines that an earlier run left; none when any of them is missing or not what it was."""
    files = store.snapshot.built.files if store.snapshot.built else {}
    wanted = {name: store.path(file) for name, file in files.items() if is_of_lines(name)}
    if not all(path.is_file() and digest(path)[:16] == path.stem[-16:] for path in wanted.values()):
        return {}
    with ThreadPoolExecutor(run.settings.workers) as pool:
        return dict(zip(wanted, pool.map(pl.read_parquet, wanted.values()), strict=True))


def _kept(run: Run, store: Store, tables: Tables, made_of: Mapping[str, str]) -> Store:
    """Put the tables into the store."""
    work = private_folder(run.work / "built")

    def written(name: str) -> tuple[Path, str, str]:
        file = work / f"{name}.parquet"
        tables[name].rechunk().write_parquet(file, compression="lz4", statistics=False)
        return file, ROOM, name

    with ThreadPoolExecutor(run.settings.workers) as pool:
        names = store.adopt_all(list(pool.map(written, tables)))
    files = dict(zip(tables, names, strict=True))
    return store.with_snapshot(built=Built(files, made_of, store.snapshot.as_of or ""))
