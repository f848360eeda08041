"""Releases for `shared`: what few patients changed is carried forward; young months are left out."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from inbound_rows import Row, as_csv, claim, remit
from small_runs import KEY, command, published

from flows.pipeline import nightly_run
from flows.run import InProcess, open_run
from flows.settings import load_settings
from flows.steps.summary import Summary
from flows.store.snapshot import read_snapshot

pytestmark = pytest.mark.slow
NPIS = ("1000000004", "1000000012", "1000000020", "1000000038", "1000000046", "1000000053")
PATIENTS = range(66)
MARCH, APRIL = date(2025, 3, 1), date(2025, 4, 1)
CELL = {"payer": "aetna", "line_of_business": "commercial", "period_type": "month"}


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
    given = {"data": data, "hmac_key": KEY, "settle_seconds": 0.0, "audience": "shared", **changes}
    with open_run(load_settings(**given), "nightly") as run:
        return nightly_run(run, InProcess())


def first_night() -> dict[str, list[Row]]:
    return {
        "claims.csv": [billed(n) for n in PATIENTS],
        "remits.csv": [answered(n) for n in PATIENTS],
        # a claim of September makes the months up to May old enough
        "late.csv": [billed(900, service_date="2025-08-20", submitted_on="2025-09-02")],
    }


def cell(data: Path, table: str = "payment", **keys: Any) -> dict[str, Any]:
    frame = pl.read_parquet(data / "benchmarks" / f"{table}.parquet")
    wanted = {**CELL, "procedure_code": "01939", "period_start": MARCH, **keys}
    found = frame.filter(pl.col(name) == value for name, value in wanted.items())
    assert found.height == 1, found
    return found.row(0, named=True)


def allowed(data: Path, **keys: Any) -> float | None:
    value = cell(data, **keys)["allowed_sum"]
    return None if value is None else float(value)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("shared") / "data"
    assert night(data, first_night()).is_new
    return data


def copy_of(first: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(first, tmp_path / "data"))


def test_the_first_release_shows_what_the_thresholds_allow(first: Path) -> None:
    assert allowed(first) == 66 * 240
    snapshot = read_snapshot(first)
    assert snapshot is not None
    assert list(snapshot.bases) == [snapshot.release]


@pytest.mark.parametrize(("changed", "new"), [(1, False), (10, False), (11, True)])
def test_a_cell_changes_with_eleven_patients_or_not_at_all(
    first: Path, tmp_path: Path, changed: int, new: bool
) -> None:
    data = copy_of(first, tmp_path)
    before = {table: cell(data, table) for table in ("payment", "utilization", "timeliness", "denials")}
    night(data, {"more.csv": [row for n in range(changed) for row in later(n)]})
    told = {table: cell(data, table) for table in before}
    if new:
        assert allowed(data) == 66 * 240 + changed * 90
        assert (
            allowed(
                data, payer="all", line_of_business="all", period_type="year", period_start=date(2025, 1, 1)
            )
            == 66 * 240 + changed * 90
        )
    else:
        for table, row in told.items():
            assert row == before[table], table
        assert (
            allowed(
                data, payer="all", line_of_business="all", period_type="year", period_start=date(2025, 1, 1)
            )
            == 66 * 240
        )


def test_changes_of_two_nights_count_together_and_against_what_is_shown(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    night(data, {"b.csv": [row for n in range(6) for row in later(n)]})
    assert allowed(data) == 66 * 240
    # nothing happens in the cell: what is held back stays held back
    night(data, {"other.csv": [billed(901, service_date="2025-08-21", submitted_on="2025-09-03")]})
    assert allowed(data) == 66 * 240
    night(data, {"c.csv": [row for n in range(6, 10) for row in later(n, "C")]})
    assert allowed(data) == 66 * 240
    night(data, {"d.csv": [row for n in range(10, 12) for row in later(n, "D")]})
    assert allowed(data) == 66 * 240 + 12 * 90
    snapshot = read_snapshot(data)
    assert snapshot is not None
    assert len(snapshot.bases) <= 3


def test_replacements_of_one_night_and_answers_of_another_count_together(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    night(
        data,
        {
            "b.csv": [
                billed(
                    n,
                    claim_frequency_code="7",
                    charge_amount="846.00",
                    submitted_on="2025-09-02",
                    original_claim_number=f"ICN{n}",
                )
                for n in range(8)
            ]
        },
    )
    held = cell(data, "utilization")
    assert float(held["charge_sum"]) == 66 * 845
    night(data, {"c.csv": [row for n in range(20, 23) for row in later(n)]})
    # eight and three patients: together eleven of utilization
    assert float(cell(data, "utilization")["charge_sum"]) == 66 * 845 + 8


def test_a_cell_of_few_new_patients_does_not_appear(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    few = [billed(200 + n, service_date="2025-04-02", submitted_on="2025-04-20") for n in range(10)]
    night(data, {"april.csv": few})
    rows = pl.read_parquet(data / "benchmarks/utilization.parquet")
    assert rows.filter(period_type="month", period_start=APRIL).is_empty()
    more = [billed(300 + n, service_date="2025-04-02", submitted_on="2025-04-20") for n in range(5)]
    night(data, {"more.csv": more})
    assert cell(data, "utilization", period_start=APRIL)["patients"] == 15


def test_young_months_are_absent(tmp_path: Path) -> None:
    data = tmp_path / "data"
    files = first_night()
    del files["late.csv"]
    files["may.csv"] = [
        billed(400 + n, service_date="2025-05-05", submitted_on="2025-05-20") for n in range(30)
    ]
    night(data, files, as_of=date(2025, 6, 29))
    # March ended three months before the 30th of June; on the 29th it is a day too young
    for table in ("utilization", "data_quality"):
        months = pl.read_parquet(data / f"benchmarks/{table}.parquet").filter(period_type="month")[
            "period_start"
        ]
        assert MARCH not in months.to_list(), table
    night(data, {}, as_of=date(2025, 6, 30))
    assert cell(data, "utilization")["patients"] == 66
    months = pl.read_parquet(data / "benchmarks/utilization.parquet")["period_start"]
    assert date(2025, 5, 1) not in months.to_list()


@pytest.mark.parametrize(
    ("providers", "dollars", "shown"),
    [(4, 240, False), (5, 240, True), (3, 240, False)],
)
def test_prices_need_five_providers(tmp_path: Path, providers: int, dollars: int, shown: bool) -> None:
    files = first_night()
    for rows, column in ((files["claims.csv"], "billing_provider_npi"), (files["remits.csv"], "payee_npi")):
        for n, row in enumerate(rows):
            row[column] = NPIS[n % providers]
    night(tmp_path, files)
    assert (allowed(tmp_path) is not None) is shown


def test_no_provider_has_more_than_a_quarter(tmp_path: Path) -> None:
    files = first_night()
    for rows, column in ((files["claims.csv"], "billing_provider_npi"), (files["remits.csv"], "payee_npi")):
        for n, row in enumerate(rows):
            # 17 of 66 lines are 25.8 %
            row[column] = NPIS[0] if n < 17 else NPIS[1 + n % 5]
    night(tmp_path, files)
    assert cell(tmp_path)["suppression_reason"] == "dominant_provider"
    assert allowed(tmp_path) is None


def test_a_standard_release_between_does_not_make_it_forget(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    files = {"b.csv": [row for n in range(5) for row in later(n)]}
    night(data, files, audiences=["standard"], complementary=False)
    assert allowed(data) == 66 * 240 + 5 * 90
    night(data, {"c.csv": [billed(902, service_date="2025-08-21", submitted_on="2025-09-03")]})
    assert allowed(data) == 66 * 240


def test_the_last_release_for_shared_is_kept_however_many_follow(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    for number in range(3):
        files = {f"b{number}.csv": later(number)}
        night(data, files, audiences=["internal"], keep_releases=1)
    night(data, {"c.csv": later(3)}, keep_releases=1)
    assert allowed(data) == 66 * 240


def test_a_release_made_from_nothing_is_a_first_release(first: Path, tmp_path: Path) -> None:
    data = copy_of(first, tmp_path)
    more = {"b.csv": [row for n in range(5) for row in later(n)]}
    night(data, more)
    anew = tmp_path / "anew"
    night(anew, {**first_night(), **more})
    assert allowed(anew) == 66 * 240 + 5 * 90
    again = tmp_path / "again"
    night(again, first_night())
    night(again, more)
    assert published(again) == published(data)


def test_the_command_with_the_setting(tmp_path: Path) -> None:
    for name, rows in first_night().items():
        path = tmp_path / "landing" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(as_csv(rows))
    done = command(tmp_path, "run", "--plain", CPT01939_AUDIENCE="shared")
    assert done.returncode == 0, done.stderr
    assert allowed(tmp_path) == 66 * 240
    metadata = pl.read_parquet_metadata(tmp_path / "benchmarks/payment.parquet")
    assert metadata["audience"] == "shared"
