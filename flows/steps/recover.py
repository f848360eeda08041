"""Finishing what an earlier run left, before anything new is begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flows.run import Run
from flows.steps.commit import bring_before_readers, is_before_readers
from flows.store.publish import faults, is_whole, read_manifest, staged_folder
from flows.store.sweep import sweep


@dataclass(frozen=True)
class Recovered:
    """Releases whose publishing was completed, by audience."""

    completed: Mapping[str, str] = field(default_factory=dict)


def recover(run: Run) -> Recovered:
    """Complete an earlier run's publishing, sweep what no snapshot names."""
    swept = sweep(run.store, keep=run.work)
    if swept:
        run.log("swept", entries=swept)
    completed: dict[str, str] = {}
    for audience in run.settings.audiences:
        release = run.store.snapshot.release(audience)
        if release is None or is_before_readers(run, audience, release):
            continue
        folder = staged_folder(run.data, release)
        if not is_whole(folder, read_manifest(folder)):
            run.log("release_damaged", release=release)
            continue
        run.log("completing", audience=audience, faults=faults(run.data, audience))
        completed[audience] = bring_before_readers(run, audience, release, run.store)
    return Recovered(completed)
