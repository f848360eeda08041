"""Prefect's server on loopback, as a process that lives no longer than the one that asked for it.

The socket is bound here and handed over: no port is guessed, and who connects early waits until the
server answers. The server ends when its standard input does: a killed owner leaves no orphan.
"""

from __future__ import annotations

import contextlib
import gc
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.errors import ProductError

LOOPBACK: Final = "127.0.0.1"
START_SECONDS: Final = 120
STOP_SECONDS: Final = 15
ANY_PORT: Final = 0
OF_A_RUN: Final = "run"
OF_A_SCHEDULE: Final = "schedule"


@dataclass(frozen=True)
class Server:
    """A server that has been started, and may not answer yet."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def api(self) -> str:
        """What PREFECT_API_URL is to be."""
        return f"{self.address}/api"

    def wait(self) -> None:
        """Return when it answers; E_PREFECT when it ends instead."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=START_SECONDS)
        try:
            connection.request("GET", "/api/health")
            answers = connection.getresponse().status == 200
        except OSError:
            answers = False
        finally:
            connection.close()
        if not answers:
            raise ProductError("E_PREFECT", "the server did not start")

    def stop(self) -> None:
        """End it: by closing its standard input, by force where that is not enough."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def is_chosen() -> bool:
    """Whether the environment or a settings file of Prefect may name a server: then that choice stands."""
    home = Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser()
    files = (home / "profiles.toml", Path("prefect.toml"), Path(".env"))
    return bool(os.environ.get("PREFECT_API_URL") or os.environ.get("PREFECT_PROFILES_PATH")) or any(
        path.is_file() for path in files
    )


@contextlib.contextmanager
def server(port: int, purpose: str) -> Iterator[Server]:
    """A server on a port for as long as the block lasts; E_PREFECT when the port is taken."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            url = f"http://{LOOPBACK}:{port}/api"
            raise ProductError(
                "E_PREFECT", f"port {port} is taken; set PREFECT_API_URL={url} to use what listens there"
            ) from None
        listener.listen(128)
        handle = listener.fileno()
        started = Server(
            subprocess.Popen(
                [sys.executable, "-m", "flows.prefect_server", str(handle), purpose],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[handle],
                # a Ctrl-C in the terminal is its owner's: a run ends before its server does
                start_new_session=True,
            ),
            listener.getsockname()[1],
        )
    try:
        yield started
    finally:
        started.stop()


def serve(handle: int, purpose: str) -> None:
    """Serve on an inherited socket until standard input ends.

    The server of one run has no pages, no scheduler and none of the services that look after other runs.
    """
    threading.Thread(target=_end_with_the_owner, daemon=True).start()
    listener = socket.socket(fileno=handle)
    os.environ["PREFECT_SERVER_UI_API_URL"] = f"http://{LOOPBACK}:{listener.getsockname()[1]}/api"
    is_of_a_run = purpose == OF_A_RUN
    if is_of_a_run:
        os.environ["PREFECT_SERVER_UI_ENABLED"] = "false"
        os.environ["PREFECT_SERVER_REGISTER_BLOCKS_ON_START"] = "false"
    # nothing that an import makes is garbage: looking for it takes a tenth of the start
    gc.disable()
    import flows.prefect_env  # noqa: F401, I001  (before the first import of prefect)
    import uvicorn
    from prefect.server.api.server import create_app

    app = create_app(ephemeral=is_of_a_run, final=True)
    gc.enable()
    uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=5)).run([listener])


def _end_with_the_owner() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
