"""Resolved partitions have the same bytes however their rows came together: at once, in groups, by night."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pytest
from small_runs import deliver, run_nightly, run_rerun, small_files

import flows.steps.affected
import flows.steps.build_tables
import flows.steps.partitions
import flows.steps.resolve
import flows.store.conservation
from flows.steps.moved_lines import moved_partitions
from flows.store.snapshot import PartitionFiles, Store
from transforms.tables.release_changes import changed_lines

pytestmark = pytest.mark.slow


def partitions(data: Path) -> Mapping[str, PartitionFiles]:
    """Partition -> its files: they are named by their content."""
    return Store.open(data).snapshot.partitions


def built(data: Path) -> Mapping[str, str]:
    """Part of a table before protection -> its file, named by its content."""
    tables = Store.open(data).snapshot.built
    assert tables is not None and tables.files
    return tables.files


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder resolved in one piece."""
    data = tmp_path_factory.mktemp("whole")
    deliver(data)
    run_nightly(data)
    return data


def test_groups_give_the_same_files(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.steps.affected, "ROWS_PER_GROUP", 60)
    monkeypatch.setattr(flows.steps.affected, "ROWS_LAID", 100)
    monkeypatch.setattr(flows.steps.affected, "ROWS_READ", 10)
    monkeypatch.setattr(flows.steps.affected, "LINKS_HELD", 0)
    monkeypatch.setattr(flows.steps.affected, "BESIDE_AT_ONCE", 3)
    monkeypatch.setattr(flows.steps.partitions, "ROWS_WRITTEN", 50)
    monkeypatch.setattr(flows.steps.build_tables, "LINES_AT_A_TIME", 100)
    monkeypatch.setattr(flows.store.conservation, "COMPARED_AT_ONCE", 70)
    groups: list[int] = []
    resolve_lines = flows.steps.resolve.resolve_lines

    def counted(claims: pl.LazyFrame, *rest: object) -> object:
        groups.append(1)
        return resolve_lines(claims, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(flows.steps.resolve, "resolve_lines", counted)
    deliver(tmp_path)
    run_nightly(tmp_path)
    assert len(groups) > 3
    assert partitions(tmp_path) == partitions(whole)
    assert built(tmp_path) == built(whole)


def test_nights_give_the_same_files_and_tell_which_moved(whole: Path, tmp_path: Path) -> None:
    names = sorted(small_files())
    last = [name for name in names if name.endswith("_3.csv")]
    deliver(tmp_path, *(name for name in names if name not in last))
    run_nightly(tmp_path)
    before = Store.open(tmp_path)
    resolved = {key: before.resolved_lines([key]).collect() for key in before.snapshot.partitions}
    deliver(tmp_path, *last)
    run_nightly(tmp_path)
    assert partitions(tmp_path) == partitions(whole)

    after = Store.open(tmp_path)
    moved = moved_partitions(before, after)
    assert 0 < len(moved) <= len(after.snapshot.partitions)
    now = {key: after.resolved_lines([key]).collect() for key in after.snapshot.partitions}
    # a partition of remits alone has no lines: coming or going it moves none
    none = next(iter(now.values())).clear()
    differing = [key for key in {*resolved, *now} if not resolved.get(key, none).equals(now.get(key, none))]
    assert set(differing) <= set(moved)
    every = changed_lines(pl.concat(resolved.values()).lazy(), pl.concat(now.values()).lazy()).collect()
    origin = ["file_key", "row_number", "_now"]
    of_moved = changed_lines(
        pl.concat([frame for key, frame in resolved.items() if key in moved]).lazy(),
        pl.concat([frame for key, frame in now.items() if key in moved]).lazy(),
    ).collect()
    assert of_moved.sort(origin).equals(every.sort(origin))


def test_a_rerun_of_a_month_leaves_the_files_as_they_are(whole: Path) -> None:
    before = partitions(whole)
    payer, month = max(before, key=lambda key: before[key].rows).split("/")
    run_rerun(whole, payer, month)
    assert partitions(whole) == before
