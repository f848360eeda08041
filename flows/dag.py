"""Every run, one step a line: the nightly run, a rerun, taking a file out and back in.

What a step gives to a later one is an edge of the graph that Prefect draws. `each` performs a step for every
item at a time: a batch of files, a group of payers' months, an audience.
"""

from __future__ import annotations

from flows.run import Executor, Run
from flows.steps.admit import TakenIn, admit
from flows.steps.affected import affected
from flows.steps.build_tables import build_tables
from flows.steps.commit import commit, publish_release, withdraw
from flows.steps.compact import compact
from flows.steps.discover import Found, discover_again, discover_new
from flows.steps.intake import intake
from flows.steps.partitions import payer_months, write_partitions
from flows.steps.plan import Plan, plan_run
from flows.steps.protect import protect
from flows.steps.recover import Recovered, recover
from flows.steps.resolve import resolve
from flows.steps.settle import Settled, settle
from flows.steps.stage_release import stage
from flows.steps.summary import Summary, summarize
from flows.steps.take_out import back_in, discover_retracted, retract
from flows.store.known import Partition


def nightly_run(run: Run, do: Executor) -> Summary:
    """Take in what is new in landing/, rebuild what it touches, publish."""
    recovered = do("recover", recover, run)
    found = do("discover", discover_new, run)
    reports = do.each("intake", intake, run, found.listings)
    taken = do("admission", admit, run, found, reports)
    return rebuild(run, do, recovered, found, taken)


def rerun_run(run: Run, do: Executor, partition: Partition, from_landing: bool = False) -> Summary:
    """Rebuild one payer and service month; `from_landing` takes their source files in again first."""
    recovered = do("recover", recover, run)
    found = do("discover", discover_again, run, partition, from_landing)
    reports = do.each("intake", intake, run, found.listings)
    taken = do("admission", admit, run, found, reports)
    return rebuild(run, do, recovered, found, taken, partition)


def retract_run(run: Run, do: Executor, file: str) -> Summary:
    """Take out again what a file brought, publish."""
    recovered = do("recover", recover, run)
    taken = do("admission", retract, run, file)
    return rebuild(run, do, recovered, Found(), taken)


def undo_run(run: Run, do: Executor, file: str) -> Summary:
    """Take back in what a retracted file brought, publish."""
    recovered = do("recover", recover, run)
    found = do("discover", discover_retracted, run, file)
    reports = do.each("intake", intake, run, found.listings)
    taken = back_in(do("admission", admit, run, found, reports))
    return rebuild(run, do, recovered, found, taken)


def rebuild(
    run: Run,
    do: Executor,
    recovered: Recovered,
    found: Found,
    taken: TakenIn,
    only: Partition | None = None,
) -> Summary:
    """From the accepted rows to published releases; what has not changed is not made again."""
    taken = do("compaction", compact, run, taken)
    plan = do("plan", plan_run, run, taken, only)
    if plan.is_idle:
        committed = do("commit", commit, run, taken.store, [])
        return do("summary", summarize, run, recovered, found, taken, plan, committed)
    resolved = resolve_claims(run, do, taken, plan, only)
    if resolved.is_empty:
        committed = do("commit", withdraw, run, resolved.store)
        return do("summary", summarize, run, recovered, found, taken, plan, committed)
    if not resolved.audiences:
        committed = do("commit", commit, run, resolved.store, [])
        return do("summary", summarize, run, recovered, found, taken, plan, committed)
    built = do("tables", build_tables, run, resolved.store)
    shown = do.each("protect", protect, run, resolved.audiences, built)
    staged = do.each("stage", stage, run, shown, built)
    committed = do("commit", commit, run, built, staged)
    for release in staged:
        do("publish", publish_release, run, release, committed)
    return do("summary", summarize, run, recovered, found, taken, plan, committed)


def resolve_claims(
    run: Run, do: Executor, taken: TakenIn, plan: Plan, only: Partition | None = None
) -> Settled:
    """From accepted rows to the payers' months that they change."""
    touched = do("affected", affected, run, taken, plan, only)
    groups = do.each("resolve", resolve, run, touched.groups)
    months = do("payer-months", payer_months, run, groups)
    written = do.each("partitions", write_partitions, run, months, touched, taken.store)
    return do("settle", settle, run, taken, plan, written)
