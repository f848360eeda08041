"""What both flows of Prefect share: their settings, how they end, and what their page shows."""

from __future__ import annotations

import flows.prefect_env  # noqa: F401  (before the first import of prefect)

# isort: split
import logging
from typing import Any, Final

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.states import Completed

from flows.errors import DOUBTS
from flows.run import LOGGER
from flows.settings import Settings, load_settings
from flows.steps.summary import Summary
from flows.store.place import Place
from flows.store.publish import readers_folder

NEEDS_ATTENTION: Final = "Needs attention"
"""The state of a run that is complete and met files or rows that somebody has to look at (exit code 3)."""
EVENT: Final = "cpt01939.run.needs-attention"
Outcome = dict[str, Any]

# what a run logs goes to Prefect's page of it (see PREFECT_LOGGING_EXTRA_LOGGERS), not to the console
LOGGER.setLevel(logging.INFO)
LOGGER.propagate = False


def settings_of_a_flow() -> Settings:
    """Settings of a flow. A run that Prefect started waits for another one to end."""
    settings = load_settings()
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return settings
    wait = max(settings.lock_wait_seconds, settings.schedule_lock_wait_seconds)
    return settings.model_copy(update={"lock_wait_seconds": wait})


def ended(summary: Summary, data: Place) -> State[Outcome] | Outcome:
    """Show the summary and give the outcome; a run that needs attention ends in a state of that name."""
    _show(summary, data)
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
            "files_left": summary.left,
        }
        emit_event(EVENT, resource=resource, payload=counts)
    told = f"{rejected} files rejected, {summary.rows.get('quarantined', 0):,} rows quarantined"
    return Completed(name=NEEDS_ATTENTION, message=told, data=outcome)


def _show(summary: Summary, data: Place) -> None:
    """Put the summary on Prefect's page of the run (counts, codes, shown names), and links to the pages."""
    create_markdown_artifact(summary.markdown(), key="run-summary", description="What the run did")
    pages = [readers_folder(data, audience) / "report" / "index.html" for audience in summary.releases]
    links = [f"- [{page.parent.parent.name}]({page.absolute().as_uri()})" for page in pages if page.is_file()]
    if links:
        told = "\n".join(["Pages of the release:", "", *links])
        create_markdown_artifact(told, key="publication", description="The pages to open")
    create_table_artifact(summary.table(), key="published-tables", description="Rows by published table")
