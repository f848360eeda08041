"""What people see of a run while it goes on: a bar on a terminal, a line for each step elsewhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STEP_WORDS: Final = {
    "recover": "finishing what an interrupted run left",
    "discover": "looking for new files in landing/",
    "intake": "reading files and checking rows",
    "admission": "accepting files and rows",
    "compaction": "merging small files of the store",
    "plan": "working out what has to be done",
    "affected": "finding the claims that new rows affect",
    "resolve": "following claims to their final payment",
    "payer-months": "dividing lines by payer and month",
    "partitions": "writing the lines of each payer and month",
    "settle": "checking that rows and money add up",
    "tables": "making the benchmark tables",
    "protect": "rounding and withholding for each audience",
    "stage": "writing tables, pages and workbook",
    "commit": "making the new state count",
    "publish": "publishing",
    "summary": "summing up",
}
"""Step of a run -> what it does, for people."""


class Teller(Protocol):
    """Whoever shows people how a run goes."""

    def say(self, text: str) -> None:
        """A sentence."""

    def stage(self, name: str) -> None:
        """A step begins."""

    def done(self, count: int, of: int) -> None:
        """So many of the step's parts are done."""

    def close(self) -> None:
        """The run is over."""


class Silent:
    """Tells nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def stage(self, name: str) -> None:
        """Nothing."""

    def done(self, count: int, of: int) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


class Lines(Silent):
    """Tells each step on a line of stderr, for logs and pipes."""

    def say(self, text: str) -> None:
        """A line."""
        sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def stage(self, name: str) -> None:
        """A line."""
        self.say(f"{name}: {STEP_WORDS[name]}" if name in STEP_WORDS else name)


class Bars:
    """Tells steps on a terminal: what goes on, how much of it is done, for how long."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._bars: Progress = Progress(
            TextColumn("{task.description:<43}"),
            BarColumn(bar_width=16),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
        )
        self._task: TaskID | None = None
        self._bars.start()

    def say(self, text: str) -> None:
        """A sentence above the bars; brackets in it are no markup."""
        self._bars.console.print(text, markup=False, highlight=False)

    def stage(self, name: str) -> None:
        """A bar of its own, whole when the next one begins."""
        self._finish()
        self._task = self._bars.add_task(STEP_WORDS.get(name, name), total=None)

    def done(self, count: int, of: int) -> None:
        """The bar of this step grows."""
        if self._task is not None:
            self._bars.update(self._task, completed=count, total=of)

    def close(self) -> None:
        """The last bar is whole, and the terminal is as before."""
        self._finish()
        self._bars.stop()

    def _finish(self) -> None:
        if self._task is not None:
            parts = self._bars.tasks[self._task].total or 1
            self._bars.update(self._task, completed=parts, total=parts)


def on_stderr() -> Teller:
    """Bars where a person looks at stderr, else lines."""
    return Bars() if sys.stderr.isatty() else Lines()
