"""Published tables of how prices move and of what is collected."""

from __future__ import annotations

from typing import Final

from schemas.columns import real, text, whole
from schemas.table_columns import (
    FIVE_KEYS,
    UNIT_PRICE,
    Measure,
    Rounding,
    TableSpec,
    expected_sum,
    helper,
    owed_sum,
    percentile_measures,
    population,
    price_sum,
)

_BASED: Final = ("unit_priced", "base")


def _told(
    name: str, description: str, unit: str, rounding: Rounding, *bases: str, lines: str = ""
) -> Measure:
    needs = (lines,) if lines else ()
    column = real(name, description, unit)
    return Measure(column, "statistic", rounding, needs=needs, bases=bases, protected=f"_{name}_published")


def _index(name: str, description: str) -> Measure:
    column = real(name, description, "points")
    return Measure(column, "statistic", "index", bases=_BASED, protected=f"_{name}_published")


PRICE_TREND: Final = TableSpec(
    "price_trend",
    "How the price per unit changes by month, quarter and year. Counts are of unit-priced lines",
    FIVE_KEYS,
    (
        *population(),
        *percentile_measures(
            "allowed_per_unit",
            "Allowed amount per unit: allowed / (billed units x share)",
            UNIT_PRICE,
            "unit_priced",
            50,
        ),
        _told(
            "allowed_per_unit_p50_year_ago",
            "The same median in the period one year before",
            UNIT_PRICE,
            "money_percentile",
            "year_ago",
        ),
        _told(
            "change_on_year",
            "Change of the median from one year before: 0.05 means 5 % more",
            "share",
            "ratio",
            "unit_priced",
            "year_ago",
        ),
        _index(
            "price_index",
            "Price index at a fixed mix of care models and sites (in totals also of payers and lines "
            "of business); 100 in the first mature period with 11 unit-priced lines",
        ),
        _index("price_index_low", "Lower bound of the 95 % interval of price_index"),
        _index("price_index_high", "Upper bound of the 95 % interval of price_index"),
    ),
    tuple(
        Measure(whole(name, description, unit), "fact", "none")
        for name, description, unit in (
            ("_price_index_spread", "Greatest less least price per unit", "ten-thousandths of a dollar"),
            ("_price_index_kinds", "How many prices per unit differ by half a dollar or more", "prices"),
        )
    ),
)

COLLECTIONS: Final = TableSpec(
    "collections",
    "What payers were expected to pay, what they paid, and what is still open. Counts are of all "
    "current primary lines",
    FIVE_KEYS,
    (
        *population(),
        expected_sum(
            "expected_allowed_sum",
            "Sum of allowed amounts of adjudicated lines (zero for denied ones); other lines are "
            "valued at the payer's own median price per unit of the year, and left out if there is "
            "none",
            "_expected_told_lines",
        ),
        price_sum(
            "paid_sum", "Sum of paid amounts, with what payers paid to patients", "priced", "_paid_lines"
        ),
        owed_sum(
            "patient_responsibility_sum",
            "Sum of what patients owe: deductible, coinsurance and copay",
            "priced",
            "_paid_lines",
        ),
        _told(
            "net_collection_rate",
            "Paid amounts divided by what payers are expected to pay (expected amounts less what "
            "patients owe)",
            "share",
            "ratio",
            "priced",
            lines="_expected_told_lines",
        ),
        expected_sum(
            "open_allowed_sum",
            "Open lines (pending, or awaiting a new answer) valued at the payer's own median price "
            "per unit of the year",
            "_open_told_lines",
        ),
        _told(
            "days_in_receivables",
            "Open amount divided by the expected amount per day of the period",
            "days",
            "whole",
            "priced",
            lines="_open_told_lines",
        ),
        price_sum(
            "reversed_paid_sum",
            "Sum of payments that were reversed later, even if another payment followed",
            "priced",
            "_reversed_lines",
        ),
    ),
    (
        helper("_expected_told_lines", "Adjudicated lines, and others with a published median price", ""),
        helper("_paid_lines", "Paid lines, priced or not", ""),
        helper("_open_told_lines", "Pending and awaiting lines with a published median price", ""),
        helper("_reversed_lines", "Lines with a reversed payment", ""),
    ),
)

PRICE_STRATA: Final = TableSpec(
    "price_strata",
    "Prices by care model and site: what the index of price_trend is made from, never published",
    (
        *FIVE_KEYS,
        text("care_model", "Care model").required(),
        text("place_of_service", "Place of service").required(),
    ),
    tuple(
        Measure(whole(name, description, unit), "fact", "none")
        for name, description, unit in (
            ("lines", "Unit-priced lines", "lines"),
            ("logs", "Sum of the logarithms of prices", "billionths"),
            ("coarse_logs", "The same", "hundred-thousandths"),
            ("squared_logs", "Sum of the squares of these", "ten-billionths"),
        )
    ),
    plain=True,
)
