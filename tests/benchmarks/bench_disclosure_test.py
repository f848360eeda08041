"""Complementary suppression and its gate on a release of five payers, 24 months and all tables.

`make bench` runs it; BENCH_CASES sets the size of the synthetic world (default: the demo's density).
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from schemas.rules import DisclosureRules
from transforms.disclosure.suppress import release_masks

sys.path.insert(0, str(Path(__file__).parent))
from unprotected_tables import of_two_years  # noqa: E402

CASES = int(os.environ.get("BENCH_CASES", "4500"))
SECONDS = 60


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """The tables of the release as built, with their helper columns."""
    return of_two_years(tmp_path_factory.mktemp("disclosure"), CASES)


def test_two_years_close_within_a_minute(tables: dict[str, pl.DataFrame]) -> None:
    rules = replace(DisclosureRules.of("standard"), complementary=True)
    wall, processor = time.perf_counter(), time.process_time()
    masks = release_masks(tables, rules)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor

    rows = sum(frame.height for frame in tables.values())
    print(f"\n{rows:,} rows: wall {wall:.1f} s, processor {processor:.1f} s")
    for name in ("utilization", "payment", "care_models", "sites"):
        frame = tables[name].with_columns(
            gone=masks[name].get_column("_row") | masks[name].get_column("service_lines")
        )
        lines = pl.col("service_lines")
        kept = (
            frame.group_by("period_type")
            .agg(
                pl.len(),
                (~pl.col("gone")).sum().alias("rows"),
                lines.filter(~pl.col("gone")).sum() / lines.sum(),
            )
            .sort("period_type")
        )
        print(name, kept.rows())
    assert masks["utilization"].get_column("_row").any()
    assert wall <= SECONDS
