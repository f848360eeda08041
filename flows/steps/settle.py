"""The store with the rewritten payers' months in it, checked: rows and money add up."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass

from flows.run import Run
from flows.steps.admit import TakenIn
from flows.steps.due import audiences_due
from flows.steps.partitions import Written
from flows.steps.plan import Plan, as_of_day
from flows.store.conservation import check_money, check_partitions
from flows.store.snapshot import Store
from schemas.rules import Audience


@dataclass(frozen=True)
class Settled:
    """The store with the rewritten payers' months in it, and the audiences that have no release of it yet.

    `is_empty`: nothing counts any more.
    """

    store: Store
    is_empty: bool
    audiences: tuple[Audience, ...]


def settle(run: Run, taken: TakenIn, plan: Plan, written: Sequence[Written]) -> Settled:
    """Put the written payers' months into the store.

    E_CONSERVATION when rows or money do not add up. Nothing is committed.
    """
    store = taken.store
    new = dict(entry for part in written for entry in part.partitions)
    partitions = new if plan.everything else {**store.snapshot.partitions, **new}
    kept = {key: files for key, files in sorted(partitions.items()) if files.lines or files.remits}
    after = store.with_snapshot(partitions=kept, as_of=as_of_day(run, store))
    changed = None if plan.everything else new
    check_partitions(after, changed)
    check_money(after, changed)
    for room in ("affected", "resolved"):
        shutil.rmtree(run.work / room, ignore_errors=True)
    is_empty = after.snapshot.as_of is None
    return Settled(after, is_empty, () if is_empty else tuple(audiences_due(run, after)))
