"""`cpt01939 schedule`."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter

from flows.commands.console import Common, say
from flows.errors import DONE, ProductError
from flows.prefect_server import OF_A_SCHEDULE, Server, choose_home, server

if TYPE_CHECKING:
    from flows.deployments import Serving
    from flows.settings import Settings

_PATIENCE_SECONDS: Final = 40
_STOPPED: Final = None
Ends = queue.SimpleQueue[BaseException | None]


def schedule(
    *,
    port: Annotated[int, Parameter(help="Port of Prefect's server on loopback.")] = 4200,
    common: Common = Common(),  # noqa: B008
) -> int:
    """Serve two deployments with Prefect until stopped (Ctrl-C or SIGTERM: exit code 0).

    Nightly (by the schedule of the settings), rerun (on demand).

    Uses the server PREFECT_API_URL names, else starts one on loopback. Example: cpt01939 schedule
    """
    ends: Ends = queue.SimpleQueue()
    _put_signals_into(ends)
    common.choose_data()
    from flows.settings import load_settings

    settings = load_settings()
    settings.key  # noqa: B018  (without a key no scheduled run could work)
    os.environ["CPT01939_DATA"] = str(settings.data.absolute())
    if choose_home(settings.data):
        say("there is no home folder to write to: Prefect keeps its records in store/prefect")
    with _server(port, ends) as own:
        work = Work(settings, own, ends)
        work.start()
        end = _first(ends)
        work.stop()
    if end is not _STOPPED:
        raise end
    if work.is_alive():
        # it hangs in a call to Prefect that nothing can end: no finaliser may wait for it
        os._exit(DONE)
    return DONE


class Work(threading.Thread):
    """Registers both deployments and takes runs.

    Prefect's runner takes over the signals of the main thread. Here it gets none: the main thread waits for
    them, so that a stop means the same at every moment.
    """

    def __init__(self, settings: Settings, own: Server | None, ends: Ends) -> None:
        super().__init__(daemon=True)
        self._settings = settings
        self._own = own
        self._ends = ends
        self._serving: Serving | None = None

    def run(self) -> None:
        """Serve; how it ended goes to the main thread."""
        end: BaseException = ProductError("E_PREFECT", "the deployments are no longer served")
        try:
            from flows.deployments import Serving

            if self._own:
                self._own.wait()
                say(f"Prefect: {self._own.address}")
            cron, timezone = self._settings.schedule_cron, self._settings.schedule_timezone
            self._serving = Serving(cron, timezone)
            say(f"nightly: {cron} {timezone}; rerun: on demand")
            say(
                "start one by hand: prefect deployment run rerun/on-demand -p payer=aetna -p "
                "month=2025-03 --watch"
            )
            self._serving.until_stopped()
        except Exception as error:
            end = (
                error if isinstance(error, ProductError) else ProductError("E_PREFECT", type(error).__name__)
            )
        self._ends.put(end)

    def stop(self) -> None:
        """End what runs, and wait for a while until nothing does."""
        until = time.monotonic() + _PATIENCE_SECONDS
        with contextlib.suppress(Exception):
            while self._serving and self.is_alive() and time.monotonic() < until:
                if self._serving.stop():
                    self.join(_PATIENCE_SECONDS)
                self.join(0.1)


def _put_signals_into(ends: Ends) -> None:
    def put(number: int, frame: FrameType | None) -> None:
        ends.put(_STOPPED)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, put)


def _first(ends: Ends) -> BaseException | None:
    """The first end there is.

    Looks up now and then: Polars has SIGINT restart calls, so that it does not wake a waiting thread.
    """
    while True:
        with contextlib.suppress(queue.Empty):
            return ends.get(timeout=0.2)


@contextlib.contextmanager
def _server(port: int, ends: Ends) -> Iterator[Server | None]:
    """Prefect's server for as long as the deployments are served; its end is the end of the schedule.

    The one PREFECT_API_URL names is left alone.
    """
    import flows.prefect_env  # noqa: F401

    if os.environ.get("PREFECT_API_URL"):
        yield None
        return

    def watch() -> None:
        own.process.wait()
        ends.put(ProductError("E_PREFECT", "the server ended"))

    with server(port, OF_A_SCHEDULE) as own:
        os.environ["PREFECT_API_URL"] = own.api
        threading.Thread(target=watch, daemon=True).start()
        yield own
