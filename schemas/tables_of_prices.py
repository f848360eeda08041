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
    percentiles,
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
    "How the price per unit moves: N is over unit-priced lines; months, quarters and years",
    FIVE_KEYS,
    (
        *population(),
        *percentiles("allowed_per_unit", "Allowed per billed unit and share", UNIT_PRICE, "unit_priced", 50),
        _told(
            "allowed_per_unit_p50_year_ago",
            "The same a year before",
            UNIT_PRICE,
            "money_percentile",
            "year_ago",
        ),
        _told(
            "change_on_year",
            "Median over that of a year before, less 1",
            "share",
            "ratio",
            "unit_priced",
            "year_ago",
        ),
        _index(
            "price_index",
            "Price at a fixed mix of care model and site (in roll-ups of payer and line of business, too):"
            " 100 in the first mature period with 11 unit-priced lines",
        ),
        _index("price_index_low", "Lower bound of its 95 % interval"),
        _index("price_index_high", "Upper bound of its 95 % interval"),
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
    "What was expected, paid and stands open; N is over all current primary lines",
    FIVE_KEYS,
    (
        *population(),
        expected_sum(
            "expected_allowed_sum",
            "Allowed where adjudicated (nothing where denied), else the payer's own median price per unit of"
            " the year x units; lines without one left out",
            "_expected_told_lines",
        ),
        price_sum("paid_sum", "Paid, with what was paid to the patient", "priced", "_paid_lines"),
        owed_sum("patient_responsibility_sum", "Deductible, coinsurance and copay", "priced", "_paid_lines"),
        _told(
            "net_collection_rate",
            "Paid, of what payers are expected to pay: expected less the patients' responsibility",
            "share",
            "ratio",
            "priced",
            lines="_expected_told_lines",
        ),
        expected_sum(
            "open_allowed_sum",
            "Pending and awaiting lines at the payer's own median price per unit of the year",
            "_open_told_lines",
        ),
        _told(
            "days_in_receivables",
            "Open, over what is expected per day of the period",
            "days",
            "whole",
            "priced",
            lines="_open_told_lines",
        ),
        price_sum(
            "reversed_paid_sum",
            "Paid once by answers that were reversed later, whatever followed",
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
