"""The same tasks on a Dask cluster: the same bytes, whatever happens to its workers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cluster_nights
import pytest
from small_runs import KEY, deliver, environment_for, every_fault, published, run_nightly, small_files

from flows.store.snapshot import Store

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(900)]
FILES = ("claims/claims_0.csv", "claims/claims_1.csv", "remits/remits_0.csv", "remits/remits_1.csv")
TAKEN_IN = {"exit_code": 0, "files": {"accepted": 4}, "left": 0}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder for each night; that of the poisoned one has a batch more."""
    root = tmp_path_factory.mktemp("cluster")
    for name in cluster_nights.NIGHTS:
        deliver(root / name, *FILES)
    extra = root / "poisoned/landing/zz_last.csv"
    extra.write_bytes(small_files()["claims/claims_0.csv"] + b"\n")
    return root


@pytest.fixture(scope="module")
def told(root: Path) -> dict[str, Any]:
    """What became of the nights."""
    pytest.importorskip("prefect_dask")
    settings = {"SETTLE_SECONDS": "0", "PUBLICATION": "false", "BATCH_FILES": "1", "HMAC_KEY": KEY}
    done = subprocess.run(
        [sys.executable, str(Path(cluster_nights.__file__)), str(root)],
        env=environment_for(
            PREFECT_HOME=str(root / "prefect"),
            **{f"CPT01939_{name}": value for name, value in settings.items()},
        ),
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def on_threads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the same files publish without a cluster."""
    data = tmp_path_factory.mktemp("threads")
    deliver(data, *FILES)
    run_nightly(data, batch_files=1)
    return published(data)


@pytest.mark.parametrize("night", ["undisturbed", "killed"])
def test_the_same_bytes_with_a_cluster_and_with_a_worker_killed(
    night: str, root: Path, told: dict[str, Any], on_threads: dict[str, str]
) -> None:
    assert told[night] == TAKEN_IN
    assert published(root / night) == on_threads
    assert every_fault(root / night) == []


def test_a_batch_that_ends_every_worker_is_left_for_the_next_run(
    root: Path, told: dict[str, Any], on_threads: dict[str, str]
) -> None:
    assert told["poisoned"] == {"exit_code": 3, "files": {"accepted": 4}, "left": 1}
    assert published(root / "poisoned") == on_threads
    summary = run_nightly(root / "poisoned", batch_files=1)
    assert (summary.exit_code, dict(summary.files)) == (0, {"accepted": 1})


def test_without_its_scheduler_a_night_fails_whole_and_the_next_one_completes(
    root: Path, told: dict[str, Any], on_threads: dict[str, str]
) -> None:
    assert told["lost"]["code"] == "E_CLUSTER"
    assert not (root / "lost/benchmarks").exists()
    run_nightly(root / "lost", batch_files=1)
    assert published(root / "lost") == on_threads


def test_nothing_of_a_claim_and_no_key_passes_the_scheduler(root: Path, told: dict[str, Any]) -> None:
    sent = (root / "sent.bin").read_bytes()
    assert b"batch-00000" in sent, "what is sent was not seen"
    assert KEY.encode() not in sent
    assert b"claims_0" not in sent, "the name of a file"
    rows = [line.split(",") for line in small_files()["claims/claims_0.csv"].decode().splitlines()]
    header, *values = rows
    for column in ("claim_id", "member_id", "patient_birth_date"):
        told_values = {row[header.index(column)] for row in values} - {""}
        assert told_values
        assert not [value for value in told_values if len(value) > 5 and value.encode() in sent], column
    accepted = Store.open(root / "undisturbed").claim_lines().collect()
    for column in ("claim_number_key", "patient_key", "billing_provider_npi"):
        assert not [value for value in accepted[column].unique() if value.encode() in sent], column
