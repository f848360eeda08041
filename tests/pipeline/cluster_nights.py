"""Nights on a Dask cluster of two worker processes, one after another, in a process of their own.

`python cluster_nights.py ROOT` runs each of NIGHTS on the data folder of its name below ROOT, and prints what
became of them as JSON. The environment holds the key.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NIGHTS = ("undisturbed", "killed", "poisoned", "lost")
POISON = "batch-00004"
"""A batch that ends every worker: only the poisoned night has as many."""
SENT: list[bytes] = []
"""What this process has packed for others, and unpacked from them."""


def main(root: Path) -> None:
    """All nights; their outcomes as one JSON object."""
    os.environ |= {"CPT01939_FAILPOINT": f"intake@{POISON}:kill", "CPT01939_RUNNER": "dask"}
    import flows.prefect_env  # noqa: F401

    # isort: split
    from distributed import LocalCluster

    from flows.prefect_env import settings_of_a_run
    from flows.prefect_server import ANY_PORT, OF_A_RUN, server

    told: dict[str, Any] = {}
    listen()
    with server(ANY_PORT, OF_A_RUN) as own, workers(LocalCluster) as cluster:
        own.wait()
        with settings_of_a_run(own.api):
            told["undisturbed"] = night(root / "undisturbed", {})
            (root / "sent.bin").write_bytes(b"\n".join(SENT))
            ends = lambda: end_worker(cluster)  # noqa: E731
            told["killed"] = night(root / "killed", {"intake": ends, "resolve": ends})
            told["poisoned"] = night(root / "poisoned", {})
            told["lost"] = night(root / "lost", {"resolve": lambda: end_scheduler(cluster)})
    print(json.dumps(told))


@contextmanager
def workers(kind: Any) -> Iterator[Any]:
    """A cluster of two processes, named in the environment of the flows."""
    with kind(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as cluster:
        os.environ["CPT01939_DASK_ADDRESS"] = cluster.scheduler_address
        yield cluster


def night(data: Path, harm: Mapping[str, Callable[[], None]]) -> dict[str, Any]:
    """A nightly flow; `harm` is done a little after its stage has begun."""
    from flows import run as room
    from flows.errors import ProductError
    from flows.nightly import nightly

    os.environ["CPT01939_DATA"] = str(data)
    real = room.Run.enter

    def enter(self: room.Run, stage: str) -> None:
        real(self, stage)
        if stage in harm:
            threading.Timer(0.4, harm[stage]).start()

    room.Run.enter = enter  # type: ignore[method-assign]
    try:
        outcome: Any = nightly()
        return {name: outcome[name] for name in ("exit_code", "files", "left")}
    except ProductError as error:
        return {"code": error.code, "detail": error.detail}
    finally:
        room.Run.enter = real  # type: ignore[method-assign]


def end_worker(cluster: Any) -> None:
    """Kill the process of one worker; its nanny starts another."""
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)


def end_scheduler(cluster: Any) -> None:
    """Take the scheduler away, as if its machine had gone."""
    cluster.sync(cluster.scheduler.close, reason="gone")


def listen() -> None:
    """Keep what is packed for the cluster and unpacked from it."""
    import distributed.protocol.pickle as packing

    real_dumps, real_loads = packing.dumps, packing.loads

    def dumps(value: object, *, buffer_callback: Any = None, protocol: Any = None) -> bytes:
        def taken(buffer: Any) -> Any:
            SENT.append(bytes(buffer))
            return buffer_callback(buffer)

        packed = real_dumps(value, buffer_callback=taken if buffer_callback else None, protocol=protocol)
        SENT.append(packed)
        return packed

    def loads(packed: Any, *, buffers: Any = ()) -> Any:
        SENT.extend(map(bytes, [packed, *buffers]))
        return real_loads(packed, buffers=buffers)

    for name, module in list(sys.modules.items()):
        if name.startswith("distributed"):
            for attribute, new, old in (("dumps", dumps, real_dumps), ("loads", loads, real_loads)):
                if getattr(module, attribute, None) is old:
                    setattr(module, attribute, new)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
