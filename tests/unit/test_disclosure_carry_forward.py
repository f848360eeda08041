"""Which rows stand as in the release before, and which go with them."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.rules import DisclosureRules, Rules
from schemas.tables import DATA_QUALITY, TABLES
from transforms.disclosure import carry_forward as module
from transforms.disclosure.carry_forward import CARRIED_SCHEMA, Changes, carry_forward
from transforms.disclosure.gate import GateRefused
from transforms.disclosure.suppress import suppress
from transforms.tables.build import build_tables
from transforms.tables.release_changes import changed_lines

sys.path.insert(0, str(Path(__file__).parent))
import table_lines  # noqa: E402
from table_lines import NPIS, paid  # noqa: E402

Row = dict[str, object]
Tables = dict[str, pl.DataFrame]
AS_OF = date(2024, 6, 30)
ALONE = replace(DisclosureRules.of("shared"), complementary=False)
WITH_COMPANY = replace(ALONE, complementary=True)
PAYERS = ("aetna", "cigna", "uhc")


def build(lines: pl.LazyFrame, as_of: date = AS_OF, rolling: date | None = None) -> Tables:
    quality = table_lines.no_quality()
    return build_tables(
        lines, table_lines.no_remits(), quality, as_of, Rules(), table_lines.reference(), rolling_from=rolling
    )


def rows(dearer: dict[str, int], each: int = 60) -> list[Row]:
    """Lines of three payers, the first few of each allowed ten dollars more."""
    return [
        paid(
            36_000 + (1_000 if n < dearer.get(payer, 0) else 0), payer=payer, billing_provider_npi=NPIS[n % 6]
        )
        for payer in PAYERS
        for n in range(each)
    ]


def released(
    before: list[Row], after: list[Row], rules: DisclosureRules, then: date = AS_OF, now: date = AS_OF
) -> tuple[Tables, Tables, Tables, pl.DataFrame]:
    """The release before, the one after as it would be, as it is, and what is carried."""
    old, new = table_lines.lines(*before), table_lines.lines(*after)
    plain = replace(rules, complementary=False)
    earlier, later = suppress(build(old, then), plain), suppress(build(new, now), plain)
    window = later["utilization"].filter(period_type="rolling_12")["period_start"].min()
    assert isinstance(window, date)
    moved = build(changed_lines(old, new), now, window)
    changes = Changes({"r1": moved}, "r1", moved, pl.DataFrame(schema=CARRIED_SCHEMA))
    made, carried = carry_forward(earlier, later, changes, rules)
    return earlier, later, made, carried


def by_payer(tables: Tables, name: str = "payment", period: str = "month") -> dict[str, float]:
    found = tables[name].filter(period_type=period, line_of_business="all")
    return {payer: float(value) for payer, value in found.select("payer", "allowed_sum").iter_rows()}


def test_only_the_cells_of_few_are_carried() -> None:
    earlier, later, made, carried = released(rows({}), rows({"aetna": 3, "cigna": 12}), ALONE)
    old, new, told = (by_payer(tables) for tables in (earlier, later, made))
    assert told == {**new, "aetna": old["aetna"]}
    assert old["aetna"] != new["aetna"]
    assert carried["basis"].unique().to_list() == ["r1"]
    assert set(carried["cell"].str.split("|").list.get(1)) == {"aetna"}
    for name, frame in made.items():
        TABLES[name].schema().validate(frame)
        assert frame.sort(TABLES[name].key_names, nulls_last=True).equals(frame)


def test_with_complementary_no_change_follows_from_the_others() -> None:
    earlier, later, made, _ = released(rows({}), rows({"aetna": 3, "cigna": 12, "uhc": 20}), WITH_COMPANY)
    old, new, told = (by_payer(tables) for tables in (earlier, later, made))
    stands = {payer for payer in old if told[payer] == old[payer]}
    assert "aetna" in stands
    # three payers and their sum: with aetna at least one other of them stands as it stood
    assert len(stands) >= 2
    assert all(told[payer] in (old[payer], new[payer]) for payer in told)


def test_where_no_selection_is_enough_every_changed_row_is_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise GateRefused("no way")

    monkeypatch.setattr(module, "release_masks", refuse)
    earlier, _, made, _ = released(rows({}), rows({"aetna": 3, "cigna": 12}), WITH_COMPANY)
    assert by_payer(made) == by_payer(earlier)


def test_nothing_changed_is_the_same_release() -> None:
    _, later, made, carried = released(rows({}), rows({}), WITH_COMPANY)
    assert carried.is_empty()
    for name, frame in made.items():
        assert frame.equals(later[name]), name


def test_lines_outside_n_count_as_few() -> None:
    # sixty paid lines stay; two that are out of network, so without price, come to the row of payment
    more = [paid(36_000, network="out_of_network", is_priced=False, is_unit_priced=False) for _ in range(2)]
    earlier, later, made, _ = released(rows({}), rows({}) + more, ALONE)
    month = {"payer": "aetna", "period_type": "month", "line_of_business": "all"}
    told, new, old = (tables["payment"].filter(**month) for tables in (made, later, earlier))
    assert told.equals(old)
    assert not told.equals(new)


def test_a_rolling_window_that_moved_is_new_but_for_cells_of_few() -> None:
    second = [row | {"service_date": date(2024, 3, 5)} for row in rows({"aetna": 3})]
    first = rows({})
    earlier, _, made, _ = released(first, rows({"aetna": 3}) + second, ALONE, now=date(2024, 8, 1))
    starts = made["payment"].filter(period_type="rolling_12")["period_start"].unique().to_list()
    assert len(starts) == 1
    assert starts != earlier["payment"].filter(period_type="rolling_12")["period_start"].unique().to_list()
    few = [*first, *[paid(36_000, payer="bcbs", service_date=date(2024, 3, 5)) for _ in range(3)]]
    _, _, told, _ = released(first, few, ALONE, now=date(2024, 8, 1))
    rolling = told["utilization"].filter(payer="bcbs", period_type="rolling_12")
    assert rolling["suppressed"].all()
    assert set(rolling["suppression_reason"]) == {"complementary"}
    assert told["utilization"].filter(payer="bcbs", period_type="month").is_empty()


def test_claims_that_only_grow_older_are_changes_of_open_claims() -> None:
    def waiting(count: int, day: date) -> list[Row]:
        return [{"first_submitted_on": day, "billing_provider_npi": NPIS[n % 6]} for n in range(count)]

    # five claims go from one band to the next while forty stay in it
    stay, go = waiting(40, date(2024, 6, 20)), waiting(5, date(2024, 6, 1))
    claims = stay + go + waiting(30, date(2024, 5, 10))
    earlier, later, made, _ = released(claims, claims, ALONE, then=date(2024, 6, 30), now=date(2024, 7, 3))
    month = {"payer": "aetna", "period_type": "month", "line_of_business": "commercial", "age_band": "0-30"}
    counts = [t["open_claims"].filter(**month)["patients"].to_list() for t in (earlier, later, made)]
    assert counts == [[45], [40], [45]]


@pytest.mark.parametrize(("more", "shown"), [(10, 100), (11, 111)])
def test_counts_of_rows_move_by_eleven_or_not_at_all(more: int, shown: int) -> None:
    def quality(count: int) -> pl.DataFrame:
        keys = {"payer": "all", "period_type": "month", "period_start": date(2024, 1, 1)}
        row = {**keys, "source": "claim_lines", "rule_code": "all", "suppressed": False, "rows_read": count}
        schema = {c.name: c.dtype for c in DATA_QUALITY.columns}
        return pl.DataFrame([{name: row.get(name) for name in schema}], schema=schema)

    built = suppress(build(table_lines.lines(*rows({}))), ALONE)
    before, after = ({**built, "data_quality": quality(count)} for count in (100, 100 + more))
    changes = Changes({"r1": {}}, "r1", {}, pl.DataFrame(schema=CARRIED_SCHEMA))
    made, _ = carry_forward(before, after, changes, ALONE)
    assert made["data_quality"]["rows_read"].to_list() == [shown]
