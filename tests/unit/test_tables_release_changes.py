"""What a release says of the one before it, and what it does not."""

from __future__ import annotations

from datetime import date

import polars as pl
import table_lines
from table_lines import NPIS, paid

from schemas.pandera_schemas import pandera_schema
from schemas.rules import Rules
from schemas.tables import RELEASE_CHANGES, TABLES
from transforms.tables.build import all_tables
from transforms.tables.release_changes import causes_of, changed_lines, release_changes

Row = dict[str, object]
MONTH = (pl.col("period_type") == "month") & (pl.col("payer") == "aetna")
MONTH &= pl.col("line_of_business") == "commercial"


def build(lines: pl.LazyFrame) -> dict[str, pl.DataFrame]:
    return all_tables(
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


def changes(
    before: list[Row], after: list[Row], made_under: str | None = None, minimum: int = 11
) -> pl.DataFrame:
    old, new = table_lines.lines(*before), table_lines.lines(*after)
    causes = causes_of(changed_lines(old, new), made_under, None, minimum)
    made = release_changes(published(build(old)), published(build(new)), causes, made_under)
    pandera_schema(RELEASE_CHANGES.schema()).validate(made)
    return made.filter(MONTH)


def published(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The published columns, every row exact, but for rows of fewer than 11 lines, which are left out."""
    shown = {name: frame.select(c.name for c in TABLES[name].columns) for name, frame in tables.items()}
    return {
        name: frame.filter(pl.col("service_lines") >= 11) if "service_lines" in frame.columns else frame
        for name, frame in shown.items()
    }


def test_a_release_that_is_the_same_has_no_changes() -> None:
    assert changes(rows(24), rows(24)).height == 0


def test_a_number_that_moved_is_told_as_both_releases_show_it() -> None:
    told = changes(rows(24), rows(24, dearer=1)).filter(
        pl.col("table_name") == "payment", pl.col("measure") == "allowed_sum"
    )
    # 24 x 360 = 8640, and 60 more
    assert told.select("before", "after", "change").rows() == [(8640.0, 8700.0, "changed")]


def test_a_row_that_one_release_leaves_out_is_named_without_values() -> None:
    for before, after, word in ((10, 24, "appeared"), (24, 10, "disappeared")):
        told = changes(rows(before), rows(after)).filter(pl.col("table_name") == "utilization")
        assert told.select("measure", "before", "after", "change").rows() == [("row", None, None, word)]


def test_a_value_that_one_release_withholds_stands_on_one_side() -> None:
    first = published(build(table_lines.lines(*rows(24))))
    withheld = {"payment": first["payment"].with_columns(pl.lit(None, pl.Float64).alias("allowed_p50"))}
    for sides, values, word in (
        ((first, withheld), (360.0, None), "withheld_now"),
        ((withheld, first), (None, 360.0), "shown_now"),
    ):
        told = release_changes(*sides).filter(MONTH)
        assert told.select("measure", "before", "after", "change").rows() == [("allowed_p50", *values, word)]


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
    assert set(changes(rows(24), rows(30), minimum=1)["why"]) == {"new_claims"}
    # what holds for the whole release tells nothing of a cell
    assert why(rows(24), rows(30), "rules") == {"rules"}
