"""The rerun flow of Prefect: `rerun_run` of `dag.py`, each step a task."""

from __future__ import annotations

import flows.prefect_env  # noqa: F401  (before the first import of prefect)

# isort: split

from prefect import flow
from prefect.client.schemas.objects import State

from flows.dag import rerun_run
from flows.parameters import Month, Payer
from flows.prefect_outcome import Outcome, ended, settings_of_a_flow
from flows.prefect_runner import CHOSEN
from flows.prefect_tasks import PrefectTasks
from flows.run import open_run
from flows.telling import on_stderr


@flow(
    name="rerun",
    flow_run_name="rerun-{payer}-{month}",
    persist_result=False,
    log_prints=False,
    task_runner=CHOSEN,
)
def rerun(payer: Payer, month: Month, from_landing: bool = False) -> State[Outcome] | Outcome:
    """Rebuild one payer and service month from what was taken in, under today's rules; publish.

    Args:
        payer: Whose claims: one of the five named payers, or the rest.
        month: Month of service as YYYY-MM, such as 2025-03.
        from_landing: Take the source files of this month in again first, as they lie in landing/ now.
    """
    with open_run(settings_of_a_flow(), "rerun", on_stderr()) as run:
        summary = rerun_run(run, PrefectTasks(), (payer.value, month), from_landing)
        return ended(summary, run.data)
