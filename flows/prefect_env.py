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
    "PREFECT_LOGGING_EXTRA_LOGGERS": "cpt01939",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
}

_RETRIES: Final = 3
"""Of a call to a server that is busy: some 15 seconds. One that has gone is waited for no longer."""
EVENTS_SECONDS: Final = 5.0
"""How long a run waits until Prefect has been told of what happened in it."""

for _name, _value in DEFAULTS.items():
    os.environ.setdefault(_name, _value)


@contextlib.contextmanager
def settings_of_a_run(api: str | None) -> Iterator[None]:
    """Prefect's settings without the heartbeat thread, whose end takes a second of every run.

    `api`: the server of this run alone; Prefect read its environment once, and a process may have several
    runs. What is logged at the very end would come to such a server when it has gone.
    """
    from prefect.events.clients import PrefectEventsClient
    from prefect.events.worker import EventsWorker
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_CLIENT_MAX_RETRIES,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_LOGGING_TO_API_ENABLED,
        temporary_settings,
    )

    own = {
        PREFECT_API_URL: api,
        PREFECT_LOGGING_TO_API_ENABLED: False,
        PREFECT_CLIENT_MAX_RETRIES: _RETRIES,
    }
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None, **(own if api else {})}):
        if api is None:
            yield
            return
        # a server of one run that ends does not come back: to try again would hold the run up for minutes
        EventsWorker.set_client_override(PrefectEventsClient, api_url=api, reconnection_attempts=0)
        try:
            yield
        finally:
            EventsWorker.drain_all(timeout=EVENTS_SECONDS, at_exit=False)
            EventsWorker.set_client_override(None)
