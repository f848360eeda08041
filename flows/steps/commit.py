"""From staged releases to their readers: the snapshot that counts, then one audience at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flows.run import Run
from flows.steps.stage_release import Staged
from flows.store.place import remove_folder
from flows.store.publish import is_published, modes_of, publish, readers_folder
from flows.store.publish_objects import publish_objects
from flows.store.snapshot import Store
from schemas.rules import Audience


def commit(run: Run, store: Store, staged: Sequence[Staged]) -> Store:
    """Name the staged releases in the snapshot. From here on what came in counts.

    Gives the store as of that snapshot; where nothing has changed, nothing is written.
    """
    for release in staged:
        store = store.with_snapshot(**release.in_snapshot(store.snapshot, run.settings.keep_releases))
    if store.snapshot != run.store.snapshot:
        store = store.commit()
        run.log("committed", releases=releases_of(run, store))
    return store


def withdraw(run: Run, store: Store) -> Store:
    """Nothing counts any more: withdraw what is published, then forget the releases.

    In this order: a run that ends between leaves a snapshot that brings them back, and can be repeated.
    """
    store.check_own()
    for audience in run.store.snapshot.releases:
        remove_folder(readers_folder(run.data, audience))
    empty = store.with_snapshot(releases={}, made_of={}, built=None).commit()
    run.log("committed", releases={})
    return empty


def publish_release(run: Run, staged: Staged, store: Store) -> str:
    """Bring an audience's committed release before its readers; gives the release's folder name."""
    release = store.snapshot.releases[staged.audience][-1]
    if not is_before_readers(run, staged.audience, release):
        bring_before_readers(run, staged.audience, release, store)
    return release


def is_before_readers(run: Run, audience: Audience, release: str) -> bool:
    """Whether the readers of an audience see exactly this release, under its permissions."""
    return is_published(run.data, release, modes_of(audience, run.settings.internal_group))


def bring_before_readers(run: Run, audience: Audience, release: str, store: Store) -> str:
    """Publish a release of the store, or complete what was begun; gives its release id."""
    if isinstance(run.data, Path):
        return publish(run.data, release, modes_of(audience, run.settings.internal_group))
    return publish_objects(store, run.data, release)


def releases_of(run: Run, store: Store) -> dict[str, str]:
    """The release of each audience of the run."""
    named = {audience: store.snapshot.release(audience) for audience in run.settings.audiences}
    return {audience: release for audience, release in named.items() if release}
