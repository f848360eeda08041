"""Where the tasks of a flow are performed: on threads of its process, or by the workers of a Dask cluster.

A task is sent with paths and small objects, never with rows, a key or settings of ours: each worker takes
those from its own environment. Prefect sends its own settings with every task, its API key among them.
"""

from __future__ import annotations

import os
from typing import Any, Final, Self, cast

from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.errors import ProductError
from flows.settings import Settings, load_settings

_LOOPBACK = "127.0.0.1"
QUIET = {"distributed": "error", "distributed.protocol.pickle": "critical"}
"""Dask's own messages. What it can't unpack it would print byte by byte."""


class ChosenTaskRunner(ThreadPoolTaskRunner[Any]):
    """Threads, or Dask, as the settings of whoever runs the flow say when it begins."""

    def duplicate(self) -> Self:
        """The runner of a flow that begins; E_SETTING, E_CLUSTER."""
        settings = load_settings()
        return cast(Self, dask_runner(settings) if settings.runner == "dask" else threads(settings))


CHOSEN: Final = cast(TaskRunner[PrefectFuture[Any]], ChosenTaskRunner())
"""The runner of both flows."""


def threads(settings: Settings) -> TaskRunner[Any]:
    """Threads of this process."""
    return ThreadPoolTaskRunner(max_workers=settings.workers)


def dask_runner(settings: Settings) -> TaskRunner[Any]:
    """The cluster at `dask_address`, or one of `workers` processes here for the length of the flow.

    E_CLUSTER when Dask is not installed.
    """
    try:
        import dask
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError:
        raise ProductError("E_CLUSTER", "prefect-dask is not installed") from None
    dask.config.set({"distributed.logging": QUIET})
    if settings.dask_address:
        return DaskTaskRunner(address=settings.dask_address)
    cores = max(1, (os.cpu_count() or 1) // settings.workers)
    local = {
        "n_workers": settings.workers,
        "threads_per_worker": 1,
        "host": _LOOPBACK,
        "dashboard_address": f"{_LOOPBACK}:0",
        "env": {"POLARS_MAX_THREADS": str(cores)},
    }
    return DaskTaskRunner(cluster_kwargs=local)
