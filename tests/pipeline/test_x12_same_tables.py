"""The same claims as extracts and as raw X12 give the same tables, byte for byte."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from small_runs import run_nightly

from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS
from transforms.synthetic.world import synthetic_claims
from transforms.synthetic.x12_writer import write_835, write_837p

NOT_IN_X12 = ("medicare_contractor", "medicare_locality")
TOLD_BY_FILE = {"data_quality", "release_changes"}
COUNTS_OF_FILES = ["files", "usual_days_between", "is_late"]
"""Columns of `freshness` that follow from how many files brought the rows (contract, section 4)."""


def landing(data: Path, files: dict[str, bytes]) -> Path:
    folder = data / "landing"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return data


def by_delivery(claims: pl.DataFrame, remits: pl.DataFrame) -> dict[str, bytes]:
    """One small file of each kind a month of delivery."""
    files = {}
    for kind, rows, write in (("837", claims, write_837p), ("835", remits, write_835)):
        for (month,), part in sorted(rows.partition_by("_delivery", as_dict=True).items()):
            files[f"{month}.{kind}"] = write(part)
    return files


def tables(data: Path) -> dict[str, pl.DataFrame]:
    found = {path.stem: pl.read_parquet(path) for path in (data / "benchmarks/internal").glob("*.parquet")}
    return {name: frame for name, frame in found.items() if name not in TOLD_BY_FILE}


@pytest.mark.slow
def test_extracts_and_raw_x12_give_the_same_tables(tmp_path: Path) -> None:
    made = synthetic_claims(1939, 400)
    claims = made.claims.with_columns(pl.lit(None, pl.String).alias(name) for name in NOT_IN_X12)
    extracts = landing(
        tmp_path / "extracts",
        {
            "claims.csv": claims.select(MADE_CLAIM_COLUMNS).write_csv().encode(),
            "remits.csv": made.remits.select(MADE_REMIT_COLUMNS).write_csv().encode(),
        },
    )
    raw = landing(tmp_path / "raw", {"claims.837": write_837p(claims), "remits.835": write_835(made.remits)})
    small = landing(tmp_path / "small", by_delivery(claims, made.remits))

    from_extracts = run_nightly(extracts, audiences=["internal"])
    from_raw = run_nightly(raw, audiences=["internal"])
    from_small = run_nightly(small, audiences=["internal"])

    assert from_extracts.rows["accepted"] > 500
    assert from_raw.rows["accepted"] == from_extracts.rows["accepted"]
    assert from_small.files["accepted"] > 10
    expected = tables(extracts)
    for other in (raw, small):
        found = tables(other)
        assert found.keys() == expected.keys()
        for name, frame in expected.items():
            counted = COUNTS_OF_FILES if name == "freshness" else []
            assert found[name].drop(counted).equals(frame.drop(counted)), name
