"""The nightly flow of Prefect: `nightly_run` of `dag.py`, each step a task."""

from __future__ import annotations

import flows.prefect_env  # noqa: F401  (before the first import of prefect)

# isort: split
import datetime as dt

from prefect import flow
from prefect.client.schemas.objects import State

from flows.dag import nightly_run
from flows.prefect_outcome import Outcome, ended, settings_of_a_flow
from flows.prefect_runner import CHOSEN
from flows.prefect_tasks import PrefectTasks
from flows.run import open_run
from flows.telling import on_stderr


def _name_of_a_night() -> str:
    return f"nightly-{dt.datetime.now(dt.UTC):%Y-%m-%d-%H%M%S}"


@flow(
    name="nightly",
    flow_run_name=_name_of_a_night,
    persist_result=False,
    log_prints=False,
    task_runner=CHOSEN,
)
def nightly() -> State[Outcome] | Outcome:
    """Take in everything new in landing/, rebuild what it touches, publish."""
    with open_run(settings_of_a_flow(), "nightly", on_stderr()) as run:
        summary = nightly_run(run, PrefectTasks())
        return ended(summary, run.data)
