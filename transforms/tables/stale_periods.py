"""Which periods of tables built earlier still stand, and how they go together with those built anew.

A cell depends on the lines of its period and on nothing else of the lines: the tables of some periods, built
alone, are those rows of the tables of all periods. Tables are held in parts: the rows of a calendar year, and
those of the rolling window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np
import polars as pl

from schemas.tables import KEPT_TABLES
from transforms.tables.analysis_lines import IS_COUNTED
from transforms.tables.open_claims import LASTING_BANDS
from transforms.tables.periods import ROLLING, Months, Period, first_day, month_number, month_of

_PERIOD = ["period_type", "period_start"]
BEFORE_PERIODS = ["procedure_code", "payer", "line_of_business", "period_type"]
"""Keys that every table of lines is sorted by before the first day of the period."""


def moving_periods(open_claims: pl.DataFrame) -> frozenset[Period]:
    """Periods with lines that wait in an age band that a later as-of date takes them out of."""
    young = open_claims.filter(~pl.col("age_band").is_in(LASTING_BANDS))
    return frozenset((kind, month_of(start)) for kind, start in young.select(_PERIOD).unique().iter_rows())


def counted_months(lines: pl.LazyFrame) -> Months:
    """Months in which a line makes a row."""
    months = lines.filter(IS_COUNTED).select(month_number("service_month").unique()).collect()
    return months.to_series().to_numpy()


def months_told(utilization: pl.DataFrame) -> Months:
    """Months that have a row."""
    starts = utilization.filter(period_type="month").get_column("period_start").unique()
    return np.array([month_of(start) for start in starts], dtype=np.int64)


def part_of(period: Period) -> str:
    """Name of the part that the rows of a period lie in: its year, or rolling_12."""
    kind, first = period
    return kind if kind == ROLLING else f"{first_day(first):%Y}"


def parts_of(table: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rows of a table by part, in their order."""
    year = pl.col("period_start").dt.strftime("%Y")
    name = pl.when(pl.col("period_type") == ROLLING).then(pl.lit(ROLLING)).otherwise(year)
    by_name = table.with_columns(_part=name).partition_by("_part", as_dict=True, include_key=False)
    return {str(key[0]): rows for key, rows in by_name.items()}


def whole_of(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """A table from its parts, years in their order; rows are in the order of their keys."""
    # a period type stands in one part, or in several of which one begins where another ends
    return pl.concat(parts).sort(BEFORE_PERIODS, maintain_order=True)


def joined(name: str, earlier: pl.DataFrame, stand: Iterable[Period], fresh: pl.DataFrame) -> pl.DataFrame:
    """The rows of an earlier part of a table whose periods stand, and those built anew, in the order of their
    keys.

    Where nothing moved it is the earlier one itself.
    """
    keys = KEPT_TABLES[name].key_names
    standing = earlier.select(_falls_in(stand)).to_series()
    gone = earlier.filter(~standing)
    if gone.equals(fresh):
        return earlier
    if gone.select(keys).equals(fresh.select(keys)):
        # mostly the same cells, told anew: each takes the place of the row before, and nothing is sorted
        rows = np.arange(len(earlier))
        rows[~standing.to_numpy()] = np.arange(len(earlier), len(earlier) + len(fresh))
        return pl.concat([earlier, fresh]).select(pl.all().gather(rows))
    return pl.concat([earlier.filter(standing), fresh]).sort(keys, nulls_last=True)


def _falls_in(periods: Iterable[Period]) -> pl.Expr:
    """Whether a row is of one of some periods."""
    starts: dict[str, list[date]] = defaultdict(list)
    for kind, first in periods:
        starts[kind].append(first_day(first))
    of_kinds = [
        (pl.col("period_type") == kind) & pl.col("period_start").is_in(days) for kind, days in starts.items()
    ]
    return pl.any_horizontal(pl.lit(False), *of_kinds)
