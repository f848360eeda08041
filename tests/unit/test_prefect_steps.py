"""What Prefect is told of steps: which are tried again and when, and how long a scheduled run waits."""

from __future__ import annotations

import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.context import FlowRunContext
from prefect.states import Completed, Failed
from small_runs import KEY

from flows.errors import ProductError
from flows.prefect_outcome import settings_of_a_flow
from flows.prefect_tasks import RETRIES, PrefectTasks, is_worth_a_retry, task_of
from flows.steps.commit import commit, publish_release
from flows.steps.intake import intake


@pytest.mark.parametrize(("stage", "step", "times"), [("intake", intake, RETRIES), ("commit", commit, 0)])
def test_steps_that_read_and_write_files_are_tried_again_and_a_commit_is_not(
    stage: str, step: Any, times: int
) -> None:
    task = task_of(stage, step)
    assert task.retries == times
    assert task.retry_condition_fn is is_worth_a_retry
    assert task.name == stage
    assert task.persist_result is False


@pytest.mark.parametrize(
    ("problem", "again"),
    [
        (ProductError("E_DISK", "EIO"), True),
        (ProductError("E_PUBLISH_PENDING"), True),
        (ProductError("E_CONSERVATION", "1 of 2"), False),
        (ValueError("a defect"), False),
    ],
)
def test_only_what_a_disk_refused_is_worth_another_try(problem: Exception, again: bool) -> None:
    task: Any = task_of("publish", publish_release)
    assert is_worth_a_retry(task, SimpleNamespace(), Failed(data=problem)) is again  # type: ignore[arg-type]


@pytest.mark.filterwarnings("error")
def test_a_task_follows_another_once_however_much_it_takes_from_it() -> None:
    tasks, first, second = PrefectTasks(), ["one"], ["two"]
    told: Any = [Completed(data=True), Completed(data=True)]
    tasks._remember(first, told)
    tasks._remember(second, told[:1])
    assert [id(state) for state in tasks._after([first, second], [first])] == [*map(id, told)]


@pytest.mark.parametrize(("deployment", "waits"), [(None, 2.0), (uuid.uuid4(), 900.0)])
def test_a_run_that_prefect_started_waits_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deployment: object, waits: float
) -> None:
    for name, value in (("HMAC_KEY", KEY), ("LOCK_WAIT_SECONDS", "2"), ("SCHEDULE_LOCK_WAIT_SECONDS", "900")):
        monkeypatch.setenv(f"CPT01939_{name}", value)
    run = SimpleNamespace(flow_run=SimpleNamespace(deployment_id=deployment))
    monkeypatch.setattr(FlowRunContext, "get", classmethod(lambda cls: run))
    assert settings_of_a_flow().lock_wait_seconds == waits
