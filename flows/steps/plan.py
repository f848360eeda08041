"""What a run has to do once it knows what came in."""

from __future__ import annotations

from dataclasses import dataclass

from flows.errors import ProductError
from flows.run import Run
from flows.steps.admit import TakenIn
from flows.steps.due import audiences_due
from flows.store.known import Partition, partition_key, read_ledger
from flows.store.ledger import as_of
from flows.store.snapshot import Store


@dataclass(frozen=True)
class Plan:
    """`is_idle`: nothing is to be made. `other_rules`: rules or reference data are not those of the last run.

    `everything`: every month is resolved anew.
    """

    is_idle: bool
    other_rules: bool
    everything: bool


def plan_run(run: Run, taken: TakenIn, only: Partition | None) -> Plan:
    """Whether anything is to be made, and whether of every month.

    E_NOTHING_TAKEN_IN when a rerun is for a payer and month without rows.
    """
    other_rules = run.store.snapshot.fingerprint != taken.store.snapshot.fingerprint
    day = as_of_day(run, taken.store)
    is_due = bool(day and audiences_due(run, taken.store.with_snapshot(as_of=day)))
    everything = other_rules or taken.removed
    plan = Plan(not (taken.is_changed or only or other_rules or is_due), other_rules, everything)
    if plan.is_idle:
        return plan
    if only and not everything and partition_key(only) not in taken.store.snapshot.partitions:
        raise ProductError("E_NOTHING_TAKEN_IN", partition_key(only))
    if everything and run.store.snapshot.fingerprint:
        run.say(
            "a rule, a layout, the reference data or the program changed, or a file was taken out: "
            "every month is resolved again"
        )
    return plan


def as_of_day(run: Run, store: Store) -> str | None:
    """The setting, else the latest submission or payment date of rows in force."""
    if run.settings.as_of:
        return run.settings.as_of.isoformat()
    latest = as_of(read_ledger(store))
    return latest.isoformat() if latest else None
