"""Columns that published tables share, and what protecting them must know of each measure.

Every published number is described once, by a `Measure`: what it is, which counts it is made from and rests
on, how it is rounded. `transforms.protect` reads nothing else, so a new column is protected as soon as it is
described.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from schemas.columns import Column, date, flag, real, text, whole
from schemas.frame_schema import FrameSchema

_Kind = Literal["population", "providers", "count", "rate", "sum", "ratio", "statistic", "fact"]
"""What a measure is.

population: a count of N (claims, lines, cases, patients); a row with few of any of them is left out.
providers: a count of providers, not of people.
count: a part of the count named in `of`, or of none.
rate: a quotient of two counts. sum: adds up over lines. ratio: a quotient of two published sums.
statistic: mean, percentile, quotient of sums, date or label of some lines.
fact: about the row, not about people (a label).
"""

Rounding = Literal[
    "count",
    "share",
    "money_percentile",
    "money_mean",
    "owed_mean",
    "unit_price_mean",
    "units",
    "whole",
    "ratio",
    "medicare_ratio",
    "index",
    "month",
    "none",
]
"""How a value is rounded where it must not tell a count (steps: `transforms.protect.rounding`).

A sum is rounded through its mean; owed_mean: of what patients owe. count and share: see `Kind`. whole:
minutes and days. index: bounds of an index, too. month: a date becomes the first day of its month. none:
labels.
"""

AVERAGED: Final = ("money_mean", "owed_mean", "unit_price_mean", "medicare_ratio")
"""Roundings of means of money, of which few values may be all there are."""

Basis = str
"""Lines a price is made from; each has helper columns (`basis_columns`).

priced, unit_priced: those lines. complete_case: lines of complete cases. payer_rules: unit-priced lines whose
payer's rules are known. reference: the unit-priced lines of personally_performed in the same cell.
"""

MONEY: Final = pl.Decimal(18, 2)


@dataclass(frozen=True)
class Measure:
    """A published column and what it rests on. Names are columns of the same row.

    `of`: the count that a count is a part of. `n_of`: the table that has this count as its N.
    `parts`: numerator and denominator of a rate (counts) or a ratio (sums).
    `mean` and `count` of a sum: it is published as their product; without a mean, as that of its own.
    `needs`: counts behind a statistic, of which there must be enough. `bases`: lines behind a price, which
    must be enough, of enough providers; none: not a price.
    `protected`: helper column that holds the value for protected audiences.
    Names with a leading underscore are helper columns that builders give and no audience sees.
    """

    column: Column
    kind: _Kind
    rounding: Rounding
    of: str = ""
    n_of: str = ""
    parts: tuple[str, ...] = ()
    mean: str = ""
    count: str = ""
    needs: tuple[str, ...] = ()
    bases: tuple[Basis, ...] = ()
    protected: str = ""

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.column.name

    @property
    def is_price(self) -> bool:
        """Whether it is made from allowed or paid amounts."""
        return bool(self.bases)

    @property
    def is_tail(self) -> bool:
        """Whether it is a 10th or 90th percentile, which needs more lines."""
        return self.name.endswith(("_p10", "_p90"))

    @property
    def averaged(self) -> tuple[str, ...]:
        """Helper columns of the values averaged: the greatest less the least, in ten-thousandths, and how
        many different ones there are.

        None for what is no mean of money: percentiles and other values of single lines, counts, their
        quotients, minutes and units.
        """
        is_single = self.kind not in ("sum", "statistic") or (self.kind == "statistic" and self.protected)
        if is_single or self.rounding not in AVERAGED:
            return ()
        name = self.mean or self.name
        return f"_{name}_spread", f"_{name}_kinds"

    @property
    def named_columns(self) -> tuple[str, ...]:
        """Every column of the row that it is described by."""
        named = (self.of, *self.parts, self.mean, self.count, *self.needs, self.protected)
        return tuple(name for name in named if name)


def _money(name: str, description: str, source: str = "") -> Column:
    """An exact sum of money in dollars and cents."""
    return Column(name, MONEY, description, unit="USD", source=source)


def population() -> tuple[Measure, ...]:
    """The people and bills of N."""
    return (
        Measure(whole("claims", "Number of different claims", "claims"), "population", "count"),
        Measure(whole("service_lines", "Number of service lines", "lines"), "population", "count"),
        Measure(
            whole(
                "cases", "Number of different cases. A case is one patient, date of service and code", "cases"
            ),
            "population",
            "count",
        ),
        Measure(whole("patients", "Number of different patients", "patients"), "population", "count"),
        providers("billing_providers", "Number of different billing providers"),
    )


PEOPLE: Final = ("claims", "service_lines", "cases", "patients")
"""Counts of N that must reach the minimum."""

FIVE_KEYS: Final = (
    text("procedure_code", "Procedure code", "SV101-2").required(),
    text("payer", "aetna, bcbs, cigna, uhc, medicare or other; all is the total over payers").required(),
    text(
        "line_of_business",
        "commercial, medicare_advantage, medicare_ffs (fee for service), medicaid or other; all is "
        "the total over lines of business",
    ).required(),
    text("period_type", "month, quarter, year or rolling_12 (the last twelve mature months)").required(),
    date("period_start", "First day of the period, by date of service").required(),
)

IS_ROLLUP: Final = flag("is_rollup", "The row is a total over payers or lines of business").required()
IS_MATURE: Final = flag(
    "is_mature",
    "The period ended at least 90 days (setting mature_days) before the as-of date, so most answers are in",
)
_WITHHELD: Final = text(
    "withheld",
    "Why a price or statistic of the row is null: few_lines (fewer than 11, or fewer than 30 for "
    "10th and 90th percentiles), few_providers or dominant_provider; null if nothing is withheld",
)
STATUS_COLUMNS: Final = ("is_rollup", "is_mature", "withheld")


def providers(name: str, description: str) -> Measure:
    """A count of providers."""
    return Measure(whole(name, description, "providers"), "providers", "none")


def count(name: str, description: str, of: str, unit: str = "lines", n_of: str = "") -> Measure:
    """A count that is a part of another count of its row (or of a helper column)."""
    return Measure(whole(name, description, unit), "count", "count", of, n_of)


def helper(name: str, description: str, of: str) -> Measure:
    """A count that no audience sees, though published numbers may give it away (a sum over a mean)."""
    return Measure(whole(name, description, "lines"), "count", "count", of)


def answering(name: str, description: str, of: str) -> Measure:
    """A count of lines that can answer a question, which no audience sees: the denominator of rates."""
    return Measure(whole(name, description, "lines"), "population", "count", of)


def total(name: str, description: str, lines: str = "service_lines", source: str = "") -> Measure:
    """A sum of money that is no price, over some lines."""
    return Measure(_money(name, description, source), "sum", "money_mean", count=lines)


def quantity(name: str, description: str, unit: str, mean: str, lines: str) -> Measure:
    """A sum of minutes or units, with its mean and the count of its lines."""
    return Measure(real(name, description, unit), "sum", _rounding_of(unit), mean=mean, count=lines)


def average(name: str, description: str, unit: str, lines: str) -> Measure:
    """A mean of minutes or units over some lines."""
    return Measure(real(name, description, unit), "statistic", _rounding_of(unit), needs=(lines,))


def percentile(name: str, description: str, unit: str, lines: str) -> Measure:
    """A percentile of minutes or days of some lines."""
    return Measure(
        real(name, description, unit),
        "statistic",
        _rounding_of(unit),
        needs=(lines,),
        protected=nearest_rank(name),
    )


def rate(name: str, description: str, part: str, whole_count: str) -> Measure:
    """A quotient of two counts."""
    return Measure(real(name, description, "share"), "rate", "share", parts=(part, whole_count))


def price_mean(name: str, description: str, unit: str, basis: Basis, lines: str) -> Measure:
    """A mean of allowed or paid amounts over some lines."""
    rounding: Rounding = "unit_price_mean" if unit == UNIT_PRICE else "money_mean"
    return Measure(real(name, description, unit), "statistic", rounding, needs=(lines,), bases=(basis,))


def price_ratio(
    name: str, description: str, rounding: Rounding, basis: Basis, *bases: Basis, needs: str
) -> Measure:
    """A quotient made from allowed or paid amounts of some lines."""
    column = real(name, description, "ratio")
    return Measure(column, "statistic", rounding, needs=(needs,), bases=(basis, *bases))


def price_sum(
    name: str,
    description: str,
    basis: Basis,
    lines: str,
    mean: str = "",
    source: str = "",
    rounding: Rounding = "money_mean",
) -> Measure:
    """A sum of allowed or paid amounts, with its mean (if that is published) and the count of its lines."""
    column = _money(name, description, source)
    return Measure(column, "sum", rounding, mean=mean, count=lines, bases=(basis,))


def expected_sum(name: str, description: str, lines: str) -> Measure:
    """A sum at the payer's own median price; protected audiences are told it at the published median."""
    column = _money(name, description)
    protected = f"_{name}_published"
    return Measure(column, "sum", "money_mean", count=lines, bases=("unit_priced",), protected=protected)


def owed_sum(name: str, description: str, basis: Basis, lines: str, source: str = "") -> Measure:
    """A sum of what patients owe; where it is more, less is paid."""
    return price_sum(name, description, basis, lines, source=source, rounding="owed_mean")


def fact(column: Column) -> Measure:
    """Something about the row."""
    return Measure(column, "fact", "none")


def nearest_rank(name: str) -> str:
    """Helper column that holds the percentile `name` as a value of one line, not interpolated."""
    return f"_{name}_nearest"


def _rounding_of(unit: str) -> Rounding:
    return "units" if unit == "units" else "whole"


SHARE_OF_LINES: Final = rate(
    "share_of_lines",
    "Service lines of all utilization lines of the same code, payer, line of business and period",
    "service_lines",
    "_all_lines",
)
UNIT_PRICE: Final = "USD per unit"
"""Unit of allowed_per_unit."""


def basis_columns(basis: Basis) -> tuple[str, ...]:
    """Helper columns of a price basis: lines, providers, lines of the greatest provider and of the two
    greatest, cents of the greatest, cents in all.
    """
    stems = ("lines", "providers", "top_lines", "top_two_lines", "top_cents", "cents")
    return tuple(f"_{basis}_{stem}" for stem in stems)


def percentile_measures(
    stem: str, what: str, unit: str, basis: Basis, *percents: int, needs: tuple[str, ...] = ()
) -> tuple[Measure, ...]:
    """Percentiles of a price: `<stem>_p<percent>`."""
    words = {percent: "median" if percent == 50 else f"{percent}th percentile" for percent in percents}
    return tuple(
        Measure(
            real(f"{stem}_p{percent}", f"{what}, {words[percent]}", unit),
            "statistic",
            "money_percentile",
            needs=needs,
            bases=(basis,),
            protected=nearest_rank(f"{stem}_p{percent}"),
        )
        for percent in percents
    )


@dataclass(frozen=True)
class TableSpec:
    """One published table: what a row is, its keys and its measures, in column order.

    `helpers` are counts that builders give beside the published columns. `plain` tables are about rules,
    files or releases: no roll-ups, N, maturity or `withheld`. `internal_only`: no other audience sees it.
    """

    name: str
    what: str
    keys: tuple[Column, ...]
    measures: tuple[Measure, ...]
    helpers: tuple[Measure, ...] = ()
    plain: bool = False
    internal_only: bool = False

    @property
    def key_names(self) -> list[str]:
        """Names of the key columns; rows are sorted by them."""
        return [column.name for column in self.keys]

    @property
    def has_n(self) -> bool:
        """Whether its rows count people and bills: those of few are left out for protected audiences."""
        return any(m.kind == "population" for m in self.measures)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every published column in order: keys, is_rollup, N, maturity, withheld, the rest."""
        if self.plain:
            return (*self.keys, *(m.column for m in self.measures))
        head = [m for m in self.measures if m.kind == "population" or m.name == "billing_providers"]
        rest = [m for m in self.measures if m not in head]
        return (
            *self.keys,
            IS_ROLLUP,
            *(m.column for m in head),
            IS_MATURE,
            *((_WITHHELD,) if self.has_n else ()),
            *(m.column for m in rest),
        )

    @property
    def helper_names(self) -> list[str]:
        """Columns that builders give and no audience sees: counts, the bases of prices, protected values,
        what is averaged.
        """
        if self.internal_only:
            return []
        bases = dict.fromkeys(basis for m in self.measures for basis in m.bases)
        return [
            *(m.name for m in self.helpers),
            *(name for basis in bases for name in basis_columns(basis)),
            *(m.protected for m in self.measures if m.protected),
            *dict.fromkeys(name for m in self.measures for name in m.averaged),
        ]

    def measures_of(self, *kinds: str) -> tuple[Measure, ...]:
        """Measures of some kinds."""
        return tuple(m for m in self.measures if m.kind in kinds)

    def schema(self) -> FrameSchema:
        """Exactly these columns, in this order; keys are unique."""
        return FrameSchema(self.name, tuple(self.columns), unique=tuple(self.key_names))
