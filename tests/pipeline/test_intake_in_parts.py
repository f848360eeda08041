"""A batch that is taken in some rows at a time leaves what it leaves at once."""

from __future__ import annotations

import io
import random
from pathlib import Path

import polars as pl
import pytest
from inbound_rows import Row, TakenFiles, as_csv, claim, remit, take_in

import flows.readers.kept_rows
import flows.readers.text_rows
import flows.steps.batch_report
import flows.steps.intake
import flows.steps.spilled
from transforms.resolve.affected_claims import ROW

pytestmark = pytest.mark.slow

LINES = 120
CEILING = 0.8


def claims(chance: random.Random) -> list[Row]:
    """Lines of claims in scope and out of it: some replace, some are bad, some first lines are elsewhere."""
    rows = []
    while len(rows) < LINES:
        number, frequency = f"C{chance.randrange(60)}", chance.choice("1117")
        for line in range(chance.choice((1, 1, 2)), chance.choice((2, 3, 4))):
            rows.append(
                claim(
                    claim_id=number,
                    line_number=str(line),
                    claim_frequency_code=frequency,
                    original_claim_number="ICN1" if frequency == "7" else "",
                    procedure_code=chance.choice(("01939", "01939", "01938", "00142", "O1939")),
                    service_date=chance.choice(("2025-03-04", "2025-02-01", "4 March")),
                    patient_sex=chance.choice(("F", "M", "?")),
                )
            )
    chance.shuffle(rows)
    return rows


def remits(chance: random.Random) -> list[Row]:
    """Answers, some of them bad."""
    paid = ("210.00", "12,00x")
    return [
        remit(claim_id=f"C{chance.randrange(60)}", paid_amount=chance.choice(paid[: 1 + (number % 9 == 0)]))
        for number in range(LINES)
    ]


def delivered(seed: int) -> dict[str, bytes]:
    """Files of several forms; of one, too many rows are bad."""
    chance = random.Random(seed)
    parquet = io.BytesIO()
    pl.DataFrame(remits(chance)).write_parquet(parquet)
    refused = [claim(claim_id=f"R{number}", unit_count="many") for number in range(LINES)]
    return {
        "claims.csv": as_csv(claims(chance)),
        "again.csv": as_csv(claims(chance)),
        "remits.csv": as_csv(remits(chance)),
        "remits.parquet": parquet.getvalue(),
        "claims.ndjson": pl.DataFrame(claims(chance)).write_ndjson().encode(),
        "refused.csv": as_csv(refused),
    }


def in_parts(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Have intake hold so many rows at a time."""
    monkeypatch.setattr(flows.steps.intake, "LARGE", 0)
    monkeypatch.setattr(flows.readers.text_rows, "ROWS", rows // 2)
    monkeypatch.setattr(flows.readers.kept_rows, "ROWS_AT_ONCE", rows)
    monkeypatch.setattr(flows.steps.batch_report, "ROWS_AT_ONCE", rows)
    monkeypatch.setattr(flows.steps.spilled, "ROWS_HELD", 3 * rows)


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    further = [name for name in ("rule_code", "column") if name in rows.columns]
    return rows.sort([*ROW, *further]) if "row_number" in rows.columns else rows


def assert_same(one: TakenFiles, other: TakenFiles) -> None:
    assert one.ledger == other.ledger
    for name in ("claim_lines", "remit_lines", "lines_beside", "quality", "quarantine"):
        assert in_order(getattr(one, name)).equals(in_order(getattr(other, name))), name


@pytest.mark.parametrize("rows", [9])
def test_some_rows_at_a_time_leave_what_all_at_once_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    files = delivered(rows)
    whole = take_in(tmp_path / "whole", files, file_ceiling=CEILING)
    assert [name for name, row in whole.ledger.items() if row["outcome"] != "accepted"] == ["refused.csv"]
    assert min(len(whole.claim_lines), len(whole.lines_beside), len(whole.quarantine)) > 0
    assert not whole.claim_lines["in_scope"].all(), "no header row: the test compares too little"

    in_parts(monkeypatch, rows)
    parts = take_in(tmp_path / "parts", files, file_ceiling=CEILING)
    again = take_in(tmp_path / "again", files, file_ceiling=CEILING)

    assert_same(whole, parts)
    assert parts.claim_lines.equals(again.claim_lines)
    left = {path.name for path in (tmp_path / "parts" / "work").iterdir()}
    assert left == {path.name for path in (tmp_path / "whole" / "work").iterdir()}, (
        "something was left behind"
    )
