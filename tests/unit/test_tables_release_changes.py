"""What a release says of the one before it, and what it does not."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import polars as pl

from schemas.rules import DisclosureRules, Rules
from schemas.tables import RELEASE_CHANGES
from transforms.protect.tables import protect_tables
from transforms.tables.build import build_tables
from transforms.tables.release_changes import causes_of, changed_lines, moved_tables, release_changes

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


def changes(before: list[Row], after: list[Row], made_under: str | None = None) -> pl.DataFrame:
    old, new = table_lines.lines(*before), table_lines.lines(*after)
    rules = DisclosureRules.of("standard")
    lines = changed_lines(old, new)
    causes = causes_of(lines, made_under, None)
    before_tables, after_tables = (protect_tables(build(tables), rules) for tables in (old, new))
    made = release_changes(before_tables, after_tables, build(lines), 11, causes, made_under)
    RELEASE_CHANGES.schema().validate(made)
    return made.filter(MONTH)


def test_a_release_that_is_the_same_has_no_changes() -> None:
    assert changes(rows(24), rows(24)).height == 0


def test_eleven_changed_patients_show_both_values() -> None:
    told = changes(rows(24), rows(24, dearer=11)).filter(
        pl.col("table_name") == "payment", pl.col("measure") == "allowed_sum"
    )
    # 24 are told as 25; 360 and 387.50 dollars each, told as 360 and 390
    assert told.select("before", "after", "change").rows() == [(9000.0, 9750.0, "changed")]


def test_ten_changed_patients_show_only_that_the_cell_moved() -> None:
    told = changes(rows(24), rows(24, dearer=10)).filter(pl.col("table_name") == "payment")
    assert told.select("measure", "before", "after", "change").rows() == [("row", None, None, "moved")]


def test_a_row_left_out_on_one_side_shows_no_value() -> None:
    told = changes(rows(10), rows(24)).filter(pl.col("table_name") == "utilization")
    assert told.select("measure", "before", "after", "change").rows() == [("row", None, None, "appeared")]


def test_changed_lines_are_those_of_either_side() -> None:
    old, new = table_lines.lines(*rows(3)), table_lines.lines(*rows(4, dearer=1))
    found = changed_lines(old, new).collect()
    assert sorted(found.get_column("row_number").to_list()) == [1, 1, 4]
    assert found.columns == [*old.collect_schema().names(), "_now"]
    assert found.sort("row_number", "_now").get_column("_now").to_list() == [False, True, True]


def test_a_new_cell_appears() -> None:
    later = [row | {"service_date": date(2024, 2, 5)} for row in rows(12)]
    told = changes(rows(12), rows(12) + later).filter(
        pl.col("table_name") == "utilization", pl.col("period_start") == date(2024, 2, 1)
    )
    assert told.select("measure", "change").rows() == [("row", "appeared")]


UNPAID: Row = {"adjudication_state": "pending"}
LATER = date(2024, 4, 20)


def why(before: list[Row], after: list[Row], made_under: str | None = None) -> set[str | None]:
    """Causes told of the utilization or payment cells that moved."""
    told = changes(before, after, made_under)
    return set(told.filter(pl.col("table_name").is_in(["utilization", "payment"])).get_column("why"))


def waiting(count: int) -> list[Row]:
    return [{**UNPAID, "billing_provider_npi": NPIS[i % 3]} for i in range(count)]


def test_why_new_claims() -> None:
    assert why(rows(24), rows(40)) == {"new_claims"}


def test_why_late_remits() -> None:
    assert why(waiting(30), rows(20) + waiting(30)[20:]) == {"late_remits"}


def test_why_corrections() -> None:
    later = {"final_remit_on": LATER, "paid_cents": 42_000}
    corrected = [row | later for row in rows(24, dearer=15)[:15]] + rows(24)[15:]
    assert why(rows(24), corrected) == {"corrections"}
    # a replacement: the old line is superseded, the new one stands in its place
    replaced = [row | {"standing": "superseded"} for row in rows(24)]
    newer = [row | {"claim_frequency_code": "7", "charge_cents": 70_000} for row in rows(24)]
    assert why(rows(24), replaced + newer) == {"corrections"}


def test_why_reference_data_or_rules() -> None:
    cheaper = [row | {"medicare_allowed": 100.0} for row in rows(24)]
    for word in ("reference_data", "rules"):
        assert why(rows(24), cheaper, word) == {word}


def test_the_cause_of_most_patients_is_told() -> None:
    corrected = [row | {"final_remit_on": LATER} for row in rows(24)[:11]] + rows(24)[11:]
    assert why(rows(24), corrected + rows(15)) == {"new_claims"}
    assert why(rows(24), corrected + rows(8)) == {"corrections"}


def test_of_few_patients_no_cause_is_told() -> None:
    assert why(rows(24), rows(30)) == {None}
    # what holds for the whole release tells nothing of a cell
    assert why(rows(24), rows(30), "rules") == {"rules"}


def test_tables_of_changed_lines_are_needed_of_moved_tables_alone() -> None:
    old, new = table_lines.lines(*rows(24)), table_lines.lines(*rows(24, dearer=11))
    before, after = (protect_tables(build(lines), DisclosureRules.of("standard")) for lines in (old, new))
    changed = build(changed_lines(old, new))
    moved = moved_tables(before, after)
    assert "payment" in moved
    assert {"utilization", "diagnoses", "payer_rules", "data_quality"}.isdisjoint(moved)
    told = release_changes(before, after, changed)
    assert told.height
    assert release_changes(before, after, {name: changed[name] for name in moved}).equals(told)
    assert moved_tables(after, after) == []
