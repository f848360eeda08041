"""`cpt01939 lines`: work lists from what was taken in (contract section 2), for `internal` alone."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest
from inbound_rows import as_csv, claim
from small_runs import command, run_nightly

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("lines")
    (data / "landing").mkdir()
    rows = [
        claim(claim_id=f"PCN{n}", member_id=f"W{n}", line_control_number=f"LC{n}", place_of_service=place)
        for n, place in enumerate(["24", "24", "11"])
    ]
    (data / "landing" / "claims.csv").write_bytes(as_csv(rows))
    run_nightly(data, audiences=["internal"])
    return data


def test_as_csv_in_a_pipe_with_file_and_row(data: Path) -> None:
    done = command(data, "lines", "open", "--place-of-service", "24")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert sorted(row["row"] for row in rows) == ["1", "2"]
    assert {row["adjudication_state"] for row in rows} == {"pending"}
    assert all(row["file"].startswith("f:") for row in rows)
    assert "PCN" not in done.stdout
    assert "PCN" not in done.stderr


def test_a_list_has_the_lines_of_its_cell(data: Path) -> None:
    cells = pl.read_parquet(data / "benchmarks/internal/open_claims.parquet")
    counted = cells.filter(payer="all", line_of_business="all", period_type="year")["service_lines"].sum()
    told = json.loads(command(data, "lines", "open", "--json").stdout)
    assert counted == len(told["lines"]) == 3


def test_a_file_is_for_its_owner_alone_even_where_one_was_before(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "open.csv"
    out.write_text("before", encoding="utf-8")
    out.chmod(0o644)
    assert command(data, "lines", "open", "--out", str(out)).stdout == ""
    assert out.stat().st_mode & 0o777 == 0o600
    assert out.read_text(encoding="utf-8").startswith("file,row,")


def test_periods_are_months_or_years(data: Path) -> None:
    assert command(data, "lines", "open", "--period", "2025-13").returncode == 2
    nothing = command(data, "lines", "open", "--period", "1999").stdout
    assert len(nothing.splitlines()) == 1


def test_it_is_for_internal_alone(data: Path) -> None:
    done = command(data, "lines", "--json", CPT01939_AUDIENCES="standard")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "E_INTERNAL_ONLY"
