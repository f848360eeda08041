"""Findings in raw X12 that remove no row: in data_quality and in the summary, by file, without a value."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest
from small_runs import command, run_nightly

from flows.steps.summary import Summary
from transforms.synthetic.world import synthetic_claims
from transforms.synthetic.x12_writer import write_835, write_837p

CONTROL = ("segment_count", "set_control_number", "set_count", "group_count")
BALANCE = ("line_unbalanced", "claim_unbalanced", "payment_unbalanced")


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """An 837P with wrong SE01, SE02, GE01, IEA01; an 835 with one CLP04 and one SVC03 changed."""
    made = synthetic_claims(1939, 40)
    claims, remits = write_837p(made.claims), write_835(made.remits)
    for pattern, wrong in (
        (rb"\bSE\*\d+\*\d+", b"SE*3*9"),
        (rb"\bGE\*\d+", b"GE*77"),
        (rb"\bIEA\*\d+", b"IEA*8"),
    ):
        claims, changes = re.subn(pattern, wrong, claims)
        assert changes
    return {"claims.837": claims, "remits.835": unbalanced(remits)}


def unbalanced(remits: bytes) -> bytes:
    """The 835 with a thousand dollars more in one SVC03 of code 01939 and in the CLP04 above it."""
    segments = remits.split(b"~")
    line = next(n for n, segment in enumerate(segments) if segment.lstrip().startswith(b"SVC*HC:01939"))
    claim = max(n for n in range(line) if segments[n].lstrip().startswith(b"CLP"))
    for number, place in ((claim, 4), (line, 3)):
        elements = segments[number].split(b"*")
        elements[place] = b"%.2f" % (float(elements[place]) + 1000)
        segments[number] = b"*".join(elements)
    return b"~".join(segments)


def night(data: Path, files: dict[str, bytes], *names: str) -> Summary:
    for name in names:
        path = data / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[name])
    return run_nightly(data, audiences=["internal"])


def counted(data: Path) -> dict[str, int]:
    """Rule -> times met, over all payers and months."""
    rows = pl.read_parquet(data / "benchmarks/internal/data_quality.parquet")
    rows = rows.filter(source="x12", payer="all").group_by("rule_code").agg(pl.col("findings").sum())
    return dict(rows.iter_rows())


def test_they_are_counted_by_file_and_in_the_table(tmp_path: Path, files: dict[str, bytes]) -> None:
    summary = night(tmp_path, files, *files)
    assert summary.files == {"accepted": 2}
    by_file = sorted((set(found) for found in summary.findings.values()), key=len)
    assert set(CONTROL) <= by_file[0] | by_file[1]
    assert any(set(BALANCE) <= found for found in by_file)
    assert all(re.fullmatch("f:[0-9a-f]{12}", name) for name in summary.findings)
    table = counted(tmp_path)
    total = table.pop("all")
    assert total == sum(table.values())
    assert table == {code: sum(found.get(code, 0) for found in summary.findings.values()) for code in table}
    assert table["payment_unbalanced"] == 1
    for name, found in summary.findings.items():
        assert f"{name}: " + ", ".join(f"{code} {count:,}" for code, count in found.items()) in summary.text()
    assert "findings that removed no row, in 2 files" in summary.markdown()


def test_no_row_is_lost_and_no_file_rejected_for_them(tmp_path: Path, files: dict[str, bytes]) -> None:
    rows = night(tmp_path, files, *files).rows
    assert rows["rows_read"] == rows["out_of_scope"] + rows["accepted"] + rows["quarantined"]
    table = pl.read_parquet(tmp_path / "benchmarks/internal/data_quality.parquet").filter(source="x12")
    assert table["rejected_files"].sum() == 0
    assert table["quarantined"].sum() == 0


@pytest.mark.slow
def test_the_table_does_not_depend_on_the_night(tmp_path: Path, files: dict[str, bytes]) -> None:
    night(tmp_path / "one", files, *files)
    first, second = files
    assert night(tmp_path / "two", files, second).findings
    assert night(tmp_path / "two", files, first).findings
    assert night(tmp_path / "two", files).findings == {}
    one, two = (tmp_path / name / "benchmarks/internal/data_quality.parquet" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()


def test_the_same_file_again_is_counted_once(tmp_path: Path, files: dict[str, bytes]) -> None:
    night(tmp_path, files, *files)
    before = counted(tmp_path)
    again = {f"again-{name}": content for name, content in files.items()}
    assert night(tmp_path, again, *again).findings == {}
    assert counted(tmp_path) == before


@pytest.mark.slow
def test_the_command_tells_them(tmp_path: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = tmp_path / "landing" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    done = command(tmp_path, "run", "--plain", "--json", CPT01939_AUDIENCES="internal")
    told = json.loads(done.stdout)["findings"]
    assert {code for found in told.values() for code in found} >= {*CONTROL, *BALANCE}
    explained = command(tmp_path, "explain", "payment_unbalanced")
    assert (explained.returncode, done.returncode) == (0, 0)
