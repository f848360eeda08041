"""The benchmark that the demo prints: published values, a row per payer, the roll-up at the end."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from small_runs import deliver, run_nightly

from flows.commands.demo_table import benchmark_rows, show_benchmark

CODE = "01939"


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("demo")
    deliver(data)
    run_nightly(data)
    return data / "benchmarks"


@pytest.mark.parametrize("audience", ["internal", "standard"])
def test_rows_are_what_is_published(tables: Path, audience: str) -> None:
    rows = benchmark_rows(tables / audience, CODE)
    assert rows
    assert rows[-1]["payer"] == "all"
    cell = {"procedure_code": CODE, "period_type": "rolling_12", "line_of_business": "all"}
    for table, column in (("payment", "ratio_to_national_medicare"), ("denials", "denial_rate")):
        frame = pl.read_parquet(tables / audience / f"{table}.parquet").filter(**cell)
        told = dict(frame.select("payer", column).iter_rows())
        assert {row["payer"]: row[column] for row in rows} == {row["payer"]: None for row in rows} | told
    lines = pl.read_parquet(tables / audience / "utilization.parquet").filter(**cell, payer="all")
    assert rows[-1]["lines"] == lines.item(0, "service_lines")


def test_it_is_shown_on_stdout_with_a_dash_for_what_is_withheld(
    tables: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = benchmark_rows(tables / "standard", CODE)
    show_benchmark([{**rows[-1], "days_to_payment_p50": None}], CODE, "standard")
    told = capsys.readouterr()
    assert "times Medicare" in told.out
    assert told.out.rstrip().endswith("-")
    assert told.err == ""


def test_where_no_row_is_published_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show_benchmark([], CODE, "shared")
    assert capsys.readouterr().out == ""
