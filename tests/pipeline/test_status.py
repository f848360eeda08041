"""`status` tells an operator what waits and why, what was refused by which rules, and what it cannot know."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from inbound_rows import as_csv, claim, remit
from small_runs import KEY, OTHER_KEY, run_nightly, settings_for

from flows.clock import clock_doubt
from flows.commands.status import lines_of, status
from flows.settings import Settings
from flows.state import freshness_of_sources, state_of
from flows.store.snapshot import Built, Snapshot, Store

BAD = 12
"""More bad rows than a small file may have."""


def claims(count: int, start: int = 0, **changes: str) -> list[dict[str, str]]:
    return [claim(claim_id=f"PCN{start + n}", member_id=f"W{start + n}", **changes) for n in range(count)]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night with a good file that has a bad row, and one that is refused; then three more have come."""
    folder = tmp_path_factory.mktemp("status")
    landing = folder / "landing"
    landing.mkdir()
    bad_row = claim(claim_id="BAD", charge_amount="much")
    (landing / "good.csv").write_bytes(as_csv([*claims(30), bad_row]))
    (landing / "refused.csv").write_bytes(as_csv(claims(BAD, start=50, charge_amount="much")))
    run_nightly(folder)
    (landing / "new.csv").write_bytes(as_csv([remit()]))
    (landing / "coming.csv.part").write_bytes(b"half of it")
    (landing / ".hidden").write_bytes(b"")
    return folder


def people(state: dict[str, Any]) -> str:
    return "\n".join(lines_of(state, {}))


def test_what_waits_is_told_with_the_reason(data: Path) -> None:
    """CONTRACT 2: files waiting. CONTRACT 3: a file is growing when its name ends in .part or .tmp."""
    state = state_of(settings_for(data))
    assert (state["new"], state["waiting"], state["landing"]["ignored"]) == (1, 1, 1)
    assert [row["why"] for row in state["landing"]["files"]] == ["new", "unfinished"]
    told = people(state)
    assert "1 new in landing/, 1 still growing or unfinished; 1 hidden, links or devices" in told
    assert "new: the next run takes it in" in told
    assert "unfinished, as its name says (.part, .tmp" in told


def test_what_was_refused_is_told_with_rules_columns_and_what_to_do(data: Path) -> None:
    """CONTRACT 3: rejected for more bad rows than the ceiling, and then by which rules and columns."""
    state = state_of(settings_for(data))
    (refused,) = state["rejected"]
    assert (refused["rule"], refused["in_landing"], refused["is_tried_again"]) == (
        "file_bad_rows",
        True,
        False,
    )
    assert refused["rules"] == [{"rule": "bad_number", "column": "charge_amount", "rows": BAD}]
    (quarantined,) = state["quarantine"]
    assert (quarantined["rows"], state["quarantined"]) == (1, 1)
    assert quarantined["rules"] == [{"rule": "bad_number", "column": "charge_amount", "rows": 1}]
    told = people(state)
    assert f"rejected: file_bad_rows:{BAD} of {BAD}: bad_number charge_amount {BAD}" in told
    assert "file_bad_rows: The share of bad rows is larger than the setting file_ceiling allows." in told
    assert "1 rows: bad_number charge_amount 1" in told


def test_what_a_changed_limit_lets_in_is_told_before_the_run(data: Path) -> None:
    """CONTRACT 3: a rejected file, and quarantined rows, are tried again when what stopped them changes."""
    state = state_of(settings_for(data, file_ceiling=0.9))
    assert state["landing"]["again"] == 2
    assert state["rejected"][0]["is_tried_again"] is True
    assert "2 to be tried again" in people(state)
    assert "to be tried again: a layout, a limit or a rule has changed" in people(state)


@pytest.mark.parametrize(
    ("key", "code"), [(None, "E_KEY_MISSING"), ("short", "E_KEY_SHORT"), (OTHER_KEY, "E_KEY_OTHER")]
)
def test_without_the_key_what_waits_is_unknown_and_not_nothing(
    data: Path, key: str | None, code: str
) -> None:
    state = state_of(settings_for(data, hmac_key=key))
    assert state["landing"]["unknown"] == code
    assert [state["new"], state["waiting"], state["landing"]["again"]] == [None, None, None]
    assert state["rejected"][0]["in_landing"] is None
    assert state["files"] == {"accepted": 1, "rejected": 1}, "the ledger is read without a key"
    told = people(state)
    assert f"what waits in landing/ is unknown ({code})" in told
    assert "0 new" not in told


def test_a_folder_that_is_not_there_is_told_apart_from_an_empty_one(tmp_path: Path) -> None:
    assert "there is no folder landing/" in people(state_of(settings_for(tmp_path)))
    (tmp_path / "landing").mkdir()
    assert "0 new in landing/" in people(state_of(settings_for(tmp_path)))


def test_a_landing_folder_that_cannot_be_read_is_unknown(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(landing: Path, settings: Settings) -> None:
        raise PermissionError(13, "no", "SMITH")

    monkeypatch.setattr("flows.waiting.discover", refused)
    state = state_of(settings_for(data))
    assert (state["landing"]["unknown"], state["new"]) == ("E_PERMISSION", None)
    assert "SMITH" not in people(state)


def test_json_tells_the_same_as_one_object(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from flows.commands.console import Common

    monkeypatch.setenv("CPT01939_HMAC_KEY", KEY)
    monkeypatch.setenv("CPT01939_SETTLE_SECONDS", "0")
    assert status(common=Common(data=data, json=True)) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["new"], told["landing"]["unknown"], told["rejected"][0]["rule"]) == (
        1,
        None,
        "file_bad_rows",
    )


FRESHNESS = {
    "source": "remit_lines",
    "payer": "aetna",
    "last_service_date": date(2025, 3, 4),
    "last_submitted_on": None,
    "last_payment_date": date(2025, 4, 2),
    "files": 9,
    "usual_days_between": 7.0,
    "days_since": 0,
    "is_late": False,
}


@pytest.mark.parametrize(
    ("today", "overdue", "is_overdue"),
    [("2025-04-09", 0, False), ("2025-04-11", 2, False), ("2025-04-12", 3, True)],
)
def test_a_missing_remittance_is_noticed_days_after_it_was_to_come(
    tmp_path: Path, today: str, overdue: int, is_overdue: bool
) -> None:
    """A weekly payer paid on April 2 last: the next file is to be expected on April 9."""
    store = Store(tmp_path, Snapshot(key_id=""))
    (tmp_path / "freshness.parquet").parent.mkdir(exist_ok=True)
    pl.DataFrame([FRESHNESS]).write_parquet(tmp_path / "freshness.parquet")
    name = store.adopt(tmp_path / "freshness.parquet", "store/tables", "freshness")
    store = store.with_snapshot(built=Built({"freshness": name}, {}, "2025-04-02"))
    (row,) = freshness_of_sources(store, date.fromisoformat(today))
    assert (row["expected_on"], row["overdue_days"], row["is_overdue"]) == ("2025-04-09", overdue, is_overdue)


def test_a_clock_behind_the_last_release_or_the_files_is_told(data: Path) -> None:
    assert clock_doubt(data, "2025-04-02", date.today()) is None
    assert "lies after this machine's date" in (clock_doubt(data, "2025-04-02", date(2025, 4, 1)) or "")
    manifest = data / "benchmarks" / "internal" / "manifest.json"
    told = json.loads(manifest.read_text())
    later = datetime.fromisoformat(told["published_at"]) + timedelta(days=2)
    manifest.write_text(json.dumps({**told, "published_at": later.isoformat()}))
    try:
        assert "W_CLOCK: the last release was published later" in people(state_of(settings_for(data)))
    finally:
        manifest.write_text(json.dumps(told))


def test_a_run_tells_that_the_clock_is_behind_its_last_release(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run goes on all the same: no clock reaches a table (contract 4)."""
    from flows.run import open_run
    from flows.telling import Lines

    monkeypatch.setattr("flows.run.is_behind_release", lambda folder: True)
    with open_run(settings_for(data), "nightly", Lines()) as run:
        assert run.store.snapshot.as_of
    assert "W_CLOCK: the last release was published later" in capsys.readouterr().err
    logs = "".join(path.read_text() for path in (data / "logs").glob("*.jsonl"))
    assert '"code": "W_CLOCK"' in logs


def test_bad_rows_stand_under_the_name_of_the_file_that_was_taken_in(tmp_path: Path) -> None:
    """A copy under another name in the same batch is a duplicate: it lends its name to nothing."""
    landing = tmp_path / "landing"
    landing.mkdir()
    rows = as_csv([*claims(30), claim(claim_id="BAD", charge_amount="much")])
    for name in ("first.csv", "second.csv"):
        (landing / name).write_bytes(rows)
    run_nightly(tmp_path)
    (told,) = state_of(settings_for(tmp_path))["quarantine"]
    assert told["rows"] == 1
    assert [(rule["rule"], rule["column"]) for rule in told["rules"]] == [("bad_number", "charge_amount")]
