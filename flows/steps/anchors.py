"""Holds what a run built against public figures, before anything is protected or published."""

from __future__ import annotations

from flows.readers.reference_files import read_reference
from flows.run import Run
from flows.steps.build_tables import read_built
from flows.store.snapshot import Store
from transforms.plausibility import FOUND_IN, departures


def left_anchors(run: Run, store: Store) -> tuple[str, ...]:
    """Anchors that the rolling twelve months of the main code leave, in words without a figure of the run.

    None where a run that changed nothing finds no kept tables: nothing rests on them.
    """
    built = store.snapshot.built
    if built is None or not all(store.path(file).is_file() for file in built.files.values()):
        return ()
    tables = read_built(store, {table for table, _ in FOUND_IN.values()})
    if not tables:
        return ()
    return tuple(map(str, departures(tables, read_reference(), run.settings.main_code)))
