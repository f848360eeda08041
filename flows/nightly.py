"""The nightly flow: take in everything new in landing/, rebuild what it touches, publish."""

from __future__ import annotations

import flows.prefect_env  # noqa: F401  (before the first import of prefect)

# isort: split
from typing import Any

from prefect import flow

from flows.pipeline import nightly_run
from flows.prefect_tasks import PrefectTasks, show
from flows.run import open_run
from flows.settings import load_settings
from flows.telling import on_stderr


@flow(name="nightly", persist_result=False, log_prints=False)
def nightly() -> dict[str, Any]:
    """Recover, discover, intake, admission, resolve, tables, protect, stage, commit, publish, summary."""
    with open_run(load_settings(), "nightly", on_stderr()) as run:
        summary = nightly_run(run, PrefectTasks())
        show(summary, run.data)
    return summary.outcome()
