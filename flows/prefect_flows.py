"""The two flows of Prefect: the runs of `nightly.py` and `rerun.py`, each step a task."""

from __future__ import annotations

import flows.prefect_env  # noqa: F401  (before the first import of prefect)

# isort: split
import datetime as dt
import logging
from pathlib import Path
from typing import Any, Final

from prefect import flow
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.states import Completed

from flows.errors import DOUBTS
from flows.nightly import nightly_run
from flows.parameters import Month, Payer
from flows.prefect_tasks import PrefectTasks
from flows.rerun import rerun_run
from flows.run import LOGGER, open_run
from flows.settings import Settings, load_settings
from flows.steps.summary import Summary
from flows.store.publish import readers_folder
from flows.telling import on_stderr

NEEDS_ATTENTION: Final = "Needs attention"
"""The state of a run that is complete and met files or rows that somebody has to look at (exit code 3)."""
EVENT: Final = "cpt01939.run.needs-attention"
Outcome = dict[str, Any]

# what a run logs goes to Prefect's page of it (see PREFECT_LOGGING_EXTRA_LOGGERS), not to the console
LOGGER.setLevel(logging.INFO)
LOGGER.propagate = False


def _name_of_a_night() -> str:
    return f"nightly-{dt.datetime.now(dt.UTC):%Y-%m-%d-%H%M%S}"


@flow(name="nightly", flow_run_name=_name_of_a_night, persist_result=False, log_prints=False)
def nightly() -> State[Outcome] | Outcome:
    """Take in everything new in landing/, rebuild what it touches, publish."""
    with open_run(settings_of_a_flow(), "nightly", on_stderr()) as run:
        summary = nightly_run(run, PrefectTasks())
        return ended(summary, run.data)


@flow(name="rerun", flow_run_name="rerun-{payer}-{month}", persist_result=False, log_prints=False)
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


def settings_of_a_flow() -> Settings:
    """Settings of a flow. A run that Prefect started waits for another one to end."""
    settings = load_settings()
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return settings
    wait = max(settings.lock_wait_seconds, settings.schedule_lock_wait_seconds)
    return settings.model_copy(update={"lock_wait_seconds": wait})


def ended(summary: Summary, data: Path) -> State[Outcome] | Outcome:
    """Show the summary and give the outcome; a run that needs attention ends in a state of that name."""
    show(summary, data)
    outcome = summary.outcome()
    if summary.exit_code != DOUBTS:
        return outcome
    rejected = summary.files.get("rejected", 0)
    context = FlowRunContext.get()
    if context and context.flow_run:
        resource = {
            "prefect.resource.id": f"prefect.flow-run.{context.flow_run.id}",
            "prefect.resource.name": context.flow_run.name,
        }
        counts = {
            "rejected_files": rejected,
            "quarantined_rows": summary.rows.get("quarantined", 0),
            "quarantine_passed_its_ceiling": summary.past_ceiling,
            "few_answers_met_a_claim": summary.few_linked,
        }
        emit_event(EVENT, resource=resource, payload=counts)
    told = f"{rejected} files rejected, {summary.rows.get('quarantined', 0):,} rows quarantined"
    return Completed(name=NEEDS_ATTENTION, message=told, data=outcome)


def show(summary: Summary, data: Path) -> None:
    """Put the summary on Prefect's page of the run (counts, codes, shown names), and links to the pages."""
    create_markdown_artifact(summary.markdown(), key="run-summary", description="What the run did")
    pages = [readers_folder(data, audience) / "report" / "index.html" for audience in summary.releases]
    links = [f"- [{page.parent.parent.name}]({page.absolute().as_uri()})" for page in pages if page.is_file()]
    if links:
        told = "\n".join(["Pages of the release:", "", *links])
        create_markdown_artifact(told, key="publication", description="The pages to open")
    create_table_artifact(summary.table(), key="published-tables", description="Rows by published table")
