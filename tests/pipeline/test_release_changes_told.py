"""What a release says of the one before: why numbers moved, by what came in and by what it was made under."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from small_runs import deliver, run_nightly, small_files

import flows.steps.moved_lines
from flows.readers import reference_files

pytestmark = pytest.mark.slow


def told(data: Path) -> pl.DataFrame:
    frame = pl.read_parquet(data / "benchmarks/internal/release_changes.parquet")
    return frame.filter(table_name="utilization", payer="all", line_of_business="all")


def test_by_what_came_in_and_by_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the lines that moved are compared in several parts: what is told is of all of them
    monkeypatch.setattr(flows.steps.moved_lines, "LINES_COMPARED", 40)
    late = [name for name in small_files() if name.startswith("remits/")]
    deliver(tmp_path, *(name for name in small_files() if name not in late))
    run_nightly(tmp_path, audiences=["internal"])
    assert told(tmp_path).is_empty()

    deliver(tmp_path, *late)
    run_nightly(tmp_path, audiences=["internal"])
    year = told(tmp_path).filter(period_type="year", measure="adjudicated_lines")
    assert set(year["why"]) == {"late_remits"}
    assert set(year["change"]) == {"changed"}
    assert (year["before"] == 0).all()

    run_nightly(tmp_path, audiences=["internal"], minutes_high=45)
    found = told(tmp_path)
    assert not found.is_empty()
    assert set(found["why"]) == {"rules"}


def test_by_reference_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path)
    run_nightly(tmp_path, audiences=["internal"])
    shipped = reference_files._files()
    reference = tmp_path / "reference"
    shutil.copytree(shipped[0].parent, reference)
    factors = reference / "conversion_factors_national.csv"
    factors.write_text(re.sub(r"\b2(\d\.\d+)", r"3\1", factors.read_text()))
    monkeypatch.setattr(reference_files, "_files", lambda: [reference / path.name for path in shipped])
    run_nightly(tmp_path, audiences=["internal"])
    frame = pl.read_parquet(tmp_path / "benchmarks/internal/release_changes.parquet")
    assert "medicare_allowed_sum" in frame["measure"].to_list()
    assert set(frame["why"]) == {"reference_data"}
