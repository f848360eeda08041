"""The tables before disclosure control: built for the periods whose lines changed, kept for the others.

What comes out is what building everything anew gives.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import polars as pl

from flows.readers.reference_files import provider_owners, read_contracts, read_reference
from flows.run import Run
from flows.steps.divide_lines import LINES_AT_A_TIME, divided, kept_in_files
from flows.store.files import private_folder
from flows.store.place import Place, sources
from flows.store.snapshot import Store
from flows.store.table_cache import KeptTables, Reading, digest_of, files_of_table, keep, kept_by
from schemas.tables import KEPT_TABLES, TABLES
from transforms.tables.analysis_lines import open_analysis
from transforms.tables.build import beside_other_periods, tables_of_lines
from transforms.tables.data_quality import data_quality, resolved_counts
from transforms.tables.freshness import freshness
from transforms.tables.payer_rules import payer_rules
from transforms.tables.periods import ROLLING, Calendar, Period, first_day, month_of, months_of, rolling_start
from transforms.tables.stale_periods import (
    counted_months,
    joined,
    months_told,
    moving_periods,
    part_of,
    parts_of,
    whole_of,
)

Tables = dict[str, pl.DataFrame]
Sources = Mapping[int, Mapping[str, str]]
"""Month -> partition -> file of its lines."""
_COUNTS: Final = "resolved_counts"
"""Kept beside the tables: what data_quality says of resolved lines and remits, by month."""
_QUALITY: Final = "data_quality"
_READING: Final = 2
"""Tables read at a time: one alone leaves a core idle."""


def build_tables(run: Run, store: Store) -> Store:
    """Build the tables of every period, before protection.

    Gives the store as of a snapshot that names them, and what each period of them is made of.
    """
    kept = kept_by(store)
    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(_others, run, store, kept)
        cells, same, of_cells = _cells(run, store, kept)
        others, of_counts = counting.result()
    made_of = {**of_cells, **of_counts}
    return keep(store, same, {**cells, **others}, made_of, run.work, run.settings.workers)


def read_built(store: Store, wanted: Iterable[str] = TABLES) -> Tables:
    """Those wanted of the tables that the snapshot names, as this run put them there."""
    files = store.snapshot.built.files if store.snapshot.built else {}
    asked = set(wanted)
    names = [name for name in KEPT_TABLES if name in asked or (name not in TABLES and "price_trend" in asked)]
    paths = {name: [store.path(file) for file in files_of_table(files, name)] for name in names}
    found = {name: of_table for name, of_table in paths.items() if of_table}
    with ThreadPoolExecutor(_READING) as pool:
        return beside_other_periods(dict(zip(found, pool.map(_read, found.values()), strict=True)))


def _read(paths: Sequence[Place]) -> pl.DataFrame:
    parts = [pl.read_parquet(path) for path in paths]
    return whole_of(parts) if len(parts) > 1 else parts[0]


def rolling_window(store: Store) -> dt.date | None:
    """First day of the rolling window of the tables."""
    periods = store.snapshot.built.made_of if store.snapshot.built else {}
    kind = f"{ROLLING}/"
    months = [name.removeprefix(kind) for name in periods if name.startswith(kind)]
    return dt.date.fromisoformat(f"{months[0]}-01") if months else None


def build_cells(
    run: Run,
    store: Store,
    lines: pl.LazyFrame,
    rolling_from: dt.date | None,
    only: frozenset[Period] | None = None,
) -> Tables:
    """Build every table whose rows are cells of service lines; of some periods, or all."""
    reference, contracts = read_reference(), read_contracts()
    work = private_folder(run.work / "cells")
    parts = divided(work, lines)
    analysis = open_analysis(
        lines,
        _as_of(store),
        run.settings.rules,
        reference,
        provider_owners(),
        rolling_from,
        only,
        parts,
        kept_in_files(work) if parts else pl.DataFrame.lazy,
    )
    tables = tables_of_lines(analysis, reference, contracts)
    shutil.rmtree(work)
    return {
        name: frame for name, frame in tables.items() if contracts is not None or name != "contract_variance"
    }


def _cells(run: Run, store: Store, kept: KeptTables) -> tuple[Tables, dict[str, str], dict[str, str]]:
    """Of the tables of service lines: parts that moved, files of the others, and what periods are made of."""
    sources = _sources(store)
    calendar = _with_window(store, sources, kept, Calendar(_as_of(store), run.settings.mature_days, None))
    periods = calendar.periods_of(sources)
    made_of = _made_of(store, sources, calendar, periods)
    stand = _standing(store, kept, made_of, periods)
    stale = periods - stand
    moved = {part_of(period) for period in stale}
    standing = {part_of(period) for period in stand}
    same = _of_parts(kept.files, standing - moved)
    before = _of_parts(kept.files, standing & moved)
    earlier = Reading(store, before, run.settings.workers)
    window = None if calendar.rolling is None else first_day(calendar.rolling)
    parts: Tables = {}
    for some in _lots(store, sources, stale):
        keys = _partitions(sources, _months_read(some))
        fresh = build_cells(run, store, store.resolved_lines(keys), window, some)
        if not periods:
            return fresh, {}, {}
        parts |= _with_standing(earlier, stand, fresh, sorted(set(map(part_of, some))))
    same |= {part: before[part] for part, rows in parts.items() if rows is earlier.get(part)}
    return {part: rows for part, rows in parts.items() if part not in same}, same, made_of


def _lots(store: Store, sources: Sources, stale: frozenset[Period]) -> list[frozenset[Period]]:
    """Periods whose cells are made together: all where their lines are few, else those of one part.

    What percentiles and providers are made of is held for the lines of a lot.
    """
    keys = _partitions(sources, _months_read(stale))
    if sum(store.snapshot.partitions[key].rows for key in keys) <= LINES_AT_A_TIME:
        return [stale]
    names = sorted(set(map(part_of, stale)))
    return [frozenset(period for period in stale if part_of(period) == name) for name in names]


def _months_read(periods: Iterable[Period]) -> set[int]:
    """Months whose lines the cells of some periods are made of."""
    return {month for period in periods for month in _months_of_years(period)}


def _of_parts(files: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    return {part: file for part, file in files.items() if part.split("/")[-1] in names}


def _with_standing(
    earlier: Mapping[str, pl.DataFrame], stand: frozenset[Period], fresh: Tables, names: Sequence[str]
) -> Tables:
    """The parts of these names: rows built anew, and of `earlier` parts those whose periods stand."""
    made = {}
    for table, frame in fresh.items():
        of_parts = parts_of(frame)
        for name in names:
            part, rows = f"{table}/{name}", of_parts.get(name, frame.clear())
            made[part] = joined(table, earlier[part], stand, rows) if part in earlier else rows
    return made


def _as_of(store: Store) -> dt.date:
    return dt.date.fromisoformat(store.snapshot.as_of or "")


def _sources(store: Store) -> Sources:
    """Months that have lines, and where they are."""
    months: dict[int, dict[str, str]] = defaultdict(dict)
    for key, files in sorted(store.snapshot.partitions.items()):
        if files.lines:
            months[month_of(dt.date.fromisoformat(f"{key[-7:]}-01"))][key] = files.lines
    return months


def _partitions(sources: Sources, months: Iterable[int]) -> list[str]:
    return [key for month in sorted(months) for key in sources.get(month, ())]


def _with_window(store: Store, sources: Sources, kept: KeptTables, calendar: Calendar) -> Calendar:
    """The calendar with the rolling window, which follows from the months that have a row.

    The kept tables say it of months whose lines are the same.
    """
    months = {("month", month) for month in sources}
    same = kept.same(_made_of(store, sources, calendar, months))
    stand = {month for kind, month in months if _name((kind, month)) in same}
    told = months_told(_table(store, kept, "utilization")).tolist() if stand else []
    told = [month for month in told if month in stand]
    found = counted_months(store.resolved_lines(_partitions(sources, set(sources) - stand)))
    numbers = np.array([*told, *found], dtype=np.int64)
    window = rolling_start(numbers, calendar.as_of, calendar.mature_days)
    return Calendar(calendar.as_of, calendar.mature_days, window)


def _made_of(store: Store, sources: Sources, calendar: Calendar, periods: Iterable[Period]) -> dict[str, str]:
    """Digest of all that the cells of a period depend on, by its name; the age of waiting lines apart.

    They depend on all lines of the years that the period lies in: a payer's own median is of a year.
    """
    digests = {}
    for period in sorted(periods):
        files = [file for month in _months_of_years(period) for file in sources.get(month, {}).values()]
        facts = [store.snapshot.fingerprint, str(calendar.is_mature(period)), *files]
        digests[_name(period)] = digest_of(facts)
    return digests


def _months_of_years(period: Period) -> list[int]:
    """All months of the calendar years that the months of a period lie in."""
    years = sorted({month // 12 for month in months_of(period)})
    return [12 * year + place for year in years for place in range(12)]


def _name(period: Period) -> str:
    kind, first = period
    return f"{kind}/{first_day(first):%Y-%m}"


def _standing(
    store: Store, kept: KeptTables, made_of: Mapping[str, str], periods: frozenset[Period]
) -> frozenset[Period]:
    """Periods that are made of the same lines as before and, under another as-of date, tell the same of
    lines that wait.
    """
    names = kept.same(made_of)
    same = frozenset(period for period in periods if _name(period) in names)
    if not same or kept.as_of == store.snapshot.as_of:
        return same
    later = kept.as_of < (store.snapshot.as_of or "")
    return same - moving_periods(_table(store, kept, "open_claims")) if later else frozenset()


def _others(run: Run, store: Store, kept: KeptTables) -> tuple[Tables, dict[str, str]]:
    """The tables that are not cells of service lines, and what each month of their counts is made of."""
    counts, made_of = _counts(store, kept)
    rules = payer_rules(read_reference())
    fresh = freshness(store.claim_lines(), store.remit_lines(), _as_of(store), read_reference())
    others = {
        "payer_rules": rules,
        "freshness": fresh,
        _QUALITY: _quality(run, store, counts),
        _COUNTS: counts,
    }
    return others, made_of


def _table(store: Store, kept: KeptTables, name: str) -> pl.DataFrame:
    """An earlier table, in whatever order."""
    return pl.read_parquet(sources(map(store.path, files_of_table(kept.files, name))))


def _counts(store: Store, kept: KeptTables) -> tuple[pl.DataFrame, dict[str, str]]:
    """Counts of resolved lines and remits by month, and what each month of them is made of."""
    months: dict[str, list[str]] = defaultdict(list)
    for key in sorted(store.snapshot.partitions):
        months[key[-7:]].append(key)
    made_of = {}
    for month, keys in months.items():
        entries = [store.snapshot.partitions[key] for key in keys]
        files = [f"{entry.lines} {entry.remits}" for entry in entries]
        made_of[f"{_COUNTS}/{month}"] = digest_of([store.snapshot.fingerprint, *files])
    same = [name[-7:] for name in kept.same(made_of)]
    keys = [key for month, keys in months.items() if month not in same for key in keys]
    fresh = resolved_counts(store.resolved_lines(keys), store.resolved_remits(keys))
    if not same:
        return fresh, made_of
    stand = _table(store, kept, _COUNTS).filter(pl.col("month").dt.strftime("%Y-%m").is_in(same))
    return pl.concat([stand, fresh]).sort(fresh.columns), made_of


def _quality(run: Run, store: Store, counts: pl.DataFrame) -> pl.DataFrame:
    """The table of what was read, kept and refused."""
    return data_quality(counts, store.quality(), _as_of(store), run.settings.rules, read_reference())
