"""Releases for `shared` (contract section 6): periods that are over, each told once and never changed."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from inbound_rows import Row, as_csv, claim, remit
from small_runs import KEY, command, published

from flows.dag import nightly_run
from flows.run import InProcess, open_run
from flows.settings import load_settings
from flows.steps.summary import Summary
from flows.store.publish import read_manifest
from flows.store.snapshot import read_snapshot

pytestmark = pytest.mark.slow
NPIS = ("1000000004", "1000000012", "1000000020", "1000000038", "1000000046", "1000000053")
PATIENTS = range(66)
QUARTER = date(2025, 1, 1)
CELL = {"payer": "aetna", "line_of_business": "commercial", "period_type": "quarter"}
LEFT_OUT = {"open_claims", "freshness", "data_quality", "contract_variance"}


def billed(number: int, **changes: str) -> Row:
    return claim(
        claim_id=f"PCN{number:05d}",
        member_id=f"W{number:09d}",
        billing_provider_npi=NPIS[number % 6],
        rendering_provider_npi=NPIS[number % 6],
        line_control_number=f"LC{number}",
        **changes,
    )


def answered(number: int, **changes: str) -> Row:
    given = {
        "claim_id": f"PCN{number:05d}",
        "payee_npi": NPIS[number % 6],
        "payer_claim_number": f"ICN{number}",
        "line_control_number": f"LC{number}",
        "payment_trace": f"EFT{number}",
    }
    return remit(**{**given, **changes})


def later(number: int, traces: str = "B", dollars: int = 300) -> list[Row]:
    """The payer takes its answer back and pays more."""
    back = answered(
        number,
        claim_status_code="22",
        charge_amount="-845.00",
        paid_amount="-210.00",
        allowed_amount="",
        adjustments="CO-45:-605.00|PR-2:-30.00",
        payment_trace=f"{traces}{number}",
        payment_date="2025-09-01",
    )
    new = answered(
        number,
        paid_amount=f"{dollars}.00",
        allowed_amount=f"{dollars + 30}.00",
        adjustments=f"CO-45:{845 - dollars - 30}.00|PR-2:30.00",
        payment_trace=f"{traces}{number}",
        payment_date="2025-09-01",
    )
    return [back, new]


def night(data: Path, files: dict[str, list[Row]], **changes: Any) -> Summary:
    for name, rows in files.items():
        (data / "landing").mkdir(parents=True, exist_ok=True)
        (data / "landing" / name).write_bytes(as_csv(rows))
    given = {"data": data, "hmac_key": KEY, "settle_seconds": 0.0, **changes}
    with open_run(
        load_settings(**{"audiences": ["internal", "shared"], "publication": False, **given}), "nightly"
    ) as run:
        return nightly_run(run, InProcess())


def first_night() -> dict[str, list[Row]]:
    return {
        "claims.csv": [billed(n) for n in PATIENTS],
        "remits.csv": [answered(n) for n in PATIENTS],
        # a claim of September makes the first quarter of the year old enough, and the second not
        "late.csv": [billed(900, service_date="2025-08-20", submitted_on="2025-09-02")],
    }


def tables(data: Path, audience: str = "shared") -> dict[str, pl.DataFrame]:
    return {path.stem: pl.read_parquet(path) for path in (data / "benchmarks" / audience).glob("*.parquet")}


def rows(data: Path, table: str = "payment", audience: str = "shared", **keys: Any) -> pl.DataFrame:
    frame = pl.read_parquet(data / "benchmarks" / audience / f"{table}.parquet")
    wanted = {**CELL, "procedure_code": "01939", "period_start": QUARTER, **keys}
    return frame.filter(pl.col(name) == value for name, value in wanted.items())


def edition(data: Path) -> dict[str, Any]:
    manifest = read_manifest(data / "benchmarks/shared")
    assert manifest is not None
    return dict(manifest["edition"])


def periods(data: Path) -> set[tuple[str, date]]:
    return set(tables(data)["utilization"].select("period_type", "period_start").iter_rows())


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("shared") / "data"
    assert night(data, first_night()).is_new
    return data


def copy_of(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first, tmp_path / "data"))


def test_quarters_and_years_that_are_over_and_nothing_else(first: Path) -> None:
    assert periods(first) == {("quarter", QUARTER)}
    assert rows(first).height == 1
    assert LEFT_OUT.isdisjoint(tables(first))
    assert {"payer_rules", "release_changes", "denials"} <= set(tables(first))
    assert edition(first) == {"number": 1, "because": "first"}


def test_three_months_to_the_day(tmp_path: Path) -> None:
    files = first_night()
    del files["late.csv"]
    night(tmp_path, files, as_of=date(2025, 6, 29))
    assert periods(tmp_path) == set()
    night(tmp_path, {}, as_of=date(2025, 6, 30))
    assert periods(tmp_path) == {("quarter", QUARTER)}


@pytest.mark.parametrize("changed", [1, 11, 66])
def test_what_comes_later_changes_no_period_that_was_told(first: Path, tmp_path: Path, changed: int) -> None:
    data = copy_of(first, tmp_path)
    before = published(data)
    summary = night(data, {"more.csv": [row for n in range(changed) for row in later(n)]})
    assert summary.releases["internal"].is_new
    assert not summary.releases["shared"].is_new
    allowed = float(rows(data, audience="internal").item(0, "allowed_sum"))
    assert allowed == 66 * 240 + changed * 90
    assert {name: told for name, told in published(data).items() if name.startswith("shared/")} == {
        name: told for name, told in before.items() if name.startswith("shared/")
    }


def test_a_row_that_was_absent_stays_absent(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    many = [billed(200 + n, payer_name="UnitedHealthcare", payer_id="87726") for n in range(60)]
    night(data, {"uhc.csv": many})
    assert rows(data, "utilization", "internal", payer="uhc").height == 1
    assert rows(data, "utilization", payer="uhc").is_empty()
    # a quarter in which only few stood is told, too, and stays as it was
    few = [billed(400 + n, service_date="2024-11-05", submitted_on="2024-11-20") for n in range(5)]
    night(data, {"few.csv": few})
    more = [billed(500 + n, service_date="2024-11-05", submitted_on="2024-11-20") for n in range(60)]
    night(data, {"more.csv": more})
    assert rows(data, "utilization", "internal", period_start=date(2024, 10, 1)).height == 1
    assert rows(data, "utilization", period_start=date(2024, 10, 1)).is_empty()


def test_periods_are_added_as_they_grow_old_enough_beside_those_that_stand(
    first: Path, tmp_path: Path
) -> None:
    data = copy_of(first, tmp_path)
    before = tables(data)
    april = [billed(300 + n, service_date="2025-04-02", submitted_on="2025-04-20") for n in range(60)]
    night(data, {"april.csv": april, "more.csv": [row for n in range(20) for row in later(n)]})
    assert periods(data) == {("quarter", QUARTER)}
    night(data, {}, as_of=date(2025, 9, 30))
    assert periods(data) == {("quarter", QUARTER), ("quarter", date(2025, 4, 1))}
    for name, frame in tables(data).items():
        if "period_start" in frame.columns and name != "release_changes":
            assert frame.filter(period_start=QUARTER).equals(before[name]), name
    assert edition(data)["number"] == 1
    # the year is told when it is over, with what is known by then
    night(data, {}, as_of=date(2026, 3, 31))
    assert ("year", QUARTER) in periods(data)


def test_a_period_without_lines_at_the_time_is_told_when_it_has_some(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    old = [billed(600 + n, service_date="2024-08-05", submitted_on="2024-08-20") for n in range(60)]
    assert night(data, {"old.csv": old}).releases["shared"].is_new
    assert periods(data) == {("quarter", QUARTER), ("quarter", date(2024, 7, 1)), ("year", date(2024, 1, 1))}


def test_other_thresholds_begin_a_new_edition(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    night(data, {"more.csv": [row for n in range(20) for row in later(n)]})
    assert edition(data)["number"] == 1
    night(data, {}, minimum_count=20)
    assert edition(data) == {"number": 2, "because": "schema or thresholds"}
    assert tables(data)["release_changes"].is_empty()
    summary = night(data, {}, minimum_count=20)
    assert not summary.is_new


def test_a_release_that_is_lost_begins_a_new_edition(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    snapshot = read_snapshot(data)
    assert snapshot is not None
    (data / "store/releases" / str(snapshot.release("shared")) / "payment.parquet").unlink()
    night(data, {"more.csv": [row for n in range(20) for row in later(n)]})
    assert edition(data) == {"number": 2, "because": "the last release was lost"}


def test_nights_without_it_do_not_make_it_forget(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    before = tables(data)
    for number in range(3):
        night(data, {f"b{number}.csv": later(number)}, audiences=["internal"], keep_releases=1)
    summary = night(data, {"c.csv": later(3)}, keep_releases=1)
    assert not summary.releases["shared"].is_new
    assert all(frame.equals(before[name]) for name, frame in tables(data).items())


def test_the_manifest_tells_what_share_is_published(first: Path, tmp_path: Path) -> None:
    manifest = read_manifest(first / "benchmarks/shared")
    assert manifest is not None
    assert manifest["published"]["utilization"] == {"quarter": {"rows": 100, "lines": 100}}
    data = copy_of(first, tmp_path)
    few = [billed(400 + n, service_date="2024-11-05", submitted_on="2024-11-20") for n in range(5)]
    many = [billed(600 + n, service_date="2024-08-05", submitted_on="2024-08-20") for n in range(60)]
    night(data, {"few.csv": few, "many.csv": many})
    manifest = read_manifest(data / "benchmarks/shared")
    assert manifest is not None
    # 66, 60 and 5 lines in three quarters, four rows (with roll-ups) each
    assert manifest["published"]["utilization"]["quarter"] == {"rows": 66, "lines": 96}
    assert manifest["published"]["utilization"]["year"] == {"rows": 100, "lines": 100}


@pytest.mark.parametrize(("providers", "shown"), [(3, False), (4, False), (5, True)])
def test_prices_need_five_providers(tmp_path: Path, providers: int, shown: bool) -> None:
    files = first_night()
    for part, column in ((files["claims.csv"], "billing_provider_npi"), (files["remits.csv"], "payee_npi")):
        for n, row in enumerate(part):
            row[column] = NPIS[n % providers]
    night(tmp_path, files)
    assert (rows(tmp_path).item(0, "allowed_p50") is not None) is shown


def test_no_provider_has_more_than_a_quarter(tmp_path: Path) -> None:
    files = first_night()
    for part, column in ((files["claims.csv"], "billing_provider_npi"), (files["remits.csv"], "payee_npi")):
        for n, row in enumerate(part):
            # 17 of 66 lines are 25.8 %
            row[column] = NPIS[0] if n < 17 else NPIS[1 + n % 5]
    night(tmp_path, files)
    assert rows(tmp_path).item(0, "allowed_p50") is None


def test_the_command_with_the_setting(tmp_path: Path) -> None:
    for name, part in first_night().items():
        path = tmp_path / "landing" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(as_csv(part))
    done = command(tmp_path, "run", "--plain", CPT01939_AUDIENCES="shared")
    assert done.returncode == 0, done.stderr
    assert rows(tmp_path).height == 1
    metadata = pl.read_parquet_metadata(tmp_path / "benchmarks/shared/payment.parquet")
    assert metadata["audience"] == "shared"
    verified = command(tmp_path, "verify", "--audience", "shared", "--json")
    assert verified.returncode == 0, verified.stderr
    assert json.loads(verified.stdout)["audiences"]["shared"]["faults"] == []
