"""The two deployments of one machine: nightly by a schedule, rerun on demand."""

from __future__ import annotations

import flows.prefect_env  # noqa: F401  (before the first import of prefect)

# isort: split
import asyncio
from typing import Final, cast

from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.runner import Runner
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.nightly import nightly
from flows.rerun import rerun

_STOP_SECONDS: Final = 30


class Serving:
    """Both deployments, registered: runs queue behind each other; the lock of the data folder parts them."""

    def __init__(self, cron: str, timezone: str) -> None:
        one = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
        by_night = nightly.to_deployment(
            "nightly",
            schedule=Cron(cron, timezone=timezone),
            concurrency_limit=one,
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        on_demand = rerun.to_deployment(
            "on-demand", concurrency_limit=one, entrypoint_type=EntrypointType.MODULE_PATH
        )
        self._runner = Runner(limit=1, pause_on_shutdown=False)
        for deployment in (by_night, on_demand):
            self._runner.add_deployment(cast(RunnerDeployment, deployment))

    def until_stopped(self) -> None:
        """Take runs until `stop` is called from another thread."""
        asyncio.run(self._runner.start())

    def stop(self) -> bool:
        """End runs that go on, then take no more; False while it has not begun to take any."""
        if not self._runner.started:
            return False
        self._runner.execute_in_background(self._runner.astop).result(_STOP_SECONDS)
        return True
