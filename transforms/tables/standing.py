"""Which periods of tables built earlier still stand, and how they go together with those built anew.

A cell depends on the lines of its period and on nothing else of the lines: the tables of some periods, built
alone, are those rows of the tables of all periods.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

import numpy as np
import polars as pl

from schemas.tables import TABLES
from transforms.tables.book import IS_COUNTED
from transforms.tables.open_claims import LASTING_BANDS
from transforms.tables.periods import Months, Period, first_day, month_number, month_of

PERIOD = ["period_type", "period_start"]


def moving_periods(open_claims: pl.DataFrame) -> frozenset[Period]:
    """Periods with lines that wait in an age band that a later as-of date takes them out of."""
    young = open_claims.filter(~pl.col("age_band").is_in(LASTING_BANDS))
    return frozenset((kind, month_of(start)) for kind, start in young.select(PERIOD).unique().iter_rows())


def counted_months(lines: pl.LazyFrame) -> Months:
    """Months in which a line makes a row."""
    months = lines.filter(IS_COUNTED).select(month_number("service_month").unique()).collect()
    return months.to_series().to_numpy()


def months_told(utilization: pl.DataFrame) -> Months:
    """Months that have a row."""
    starts = utilization.filter(period_type="month").get_column("period_start").unique()
    return np.array([month_of(start) for start in starts], dtype=np.int64)


def joined(
    earlier: Mapping[str, pl.DataFrame], stand: Iterable[Period], fresh: Mapping[str, pl.DataFrame]
) -> dict[str, pl.DataFrame]:
    """The rows of earlier tables whose periods stand, and those built anew, in the order of their keys.

    A table of which nothing moved is the earlier one itself.
    """
    stands = _falls_in(stand)
    return {
        name: _joined(earlier[name], stands, frame, TABLES[name].key_names) for name, frame in fresh.items()
    }


def _joined(earlier: pl.DataFrame, stands: pl.Expr, fresh: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    standing = earlier.select(stands).to_series()
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
    return pl.any_horizontal(of_kinds)
