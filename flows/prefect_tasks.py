"""Performs the steps of a run as Prefect tasks; what a step takes from another one is an edge."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectConcurrentFuture, PrefectFuture

from flows.errors import ProductError
from flows.run import Run, label_of, perform, told_as_they_come
from flows.steps.intake import left

T = TypeVar("T")
Item = TypeVar("Item")
P = ParamSpec("P")
Origin = State[Any]
RETRIED: Final = frozenset({"discover", "intake", "protect", "publish"})
"""Steps that read and write files and can be performed again from their beginning."""
KILLED: Final = "KilledWorker"
"""What Dask says of a task that has ended one worker after another."""
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
        state = performed(Given(run, *given), **named, wait_for=after, return_state=True)
        made = state.result()
        self._last = [_bare(state)]
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
        futures: list[PrefectFuture[Any]] = [
            task_of(stage, step)
            .with_options(task_run_name=f"{stage}-{label_of(item)}")
            .submit(Given(run, item, *given), **named, wait_for=self._after([item, *given], items))
            for item in items
        ]
        try:
            results = (_answer(run, stage, item, future) for item, future in zip(items, futures, strict=True))
            made = told_as_they_come(run, cast(Iterator[T], results), len(items))
        except BaseException:
            run.end()
            _end(futures, run.settings.task_timeout_seconds)
            raise
        # states, not futures: a cluster performs again what a future still asks for when a worker is lost
        ended = [[_bare(future.state)] if future.state.is_completed() else [] for future in futures]
        for result, origins in zip(made, ended, strict=True):
            self._remember(result, origins)
        every = [origin for origins in ended for origin in origins]
        self._remember(made, every)
        self._last = every or self._last
        return made

    def _remember(self, made: object, origins: list[Origin]) -> None:
        self._origins += [(part, origins) for part in _parts(made)]

    def _after(self, given: Sequence[object], items: object = None) -> list[Origin]:
        """The tasks that gave what a task is given; of an item, else those that gave all of them."""
        found = self._givers(given[:1]) or self._givers([items]) if items is not None else []
        # by identity: to compare states by their content costs time, and Prefect warns of what it leaves out
        known = set(map(id, found))
        found += [origin for origin in self._givers(given) if id(origin) not in known]
        return found or list(self._last)

    def _givers(self, values: Sequence[object]) -> list[Origin]:
        return [
            origin
            for value in values
            for made, origins in self._origins
            if made is value
            for origin in origins
        ]


def _bare(state: State[Any]) -> Origin:
    """A state without its result: Prefect would look into it, and draw what it finds there."""
    return state.model_copy(update={"data": True})


class Given:
    """What a task is given, so that neither Prefect nor a cluster looks into it: the edges are drawn here."""

    def __init__(self, run: Run, *values: object) -> None:
        self.run, self.values = run, values


def _answer(run: Run, stage: str, item: object, future: PrefectFuture[Any]) -> object:
    """What a task gave. E_CLUSTER when its cluster lost it, or says nothing of it in time.

    A batch of files that ended every worker which took it in is left for the next run.
    """
    try:
        return future.result(timeout=run.settings.task_timeout_seconds)
    except ProductError:
        raise
    except Exception as error:
        problem = type(error).__name__
    if problem == KILLED and stage == "intake":
        run.log("batch_lost", code="W_BATCH_LOST", batch=label_of(item))
        return left(str(item))
    raise ProductError("E_CLUSTER", f"step {stage}: {problem}")


def _end(futures: Sequence[PrefectFuture[Any]], patience: float) -> None:
    """Return when none of the tasks goes on: the lock and the work folder are theirs until then."""
    for future in futures:
        if isinstance(future, PrefectConcurrentFuture) and future.wrapped_future.cancel():
            continue
        future.wait(timeout=patience)


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


@functools.cache
def task_of(stage: str, step: Callable[..., Any]) -> Task[Any, Any]:
    """The task that performs a step. What it is given is not hashed, its result is not kept."""

    @functools.wraps(step)
    def performed(given: Given, **named: Any) -> Any:
        return perform(stage, step, given.run, *given.values, **named)

    del performed.__wrapped__  # its parameters are those of this function, its name and words the step's

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
