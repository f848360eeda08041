"""Runs that take a second: a release, and files delivered since."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from small_runs import command, environment_for, published, run_nightly

from flows.run import InProcess, Run, perform
from flows.steps.summary import Summary

T = TypeVar("T")
LATER: Final = ("claims/claims_1.csv", "remits/remits_1.csv")
OF_THE_PATH: Final = ("release_changes.parquet", "data_quality.parquet")


def night(data: Path, **changes: Any) -> Summary:
    """A nightly run in this process."""
    return run_nightly(data, **changes)


def night_command(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The same as a command."""
    return command(data, *(arguments or ("run", "--plain")), **environment)


def night_script(code: str, data: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Python code that calls the command line in a process of its own; DATA and arguments are its argv."""
    return subprocess.Popen(
        [sys.executable, "-c", code, str(data), *arguments],
        env=environment_for(**environment),
        cwd=data.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def tables_after(data: Path) -> dict[str, str]:
    """What is published of claims; release_changes and data_quality also tell of the path that led here."""
    told = published(data)
    return {name: value for name, value in told.items() if not name.endswith(OF_THE_PATH)}


class Watched(InProcess):
    """Performs the steps of a run, and something else before each of them."""

    def __init__(self, before: Callable[[str], None]) -> None:
        self._before = before

    def __call__(self, stage: str, step: Callable[..., T], run: Run, *given: Any) -> T:
        """Perform one step."""
        run.enter(stage)
        self._before(stage)
        return perform(stage, step, run, *given)

    def each(
        self, stage: str, step: Callable[..., T], run: Run, items: Any, *given: Any, **named: Any
    ) -> list[T]:
        """Perform a step for each item."""
        self._before(stage)
        return super().each(stage, step, run, items, *given, **named)
