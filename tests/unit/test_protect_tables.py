"""What protected audiences see of a row (contract section 6, "standard" 1 to 4, "shared", internal)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
import table_lines
from polars.testing import assert_frame_equal
from table_lines import NPIS, denied, paid, tables_of

from schemas.pandera_schemas import pandera_schema
from schemas.rules import Audience, DisclosureRules, Rules
from schemas.tables import TABLES
from transforms.protect.audience_tables import protect_tables
from transforms.tables.analysis_lines import open_analysis
from transforms.tables.states import states
from transforms.tables.utilization import utilization

Row = dict[str, object]
KEYS = {"payer": "aetna", "line_of_business": "commercial", "period_type": "month"}
QUARTER = KEYS | {"period_type": "quarter"}


def shown(rows: list[Row], table: str, audience: Audience = "standard", **keys: object) -> Row:
    """The row of a table that an audience sees of some lines."""
    frame = protect_tables(tables_of(rows), DisclosureRules.of(audience))[table]
    return frame.filter(**(KEYS | keys)).row(0, named=True)


def is_there(rows: list[Row], table: str, **keys: object) -> bool:
    frame = protect_tables(tables_of(rows), DisclosureRules.of("standard"))[table]
    return not frame.filter(**(KEYS | keys)).is_empty()


def priced(count: int, providers: int = 4, **values: object) -> list[Row]:
    """Paid lines spread over providers."""
    return [paid(36_000, billing_provider_npi=NPIS[i % providers], **values) for i in range(count)]


def test_internal_is_exact_and_has_no_helper_columns() -> None:
    built = tables_of(priced(3))
    made = protect_tables(built, DisclosureRules.of("internal"))
    assert made.keys() == built.keys()
    for name, frame in made.items():
        assert frame.columns == [column.name for column in TABLES[name].columns]
        assert_frame_equal(frame, built[name].select(frame.columns))
    assert made["payment"].get_column("withheld").is_null().all()


@pytest.mark.parametrize("audience", ["standard", "shared"])
def test_what_is_shown_keeps_its_schema(audience: Audience) -> None:
    for name, frame in protect_tables(tables_of(priced(40)), DisclosureRules.of(audience)).items():
        pandera_schema(TABLES[name].schema()).validate(frame)


@pytest.mark.parametrize(("patients", "there"), [(10, False), (11, True)])
def test_a_row_needs_11_of_each_count_of_its_n(patients: int, there: bool) -> None:
    """Rule 1: patients, cases, claims and lines; other rows are not published at all."""
    rows = [row | {"patient_key": f"patient{i % patients}"} for i, row in enumerate(priced(24))]
    assert is_there(rows, "utilization") is there
    assert (
        is_there([row | {"claim_key": f"c{i % patients}"} for i, row in enumerate(priced(24))], "payment")
        is there
    )


def test_counts_of_n_are_rounded() -> None:
    """Rule 2."""
    told = shown(priced(13), "utilization")
    assert [told[name] for name in ("claims", "service_lines", "cases", "patients")] == [15] * 4
    assert told["billing_providers"] == 4


@pytest.mark.parametrize(
    ("refused", "told", "rate"),
    [(0, 0, 0.0), (1, None, None), (10, None, None), (11, 15, 0.5), (20, None, None), (30, 30, 1.0)],
)
def test_a_count_of_1_to_10_or_that_leaves_as_many_is_null_with_what_rests_on_it(
    refused: int, told: int | None, rate: float | None
) -> None:
    """Rule 2; and rule 3: the rate is made of published counts (15 of 30)."""
    row = shown([denied() for _ in range(refused)] + priced(30 - refused), "denials")
    assert (row["denied_lines"], row["denial_rate"]) == (told, rate)
    assert (row["denied_charge_sum"] is None) == (told is None)


@pytest.mark.parametrize(
    ("refused", "month", "longer"),
    [(0, 0, 0), (10, None, None), (11, 15, None), (12, 15, None), (13, 15, 15)],
)
def test_a_row_that_others_add_up_to_withholds_counts_up_to_12(
    refused: int, month: int | None, longer: int | None
) -> None:
    """Contract section 6, what it must stand: its parts may tell 9 or more, which must leave three values."""
    tables = protect_tables(
        tables_of([denied() for _ in range(refused)] + priced(40)), DisclosureRules.of("standard")
    )
    own = {"payer": "aetna", "line_of_business": "commercial"}
    rows = tables["denials"]
    assert rows.filter(**own, period_type="month").get_column("denied_lines").to_list() == [month]
    wholes = rows.filter((pl.col("period_type") != "month") | pl.col("is_rollup"))
    assert wholes.height > 3
    assert set(wholes.get_column("denied_lines")) == {longer}
    assert set(wholes.get_column("denial_rate").is_null()) == {longer is None}


@pytest.mark.parametrize("answered", [10, 11, 12])
def test_adjudicated_lines_are_told_as_the_n_of_denials(answered: int) -> None:
    """Rule 2: 15 in one table and null in the other would tell 11 or 12, 15 in both 13 or more."""
    tables = protect_tables(
        tables_of(priced(answered) + [{"adjudication_state": "pending"}] * 20), DisclosureRules.of("standard")
    )
    keys = ["payer", "line_of_business", "period_type", "period_start"]
    both = tables["utilization"].join(tables["denials"], on=keys, how="left", suffix="_of_denials")
    assert both.height > 3
    expected = 15 if answered > 10 else None
    assert set(both.get_column("adjudicated_lines")) == {expected}
    assert set(both.get_column("service_lines_of_denials")) == {expected}


def test_a_count_that_is_another_tables_n_is_shown_whatever_it_leaves() -> None:
    """Rule 2: adjudicated lines are the N of `denials`, where they stand anyway."""
    row = shown(priced(25) + [{"adjudication_state": "pending"}] * 4, "utilization")
    assert (row["adjudicated_lines"], row["pending_lines"]) == (25, None)
    assert row["adjudicated_share"] == round(25 / 30, 4)


def test_counts_of_one_or_two_providers_are_null() -> None:
    """Rule 2."""
    assert shown(priced(30, providers=2), "utilization")["billing_providers"] is None
    assert shown(priced(30, providers=3), "utilization")["billing_providers"] == 3


def test_percentiles_are_values_of_lines_in_steps_of_10_cents() -> None:
    """Rule 3: nearest rank, so that no half tells an even number; the 7th of 14 values."""
    rows = [paid(30_000 + 107 * i, billing_provider_npi=NPIS[i % 4]) for i in range(14)]
    assert shown(rows, "payment", "internal")["allowed_p50"] == 306.955
    assert shown(rows, "payment")["allowed_p50"] == 306.4


def test_means_and_sums_of_money() -> None:
    """Rule 3: a mean to 10 dollars (per unit: 1), a sum is published mean x published count."""
    told = shown([paid(36_000 + 100 * i, billing_provider_npi=NPIS[i % 4]) for i in range(42)], "payment")
    # 380.50 dollars, 63.42 a unit; 42 lines are told as 40
    assert (told["allowed_mean"], told["allowed_per_unit_mean"]) == (380.0, 63.0)
    assert told["allowed_sum"] == Decimal("15200.00")
    assert told["charge_sum"] == Decimal("26400.00")


def test_sums_of_minutes_and_units() -> None:
    """Rule 3: minutes to whole ones, units to 0.1."""
    rows = [row | {"anesthesia_minutes": 31.0 + i % 2} for i, row in enumerate(priced(21))]
    told = shown(rows, "utilization")
    assert (told["minutes_mean"], told["minutes_sum"]) == (31.0, 620.0)
    assert (told["billed_units_mean"], told["billed_units_sum"]) == (6.0, 120.0)


@pytest.mark.parametrize(("dearer", "lines", "mean"), [(74, 12, None), (62, 12, 61.0), (65, 120, 62.0)])
def test_a_mean_of_few_values_far_apart_needs_many_lines(dearer: int, lines: int, mean: float | None) -> None:
    """Rule 3: it would tell how many lines have which, and so how many there are."""
    rows = [paid((dearer if i % 2 else 60) * 600, billing_provider_npi=NPIS[i % 4]) for i in range(lines)]
    told = shown(rows, "payment")
    assert told["allowed_per_unit_mean"] == mean
    assert told["allowed_per_unit_p50"] == 60.0
    assert (told["withheld"] == "few_lines") is (lines == 12)


def test_a_ratio_of_sums_is_made_from_the_published_ones() -> None:
    told = shown(priced(20), "payment")
    assert told["allowed_to_charge"] == round(float(told["allowed_sum"]) / float(told["charge_sum"]), 2)  # type: ignore[arg-type]


def test_dates_are_months() -> None:
    """Rule 3."""
    assert shown(priced(20), "timeliness")["paid_through"] == date(2024, 2, 1)


@pytest.mark.parametrize(("carrying", "told"), [(10, None), (11, "N115")])
def test_the_commonest_remark_needs_11_lines(carrying: int, told: str | None) -> None:
    """Rule 3."""
    rows = [denied(remark_codes="N115") for _ in range(carrying)] + [denied() for _ in range(20)]
    assert shown(rows, "denial_reasons")["top_rarc"] == told


@pytest.mark.parametrize(
    ("rows", "why", "is_shown"),
    [
        (priced(10) + [{"adjudication_state": "pending"}] * 20, "few_lines", False),
        (priced(12, providers=2), "few_providers", False),
        (priced(12, providers=3) + priced(13, providers=1), "dominant_provider", False),
        (priced(10, providers=2) * 3 + priced(3, providers=3), "dominant_provider", False),
        (priced(12, providers=3), None, True),
    ],
)
def test_a_price_needs_lines_and_providers_and_none_dominant(
    rows: list[Row], why: str | None, is_shown: bool
) -> None:
    """Rule 4: 11 lines, 3 providers, none above 50 % of the lines and no two above 90 %."""
    told = shown(rows, "states")
    assert told["withheld"] == why
    assert (told["allowed_per_unit_p50"] is not None) is is_shown
    assert (told["ratio_to_national_medicare"] is not None) is is_shown


@pytest.mark.parametrize(("lines", "are_shown"), [(29, False), (30, True)])
def test_tails_need_30_lines(lines: int, are_shown: bool) -> None:
    """Rule 4; days have tails, too."""
    rows = priced(lines)
    told = shown(rows, "payment")
    assert (told["allowed_p10"] is not None) is are_shown
    assert told["allowed_p50"] is not None
    assert told["withheld"] == (None if are_shown else "few_lines")
    assert (shown(rows, "timeliness")["days_to_payment_p90"] is not None) is are_shown


def test_a_price_that_no_line_has_is_not_withheld() -> None:
    told = shown([denied() for _ in range(20)], "states")
    assert (told["allowed_per_unit_p50"], told["withheld"]) == (None, None)


def test_providers_of_one_owner_are_one_provider() -> None:
    """Rule 4: owners of config/provider_groups.csv."""
    owners = {NPIS[0]: "one", NPIS[1]: "one"}
    lines = table_lines.lines(*priced(24, providers=3))
    analysis = open_analysis(lines, date(2024, 6, 30), Rules(), table_lines.reference(), owners)
    built = {"states": states(analysis, utilization(analysis))}
    told = protect_tables(built, DisclosureRules.of("standard"))["states"].filter(**KEYS).row(0, named=True)
    assert (told["billing_providers"], told["withheld"]) == (3, "few_providers")


@pytest.mark.parametrize(("providers", "why"), [(4, "few_providers"), (5, None)])
def test_shared_prices_need_5_providers(providers: int, why: str | None) -> None:
    told = shown(priced(60, providers), "states", "shared", period_type="quarter")
    assert told["withheld"] == why


@pytest.mark.parametrize(("allowed", "why"), [(36_000, None), (90_000, "dominant_provider")])
def test_no_provider_has_more_than_a_quarter_of_shared_dollars(allowed: int, why: str | None) -> None:
    rows = priced(60, 5)
    rows[::5] = [paid(allowed + 1_000 * i, billing_provider_npi=NPIS[0]) for i in range(12)]
    assert shown(rows, "states", "shared", period_type="quarter")["withheld"] == why


def test_shared_has_quarters_and_years_of_some_tables() -> None:
    made = protect_tables(tables_of(priced(60)), DisclosureRules.of("shared"))
    assert {"open_claims", "data_quality", "freshness", "contract_variance"}.isdisjoint(made)
    assert set(made["utilization"].get_column("period_type")) == {"quarter", "year"}


def test_contract_variance_is_for_internal_alone() -> None:
    """Rule 5."""
    built = tables_of(priced(60))
    assert "contract_variance" in protect_tables(built, DisclosureRules.of("internal"))
    assert "contract_variance" not in protect_tables(built, DisclosureRules.of("standard"))
