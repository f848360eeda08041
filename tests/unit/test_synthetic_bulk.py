"""The bulk extract writer at a small size: shares, lives, the same bytes."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from transforms.synthetic.records import MADE_CLAIM_COLUMNS, MADE_REMIT_COLUMNS

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "bulk_extracts.py"


@pytest.fixture(scope="module")
def bulk() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bulk_extracts", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def folder(bulk: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bulk")
    bulk.write_bulk(path, lines=20_000)
    return path


def read(folder: Path, kind: str) -> pl.DataFrame:
    return pl.concat(
        [pl.read_csv(path, infer_schema=False) for path in sorted(folder.glob(f"bulk_{kind}_*.csv"))]
    )


def test_shares_and_span(folder: Path) -> None:
    claims = read(folder, "claims")

    assert tuple(claims.columns) == MADE_CLAIM_COLUMNS
    assert len(list(folder.glob("*.csv"))) == 24
    assert claims.height == pytest.approx(20_000, rel=0.02)
    scope = claims.filter(
        pl.col("procedure_code").is_in(["01937", "01938", "01939", "01940", "01941", "01942"])
    )
    assert scope.height / claims.height == pytest.approx(0.03, abs=0.006)
    assert claims["service_date"].str.head(7).n_unique() == 60
    assert claims.filter(pl.col("claim_frequency_code") == "7").height > 400


def test_amounts_balance_and_reversals_negate(folder: Path) -> None:
    remits = read(folder, "remits")

    cents = pl.col("charge_amount", "paid_amount").cast(pl.Decimal(12, 2))
    off = (
        pl.col("adjustments")
        .str.extract_all(r":-?\d+\.\d\d")
        .list.eval(pl.element().str.strip_prefix(":").cast(pl.Decimal(12, 2)))
    )
    gaps = remits.with_columns(cents, off.list.sum().alias("off")).filter(
        pl.col("charge_amount") - pl.col("off") != pl.col("paid_amount")
    )
    back = remits.filter(pl.col("claim_status_code") == "22")

    assert tuple(remits.columns) == MADE_REMIT_COLUMNS
    assert gaps.height == 0
    assert back.height > 900
    assert back["charge_amount"].str.starts_with("-").all()


def test_the_same_bytes_again(bulk: ModuleType, folder: Path, tmp_path: Path) -> None:
    bulk.write_bulk(tmp_path, lines=20_000)

    for path in sorted(folder.glob("*.csv")):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
