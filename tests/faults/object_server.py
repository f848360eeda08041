"""A real S3 server of its own on loopback, and a proxy before it that makes faults.

The program always talks to the proxy, so that the server may go and come back behind it.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, Literal

ACCESS_KEY: Final = "the-access-key-of-the-tests"
SECRET_KEY: Final = "the-secret-key-of-the-tests-which-is-told-nowhere"
GRPC: Final = 10_000
PATIENCE_SECONDS: Final = 60.0
Action = Literal["503", "cut", "lost", "slow", "pretend"]
"""503: refused; cut: not passed on; lost: done, but the answer is thrown away; slow: answered late; pretend:
answered as if it had been done.
"""


def weed() -> str | None:
    """The server's program, None where it cannot be had."""
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.is_file() else shutil.which("weed")


class Server:
    """`weed server -s3`: object store, with its data in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = [_free_port() for _ in range(4)]
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "data").mkdir()
        identity = {
            "name": "tests",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))

    @property
    def port(self) -> int:
        """Port of S3."""
        return self._ports[3]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        master, volume, filer, s3 = self._ports
        local = "127.0.0.1"
        options = [
            *("-v=-1", "-logtostderr=true", "server", f"-ip={local}", f"-ip.bind={local}"),
            *(f"-dir={self._folder / 'data'}", f"-master.port={master}", f"-volume.port={volume}"),
            *("-filer", f"-filer.port={filer}", "-s3", f"-s3.port={s3}", "-s3.port.iceberg=0"),
            *("-s3.port.lance=0", "-iam=false", "-s3.iam=false", f"-s3.config={self._folder / 's3.json'}"),
            *("-master.volumeSizeLimitMB=64", "-volume.max=200", "-volume.minFreeSpace=100MiB"),
            *("-master.telemetry=false", "-master.electionTimeout=1s", "-volume.preStopSeconds=0"),
        ]
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(weed()), *options],
                stdout=log,
                stderr=log,
                # it makes its sockets there
                env={**os.environ, "TMPDIR": str(self._folder)},
            )
        until = time.monotonic() + PATIENCE_SECONDS
        while not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError("the S3 server does not start")
            time.sleep(0.1)

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)) as connection:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
        except OSError:
            return False


@dataclass
class Fault:
    """What happens to the next `times` requests of a method whose address matches a pattern.

    `every`: of so many of them to one.
    """

    method: str
    pattern: str
    action: Action
    times: int = 1
    only_conditional: bool = False
    every: int = 1
    met: int = 0
    seen: int = 0

    def meets(self, method: str, address: str, headers: Any) -> bool:
        """Whether it is this request's turn."""
        is_conditional = bool(headers.get("If-Match") or headers.get("If-None-Match"))
        fits = method == self.method and re.search(self.pattern, address) is not None
        if not fits or self.met >= self.times or (self.only_conditional and not is_conditional):
            return False
        self.seen += 1
        return self.seen % self.every == 0


@dataclass
class Proxy:
    """Passes requests on to the server, but for faults. `lagging`: prefixes of listings that stand still."""

    server: Server
    faults: list[Fault] = field(default_factory=list)
    lagging: tuple[str, ...] = ()
    slow_seconds: float = 0.3
    requests: list[str] = field(default_factory=list)
    _listings: dict[str, tuple[int, Any, bytes]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def calm(self) -> None:
        """No more faults."""
        self.faults, self.lagging = [], ()
        self._listings.clear()

    def fault_of(self, method: str, address: str, headers: Any) -> Action | None:
        """The fault that a request meets."""
        with self._lock:
            self.requests.append(f"{method} {address}")
            for fault in self.faults:
                if fault.meets(method, address, headers):
                    fault.met += 1
                    return fault.action
        return None

    def passed_on(self, method: str, address: str, headers: Any, body: bytes) -> tuple[int, Any, bytes]:
        """The server's answer; of a listing that lags, the first one there was."""
        is_lagging = "list-type=2" in address and any(prefix in address for prefix in self.lagging)
        if is_lagging and address in self._listings:
            return self._listings[address]
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        with closing(connection):
            connection.putrequest(method, address, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if name.lower() not in ("connection", "transfer-encoding"):
                    connection.putheader(name, value)
            connection.endheaders(body)
            got = connection.getresponse()
            answer = got.status, got.getheaders(), got.read()
        if "list-type=2" in address:
            self._listings.setdefault(address, answer)
        return answer


class Handler(BaseHTTPRequestHandler):
    """One connection of the program."""

    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        proxy = self.proxy
        action = proxy.fault_of(self.command, self.path, self.headers)
        if action == "503":
            return self._answer(503, [], b"")
        if action == "pretend":
            return self._answer(200, [("ETag", '"pretended"')], b"")
        if action == "cut":
            return self._hang_up()
        if action == "slow":
            time.sleep(proxy.slow_seconds)
        try:
            answer = proxy.passed_on(self.command, self.path, self.headers, body)
        except OSError:
            return self._hang_up()
        if action == "lost":
            return self._hang_up()
        return self._answer(*answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _any

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        told = {name.lower() for name, _ in headers}
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = next((value for name, value in headers if name.lower() == "content-length"), str(len(body)))
        if status not in (204, 304) or "content-length" in told:
            self.send_header("Content-Length", length)
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@contextmanager
def proxy_before(server: Server) -> Iterator[tuple[Proxy, str]]:
    """A proxy on a free port, and its URL."""
    proxy = Proxy(server)
    listener = ThreadingHTTPServer(("127.0.0.1", 0), type("OfThis", (Handler,), {"proxy": proxy}))
    listener.daemon_threads = True
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    # the proxy is a thread of the program that waits for it: each of its turns is short
    turns = sys.getswitchinterval()
    sys.setswitchinterval(0.0002)
    try:
        yield proxy, f"http://127.0.0.1:{listener.server_address[1]}"
    finally:
        sys.setswitchinterval(turns)
        listener.shutdown()
        listener.server_close()


def _free_port() -> int:
    """A port that is free, and that of its gRPC too."""
    for port in range(21_000 + os.getpid() % 5_000, 45_000, 7):
        if port not in _taken and _is_free(port) and _is_free(port + GRPC):
            _taken.add(port)
            return port
    raise RuntimeError("no free port")


_taken: Final[set[int]] = set()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
