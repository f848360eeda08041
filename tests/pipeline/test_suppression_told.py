"""A run tells how much was withheld, in its summary, the manifest and data_quality."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from small_runs import deliver, run_nightly


def test_what_is_withheld_is_told_by_reason(tmp_path: Path) -> None:
    deliver(tmp_path)
    summary = run_nightly(tmp_path)
    tables = {path.stem: pl.read_parquet(path) for path in (tmp_path / "benchmarks").glob("*.parquet")}
    told = [frame["suppression_reason"] for frame in tables.values() if "suppression_reason" in frame.columns]
    every = pl.concat(told)
    assert summary.withheld["small_cell"] == round((every == "small_cell").sum() / len(every), 4)
    assert f"small_cell {summary.withheld['small_cell']:.1%}" in summary.text()
    manifest = json.loads((tmp_path / "benchmarks/manifest.json").read_text())
    assert manifest["withheld"] == summary.withheld

    shares = tables["data_quality"].filter(source="suppression")
    row = shares.filter(rule_code="payment/month/small_cell").row(0, named=True)
    months = tables["payment"].filter(period_type="month")
    small = months.filter(suppression_reason="small_cell").height
    assert row["withheld_row_share"] == round(small / months.height, 4)
    assert (
        tables["data_quality"].filter(pl.col("source") != "suppression")["withheld_row_share"].is_null().all()
    )


def test_an_internal_release_withholds_nothing(tmp_path: Path) -> None:
    deliver(tmp_path)
    summary = run_nightly(tmp_path, audiences=["internal"])
    assert summary.withheld == {}
    quality = pl.read_parquet(tmp_path / "benchmarks/data_quality.parquet")
    assert quality.filter(source="suppression").is_empty()
