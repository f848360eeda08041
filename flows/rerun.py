"""The rerun flow: rebuild one payer and service month from what has been taken in, publish."""

from __future__ import annotations

import flows.prefect_env  # noqa: F401  (before the first import of prefect)

# isort: split
from typing import Any

from prefect import flow

from flows.parameters import Month, Payer
from flows.pipeline import rerun_run
from flows.prefect_tasks import PrefectTasks, show
from flows.run import open_run
from flows.settings import load_settings
from flows.telling import on_stderr


@flow(
    name="rerun",
    flow_run_name="rerun-{payer}-{month}",
    persist_result=False,
    log_prints=False,
)
def rerun(payer: Payer, month: Month, from_landing: bool = False) -> dict[str, Any]:
    """Rebuild a payer and month; `from_landing` takes their source files in again first."""
    with open_run(load_settings(), "rerun", on_stderr()) as run:
        summary = rerun_run(run, PrefectTasks(), (payer.value, month), from_landing)
        show(summary, run.data)
    return summary.outcome()
