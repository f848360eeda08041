"""A place in an object store is as good as a folder: the same bytes are published, every command works.

Against a real S3 server (SeaweedFS) on loopback.
"""

from __future__ import annotations

import hashlib
import json
import pickle
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from night_runs import LATER, night, tables_after
from object_runs import deliver_objects, faults_of, manifest_of, published_objects, tables_of
from object_server import ACCESS_KEY, SECRET_KEY
from small_runs import KEY, deliver, published, run_nightly, run_rerun, settings_for, small_files

from flows.commands.console import Common
from flows.commands.demo import demo
from flows.commands.inspect_file import inspect_file
from flows.commands.lines import lines
from flows.commands.quarantine import quarantine_command
from flows.commands.report import ReportForm, export, report
from flows.commands.rerun_month import rerun_command
from flows.commands.retract import retract_command
from flows.commands.run_once import run
from flows.commands.status import status
from flows.commands.verify import verify
from flows.errors import ProductError
from flows.readers.landing import discover, landed, shown_name
from flows.readers.rejections import Growing
from flows.run import Run
from flows.settings import load_settings
from flows.steps import compact
from flows.steps.delivered import values_of
from flows.store import objects
from flows.store.objects import ObjectPath, client, object_path, store_time
from flows.store.place import file_at, private_room
from flows.store.quarantined_rows import bad_rows
from flows.store.release import NEVER_THE_SAME
from flows.store.snapshot import Store, read_snapshot

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("object store")]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Calls a command as a process would; gives what it says on stdout."""
    for name, value in {
        "CPT01939_HMAC_KEY": KEY,
        "CPT01939_SETTLE_SECONDS": "0",
        "CPT01939_PUBLICATION": "false",
        "CPT01939_DATA": "",
    }.items():
        monkeypatch.setenv(name, value)

    def called(command: Callable[..., int], *given: Any, code: int = 0, **named: Any) -> Any:
        capsys.readouterr()
        assert command(*given, **named) == code
        return json.loads(capsys.readouterr().out)

    return called


@pytest.mark.slow
def test_the_demo_publishes_the_same_bytes_as_on_a_disk(
    place: ObjectPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CPT01939_HMAC_KEY", "CPT01939_DATA"):
        monkeypatch.setenv(name, "")
    assert demo(cases=900, plain=True, common=Common(data=str(tmp_path / "disk"), json=True)) == 0
    assert demo(cases=900, plain=True, common=Common(data=str(place), json=True)) == 0
    here, there = published(tmp_path / "disk" / "demo"), published_objects(place / "demo")
    assert here.keys() == there.keys()
    differs = [name for name in here if here[name] != there[name]]
    assert all(name.endswith(NEVER_THE_SAME) for name in differs), differs
    for audience in ("internal", "standard"):
        folder = tmp_path / "disk" / "demo" / "benchmarks" / audience
        on_disk, in_store = (
            json.loads((folder / "manifest.json").read_bytes()),
            manifest_of(place / "demo", audience),
        )
        assert in_store.pop("token")
        for manifest in (on_disk, in_store):
            manifest["published_at"] = ""
            manifest["files"] = [
                each for each in manifest["files"] if not each["file"].endswith(NEVER_THE_SAME)
            ]
        assert in_store == on_disk
    assert faults_of(place / "demo") == []


def test_nights_and_a_rerun_leave_what_they_leave_on_a_disk(
    place: ObjectPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compact, "MERGED_AT", 2)
    data = tmp_path / "disk"
    names = ("claims/claims_0.csv", "remits/remits_0.csv"), LATER, ("claims/claims_2.csv",)
    for files in names:
        deliver(data, *files)
        deliver_objects(place, *files)
        on_disk, in_store = night(data), run_nightly(place)
        assert in_store.rows == on_disk.rows and in_store.files == on_disk.files
        assert tables_of(place) == tables_after(data)
    assert run_nightly(place).files == {}, "nothing is taken in twice"
    snapshot = read_snapshot(place)
    assert snapshot is not None
    assert len(snapshot.batches) == 2, "the first two are one"
    payer, month = sorted(snapshot.partitions)[0].split("/")
    run_rerun(data, payer, month, from_landing=True)
    run_rerun(place, payer, month, from_landing=True)
    assert tables_of(place) == tables_after(data)
    here, there = read_snapshot(data), read_snapshot(place)
    assert here is not None and there is not None
    assert replace(there, ledger=here.ledger) == here, "the same store but for times of change"
    assert faults_of(place) == [] and Store.open(place).damaged() == []


def test_every_command_works(place: ObjectPath, answers: Callable[..., Any], tmp_path: Path) -> None:
    deliver_objects(place)
    (place / "landing" / "refused file, 1.csv").put(b"no,header\n1,2\n")
    header, row = small_files()["claims/claims_0.csv"].splitlines()[:2]
    (place / "landing" / "bad row.csv").put(b"\n".join([header, row.replace(b",MJ,", b",XX,")]) + b"\n")
    common = Common(data=str(place), json=True)
    assert answers(run, plain=True, common=common, code=3)["files"]["rejected"] == 1
    told = answers(status, common=common)
    assert told["run"] is None and told["new"] == 0 and len(told["rejected"]) == 1
    assert set(told["releases"]) == {"internal", "standard"}
    assert not any(release["is_pending"] for release in told["releases"].values())
    assert answers(verify, common=common)["audiences"]["standard"]["faults"] == []
    (shown,) = answers(quarantine_command, common=common)["files"]
    rows = bad_rows(Store.open(place))
    assert set(rows["shown_name"]) == {shown}
    assert values_of(rows, settings_for(place))["value"].to_list() == ["XX"]
    of_file = answers(quarantine_command, f"{place}/landing/claims/claims_0.csv", common=common)
    assert of_file == answers(quarantine_command, "claims/claims_0.csv", common=common)
    assert answers(lines, "denied", common=common)["lines"]
    refused = f"{place}/landing/refused file, 1.csv"
    assert answers(inspect_file, refused, common=common, code=1)["rejected"]
    assert answers(inspect_file, f"{place}/landing/remits/remits_1.csv", common=common)["rows"]["accepted"]
    snapshot = read_snapshot(place)
    assert snapshot is not None
    payer, month = sorted(snapshot.partitions)[0].split("/")
    assert answers(rerun_command, payer=payer, month=month, plain=True, common=common)["exit_code"] == 0
    before = tables_of(place)
    answers(retract_command, "landing/claims/claims_1.csv", common=common)
    assert tables_of(place) != before
    answers(retract_command, f"{place}/landing/claims/claims_1.csv", undo=True, common=common)
    assert tables_of(place) == before
    written = answers(report, out=tmp_path / "pages", common=common)["files"]
    assert Path(written[0]).is_file()
    written = answers(export, ReportForm.ALL, out=tmp_path / "figures", common=common)["files"]
    assert {Path(each).name for each in written} == {
        "benchmarks.xlsx",
        "benchmarks.duckdb",
        "datapackage.json",
    }


def test_a_landing_folder_of_objects_is_read_as_one_of_files(place: ObjectPath, tmp_path: Path) -> None:
    data, settings = tmp_path / "disk", settings_for(place)
    names = ("a b#%41.csv", "näme (1)*?.csv", "deep/er/x.csv", ".hidden.csv", "~$lock.xlsx", "grows.part")
    for name in (*names, ".folder/inside.csv"):
        path = data / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        (place / "landing" / name).put(b"x")
    (place / "landing" / "empty.csv").put(b"")
    (data / "landing" / "empty.csv").touch()
    on_disk = discover(data / "landing", settings_for(data))
    in_store = discover(place / "landing", settings)
    assert sorted(file.shown_name for file in in_store.files) == sorted(
        file.shown_name for file in on_disk.files
    )
    assert len(in_store.files) == 4
    assert sorted(in_store.waiting) == sorted(on_disk.waiting) == sorted(in_store.unfinished)
    assert sorted(in_store.ignored) == sorted(on_disk.ignored)
    for file in in_store.files:
        again = file_at(str(file.path))
        assert shown_name(again, place / "landing", settings.key) == file.shown_name
        with landed(file, tmp_path / "scratch") as path:
            assert path.read_bytes() in (b"x", b"")
    assert not list(tmp_path.glob("scratch*")), "what was fetched is removed"


def test_an_object_that_is_replaced_before_it_is_read_is_left_for_the_next_run(
    place: ObjectPath, tmp_path: Path
) -> None:
    (place / "landing" / "a.csv").put(b"before")
    (file,) = discover(place / "landing", settings_for(place)).files
    (place / "landing" / "a.csv").put(b"after all")
    with pytest.raises(Growing), landed(file, tmp_path / "scratch"):
        pass
    file.path.unlink()  # type: ignore[union-attr]
    with pytest.raises(Growing), landed(file, tmp_path / "scratch"):
        pass


def test_a_large_object_is_read_in_parts_that_are_of_one_writing(
    place: ObjectPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "PART", 1000)
    content = random.Random(1939).randbytes(10_500)
    path = place / "landing" / "large.csv"
    path.put(content)
    assert path.digest() == hashlib.sha256(content).hexdigest()
    (file,) = discover(place / "landing", settings_for(place)).files
    with landed(file, tmp_path / "scratch") as copy:
        assert copy.read_bytes() == content
    parts: list[bytes] = []

    def replaced(part: bytes) -> None:
        parts.append(part)
        path.put(content[::-1])

    with pytest.raises(FileNotFoundError):
        path._read_into(replaced)
    assert len(parts) == 1


def test_no_secret_is_kept_told_or_pickled_and_work_files_are_private_and_go(
    place: ObjectPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver_objects(place, "claims/claims_0.csv", "remits/remits_0.csv")
    run_nightly(place)
    store = Store.open(place)
    pickled = pickle.dumps((Run("id", "nightly", place), store, store.claim_lines(), store.resolved_lines()))
    kept = [found.path.read_bytes() for room in ("logs", "store") for found in (place / room).listed()]
    room = private_room(place)
    here = [path.read_bytes() for path in room.rglob("*") if path.is_file()]
    assert room.stat().st_mode & 0o777 == 0o700 and list((room / "running").iterdir()) == []
    assert not any(
        found.path.relative_to(place).parts[1] == "running" for found in (place / "store").listed()
    )
    for secret in (SECRET_KEY, ACCESS_KEY):
        assert not any(secret.encode() in content for content in (pickled, *kept, *here))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a wrong one")
    client.cache_clear()
    with pytest.raises(ProductError) as caught:
        run_nightly(place)
    assert caught.value.code == "E_OBJECT_STORE" and caught.value.detail == "wrong credentials"
    assert caught.value.__context__ is None


def test_without_credentials_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    client.cache_clear()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for call in (lambda: load_settings(data="s3://tests/x"), lambda: file_at("s3://tests/x/landing/a.csv")):
        with pytest.raises(ProductError) as caught:
            call()
        assert (caught.value.code, caught.value.exit_code) == ("E_OBJECT_KEYS", 6)
        assert caught.value.detail == "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"
    assert client.cache_info().currsize == 0, "no client was made"


@pytest.mark.parametrize(
    "text",
    ["s3://", "s3:///x", "s3://b/a b", "s3://b/../c", "s3://b//c", "s3://b/x?y", "s3://b/*", "gs://b/\n"],
)
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ProductError) as caught:
        object_path(text)
    assert caught.value.code == "E_DATA_FOLDER"
    assert re.search(r"s3://bucket/prefix", caught.value.detail)


def test_a_bucket_that_is_not_there_is_said(place: ObjectPath) -> None:
    with pytest.raises(ProductError) as caught:
        run_nightly(ObjectPath("s3://there-is-none/data"))
    assert (caught.value.code, caught.value.detail) == ("E_OBJECT_STORE", "no such bucket")


def test_the_clock_of_the_store_is_asked_for_and_leaves_nothing(place: ObjectPath) -> None:
    (place / "store" / "x").put(b"x")
    assert abs((store_time(place / "store") - (place / "store" / "x").modified()).total_seconds()) <= 2
    assert [found.path.name for found in (place / "store").listed()] == ["x"]


def test_other_clouds_are_reached_by_the_same_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Made only: no such server is at hand, so nothing is known of how they answer."""
    account = {"type": "service_account", "client_email": "a@b.c", "private_key": "", "private_key_id": "1"}
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "account")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", "a2V5")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "account.json"))
    client.cache_clear()
    assert type(object_path("az://container/data")._client).__name__ == "AzureStore"
    assert object_path("gs://bucket/data").key == "data"
