"""Performs the steps of a run as Prefect tasks; what a step takes from another one is an edge."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import PurePath
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectConcurrentFuture, PrefectFuture
from prefect.utilities.annotations import quote

from flows.errors import ProductError
from flows.run import Run, counted, perform

T = TypeVar("T")
Item = TypeVar("Item")
P = ParamSpec("P")
Origin = State[Any] | PrefectFuture[Any]
RETRIED: Final = frozenset({"discover", "intake", "protect", "publish"})
"""Steps that read and write files and can be performed again from their beginning."""
WORTH_A_RETRY: Final = frozenset({"E_DISK", "E_OBJECT_STORE", "E_PUBLISH_PENDING"})
RETRIES: Final = 2
RETRY_SECONDS: Final = 2


class PrefectTasks:
    """One task per step, one per item of a step.

    Single steps run in the main thread, so that a signal ends them; items run on the threads of Prefect's
    runner. A step that takes nothing from an earlier one follows the last one.
    """

    def __init__(self) -> None:
        self._origins: list[tuple[object, list[Origin]]] = []
        self._last: list[Origin] = []

    def __call__(
        self,
        stage: str,
        step: Callable[Concatenate[Run, P], T],
        run: Run,
        *given: P.args,
        **named: P.kwargs,
    ) -> T:
        """Perform one step as a task."""
        run.enter(stage)
        after = self._after([*given, *named.values()])
        name = f"{stage}-{label_of(given[0])}" if given and hasattr(given[0], "audience") else stage
        performed = cast(Callable[..., State[T]], task_of(stage, step).with_options(task_run_name=name))
        state = performed(*_as_they_are(run, *given), **named, wait_for=after, return_state=True)
        made = state.result()
        # without its result: Prefect would look into it, and draw what it finds there
        self._last = [state.model_copy(update={"data": True})]
        self._remember(made, self._last)
        return made

    def each(
        self,
        stage: str,
        step: Callable[Concatenate[Run, Item, P], T],
        run: Run,
        items: Sequence[Item],
        *given: P.args,
        **named: P.kwargs,
    ) -> list[T]:
        """Perform a step for each item as mapped tasks; results in the order of the items."""
        run.enter(stage)
        futures: list[Origin] = [
            task_of(stage, step)
            .with_options(task_run_name=f"{stage}-{label_of(item)}")
            .submit(*_as_they_are(run, item, *given), **named, wait_for=self._after([item, *given], items))
            for item in items
        ]
        try:
            made = counted(run, (cast(T, future.result()) for future in futures), len(items))
        except BaseException:
            _end(futures)
            raise
        for result, future in zip(made, futures, strict=True):
            self._remember(result, [future])
        self._remember(made, futures)
        self._last = [*futures] or self._last
        return made

    def _remember(self, made: object, origins: list[Origin]) -> None:
        self._origins += [(part, origins) for part in _parts(made)]

    def _after(self, given: Sequence[object], items: object = None) -> list[Origin]:
        """The tasks that gave what a task is given; of an item, else those that gave all of them."""
        found = self._givers(given[:1]) or self._givers([items]) if items is not None else []
        found += [origin for origin in self._givers(given) if origin not in found]
        return found or list(self._last)

    def _givers(self, values: Sequence[object]) -> list[Origin]:
        return [
            origin
            for value in values
            for made, origins in self._origins
            if made is value
            for origin in origins
        ]


def _as_they_are(*given: object) -> list[object]:
    """What a task is given, so that Prefect does not look into it: the edges are drawn here."""
    return [quote(value) for value in given]


def _end(futures: Sequence[Origin]) -> None:
    """Return when none of the tasks goes on: the lock and the work folder are theirs until then."""
    begun = [
        future
        for future in futures
        if isinstance(future, PrefectConcurrentFuture) and not future.wrapped_future.cancel()
    ]
    for future in begun:
        future.wait()


def _parts(made: object) -> Iterator[object]:
    """What a step gave, and the lists in it that later steps are given the items of."""
    if made is None or isinstance(made, str | int | float):
        return
    yield made
    if is_dataclass(made):
        for field in fields(made):
            part = getattr(made, field.name)
            if part and not isinstance(part, str | int | float):
                yield part


def label_of(item: object) -> str:
    """What an item is called in the name of its task run: never a file's own name, nor a path."""
    if isinstance(item, str):
        return PurePath(item).stem
    return str(getattr(item, "audience", None) or getattr(item, "label", "item"))


@functools.cache
def task_of(stage: str, step: Callable[..., Any]) -> Task[Any, Any]:
    """The task that performs a step. What it is given is not hashed, its result is not kept."""

    @functools.wraps(step)
    def performed(*given: Any, **named: Any) -> Any:
        return perform(stage, step, *given, **named)

    return Task(
        performed,
        name=stage,
        description=(step.__doc__ or stage).splitlines()[0],
        task_run_name=stage,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=RETRIES if stage in RETRIED else 0,
        retry_delay_seconds=RETRY_SECONDS,
        retry_condition_fn=is_worth_a_retry,
    )


def is_worth_a_retry(_: Task[Any, Any], __: TaskRun, state: State[Any]) -> bool:
    """Whether a disk, a share or an object store refused: what else fails would fail again."""
    problem = state.result(raise_on_failure=False)
    return isinstance(problem, ProductError) and problem.code in WORTH_A_RETRY
