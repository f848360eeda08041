"""Cases whose lines have several payers or lines of business (contract section 5)."""

from __future__ import annotations

from datetime import date

import pytest
import table_lines
from table_lines import paid

from schemas.rules import Rules
from transforms.tables.build import all_tables

Row = dict[str, object]
AS_OF = date(2025, 6, 30)


@pytest.mark.parametrize(
    ("other", "whole"),
    [
        ({"line_of_business": "medicare_advantage"}, {("aetna", "all"), ("all", "all")}),
        ({"payer": "uhc"}, {("all", "commercial"), ("all", "all")}),
        ({"payer": "uhc", "line_of_business": "medicare_advantage"}, {("all", "all")}),
    ],
)
def test_a_case_is_complete_where_all_its_lines_are(other: Row, whole: set[tuple[str, str]]) -> None:
    """Contract 5: it counts in each row that holds a line of it, and is complete there only if all are."""
    pair: Row = {"patient_key": "pair", "share": 0.5}
    lines = table_lines.lines(
        paid(18_000, care_model="directed_physician", **pair),
        paid(18_600, care_model="directed_crna", **pair, **other),
        paid(30_000),
    )
    empty = table_lines.no_remits(), table_lines.no_quality()
    tables = all_tables(lines, *empty, AS_OF, Rules(), table_lines.reference())
    made = tables["case_payment"].filter(period_type="month")
    for row in made.to_dicts():
        place = (row["payer"], row["line_of_business"])
        alone = int(row["payer"] != "uhc" and row["line_of_business"] != "medicare_advantage")
        pairs = int(place in whole)
        assert (row["complete_cases"], row["incomplete_cases"]) == (alone + pairs, 1 - pairs), place
        amounts = [300.0] * alone + [366.0] * pairs
        assert row["allowed_per_case_mean"] == (sum(amounts) / len(amounts) if amounts else None), place
