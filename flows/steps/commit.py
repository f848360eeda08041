"""From staged releases to their readers: the snapshot that counts, then one audience at a time."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from flows.run import Run
from flows.steps.stage_release import Staged
from flows.store.publish import is_published, modes_of, publish, readers_folder
from flows.store.snapshot import Store


def commit(run: Run, store: Store, staged: Sequence[Staged]) -> Store:
    """Name the staged releases in the snapshot. From here on what came in counts.

    Gives the store as of that snapshot; where nothing has changed, nothing is written.
    """
    for release in staged:
        store = store.with_snapshot(**release.in_snapshot(store.snapshot, run.settings.keep_releases))
    if store.snapshot != run.store.snapshot:
        store.commit()
        run.log("committed", releases=releases_of(run, store))
    return store


def withdraw(run: Run, store: Store) -> Store:
    """Nothing counts any more: withdraw what is published, then forget the releases.

    In this order: a run that ends between leaves a snapshot that brings them back, and can be repeated.
    """
    for audience in run.store.snapshot.releases:
        shutil.rmtree(readers_folder(run.data, audience), ignore_errors=True)
    empty = store.with_snapshot(releases={}, made_of={}, built=None)
    empty.commit()
    run.log("committed", releases={})
    return empty


def publish_release(run: Run, staged: Staged, store: Store) -> str:
    """Bring an audience's committed release before its readers; gives the release's folder name."""
    release = store.snapshot.releases[staged.audience][-1]
    modes = modes_of(staged.audience, run.settings.internal_group)
    if not is_published(run.data, release, modes):
        publish(run.data, release, modes)
    return release


def releases_of(run: Run, store: Store) -> dict[str, str]:
    """The release of each audience of the run."""
    named = {audience: store.snapshot.release(audience) for audience in run.settings.audiences}
    return {audience: release for audience, release in named.items() if release}
