"""Runs in an object store while the server, the network or another run does its worst.

Against a real S3 server (SeaweedFS), behind a proxy that makes the faults. What is published after it all is
what a run on a disk that nothing disturbed publishes.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from night_runs import LATER, Watched, night, tables_after
from object_runs import FIRST, deliver_few, faults_of, manifest_of, tables_of
from object_server import Fault, Proxy, Server
from small_runs import command, run_nightly, settings_for

from flows.dag import nightly_run
from flows.errors import ProductError
from flows.run import open_run
from flows.store import lease, objects, publish_objects, sweep
from flows.store.files import as_json
from flows.store.lock import is_held, read_note, run_lock, write_note
from flows.store.objects import Changed, ObjectPath
from flows.store.publish import files_of
from flows.store.snapshot import Store, read_snapshot

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("object store")]


@pytest.fixture(scope="module")
def on_disk(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What one night of all four files publishes on a disk."""
    data = tmp_path_factory.mktemp("disk")
    deliver_few(data)
    night(data)
    return tables_after(data)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that end soon."""
    monkeypatch.setattr(lease, "LEASE_SECONDS", 2.0)
    monkeypatch.setattr(lease, "LOOK_SECONDS", 0.2)


_RELEASED: list[ObjectPath] = []
"""A place with the release of a night, not to be changed."""


@pytest.fixture
def released(place: ObjectPath) -> ObjectPath:
    """A copy of it that a test may change."""
    if not _RELEASED:
        deliver_few(place, *FIRST)
        run_nightly(place)
        _RELEASED.append(place)
    copy = place.parent / "copy"
    with ThreadPoolExecutor(8) as pool:
        found = [each.path for each in _RELEASED[0].listed()]
        list(pool.map(lambda path: path.copy_to(copy / str(path.relative_to(_RELEASED[0]))), found))
    return copy


def watched(place: ObjectPath, before: Callable[[str], None]) -> None:
    """A night, and something else before each of its steps."""
    with open_run(settings_for(place), "nightly") as run:
        nightly_run(run, Watched(before))


def test_a_night_through_a_server_that_ends_and_comes_back(
    proxied: ObjectPath, object_server: Server, on_disk: dict[str, str]
) -> None:
    deliver_few(proxied)
    back: list[threading.Thread] = []

    def outage(stage: str) -> None:
        if stage in ("payer-months", "publish") and len(back) < 2:
            object_server.kill()
            back.append(threading.Thread(target=object_server.start))
            back[-1].start()

    watched(proxied, outage)
    for thread in back:
        thread.join()
    assert len(back) == 2
    assert tables_of(proxied) == on_disk and faults_of(proxied) == []


def test_a_night_with_refusals_and_slow_answers(
    proxied: ObjectPath, proxy: Proxy, on_disk: dict[str, str]
) -> None:
    deliver_few(proxied)
    every = {"503": 11, "cut": 31, "slow": 47}
    proxy.faults = [
        Fault(method, "", action, times=1000, every=often)
        for method in ("GET", "PUT", "HEAD")
        for action, often in every.items()
    ]
    run_nightly(proxied)
    assert all(fault.met for fault in proxy.faults if fault.method != "HEAD"), "the faults were met"
    assert tables_of(proxied) == on_disk and faults_of(proxied) == []


def test_answers_that_are_lost_do_not_lose_what_was_done(
    proxied: ObjectPath, proxy: Proxy, on_disk: dict[str, str]
) -> None:
    """The client asks again and hears that another one was first: it was itself."""
    deliver_few(proxied)
    names = ("store/run.json", "store/snapshot.json", "standard/manifest.json", "internal/manifest.json")
    proxy.faults = [Fault("PUT", f"{name}$", "lost", 2, only_conditional=True) for name in names]
    proxy.faults += [Fault("PUT", "store/accepted/", "lost", 2), Fault("POST", "", "lost", 1)]
    run_nightly(proxied)
    assert all(fault.met for fault in proxy.faults[:5])
    assert tables_of(proxied) == on_disk and faults_of(proxied) == []
    assert not is_held(proxied)


def test_listings_that_lag_hide_nothing(proxied: ObjectPath, proxy: Proxy, on_disk: dict[str, str]) -> None:
    deliver_few(proxied, *FIRST)
    proxy.lagging = ("%2Fdata%2Fstore%2F", "%2Fdata%2Fbenchmarks%2F", "%2Fdata%2Fquarantine%2F")
    run_nightly(proxied)
    deliver_few(proxied, *LATER)
    run_nightly(proxied)
    lagged = [request for request in proxy.requests if "list-type=2" in request]
    assert len(lagged) > len(set(lagged)), "listings were asked for again"
    proxy.calm()
    assert tables_of(proxied) == on_disk and faults_of(proxied) == []


def test_a_store_that_stays_away_ends_the_run_and_the_next_one_completes(
    proxied: ObjectPath, proxy: Proxy, on_disk: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(objects, "OBJECT_RETRIES", {"max_retries": 1})
    objects.client.cache_clear()
    deliver_few(proxied)
    before = proxy.requests.copy()

    def gone(stage: str) -> None:
        if stage == "commit":
            proxy.faults = [Fault("PUT", "store/snapshot.json$", "503", times=1000)]

    with pytest.raises(ProductError) as caught:
        watched(proxied, gone)
    assert (caught.value.code, caught.value.exit_code) == ("E_OBJECT_STORE", 1)
    assert caught.value.__context__ is None
    assert len(proxy.requests) > len(before)
    assert not (proxied / "benchmarks").is_dir(), "nothing was published"
    proxy.calm()
    run_nightly(proxied)
    assert tables_of(proxied) == on_disk


def test_a_store_without_conditions_is_refused(proxied: ObjectPath, proxy: Proxy) -> None:
    """One that overwrites although it is told not to would let two runs commit."""
    made = lease.Lease(proxied)
    made._path.put_if(b"that of another", None)
    proxy.faults = [Fault("PUT", "store/run.json$", "pretend", only_conditional=True)]
    with pytest.raises(ProductError) as caught:
        made._check_conditions()
    assert (caught.value.code, caught.value.detail) == (
        "E_OBJECT_STORE",
        "it takes no notice of If-None-Match",
    )


@pytest.mark.parametrize("stage", ["commit", "publish_stable"])
@pytest.mark.slow
def test_a_run_that_is_killed_is_taken_over_and_completed(
    place: ObjectPath, on_disk: dict[str, str], stage: str, tmp_path: Path, patient: None
) -> None:
    deliver_few(place)
    killed = command(
        place, "run", "--plain", CPT01939_FAILPOINT=f"{stage}:kill", CPT01939_AUDIENCES="internal,standard"
    )
    assert killed.returncode == -9, killed.stderr
    note = read_note(place)
    assert note is not None and note.stage in ("commit", "publish")
    with pytest.raises(ProductError) as caught:
        run_nightly(place)
    assert caught.value.code == "E_BUSY" and note.run_id in caught.value.detail
    _age_lease(place)
    summary = run_nightly(place)
    assert summary.files == {}, "what was committed counts"
    assert tables_of(place) == on_disk and faults_of(place) == []


def test_of_two_that_commit_one_wins_and_the_other_changes_nothing(place: ObjectPath) -> None:
    first = Store.open(place, "key").begun()
    second = Store.open(place, "key")
    with ThreadPoolExecutor(8) as pool:
        told = list(
            pool.map(_commits, [second.with_snapshot(as_of=f"2025-01-0{day}") for day in range(1, 9)])
        )
    won = [store for store in told if isinstance(store, Store)]
    assert len(won) == 1 and [error for error in told if error not in won] == ["E_OVERTAKEN"] * 7
    assert read_snapshot(place) == won[0].snapshot
    assert _commits(first.with_snapshot(as_of="2026-01-01")) == "E_OVERTAKEN"
    assert read_snapshot(place) == won[0].snapshot
    with pytest.raises(ProductError) as caught:
        first.check_own()
    assert (caught.value.code, caught.value.exit_code) == ("E_OVERTAKEN", 75)


def test_a_snapshot_that_comes_again_is_not_taken_for_the_one_before(place: ObjectPath) -> None:
    """The tag of S3 is a hash of the content: without a random number A, B, A would look like A."""
    mine = Store.open(place, "key").begun()
    other = Store.open(place, "key").with_snapshot(as_of="2025-01-01").commit()
    again = other.with_snapshot(as_of=None).commit()
    assert again.snapshot == mine.snapshot, "the same facts"
    assert _commits(mine) == "E_OVERTAKEN"


@pytest.mark.parametrize("stage", ["commit", "publish"])
def test_a_run_that_was_overtaken_says_so_and_what_the_other_published_stands(
    place: ObjectPath, on_disk: dict[str, str], stage: str
) -> None:
    """A machine that slept: its lease has gone to another run, which has committed and published."""
    deliver_few(place, *FIRST)
    slept: list[dict[str, str]] = []

    def sleep(now: str) -> None:
        if now == stage and not slept:
            (place / "store" / lease.NAME).unlink()
            deliver_few(place, *LATER)
            run_nightly(place)
            slept.append(tables_of(place))

    with pytest.raises(ProductError) as caught:
        watched(place, sleep)
    assert (caught.value.code, caught.value.exit_code) == ("E_OVERTAKEN", 75)
    assert tables_of(place) == slept[0] == on_disk
    assert faults_of(place) == []


def test_a_lease_is_renewed_told_taken_over_and_given_up(place: ObjectPath, patient: None) -> None:
    with run_lock(place, "nightly", 0) as note:
        write_note(place, note.at("tables"))
        read = read_note(place)
        assert read is not None and (read.stage, read.pid) == ("tables", note.pid)
        time.sleep(2.5)
        assert is_held(place), "renewed"
        with pytest.raises(ProductError) as caught, run_lock(place, "rerun", 0):
            pass
        assert caught.value.code == "E_BUSY" and note.run_id in caught.value.detail
        stolen = json.loads((place / "store" / lease.NAME).read_bytes())
        (place / "store" / lease.NAME).put(as_json({**stolen, "token": "another"}))
        time.sleep(1.0)
        with pytest.raises(ProductError) as caught:
            write_note(place, note)
        assert caught.value.code == "E_OVERTAKEN"
    assert (place / "store" / lease.NAME).is_file(), "that of the other is left alone"
    with run_lock(place, "nightly", 30) as after:
        assert after.run_id != note.run_id, "it had run out, by the clock of the store"
    assert not (place / "store" / lease.NAME).is_file()
    assert read_note(place) is None and not is_held(place)


def test_a_lease_waits_for_another_to_be_given_up(place: ObjectPath, patient: None) -> None:
    held = run_lock(place, "nightly", 0)
    held.__enter__()
    ending = threading.Timer(0.5, held.__exit__, (None, None, None))
    ending.start()
    with run_lock(place, "rerun", 30) as note:
        assert note.kind == "rerun"
    ending.join()


def test_a_lease_that_cannot_be_read_has_run_out(place: ObjectPath) -> None:
    (place / "store" / lease.NAME).put(b"{")
    assert read_note(place) is None
    with run_lock(place, "nightly", 0):
        pass


def test_readers_meet_a_whole_release_at_every_moment(
    released: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def read(stage: str) -> None:
        manifest = manifest_of(released, "standard")
        home = released / "benchmarks" / "standard" / "releases" / manifest["release_id"]
        files = files_of(manifest)
        assert {name: (home / name).digest() for name in files} == files
        seen.append(f"{stage} {manifest['release_id']}")

    first = manifest_of(released, "standard")
    monkeypatch.setattr(publish_objects, "failpoint", read)
    deliver_few(released, *LATER)
    run_nightly(released)
    second = manifest_of(released, "standard")
    assert {line.split()[1] for line in seen} == {first["release_id"], second["release_id"]}
    old = released / "benchmarks" / "standard" / "releases" / first["release_id"]
    assert {name: (old / name).digest() for name in files_of(first)} == files_of(first), (
        "for who reads it yet"
    )
    assert faults_of(released) == []


def test_what_no_snapshot_names_goes_when_it_is_old(
    released: ObjectPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphans = [
        released / "store/tables/x.parquet",
        released / "store/releases/old-1/x",
        released / "quarantine/x.parquet",
    ]
    for orphan in orphans:
        orphan.put(b"x")
    run_nightly(released)
    assert all(orphan.is_file() for orphan in orphans), "another run may be about to name it"
    snapshot = read_snapshot(released)
    assert snapshot is not None
    monkeypatch.setattr(sweep, "KEPT_ORPHANS", -sweep.KEPT_ORPHANS)
    run_nightly(released)
    assert not any(orphan.is_file() for orphan in orphans)
    assert {released / name for name in snapshot.names()} <= {found.path for found in released.listed()}
    assert Store.open(released).damaged() == []


def test_a_store_whose_files_are_gone_is_reported_and_not_replaced(released: ObjectPath) -> None:
    snapshot = read_snapshot(released)
    assert snapshot is not None and snapshot.ledger
    content = (released / snapshot.ledger).read_bytes()
    (released / snapshot.ledger).unlink()
    with pytest.raises(ProductError) as caught:
        run_nightly(released)
    assert caught.value.code == "E_SNAPSHOT"
    (released / snapshot.ledger).put(content)
    (released / "store/snapshot.json").unlink()
    with pytest.raises(ProductError) as caught:
        run_nightly(released)
    assert (caught.value.code, caught.value.detail) == ("E_SNAPSHOT", "snapshot.json is gone")


def test_damaged_tables_are_told_and_restored(released: ObjectPath) -> None:
    tables = tables_of(released)
    folder = released / "benchmarks" / "standard"
    (folder / "payment.parquet").put(b"PAR1 not this")
    (folder / "denials.parquet").unlink()
    (folder / "stray.parquet").put(b"x")
    assert len(faults_of(released)) == 3
    run_nightly(released)
    assert tables_of(released) == tables and faults_of(released) == []


def test_a_condition_that_fails_changes_nothing(place: ObjectPath) -> None:
    path = place / "record.json"
    tag = path.put_if(b"one", None)
    with pytest.raises(Changed):
        path.put_if(b"two", None)
    after = path.put_if(b"two", tag)
    with pytest.raises(Changed):
        path.put_if(b"three", tag)
    assert path.read_tagged() == (b"two", after)
    path.unlink()
    with pytest.raises(Changed):
        path.put_if(b"four", after)
    assert not path.is_file()


def _commits(store: Store) -> Store | str:
    try:
        return store.commit()
    except ProductError as error:
        return error.code


def _age_lease(place: ObjectPath) -> None:
    """The lease of a process that is gone says that it lasts no longer: a minute is long for a test."""
    path = place / "store" / lease.NAME
    path.put(as_json({**json.loads(path.read_bytes()), "seconds": 0}))
    time.sleep(1.1)
