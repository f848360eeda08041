"""Conservation: a row lost or counted twice stops the run before anything is committed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import flows.store.conservation
from flows.errors import ProductError
from flows.store.conservation import check_files, check_money, check_partitions
from flows.store.ledger import ledger_rows
from flows.store.snapshot import BatchFiles, PartitionFiles, Snapshot, Store
from schemas.accepted import ACCEPTED_CLAIM_LINE, ACCEPTED_REMIT_LINE
from schemas.columns import Column, polars_schema
from schemas.resolved import RESOLVED_LINE, RESOLVED_REMIT


def write(path: Path, columns: tuple[Column, ...], rows: list[dict[str, Any]]) -> str:
    """Rows of a layer with only the columns that a test names."""
    schema = polars_schema(columns)
    pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema).write_parquet(
        path
    )
    return path.name


def store_with(tmp_path: Path, standings: list[str], accepted: int = 4, outcomes: int = 2) -> Store:
    """Accepted: some claim lines and one header; two remit lines. Resolved: as the test says."""
    lines = [{"file_key": "a", "row_number": number, "in_scope": True} for number in range(accepted)]
    header = {"file_key": "a", "row_number": 99, "in_scope": False}
    remits = [{"file_key": "b", "row_number": number} for number in range(2)]
    batch = BatchFiles(
        files=("a", "b"),
        claim_lines=write(tmp_path / "claims.parquet", ACCEPTED_CLAIM_LINE, [*lines, header]),
        remit_lines=write(tmp_path / "remits.parquet", ACCEPTED_REMIT_LINE, remits),
    )
    partition = PartitionFiles(
        lines=write(tmp_path / "lines.parquet", RESOLVED_LINE, resolved(standings)),
        remits=write(tmp_path / "outcomes.parquet", RESOLVED_REMIT, [{"outcome": "linked"}] * outcomes),
        rows=len(standings),
        remit_rows=outcomes,
    )
    return Store(tmp_path, Snapshot("k", batches=(batch,), partitions={"aetna/2025-03": partition}))


def resolved(standings: list[str]) -> list[dict[str, Any]]:
    """Resolved lines of one payer and month."""
    of = {"file_key": "a", "payer": "aetna", "service_month": date(2025, 3, 1)}
    return [{**of, "row_number": number, "standing": each} for number, each in enumerate(standings)]


def row(key: str, **counts: int) -> dict[str, Any]:
    names = {"shown_name": f"f:{key}", "file_key": key, "sha256": key, "bytes": 1, "kind": "claim_lines"}
    return {**names, "outcome": "accepted", **counts}


def test_rows_that_add_up_pass(tmp_path: Path) -> None:
    store = store_with(tmp_path, ["current", "superseded", "void", "secondary"])
    ledger = ledger_rows(
        [row("a", rows_read=9, out_of_scope=3, accepted=4, quarantined=2), row("b", rows_read=2, accepted=2)],
        {},
    )
    check_files(store, ledger, store.snapshot.batches)
    check_partitions(store)
    assert store.claim_lines().collect().height == 5


@pytest.mark.parametrize(
    "counts",
    [
        {"rows_read": 9, "out_of_scope": 3, "accepted": 4, "quarantined": 1},
        {"rows_read": 8, "out_of_scope": 3, "accepted": 5, "quarantined": 0},
        {"rows_read": 3, "out_of_scope": 0, "accepted": 3, "quarantined": 0},
    ],
)
def test_a_file_whose_rows_do_not_add_up_is_told_with_counts(tmp_path: Path, counts: dict[str, int]) -> None:
    store = store_with(tmp_path, ["current"] * 4)
    ledger = ledger_rows([row("a", **counts), row("b", rows_read=2, accepted=2)], {})
    with pytest.raises(ProductError) as caught:
        check_files(store, ledger, store.snapshot.batches)
    assert caught.value.code == "E_CONSERVATION"
    assert "f:a" in caught.value.detail
    assert f"accepted {counts['accepted']}" in caught.value.detail


def test_a_file_that_left_nothing_in_the_store_is_told(tmp_path: Path) -> None:
    store = store_with(tmp_path, ["current"] * 4)
    with pytest.raises(ProductError, match="stored"):
        check_files(store, ledger_rows([row("c", rows_read=1, accepted=1)], {}), store.snapshot.batches)


def test_rejected_files_and_duplicates_are_not_counted(tmp_path: Path) -> None:
    rows = [{**row("x", rows_read=7), "outcome": outcome} for outcome in ("rejected", "duplicate")]
    store = store_with(tmp_path, ["current"] * 4)
    check_files(store, ledger_rows(rows, {}), store.snapshot.batches)
    assert store.snapshot.batches


@pytest.mark.parametrize(
    ("standings", "outcomes"),
    [
        (["current"] * 3, 2),
        (["current"] * 5, 2),
        (["current", "current", "current", "lost"], 2),
        (["current"] * 4, 1),
        (["current"] * 4, 3),
    ],
)
def test_a_line_without_a_standing_or_with_two_is_told(
    tmp_path: Path, standings: list[str], outcomes: int
) -> None:
    with pytest.raises(ProductError) as caught:
        check_partitions(store_with(tmp_path, standings, outcomes=outcomes))
    assert caught.value.code == "E_CONSERVATION"


def test_lines_of_partitions_that_are_not_new_count_as_the_snapshot_says(tmp_path: Path) -> None:
    store = store_with(tmp_path, ["current"] * 3)
    partitions = dict(store.snapshot.partitions)
    check = [({"uhc/2025-03": PartitionFiles(rows=rows)}, rows) for rows in (0, 1, 2)]
    for other, rows in check:
        with_other = store.with_snapshot(partitions=partitions | other)
        if rows == 1:
            check_partitions(with_other, ["aetna/2025-03"])
            continue
        with pytest.raises(ProductError, match="accepted lines 4; current 3"):
            check_partitions(with_other, ["aetna/2025-03"])


def test_remits_of_partitions_that_are_not_new_count_as_the_snapshot_says(tmp_path: Path) -> None:
    store = store_with(tmp_path, ["current"] * 4, outcomes=1)
    partitions = dict(store.snapshot.partitions)
    for rows in (0, 1, 2):
        other = {"uhc/2025-03": PartitionFiles(remit_rows=rows)}
        with_other = store.with_snapshot(partitions=partitions | other)
        if rows == 1:
            check_partitions(with_other, ["aetna/2025-03"])
            continue
        with pytest.raises(ProductError, match="accepted remit lines 2; with an outcome 1"):
            check_partitions(with_other, ["aetna/2025-03"])


def test_a_partition_with_other_remits_than_the_snapshot_says_is_told(tmp_path: Path) -> None:
    store = store_with(tmp_path, ["current"] * 4)
    wrong = replace(store.snapshot.partitions["aetna/2025-03"], remit_rows=1)
    with pytest.raises(ProductError, match="with an outcome 2"):
        check_partitions(store.with_snapshot(partitions={"aetna/2025-03": wrong}))


def test_a_new_partition_holds_the_lines_that_the_snapshot_says(tmp_path: Path) -> None:
    store = store_with(tmp_path, ["current"] * 4)
    files = store.snapshot.partitions["aetna/2025-03"]
    said = store.with_snapshot(partitions={"aetna/2025-03": replace(files, rows=3)})
    with pytest.raises(ProductError) as caught:
        check_partitions(said)
    assert caught.value.code == "E_CONSERVATION"


def store_with_finals(tmp_path: Path, *finals: tuple[str, int] | None) -> Store:
    """Two partitions of current lines; each line has the money of one remit row, or none."""
    rows = [
        dict(zip(("final_file_key", "final_row_number"), final or (None, None), strict=True))
        for final in finals
    ]
    half = len(rows) // 2
    parts = {"aetna/2025-03": rows[:half], "uhc/2025-04": rows[half:]}
    files = {
        key: PartitionFiles(lines=write(tmp_path / f"{key[:3]}.parquet", RESOLVED_LINE, part))
        for key, part in parts.items()
    }
    return Store(tmp_path, Snapshot("k", partitions=files))


def test_the_money_of_one_adjudication_counts_for_one_line(tmp_path: Path) -> None:
    # CONTRACT section 3, conservation
    store = store_with_finals(tmp_path, ("a", 1), None, ("a", 2), ("b", 1), None)
    assert store.resolved_lines().collect().height == 5
    check_money(store)


@pytest.mark.parametrize("written", [None, ["aetna/2025-03"], ["uhc/2025-04"]])
@pytest.mark.parametrize("at_once", [1, 100])
def test_money_that_counts_for_two_lines_is_told_with_counts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: int, written: list[str] | None
) -> None:
    # CONTRACT section 3, conservation; the two lines lie in two partitions
    monkeypatch.setattr(flows.store.conservation, "COMPARED_AT_ONCE", at_once)
    store = store_with_finals(tmp_path, ("a", 1), ("a", 2), ("a", 1), ("b", 1))
    with pytest.raises(ProductError) as caught:
        check_money(store, written)
    assert caught.value.code == "E_CONSERVATION"
    assert caught.value.detail == "1 adjudications count for 2 current lines"


@pytest.mark.parametrize("at_once", [2, 100])
@pytest.mark.parametrize("other", [{"row_number": 0}, {"payer": "uhc"}, {"service_month": date(2025, 4, 1)}])
def test_a_line_that_stands_twice_or_elsewhere_is_told_though_the_sum_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: dict[str, Any], at_once: int
) -> None:
    # CONTRACT section 3: conservation holds per partition
    monkeypatch.setattr(flows.store.conservation, "COMPARED_AT_ONCE", at_once)
    store = store_with(tmp_path, ["current"] * 4)
    rows = resolved(["current"] * 4)
    check_partitions(store)
    write(tmp_path / "lines.parquet", RESOLVED_LINE, [*rows[:3], rows[3] | other])
    with pytest.raises(ProductError) as caught:
        check_partitions(store)
    assert caught.value.code == "E_CONSERVATION"
