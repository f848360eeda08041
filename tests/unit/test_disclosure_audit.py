"""What is told of suppression itself: shares by reason, and none that tells of a row."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from schemas.rules import DisclosureRules
from schemas.tables import DATA_QUALITY, TABLES
from transforms.disclosure.audit import suppression_shares, with_suppression, withheld_rows

RULES = DisclosureRules.of("standard")


def tables(hidden: list[tuple[int, str]], shown: list[int]) -> tuple[dict[str, pl.DataFrame], ...]:
    """Utilization before and after: withheld rows of so many lines for a reason, and shown rows."""
    rows = [(lines, reason) for lines, reason in hidden] + [(lines, None) for lines in shown]
    keys = {"procedure_code": "01939", "payer": "aetna", "line_of_business": "all", "period_type": "month"}
    schema = {c.name: c.dtype for c in TABLES["utilization"].columns}
    made = [
        {
            **keys,
            "period_start": date(2000 + n // 12, n % 12 + 1, 1),
            "service_lines": lines,
            "suppressed": reason is not None
            and not reason.endswith("provider")
            and reason != "few_providers",
            "suppression_reason": reason,
        }
        for n, (lines, reason) in enumerate(rows)
    ]
    before = pl.DataFrame([{name: row.get(name) for name in schema} for row in made], schema=schema)
    after = before.with_columns(pl.when(~pl.col("suppressed")).then("service_lines").alias("service_lines"))
    return {"utilization": before}, {"utilization": after}


def shares(hidden: list[tuple[int, str]], shown: list[int]) -> dict[str, tuple[float, float | None]]:
    found = suppression_shares(*tables(hidden, shown), RULES)
    return {reason: (rows, lines) for _, _, reason, rows, lines in found.iter_rows()}


def test_rows_are_exact_and_lines_whole_percents_rounded_down() -> None:
    # 150 lines of 30 small rows among 3200: 4.7 %; 330 of 11 for company: 10.3 %
    told = shares([(5, "small_cell")] * 30 + [(30, "complementary")] * 11, [340] * 8 + [0] * 10)
    assert told == {"small_cell": (30 / 59, 0.04), "complementary": (11 / 59, 0.1)}
    told = shares([(5, "small_cell")] * 30, [283] * 10)
    assert told["small_cell"] == (30 / 40, 0.05)
    assert shares([(4, "small_cell")] * 30, [288] * 10)["small_cell"] == (30 / 40, 0.04)
    assert shares([(4, "small_cell")] * 29 + [(3, "small_cell")], [288] * 10)["small_cell"][1] == 0.03


@pytest.mark.parametrize(
    ("hidden", "shown"),
    [
        pytest.param([(4, "small_cell")], [1000] * 5, id="one-row"),
        pytest.param([(4, "small_cell")] * 30, [30] * 10, id="a-percent-is-few-lines"),
        pytest.param([(1, "small_cell")] * 12, [130] * 10, id="as-few-as-can-be"),
        pytest.param([(10, "small_cell")] * 22, [88] * 10, id="as-many-as-can-be"),
        pytest.param([(12, "complementary")] * 10, [110] * 10, id="few-rows-for-company"),
    ],
)
def test_no_share_of_lines_where_it_could_tell_of_a_row(
    hidden: list[tuple[int, str]], shown: list[int]
) -> None:
    ((rows, lines),) = shares(hidden, shown).values()
    assert lines is None
    assert rows == len(hidden) / (len(hidden) + len(shown))


def test_rows_whose_prices_are_withheld_are_told_too() -> None:
    assert shares([(50, "few_providers")], [950, 1000]) == {"few_providers": (1 / 3, 0.02)}


def test_every_told_percent_leaves_each_row_three_values() -> None:
    for count in range(1, 40):
        for each in range(1, 11):
            hidden = [(each, "small_cell")] * count
            (_, told), *_ = shares(hidden, [1400]).values()
            if told is None:
                continue
            whole = 1400 + each * count
            sums = [s for s in range(count, 10 * count + 1) if int(s * 100 / whole) == round(told * 100)]
            least, most = max(1, sums[0] - 10 * (count - 1)), min(10, sums[-1] - (count - 1))
            assert most - least >= 2, (count, each, told)


def test_they_stand_in_data_quality_and_in_the_summary() -> None:
    before, after = tables([(5, "small_cell")] * 30, [283] * 10)
    quality = pl.DataFrame(schema={c.name: c.dtype for c in DATA_QUALITY.columns})
    made = with_suppression(quality, suppression_shares(before, after, RULES))
    DATA_QUALITY.schema().validate(made)
    told = made.row(0, named=True)
    assert (told["payer"], told["period_type"], told["source"]) == ("all", "undated", "suppression")
    assert told["rule_code"] == "utilization/month/small_cell"
    assert (told["withheld_row_share"], told["withheld_line_share"]) == (0.75, 0.05)
    assert withheld_rows({**after, "data_quality": made}) == {"small_cell": round(30 / 41, 4)}
