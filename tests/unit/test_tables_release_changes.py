"""What a release says of the one before it, and what it does not."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import polars as pl

from schemas.rules import DisclosureRules, Rules
from schemas.tables import RELEASE_CHANGES
from transforms.disclosure.suppress import suppress
from transforms.tables.build import build_tables
from transforms.tables.release_changes import changed_lines, release_changes

sys.path.insert(0, str(Path(__file__).parent))
import table_lines  # noqa: E402
from table_lines import NPIS, paid  # noqa: E402

Row = dict[str, object]
MONTH = (pl.col("period_type") == "month") & (pl.col("payer") == "aetna")
MONTH &= pl.col("line_of_business") == "commercial"


def build(lines: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    return build_tables(
        lines,
        table_lines.no_remits(),
        table_lines.no_quality(),
        date(2024, 6, 30),
        Rules(),
        table_lines.reference(),
    )


def rows(count: int, dearer: int = 0) -> list[Row]:
    """Paid lines of three providers, the first few of them allowed 60 dollars more."""
    return [
        paid(36_000 + (6_000 if i < dearer else 0), billing_provider_npi=NPIS[i % 3]) for i in range(count)
    ]


def changes(before: list[Row], after: list[Row]) -> pl.DataFrame:
    old, new = table_lines.lines(*before), table_lines.lines(*after)
    rules = DisclosureRules.of("standard")
    moved = build(changed_lines(old, new))
    made = release_changes(suppress(build(old), rules), suppress(build(new), rules), moved)
    RELEASE_CHANGES.schema().validate(made)
    return made.filter(MONTH)


def test_a_release_that_is_the_same_has_no_changes() -> None:
    assert changes(rows(24), rows(24)).height == 0


def test_eleven_changed_patients_show_both_values() -> None:
    told = changes(rows(24), rows(24, dearer=11)).filter(
        pl.col("table_name") == "payment", pl.col("measure") == "allowed_sum"
    )
    # 24 x 360 = 8640, and 11 x 60 more
    assert told.select("before", "after", "why").rows() == [(8640.0, 9300.0, "changed")]


def test_ten_changed_patients_show_only_that_the_cell_moved() -> None:
    told = changes(rows(24), rows(24, dearer=10)).filter(pl.col("table_name") == "payment")
    assert told.select("measure", "before", "after", "why").rows() == [("row", None, None, "moved")]


def test_a_cell_withheld_on_one_side_shows_no_value() -> None:
    told = changes(rows(10), rows(24)).filter(pl.col("table_name") == "utilization")
    assert told.select("measure", "before", "after", "why").rows() == [("row", None, None, "shown_now")]


def test_changed_lines_are_those_of_either_side() -> None:
    old, new = table_lines.lines(*rows(3)), table_lines.lines(*rows(4, dearer=1))
    found = changed_lines(old, new).collect()
    assert sorted(found.get_column("row_number").to_list()) == [1, 1, 4]
    assert found.columns == old.collect_schema().names()


def test_a_new_cell_appears() -> None:
    later = [row | {"service_date": date(2024, 2, 5)} for row in rows(12)]
    told = changes(rows(12), rows(12) + later).filter(
        pl.col("table_name") == "utilization", pl.col("period_start") == date(2024, 2, 1)
    )
    assert told.select("measure", "why").rows() == [("row", "appeared")]
