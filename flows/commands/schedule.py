"""`cpt01939 schedule`."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Annotated

from cyclopts import Parameter

from flows.commands.console import Common, say
from flows.errors import ProductError

LOOPBACK = "127.0.0.1"
START_SECONDS = 120


def schedule(
    *,
    port: Annotated[int, Parameter(help="Port of Prefect's server on loopback.")] = 4200,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Serve two deployments with Prefect until stopped.

    Nightly (by the schedule of the settings), rerun (on demand).

    Uses the server PREFECT_API_URL names, else starts one on loopback. Example: cpt01939 schedule
    """
    common.choose_data()
    from flows.settings import load_settings

    settings = load_settings()
    settings.key  # noqa: B018  (without a key no scheduled run could work)
    os.environ["CPT01939_DATA"] = str(settings.data.absolute())
    with server(port):
        from flows.deployments import serve_both

        say(f"nightly: {settings.schedule_cron} {settings.schedule_timezone}; rerun: on demand")
        say(
            "start one by hand: prefect deployment run rerun/on-demand -p payer=aetna -p "
            "month=2025-03 --watch"
        )
        serve_both(settings.schedule_cron, settings.schedule_timezone)
    return 0


@contextlib.contextmanager
def server(port: int) -> Iterator[None]:
    """Prefect's server for as long as the deployments are served.

    The one PREFECT_API_URL names is left alone.
    """
    import flows.prefect_env  # noqa: F401

    if os.environ.get("PREFECT_API_URL"):
        yield
        return
    url = f"http://{LOOPBACK}:{port}/api"
    if _answers(port):
        raise ProductError(
            "E_PREFECT", f"port {port} is taken; set PREFECT_API_URL={url} to use what listens there"
        )
    os.environ["PREFECT_API_URL"] = os.environ["PREFECT_SERVER_UI_API_URL"] = url
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", LOOPBACK, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(process, port)
        say(f"Prefect: http://{LOOPBACK}:{port}")
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > until:
            raise ProductError("E_PREFECT", "the server did not start")
        time.sleep(0.2)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0
