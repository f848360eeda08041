"""What docs/deploy holds reads as what it is, and its parts fit each other and the program."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
POOL = "anesthesia"


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def unit(path: Path) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(path.read_text(encoding="utf-8"))
    return parser


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_is_whole(path: Path) -> None:
    found = unit(path)
    assert found["Unit"]["Description"]
    if path.suffix == ".timer":
        assert found["Install"]["WantedBy"] == "timers.target"
        assert (path.with_suffix(".service")).is_file()
    else:
        assert found["Service"]["ExecStart"].startswith("/")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_no_fault_in_the_units() -> None:
    command = ["systemd-analyze", "verify", "--man=no", *map(str, UNITS)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stderr
    ours = [line for line in told.splitlines() if "cpt01939" in line]
    assert [line for line in ours if "is not executable" not in line] == []


def test_the_nightly_unit_may_write_its_data_and_nothing_else() -> None:
    """Contract 7: private files. Contract 2: the pipeline reads landing/ and never changes it."""
    service = unit(DEPLOY / "systemd" / "cpt01939.service")["Service"]
    assert service["ExecStart"] == "/opt/cpt01939/.venv/bin/cpt01939 run --plain --data /srv/anesthesia"
    assert (service["ProtectSystem"], service["ReadWritePaths"]) == ("strict", "/srv/anesthesia")
    assert service["ReadOnlyPaths"] == "-/srv/anesthesia/landing"
    assert (service["UMask"], service["LimitCORE"], service["PrivateNetwork"]) == ("0077", "0", "yes")


def test_the_image_holds_the_program_and_nothing_else() -> None:
    lines = [line for line in text("Dockerfile").splitlines() if line.startswith("COPY ")]
    copied = {source for line in lines for source in line.split()[1:-1]}
    assert all((ROOT / source).exists() for source in copied)
    let_in = {
        line.removeprefix("!") for line in text("Dockerfile.dockerignore").splitlines() if line[:1] == "!"
    }
    assert copied == let_in
    assert text("Dockerfile.dockerignore").splitlines()[1] == "*"
    assert {"flows", "transforms", "schemas", "config", "data/reference"} <= copied
    assert "data" not in copied
    assert "--require-hashes" in text("Dockerfile")
    assert "\nUSER etl\n" in text("Dockerfile")


def test_compose_starts_a_server_on_postgres_and_one_worker_of_the_pool() -> None:
    compose = yaml.safe_load(text("compose.yaml"))
    services = compose["services"]
    assert set(services) == {"database", "server", "deployments", "worker"}
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service["networks"]) <= set(compose["networks"])
        build = service.get("build")
        assert build is None or (DEPLOY / build["context"] / build["dockerfile"]).is_file()
    assert all(port.startswith("127.0.0.1:") for port in services["server"]["ports"])
    assert services["database"]["image"].startswith("postgres:")
    assert (
        "postgresql+asyncpg://" in services["server"]["environment"]["PREFECT_SERVER_DATABASE_CONNECTION_URL"]
    )
    assert services["server"]["environment"]["PREFECT_SERVER_API_AUTH_STRING"] == "${PREFECT_AUTH:?}"
    worker = services["worker"]
    assert worker["entrypoint"][worker["entrypoint"].index("--pool") + 1] == POOL
    assert "anesthesia:/srv/anesthesia" in worker["volumes"]
    assert "${LANDING:?}:/srv/anesthesia/landing:ro" in worker["volumes"]
    assert worker["environment"]["CPT01939_HMAC_KEY"] == "${CPT01939_HMAC_KEY:?}"


def test_the_pool_is_that_of_the_deployments() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))["deployments"]
    assert {each["work_pool"]["name"] for each in deployments} == {POOL}
    assert f"--overwrite {POOL}" in text("compose.yaml")
    assert f"prefect work-pool create {POOL} " in (DEPLOY.parent / "operations.md").read_text(
        encoding="utf-8"
    )


def test_the_job_template_fills_every_variable_and_mounts_what_there_is() -> None:
    template = json.loads(text("kubernetes/job-template.json"))
    filled = set(re.findall(r"{{ (\w+) }}", json.dumps(template["job_configuration"])))
    assert filled == set(template["variables"]["properties"])
    pod = template["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    claims = {volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"]}
    documents = list(yaml.safe_load_all(text("kubernetes/volumes.yaml")))
    assert claims == {document["metadata"]["name"] for document in documents}
    (container,) = pod["containers"]
    mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    assert mounts == {"/srv/anesthesia": False, "/srv/anesthesia/landing": True}
    assert f"--uid {pod['securityContext']['runAsUser']} " in text("Dockerfile")


def test_the_workers_of_a_cluster_have_what_the_job_of_a_flow_has() -> None:
    service, scheduler, workers = yaml.safe_load_all(text("kubernetes/dask.yaml"))
    job = json.loads(text("kubernetes/job-template.json"))["job_configuration"]["job_manifest"]["spec"]
    pod, other = workers["spec"]["template"]["spec"], job["template"]["spec"]
    (container,), (flow,) = pod["containers"], other["containers"]
    assert container["volumeMounts"] == flow["volumeMounts"]
    assert container["envFrom"] == flow["envFrom"]
    assert [v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"]] == [
        v["persistentVolumeClaim"]["claimName"] for v in other["volumes"]
    ]
    address = f"tcp://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
    assert address in container["command"]
    assert address in text("kubernetes/dask.yaml").splitlines()[2]
    assert service["spec"]["selector"] == scheduler["spec"]["template"]["metadata"]["labels"]


def automations() -> list[dict[str, Any]]:
    return list(yaml.safe_load(text("automations.yaml"))["automations"])


def test_prefect_reads_the_automations() -> None:
    from prefect.events.schemas.automations import AutomationCore

    named = [AutomationCore.model_validate(each).name for each in automations()]
    assert named == [
        "A run of CPT 01939 failed",
        "A run of CPT 01939 needs attention",
        "A night of CPT 01939 was missed",
    ]


def test_a_night_that_needs_attention_is_told_and_was_not_missed() -> None:
    from flows.prefect_outcome import EVENT, NEEDS_ATTENTION

    _, attention, missed = automations()
    assert attention["trigger"]["expect"] == [EVENT]
    states = [f"prefect.flow-run.{name}" for name in ("Completed", NEEDS_ATTENTION)]
    assert missed["trigger"]["expect"] == states


def test_settings_of_prefect_that_are_named_exist() -> None:
    from prefect.settings import Settings
    from prefect.settings.legacy import _get_valid_setting_names

    known = _get_valid_setting_names(Settings)
    everything = "".join(path.read_text(encoding="utf-8") for path in DEPLOY.rglob("*") if path.is_file())
    named = set(re.findall(r"\bPREFECT_[A-Z_]+\b", everything)) - {"PREFECT_AUTH"}
    assert named
    assert named <= set(known)
