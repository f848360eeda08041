"""The two deployments of one machine: nightly by a schedule, rerun on demand."""

from __future__ import annotations

import flows.prefect_env  # noqa: F401  (before the first import of prefect)

# isort: split
from typing import cast

from prefect import serve
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
from prefect.deployments.runner import RunnerDeployment
from prefect.schedules import Cron
from prefect.types.entrypoint import EntrypointType

from flows.nightly import nightly
from flows.rerun import rerun


def serve_both(cron: str, timezone: str) -> None:
    """Serve both until stopped. Runs queue behind each other.

    The lock of the data folder is what keeps them apart.
    """
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
    serve(
        cast(RunnerDeployment, by_night),
        cast(RunnerDeployment, on_demand),
        limit=1,
        pause_on_shutdown=False,
        print_starting_message=False,
    )
