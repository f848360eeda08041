"""Taking a file out and back in, one step a line: what it brought goes or returns, and is published."""

from __future__ import annotations

from flows.nightly import rebuild
from flows.run import Executor, Run
from flows.steps.admission import Found, intake, take_in
from flows.steps.recover import recover
from flows.steps.retract import back_in, discover_retracted, retract
from flows.steps.summary import Summary


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
    taken = back_in(do("admission", take_in, run, found, reports))
    return rebuild(run, do, recovered, found, taken)
