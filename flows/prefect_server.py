"""Prefect's server on loopback, as a process that lives no longer than the one that asked for it.

The socket is bound here and handed over: no port is guessed, and who connects early waits until the
server answers. The server ends when its standard input does: a killed owner leaves no orphan.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from flows.errors import ProductError
from flows.store.files import private_folder
from flows.store.place import Place, private_room

_LOOPBACK: Final = "127.0.0.1"
START_SECONDS: Final = 120
_STOP_SECONDS: Final = 15
ANY_PORT: Final = 0
OF_A_RUN: Final = "run"
OF_A_SCHEDULE: Final = "schedule"
ERROR: Final = re.compile(r"^(?:\w+\.)*(\w*(?:Error|Exception)\b.*)$", re.MULTILINE)
REASON_LENGTH: Final = 120


@dataclass(frozen=True)
class Server:
    """A server that has been started, and may not answer yet."""

    process: subprocess.Popen[bytes]
    port: int
    said: IO[bytes]

    @property
    def address(self) -> str:
        """Where its pages are."""
        return f"http://{_LOOPBACK}:{self.port}"

    @property
    def api(self) -> str:
        """What PREFECT_API_URL is to be."""
        return f"{self.address}/api"

    def wait(self) -> None:
        """Return when it answers; E_PREFECT when it ends instead."""
        connection = http.client.HTTPConnection(_LOOPBACK, self.port, timeout=START_SECONDS)
        try:
            connection.request("GET", "/api/health")
            answers = connection.getresponse().status == 200
        except OSError:
            answers = False
        finally:
            connection.close()
        if not answers:
            raise ProductError("E_PREFECT", f"the server did not start: {self._reason()}")

    def _reason(self) -> str:
        """The last error that the server told of. It knows Prefect's folder and nothing of any claim."""
        self.said.seek(0)
        errors = ERROR.findall(self.said.read().decode(errors="replace"))
        return errors[-1][:REASON_LENGTH].strip() if errors else "it told no reason"

    def stop(self) -> None:
        """End it: by closing its standard input, by force where that is not enough."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(_STOP_SECONDS)
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


def choose_home(data: Place) -> bool:
    """Have Prefect keep its records where they can be written; True when that is in the store.

    PREFECT_HOME where it is set (E_PREFECT when it can't be written), else ~/.prefect; else, as of a service
    account without a home, the private store of the data folder.
    """
    given = os.environ.get("PREFECT_HOME")
    try:
        home = Path(given or "~/.prefect").expanduser()
        home.mkdir(mode=0o700, parents=given is not None, exist_ok=True)
        if os.access(home, os.W_OK | os.X_OK):
            return False
        problem = "EACCES"
    except OSError as error:
        problem = errno.errorcode.get(error.errno or 0, type(error).__name__)
    except RuntimeError:
        problem = "no home is known"
    if given is not None:
        raise ProductError("E_PREFECT", f"PREFECT_HOME can't be written ({problem}): set another folder")
    os.environ["PREFECT_HOME"] = str(
        private_folder(private_folder(private_room(data)) / "prefect").absolute()
    )
    return True


@contextlib.contextmanager
def server(port: int, purpose: str) -> Iterator[Server]:
    """A server on a port for as long as the block lasts; E_PREFECT when the port is taken."""
    with tempfile.TemporaryFile() as said:
        started = _started(port, purpose, said)
        try:
            yield started
        finally:
            started.stop()


def _started(port: int, purpose: str, said: IO[bytes]) -> Server:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_LOOPBACK, port))
        except OSError:
            url = f"http://{_LOOPBACK}:{port}/api"
            raise ProductError(
                "E_PREFECT", f"port {port} is taken; set PREFECT_API_URL={url} to use what listens there"
            ) from None
        listener.listen(128)
        handle = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "flows.prefect_server", str(handle), purpose],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            pass_fds=[handle],
            # a Ctrl-C in the terminal is its owner's: a run ends before its server does
            start_new_session=True,
        )
        return Server(process, listener.getsockname()[1], said)


def serve(handle: int, purpose: str) -> None:
    """Serve on an inherited socket until standard input ends.

    The server of one run has no pages, no scheduler and none of the services that look after other runs.
    """
    threading.Thread(target=_end_with_the_owner, daemon=True).start()
    listener = socket.socket(fileno=handle)
    os.environ["PREFECT_SERVER_UI_API_URL"] = f"http://{_LOOPBACK}:{listener.getsockname()[1]}/api"
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
    # not through sys.stdin: a server that fails to start could not end while this thread holds its lock
    while os.read(0, 1 << 10):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
