"""Prefect's settings, put in place before Prefect is first imported: private, quiet, on loopback.

What is set already stays.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Final

DEFAULTS: Final = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_API_HOST": "127.0.0.1",
    "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_TASK_RUNNER_THREAD_POOL_MAX_WORKERS": "2",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_LOG_PRINTS": "false",
}

for _name, _value in DEFAULTS.items():
    os.environ.setdefault(_name, _value)


@contextlib.contextmanager
def settings_of_a_run() -> Iterator[None]:
    """Prefect's settings without the heartbeat thread, whose end takes a second of every run."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
