"""A rerun, one step a line: rebuild one payer and service month from what was taken in, publish."""

from __future__ import annotations

from flows.nightly import rebuild
from flows.run import Executor, Run
from flows.steps.admission import Partition, discover_again, intake, take_in
from flows.steps.recover import recover
from flows.steps.summary import Summary


def rerun_run(run: Run, do: Executor, partition: Partition, from_landing: bool = False) -> Summary:
    """Rebuild one payer and service month; `from_landing` takes their source files in again first."""
    recovered = do("recover", recover, run)
    found = do("discover", discover_again, run, partition, from_landing)
    reports = do.each("intake", intake, run, found.listings)
    taken = do("admission", take_in, run, found, reports)
    return rebuild(run, do, recovered, found, taken, partition)
