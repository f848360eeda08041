"""Runs a flow in this process under Prefect: its own server on loopback, or the one PREFECT_API_URL names."""

from __future__ import annotations

import os
from typing import Any, Literal

from flows.commands.console import say
from flows.errors import ProductError


def run_flow(name: Literal["nightly", "rerun"], **parameters: Any) -> dict[str, Any]:
    """Outcome of a flow; E_PREFECT when its server cannot be started or reached."""
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    import flows.prefect_env  # noqa: F401, I001
    import httpx
    from flows.prefect_env import settings_of_a_run

    if name == "nightly":
        from flows.nightly import nightly as flow
    else:
        from flows.rerun import rerun as flow  # type: ignore[assignment]
    problem = None
    say("starting Prefect (a server of its own takes some seconds; --plain does without)")
    with settings_of_a_run():
        try:
            return dict(flow(**parameters))
        except (httpx.HTTPError, RuntimeError) as error:
            problem = ProductError("E_PREFECT", type(error).__name__)
    raise problem
