"""What was refused says why, and is tried again when what refused it changes; as-of follows rows in force."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from inbound_rows import as_csv, claim, remit, take_in
from small_runs import run_nightly, settings_for

from flows.settings import shipped
from flows.state import state_of
from flows.store.known import read_ledger
from flows.store.snapshot import Store

pytestmark = pytest.mark.slow

MANY = 12
"""More bad rows than a file may have."""


def landing(data: Path, **files: bytes) -> None:
    (data / "landing").mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (data / "landing" / f"{name}.csv").write_bytes(content)


def claims(count: int, start: int = 0, **changes: str) -> list[dict[str, str]]:
    return [claim(claim_id=f"PCN{start + n}", member_id=f"W{start + n}", **changes) for n in range(count)]


def ledger(data: Path) -> pl.DataFrame:
    return read_ledger(Store.open(data))


def test_a_rejected_file_says_which_rules_and_columns_with_counts(tmp_path: Path) -> None:
    """CONTRACT 3: rejected for more bad rows than the ceiling, and then by which rules and columns."""
    rows = [*claims(MANY, charge_amount="much"), *claims(3, start=50, unit_basis="MIN")]
    landing(tmp_path, bad=as_csv(rows))
    summary = run_nightly(tmp_path)
    (rejected,) = summary.rejected
    assert rejected[1] == (
        f"file_bad_rows:15 of 15: bad_number charge_amount {MANY}, unknown_code unit_basis 3"
    )
    assert summary.exit_code == 3
    assert state_of(settings_for(tmp_path))["rejected"][0]["code"] == rejected[1]
    kept_apart = pl.concat([pl.read_parquet(path) for path in (tmp_path / "quarantine").glob("*.parquet")])
    assert kept_apart.group_by("rule_code", "column").len().sort("len").rows() == [
        ("unknown_code", "unit_basis", 3),
        ("bad_number", "charge_amount", MANY),
    ]


def test_many_rules_are_told_by_the_most_frequent(tmp_path: Path) -> None:
    columns = [
        "claim_id", "line_number", "submitted_on", "claim_frequency_code", "patient_birth_date",
        "billing_provider_npi", "place_of_service", "charge_amount", "unit_basis", "unit_count",
    ]  # fmt: skip
    rows = [*claims(MANY, charge_amount=""), *(claim(**{column: ""}) for column in columns)]
    found = take_in(tmp_path, {"bad.csv": as_csv(rows)})
    assert found.only["reason"].startswith(
        f"file_bad_rows:22 of 22: required_missing charge_amount {MANY + 1}, "
    )
    assert found.only["reason"].endswith(" and 2 more")


def test_a_rejected_file_is_tried_again_when_the_limit_changes(tmp_path: Path) -> None:
    landing(tmp_path, some=as_csv([*claims(MANY, charge_amount="much"), *claims(20, start=50)]))
    assert run_nightly(tmp_path).files == {"rejected": 1}
    assert run_nightly(tmp_path).files == {}
    summary = run_nightly(tmp_path, file_ceiling=0.9)
    assert (summary.files, summary.rows["accepted"], summary.rows["quarantined"]) == (
        {"accepted": 1},
        20,
        MANY,
    )
    assert ledger(tmp_path)["outcome"].to_list() == ["accepted"]
    assert run_nightly(tmp_path, file_ceiling=0.9).files == {}


def test_quarantined_rows_are_tried_again_when_the_rules_that_stopped_them_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing(
        tmp_path,
        good=as_csv(claims(3, start=90)),
        bad=as_csv([*claims(2), claim(claim_id="BAD", charge_amount="1 845")]),
    )
    assert run_nightly(tmp_path).rows["quarantined"] == 1
    monkeypatch.setattr("flows.steps.discover.stopping_rules", lambda settings: "other rules")
    monkeypatch.setattr("flows.steps.batch_report.stopping_rules", lambda settings: "other rules")
    summary = run_nightly(tmp_path)
    assert (summary.files, summary.rows["rows_read"]) == ({"accepted": 1}, 3)
    assert run_nightly(tmp_path).files == {}
    assert sorted(ledger(tmp_path)["outcome"]) == ["accepted", "accepted"]


def test_a_layout_that_comes_later_lets_in_what_waited_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    renamed = as_csv(claims(2)).replace(b"claim_id,", b"Visit,", 1)
    landing(tmp_path, theirs=renamed)
    (reason,) = [reason for _, reason in run_nightly(tmp_path).rejected]
    assert reason == "file_column_missing:claim_id"
    folder = tmp_path / "config"
    shutil.copytree(shipped("config"), folder)
    columns = "\n".join(f'{name} = "{"Visit" if name == "claim_id" else name}"' for name in claim())
    (folder / "layouts" / "theirs.toml").write_text(f'kind = "claim_lines"\n[columns]\n{columns}\n')
    monkeypatch.setenv("CPT01939_CONFIG", str(folder))
    assert state_of(settings_for(tmp_path))["rejected"][0]["is_tried_again"] is True
    assert run_nightly(tmp_path).rows["accepted"] == 2
    assert state_of(settings_for(tmp_path))["rejected"] == []


def test_a_copy_under_another_name_is_what_is_tried_again_when_the_first_is_gone(tmp_path: Path) -> None:
    content = as_csv([*claims(MANY, charge_amount="much"), *claims(20, start=50)])
    landing(tmp_path, first=content)
    run_nightly(tmp_path)
    landing(tmp_path, second=content)
    assert run_nightly(tmp_path).files == {"duplicate": 1}
    (tmp_path / "landing" / "first.csv").unlink()
    assert run_nightly(tmp_path, file_ceiling=0.9).files == {"accepted": 1}
    assert run_nightly(tmp_path, file_ceiling=0.9).files == {}


def test_the_same_content_in_two_batches_with_a_bad_row_counts_once(tmp_path: Path) -> None:
    """CONTRACT 3, conservation: rows read = out of scope + accepted + quarantined, of one of the copies."""
    content = as_csv([*claims(3), claim(claim_id="BAD", charge_amount="much")])
    landing(tmp_path, first=content, second=content)
    summary = run_nightly(tmp_path, batch_files=1)
    assert dict(summary.files) == {"accepted": 1, "duplicate": 1}
    assert (summary.rows["accepted"], summary.rows["quarantined"], summary.codes) == (3, 1, {"bad_number": 1})


def test_as_of_is_not_held_by_what_was_superseded(tmp_path: Path) -> None:
    """CONTRACT 4: the latest submission or payment date of accepted in-scope rows in force."""
    landing(tmp_path, mine=as_csv(claims(2, submitted_on="2025-12-31")), other=as_csv(claims(2, start=9)))
    assert run_nightly(tmp_path, on_same_name="supersede").as_of == "2025-12-31"
    landing(tmp_path, mine=as_csv(claims(2, submitted_on="2025-03-20")))
    assert run_nightly(tmp_path, on_same_name="supersede").as_of == "2025-03-20"


def test_as_of_follows_rows_in_scope_only(tmp_path: Path) -> None:
    replaced = claim(
        claim_id="OUT", claim_frequency_code="7", procedure_code="99213", submitted_on="2025-11-30"
    )
    landing(tmp_path, mine=as_csv([*claims(2), replaced]), paid=as_csv([remit(payment_date="2025-04-05")]))
    assert run_nightly(tmp_path).as_of == "2025-04-05"


def test_an_as_of_after_the_machines_date_is_told(tmp_path: Path) -> None:
    landing(tmp_path, mine=as_csv(claims(2, submitted_on=f"{date.today().year + 2}-01-31")))
    summary = run_nightly(tmp_path)
    assert summary.as_of_in_future
    assert "W_CLOCK: the as-of date is later than this machine's date" in summary.text()
    assert "later than this machine's date" in summary.text()
    assert not run_nightly(tmp_path, as_of=date(2025, 4, 1)).as_of_in_future
