"""The benchmark that the demo prints: published values, a row per payer, in its own line of business."""

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
    assert rows[-1]["payer"] == "medicare"
    for table, column in (("payment", "ratio_to_national_medicare"), ("denials", "denial_rate")):
        assert {row["payer"]: row[column] for row in rows} == {
            **{row["payer"]: None for row in rows},
            **dict(own_cells(tables / audience, table, column)),
        }
    assert [(row["payer"], row["lines"]) for row in rows] == sorted(
        own_cells(tables / audience, "utilization", "service_lines"),
        key=lambda row: (row[0] == "medicare", row),
    )


def own_cells(folder: Path, table: str, column: str) -> list[tuple[str, float]]:
    """Payer and value: commercial lines of each payer, fee for service of Medicare."""
    cells = pl.read_parquet(folder / f"{table}.parquet").filter(procedure_code=CODE, period_type="rolling_12")
    return [
        (row["payer"], row[column])
        for row in cells.to_dicts()
        if row["payer"] != "all"
        and row["line_of_business"] == ("medicare_ffs" if row["payer"] == "medicare" else "commercial")
    ]


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
