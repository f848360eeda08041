"""Primary suppression on cells small enough to count by hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.rules import DisclosureRules, Rules
from schemas.tables import TABLES
from transforms.disclosure.suppress import suppress
from transforms.tables.build import build_tables

sys.path.insert(0, str(Path(__file__).parent))
import table_lines  # noqa: E402
from table_lines import NPIS, denied, paid  # noqa: E402

Row = dict[str, object]
STANDARD = replace(DisclosureRules.of("standard"), complementary=False)
"""Primary suppression alone: what must go for others has tests of its own."""


def release(rows: list[Row], rules: DisclosureRules = STANDARD) -> dict[str, pl.DataFrame]:
    tables = table_lines.tables_of(rows)
    return suppress(tables, rules)


def month(frame: pl.DataFrame, payer: str = "aetna") -> Row:
    found = frame.filter(
        pl.col("payer") == payer, pl.col("line_of_business") == "commercial", pl.col("period_type") == "month"
    )
    assert found.height == 1
    return found.row(0, named=True)


def paid_by(lines: dict[str, int]) -> list[Row]:
    """Paid lines per billing provider, allowed 360.00 and up: 60 dollars a unit and a little more each."""
    npis = [npi for npi, count in lines.items() for _ in range(count)]
    return [paid(36_000 + 100 * i, billing_provider_npi=npi) for i, npi in enumerate(npis)]


def test_ten_patients_hide_the_row_and_eleven_do_not() -> None:
    few = month(release(paid_by({NPIS[0]: 4, NPIS[1]: 3, NPIS[2]: 3}))["utilization"])
    enough = month(release(paid_by({NPIS[0]: 4, NPIS[1]: 4, NPIS[2]: 3}))["utilization"])
    assert (few["suppressed"], few["suppression_reason"]) == (True, "small_cell")
    assert {few[m.name] for m in TABLES["utilization"].measures} == {None}
    assert few["payer"] == "aetna"
    assert (enough["suppressed"], enough["suppression_reason"], enough["patients"]) == (False, None, 11)


def test_eleven_lines_of_ten_patients_are_hidden() -> None:
    rows = paid_by({NPIS[0]: 4, NPIS[1]: 4, NPIS[2]: 3})
    rows[1]["patient_key"] = rows[0]["patient_key"] = "one patient"
    assert month(release(rows)["utilization"])["suppressed"] is True


@pytest.mark.parametrize(
    ("denied_lines", "paid_lines", "shown"),
    [(0, 30, True), (10, 20, False), (11, 19, True), (19, 11, True), (20, 10, False), (30, 0, True)],
)
def test_count_and_complement_in_its_denominator(denied_lines: int, paid_lines: int, shown: bool) -> None:
    rows = [denied() for _ in range(denied_lines)] + [paid(36_000) for _ in range(paid_lines)]
    row = month(release(rows)["denials"])
    assert (row["denied_lines"] == denied_lines) is shown
    assert (row["denial_rate"] is not None) is shown
    assert (row["denied_charge_sum"] is not None) is shown
    assert row["service_lines"] == 30


def test_complement_across_tables_hides_n_and_what_uses_it() -> None:
    # 40 lines billed, 35 of them adjudicated: 5 are pending, so neither 35 nor a mean over 35 may stand
    rows = [paid(36_000, billing_provider_npi=NPIS[i % 4]) for i in range(35)] + [{} for _ in range(5)]
    made = release(rows)
    billed, paid_row = month(made["utilization"]), month(made["payment"])
    assert (billed["service_lines"], billed["adjudicated_lines"], billed["pending_lines"]) == (40, None, None)
    assert paid_row["suppressed"] is False
    assert (paid_row["service_lines"], paid_row["allowed_sum"], paid_row["allowed_mean"]) == (
        None,
        None,
        None,
    )
    assert paid_row["allowed_p50"] == 360.0


@pytest.mark.parametrize("paid_lines", [29, 35])
def test_tails_do_not_tell_where_a_withheld_n_stands(paid_lines: int) -> None:
    # 39 lines of which 29 to 38 are priced: without tails 29 (fewer than 30), with them 30 or more
    rows = [paid(36_000, billing_provider_npi=NPIS[i % 4]) for i in range(paid_lines)]
    row = month(release(rows + [{} for _ in range(39 - paid_lines)])["payment"])
    assert (row["service_lines"], row["allowed_p50"]) == (None, 360.0)
    assert (row["allowed_p10"], row["allowed_per_unit_p90"]) == (None, None)


@pytest.mark.parametrize(
    ("lines", "reason", "shown"),
    [
        ({NPIS[0]: 6, NPIS[1]: 6}, "few_providers", False),
        ({NPIS[0]: 7, NPIS[1]: 3, NPIS[2]: 3}, "dominant_provider", False),
        ({NPIS[0]: 6, NPIS[1]: 3, NPIS[2]: 3}, None, True),  # six of twelve are not more than half
    ],
)
def test_prices_need_three_providers_none_dominant(
    lines: dict[str, int], reason: str | None, shown: bool
) -> None:
    row = month(release(paid_by(lines))["payment"])
    assert (row["suppressed"], row["suppression_reason"]) == (False, reason)
    assert (row["allowed_sum"] is not None) is shown
    assert (row["allowed_per_unit_p50"] is not None) is shown
    assert row["service_lines"] == sum(lines.values())
    assert row["charge_sum"] is not None


@pytest.mark.parametrize(("count", "shown"), [(29, False), (30, True)])
def test_tails_need_thirty_lines(count: int, shown: bool) -> None:
    rows = [paid(36_000, billing_provider_npi=NPIS[i % 3]) for i in range(count)]
    row = month(release(rows)["payment"])
    assert (row["allowed_p10"] is not None) is shown
    assert (row["allowed_per_unit_p90"] is not None) is shown
    assert row["allowed_p25"] == 360.0


def test_owners_count_as_one_provider() -> None:
    rows = paid_by({NPIS[0]: 4, NPIS[1]: 4, NPIS[2]: 4})
    tables = build_tables(
        table_lines.lines(*rows),
        table_lines.no_remits(),
        table_lines.no_quality(),
        date(2024, 6, 30),
        Rules(),
        table_lines.reference(),
        owners={NPIS[0]: "group", NPIS[1]: "group"},
    )
    row = month(suppress(tables, STANDARD)["payment"])
    assert (row["billing_providers"], row["allowed_sum"]) == (3, None)
    assert row["suppression_reason"] == "few_providers"


def test_shared_audience_looks_at_dollars() -> None:
    # five providers of six lines each, 20 % of the lines; the first has 6000 of 6000 + 2400 dollars
    rows = [paid(100_000 if i % 5 == 0 else 10_000, billing_provider_npi=NPIS[i % 5]) for i in range(30)]
    assert month(release(rows)["payment"])["allowed_sum"] is not None
    shared = month(release(rows, DisclosureRules.of("shared"))["payment"])
    assert (shared["allowed_sum"], shared["suppression_reason"]) == (None, "dominant_provider")


def test_internal_audience_sees_everything() -> None:
    rows = paid_by({NPIS[0]: 2})
    made = release(rows, DisclosureRules.of("internal"))
    row = month(made["payment"])
    assert (row["suppressed"], row["patients"], row["allowed_sum"]) == (False, 2, 721)
    assert not [name for frame in made.values() for name in frame.columns if name.startswith("_")]


def test_published_columns_are_those_of_the_specs() -> None:
    made = release(paid_by({NPIS[0]: 4, NPIS[1]: 4, NPIS[2]: 4}))
    for name, frame in made.items():
        assert dict(frame.schema) == {c.name: c.dtype for c in TABLES[name].columns}, name
        TABLES[name].schema().validate(frame)


def test_percentiles_stand_where_a_mean_would_give_a_count_away() -> None:
    # 25 of 30 lines have minutes: sum over mean would tell 25, and with it that 5 have none
    rows = [{} for _ in range(25)] + [{"anesthesia_minutes": None} for _ in range(5)]
    row = month(release(rows)["utilization"])
    assert (row["minutes_sum"], row["minutes_mean"]) == (None, None)
    assert (row["minutes_p50"], row["service_lines"]) == (30.0, 30)
