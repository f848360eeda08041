"""Expected amounts, collections, the price index and freshness, worked out by hand (contract section 6)."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from table_lines import NPIS, denied, paid, reference, tables_of

from schemas.rules import DisclosureRules
from transforms.protect.audience_tables import protect_tables
from transforms.tables.freshness import freshness

Row = dict[str, object]
KEYS = {"payer": "aetna", "line_of_business": "commercial", "period_type": "month"}
JULY = {"service_date": date(2024, 7, 9)}


def cell(frame: pl.DataFrame, **keys: object) -> Row:
    found = frame.filter(**(KEYS | keys))
    assert found.height == 1, found
    return found.row(0, named=True)


def spread(count: int, cents: int, **values: object) -> list[Row]:
    return [paid(cents, billing_provider_npi=NPIS[i % 4], **values) for i in range(count)]


def test_denied_and_recovered_dollars_are_at_the_payers_own_median_of_the_year() -> None:
    """Contract 6 `denials`: 60, 60 and 90 dollars per unit have the median 60; a denied line of 6 units and
    one of 10 at half share are 360 + 300; one without minutes has none; another year has no price.
    """
    rows = [
        *(paid(cents, service_date=date(2024, 3, 1)) for cents in (36_000, 36_000, 54_000)),
        denied(),
        denied(billed_unit_tenths=100, share=0.5),
        denied(billed_unit_tenths=None),
        denied(service_date=date(2023, 5, 1)),
        paid(30_000, initially_denied=True),
    ]
    told = cell(tables_of(rows)["denials"], period_start=date(2024, 1, 1))
    assert told["denied_allowed_sum"] == Decimal("660.00")
    assert told["recovered_allowed_sum"] == Decimal("360.00")
    assert cell(tables_of(rows)["denials"], period_start=date(2023, 5, 1))["denied_allowed_sum"] == 0


def test_protected_sums_are_at_the_published_median_and_need_one() -> None:
    """Audiences rule 3: the payer's own median is the published one: 61.03 becomes 61.00, and with ten priced
    lines there is none.
    """
    for count, told in ((14, Decimal("5550.00")), (10, None)):
        rows = [*spread(count, 36_618), *(denied(billing_provider_npi=NPIS[i % 4]) for i in range(14))]
        shown = protect_tables(tables_of(rows), DisclosureRules.of("standard"))["denials"]
        assert cell(shown)["denied_allowed_sum"] == told


def test_collections_expect_what_was_allowed_and_the_median_where_unanswered() -> None:
    """Contract 6 `collections`: 300 + 300 allowed, 0 denied, two open, one reversed of 6 units at 50."""
    rows: list[Row] = [
        paid(30_000, paid_cents=25_000, coinsurance_cents=4_000, copay_cents=1_000),
        paid(30_000, reversed_paid_cents=7_000),
        denied(),
        {},
        {"adjudication_state": "awaiting_readjudication"},
        {"adjudication_state": "reversed", "reversed_paid_cents": 12_000},
        {"billed_unit_tenths": None},
    ]
    told = cell(tables_of(rows)["collections"])
    assert (told["service_lines"], told["expected_allowed_sum"]) == (7, Decimal("1500.00"))
    assert (told["paid_sum"], told["patient_responsibility_sum"]) == (Decimal("550.00"), Decimal("50.00"))
    assert told["net_collection_rate"] == round(550 / 1450, 4)
    assert told["open_allowed_sum"] == Decimal("600.00")
    assert told["days_in_receivables"] == round(600 * 31 / 1500, 4)
    assert told["reversed_paid_sum"] == Decimal("190.00")


def test_the_payers_own_rules_say_on_how_many_lines_they_rest() -> None:
    """Contract 6 `payment`: no rule is known of a payer that is not mapped."""
    told = cell(
        tables_of([paid(36_000, payer="other"), paid(36_000, payer="other")])["payment"], payer="other"
    )
    assert (told["unit_priced_lines"], told["payer_rules_lines"]) == (2, 0)


def index(rows: list[Row], **keys: object) -> list[Row]:
    made = tables_of(rows, date(2025, 12, 31))["price_trend"]
    return made.filter(**(KEYS | keys)).sort("period_start").to_dicts()


def test_the_index_holds_the_mix_fixed() -> None:
    """Contract 6 `price_trend`: no price moves, though the dear site has 10 of 20 lines first, 18 later."""
    cheap, dear = {"place_of_service": "24"}, {"place_of_service": "22"}
    rows = [*spread(10, 30_000, **cheap), *spread(10, 60_000, **dear)]
    rows += [*spread(2, 30_000, **cheap, **JULY), *spread(18, 60_000, **dear, **JULY)]
    first, later = index(rows)
    assert (first["price_index"], later["price_index"]) == (100.0, 100.0)
    assert (later["price_index_low"], later["price_index_high"]) == (100.0, 100.0)
    assert (first["allowed_per_unit_p50"], later["allowed_per_unit_p50"]) == (75.0, 100.0)


def test_the_index_weighs_strata_by_their_lines_in_all_mature_periods() -> None:
    """30 lines rise by a tenth, 10 stay: 1.1 to the power of 30 of 40."""
    surgeon, other = {"place_of_service": "24"}, {"place_of_service": "22"}
    rows = [*spread(15, 30_000, **surgeon), *spread(5, 60_000, **other)]
    rows += [*spread(15, 33_000, **surgeon, **JULY), *spread(5, 60_000, **other, **JULY)]
    assert index(rows)[1]["price_index"] == round(100 * 1.1 ** (30 / 40), 4)


def test_the_interval_is_that_of_a_difference_of_means_of_logarithms() -> None:
    """One stratum: 10 and 10 lines of two prices, a tenth dearer in July; 1.96 standard errors."""
    rows = [*spread(10, 30_000), *spread(10, 36_000)]
    rows += [*spread(10, 33_000, **JULY), *spread(10, 39_600, **JULY)]
    later = index(rows)[1]
    half = math.log(1.2) / 2
    error = math.sqrt(2 * (20 * half**2 / 19) / 20)
    assert later["price_index"] == pytest.approx(110, abs=1e-3)
    assert later["price_index_low"] == pytest.approx(110 * math.exp(-1.959964 * error), abs=1e-2)
    assert later["price_index_high"] == pytest.approx(110 * math.exp(1.959964 * error), abs=1e-2)


def test_the_index_begins_with_the_first_mature_period_of_11_lines() -> None:
    rows = [
        *spread(10, 30_000),
        *spread(11, 30_000, **JULY),
        *spread(11, 33_000, service_date=date(2025, 11, 3)),
    ]
    told = index(rows)
    assert [row["price_index"] for row in told] == [None, 100.0, 110.0]
    assert told[2]["is_mature"] is False


def test_a_period_that_has_too_little_in_common_with_the_first_has_no_index() -> None:
    rows = [*spread(12, 30_000), *spread(40, 30_000, place_of_service="11", **JULY)]
    assert [row["price_index"] for row in index(rows)] == [100.0, None]


def test_a_roll_up_holds_payers_and_lines_of_business_fixed_too() -> None:
    rows = [*spread(11, 30_000), *spread(11, 12_000, payer="uhc")]
    rows += [*spread(20, 30_000, **JULY), *spread(2, 12_000, payer="uhc", **JULY)]
    assert [row["price_index"] for row in index(rows, payer="all")] == [100.0, 100.0]


def test_change_on_year_compares_the_same_period() -> None:
    """Contract 6 `price_trend`: 60 dollars per unit a year ago, 66 now; protected: at published medians."""
    rows = [*spread(12, 36_020), *spread(12, 39_600, service_date=date(2025, 1, 10))]
    made = tables_of(rows, date(2025, 12, 31))
    told = cell(made["price_trend"], period_start=date(2025, 1, 1))
    assert (told["allowed_per_unit_p50_year_ago"], told["change_on_year"]) == (60.0333, 0.0994)
    shown = protect_tables(made, DisclosureRules.of("standard"))["price_trend"]
    seen = cell(shown, period_start=date(2025, 1, 1))
    assert (seen["allowed_per_unit_p50_year_ago"], seen["change_on_year"]) == (60.0, 0.1)
    assert (seen["price_index"], seen["price_index_low"]) == (110.0, 110.0)
    assert "rolling_12" not in made["price_trend"].get_column("period_type").to_list()


def test_freshness_tells_when_files_come_and_which_payer_is_late() -> None:
    """Contract 6 `freshness`: files of 1, 8 and 15 March, as of 31 March: 16 days, usually 7: late."""
    days = [("a", 1), ("b", 8), ("b", 7), ("c", 15)]
    rows = [
        {
            "file_key": file,
            "payer_id": "60054",
            "payer_name": "AETNA",
            "in_scope": True,
            "service_date": date(2024, 2, day),
            "submitted_on": date(2024, 3, day),
            "cannot_answer": None,
        }
        for file, day in days
    ]
    rows.append({**rows[0], "submitted_on": date(2024, 3, 30), "cannot_answer": "timeliness"})
    claims = pl.LazyFrame(rows, infer_schema_length=None)
    remits = (
        claims.filter(pl.col("file_key") == "a", pl.col("cannot_answer").is_null())
        .rename({"submitted_on": "payment_date"})
        .drop("in_scope")
    )
    made = freshness(claims, remits, date(2024, 3, 31), reference())
    told, paid_out = made.to_dicts()
    assert (told["source"], told["payer"], told["files"]) == ("claim_lines", "aetna", 3)
    assert (told["last_service_date"], told["last_submitted_on"]) == (date(2024, 2, 15), date(2024, 3, 15))
    assert (told["usual_days_between"], told["days_since"], told["is_late"]) == (7.0, 16, True)
    assert (paid_out["last_payment_date"], paid_out["usual_days_between"]) == (date(2024, 3, 1), None)
    assert paid_out["is_late"] is False
