"""Tables kept from run to run: what is published is what building everything anew gives, whatever became of
them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from inbound_rows import Row, as_csv, claim, remit
from small_runs import deliver, published, run_nightly, run_rerun, tree

from flows.steps import build_tables as built_tables
from flows.store.snapshot import read_snapshot
from transforms.tables.periods import Period, first_day

pytestmark = [pytest.mark.slow, pytest.mark.long]
NIGHTS = [("claims/claims_0.csv", "remits/remits_0.csv"), ("claims/claims_1.csv",), ("remits/remits_1.csv",)]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[Period]]:
    """The periods that each run built, run by run."""
    told: list[frozenset[Period]] = []
    real = built_tables.build_cells

    def listening(*given: Any, **more: Any) -> built_tables.Tables:
        if len(given) > 4:
            told.append(given[4])
        return real(*given, **more)

    monkeypatch.setattr(built_tables, "build_cells", listening)
    return told


def forget(data: Path) -> None:
    """Remove the kept tables: the next run builds everything anew."""
    shutil.rmtree(data / "store/tables", ignore_errors=True)


def store_of(data: Path) -> dict[str, str]:
    return {**tree(data / "store"), "run.lock": ""}


def both(data: Path, run: Callable[[Path], Any]) -> None:
    """Perform a run on a folder, and on a copy that has no kept tables: they come to the same bytes."""
    anew = data.with_name("anew")
    shutil.rmtree(anew, ignore_errors=True)
    shutil.copytree(data, anew)
    forget(anew)
    run(data)
    run(anew)
    assert published(data) == published(anew)
    assert store_of(data) == store_of(anew)


def claims_file(data: Path, name: str, rows: list[Row]) -> None:
    (data / "landing").mkdir(parents=True, exist_ok=True)
    (data / "landing" / name).write_bytes(as_csv(rows))


def billed(number: int, day: str, **changes: str) -> Row:
    given = {"claim_id": f"PCN{number}", "member_id": f"W{number}", "service_date": day}
    return claim(**{**given, "submitted_on": "2025-03-10", **changes})


@pytest.mark.parametrize("audience", ["internal", "shared"])
def test_nights_that_follow_each_other_come_to_what_building_anew_gives(
    tmp_path: Path, audience: str, built: list[frozenset[Period]]
) -> None:
    data = tmp_path / "data"
    for files in NIGHTS:
        deliver(data, *files)
        both(data, lambda folder: run_nightly(folder, audiences=[audience]))
    # the third night answers claims of both years, and with them every period may move
    assert 0 < len(built[4]) <= len(built[5])
    both(data, lambda folder: run_nightly(folder, audiences=[audience], mature_days=60))
    assert built[6] == built[7]


def test_an_as_of_date_that_moves_on_and_back(tmp_path: Path, built: list[frozenset[Period]]) -> None:
    data = tmp_path / "data"
    deliver(data, *NIGHTS[0])
    run_nightly(data, audiences=["internal"])
    built.clear()
    for day in (date(2026, 6, 30), date(2026, 7, 31), date(2030, 1, 1), date(2030, 6, 1), date(2025, 6, 30)):
        both(data, lambda folder, day=day: run_nightly(folder, audiences=["internal"], as_of=day))  # type: ignore[misc]
    # by 2030 everything has long been mature, and nothing waits in an age band that ends
    assert built[6] == frozenset()
    assert built[8] == built[9]


def test_a_rerun_builds_the_periods_of_its_year(tmp_path: Path, built: list[frozenset[Period]]) -> None:
    days = [f"{year}-{month:02}-11" for year in (2023, 2024) for month in (2, 5, 6, 11)]
    claims_file(tmp_path, "claims.csv", [billed(number, day) for number, day in enumerate(days)])
    run_nightly(tmp_path, audiences=["internal"], as_of=date(2025, 6, 30))
    given = {"claim_id": "PCN1", "service_date": "2023-05-11", "line_control_number": "LC1"}
    claims_file(tmp_path, "remits.csv", [remit(**given)])
    both(tmp_path, lambda folder: run_nightly(folder, audiences=["internal"], as_of=date(2025, 6, 30)))
    # a payer's own median price is of a year, so that all periods with a month in it may move
    assert {(kind, first_day(start)) for kind, start in built[1]} == {
        *(("month", date(2023, month, 1)) for month in (2, 5, 6, 11)),
        *(("quarter", date(2023, month, 1)) for month in (1, 4, 10)),
        ("year", date(2023, 1, 1)),
        ("rolling_12", date(2023, 12, 1)),
    }
    assert not run_rerun(tmp_path, "aetna", "2023-05", audiences=["internal"], as_of=date(2025, 6, 30)).is_new
    assert len(built) == 3


def test_a_line_that_moves_to_another_year_and_a_year_that_goes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    claims_file(data, "a.csv", [billed(number, "2024-12-30") for number in range(12)])
    claims_file(data, "b.csv", [billed(99, "2023-07-01"), billed(98, "2022-05-05")])

    def night(folder: Path) -> None:
        run_nightly(folder, audiences=["internal"], on_same_name="supersede")

    both(data, night)
    moved = billed(3, "2025-01-02", claim_frequency_code="7", submitted_on="2025-03-11")
    claims_file(data, "c.csv", [moved])
    both(data, night)
    lines = {row["period_start"]: row["service_lines"] for row in years(data).iter_rows(named=True)}
    assert (lines[date(2024, 1, 1)], lines[date(2025, 1, 1)]) == (11, 1)
    claims_file(data, "b.csv", [billed(99, "2023-07-01")])
    both(data, night)
    assert date(2022, 1, 1) not in years(data)["period_start"].to_list()


def years(data: Path) -> pl.DataFrame:
    frame = pl.read_parquet(data / "benchmarks/internal/utilization.parquet")
    return frame.filter(period_type="year", payer="all", line_of_business="all")


@pytest.mark.parametrize("harm", ["missing", "flipped", "empty", "exchanged"])
def test_kept_tables_that_are_not_what_they_were_are_built_anew(
    tmp_path: Path, harm: str, built: list[frozenset[Period]]
) -> None:
    data, well = tmp_path / "data", tmp_path / "well"
    deliver(data, *NIGHTS[0])
    run_nightly(data, audiences=["internal"])
    claims_file(data, "late.csv", [billed(1, "2025-03-04")])
    shutil.copytree(data, well)
    run_nightly(well, audiences=["internal"])
    snapshot = read_snapshot(data)
    assert snapshot is not None
    assert snapshot.built is not None
    file, other = (data / snapshot.built.files[f"{name}/2024"] for name in ("payment", "utilization"))
    content = file.read_bytes()
    if harm == "missing":
        file.unlink()
    elif harm == "exchanged":
        file.write_bytes(other.read_bytes())
    else:
        file.write_bytes(b"" if harm == "empty" else bytes([content[0] ^ 1]) + content[1:])
    run_nightly(data, audiences=["internal"])
    assert published(data) == published(well)
    assert store_of(data) == store_of(well)
    assert len(built[-1]) > len(built[-2])


def test_a_run_that_changes_nothing_does_without_kept_tables(tmp_path: Path) -> None:
    deliver(tmp_path, *NIGHTS[0])
    run_nightly(tmp_path, audiences=["internal"])
    before = published(tmp_path)
    forget(tmp_path)
    assert not run_nightly(tmp_path, audiences=["internal"]).is_new
    assert not run_rerun(tmp_path, *partition(tmp_path), audiences=["internal"]).is_new
    assert published(tmp_path) == before


def partition(data: Path) -> tuple[str, str]:
    snapshot = read_snapshot(data)
    assert snapshot is not None
    payer, month = sorted(snapshot.partitions)[0].split("/")
    return payer, month


def test_kept_tables_are_private_and_swept(tmp_path: Path) -> None:
    for files in NIGHTS[:2]:
        deliver(tmp_path, *files)
        run_nightly(tmp_path, audiences=["internal"])
    snapshot = read_snapshot(tmp_path)
    assert snapshot is not None
    assert snapshot.built is not None
    kept = {path.relative_to(tmp_path).as_posix() for path in (tmp_path / "store/tables").iterdir()}
    assert kept == set(snapshot.built.files.values())
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "store/tables").iterdir()} == {0o600}
