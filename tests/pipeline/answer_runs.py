"""Landing folders of a few claims and answers, and what is published of them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from inbound_rows import Row, as_csv, claim, remit
from small_runs import run_nightly

from flows.steps.summary import Summary

TOLD_BY_FILE = ("data_quality", "freshness", "release_changes")


@dataclass(frozen=True)
class Published:
    """What a run published of the procedure: a year's cells over all payers, and the counts of quality."""

    folder: Path
    summary: Summary

    def cell(self, table: str, **keys: object) -> dict[str, object]:
        """The one row of a table for the year, all payers; empty where there is none."""
        wanted = {"procedure_code": "01939", "payer": "all", "line_of_business": "all", "period_type": "year"}
        rows = self.table(table).filter(pl.col(name) == value for name, value in (wanted | keys).items())
        return rows.row(0, named=True) if len(rows) else {}

    def table(self, name: str) -> pl.DataFrame:
        """A table as published."""
        return pl.read_parquet(self.folder / f"{name}.parquet")

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table of claims, without those that tell of files."""
        found = {path.stem: pl.read_parquet(path) for path in sorted(self.folder.glob("*.parquet"))}
        return {name: frame for name, frame in found.items() if name not in TOLD_BY_FILE}

    def counted(self, column: str) -> int:
        """A count of data_quality, over all payers and months."""
        return int(self.table("data_quality").filter(payer="all", rule_code="all")[column].sum() or 0)


def published(data: Path, *nights: Mapping[str, bytes | str], **settings: object) -> Published:
    """Run one night after the other on what each delivers; what the last one published."""
    for night in nights:
        for name, content in night.items():
            path = data / "landing" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        summary = run_nightly(data, audiences=("internal",), **settings)
    return Published(data / "benchmarks" / "internal", summary)


def allowed(found: Published) -> tuple[object, object, object]:
    """Priced lines, allowed and paid, as published."""
    cell = found.cell("payment")
    return cell.get("service_lines", 0), cell.get("allowed_sum"), cell.get("paid_sum")


def part_files(rows: Sequence[Row], name: str, chance: random.Random) -> dict[str, bytes]:
    """Rows in any order in part files, as a warehouse unloads a table."""
    shuffled = chance.sample(list(rows), len(rows))
    parts: dict[str, list[Row]] = {}
    for row in shuffled:
        parts.setdefault(f"{name}/part-{chance.randrange(4)}.csv", []).append(row)
    return {file: as_csv(part) for file, part in parts.items()}


def reversal(**changes: str) -> Row:
    """The good payment taken back a month later."""
    back = {
        "claim_status_code": "22",
        "payment_date": "2025-05-05",
        "payment_trace": "EFT901",
        "charge_amount": "-845.00",
        "paid_amount": "-210.00",
        "allowed_amount": "",
        "adjustments": "CO-45:-605.00|PR-2:-30.00",
    }
    return remit(**{**back, **changes})


def person(number: int) -> dict[str, str]:
    """What tells one claim and its patient from another's."""
    return {
        "claim_id": f"PCN{1001 + number}",
        "member_id": f"W{123456789 + number}",
        "patient_birth_date": f"19{60 + number % 30}-05-17",
    }


def claim_of(number: int, **changes: str) -> Row:
    """The good claim line of another person."""
    return claim(**{**person(number), **changes})


def answer_of(number: int, **changes: str) -> Row:
    """The good payment of that claim."""
    own = {"claim_id": f"PCN{1001 + number}", "payer_claim_number": f"ICN{500 + number}"}
    return remit(**{**own, **changes})
