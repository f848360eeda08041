"""Runs a flow in this process under Prefect: its own server on loopback, or the one PREFECT_API_URL names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from flows.commands.console import say
from flows.errors import ProductError
from flows.prefect_server import ANY_PORT, OF_A_RUN, Server, choose_home, is_chosen, server
from flows.settings import load_settings


def run_flow(name: Literal["nightly", "rerun"], **parameters: Any) -> dict[str, Any]:
    """Outcome of a flow; E_PREFECT when its server cannot be started or reached.

    A server of its own starts while Prefect is imported here: each takes seconds.
    """
    for logger in ("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "PREFECT_INTERNAL_LOGGING_LEVEL"):
        os.environ.setdefault(logger, "CRITICAL")
    if choose_home(load_settings().data):
        say("there is no home folder to write to: Prefect keeps its records in store/prefect")
    if is_chosen():
        return _run(name, None, parameters)
    say("starting Prefect (its server takes some seconds; --plain runs without it)")
    with server(ANY_PORT, OF_A_RUN) as own:
        return _run(name, own, parameters)


def _run(name: str, own: Server | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    import flows.prefect_env  # noqa: F401, I001
    import httpx
    from flows.prefect_env import settings_of_a_run

    from flows.nightly import nightly
    from flows.rerun import rerun

    flow = nightly if name == "nightly" else rerun
    if is_open_to_the_network(os.environ):
        say("Prefect's API is not on loopback and asks for no password: set PREFECT_API_AUTH_STRING")
    if own:
        own.wait()
    problem = None
    with settings_of_a_run(own.api if own else None):
        try:
            return dict(cast(Any, flow)(**parameters))
        except (httpx.HTTPError, RuntimeError) as error:
            problem = ProductError("E_PREFECT", type(error).__name__)
    raise problem


def is_open_to_the_network(environment: Mapping[str, str]) -> bool:
    """Whether PREFECT_API_URL names another machine and no key or password goes with it."""
    host = urlsplit(environment.get("PREFECT_API_URL", "")).hostname
    secrets = ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING")
    return host not in (None, "127.0.0.1", "localhost", "::1") and not any(map(environment.get, secrets))
