"""The flows through a real Prefect server: served deployments, runs started through the API."""

from __future__ import annotations

import base64
import contextlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import polars as pl
import pytest
from small_runs import (
    KEY,
    command,
    deliver,
    environment_for,
    every_fault,
    published,
    run_nightly,
    small_files,
)

from flows.store.lock import is_held, read_note
from flows.store.snapshot import read_snapshot

pytestmark = [pytest.mark.long, pytest.mark.server, pytest.mark.slow, pytest.mark.timeout(400)]
NAMED = "claims/MOCKBRIDGE_HARPER_19620412.csv"
"""A file name as people make them."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a release, and a file delivered since under a telling name."""
    folder = tmp_path_factory.mktemp("data")
    deliver(folder, *sorted(small_files())[:-1])
    run_nightly(folder)
    (folder / "landing" / NAMED).write_bytes(small_files()[sorted(small_files())[-1]])
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prefect")


@pytest.fixture(scope="module")
def api(data: Path, home: Path) -> Iterator[httpx.Client]:
    """`cpt01939 schedule` on a free port, ready to take runs; ended with SIGTERM."""
    with scheduled(data, home, CPT01939_BATCH_FILES="1") as (process, port, _):
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/api", timeout=30) as client:
            until(lambda: answers(client, "/deployments/name/rerun/on-demand"), 180)
            yield client
        process.send_signal(signal.SIGTERM)
        assert process.wait(120) == 0
        assert not listens(port)


@contextlib.contextmanager
def scheduled(
    data: Path, home: Path, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], int, Path]]:
    """`cpt01939 schedule` on a free port: its process, port and what it says."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = home / f"schedule-{port}.log"
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows", "schedule", "--port", str(port), "--data", str(data)],
            env={**prefect_environment(home), **environment},
            cwd=home,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process, port, said
        finally:
            process.kill()
            process.wait()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def prefect_environment(home: Path) -> dict[str, str]:
    outer = {name: value for name, value in environment_for().items() if not name.startswith("PREFECT_")}
    return {**outer, "PREFECT_HOME": str(home), "DO_NOT_TRACK": "1"}


def until(ready: Any, seconds: float, pause: float = 0.5) -> Any:
    """What `ready` gives once it gives something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := ready():
            return found
        time.sleep(pause)
    raise AssertionError(f"not ready after {seconds} s")


def answers(client: httpx.Client, path: str) -> dict[str, Any] | None:
    try:
        reply = client.get(path)
    except httpx.HTTPError:
        return None
    return dict(reply.json()) if reply.status_code == 200 else None


def posted(client: httpx.Client, path: str, body: dict[str, Any]) -> httpx.Response:
    """The reply to a POST. A server whose database is busy says 503: it is asked again, as Prefect's own
    client does; what it is asked for must come to the same when it is asked twice.
    """

    def reply() -> httpx.Response | None:
        try:
            given = client.post(path, json=body)
        except httpx.TimeoutException:
            return None
        return None if given.status_code == httpx.codes.SERVICE_UNAVAILABLE else given

    found = until(reply, 120, pause=1)
    assert isinstance(found, httpx.Response)
    return found


def finished(client: httpx.Client, run: str) -> str | None:
    told = answers(client, f"/flow_runs/{run}")
    state = str(told["state"]["type"]) if told else None
    return state if state in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None


def test_both_deployments_are_served_and_their_parameters_are_choices(api: httpx.Client) -> None:
    rerun = until(lambda: answers(api, "/deployments/name/rerun/on-demand"), 60)
    nightly = until(lambda: answers(api, "/deployments/name/nightly/nightly"), 60)
    assert nightly["schedules"][0]["schedule"]["cron"] == "30 2 * * *"
    assert nightly["parameter_openapi_schema"]["properties"] == {}
    schema = rerun["parameter_openapi_schema"]
    assert set(schema["properties"]) == {"payer", "month", "from_landing"}
    assert schema["definitions"]["Payer"]["enum"] == ["aetna", "bcbs", "cigna", "uhc", "medicare", "other"]
    assert "pattern" in schema["properties"]["month"]
    assert all(told["description"] for told in schema["properties"].values()), "the form explains itself"
    assert rerun["entrypoint"] == "flows.rerun.rerun"


@pytest.mark.parametrize(
    "parameters",
    [
        {"payer": "aetna", "month": "2025-13"},
        {"payer": "../../etc", "month": "2025-03"},
        {"payer": "aetna"},
    ],
)
def test_a_run_with_wrong_parameters_is_never_made(api: httpx.Client, parameters: dict[str, str]) -> None:
    deployment = until(lambda: answers(api, "/deployments/name/rerun/on-demand"), 60)
    reply = posted(api, f"/deployments/{deployment['id']}/create_flow_run", {"parameters": parameters})
    assert reply.status_code in (409, 422)


def test_rerun_and_nightly_through_the_api(api: httpx.Client, data: Path, home: Path) -> None:
    snapshot = read_snapshot(data)
    assert snapshot is not None
    payer, month = sorted(snapshot.partitions)[0].split("/")
    before = published(data)
    assert start(api, "rerun/on-demand", {"payer": payer, "month": month}) == "COMPLETED"
    assert published(data) == before
    assert start(api, "nightly/nightly", {}) == "COMPLETED"
    assert published(data) != before
    assert every_fault(data) == []
    artifacts = posted(api, "/artifacts/latest/filter", {}).json()
    assert {artifact["key"] for artifact in artifacts} == {"run-summary", "published-tables"}
    assert start(api, "rerun/on-demand", {"payer": payer, "month": "1999-01"}) == "FAILED"
    nothing_personal(home, "E_NOTHING_TAKEN_IN")


def test_a_night_draws_every_edge_and_asks_for_attention(api: httpx.Client, data: Path, home: Path) -> None:
    for number in range(2):
        name = sorted(small_files())[number]
        (data / "landing" / f"again_{number}_{NAMED[7:]}").write_bytes(small_files()[name] + b"\n")
    (data / "landing" / "MOCKBRIDGE.csv").write_bytes(b"neither,nor\n1,2\n")
    run = started(api, "nightly/nightly", {})
    assert until(lambda: finished(api, run), 120) == "COMPLETED"
    assert answers(api, f"/flow_runs/{run}")["state"]["name"] == "Needs attention"  # type: ignore[index]
    graph = answers(api, f"/flow_runs/{run}/graph-v2")
    assert graph is not None
    nodes = {node["id"]: node for _, node in graph["nodes"]}
    # of a task that runs on a thread Prefect tells an edge twice
    parents = {
        node["label"]: sorted({nodes[parent["id"]]["label"] for parent in node["parents"]})
        for node in nodes.values()
    }
    batches = sorted(label for label in parents if label.startswith("intake-batch-"))
    assert len(batches) >= 3
    assert parents["recover"] == []
    assert parents["discover"] == ["recover"]
    assert [parents[batch] for batch in batches] == [["discover"]] * len(batches), (
        "one task per batch of files"
    )
    assert parents["admission"] == sorted(["discover", *batches])
    assert parents["compaction"] == ["admission"]
    assert parents["plan"] == ["compaction"]
    assert parents["affected"] == ["compaction", "plan"]
    assert parents["resolve-group-00000"] == ["affected"], "one task per group of claims"
    assert parents["payer-months"] == ["resolve-group-00000"]
    (written,) = (label for label in parents if label.startswith("partitions-"))
    assert parents[written] == ["affected", "compaction", "payer-months"]
    assert parents["settle"] == sorted(["compaction", written, "plan"])
    assert parents["tables"] == ["settle"]
    for audience in ("internal", "standard"):
        assert parents[f"protect-{audience}"] == ["settle", "tables"]
        assert parents[f"stage-{audience}"] == [f"protect-{audience}", "tables"]
        assert parents[f"publish-{audience}"] == ["commit", f"stage-{audience}"]
    assert parents["commit"] == ["stage-internal", "stage-standard", "tables"]
    assert parents["summary"] == ["commit", "compaction", "discover", "plan", "recover"]
    assert (len(nodes), sum(map(len, parents.values()))) == (19 + len(batches), 35 + 2 * len(batches))
    attention = {"filter": {"event": {"name": ["cpt01939.run.needs-attention"]}}}
    events = until(lambda: posted(api, "/events/filter", attention).json()["events"], 60)
    assert events[0]["resource"]["prefect.resource.id"] == f"prefect.flow-run.{run}"
    assert events[0]["payload"]["rejected_files"] == 1
    lines = until(lambda: logged(api, run) if "end" in logged(api, run) else None, 30)
    assert {"begin", "stage", "committed", "summary"} <= lines
    nothing_personal(home, "Needs attention")


def logged(client: httpx.Client, run: str) -> set[str]:
    """What happened in a run, by Prefect's log of it."""
    told = posted(client, "/logs/filter", {"logs": {"flow_run_id": {"any_": [run]}}}).json()
    return {line["message"].split()[0] for line in told}


def start(client: httpx.Client, name: str, parameters: dict[str, str]) -> str:
    """Start a run of a deployment through the API; the state it ends in."""
    run = started(client, name, parameters)
    return str(until(lambda: finished(client, run), 120))


def started(client: httpx.Client, name: str, parameters: dict[str, str]) -> str:
    """Start a run of a deployment through the API; its id."""
    deployment = until(lambda: answers(client, f"/deployments/name/{name}"), 60)
    # the key makes one run of a request that had to be sent twice
    body = {"parameters": parameters, "idempotency_key": uuid.uuid4().hex}
    made = posted(client, f"/deployments/{deployment['id']}/create_flow_run", body)
    assert made.status_code in (200, 201)
    return str(made.json()["id"])


def nothing_personal(home: Path, told: str) -> None:
    """No identifier, key or file name in Prefect's database, storage or logs, in clear or in base64."""
    claims = pl.concat(
        [
            pl.read_csv(content, infer_schema=False)
            for name, content in small_files().items()
            if "claims" in name
        ],
        how="diagonal",
    )
    columns = ("member_id", "claim_id", "patient_birth_date")
    canaries = {value for column in columns for value in claims[column].drop_nulls() if len(value) > 6}
    canaries = (canaries | {"MOCKBRIDGE", KEY}) - {"1970-01-01"}
    assert len(canaries) > 50
    kept = dump(home)
    assert "nightly" in kept
    assert told in kept
    assert not [value for value in canaries if value in kept]


def dump(home: Path) -> str:
    """Everything Prefect keeps, as text; base64 inside it decoded too."""
    parts = []
    for path in home.rglob("*"):
        if path.name == "prefect.db":
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
                parts.extend(connection.iterdump())
        elif path.is_file():
            parts.append(path.read_bytes().decode("utf-8", "replace"))
    text = "\n".join(parts)
    for packed in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text):
        raw = base64.b64decode(packed[: len(packed) // 4 * 4], validate=False)
        parts.append(raw.decode("utf-8", "replace"))
    return "\n".join(parts)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_schedule_stopped_while_it_starts_ends_with_0(data: Path, tmp_path: Path, number: int) -> None:
    with scheduled(data, tmp_path) as (process, port, _):
        until(lambda: listens(port), 60)
        process.send_signal(number)
        assert process.wait(120) == 0
        assert not listens(port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_schedule_stopped_the_moment_it_serves_ends_with_0(data: Path, home: Path, number: int) -> None:
    with scheduled(data, home) as (process, port, said):
        until(lambda: b"rerun: on demand" in said.read_bytes(), 180, pause=0.001)
        process.send_signal(number)
        assert process.wait(120) == 0
        assert not listens(port)
        assert "Traceback" not in said.read_text()


def test_a_killed_schedule_leaves_no_server_behind(data: Path, home: Path) -> None:
    with scheduled(data, home) as (process, port, said):
        until(lambda: b"Prefect:" in said.read_bytes(), 180)
        process.kill()
        until(lambda: not listens(port), 30)


def test_a_taken_port_is_told(data: Path, home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        refused = command(data, "schedule", "--port", port, PREFECT_HOME=str(home))
    assert refused.returncode == 1
    assert f"port {port} is taken" in refused.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_under_prefect_and_its_server(
    tmp_path: Path, home: Path, number: int, code: int
) -> None:
    deliver(tmp_path, "claims/claims_0.csv", "remits/remits_0.csv")
    process = subprocess.Popen(
        [sys.executable, "-m", "flows", "run", "--data", str(tmp_path)],
        env={**prefect_environment(home), "CPT01939_SETTLE_SECONDS": "60"},
        stderr=subprocess.PIPE,
        text=True,
    )
    until(lambda: (note := read_note(tmp_path)) and note.stage == "intake", 120, pause=0.05)
    process.send_signal(number)
    _, told = process.communicate(timeout=120)
    assert process.returncode == code
    assert "Traceback" not in told
    assert "API" not in told
    assert read_note(tmp_path) is None
    assert not is_held(tmp_path)
    assert not any((tmp_path / "store/running").iterdir())
    assert run_nightly(tmp_path).is_new
