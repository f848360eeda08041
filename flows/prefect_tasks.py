"""Performs the steps of a run as Prefect tasks, and shows the run's summary as artifacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.run import Run, counted, perform
from flows.steps.summary import Summary
from flows.store.publish import readers_folder

T = TypeVar("T")


class PrefectTasks:
    """One task per step, one per batch of files.

    Tasks take no arguments: Prefect has nothing to store or to look into.
    """

    def __call__(self, stage: str, step: Callable[..., T], run: Run, *given: Any) -> T:
        """Perform one step as a task."""
        run.enter(stage)

        @task(name=stage, task_run_name=stage, cache_policy=NO_CACHE, persist_result=False)
        def step_task() -> T:
            return perform(stage, step, run, *given)

        return step_task()

    def each(self, stage: str, step: Callable[..., T], run: Run, items: Sequence[Any]) -> list[T]:
        """Perform a step for each item as mapped tasks; results in the order of the items."""
        run.enter(stage)

        @task(name=stage, task_run_name=stage + "-{number}", cache_policy=NO_CACHE, persist_result=False)
        def item_task(number: int) -> T:
            return perform(stage, step, run, items[number])

        futures = item_task.map(list(range(len(items))))
        return counted(run, (future.result() for future in futures), len(items))


def show(summary: Summary, data: Path) -> None:
    """Put the summary on Prefect's page of the run (counts, codes, shown names), and links to the pages."""
    create_markdown_artifact(summary.markdown(), key="run-summary", description="What the run did")
    pages = [readers_folder(data, audience) / "report" / "index.html" for audience in summary.releases]
    links = [f"- [{page.parent.parent.name}]({page.absolute().as_uri()})" for page in pages if page.is_file()]
    if links:
        told = "\n".join(["Pages of the release:", "", *links])
        create_markdown_artifact(told, key="publication", description="The pages to open")
    create_table_artifact(summary.table(), key="published-tables", description="Rows by published table")
