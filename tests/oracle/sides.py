"""The two ways from a landing folder to the internal tables: the oracle's, and the pipeline's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from landing_rows import as_of, read_landing
from oracle_cells import Row
from oracle_files import freshness
from oracle_reference import OracleReference, OracleSettings
from oracle_resolve import resolve
from oracle_tables import tables
from small_runs import run_nightly

Tables = dict[str, list[Row]]
REFERENCE = OracleReference.load()


def by_oracle(data: Path, **settings: Any) -> Tables:
    """Tables of `DATA/landing` as the oracle counts them."""
    landing = read_landing(data / "landing")
    result = resolve(landing, REFERENCE, OracleSettings(**settings))
    at = as_of(landing)
    return {**tables(result.lines, at, REFERENCE), "freshness": freshness(landing, at, REFERENCE)}


def by_pipeline(data: Path, **settings: Any) -> Tables:
    """The same as a nightly run publishes them."""
    run_nightly(data, audiences=["internal"], **settings)
    return published_rows(data)


def published_rows(data: Path) -> Tables:
    files = (data / "benchmarks" / "internal").glob("*.parquet")
    return {path.stem: pl.read_parquet(path).to_dicts() for path in files}
